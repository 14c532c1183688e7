"""Linear relations of three or four columns, found from the numbers: a + b = c, a + b = c + d.

Examples: opening balance + additions - deductions = closing balance; this year - last year =
difference. The columns may be in any order and under any heads.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import log10
from typing import NamedTuple

import numpy as np

from tenglu.model import CheckKind
from tenglu.stages.check.rules.constraint import (
    MIN_PROOF,
    Constraint,
    ConstraintGroup,
    Sum,
    try_sum,
)
from tenglu.stages.check.rules.numeric_table import NUMBER, NumericTable, Region
from tenglu.stages.check.rules.rule import RuleName
from tenglu.stages.check.values import label_words

MAX_COLS = 16  # columns; wider tables are searched for sums of neighbours only
MAX_ROWS = 200  # rows that vote
MIN_ROWS = 2  # rows that agree
MIN_SHARE = 0.8  # share of the testable rows in which a relation must hold
MAX_PAIRS = 8  # column pairs with the same sum in a row; more of them prove nothing
MAX_TRIED = 12  # equations with most votes that are tested

NOTHING = -1  # a virtual column of zeros: a + b = c is a + b = c + 0
_Pair = tuple[int, int]


ROW = RuleName("row", "横向合计", "along the row")


class _Equation(NamedTuple):
    """An equation: the sum of two columns equals the sum of two others."""

    left: _Pair
    right: _Pair

    @property
    def terms(self) -> list[tuple[int, int]]:
        """Columns with their signs; the signed sum is zero."""
        sided = [(col, 1) for col in self.left] + [(col, -1) for col in self.right]
        return [(col, sign) for col, sign in sided if col != NOTHING]


def linear_groups(
    numeric: NumericTable, region: Region, known: Sequence[ConstraintGroup]
) -> Iterator[ConstraintGroup]:
    """Propose relations that are linearly independent of the known ones.

    Args:
        numeric: the numbers of the table.
        region: rows and columns to search.
        known: row relations that were proposed before.
    """
    cols = [col for col in region.cols if not _is_rate(region.heads[col])]
    if not 2 < len(cols) <= MAX_COLS:  # noqa: PLR2004 - three at least
        return
    independent = [
        _vector(relation, numeric.source.n_cols) for relation in known if _holds(relation)
    ]
    rank = _rank(independent)
    n_tried = len(cols) ** 4 / 8
    for equation in _voted(numeric, region, cols):
        relation = _relation(numeric, region, equation, n_tried)
        if relation is None:
            continue
        grown = [*independent, _vector(relation, numeric.source.n_cols)]
        if _rank(grown) > rank:
            independent, rank = grown, rank + 1
            yield relation


def _is_rate(heads: Sequence[str]) -> bool:
    return bool(heads) and bool(label_words.NOT_ADDED.search(heads[-1]))


def _voted(numeric: NumericTable, region: Region, cols: Sequence[int]) -> list[_Equation]:
    """Return the equations that hold in most rows; of equal votes, those of three columns first."""
    votes: Counter[_Equation] = Counter()
    rows = [row for row in region.rows if any(numeric.numbers[row][col] for col in cols)]
    for row in rows[:: 1 + len(rows) // MAX_ROWS]:
        votes.update(_equations([(col, numeric.numbers[row][col]) for col in cols]))
    enough = [(equation, n) for equation, n in votes.items() if n >= MIN_ROWS]
    enough.sort(key=lambda entry: (-entry[1], len(entry[0].terms), entry[0]))
    return [equation for equation, _ in enough[:MAX_TRIED]]


def _equations(figures: Iterable[tuple[int, int]]) -> Iterator[_Equation]:
    """Yield the equations that hold among the nonzero numbers of a row, with no column twice."""
    nonzero = [(NOTHING, 0), *((col, number) for col, number in figures if number)]
    sums: dict[int, list[_Pair]] = {}
    for i, (first, a) in enumerate(nonzero):
        for second, b in nonzero[i + 1 :]:
            sums.setdefault(a + b, []).append((first, second))
    for pairs in sums.values():
        if len(pairs) > MAX_PAIRS:
            continue
        for i, left in enumerate(pairs):
            yield from (
                _Equation(left, right) for right in pairs[i + 1 :] if not {*left} & {*right}
            )


def _relation(
    numeric: NumericTable, region: Region, equation: _Equation, n_tried: float
) -> ConstraintGroup | None:
    total, parts, signs = _solved(region, equation)
    constraints = []
    for row in region.rows:
        row_sum = Sum((row, total), [(row, col) for col in parts], signs)
        kind: CheckKind = "balance" if min(signs) < 0 else "sum"
        if numeric.states[row][total] == NUMBER and (
            constraint := try_sum(numeric, row_sum, ROW.name, kind)
        ):
            constraints.append(constraint)
    held = [constraint for constraint in constraints if constraint.is_exact]
    distinct = {
        _figures(numeric, constraint) for constraint in held if constraint.n_addends == len(parts)
    }
    proof = sum(len(str(min(map(abs, figures)))) for figures in distinct)
    enough = len(distinct) >= MIN_ROWS and proof >= MIN_PROOF + log10(n_tried)
    return (
        ConstraintGroup("found", constraints)
        if enough and len(held) >= MIN_SHARE * len(constraints)
        else None
    )


def _figures(numeric: NumericTable, constraint: Constraint) -> tuple[int, ...]:
    return tuple(numeric.numbers[row][col] for row, col in (constraint.total, *constraint.parts))


def _solved(region: Region, equation: _Equation) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """Solve an equation for its result column; return that column, the others and their signs."""
    terms = dict(equation.terms)
    alone = [col for col, sign in terms.items() if list(terms.values()).count(sign) == 1]
    heads = {col: "".join(region.heads[col]) for col in terms}
    named = [col for col in terms if label_words.CLOSING.search(heads[col])]
    left_over = [col for col in terms if label_words.RESULT.search(heads[col])]
    total = (left_over or named or alone or [max(terms)])[-1]
    parts = sorted(
        (col for col in terms if col != total), key=lambda col: (terms[col] == terms[total], col)
    )
    return total, tuple(parts), tuple(-terms[col] * terms[total] for col in parts)


def _holds(relation: ConstraintGroup) -> bool:
    held = sum(constraint.is_exact for constraint in relation.constraints)
    return held > 0 and held >= MIN_SHARE * len(relation.constraints)


def _vector(relation: ConstraintGroup, n_cols: int) -> list[int]:
    """Return the coefficients of the columns, from the constraint with the most parts."""
    vector = [0] * n_cols
    constraint = max(relation.constraints, key=lambda constraint: len(constraint.parts))
    vector[constraint.total[1]] = -1
    for (_, col), sign in zip(constraint.parts, constraint.signs, strict=True):
        vector[col] += sign
    return vector


def _rank(vectors: Sequence[Sequence[int]]) -> int:
    return int(np.linalg.matrix_rank(np.array(vectors))) if vectors else 0
