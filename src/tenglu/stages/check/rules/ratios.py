"""Rates in rows: completed of planned, growth over last year, tax on an amount.

The heads show which columns are rates; the numbers show of which columns. A rate is the quotient or
the growth of two other columns in nearly every row, or the factor between them.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import permutations
from math import log10
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.model import CheckKind, Place
from tenglu.stages.check.rules.constraint import (
    EXACT,
    MIN_PROOF,
    Constraint,
    ConstraintGroup,
)
from tenglu.stages.check.rules.head_relations import HEAD_RELATIONS
from tenglu.stages.check.rules.numeric_table import NumericTable, Region
from tenglu.stages.check.rules.rule import Known, Rule, RuleName, TableView
from tenglu.stages.check.values import label_words

MAX_COLS = 16
MIN_ROWS = 3
MIN_SHARE = 0.8  # share of the rows that must agree
ONE = Decimal(1)

RATE = RuleName("rate", "比率", "rate")
GROWTH = RuleName("growth", "增减率", "growth rate")
MEAN = RuleName("mean", "平均", "mean")
OF_RATE = RuleName("of-rate", "金额×比率", "amount times rate")

Number = Any
"""An array of floats, to find a formula, or a Decimal, to test it exactly."""


class _Formula(NamedTuple):
    """A formula for a total t from two parts a and b."""

    name: RuleName
    kind: CheckKind
    value: Callable[[Number, Number], Number]  # (a, b) -> t
    spread: Callable[[Number, Number, Number, Number], Number]  # (a, b, half units) -> error of t
    undone: Callable[[Decimal, Decimal, Decimal], tuple[Decimal, Decimal]]  # (t, a, b) -> a, b


def _spread_of_quotient(a: Number, b: Number, half_a: Number, half_b: Number) -> Number:
    return (half_a + abs(a / b) * half_b) / abs(b)


def _spread_of_rate(a: Number, b: Number, half_a: Number, half_b: Number) -> Number:
    return 100 * _spread_of_quotient(a, b, half_a, half_b)


RATES = (
    _Formula(
        RATE,
        "share",
        lambda a, b: a / b * 100,
        _spread_of_rate,
        lambda t, a, b: (t * b / 100, a * 100 / (t or ONE)),
    ),
    _Formula(
        GROWTH,
        "share",
        lambda a, b: (a - b) / b * 100,
        _spread_of_rate,
        lambda t, a, b: (b + t * b / 100, a * 100 / (100 + t or ONE)),
    ),
    _Formula(
        MEAN,
        "share",
        lambda a, b: a / b,
        _spread_of_quotient,
        lambda t, a, b: (t * b, a / (t or ONE)),
    ),
)
TIMES_RATE = _Formula(
    OF_RATE,
    "product",
    lambda a, b: a * b / 100,
    lambda _a, b, half_a, _b: abs(b) * half_a / 100,
    lambda t, a, b: (t * 100 / (b or ONE), t * 100 / (a or ONE)),
)


class _Tried(NamedTuple):
    """A formula with the columns of its total and its parts."""

    formula: _Formula
    total: int
    parts: tuple[int, int]


def _rates(
    numeric: NumericTable, region: Region, explained: Collection[int]
) -> Iterator[ConstraintGroup]:
    """Propose for each rate column the formula with the strongest evidence.

    Args:
        numeric: the numbers of the table.
        region: rows and columns to search.
        explained: columns that are already in a product or share.
    """
    all_rates = [col for col in region.cols if _is_rate(region.heads[col])]
    rates = [col for col in all_rates if col not in explained]
    others = [col for col in region.cols if col not in all_rates]
    if not rates or not 1 < len(others) <= MAX_COLS:
        return
    for rate in rates:
        is_fixed = bool(label_words.FIXED_RATE.search(region.heads[rate][-1]))
        pairs = list(permutations(others, 2))
        tried = [_Tried(TIMES_RATE, t, (a, rate)) for a, t in pairs] if is_fixed else []
        tried += [_Tried(formula, rate, pair) for formula in RATES for pair in pairs]
        scored = [
            (proof, i)
            for i, candidate in enumerate(tried)
            if (proof := _proof(numeric, region, candidate))
        ]
        if scored:
            proof, best = max(scored, key=lambda entry: (entry[0], -entry[1]))
            if proof >= MIN_PROOF + log10(len(tried)):
                is_labelled = tried[best].formula is TIMES_RATE
                constraints = _constraints(numeric, region, tried[best])
                yield ConstraintGroup("labelled" if is_labelled else "found", constraints)


def _is_rate(heads: Sequence[str]) -> bool:
    return bool(heads) and bool(label_words.NOT_ADDED.search(heads[-1]))


def _rows(numeric: NumericTable, region: Region, tried: _Tried) -> list[int]:
    """Return the rows with all three numbers and a nonzero divisor."""
    cols = (tried.total, *tried.parts)
    return [
        row
        for row in region.rows
        if all(numeric.is_number((row, col)) for col in cols) and numeric.numbers[row][cols[2]]
    ]


def _proof(numeric: NumericTable, region: Region, tried: _Tried) -> float:
    """Return the log10 odds against coincidence, or 0 if too few rows agree."""
    rows = _rows(numeric, region, tried)
    if len(rows) < MIN_ROWS:
        return 0.0
    scale = 10.0**-numeric.scale
    total, a, b = (numeric.units[rows, col] * scale for col in (tried.total, *tried.parts))
    halves = [_halves(numeric, rows, col) for col in (tried.total, *tried.parts)]
    allowed = halves[0] + tried.formula.spread(a, b, halves[1], halves[2]) * numeric.rounds
    held = np.abs(total - tried.formula.value(a, b)) <= allowed * (1 + 1e-9)
    if held.sum() < max(MIN_ROWS, min(MIN_SHARE * len(rows), len(rows) - 1)):
        return 0.0
    digits = np.log10(np.maximum(np.abs(total[held]) / np.maximum(2 * allowed[held], scale), 1))
    return float(digits.sum())


def _halves(numeric: NumericTable, rows: Sequence[int], col: int) -> NDArray[np.float64]:
    """Return (n,) half a unit of the last printed place of each number."""
    return np.array([10.0 ** -numeric.places[row][col] / 2 for row in rows])


def _constraints(numeric: NumericTable, region: Region, tried: _Tried) -> list[Constraint]:
    return [_constraint(numeric, tried, row) for row in _rows(numeric, region, tried)]


def _constraint(numeric: NumericTable, tried: _Tried, row: int) -> Constraint:
    total: Place = (row, tried.total)
    parts: tuple[Place, ...] = tuple((row, col) for col in tried.parts)
    a, b = (numeric.value(part) for part in parts)
    units = [ONE.scaleb(-numeric.places[at[0]][at[1]]) for at in (total, *parts)]
    lost = tried.formula.spread(a, b, units[1] / 2, units[2] / 2) if numeric.rounds else EXACT
    tolerance = units[0] / 2 + lost
    expected = tried.formula.value(a, b).quantize(units[0], ROUND_HALF_UP)
    found = numeric.value(total)
    return Constraint(
        kind=tried.formula.kind,
        rule=tried.formula.name.name,
        table=numeric.source.id,
        total=total,
        parts=parts,
        signs=(1, 1),
        expected=expected,
        found=found,
        unit=units[0],
        tolerance=tolerance,
        meant=(
            ((numeric.source.id, *total), expected),
            *(
                ((numeric.source.id, *part), value.quantize(unit, ROUND_HALF_UP))
                for part, value, unit in zip(
                    parts, tried.formula.undone(found, a, b), units[1:], strict=True
                )
            ),
        ),
    )


def _propose(view: TableView, known: Known) -> Iterator[ConstraintGroup]:
    explained = known.groups(HEAD_RELATIONS, view)
    for part in view.parts:
        groups = [group for group in explained if part.contains(group)]
        constraints = [constraint for group in groups for constraint in group.constraints]
        cols = {col for constraint in constraints for _, _, col in constraint.cells}
        yield from _rates(view.numeric, part.region, cols)


RATES_OF_ROWS = Rule((RATE, GROWTH, MEAN, OF_RATE), _propose)
