"""Tables under review: cells by position, with the decisions and comments on them."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tenglu.imaging.geometry import Box, Polygon, box_iou, enclosing_box
from tenglu.model import Cell, FlagCode, Table

At = tuple[int, int]
"""Row and column of the top left position of a cell."""

SAME_PLACE = 0.5  # intersection over union from which on two polygons are the same cell


class Settled(NamedTuple):
    """A reviewer's decision on a cell."""

    number: int  # of the entry
    kind: str
    who: str
    at: str
    why: str
    knew: frozenset[FlagCode]  # flags that were shown to the reviewer


class Comment(NamedTuple):
    """A reviewer's comment on a cell."""

    who: str
    at: str
    text: str


class CellState(NamedTuple):
    """A cell with its decision and comments."""

    cell: Cell
    settled: Settled | None = None
    comments: tuple[Comment, ...] = ()


class EditableTable(NamedTuple):
    """A table whose shape can be changed; a change returns a new object."""

    table: Table  # as converted
    n_rows: int
    n_cols: int
    header_rows: int
    states: dict[At, CellState]  # by position; decisions on cells change it in place
    origins: frozenset[str]  # ids of the converted tables that it was made from
    reshaped: int = 0  # number of the last entry that changed its shape; 0: none


def to_editable(table: Table) -> EditableTable:
    """Return a table as converted, without decisions."""
    states = {(cell.row, cell.col): CellState(cell) for cell in table.cells}
    return EditableTable(
        table, table.n_rows, table.n_cols, table.header_rows, states, frozenset((table.id,))
    )


def bounds(polygon: Polygon) -> Box:
    """Return the bounding box of a polygon, px."""
    xs, ys = zip(*polygon, strict=True)
    return Box(round(min(xs)), round(min(ys)), round(max(xs)), round(max(ys)))


def overlap(a: Polygon, b: Polygon) -> float:
    """Return the intersection over union (0 to 1) of the bounding boxes of two cells."""
    return box_iou(bounds(a), bounds(b))


def anchor(cell: Cell) -> dict[str, Any]:
    """Return the place of a cell on the scan, in the format of the log."""
    return {"page": cell.page, "polygon": [list(point) for point in cell.polygon]}


def find(
    sheets: Mapping[str, EditableTable], table: str, at: At, where: Mapping[str, Any]
) -> tuple[EditableTable, At] | None:
    """Find the cell of an entry by position or, if rows have moved, by its place on the scan."""
    polygon, page = where["polygon"], where["page"]
    named = sheets.get(table)
    if named is not None and at in named.states:
        cell = named.states[at].cell
        if cell.page == page and overlap(cell.polygon, polygon) >= SAME_PLACE:
            return named, at
    scored = (
        (overlap(state.cell.polygon, polygon), sheet, place)
        for sheet in sheets.values()
        for place, state in sheet.states.items()
        if state.cell.page == page
    )
    best = max(scored, key=lambda found: found[0], default=None)
    return (best[1], best[2]) if best is not None and best[0] >= SAME_PLACE else None


def extent(cells: Iterable[Cell]) -> tuple[int, Box]:
    """Return the first page of some cells, and the box around those on it, px."""
    cells = list(cells)
    page = min(cell.page for cell in cells)
    return page, enclosing_box([bounds(cell.polygon) for cell in cells if cell.page == page])


def form(sheet: EditableTable) -> list[list[int]]:
    """Return the sorted rows, columns and spans of the cells, to recognise a shape."""
    cells = (state.cell for state in sheet.states.values())
    return sorted([cell.row, cell.col, cell.rowspan, cell.colspan] for cell in cells)


def to_table(sheet: EditableTable) -> Table:
    """Return the validated table with its current cells."""
    cells = tuple(sheet.states[at].cell for at in sorted(sheet.states))
    changes: dict[str, Any] = {"cells": cells, "checks": ()}
    if sheet.reshaped:
        changes |= {
            "pages": tuple(sorted({cell.page for cell in cells})),
            "n_rows": sheet.n_rows,
            "n_cols": sheet.n_cols,
            "header_rows": sheet.header_rows,
        }
    return sheet.table.amended(**changes)
