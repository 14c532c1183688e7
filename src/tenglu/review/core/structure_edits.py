"""Change the shape of a table: merge and split cells; move, add and delete rows and columns.

Each function takes a table and returns a new one, with the cells whose text must be read again.
Lengths along an axis are shares of a cell, so that they do not depend on the rotation of the scan.
"""

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from tenglu.imaging.geometry import Point, Polygon
from tenglu.model import Cell, Page
from tenglu.review.core.editable_table import At, CellState, EditableTable
from tenglu.review.core.errors import ShapeError

Axis = Literal["row", "col"]

THIN = 0.1  # size of a row or column that is not on the scan, as a share of the one before it
REACH = 0.5  # share of a page that a cell may lie beyond its edge, as for a row added at the end


class Reshaped(NamedTuple):
    """A table with a new shape."""

    sheet: EditableTable
    fresh: tuple[At, ...]  # cells to read again
    blank: tuple[At, ...] = ()  # new cells without a place on the scan


def check_place(page: Page, polygon: Polygon) -> None:
    """Check that a polygon is a valid cell of a page.

    Raises:
        ShapeError: it is inverted, has no area, or lies far outside the page.
    """
    if _turned_out(*polygon):
        raise ShapeError("no-box")
    for x, y in polygon:
        across, down = x / page.width, y / page.height
        if not (-REACH <= across <= 1 + REACH and -REACH <= down <= 1 + REACH):
            raise ShapeError("off-page")


def merge(sheet: EditableTable, top: int, left: int, bottom: int, right: int) -> Reshaped:
    """Merge all cells from ``top``, ``left`` to ``bottom``, ``right``, both included."""
    _check_line(sheet, "row", bottom)
    _check_line(sheet, "col", right)
    area = (top, left, bottom, right)
    inside = {at: state for at, state in sheet.states.items() if _meets(state.cell, *area)}
    if len(inside) < 2:  # noqa: PLR2004
        raise ShapeError("nothing-to-merge")
    if any(_reaches_out(state.cell, *area) for state in inside.values()):
        raise ShapeError("reaches-out")
    cells = [state.cell for state in inside.values()]
    first = inside[top, left].cell
    cell = first.amended(
        rowspan=bottom - top + 1,
        colspan=right - left + 1,
        polygon=_around([c for c in cells if c.page == first.page]),
    )
    kept = {at: state for at, state in sheet.states.items() if at not in inside}
    comments = tuple(comment for state in inside.values() for comment in state.comments)
    return _with(sheet, kept | {(top, left): CellState(cell, comments=comments)}, ((top, left),))


def split(sheet: EditableTable, row: int, col: int) -> Reshaped:
    """Split a merged cell along the rows and columns that it spans."""
    state = _at(sheet, row, col)
    cell = state.cell
    if cell.rowspan == cell.colspan == 1:
        raise ShapeError("not-merged")
    heights = _shares([_size(sheet, "row", row + i) for i in range(cell.rowspan)])
    widths = _shares([_size(sheet, "col", col + j) for j in range(cell.colspan)])
    parts = {}
    for i in range(cell.rowspan):
        for j in range(cell.colspan):
            corners = _piece(cell.polygon, widths[j], widths[j + 1], heights[i], heights[i + 1])
            part = cell.amended(row=row + i, col=col + j, rowspan=1, colspan=1, polygon=corners)
            parts[row + i, col + j] = CellState(part)
    parts[row, col] = parts[row, col]._replace(comments=state.comments)
    return _with(sheet, sheet.states | parts, tuple(parts))


def divide(sheet: EditableTable, row: int, col: int, axis: Axis, share: float) -> Reshaped:
    """Divide a cell at ``share`` of its height or width; the others of its line span both parts."""
    state = _at(sheet, row, col)
    line = (row + state.cell.rowspan - 1) if axis == "row" else (col + state.cell.colspan - 1)
    moved = {}
    for at, other in sheet.states.items():
        start, span = _along(other.cell, axis)
        if at == (row, col):
            continue
        if start > line:
            other = _shifted(other, axis, start + 1, span)  # noqa: PLW2901
        elif start + span > line:
            other = _shifted(other, axis, start, span + 1)  # noqa: PLW2901
        moved[other.cell.row, other.cell.col] = other
    first, second = _halves(state.cell, axis, share, line)
    moved[first.row, first.col] = CellState(first, comments=state.comments)
    moved[second.row, second.col] = CellState(second)
    return _with(_longer(sheet, axis, 1), moved, ((first.row, first.col), (second.row, second.col)))


