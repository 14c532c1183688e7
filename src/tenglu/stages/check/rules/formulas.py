"""Formulas that are printed: H=E+F+G above a column, 31=27+28+29 beside a row."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tenglu.model import Place
from tenglu.stages.check.rules.column_sums import Side
from tenglu.stages.check.rules.constraint import ConstraintGroup, Sum, try_sum
from tenglu.stages.check.rules.numeric_table import NumericTable, Region

_NAME = r"[（(]?(?:[A-Z]|\d{1,3})[)）]?(?:行|栏|列)?"
_FORMULA = re.compile(rf"(?:({_NAME}))?=({_NAME}(?:[-+＋－—–]{_NAME})+)")
_TERM = re.compile(rf"([-+＋－—–]?)({_NAME})")
_BARE = re.compile(r"[A-Z]|\d{1,3}")
_SHORT = re.compile(rf"^{_NAME}$")


class _Formula(NamedTuple):
    result: str | None  # None: of the row or column beside which it stands
    terms: tuple[tuple[str, int], ...]


def formula_groups(
    sheet: NumericTable, region: Region, sides: Sequence[Side]
) -> Iterator[ConstraintGroup]:
    """Every printed formula of a table, tried where it applies."""
    yield from _of_columns(sheet, region)
    for side in sides:
        yield from _of_rows(sheet, region, side)


def _parse(text: str) -> _Formula | None:
    match = _FORMULA.search(text)
    if match is None:
        return None
    terms = tuple(
        (_BARE.findall(name)[0], -1 if sign and sign not in "+＋" else 1)
        for sign, name in _TERM.findall(match[2])
    )
    return _Formula(_BARE.findall(match[1])[0] if match[1] else None, terms)


def _of_columns(sheet: NumericTable, region: Region) -> Iterator[ConstraintGroup]:
    formulas: dict[int, _Formula] = {}
    names: dict[str, int] = {}
    for col in range(sheet.table.n_cols):
        for row in range(region.rows.start):
            text = _text(sheet, row, col)
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
        yield ConstraintGroup("named", [t for one in sums if (t := try_sum(sheet, one, "formula"))])


def _text(sheet: NumericTable, row: int, col: int) -> str:
    return "".join(sheet.grid[row][col].text.split())


def _of_rows(sheet: NumericTable, region: Region, side: Side) -> Iterator[ConstraintGroup]:
    """Formulas name the rows by the numbers in a column that counts them."""
    names: dict[str, int] = {}
    formulas: dict[int, _Formula] = {}
    left = min(side.cols)
    for row in region.rows:
        for col in range(left - 1, -1, -1):
            if col in region.cols:
                break
            text = _text(sheet, row, col)
            formula = _parse(text)
            if formula is not None:
                formulas[row] = formula
            elif _SHORT.match(text) and sheet.grid[row][col].colspan == 1:
                names.setdefault(_BARE.findall(text)[0], row)
    for row, formula in formulas.items():
        rows = [(names.get(name), sign) for name, sign in formula.terms]
        at = [part for part, _ in rows if part is not None]
        if len(at) < len(rows) or row in at:
            continue
        signs = [sign for _, sign in rows]
        constraints = []
        for col in side.cols:
            parts: list[Place] = [(part, col) for part in at]
            if constraint := try_sum(sheet, Sum((row, col), parts, signs), "formula"):
                constraints.append(constraint)
        yield ConstraintGroup("named", constraints)
