"""Build a table from its parts: common columns, header rows, and cells across page breaks."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from tenglu.stages.assemble.columns import common_columns
from tenglu.stages.assemble.evidence import cell_evidence, to_share
from tenglu.stages.assemble.headers import MAX_HEADER, count_header_rows, is_amount
from tenglu.stages.assemble.page_breaks import PlacedCell, close_break
from tenglu.stages.assemble.page_result import Part
from tenglu.stages.assemble.result import RawCell, RawTable

DOUBTFUL_JOIN = 0.85  # factor of the structure confidence for each doubtful join
LEGIBLE = 0.8  # probability below which a repeated character may be read differently


class PageJoin(NamedTuple):
    """A join of a part to the one on the page before."""

    page: int  # of the lower part, 1-based
    repeated: int  # repeated header rows that were left out
    reason: str  # why it was joined
    doubt: str  # why the join is doubtful; "": it is not


class LogicalTable(NamedTuple):
    """A table with all its parts."""

    parts: list[Part]
    first_rows: list[int]  # for each part, the row in the table of its first kept row
    n_rows: int
    n_cols: int
    slots: list[PlacedCell]
    joins: list[PageJoin]  # one for each page break
    doubts: list[tuple[int, int, str]]  # row, column, reason of each doubtful joined cell
    title: str
    code: str
    unit: str
    notes: tuple[str, ...]

    @property
    def structure(self) -> float:
        """Structure confidence over all parts and page breaks, 0 to 1."""
        structure = prod(part.grid.structure for part in self.parts)
        n_doubts = sum(bool(join.doubt) for join in self.joins) + bool(self.doubts)
        return structure * DOUBTFUL_JOIN**n_doubts

    @property
    def unsure(self) -> list[tuple[int, int, int]]:
        """Row, column and page of the cells with an uncertain side."""
        return self._places([part.grid.unsure for part in self.parts])

    @property
    def doubtful(self) -> list[tuple[int, int, int]]:
        """Row, column and page of the cells with a guessed shape."""
        return self._places([part.grid.doubtful for part in self.parts])

    def _places(self, named: Sequence[Sequence[tuple[int, int]]]) -> list[tuple[int, int, int]]:
        """Return row, column and page of cells, given by row and column within each part."""
        wanted = {
            id(cell)
            for part, places in zip(self.parts, named, strict=True)
            for cell in part.cells
            if (cell.cell.row, cell.cell.col) in places
        }
        return [
            (slot.row, slot.col, slot.source.page_result.number)
            for slot in self.slots
            if id(slot.source) in wanted
        ]


class Stacked(NamedTuple):
    """Parts stacked in one grid."""

    first_rows: list[int]
    n_rows: int
    n_cols: int
    slots: list[PlacedCell]
    repeated: list[int]
    doubts: list[tuple[int, int, str]]


def stack(parts: Sequence[Part], known: Mapping[str, int]) -> Stacked:
    """Stack parts in one grid.

    Args:
        parts: parts of one table, in order.
        known: number of cells in the document with each text.
    """
    columns = common_columns(parts)
    slots = _slots(parts[0], columns.places[0])
    stacked = Stacked([0], parts[0].grid.n_rows, len(columns.edges) - 1, slots, [0], [])
    for part, places in zip(parts[1:], columns.places[1:], strict=True):
        below = _slots(part, places)
        repeated = _repeated_header(stacked.slots, below)
        start = stacked.n_rows
        moved = [slot.moved(start - repeated) for slot in below if slot.row >= repeated]
        closed = close_break(stacked.slots, moved, start, known)
        stacked = Stacked(
            first_rows=[*stacked.first_rows, start - closed.n_rows_joined],
            n_rows=start + part.grid.n_rows - repeated - closed.n_rows_joined,
            n_cols=stacked.n_cols,
            slots=closed.slots,
            repeated=[*stacked.repeated, repeated],
            doubts=[*stacked.doubts, *closed.doubts],
        )
    return stacked


def _slots(part: Part, nearest: Sequence[int]) -> list[PlacedCell]:
    slots = []
    for source in part.cells:
        cell = source.cell
        col, end = nearest[cell.col], nearest[cell.col + cell.colspan]
        slots.append(PlacedCell(cell.row, col, cell.rowspan, end - col, source))
    return sorted(slots, key=lambda slot: slot[:4])


def count_repeated(parts: Sequence[Part], below: Part) -> int:
    """Count the rows at the top of a part that repeat the header of a possible table."""
    first, *_, last = common_columns([*parts, below]).places
    return _repeated_header(_slots(parts[0], first), _slots(below, last))


def starts_alike(first: Part, below: Part) -> bool:
    """Return whether a part is the next copy of a form: same start, other values."""
    if count_repeated([first], below):
        return False
    top, again = ({c.text.text for c in part.cells if c.cell.row == 0} for part in (first, below))
    return bool((top & again) - {""})


def is_copy(parts: Sequence[Part], below: Part) -> bool:
    """Return whether a part repeats the top rows of a table completely, so is another table."""
    first, *_, last = common_columns([*parts, below]).places
    return _is_repeated(_slots(parts[0], first), _slots(below, last), below.grid.n_rows)


def _repeated_header(above: Sequence[PlacedCell], below: Sequence[PlacedCell]) -> int:
    """Count the rows at the top of a part that repeat the header of the table."""
    own = max(slot.row + slot.rowspan for slot in below)
    # Rows that hold amounts are entries, however much they are like the first ones.
    entry = min((slot.row for slot in below if is_amount(slot.text)), default=own)
    counts = range(min(MAX_HEADER, own - 1, entry), 0, -1)
    return next((n_rows for n_rows in counts if _is_repeated(above, below, n_rows)), 0)


def _is_repeated(above: Sequence[PlacedCell], below: Sequence[PlacedCell], n_rows: int) -> bool:
    """Return whether the first rows of part and table have the same, non-empty texts."""
    head, again = _head(above, n_rows), _head(below, n_rows)
    if not any(slot.text for slot in head) or len(head) != len(again):
        return False
    return all(a[:4] == b[:4] and _reads_alike(a, b) for a, b in zip(head, again, strict=True))


def _head(slots: Sequence[PlacedCell], n_rows: int) -> list[PlacedCell]:
    """Return the cells of the first rows, or [] if one extends beyond them."""
    rows = [slot for slot in slots if slot.row < n_rows]
    return [] if any(slot.row + slot.rowspan > n_rows for slot in rows) else rows


def _reads_alike(a: PlacedCell, b: PlacedCell) -> bool:
    """Return whether two texts differ at most in doubtful characters."""
    if a.text == b.text:
        return True
    first, second = (
        [c for reading in slot.source.text.readings for c in reading.characters] for slot in (a, b)
    )
    if not first or len(first) != len(second):
        return False
    return all(
        x.text == y.text or min(x.probability, y.probability) < LEGIBLE
        for x, y in zip(first, second, strict=True)
    )


def to_raw_table(table: LogicalTable, name: str, engine: str) -> RawTable:
    """Convert a table to the input of the check stage."""
    return RawTable(
        id=name,
        title=table.title,
        code=table.code,
        unit=table.unit,
        pages=tuple(part.page_result.number for part in table.parts),
        n_rows=table.n_rows,
        n_cols=table.n_cols,
        header_rows=count_header_rows(table.slots, table.n_rows),
        structure=to_share(table.structure),
        notes=table.notes,
        cells=tuple(_cell(slot, engine) for slot in table.slots),
    )


def _cell(slot: PlacedCell, engine: str) -> RawCell:
    source = slot.source
    return RawCell(
        row=slot.row,
        col=slot.col,
        rowspan=slot.rowspan,
        colspan=slot.colspan,
        text=source.text.text,
        vertical=source.text.vertical,
        page=source.page_result.number,
        polygon=source.page_result.on_scan(source.cell.polygon),
        evidence=tuple(cell_evidence(source, engine)),
    )