def add_line(sheet: EditableTable, axis: Axis, after: int, share: float | None) -> Reshaped:
    """Add a row or column below or right of ``after``.

    Args:
        sheet: the table.
        axis: whether to add a row or a column.
        after: the row or column before the new one.
        share: share of ``after`` at which it is cut in two; None: add the new one beyond it, blank
            if another follows.
    """
    _check_line(sheet, axis, after)
    at_end = after == (sheet.n_rows if axis == "row" else sheet.n_cols) - 1
    moved: dict[At, CellState] = {}
    fresh: list[At] = []
    for state in sheet.states.values():
        start, span = _along(state.cell, axis)
        if start > after:
            state = _shifted(state, axis, start + 1, span)  # noqa: PLW2901
        elif start + span - 1 > after or (start + span - 1 == after and span > 1 and share):
            state = _shifted(state, axis, start, span + 1)  # noqa: PLW2901
        elif start + span - 1 == after:
            cells = (
                _beyond(state.cell, axis, 1.0 if at_end else THIN)
                if share is None
                else _halves(state.cell, axis, share, after)
            )
            new = cells[1:] if share is None else cells
            moved |= {(cell.row, cell.col): CellState(cell) for cell in cells}
            fresh += [(cell.row, cell.col) for cell in new]
            state = state if share is None else CellState(cells[0], comments=state.comments)  # noqa: PLW2901
        moved[state.cell.row, state.cell.col] = state
    added = _with(_longer(sheet, axis, 1, after), moved, tuple(fresh))
    return added if share or at_end else added._replace(fresh=(), blank=added.fresh)


def delete_line(sheet: EditableTable, axis: Axis, line: int) -> Reshaped:
    """Delete a row or column with its cells; merged cells become smaller."""
    _check_line(sheet, axis, line)
    if (sheet.n_rows if axis == "row" else sheet.n_cols) == 1:
        raise ShapeError("last-line")
    moved = {}
    for state in sheet.states.values():
        start, span = _along(state.cell, axis)
        if start > line:
            state = _shifted(state, axis, start - 1, span)  # noqa: PLW2901
        elif start + span > line:
            if span == 1:
                continue
            state = _shifted(state, axis, start, span - 1)  # noqa: PLW2901
        moved[state.cell.row, state.cell.col] = state
    return _with(_longer(sheet, axis, -1, line), moved, ())


def move_boundary(sheet: EditableTable, axis: Axis, line: int, share: float) -> Reshaped:
    """Move the boundary before ``line`` by a share of the row or column before it."""
    _check_line(sheet, axis, line)
    if line == 0:
        raise ShapeError("edge")
    before = [h for h in sheet.states.values() if sum(_along(h.cell, axis)) == line]
    behind = [h for h in sheet.states.values() if _along(h.cell, axis)[0] == line]
    if {state.cell.page for state in before} != {state.cell.page for state in behind}:
        raise ShapeError("page-end")
    thinnest = min((state.cell for state in before), key=lambda cell: _along(cell, axis)[1])
    step = _step(thinnest, axis, share)
    changed = dict(sheet.states)
    fresh = []
    for group, side in ((before, 1), (behind, 0)):
        for state in group:
            cell = state.cell.amended(polygon=_moved(state.cell.polygon, axis, side, step))
            changed[cell.row, cell.col] = CellState(cell, comments=state.comments)
            fresh.append((cell.row, cell.col))
    return _with(sheet, changed, tuple(fresh))


def redraw(sheet: EditableTable, row: int, col: int, polygon: Polygon) -> Reshaped:
    """Set the place of a cell on the scan."""
    state = _at(sheet, row, col)
    cell = state.cell.amended(polygon=polygon)
    changed = sheet.states | {(row, col): CellState(cell, comments=state.comments)}
    return _with(sheet, changed, ((row, col),))


def set_header(sheet: EditableTable, n_rows: int) -> Reshaped:
    """Set the number of header rows."""
    if not 0 <= n_rows <= sheet.n_rows:
        raise ShapeError("n-rows", n=sheet.n_rows)
    return Reshaped(sheet._replace(header_rows=n_rows), ())


