"""A table as integers in one unit, with the state of each position that has no number."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.model import Cell, Place, Table
from tenglu.stages.check.values import label_words
from tenglu.stages.check.values.columns import grid_of, heads_of
from tenglu.stages.check.values.values import is_odd_number

MAX_DIGITS = 15  # digits of a number; longer ones are codes
MAX_PLACES = 6  # decimal places
DASHES = frozenset(("-", "－", "–", "─", "—", "——", "−", "--", "/"))
FIGURE_SHARE = 0.5  # share of numbers among the texts of a numeric column
COUNTED = 0.8  # share of steps by 1 in a column of row numbers
MIN_COUNTED = 4  # numbers in a column of row numbers
FEWEST = 2  # numbers below a head inside a form
FEN = 2  # decimal places of an amount in 元 and 分: nothing is rounded
_LARGE_UNIT = re.compile(r"[百千万亿]")
_YUAN = re.compile(r"元")
_IN_BRACKETS = re.compile(r"[(:]([^()]*元[^()]*)\)?$")


# The state of a position. Plain integers, because each is compared many times.
OTHER: Final = 0  # text, or a position inside a merged cell
NUMBER: Final = 1
BLANK: Final = 2  # empty, or a dash
UNREAD: Final = 3  # ink that could not be read as the expected number


class Region(NamedTuple):
    """Rows and numeric columns below one header."""

    rows: range
    cols: tuple[int, ...]  # numeric columns, from left to right
    heads: dict[int, list[str]]  # normalised head texts of these columns, top to bottom


class NumericTable(NamedTuple):
    """A table as integers in units of 10**-scale; the lists are (n_rows, n_cols)."""

    source: Table
    grid: list[list[Cell]]
    units: NDArray[np.int64]  # (n_rows, n_cols) values; 0 where there is no number
    numbers: list[list[int]]  # the same as Python integers, for fast single access
    states: list[list[int]]  # OTHER, NUMBER, BLANK or UNREAD
    places: list[list[int]]  # printed decimal places
    scale: int  # most decimal places in the table
    labels: list[list[str]]  # normalised texts; a merged cell repeats its text
    rounds: bool  # whether the printed numbers are rounded
    is_large: bool  # whether the unit is 万元 or the like

    def value(self, place: Place) -> Decimal:
        """Return the printed number at a position, or 0 if there is none."""
        return Decimal(self.numbers[place[0]][place[1]]).scaleb(-self.scale)

    def state(self, place: Place) -> int:
        return self.states[place[0]][place[1]]

    def is_number(self, place: Place) -> bool:
        return self.states[place[0]][place[1]] == NUMBER


def to_numeric_table(table: Table) -> NumericTable:
    """Convert a table whose cells have kinds and values."""
    grid = grid_of(table)
    states = [[OTHER] * table.n_cols for _ in range(table.n_rows)]
    places = [[0] * table.n_cols for _ in range(table.n_rows)]
    values: dict[Place, Decimal] = {}
    for cell in table.cells:
        if cell.row < table.header_rows:
            continue
        state = _state(cell)
        if state == NUMBER:
            value = Decimal(cell.value or "0")
            n_places = _places(value)
            if len(value.as_tuple().digits) > MAX_DIGITS or n_places > MAX_PLACES:
                continue
            values[cell.row, cell.col] = value
            places[cell.row][cell.col] = n_places
        states[cell.row][cell.col] = state
    _drop_column_numbers(table, states, values)
    scale = max((places[row][col] for row, col in values), default=0)
    numbers = [[0] * table.n_cols for _ in range(table.n_rows)]
    for (row, col), value in values.items():
        numbers[row][col] = int(value.scaleb(scale))
    labels = [
        [label_words.folded(cell.text) if cell.kind in ("text", "code") else "" for cell in row]
        for row in grid
    ]
    units = np.array(numbers, np.int64)
    named = _units(table)
    is_large = any(_LARGE_UNIT.search(unit) for unit in named)
    rounds = _rounds(named, scale)
    return NumericTable(
        table, grid, units, numbers, states, places, scale, labels, rounds, is_large
    )


def _state(cell: Cell) -> int:
    if cell.kind in ("number", "percent") and cell.value is not None:
        return NUMBER
    if not cell.text:
        was_ink = any(evidence.text is not None for evidence in cell.evidence)
        return UNREAD if was_ink else BLANK
    if cell.text.strip() in DASHES:
        return BLANK
    return UNREAD if is_odd_number(cell.text) else OTHER


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _drop_column_numbers(
    table: Table, states: list[list[int]], values: dict[Place, Decimal]
) -> None:
    """Exclude a row of column numbers 1, 2, 3 from the arithmetic."""
    rows: dict[int, list[int]] = {}
    for row, col in sorted(values):
        rows.setdefault(row, []).append(col)
    for row, cols in rows.items():
        figures = [values[row, col] for col in cols]
        counted = list(range(1, len(figures) + 1))
        if len(figures) > FEWEST and figures == counted and row <= table.header_rows + 1:
            for col in cols:
                states[row][col] = OTHER
                del values[row, col]


def _units(table: Table) -> list[str]:
    """Return the unit of a table, or those in its column heads: 金额(元)."""
    if table.unit:
        return [label_words.folded(table.unit)]
    heads = (label_words.folded(cell.text) for cell in table.cells if cell.row < table.header_rows)
    in_words = any(cell.kind == "text" and cell.value is not None for cell in table.cells)
    return [*(unit for head in heads for unit in _IN_BRACKETS.findall(head)), "元" * in_words]


def _rounds(units: Sequence[str], scale: int) -> bool:
    """Return whether numbers are rounded: 万元 are, counts and 元 with 分 are not."""
    if any(_LARGE_UNIT.search(unit) for unit in units):
        return True
    in_yuan = any(_YUAN.search(unit) for unit in units)
    if scale == 0:
        return in_yuan
    return not (in_yuan and scale == FEN)


def regions_of(numeric: NumericTable) -> list[Region]:
    """Return the regions of a table that have numeric columns."""
    table = numeric.source
    inner = list(_inner_regions(numeric))
    if table.header_rows:
        # Below a header, a single numeric column under a text is not a table of its own.
        inner = [region for region in inner if len(region.cols) > 1]
    elif inner:
        return inner
    heads = heads_of(numeric.grid, table.header_rows)
    body = range(table.header_rows, table.n_rows)
    cols = tuple(
        col for col in range(table.n_cols) if _holds_figures(numeric, body, col, heads[col])
    )
    return [*inner, *([Region(body, cols, {col: heads[col] for col in cols})] if cols else [])]


def _holds_figures(numeric: NumericTable, rows: range, col: int, head: Sequence[str]) -> bool:
    if any(label_words.COUNTING.search(text) for text in head[-1:]):
        return False
    numbers = sum(numeric.states[row][col] == NUMBER for row in rows)
    if numbers == 0:
        return False
    texts = 0
    for row in rows:
        cell = numeric.grid[row][col]
        if numeric.states[row][col] == OTHER and (cell.row, cell.col, cell.colspan) == (
            row,
            col,
            1,
        ):
            texts += 1
    if numbers < FIGURE_SHARE * (numbers + texts):
        return False
    return not _counts(numeric, rows, col)


def _counts(numeric: NumericTable, rows: range, col: int) -> bool:
    figures = [numeric.numbers[row][col] for row in rows if numeric.states[row][col] == NUMBER]
    one = 10**numeric.scale
    steps = sum(b - a == one for a, b in pairwise(figures))
    return len(figures) >= MIN_COUNTED and steps >= COUNTED * (len(figures) - 1)


def _inner_regions(numeric: NumericTable) -> Iterator[Region]:
    """Find tables inside a form: rows of heads with numbers below some of them."""
    table = numeric.source
    for row in range(table.header_rows, table.n_rows - 1):
        below: dict[int, int] = {}
        for cell in numeric.grid[row]:
            if cell.row == row and cell.kind == "text":
                end = _end_of_figures(numeric, row + cell.rowspan, cell.col)
                if end is not None:
                    below[cell.col] = end
        if below:
            rows = range(row + 1, max(below.values()))
            cols = tuple(col for col in sorted(below) if not _counts(numeric, rows, col))
            if cols:
                yield Region(rows, cols, {col: _heads_above(numeric, row, col) for col in cols})


def _end_of_figures(numeric: NumericTable, start: int, col: int) -> int | None:
    """Return the row after the last number below a head, or None if there are too few."""
    last, numbers = start, 0
    for row in range(start, numeric.source.n_rows):
        if numeric.states[row][col] == OTHER:
            break
        if numeric.states[row][col] == NUMBER:
            last, numbers = row + 1, numbers + 1
    return last if numbers >= FEWEST else None


def heads_at(numeric: NumericTable, place: Place) -> list[str]:
    """Return the texts that name a number's column: the nearest text above, or its heads."""
    row, col = place
    first = numeric.source.header_rows
    near = next(
        (
            numeric.labels[at][col]
            for at in range(row - 1, first - 1, -1)
            if _names(numeric, at, col)
        ),
        None,
    )
    if near is not None:
        return [near]
    cells = [numeric.grid[at][col] for at in range(first)]
    return [label_words.folded(cell.text) for cell in cells if cell.colspan == 1]


