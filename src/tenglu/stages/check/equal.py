"""The same amount in two places: twin totals, rows that two tables share, amounts in words."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from tenglu.model import Cell, Place
from tenglu.stages.check import words
from tenglu.stages.check.down import Side
from tenglu.stages.check.relation import Family, Sum, Trial, is_slip, outcome_of, try_sum
from tenglu.stages.check.sheet import Sheet

MIN_SHARED = 3  # different amounts that two columns have in common before they are one
MIN_UNITS = 100  # smaller amounts are equal by chance
MIN_LABEL = 3  # characters of a label that tells one row from all others
MAX_KEYED = 300  # columns of figures of a document; beyond, only rules with names compare tables
_IN_FIGURES = re.compile(r"(?:[¥￥]|小写[)）]?[:：]?)\s*([\d,]+\.\d{2})")
FEN = Decimal("0.01")
NEAR = 2  # rows above and below an amount in words, in which its figure may stand


class Column(NamedTuple):
    """A column of figures and the rows that its labels name."""

    sheet: Sheet
    places: dict[str, Place]


def twin_families(sheet: Sheet, sides: Sequence[Side]) -> Iterator[Family]:
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
            trials = (try_sum(sheet, pair, "twin", "equal") for pair in asked)
            yield Family("labelled", [trial for trial in trials if trial])


def words_families(sheet: Sheet) -> Iterator[Family]:
    """An amount in words and the figure in its cell, in its row, or of a total near it."""
    for cell in sheet.table.cells:
        if cell.kind != "text" or cell.value is None:
            continue
        value = Decimal(cell.value)
        beside = list(_figures_beside(sheet, cell))
        figures = beside or list(_totals_near(sheet, cell))
        like = [figure for figure in figures if figure[1] == value] or [
            figure for figure in figures if is_slip(figure[1], value, FEN)
        ]
        # A lone amount in the row is the one that is meant, however far off it is.
        if not like and len(beside) == 1 and _is_amount(sheet, beside[0][0]):
            like = beside
        if like:
            yield Family("named", [_in_words(sheet, cell, like[0])])


def _is_amount(sheet: Sheet, place: Place) -> bool:
    """Whether a figure is printed as money and not as a count of papers."""
    return any(mark in sheet.grid[place[0]][place[1]].text for mark in ".,¥￥")


def _figures_beside(sheet: Sheet, cell: Cell) -> Iterator[tuple[Place, Decimal]]:
    beside = {id(c): c for c in sheet.grid[cell.row]}
    for other in beside.values():
        at = other.row, other.col
        if sheet.is_number(at):
            yield at, sheet.value(at)
        elif match := _IN_FIGURES.search(words.folded(other.text)):
            yield at, Decimal(match[1].replace(",", ""))


def _totals_near(sheet: Sheet, cell: Cell) -> Iterator[tuple[Place, Decimal]]:
    """Figures of the nearest row of totals above or below."""
    near = sorted(range(sheet.table.n_rows), key=lambda row: abs(row - cell.row))
    for row in near[1 : 1 + 2 * NEAR]:
        if any(words.TOTAL.search(label) for label in sheet.labels[row]):
            places = [(row, col) for col in range(sheet.table.n_cols)]
            yield from ((at, sheet.value(at)) for at in places if sheet.is_number(at))
            return


def _in_words(sheet: Sheet, cell: Cell, figure: tuple[Place, Decimal]) -> Trial:
    place, found = figure
    expected = Decimal(cell.value or "0")
    name = sheet.table.id
    return Trial(
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


def keyed_columns(sheet: Sheet, sides: Sequence[Side]) -> list[Column]:
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
    name = words.core(label)
    if len(name) >= MIN_LABEL:
        yield name


def shared_families(columns: Sequence[Column]) -> Iterator[Family]:
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
                yield Family("found", list(_compare(one, other)))


def _same_unit(one: Column, other: Column) -> bool:
    units = one.sheet.table.unit, other.sheet.table.unit
    return units[0] == units[1] or not all(units)


def _compare(one: Column, other: Column) -> Iterator[Trial]:
    done: set[tuple[Place, Place]] = set()
    for key, place in other.places.items():
        if key in one.places and (place, one.places[key]) not in done:
            done.add((place, one.places[key]))
            asked = Sum(place, [one.places[key]])
            trial = try_sum(other.sheet, asked, "shared-row", "equal", one.sheet)
            if trial:
                yield trial
