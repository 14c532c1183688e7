"""Column sums without a labelled total: chains of 加 and 减, 其中, and rows that add up."""

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
MAX_STARTS = 6  # ordinals above a result at which its addends may start
OF_WHICH_PROOF = 3.0  # log10 odds; 其中 often lists only some of the parts


def _chains(numeric: NumericTable, side: Side) -> Iterator[ConstraintGroup]:
    """Propose chains of results: 三、 = 一、 - 二、, with rows of 加 and 减 between them.

    A result is an ordinal of the highest level, or the row after rows with 加 or 减.
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
    """Return runs of rows above that may make up a row."""
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
    """Propose rows whose parts are all listed below them: from 其中 on, or 1. 2. 3. under 一、."""
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
    """Return the rows with ordinals of the next level under an ordinal, or [] if too few."""
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
    """Propose fields of a form whose parts are all listed in the fields below, from 其中 on.

    A form has no numeric columns: a number is right of its label, wherever that is.
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
    # If the parts of one field are complete, so are those of the others.
    yield ConstraintGroup(
        "named" if any(constraint.is_exact for constraint in constraints) else "labelled",
        constraints,
    )


def _is_field(numeric: NumericTable, place: Place, like: Cell) -> bool:
    """Return whether a label as wide as another precedes a number or a blank."""
    label, col = numeric.grid[place[0]][place[1]], like.col + like.colspan
    if (label.row, label.col, label.colspan) != (place[0], like.col, like.colspan):
        return False
    is_free = col < numeric.source.n_cols and numeric.states[place[0]][col] in (NUMBER, BLANK)
    return label.kind == "text" and is_free


def _is_signed(label: str) -> bool:
    return bool(label_words.ADDED.search(label) or label_words.TAKEN.search(label))


def _neighbours(numeric: NumericTable, side: Side) -> Iterator[ConstraintGroup]:
    """Propose rows that adjacent rows add up to, found from the numbers alone."""
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
    """Yield (total, first, end): a row and the adjacent run with that sum, as indices into rows."""
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
    """Wrap a function that proposes for one side into one that proposes for a table."""
    return lambda view, _: (group for side in view.sides for group in find(view.numeric, side))


CHAINS = Rule((CHAIN,), _of_sides(_chains))
OF_WHICH_ROWS = Rule((OF_WHICH,), _of_sides(_of_which))
RUNS = Rule((RUN,), _of_sides(_neighbours))
OF_WHICH_FIELDS = Rule((OF_WHICH,), lambda view, _: _fields(view.numeric))
