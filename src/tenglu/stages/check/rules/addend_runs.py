"""Sums down the columns that no total names: chains of 加 and 减, rows that others add up to."""

from collections.abc import Callable, Iterator, Sequence
from math import log10

import numpy as np

from tenglu.model import Cell, Place
from tenglu.stages.check.rules.addends import (
    Columns,
    all_readings,
    best_reading,
    level_of,
    of_which_readings,
)
from tenglu.stages.check.rules.constraint import (
    MIN_PROOF,
    ConstraintGroup,
    Sum,
    only_shown,
    proof_of,
    try_sum,
    try_sums,
)
from tenglu.stages.check.rules.numeric_table import BLANK, NUMBER, OTHER, NumericTable
from tenglu.stages.check.rules.rule import Known, Rule, RuleName, TableView
from tenglu.stages.check.rules.sides import Side, is_total
from tenglu.stages.check.values import label_words

CHAIN = RuleName("chain", "加减计算", "a chain of plus and minus")
OF_WHICH = RuleName("of-which", "其中各项", "of which")
RUN = RuleName("run", "数据发现", "rows that add up")
MIN_RUN = 2  # rows
MAX_STARTS = 6  # ordinals above a result, from which on it may be made up
OF_WHICH_PROOF = 3.0  # digits; parts are often told in part


def _chains(numeric: NumericTable, side: Side) -> Iterator[ConstraintGroup]:
    """Statements that go on from result to result: 三、 is 一、 less 二、, and 加 and 减.

    A result is an ordinal of the highest kind, or the row after rows that say 加 or 减.
    """
    at = Columns(numeric, side.cols, side.labels)
    rows: list[int] = []
    for row in side.rows:
        if not any(numeric.states[row][col] == NUMBER for col in side.cols):
            continue
        read = best_reading(at, row, all_readings(at, _runs_before(side, rows, row)), CHAIN.name)
        if read is not None:
            yield read.relation
            taken = {
                part for constraint in read.relation.constraints for part, _ in constraint.parts
            }
            rows = [above for above in rows if above < min(taken)]
        rows.append(row)


def _runs_before(side: Side, rows: Sequence[int], row: int) -> list[Sequence[int]]:
    """Rows above that may make up a row."""
    label = side.labels[row]
    runs: list[Sequence[int]] = []
    if level_of(label) == 0:
        starts = [i for i, at in enumerate(rows) if level_of(side.labels[at]) == 0]
        runs += [rows[start:] for start in starts[-MAX_STARTS:]]
    if _is_signed(label) or not rows or not _is_signed(side.labels[rows[-1]]):
        return runs
    first = len(rows) - 1
    while first and _is_signed(side.labels[rows[first]]):
        first -= 1
    return [*runs, rows[first:]]


def _of_which(numeric: NumericTable, side: Side) -> Iterator[ConstraintGroup]:
    """Rows of which the rows below them tell all parts: from 其中 on, or 1. 2. 3. under 一、."""
    at = Columns(numeric, side.cols, side.labels)
    rows = [row for row in side.rows if any(numeric.states[row][c] == NUMBER for c in side.cols)]
    for i, row in enumerate(rows[1:], 1):
        if label_words.OF_WHICH.search(side.labels[row]):
            tried = of_which_readings(at, rows[i:])
            read = best_reading(at, rows[i - 1], tried, OF_WHICH.name, OF_WHICH_PROOF)
        else:
            below = _ordinals_below(side, rows, i)
            tried = [tuple((part, 1) for part in below)]
            read = best_reading(at, rows[i - 1], tried, OF_WHICH.name) if below else None
        if read is not None:
            yield read.relation


def _ordinals_below(side: Side, rows: Sequence[int], first: int) -> list[int]:
    """Rows with ordinals of the next kind under one with an ordinal; none: there are too few."""
    own, next_ = (level_of(side.labels[rows[at]]) for at in (first - 1, first))
    if own is None or next_ is None or next_ <= own:
        return []
    below = []
    for row in rows[first:]:
        level = level_of(side.labels[row])
        if is_total(side.labels[row]) or (level is not None and level <= own):
            break
        if level is None:
            return []
        if level == next_:
            below.append(row)
    return below if len(below) >= MIN_RUN else []


