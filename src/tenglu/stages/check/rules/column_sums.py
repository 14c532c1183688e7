"""Sums down the columns that labels name: totals below or above what they add."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tenglu.stages.check.rules.addends import Columns, Read, all_readings, best_reading
from tenglu.stages.check.rules.constraint import (
    Constraint,
    ConstraintGroup,
    Sum,
    has_single_digit_error,
    try_sum,
)
from tenglu.stages.check.rules.numeric_table import (
    BLANK,
    NUMBER,
    OTHER,
    UNREAD,
    NumericTable,
    Region,
    blocks_of,
    row_labels,
)
from tenglu.stages.check.values import label_words

SURPRISING = 10_000  # units of a total for each row that its sum may begin with: no chance
MIN_ADDED = 2


class Side(NamedTuple):
    """Columns of figures that share their labels."""

    rows: range
    cols: tuple[int, ...]
    labels: list[str]  # of each row of the table
    label_cols: tuple[int, ...]


class _Open(NamedTuple):
    """Rows of one column that no total has taken in yet."""

    rows: list[int]
    starts: list[int]  # places in rows where a group may begin
    taken: set[int]  # rows below, that a total above them has taken in


def sides_of(sheet: NumericTable, region: Region) -> list[Side]:
    """Parts of a region that stand beside each other with labels of their own."""
    blocks = blocks_of(sheet, region)
    return [
        Side(region.rows, cols, row_labels(sheet, blocks, index), labels)
        for index, (labels, cols) in enumerate(blocks)
    ]


def is_total(label: str) -> bool:
    return bool(label_words.TOTAL.search(label)) and not label_words.OF_WHICH.search(label)


def down_groups(
    sheet: NumericTable, side: Side, details: Collection[int] = ()
) -> Iterator[ConstraintGroup]:
    """Every total that a label names, in the columns where it stands.

    Args:
        sheet: of the table.
        side: its rows, columns and labels.
        details: rows that another row is known to add up.
    """
    at = Columns(sheet, side.cols, side.labels, details)
    opened = {col: _Open([], [0], set()) for col in side.cols}
    for row in side.rows:
        label = side.labels[row]
        if label_words.NET.search(label):
            yield from _net(sheet, opened, row)
        elif label_words.CUMULATIVE.search(label):
            yield _family(
                sheet,
                row,
                [at for at in side.rows if at < row and is_total(side.labels[at])],
                side.cols,
            )
            for col in side.cols:
                opened[col].starts.append(len(opened[col].rows))
        elif is_total(label):
            yield from _total(at, side, opened, row)
        else:
            for col in side.cols:
                _add(sheet, opened[col], (row, col), label)


def _add(sheet: NumericTable, opened: _Open, place: tuple[int, int], label: str) -> None:
    state = sheet.state(place)
    if state == OTHER:
        opened.starts.append(len(opened.rows))  # a line of text begins a group
    elif place[0] not in opened.taken:
        opened.rows.append(place[0])
        if state == BLANK and label.endswith(":"):
            opened.starts.append(len(opened.rows))


def _total(
    at: Columns, side: Side, opened: dict[int, _Open], row: int
) -> Iterator[ConstraintGroup]:
    """The sum of what stands above a total; where that fits nowhere, of what stands below."""
    sheet = at.sheet
    cols = [col for col in side.cols if sheet.state((row, col)) in (NUMBER, UNREAD)]
    chosen = _choose(sheet, cols, opened, row)
    plain = [
        _family(sheet, row, rows, [col for col in cols if chosen.get(col) == rows])
        for rows in dict.fromkeys(chosen.values())
    ]
    if any(_holds(family) for family in plain):
        yield from plain
    else:
        above, below = _read_above(at, opened, row), _read_below(at, side, cols, row)
        if below is not None and (above is None or below.proof > above.proof):
            yield below.family
            end = max(
                part for constraint in below.family.constraints for part, _ in constraint.parts
            )
            for col in cols:
                opened[col].taken.update(range(row + 1, end + 1))
                opened[col].rows.clear()
                opened[col].starts[:] = [0]
            chosen = {}
        elif above is not None:
            yield above.family
            first = min(
                part for constraint in above.family.constraints for part, _ in constraint.parts
            )
            chosen = {col: tuple(r for r in opened[col].rows if r >= first) for col in cols}
        else:
            yield from plain
    for col in side.cols:
        if sheet.state((row, col)) != OTHER:
            _close(opened[col], chosen.get(col, ()), row)


def _read_above(at: Columns, opened: dict[int, _Open], row: int) -> Read | None:
    """The total of some of the rows above, with the signs that their labels allow."""
    longest = max(opened.values(), key=lambda one: len(one.rows))
    starts = [start for start in dict.fromkeys(longest.starts) if start < len(longest.rows)]
    runs = [longest.rows[start:] for start in reversed(starts)]
    return best_reading(at, row, all_readings(at, runs), "column")


def _holds(family: ConstraintGroup) -> bool:
    return any(constraint.outcome in ("holds", "rounding") for constraint in family.constraints)


def _family(
    sheet: NumericTable, row: int, rows: Sequence[int], cols: Sequence[int]
) -> ConstraintGroup:
    sums = (Sum((row, col), [(at, col) for at in rows]) for col in cols)
    return ConstraintGroup(
        "labelled", [constraint for one in sums if (constraint := try_sum(sheet, one, "column"))]
    )


def _close(opened: _Open, rows: Sequence[int], row: int) -> None:
    """The total stands for the rows that it has taken in."""
    taken = set(rows)
    opened.rows[:] = [at for at in opened.rows if at not in taken]
    opened.starts[:] = [start for start in opened.starts if start <= len(opened.rows)]
    opened.rows.append(row)
    opened.starts.append(len(opened.rows))


def _choose(
    sheet: NumericTable, cols: Sequence[int], opened: dict[int, _Open], row: int
) -> dict[int, tuple[int, ...]]:
    """Which open rows the total takes in, column by column; columns that fit lead the others."""
    starts = {col: _fitting_start(sheet, opened[col], (row, col)) for col in cols}
    chosen = {col: tuple(opened[col].rows[s:]) for col, s in starts.items() if s is not None}
    votes = Counter(chosen.values())
    for col in cols:
        if col not in chosen and opened[col].rows:
            known = set(opened[col].rows)
            led = (rows for rows, _ in votes.most_common() if known.issuperset(rows))
            start = _other_start(sheet, opened[col], (row, col))
            chosen[col] = next(led, tuple(opened[col].rows[start:]))
    return chosen


def _sums(sheet: NumericTable, opened: _Open, col: int) -> np.ndarray:
    """(n,) sum of the open rows from each of them on."""
    figures = sheet.units[opened.rows, col]
    return np.asarray(np.cumsum(figures[::-1])[::-1])


def _fitting_start(sheet: NumericTable, opened: _Open, place: tuple[int, int]) -> int | None:
    """Where a sum begins that is the total: with a group, or where chance would hardly have it.

    None: nowhere.
    """
    if sheet.state(place) != NUMBER or not opened.rows or sheet.numbers[place[0]][place[1]] == 0:
        return None
    total = sheet.numbers[place[0]][place[1]]
    fits = [int(start) for start in np.flatnonzero(_sums(sheet, opened, place[1]) == total)]
    natural = set(opened.starts)
    figures = sheet.units[opened.rows, place[1]]
    is_surprising = abs(total) >= SURPRISING * len(opened.rows)
    several = (start for start in fits if np.count_nonzero(figures[start:]) >= MIN_ADDED)
    fitting = next((start for start in reversed(fits) if start in natural), None)
    if fitting is not None or not is_surprising or _nearly_starts(sheet, opened, place):
        return fitting
    return next(several, None)


def _other_start(sheet: NumericTable, opened: _Open, place: tuple[int, int]) -> int:
    """Where the sum begins that the total most likely is, though no group fits it."""
    nearly = _nearly_starts(sheet, opened, place)
    return nearly[0] if nearly else ([s for s in opened.starts if s < len(opened.rows)] or [0])[-1]


def _nearly_starts(sheet: NumericTable, opened: _Open, place: tuple[int, int]) -> list[int]:
    """Groups, the nearest first, that are the total but for a slip or for rounding."""
    starts = [start for start in dict.fromkeys(opened.starts) if start < len(opened.rows)] or [0]
    nearly = []
    for start in reversed(starts):
        asked = Sum(place, [(row, place[1]) for row in opened.rows[start:]])
        constraint = try_sum(sheet, asked, "column")
        if constraint is not None and (
            constraint.outcome != "fails" or _mendable(sheet, constraint)
        ):
            nearly.append(start)
    return nearly


def _read_below(at: Columns, side: Side, cols: Sequence[int], row: int) -> Read | None:
    """The total of the rows under it, as far as they may belong to it."""
    if not cols:
        return None
    sheet = at.sheet
    ends = [side.rows.stop]
    for under in range(row + 1, side.rows.stop):
        if sheet.state((under, cols[0])) == OTHER:
            ends.append(under)
            break
        if is_total(side.labels[under]):
            ends.append(under)
    runs = [range(row + 1, end) for end in ends if end > row + 1]
    return best_reading(at, row, all_readings(at, runs), "column")


def _mendable(sheet: NumericTable, constraint: Constraint) -> bool:
    return has_single_digit_error(constraint, {sheet.table.id: sheet})


def _net(sheet: NumericTable, opened: dict[int, _Open], row: int) -> Iterator[ConstraintGroup]:
    """What came in less what went out: the two totals above."""
    constraints = []
    for col, rows in opened.items():
        if len(rows.rows) >= MIN_ADDED:
            coming, going = rows.rows[-2:]
            asked = Sum((row, col), [(coming, col), (going, col)], (1, -1))
            if constraint := try_sum(sheet, asked, "net"):
                constraints.append(constraint)
        rows.rows.clear()
        rows.starts[:] = [0]
        _close(rows, (), row)
    yield ConstraintGroup("labelled", constraints)
