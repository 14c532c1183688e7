"""Sums down the columns that labels name: totals below or above what they add."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tenglu.stages.check import words
from tenglu.stages.check.relation import Family, Sum, Trial, has_slip, try_sum
from tenglu.stages.check.sheet import (
    BLANK,
    NUMBER,
    OTHER,
    UNREAD,
    Region,
    Sheet,
    blocks_of,
    row_labels,
)

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


def sides_of(sheet: Sheet, region: Region) -> list[Side]:
    """Parts of a region that stand beside each other with labels of their own."""
    blocks = blocks_of(sheet, region)
    return [
        Side(region.rows, cols, row_labels(sheet, blocks, index), labels)
        for index, (labels, cols) in enumerate(blocks)
    ]


def is_total(label: str) -> bool:
    return bool(words.TOTAL.search(label)) and not words.OF_WHICH.search(label)


def down_families(sheet: Sheet, side: Side) -> Iterator[Family]:
    """Every total that a label names, in the columns where it stands."""
    opened = {col: _Open([], [0], set()) for col in side.cols}
    for row in side.rows:
        label = side.labels[row]
        if words.NET.search(label):
            yield from _net(sheet, opened, row)
        elif words.CUMULATIVE.search(label):
            yield _family(sheet, row, [at for at in side.rows if at < row and is_total(side.labels[at])], side.cols)
            for col in side.cols:
                opened[col].starts.append(len(opened[col].rows))
        elif is_total(label):
            yield from _total(sheet, side, opened, row)
        else:
            for col in side.cols:
                _add(sheet, opened[col], (row, col), label)


def _add(sheet: Sheet, opened: _Open, place: tuple[int, int], label: str) -> None:
    state = sheet.state(place)
    if state == OTHER:
        opened.starts.append(len(opened.rows))  # a line of text begins a group
    elif place[0] not in opened.taken:
        opened.rows.append(place[0])
        if state == BLANK and label.endswith(":"):
            opened.starts.append(len(opened.rows))


def _total(sheet: Sheet, side: Side, opened: dict[int, _Open], row: int) -> Iterator[Family]:
    """The sum of what stands above a total; where that fits nowhere, of what stands below."""
    cols = [col for col in side.cols if sheet.state((row, col)) in (NUMBER, UNREAD)]
    chosen = _choose(sheet, cols, opened, row)
    above = [
        _family(sheet, row, rows, [col for col in cols if chosen.get(col) == rows])
        for rows in dict.fromkeys(chosen.values())
    ]
    if any(_holds(family) for family in above):
        yield from above
    elif (below := _below(sheet, side, cols, row)) is not None:
        yield below
        for col in cols:
            opened[col].taken.update(range(row + 1, below.trials[0].parts[-1][0] + 1))
            opened[col].rows.clear()
            opened[col].starts[:] = [0]
            chosen.pop(col, None)
    else:
        yield from above
    for col in side.cols:
        if sheet.state((row, col)) != OTHER:
            _close(opened[col], chosen.get(col, ()), row)


def _holds(family: Family) -> bool:
    return any(trial.outcome in ("holds", "rounding") for trial in family.trials)


def _family(sheet: Sheet, row: int, rows: Sequence[int], cols: Sequence[int]) -> Family:
    sums = (Sum((row, col), [(at, col) for at in rows]) for col in cols)
    return Family("labelled", [trial for one in sums if (trial := try_sum(sheet, one, "column"))])


def _close(opened: _Open, rows: Sequence[int], row: int) -> None:
    """The total stands for the rows that it has taken in."""
    taken = set(rows)
    opened.rows[:] = [at for at in opened.rows if at not in taken]
    opened.starts[:] = [start for start in opened.starts if start <= len(opened.rows)]
    opened.rows.append(row)
    opened.starts.append(len(opened.rows))


def _choose(
    sheet: Sheet, cols: Sequence[int], opened: dict[int, _Open], row: int
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


def _sums(sheet: Sheet, opened: _Open, col: int) -> np.ndarray:
    """(n,) sum of the open rows from each of them on."""
    figures = sheet.units[opened.rows, col]
    return np.asarray(np.cumsum(figures[::-1])[::-1])


def _fitting_start(sheet: Sheet, opened: _Open, place: tuple[int, int]) -> int | None:
    """The beginning of a group whose sum is the total; None: no group's is."""
    if sheet.state(place) != NUMBER or not opened.rows or sheet.numbers[place[0]][place[1]] == 0:
        return None
    fits = np.flatnonzero(_sums(sheet, opened, place[1]) == sheet.numbers[place[0]][place[1]])
    natural = set(opened.starts)
    return next((int(start) for start in fits[::-1] if int(start) in natural), None)


def _other_start(sheet: Sheet, opened: _Open, place: tuple[int, int]) -> int:
    """Where the sum begins that the total most likely is, though no group fits it."""
    starts = [start for start in dict.fromkeys(opened.starts) if start < len(opened.rows)] or [0]
    for start in reversed(starts):
        asked = Sum(place, [(row, place[1]) for row in opened.rows[start:]])
        trial = try_sum(sheet, asked, "column")
        if trial is not None and (trial.outcome != "fails" or _mendable(sheet, trial)):
            return start
    total = sheet.numbers[place[0]][place[1]]
    if abs(total) >= SURPRISING * len(opened.rows):
        figures = sheet.units[opened.rows, place[1]]
        for start in np.flatnonzero(_sums(sheet, opened, place[1]) == total):
            if np.count_nonzero(figures[start:]) >= MIN_ADDED:
                return int(start)
    return starts[-1]


def _below(sheet: Sheet, side: Side, cols: Sequence[int], row: int) -> Family | None:
    """The rows under a total, as far as they may belong to it."""
    if not cols:
        return None
    ends = [side.rows.stop]
    for at in range(row + 1, side.rows.stop):
        if sheet.state((at, cols[0])) == OTHER:
            ends.append(at)
            break
        if is_total(side.labels[at]):
            ends.append(at)
    families = [_family(sheet, row, range(row + 1, end), cols) for end in ends if end > row + 1]
    held = [family for family in families if _holds(family)]
    if held:
        return max(held, key=_n_holding)
    is_first = row == side.rows.start or sheet.state((row - 1, cols[0])) == OTHER
    mendable = (f for f in families if any(_mendable(sheet, trial) for trial in f.trials))
    return next(mendable, None) if is_first else None


def _mendable(sheet: Sheet, trial: Trial) -> bool:
    return has_slip(trial, {sheet.table.id: sheet})


def _n_holding(family: Family) -> int:
    return sum(trial.is_exact for trial in family.trials)


def _net(sheet: Sheet, opened: dict[int, _Open], row: int) -> Iterator[Family]:
    """What came in less what went out: the two totals above."""
    trials = []
    for col, rows in opened.items():
        if len(rows.rows) >= MIN_ADDED:
            coming, going = rows.rows[-2:]
            asked = Sum((row, col), [(coming, col), (going, col)], (1, -1))
            if trial := try_sum(sheet, asked, "net"):
                trials.append(trial)
        rows.rows.clear()
        rows.starts[:] = [0]
        _close(rows, (), row)
    yield Family("labelled", trials)
