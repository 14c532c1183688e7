"""One table out of its parts: common columns, header rows, cells that cross a page break."""

from collections.abc import Sequence
from typing import NamedTuple, Self

from tenglu.engines import Reading
from tenglu.model import Cell, Evidence, Table
from tenglu.stages.rebuild.leaf import Part, PartCell

MAX_HEADER = 5  # rows; statutory forms have up to four


class Slot(NamedTuple):
    """A cell at its place in the whole table."""

    row: int
    col: int
    rowspan: int
    colspan: int
    source: PartCell

    @property
    def text(self) -> str:
        """What is printed in it."""
        return self.source.text.text

    def moved(self, rows: int) -> Self:
        """The same cell further down."""
        return self._replace(row=self.row + rows)


class LogicalTable(NamedTuple):
    """A table with all its parts."""

    parts: list[Part]
    first_rows: list[int]  # for each part, the row of the table that its first kept row is
    n_rows: int
    n_cols: int
    slots: list[Slot]
    title: str
    code: str
    unit: str
    notes: tuple[str, ...]

    @property
    def doubtful(self) -> list[tuple[int, int, int]]:
        """Row, column and page of the cells whose shape is a guess."""
        return [
            (slot.row, slot.col, slot.source.leaf.number)
            for slot in self.slots
            for part in self.parts
            if (slot.source.cell.row, slot.source.cell.col) in part.grid.doubtful
            and slot.source.leaf is part.leaf
            and any(slot.source is cell for cell in part.cells)
        ]


class Stacked(NamedTuple):
    """Parts one below the other."""

    first_rows: list[int]
    n_rows: int
    n_cols: int
    slots: list[Slot]


def stack(parts: Sequence[Part]) -> Stacked:
    """Set parts below each other in one grid."""
    edges = _common_columns(parts)
    stacked = Stacked([0], parts[0].grid.n_rows, len(edges) - 1, _slots(parts[0], edges))
    for part in parts[1:]:
        slots = _slots(part, edges)
        repeated = _repeated_header(stacked.slots, slots)
        kept = [slot.moved(-repeated) for slot in slots if slot.row >= repeated]
        stacked = _with_part(stacked, kept, part.grid.n_rows - repeated)
    return stacked


def _common_columns(parts: Sequence[Part]) -> list[float]:
    slack = max(part.column_slack for part in parts)
    clusters: list[list[float]] = []
    for place in sorted(x for part in parts for x in part.columns):
        if clusters and place - clusters[-1][-1] <= slack:
            clusters[-1].append(place)
        else:
            clusters.append([place])
    return [sum(cluster) / len(cluster) for cluster in clusters]


def _slots(part: Part, edges: Sequence[float]) -> list[Slot]:
    nearest = [min(range(len(edges)), key=lambda j: abs(edges[j] - x)) for x in part.columns]
    slots = []
    for source in part.cells:
        cell = source.cell
        col, end = nearest[cell.col], nearest[cell.col + cell.colspan]
        slots.append(Slot(cell.row, col, cell.rowspan, end - col, source))
    return sorted(slots)


def _repeated_header(above: Sequence[Slot], below: Sequence[Slot]) -> int:
    """How many rows at the top of a part repeat the header of the table."""
    for n_rows in range(MAX_HEADER, 0, -1):
        head, again = _head(above, n_rows), _head(below, n_rows)
        if head and head == again and any(text for *_, text in head):
            return n_rows
    return 0


def _head(slots: Sequence[Slot], n_rows: int) -> list[tuple[int, int, int, int, str]] | None:
    """The first rows as plain values; None if a cell reaches beyond them."""
    rows = [slot for slot in slots if slot.row < n_rows]
    if any(slot.row + slot.rowspan > n_rows for slot in rows):
        return None
    return [(slot.row, slot.col, slot.rowspan, slot.colspan, slot.text) for slot in rows]


def _with_part(stacked: Stacked, slots: list[Slot], n_rows: int) -> Stacked:
    start = stacked.n_rows
    moved = [slot.moved(start) for slot in slots]
    merged = _across_break(stacked.slots, moved, start)
    return Stacked([*stacked.first_rows, start], start + n_rows, stacked.n_cols, merged)


