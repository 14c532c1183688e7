"""Join cells and rows that are cut by a page break."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

from tenglu.stages.assemble.page_result import PartCell
from tenglu.stages.ocr import Again, AtFirst, CellText

DRAWN = 0.5  # covered share of a side from which on it counts as drawn
LONG_TEXT = 2  # least lines of a text that may continue on the next page
ENDS = ("。", "；", ";", "！", "？", "：", ":")  # ends of a complete text

Place = tuple[int, int]
"""Column and column span of a cell."""


class PlacedCell(NamedTuple):
    """A cell at its position in the whole table."""

    row: int
    col: int
    rowspan: int
    colspan: int
    source: PartCell

    @property
    def text(self) -> str:
        """Its text."""
        return self.source.text.text

    @property
    def place(self) -> Place:
        """Its column and its number of columns."""
        return self.col, self.colspan

    def moved(self, rows: int) -> Self:
        """Return the cell moved down by a number of rows."""
        return self._replace(row=self.row + rows)


class Closed(NamedTuple):
    """Two joined parts."""

    slots: list[PlacedCell]
    n_rows_joined: int  # 1 if the last row above and the first below are one row, else 0
    doubts: list[tuple[int, int, str]]  # row, column, reason of each doubtful joined cell


def close_break(
    above: Sequence[PlacedCell], below: Sequence[PlacedCell], start: int, known: Mapping[str, int]
) -> Closed:
    """Append a part to others, and join the cells that the page break cuts.

    Args:
        above: cells of the parts so far.
        below: cells of the next part, at their rows in the whole table.
        start: first row of the next part.
        known: number of cells in the document with each text.
    """
    uppers = {slot.place: slot for slot in above if slot.row + slot.rowspan == start}
    lowers = {slot.place: slot for slot in below if slot.row == start}
    others = [slot for slot in (*above, *below) if slot.row > 0 and not _at(slot, start)]
    cut_row = _is_cut_row(uppers, lowers, others)
    if cut_row is not None:
        return _with_cut_row(above, below, start, cut_row)
    grouping = _grouping_places(others, uppers, lowers)
    slots = {id(slot): slot for slot in (*above, *below)}
    doubts = []
    for place, lower in lowers.items():
        upper = uppers.get(place)
        if upper is None:
            continue
        reason = _why_one(upper, lower, grouping, known)
        if reason is None:
            continue
        del slots[id(lower)]
        rowspan = upper.rowspan + lower.rowspan
        slots[id(upper)] = upper._replace(rowspan=rowspan, source=_one_source(upper, lower))
        if reason:
            doubts.append((upper.row, upper.col, reason))
    return Closed(sorted(slots.values(), key=lambda slot: slot[:4]), 0, doubts)


def _at(slot: PlacedCell, start: int) -> bool:
    return slot.row == start or slot.row + slot.rowspan == start


def _grouping_places(
    slots: Sequence[PlacedCell],
    uppers: Mapping[Place, PlacedCell],
    lowers: Mapping[Place, PlacedCell],
) -> set[Place]:
    """Find the places where the cells next to those at the break span rows to group them."""
    ends = {(slot.place, slot.row + slot.rowspan): slot for slot in slots}
    starts = {(slot.place, slot.row): slot for slot in slots}
    grouping = set()
    for place in uppers.keys() & lowers.keys():
        upper, lower = uppers[place], lowers[place]
        before = ends.get((place, upper.row))
        after = starts.get((place, lower.row + lower.rowspan))
        beside = [slot for slot in (before, after) if slot is not None]
        if beside and all(slot.rowspan > 1 and slot.text for slot in beside):
            grouping.add(place)
    return grouping


def _why_one(
    upper: PlacedCell, lower: PlacedCell, grouping: set[Place], known: Mapping[str, int]
) -> str | None:
    """Return why two cells at a break are one, "" if it is certain, or None if they are two."""
    if upper.text and lower.text:
        whole = upper.text + lower.text
        parts_stand_alone = max(known.get(upper.text, 0), known.get(lower.text, 0)) > 1
        if known.get(whole, 0) and not parts_stand_alone:
            return "the page break cuts its text, which another cell has as a whole"
        return None
    if max(upper.rowspan, lower.rowspan) > 1:
        return ""
    if upper.place in grouping and (upper.text or lower.text):
        return "the cell below the page break is empty, and its neighbours in the column span rows"
    return None


def _one_source(upper: PlacedCell, lower: PlacedCell) -> PartCell:
    """Return the cell with the text of both halves, at the place of the first half with text."""
    if not lower.text:
        return upper.source
    if not upper.text:
        return lower.source
    first, second = upper.source, lower.source
    return PartCell(
        first.page_result,
        first.cell,
        CellText(
            text=upper.text + lower.text,
            vertical=first.text.vertical and second.text.vertical,
            readings=[*first.text.readings, *second.text.readings],
            stray=first.text.stray + second.text.stray,
            at_first=_both_at_first(first.text, second.text),
            again=_both_again(first.text, second.text),
        ),
        max(first.covered, second.covered),
    )


def _both_again(upper: CellText, lower: CellText) -> tuple[Again, ...]:
    """Join the rereadings of two halves; a half without rereadings keeps its reading in each."""
    halves = [(text.again or (Again(text.text, 1.0),)) for text in (upper, lower)]
    if not (upper.again or lower.again):
        return ()
    count = max(map(len, halves))
    pairs = [[half[min(n, len(half) - 1)] for half in halves] for n in range(count)]
    return tuple(
        Again("".join(p.text for p in pair), min(p.confidence for p in pair)) for pair in pairs
    )


def _both_at_first(upper: CellText, lower: CellText) -> AtFirst | None:
    if upper.at_first is None and lower.at_first is None:
        return None
    parts = [text.at_first or AtFirst(text.text, 1.0) for text in (upper, lower)]
    return AtFirst("".join(p.text for p in parts), min(p.confidence for p in parts))


# --- a row that is cut in two ---------------------------------------------------------------------


def _is_cut_row(
    uppers: Mapping[Place, PlacedCell],
    lowers: Mapping[Place, PlacedCell],
    others: Sequence[PlacedCell],
) -> str | None:
    """Return why the rows at a break are one, "" if it is certain, or None if they are two."""
    if not lowers or set(uppers) != set(lowers):
        return None
    pairs = [(uppers[place], lower) for place, lower in sorted(lowers.items())]
    going_on = [(upper, lower) for upper, lower in pairs if lower.text]
    ends_first = bool(pairs[0][0].text) and not pairs[0][1].text
    if not going_on or not ends_first or not all(upper.text for upper, _ in going_on):
        return None
    if all(_is_undrawn(upper, lower) for upper, lower in pairs):
        return ""
    keys = [slot.text for slot in others if slot.place == pairs[0][0].place]
    runs_on = all(
        len(upper.source.text.readings) >= LONG_TEXT and not upper.text.endswith(ENDS)
        for upper, _ in going_on
    )
    single = all(max(upper.rowspan, lower.rowspan) == 1 for upper, lower in pairs)
    if runs_on and single and keys and all(keys):
        return "its first cell is empty below the page break, and its texts continue"
    return None


def _is_undrawn(upper: PlacedCell, lower: PlacedCell) -> bool:
    """Return whether no ruling line is drawn at the break."""
    return upper.source.cell.support.bottom < DRAWN and lower.source.cell.support.top < DRAWN


def _with_cut_row(
    above: Sequence[PlacedCell], below: Sequence[PlacedCell], start: int, reason: str
) -> Closed:
    uppers = {slot.place: slot for slot in above if slot.row + slot.rowspan == start}
    slots = [slot for slot in above if slot.row + slot.rowspan != start]
    doubts = []
    for lower in below:
        if lower.row != start:
            slots.append(lower.moved(-1))
            continue
        upper = uppers[lower.place]
        rowspan = upper.rowspan + lower.rowspan - 1
        slots.append(upper._replace(rowspan=rowspan, source=_one_source(upper, lower)))
        if reason and lower.text:
            doubts.append((upper.row, upper.col, reason))
    return Closed(sorted(slots, key=lambda slot: slot[:4]), 1, doubts)


def count_texts(cells: Sequence[PartCell]) -> Counter[str]:
    """Count the cells with each text."""
    return Counter(cell.text.text for cell in cells if cell.text.text)
