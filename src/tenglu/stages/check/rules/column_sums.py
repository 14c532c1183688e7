"""Labelled column sums: totals below or above the rows that they add up."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tenglu.stages.check.rules.addend_runs import CHAINS, OF_WHICH_ROWS, RUNS
from tenglu.stages.check.rules.addends import Columns, Read, all_readings, best_reading
from tenglu.stages.check.rules.code_hierarchy import CODE_HIERARCHY
from tenglu.stages.check.rules.constraint import (
    HELD,
    Constraint,
    ConstraintGroup,
    Sum,
    has_single_digit_error,
    try_sum,
    try_sums,
)
from tenglu.stages.check.rules.numeric_table import (
    BLANK,
    NUMBER,
    OTHER,
    UNREAD,
    NumericTable,
)
from tenglu.stages.check.rules.rule import Known, Rule, RuleName, TableView
from tenglu.stages.check.rules.running_balance import RUNNING_BALANCE
from tenglu.stages.check.rules.sides import Side, is_total
from tenglu.stages.check.values import label_words

COLUMN = RuleName("column", "纵向合计", "down the column")
NET = RuleName("net", "收支净额", "net amount")
SURPRISING = 10_000  # units of a total per candidate row; above this, a fit is no coincidence
MIN_ADDED = 2


class _Open(NamedTuple):
    """Rows of one column that are not yet part of a total."""

    rows: list[int]
    starts: list[int]  # indices into rows where a group may begin
    taken: set[int]  # rows that are part of a total above them


def _column_groups(
    numeric: NumericTable, side: Side, details: Collection[int] = ()
) -> Iterator[ConstraintGroup]:
    """Propose every labelled total, in the columns where it has a number.

    Args:
        numeric: the numbers of the table.
        side: rows, columns and labels to search.
        details: rows that are known to be part of another row.
    """
    at = Columns(numeric, side.cols, side.labels, details)
    opened = {col: _Open([], [0], set()) for col in side.cols}
    for row in side.rows:
        label = side.labels[row]
        if label_words.NET.search(label):
            yield from _net(numeric, opened, row)
        elif label_words.CUMULATIVE.search(label):
            yield _relation(
                numeric,
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
                _add(numeric, opened[col], (row, col), label)


def _add(numeric: NumericTable, opened: _Open, place: tuple[int, int], label: str) -> None:
    state = numeric.state(place)
    if state == OTHER:
        opened.starts.append(len(opened.rows))  # a row of text begins a group
    elif place[0] not in opened.taken:
        opened.rows.append(place[0])
        if state == BLANK and label.endswith(":"):
            opened.starts.append(len(opened.rows))


def _total(
    at: Columns, side: Side, opened: dict[int, _Open], row: int
) -> Iterator[ConstraintGroup]:
    """Propose a total as the sum of rows above it, or of rows below it if none above fit."""
    numeric = at.numeric
    cols = [col for col in side.cols if numeric.state((row, col)) in (NUMBER, UNREAD)]
    chosen = _choose(numeric, cols, opened, row)
    plain = [
        _relation(numeric, row, rows, [col for col in cols if chosen.get(col) == rows])
        for rows in dict.fromkeys(chosen.values())
    ]
    if any(_holds(relation) for relation in plain):
        yield from plain
    else:
        above, below = _read_above(at, opened, row), _read_below(at, side, cols, row)
        if below is not None and (above is None or below.proof > above.proof):
            yield below.relation
            end = max(
                part for constraint in below.relation.constraints for part, _ in constraint.parts
            )
            for col in cols:
                opened[col].taken.update(range(row + 1, end + 1))
                opened[col].rows.clear()
                opened[col].starts[:] = [0]
            chosen = {}
        elif above is not None:
            yield above.relation
            first = min(
                part for constraint in above.relation.constraints for part, _ in constraint.parts
            )
            chosen = {col: tuple(r for r in opened[col].rows if r >= first) for col in cols}
        else:
            yield from plain
    for col in side.cols:
        if numeric.state((row, col)) != OTHER:
            _close(opened[col], chosen.get(col, ()), row)


def _read_above(at: Columns, opened: dict[int, _Open], row: int) -> Read | None:
    """Find the rows above, with the signs that their labels allow, that make up a total."""
    longest = max(opened.values(), key=lambda col: len(col.rows))
    starts = [start for start in dict.fromkeys(longest.starts) if start < len(longest.rows)]
    runs = [longest.rows[start:] for start in reversed(starts)]
    return best_reading(at, row, all_readings(at, runs), COLUMN.name)


def _holds(relation: ConstraintGroup) -> bool:
    return any(constraint.outcome in HELD for constraint in relation.constraints)


def _relation(
    numeric: NumericTable, row: int, rows: Sequence[int], cols: Sequence[int]
) -> ConstraintGroup:
    sums = (Sum((row, col), [(at, col) for at in rows]) for col in cols)
    return ConstraintGroup("labelled", try_sums(numeric, sums, COLUMN.name))


def _close(opened: _Open, rows: Sequence[int], row: int) -> None:
    """Replace the rows of a total by the total itself."""
    taken = set(rows)
    opened.rows[:] = [at for at in opened.rows if at not in taken]
    opened.starts[:] = [start for start in opened.starts if start <= len(opened.rows)]
    opened.rows.append(row)
    opened.starts.append(len(opened.rows))


def _choose(
    numeric: NumericTable, cols: Sequence[int], opened: dict[int, _Open], row: int
) -> dict[int, tuple[int, ...]]:
    """Choose for each column the open rows that the total adds up.

    A column in which no rows fit uses the choice of the columns in which some do.
    """
    starts = {col: _fitting_start(numeric, opened[col], (row, col)) for col in cols}
    chosen = {col: tuple(opened[col].rows[s:]) for col, s in starts.items() if s is not None}
    votes = Counter(chosen.values())
    for col in cols:
        if col not in chosen and opened[col].rows:
            known = set(opened[col].rows)
            voted = (rows for rows, _ in votes.most_common() if known.issuperset(rows))
            start = _other_start(numeric, opened[col], (row, col))
            chosen[col] = next(voted, tuple(opened[col].rows[start:]))
    return chosen


def _sums(numeric: NumericTable, opened: _Open, col: int) -> np.ndarray:
    """Return the (n,) sums of the open rows from each row to the last."""
    figures = numeric.units[opened.rows, col]
    return np.asarray(np.cumsum(figures[::-1])[::-1])


def _fitting_start(numeric: NumericTable, opened: _Open, place: tuple[int, int]) -> int | None:
    """Return the index of the first open row of a sum that equals the total, or None.

    The sum begins with a group, or anywhere if the total is too large for a coincidence.
    """
    if (
        numeric.state(place) != NUMBER
        or not opened.rows
        or numeric.numbers[place[0]][place[1]] == 0
    ):
        return None
    total = numeric.numbers[place[0]][place[1]]
    fits = [int(start) for start in np.flatnonzero(_sums(numeric, opened, place[1]) == total)]
    natural = set(opened.starts)
    figures = numeric.units[opened.rows, place[1]]
    is_surprising = abs(total) >= SURPRISING * len(opened.rows)
    several = (start for start in fits if np.count_nonzero(figures[start:]) >= MIN_ADDED)
    fitting = next((start for start in reversed(fits) if start in natural), None)
    if fitting is not None or not is_surprising or _nearly_starts(numeric, opened, place):
        return fitting
    return next(several, None)


def _other_start(numeric: NumericTable, opened: _Open, place: tuple[int, int]) -> int:
    """Return the most likely first open row of a sum, though no group equals the total."""
    nearly = _nearly_starts(numeric, opened, place)
    return nearly[0] if nearly else ([s for s in opened.starts if s < len(opened.rows)] or [0])[-1]


def _nearly_starts(numeric: NumericTable, opened: _Open, place: tuple[int, int]) -> list[int]:
    """Return the starts of sums that equal the total but for a single-digit error or rounding.

    The nearest group comes first.
    """
    starts = [start for start in dict.fromkeys(opened.starts) if start < len(opened.rows)] or [0]
    nearly = []
    for start in reversed(starts):
        candidate = Sum(place, [(row, place[1]) for row in opened.rows[start:]])
        constraint = try_sum(numeric, candidate, COLUMN.name)
        if constraint is not None and (
            constraint.outcome != "fails" or _mendable(numeric, constraint)
        ):
            nearly.append(start)
    return nearly


def _read_below(at: Columns, side: Side, cols: Sequence[int], row: int) -> Read | None:
    """Find the rows below a total, up to the next text or total, that make it up."""
    if not cols:
        return None
    numeric = at.numeric
    ends = [side.rows.stop]
    for under in range(row + 1, side.rows.stop):
        if numeric.state((under, cols[0])) == OTHER:
            ends.append(under)
            break
        if is_total(side.labels[under]):
            ends.append(under)
    runs = [range(row + 1, end) for end in ends if end > row + 1]
    return best_reading(at, row, all_readings(at, runs), COLUMN.name)


def _mendable(numeric: NumericTable, constraint: Constraint) -> bool:
    return has_single_digit_error(constraint, {numeric.source.id: numeric})


def _net(numeric: NumericTable, opened: dict[int, _Open], row: int) -> Iterator[ConstraintGroup]:
    """Propose a net amount: the first of the two totals above less the second."""
    constraints = []
    for col, rows in opened.items():
        if len(rows.rows) >= MIN_ADDED:
            coming, going = rows.rows[-2:]
            difference = Sum((row, col), [(coming, col), (going, col)], (1, -1))
            if constraint := try_sum(numeric, difference, NET.name):
                constraints.append(constraint)
        rows.rows.clear()
        rows.starts[:] = [0]
        _close(rows, (), row)
    yield ConstraintGroup("labelled", constraints)


def _propose(view: TableView, known: Known) -> Iterator[ConstraintGroup]:
    """Propose totals in regions without a code hierarchy; skip details and running balances."""
    codes, running = known.groups(CODE_HIERARCHY, view), known.groups(RUNNING_BALANCE, view)
    detailed = [
        group for rule in (CHAINS, OF_WHICH_ROWS, RUNS) for group in known.groups(rule, view)
    ]
    for part in view.parts:
        if any(_holds(group) for group in codes if part.contains(group)):
            continue
        balances = {
            constraint.total[1]
            for group in running
            if part.contains(group)
            for constraint in group.constraints
        }
        for side in part.sides:
            added = tuple(col for col in side.cols if col not in balances)
            details = _details(group for group in detailed if side.contains(group))
            yield from _column_groups(view.numeric, side._replace(cols=added), details)


def _details(groups: Iterable[ConstraintGroup]) -> set[int]:
    """Return the rows that are known to be part of another row."""
    return {
        row
        for group in groups
        for constraint in group.constraints
        if constraint.outcome in HELD
        for row, _ in constraint.parts
    }


COLUMN_SUMS = Rule((COLUMN, NET), _propose)