def _across_break(above: list[Slot], below: list[Slot], start: int) -> list[Slot]:
    """Join the halves of cells that a page break has cut."""
    uppers = {(slot.col, slot.colspan): slot for slot in above if slot.row + slot.rowspan == start}
    slots = {id(slot): slot for slot in above}
    for lower in below:
        upper = uppers.get((lower.col, lower.colspan)) if lower.row == start else None
        if upper is not None and _is_cut(upper, lower):
            text_half = lower if not upper.text else upper
            slots[id(upper)] = Slot(
                upper.row,
                upper.col,
                upper.rowspan + lower.rowspan,
                upper.colspan,
                text_half.source,
            )
        else:
            slots[id(lower)] = lower
    return sorted(slots.values())


def _is_cut(upper: Slot, lower: Slot) -> bool:
    """Whether two cells at a break are one: a merged cell of which one half holds all the text."""
    return max(upper.rowspan, lower.rowspan) > 1 and not (upper.text and lower.text)


def to_table(table: LogicalTable, name: str, witness: str) -> Table:
    """The table as the model has it; its cells are not scored yet."""
    return Table(
        id=name,
        title=table.title,
        code=table.code,
        unit=table.unit,
        pages=tuple(part.leaf.number for part in table.parts),
        n_rows=table.n_rows,
        n_cols=table.n_cols,
        header_rows=_header_rows(table.slots, table.n_rows),
        notes=table.notes,
        cells=tuple(_cell(slot, witness) for slot in table.slots),
    )


def _header_rows(slots: Sequence[Slot], n_rows: int) -> int:
    """Rows above the first one that holds a value: a number that is no column number."""
    for row in range(min(n_rows, MAX_HEADER + 1)):
        texts = [slot.text for slot in slots if slot.row == row]
        values = [text for text in texts if _is_value(text)]
        if values or not any(texts):
            return row if any(slot.row < row for slot in slots) and row <= MAX_HEADER else 0
    return min(1, n_rows - 1)


MAX_COLUMN_NUMBER = 2  # digits of the numbers in a row of column numbers: 1, 2, … 14


def _is_value(text: str) -> bool:
    digits = text.replace(",", "").replace(".", "").lstrip("-")
    return digits.isdigit() and ("." in text or "," in text or len(digits) > MAX_COLUMN_NUMBER)


def _cell(slot: Slot, witness: str) -> Cell:
    source = slot.source
    text = source.text
    return Cell(
        row=slot.row,
        col=slot.col,
        rowspan=slot.rowspan,
        colspan=slot.colspan,
        text=text.text,
        kind="text" if text.text else "empty",
        vertical=text.vertical,
        confidence=None,
        needs_review=True,
        page=source.leaf.number,
        polygon=source.leaf.on_scan(source.cell.polygon),
        evidence=tuple(_evidence(source, witness)),
    )


def _evidence(source: PartCell, witness: str) -> list[Evidence]:
    """What the stages saw of a cell, one witness each."""
    readings = source.text.readings
    evidence = [Evidence(witness="grid", text=None, confidence=_share(min(source.cell.support)))]
    if readings:
        least = min((c.probability for r in readings for c in r.characters), default=0.0)
        omitted = max(reading.omitted for reading in readings)
        evidence += [
            Evidence(witness=witness, text=source.text.text, confidence=_share(least)),
            Evidence(witness="no-letter-lost", text=None, confidence=_share(1 - omitted)),
        ]
        rival = _rival_text(readings)
        if rival is not None:
            evidence.append(rival_evidence(rival, witness))
    stray = 1 / (1 + source.text.stray)
    evidence.append(Evidence(witness="no-ink-left", text=None, confidence=_share(stray)))
    if source.covered:
        clear = _share(1 - source.covered)
        evidence.append(Evidence(witness="clear-of-marks", text=None, confidence=clear))
    return evidence


def rival_evidence(rival: tuple[str, float], witness: str) -> Evidence:
    """The reading with its most doubtful character replaced by the runner-up."""
    text, probability = rival
    return Evidence(witness=f"{witness}/runner-up", text=text, confidence=_share(probability))


MIN_RIVAL = 0.02  # probability; a runner-up below is no reading


def _rival_text(readings: Sequence[Reading]) -> tuple[str, float] | None:
    places = [
        (character.runner_up_probability, i, j)
        for i, reading in enumerate(readings)
        for j, character in enumerate(reading.characters)
    ]
    if not places:
        return None
    probability, line, place = max(places)
    if probability < MIN_RIVAL:
        return None
    texts = [[c.text for c in reading.characters] for reading in readings]
    texts[line][place] = readings[line].characters[place].runner_up
    return "".join("".join(text) for text in texts), probability


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 4)
