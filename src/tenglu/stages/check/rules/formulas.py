"""Printed formulas: H=E+F+G above a column, 31=27+28+29 beside a row."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tenglu.stages.check.rules.constraint import ConstraintGroup, Sum, try_sums
from tenglu.stages.check.rules.numeric_table import NumericTable, Region
from tenglu.stages.check.rules.rule import Known, Rule, RuleName, TableView
from tenglu.stages.check.rules.sides import Side

FORMULA = RuleName("formula", "表内公式", "printed formula")
_NAME = r"[（(]?(?:[A-Z]|\d{1,3})[)）]?(?:行|栏|列)?"
_FORMULA = re.compile(rf"(?:({_NAME}))?=({_NAME}(?:[-+＋－—–]{_NAME})+)")
_TERM = re.compile(rf"([-+＋－—–]?)({_NAME})")
_BARE = re.compile(r"[A-Z]|\d{1,3}")
_SHORT = re.compile(rf"^{_NAME}$")


class _Formula(NamedTuple):
    """A parsed formula."""

    result: str | None  # name; None: the row or column of the formula itself
    terms: tuple[tuple[str, int], ...]  # names and signs


def _formulas(
    numeric: NumericTable, region: Region, sides: Sequence[Side]
) -> Iterator[ConstraintGroup]:
    """Propose the sums of every printed formula."""
    yield from _of_columns(numeric, region)
    for side in sides:
        yield from _of_rows(numeric, region, side)


def _parse(text: str) -> _Formula | None:
    match = _FORMULA.search(text)
    if match is None:
        return None
    terms = tuple(
        (_BARE.findall(name)[0], -1 if sign and sign not in "+＋" else 1)
        for sign, name in _TERM.findall(match[2])
    )
    return _Formula(_BARE.findall(match[1])[0] if match[1] else None, terms)


def _of_columns(numeric: NumericTable, region: Region) -> Iterator[ConstraintGroup]:
    formulas: dict[int, _Formula] = {}
    names: dict[str, int] = {}
    for col in range(numeric.source.n_cols):
        for row in range(region.rows.start):
            text = _text(numeric, row, col)
            formula = _parse(text)
            if formula is not None:
                formulas[col] = formula
                if formula.result is not None:
                    names.setdefault(formula.result, col)
            elif _SHORT.match(text):
                names.setdefault(_BARE.findall(text)[0], col)
    for col, formula in formulas.items():
        total = names.get(formula.result, col) if formula.result else col
        parts = [(names.get(name), sign) for name, sign in formula.terms]
        cols = [part for part, _ in parts if part is not None]
        if len(cols) < len(parts) or total in cols:
            continue
        signs = [sign for _, sign in parts]
        sums = (Sum((row, total), [(row, at) for at in cols], signs) for row in region.rows)
        yield ConstraintGroup("named", try_sums(numeric, sums, FORMULA.name))


def _text(numeric: NumericTable, row: int, col: int) -> str:
    return "".join(numeric.grid[row][col].text.split())


def _of_rows(numeric: NumericTable, region: Region, side: Side) -> Iterator[ConstraintGroup]:
    """Propose formulas beside rows; they refer to rows by the printed row numbers."""
    names: dict[str, int] = {}
    formulas: dict[int, _Formula] = {}
    left = min(side.cols)
    for row in region.rows:
        for col in range(left - 1, -1, -1):
            if col in region.cols:
                break
            text = _text(numeric, row, col)
            formula = _parse(text)
            if formula is not None:
                formulas[row] = formula
            elif _SHORT.match(text) and numeric.grid[row][col].colspan == 1:
                names.setdefault(_BARE.findall(text)[0], row)
    for row, formula in formulas.items():
        rows = [(names.get(name), sign) for name, sign in formula.terms]
        at = [part for part, _ in rows if part is not None]
        if len(at) < len(rows) or row in at:
            continue
        signs = [sign for _, sign in rows]
        sums = (Sum((row, col), [(part, col) for part in at], signs) for col in side.cols)
        yield ConstraintGroup("named", try_sums(numeric, sums, FORMULA.name))


def _propose(view: TableView, _: Known) -> Iterator[ConstraintGroup]:
    for part in view.parts:
        yield from _formulas(view.numeric, part.region, part.sides)


FORMULAS = Rule((FORMULA,), _propose)
