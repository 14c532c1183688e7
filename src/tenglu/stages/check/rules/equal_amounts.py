"""Equal amounts in two places: twin totals, rows shared by two tables, amounts in words."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from tenglu.model import Cell, Place
from tenglu.stages.check.rules.constraint import (
    Constraint,
    ConstraintGroup,
    Sum,
    is_single_digit_error,
    try_sum,
    try_sums,
)
from tenglu.stages.check.rules.numeric_table import NumericTable
from tenglu.stages.check.rules.rule import (
    DocumentRule,
    DocumentView,
    Known,
    Rule,
    RuleName,
    TableView,
)
from tenglu.stages.check.rules.sides import Side
from tenglu.stages.check.values import label_words

MIN_SHARED = 3  # distinct amounts that two columns must share before they are compared
MIN_UNITS = 100  # smaller amounts are equal by chance
MIN_LABEL = 3  # characters of a label that identifies a row
MAX_KEYED = 300  # numeric columns of a document; above, only statutory links compare tables
_IN_FIGURES = re.compile(r"(?:[¥￥]|小写[)）]?[:：]?)\s*([\d,]+\.\d{2})")
FEN = Decimal("0.01")
NEAR = 2  # rows above and below an amount in words that may contain its figure


TWIN = RuleName("twin", "两侧总计", "the same amount twice")
SHARED_ROW = RuleName("shared-row", "表间同项", "the same row in two tables")
IN_WORDS = RuleName("in-words", "大写与小写", "the amount in words")


class Column(NamedTuple):
    """A numeric column, with its numbers by row code and row label."""

    numeric: NumericTable
    places: dict[str, Place]  # by code or label that is unique on its side


def _twins(numeric: NumericTable, sides: Sequence[Side]) -> Iterator[ConstraintGroup]:
    """Propose that two grand totals in one row are equal: 资产总计 and 负债和所有者权益总计."""
    for left, right in pairwise(sides):
        for row in left.rows:
            has_label = any(numeric.labels[row][col] for col in right.label_cols)
            if not has_label or not all("总计" in side.labels[row] for side in (left, right)):
                continue
            sums = [
                Sum((row, right_col), [(row, left_col)])
                for left_col, right_col in zip(left.cols, right.cols, strict=False)
                if numeric.is_number((row, left_col)) and numeric.is_number((row, right_col))
            ]
            yield ConstraintGroup("labelled", try_sums(numeric, sums, TWIN.name, "equal"))


def _in_words_and_figures(numeric: NumericTable) -> Iterator[ConstraintGroup]:
    """Propose that an amount in words equals the figure in its row, or a total near it."""
    for cell in numeric.source.cells:
        if cell.kind != "text" or cell.value is None:
            continue
        value = Decimal(cell.value)
        beside = list(_figures_beside(numeric, cell))
        figures = beside or list(_totals_near(numeric, cell))
        like = [figure for figure in figures if figure[1] == value] or [
            figure for figure in figures if is_single_digit_error(figure[1], value, FEN)
        ]
        # The only amount in the row is its figure, however large the difference is.
        if not like and len(beside) == 1 and _is_amount(numeric, beside[0][0]):
            like = beside
        if like:
            yield ConstraintGroup("named", [_in_words(numeric, cell, like[0])])


def _is_amount(numeric: NumericTable, place: Place) -> bool:
    """Return whether a figure is printed as money and not as a count of documents."""
    return any(mark in numeric.grid[place[0]][place[1]].text for mark in ".,¥￥")


def _figures_beside(numeric: NumericTable, cell: Cell) -> Iterator[tuple[Place, Decimal]]:
    beside = {id(c): c for c in numeric.grid[cell.row]}
    for other in beside.values():
        at = other.row, other.col
        if numeric.is_number(at):
            yield at, numeric.value(at)
        elif match := _IN_FIGURES.search(label_words.folded(other.text)):
            yield at, Decimal(match[1].replace(",", ""))


def _totals_near(numeric: NumericTable, cell: Cell) -> Iterator[tuple[Place, Decimal]]:
    """Yield the numbers of the nearest row of totals above or below."""
    near = sorted(range(numeric.source.n_rows), key=lambda row: abs(row - cell.row))
    for row in near[1 : 1 + 2 * NEAR]:
        if any(label_words.TOTAL.search(label) for label in numeric.labels[row]):
            places = [(row, col) for col in range(numeric.source.n_cols)]
            yield from ((at, numeric.value(at)) for at in places if numeric.is_number(at))
            return


def _in_words(numeric: NumericTable, cell: Cell, figure: tuple[Place, Decimal]) -> Constraint:
    place, found = figure
    expected = Decimal(cell.value or "0")
    name = numeric.source.id
    return Constraint(
        kind="equal",
        rule=IN_WORDS.name,
        table=name,
        total=place,
        parts=((cell.row, cell.col),),
        signs=(1,),
        expected=expected,
        found=found,
        unit=FEN,
        meant=(((name, *place), expected), ((name, cell.row, cell.col), found)),
    )


def _keyed_columns(numeric: NumericTable, sides: Sequence[Side]) -> list[Column]:
    """Return the numeric columns with their rows by code and label, without repeated labels."""
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
                and numeric.is_number((row, col))
                and abs(numeric.numbers[row][col]) >= MIN_UNITS
            }
            columns.append(Column(numeric, places))
    return columns


def _keys(label: str) -> Iterator[str]:
    first, _, rest = label.partition(" ")
    if first.isascii() and first.isdigit() and rest:
        yield first
        label = rest
    name = label_words.core(label)
    if len(name) >= MIN_LABEL:
        yield name


def _shared(columns: Sequence[Column]) -> Iterator[ConstraintGroup]:
    """Propose that columns of two tables agree in the rows that both have."""
    if len(columns) > MAX_KEYED:
        return
    values = [
        {(key, column.numeric.value(place)) for key, place in column.places.items()}
        for column in columns
    ]
    for i, first in enumerate(columns):
        for j in range(i + 1, len(columns)):
            second = columns[j]
            same_table = first.numeric.source.id == second.numeric.source.id
            if same_table or not _same_unit(first, second):
                continue
            if len({value for _, value in values[i] & values[j]}) >= MIN_SHARED:
                yield ConstraintGroup("found", list(_compare(first, second)))


def _same_unit(first: Column, second: Column) -> bool:
    units = first.numeric.source.unit, second.numeric.source.unit
    return units[0] == units[1] or not all(units)


def _compare(first: Column, second: Column) -> Iterator[Constraint]:
    done: set[tuple[Place, Place]] = set()
    for key, place in second.places.items():
        if key in first.places and (place, first.places[key]) not in done:
            done.add((place, first.places[key]))
            copy = Sum(place, [first.places[key]])
            constraint = try_sum(second.numeric, copy, SHARED_ROW.name, "equal", first.numeric)
            if constraint:
                yield constraint


def _propose_twins(view: TableView, _: Known) -> Iterator[ConstraintGroup]:
    for part in view.parts:
        yield from _twins(view.numeric, part.sides)


def _propose_shared(document: DocumentView) -> Iterator[ConstraintGroup]:
    columns = [_keyed_columns(view.numeric, view.sides) for view in document.tables]
    yield from _shared([column for own in columns for column in own])


TWIN_TOTALS = Rule((TWIN,), _propose_twins)
AMOUNTS_IN_WORDS = Rule((IN_WORDS,), lambda view, _: _in_words_and_figures(view.numeric))
SHARED_ROWS = DocumentRule((SHARED_ROW,), _propose_shared)
