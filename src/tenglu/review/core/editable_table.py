"""A table under review: its cells by their place, and what was said of each."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tenglu.imaging.geometry import Box, Polygon, box_iou, enclosing_box
from tenglu.model import Cell, FlagCode, Table

At = tuple[int, int]
"""Row and column where a cell begins."""

SAME_PLACE = 0.5  # intersection over union of two cells that are one


class Settled(NamedTuple):
    """What a person decided of a cell."""

    number: int  # of the entry
    kind: str
    who: str
    at: str
    why: str
    knew: frozenset[FlagCode]  # doubts that were shown then


class Comment(NamedTuple):
    """What a person remarked."""

    who: str
    at: str
    text: str


class CellState(NamedTuple):
    """A cell and what was said of it."""

    cell: Cell
    settled: Settled | None = None
    comments: tuple[Comment, ...] = ()


class EditableTable(NamedTuple):
    """A table whose shape can be changed; what changes it returns a new one."""

    table: Table  # its cells, rows and columns are those of the machine
    n_rows: int
    n_cols: int
    header_rows: int
    held: dict[At, CellState]  # changed in place where only a cell is
    origins: frozenset[str]  # ids of the tables of the machine that it came from
    reshaped: int = 0  # number of the last entry that changed its shape; 0: none


def to_editable(table: Table) -> EditableTable:
    """A table as the machine left it."""
    held = {(cell.row, cell.col): CellState(cell) for cell in table.cells}
    return EditableTable(
        table, table.n_rows, table.n_cols, table.header_rows, held, frozenset((table.id,))
    )


def bounds(polygon: Polygon) -> Box:
    """The upright box around a polygon."""
    xs, ys = zip(*polygon, strict=True)
    return Box(round(min(xs)), round(min(ys)), round(max(xs)), round(max(ys)))


def overlap(a: Polygon, b: Polygon) -> float:
    """How far two cells are one, 0 to 1; cells lie nearly level."""
    return box_iou(bounds(a), bounds(b))


def anchor(cell: Cell) -> dict[str, Any]:
    """Where a cell stands on the scan, as the log has it."""
    return {"page": cell.page, "polygon": [list(point) for point in cell.polygon]}


def find(
    sheets: Mapping[str, EditableTable], table: str, at: At, where: Mapping[str, Any]
) -> tuple[EditableTable, At] | None:
    """The cell that an entry was said of, also where rows are counted otherwise now."""
    polygon, page = where["polygon"], where["page"]
    named = sheets.get(table)
    if named is not None and at in named.held:
        cell = named.held[at].cell
        if cell.page == page and overlap(cell.polygon, polygon) >= SAME_PLACE:
            return named, at
    scored = (
        (overlap(held.cell.polygon, polygon), sheet, place)
        for sheet in sheets.values()
        for place, held in sheet.held.items()
        if held.cell.page == page
    )
    best = max(scored, key=lambda found: found[0], default=None)
    return (best[1], best[2]) if best is not None and best[0] >= SAME_PLACE else None


def extent(cells: Iterable[Cell]) -> tuple[int, Box]:
    """First page of some cells, and the box around those that stand on it."""
    cells = list(cells)
    page = min(cell.page for cell in cells)
    return page, enclosing_box([bounds(cell.polygon) for cell in cells if cell.page == page])


def form(sheet: EditableTable) -> list[list[int]]:
    """Rows, columns and spans of the cells: what an entry of a shape was said of."""
    cells = (held.cell for held in sheet.held.values())
    return sorted([cell.row, cell.col, cell.rowspan, cell.colspan] for cell in cells)


def to_table(sheet: EditableTable) -> Table:
    """The table with the cells as they are now; validated."""
    cells = tuple(sheet.held[at].cell for at in sorted(sheet.held))
    changes: dict[str, Any] = {"cells": cells, "checks": ()}
    if sheet.reshaped:
        changes |= {
            "pages": tuple(sorted({cell.page for cell in cells})),
            "n_rows": sheet.n_rows,
            "n_cols": sheet.n_cols,
            "header_rows": sheet.header_rows,
        }
    return sheet.table.amended(**changes)