def _names(numeric: NumericTable, row: int, col: int) -> bool:
    cell = numeric.grid[row][col]
    return bool(numeric.labels[row][col]) and cell.colspan == 1 and cell.text.strip() not in DASHES


def _heads_above(numeric: NumericTable, row: int, col: int) -> list[str]:
    above = (
        [numeric.labels[row - 1][col]] if row and numeric.grid[row - 1][col].row == row - 1 else []
    )
    own = numeric.labels[row][col]
    return [text for text in (*above, own) if text]


def blocks_of(
    numeric: NumericTable, region: Region
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return blocks, left to right: label columns and the numeric columns right of them."""
    blocks: list[tuple[list[int], list[int]]] = []
    for col in range(numeric.source.n_cols):
        if col in region.cols:
            if not blocks:
                blocks.append(([], []))
            blocks[-1][1].append(col)
        elif not any(numeric.grid[row][col].text for row in region.rows):
            continue  # an empty numeric column
        elif not blocks or blocks[-1][1]:
            blocks.append(([col], []))
        else:
            blocks[-1][0].append(col)
    return [(tuple(labels), tuple(figures)) for labels, figures in blocks if figures]


def row_labels(
    numeric: NumericTable, blocks: Sequence[tuple[tuple[int, ...], tuple[int, ...]]], index: int
) -> list[str]:
    """Return the label of each row in one block, or of the nearest block left that has one."""
    labels: list[str] = []
    for row in range(numeric.source.n_rows):
        text = ""
        for cols, _ in reversed(blocks[: index + 1]):
            parts = dict.fromkeys(numeric.labels[row][col] for col in cols)
            text = " ".join(part for part in parts if part and part not in DASHES)
            if text:
                break
        labels.append(text)
    return labels