def _fields(numeric: NumericTable) -> Iterator[ConstraintGroup]:
    """Fields of a form of which the fields below them, from 其中 on, tell all parts.

    A form has no columns: the figure stands right of its label, wherever that is.
    """
    if numeric.source.header_rows:
        return
    constraints = []
    for cell in numeric.source.cells:
        if cell.row == 0 or not label_words.OF_WHICH.search(numeric.labels[cell.row][cell.col]):
            continue
        end = cell.row
        while end < numeric.source.n_rows and _is_field(numeric, (end, cell.col), cell):
            end += 1
        if end < cell.row + MIN_RUN or not _is_field(numeric, (cell.row - 1, cell.col), cell):
            continue
        for col in range(cell.col + cell.colspan, numeric.source.n_cols):
            if numeric.states[cell.row - 1][col] != NUMBER:
                break
            if numeric.grid[cell.row - 1][col].kind == "percent":
                continue
            parts = [(row, col) for row in range(cell.row, end)]
            constraint = try_sum(numeric, Sum((cell.row - 1, col), parts), OF_WHICH.name)
            constraints += [constraint] if constraint else []
    # Where one field is told in full, the others are.
    yield ConstraintGroup(
        "named" if any(constraint.is_exact for constraint in constraints) else "labelled",
        constraints,
    )


def _is_field(numeric: NumericTable, place: Place, like: Cell) -> bool:
    """Whether a label as wide as another stands right before a figure or a place for one."""
    label, col = numeric.grid[place[0]][place[1]], like.col + like.colspan
    if (label.row, label.col, label.colspan) != (place[0], like.col, like.colspan):
        return False
    is_free = col < numeric.source.n_cols and numeric.states[place[0]][col] in (NUMBER, BLANK)
    return label.kind == "text" and is_free


def _is_signed(label: str) -> bool:
    return bool(label_words.ADDED.search(label) or label_words.TAKEN.search(label))


def _neighbours(numeric: NumericTable, side: Side) -> Iterator[ConstraintGroup]:
    """Rows that the rows next to them add up to, found by their numbers alone."""
    rows = [row for row in side.rows if any(numeric.states[row][c] != OTHER for c in side.cols)]
    found: dict[tuple[int, int, int], list[int]] = {}
    for col in side.cols:
        for run in _runs(numeric, rows, col):
            found.setdefault(run, []).append(col)
    n_tried = max(1, len(rows) ** 2)
    for (total, first, end), cols in found.items():
        if is_total(side.labels[rows[total]]):
            continue
        sums = [
            Sum((rows[total], col), [(row, col) for row in rows[first:end]]) for col in side.cols
        ]
        constraints = try_sums(numeric, sums, RUN.name)
        held = [t for t in constraints if t.total[1] in cols and t.n_addends >= MIN_RUN]
        if proof_of(held) >= MIN_PROOF + log10(n_tried):
            yield ConstraintGroup("found", only_shown(constraints, held, numeric, 0))


def _runs(numeric: NumericTable, rows: Sequence[int], col: int) -> Iterator[tuple[int, int, int]]:
    """Row and run of rows directly below or above it whose sum it is, as places in ``rows``."""
    figures = numeric.units[list(rows), col]
    before = np.concatenate(([0], np.cumsum(figures)))
    places: dict[int, list[int]] = {}
    for place, value in enumerate(before.tolist()):
        places.setdefault(value, []).append(place)
    for i, value in enumerate(figures.tolist()):
        if value == 0:
            continue
        below = next((p for p in places.get(value + int(before[i + 1]), ()) if p > i + MIN_RUN), 0)
        if below and np.count_nonzero(figures[i + 1 : below]) >= MIN_RUN:
            yield i, i + 1, below
        above = [p for p in places.get(int(before[i]) - value, ()) if p <= i - MIN_RUN]
        if above and np.count_nonzero(figures[above[-1] : i]) >= MIN_RUN:
            yield i, above[-1], i


def _of_sides(
    find: Callable[[NumericTable, Side], Iterator[ConstraintGroup]],
) -> Callable[[TableView, Known], Iterator[ConstraintGroup]]:
    """Make a proposal for a table out of one for each of its sides."""
    return lambda view, _: (group for side in view.sides for group in find(view.numeric, side))


CHAINS = Rule((CHAIN,), _of_sides(_chains))
OF_WHICH_ROWS = Rule((OF_WHICH,), _of_sides(_of_which))
RUNS = Rule((RUN,), _of_sides(_neighbours))
OF_WHICH_FIELDS = Rule((OF_WHICH,), lambda view, _: _fields(view.numeric))
