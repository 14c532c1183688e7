"""The same amount in two places: twin totals, rows that two tables share, amounts in words."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from tenglu.model import Cell, Place
from tenglu.stages.check.rules.column_sums import Side
from tenglu.stages.check.rules.constraint import (
    Constraint,
    ConstraintGroup,
    Sum,
    is_single_digit_error,
    outcome_of,
    try_sum,
)
from tenglu.stages.check.rules.numeric_table import NumericTable
from tenglu.stages.check.values import label_words

MIN_SHARED = 3  # different amounts that two columns have in common before they are one
MIN_UNITS = 100  # smaller amounts are equal by chance
MIN_LABEL = 3  # characters of a label that tells one row from all others
MAX_KEYED = 300  # columns of figures of a document; beyond, only rules with names compare tables
_IN_FIGURES = re.compile(r"(?:[¥￥]|小写[)）]?[:：]?)\s*([\d,]+\.\d{2})")
FEN = Decimal("0.01")
NEAR = 2  # rows above and below an amount in words, in which its figure may stand


class Column(NamedTuple):
    """A column of figures and the rows that its labels name."""

    sheet: NumericTable
    places: dict[str, Place]


def twin_groups(sheet: NumericTable, sides: Sequence[Side]) -> Iterator[ConstraintGroup]:
    """Grand totals of two sides in one row: 资产总计 and 负债和所有者权益总计."""
    for one, other in pairwise(sides):
        for row in one.rows:
            own = any(sheet.labels[row][col] for col in other.label_cols)
            if not own or not all("总计" in side.labels[row] for side in (one, other)):
                continue
            asked = [
                Sum((row, right), [(row, left)])
                for left, right in zip(one.cols, other.cols, strict=False)
                if sheet.is_number((row, left)) and sheet.is_number((row, right))
            ]
            constraints = (try_sum(sheet, pair, "twin", "equal") for pair in asked)
            yield ConstraintGroup(
                "labelled", [constraint for constraint in constraints if constraint]
            )


def words_groups(sheet: NumericTable) -> Iterator[ConstraintGroup]:
    """An amount in words and the figure in its cell, in its row, or of a total near it."""
    for cell in sheet.table.cells:
        if cell.kind != "text" or cell.value is None:
            continue
        value = Decimal(cell.value)
        beside = list(_figures_beside(sheet, cell))
        figures = beside or list(_totals_near(sheet, cell))
        like = [figure for figure in figures if figure[1] == value] or [
            figure for figure in figures if is_single_digit_error(figure[1], value, FEN)
        ]
        # A lone amount in the row is the one that is meant, however far off it is.
        if not like and len(beside) == 1 and _is_amount(sheet, beside[0][0]):
            like = beside
        if like:
            yield ConstraintGroup("named", [_in_words(sheet, cell, like[0])])


def _is_amount(sheet: NumericTable, place: Place) -> bool:
    """Whether a figure is printed as money and not as a count of papers."""
    return any(mark in sheet.grid[place[0]][place[1]].text for mark in ".,¥￥")


def _figures_beside(sheet: NumericTable, cell: Cell) -> Iterator[tuple[Place, Decimal]]:
    beside = {id(c): c for c in sheet.grid[cell.row]}
    for other in beside.values():
        at = other.row, other.col
        if sheet.is_number(at):
            yield at, sheet.value(at)
        elif match := _IN_FIGURES.search(label_words.folded(other.text)):
            yield at, Decimal(match[1].replace(",", ""))


def _totals_near(sheet: NumericTable, cell: Cell) -> Iterator[tuple[Place, Decimal]]:
    """Figures of the nearest row of totals above or below."""
    near = sorted(range(sheet.table.n_rows), key=lambda row: abs(row - cell.row))
    for row in near[1 : 1 + 2 * NEAR]:
        if any(label_words.TOTAL.search(label) for label in sheet.labels[row]):
            places = [(row, col) for col in range(sheet.table.n_cols)]
            yield from ((at, sheet.value(at)) for at in places if sheet.is_number(at))
            return


def _in_words(sheet: NumericTable, cell: Cell, figure: tuple[Place, Decimal]) -> Constraint:
    place, found = figure
    expected = Decimal(cell.value or "0")
    name = sheet.table.id
    return Constraint(
        kind="equal",
        rule="in-words",
        table=name,
        total=place,
        parts=((cell.row, cell.col),),
        signs=(1,),
        parts_table=None,
        quote=None,
        expected=expected,
        found=found,
        tolerance=Decimal(0),
        outcome=outcome_of(found - expected, Decimal(0)),
        n_addends=1,
        unit=FEN,
        meant=(((name, *place), expected), ((name, cell.row, cell.col), found)),
    )


def keyed_columns(sheet: NumericTable, sides: Sequence[Side]) -> list[Column]:
    """Columns of figures with their rows by code and by label; a name that stands twice is none."""
    columns = []
    for side in sides:
        names: Counter[str] = Counter()
        keys: dict[int, list[str]] = {}
        for row in side.rows:
            keys[row] = list(_keys(side.labels[row]))
            names.update(keys[row])
        for col in side.cols:
            places = {
                key: (row, col)
                for row, own in keys.items()
                for key in own
                if names[key] == 1
                and sheet.is_number((row, col))
                and abs(sheet.numbers[row][col]) >= MIN_UNITS
            }
            columns.append(Column(sheet, places))
    return columns


def _keys(label: str) -> Iterator[str]:
    first, _, rest = label.partition(" ")
    if first.isascii() and first.isdigit() and rest:
        yield first
        label = rest
    name = label_words.core(label)
    if len(name) >= MIN_LABEL:
        yield name


def shared_groups(columns: Sequence[Column]) -> Iterator[ConstraintGroup]:
    """Columns of two tables that agree in the rows that both have."""
    if len(columns) > MAX_KEYED:
        return
    values = [
        {(key, column.sheet.value(place)) for key, place in column.places.items()}
        for column in columns
    ]
    for i, one in enumerate(columns):
        for j in range(i + 1, len(columns)):
            other = columns[j]
            if one.sheet.table.id == other.sheet.table.id or not _same_unit(one, other):
                continue
            if len({value for _, value in values[i] & values[j]}) >= MIN_SHARED:
                yield ConstraintGroup("found", list(_compare(one, other)))


def _same_unit(one: Column, other: Column) -> bool:
    units = one.sheet.table.unit, other.sheet.table.unit
    return units[0] == units[1] or not all(units)


def _compare(one: Column, other: Column) -> Iterator[Constraint]:
    done: set[tuple[Place, Place]] = set()
    for key, place in other.places.items():
        if key in one.places and (place, one.places[key]) not in done:
            done.add((place, one.places[key]))
            asked = Sum(place, [one.places[key]])
            constraint = try_sum(other.sheet, asked, "shared-row", "equal", one.sheet)
            if constraint:
                yield constraint