def join(upper: EditableTable, lower: EditableTable, skip: int) -> Reshaped:
    """Append a table to another, without its first ``skip`` rows, which repeat the header."""
    if upper.n_cols != lower.n_cols:
        raise ShapeError("other-columns", n=upper.n_cols, m=lower.n_cols)
    if not 0 <= skip < lower.n_rows:
        raise ShapeError("nothing-left")
    if any(at[0] < skip < at[0] + state.cell.rowspan for at, state in lower.states.items()):
        raise ShapeError("reaches-out-of-head")
    below = {
        (row + upper.n_rows - skip, col): _shifted(
            state, "row", row + upper.n_rows - skip, state.cell.rowspan
        )
        for (row, col), state in lower.states.items()
        if row >= skip
    }
    joined = upper._replace(
        n_rows=upper.n_rows + lower.n_rows - skip,
        origins=upper.origins | lower.origins,
        table=upper.table.model_copy(update={"notes": upper.table.notes + lower.table.notes}),
    )
    return _with(joined, upper.states | below, ())


def part(sheet: EditableTable, row: int, name: str) -> tuple[EditableTable, EditableTable]:
    """Split a table into two; the second begins with ``row`` and has the id ``name``."""
    if not 0 < row < sheet.n_rows:
        raise ShapeError("part-at-top")
    if any(at[0] < row < at[0] + state.cell.rowspan for at, state in sheet.states.items()):
        raise ShapeError("both-sides")
    above = {at: state for at, state in sheet.states.items() if at[0] < row}
    below = {
        (at[0] - row, at[1]): _shifted(state, "row", at[0] - row, state.cell.rowspan)
        for at, state in sheet.states.items()
        if at[0] >= row
    }
    upper = sheet._replace(n_rows=row, header_rows=min(sheet.header_rows, row), states=above)
    # Copied and not validated: the cells are put in later.
    table = sheet.table.model_copy(update={"id": name, "title": "", "code": "", "notes": ()})
    return upper, EditableTable(table, sheet.n_rows - row, sheet.n_cols, 0, below, sheet.origins)


def _with(sheet: EditableTable, states: dict[At, CellState], fresh: tuple[At, ...]) -> Reshaped:
    return Reshaped(sheet._replace(states=states), fresh)


def _at(sheet: EditableTable, row: int, col: int) -> CellState:
    if (row, col) not in sheet.states:
        raise ShapeError("no-cell", row=row + 1, col=col + 1)
    return sheet.states[row, col]


def _check_line(sheet: EditableTable, axis: Axis, line: int) -> None:
    count = sheet.n_rows if axis == "row" else sheet.n_cols
    if not 0 <= line < count:
        raise ShapeError("n-rows" if axis == "row" else "n-cols", n=count)


def _meets(cell: Cell, top: int, left: int, bottom: int, right: int) -> bool:
    rows = cell.row <= bottom and cell.row + cell.rowspan > top
    return rows and cell.col <= right and cell.col + cell.colspan > left


def _reaches_out(cell: Cell, top: int, left: int, bottom: int, right: int) -> bool:
    rows = cell.row < top or cell.row + cell.rowspan > bottom + 1
    return rows or cell.col < left or cell.col + cell.colspan > right + 1


def _along(cell: Cell, axis: Axis) -> tuple[int, int]:
    return (cell.row, cell.rowspan) if axis == "row" else (cell.col, cell.colspan)


def _shifted(state: CellState, axis: Axis, start: int, span: int) -> CellState:
    names = ("row", "rowspan") if axis == "row" else ("col", "colspan")
    return state._replace(cell=state.cell.amended(**dict(zip(names, (start, span), strict=True))))


def _longer(sheet: EditableTable, axis: Axis, by: int, line: int | None = None) -> EditableTable:
    if axis == "col":
        return sheet._replace(n_cols=sheet.n_cols + by)
    in_header = line is not None and line < sheet.header_rows
    return sheet._replace(
        n_rows=sheet.n_rows + by, header_rows=sheet.header_rows + (by if in_header else 0)
    )


def _halves(cell: Cell, axis: Axis, share: float, line: int) -> tuple[Cell, Cell]:
    """Cut a cell in two; the second part is in the new row or column after ``line``."""
    if not 0 < share < 1:
        raise ShapeError("cut-outside")
    cuts = (0.0, 1.0, 0.0, share), (0.0, 1.0, share, 1.0)
    if axis == "col":
        cuts = (0.0, share, 0.0, 1.0), (share, 1.0, 0.0, 1.0)
    first = cell.amended(polygon=_piece(cell.polygon, *cuts[0]))
    second = {"row": line + 1, "rowspan": 1} if axis == "row" else {"col": line + 1, "colspan": 1}
    return first, cell.amended(**second, polygon=_piece(cell.polygon, *cuts[1]))


def _beyond(cell: Cell, axis: Axis, size: float) -> tuple[Cell, Cell]:
    """Return a cell, and a new one beyond it with a share of its size."""
    end = 1.0 + size
    cut = (0.0, 1.0, 1.0, end) if axis == "row" else (1.0, end, 0.0, 1.0)
    start, span = _along(cell, axis)
    names = ("row", "rowspan") if axis == "row" else ("col", "colspan")
    changes = dict(zip(names, (start + span, 1), strict=True))
    return cell, cell.amended(**changes, polygon=_piece(cell.polygon, *cut))


def _piece(polygon: Polygon, left: float, right: float, top: float, bottom: float) -> Polygon:
    """Return the part of a polygon between shares of its width and height."""
    return (
        _inside(polygon, left, top),
        _inside(polygon, right, top),
        _inside(polygon, right, bottom),
        _inside(polygon, left, bottom),
    )


def _inside(polygon: Polygon, x: float, y: float) -> Point:
    a, b, c, d = polygon
    weights = ((a, (1 - x) * (1 - y)), (b, x * (1 - y)), (c, x * y), (d, (1 - x) * y))
    return (
        round(sum(point[0] * weight for point, weight in weights), 2),
        round(sum(point[1] * weight for point, weight in weights), 2),
    )


def _around(cells: Iterable[Cell]) -> Polygon:
    """Return the polygon around cells, from the outer corners of the four corner cells."""

    def corner(number: int, towards: Callable[[Cell], int]) -> Point:
        return max(cells, key=towards).polygon[number]

    cells = list(cells)
    return (
        corner(0, lambda c: -c.row - c.col),
        corner(1, lambda c: c.col + c.colspan - c.row),
        corner(2, lambda c: c.row + c.rowspan + c.col + c.colspan),
        corner(3, lambda c: c.row + c.rowspan - c.col),
    )


def _size(sheet: EditableTable, axis: Axis, line: int) -> float | None:
    """Return the height of a row or width of a column, px, or None if all its cells are merged."""
    for state in sheet.states.values():
        if _along(state.cell, axis) == (line, 1):
            a, b, _, d = state.cell.polygon
            end = d if axis == "row" else b
            return float(((end[0] - a[0]) ** 2 + (end[1] - a[1]) ** 2) ** 0.5)
    return None


def _shares(sizes: list[float | None]) -> list[float]:
    """Return the boundaries of lines as shares of the whole; unknown sizes take the mean."""
    known = [size for size in sizes if size is not None]
    usual = sum(known) / len(known) if known else 1.0
    lengths = [usual if size is None else size for size in sizes]
    return [sum(lengths[:i]) / sum(lengths) for i in range(len(lengths) + 1)]


def _step(cell: Cell, axis: Axis, share: float) -> Point:
    a, b, _, d = cell.polygon
    end = d if axis == "row" else b
    return (end[0] - a[0]) * share, (end[1] - a[1]) * share


def _moved(polygon: Polygon, axis: Axis, side: int, step: Point) -> Polygon:
    """Move one side of a polygon: 1 the lower or right one, 0 the upper or left one."""
    sides = {("row", 1): (2, 3), ("row", 0): (0, 1), ("col", 1): (1, 2), ("col", 0): (0, 3)}
    corners = [
        (round(x + step[0], 2), round(y + step[1], 2)) if i in sides[axis, side] else (x, y)
        for i, (x, y) in enumerate(polygon)
    ]
    a, b, c, d = corners
    if _turned_out(a, b, c, d):
        raise ShapeError("line-leaves")
    return a, b, c, d


def _turned_out(a: Point, b: Point, c: Point, d: Point) -> bool:
    across = (b[0] - a[0]) * (d[1] - a[1]) - (b[1] - a[1]) * (d[0] - a[0])
    other = (d[0] - c[0]) * (b[1] - c[1]) - (d[1] - c[1]) * (b[0] - c[0])
    return across <= 0 or other <= 0
