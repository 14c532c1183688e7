"""Classify columns as amounts, codes or dates, by their header or by their texts."""

import re
from collections.abc import Sequence
from typing import TypeVar

from tenglu.model import Cell, Place, Table
from tenglu.stages.assemble import RawCell, RawTable
from tenglu.stages.check.values import label_words
from tenglu.stages.check.values.values import (
    CODE_DIGITS,
    LONG_CODE,
    ColumnSense,
    Typed,
    fold_width,
    to_typed,
)

_AMOUNT = re.compile(r"[-+△▲(]*[\d,]+(?:\.\d+)?%?\)?")
_NUMBERED = re.compile(r"[(（]?\d{1,2}[)）]?|[甲乙丙丁]|栏次")  # a row of column numbers
MIN_TEXTS = 3  # numeric texts needed to classify a column by its texts
FRACTIONS = 0.2  # share of figures with a point or comma from which on a column is amounts
NOUGHTS = 0.2  # share of texts with a leading zero from which on a column is codes
MIN_NOUGHTS = 2
BUDGET = "23"  # first digits of budget codes, by function and by nature of expenditure
NESTED = 0.8  # share of the longer codes whose parent is in the column


AnyCell = TypeVar("AnyCell", Cell, RawCell)


def grid_of(table: Table) -> list[list[Cell]]:
    """Return (n_rows, n_cols) cells; a merged cell is at each of its positions."""
    return _grid(table.cells, table.n_rows, table.n_cols)


def _grid(cells: Sequence[AnyCell], n_rows: int, n_cols: int) -> list[list[AnyCell]]:
    grid = [[cells[0]] * n_cols for _ in range(n_rows)]
    for cell in cells:
        for row in range(cell.row, cell.row + cell.rowspan):
            grid[row][cell.col : cell.col + cell.colspan] = [cell] * cell.colspan
    return grid


def heads_of(grid: Sequence[Sequence[AnyCell]], header_rows: int) -> list[list[str]]:
    """Return the normalised header texts of each column, top to bottom, without repeats.

    Args:
        grid: (n_rows, n_cols) cells.
        header_rows: number of header rows.
    """
    if not grid:
        return []
    heads: list[list[str]] = []
    for col in range(len(grid[0])):
        seen: list[AnyCell] = []
        for row in range(header_rows):
            cell = grid[row][col]
            is_title = cell.colspan == len(grid[0]) > 1
            if not is_title and not any(cell is other for other in seen):
                seen.append(cell)
        texts = (label_words.folded(cell.text) for cell in seen)
        heads.append([text for text in texts if text and not _NUMBERED.fullmatch(text)])
    return heads


def typed_cells(table: RawTable) -> list[Typed]:
    """Return kind and value of every cell, in the order of the table's cells."""
    grid = _grid(table.cells, table.n_rows, table.n_cols)
    heads = heads_of(grid, table.header_rows)
    columns: list[list[str]] = [[] for _ in range(table.n_cols)]
    for cell in table.cells:
        if cell.row >= table.header_rows and cell.text:
            columns[cell.col].append(fold_width(cell.text).replace("\n", "").strip())
    senses = [_sense(head, texts) for head, texts in zip(heads, columns, strict=True)]
    in_form = {} if table.header_rows else _senses_of_form(grid)
    return [
        to_typed(
            cell.text,
            in_header=cell.row < table.header_rows,
            column=in_form.get((cell.row, cell.col), senses[cell.col]),
        )
        for cell in table.cells
    ]


def _senses_of_form(grid: Sequence[Sequence[RawCell]]) -> dict[Place, ColumnSense]:
    """Classify the cells of a form, which has no columns, by the text left of or above each."""
    senses: dict[Place, ColumnSense] = {}
    above: list[ColumnSense] = ["unknown"] * len(grid[0])
    for row, cells in enumerate(grid):
        for col, cell in enumerate(cells):
            if (cell.row, cell.col) != (row, col) or not cell.text:
                continue
            beside = _by_words(label_words.folded(cells[col - 1].text)) if col else "unknown"
            named = beside if beside != "unknown" else above[col]
            if named != "unknown":
                senses[row, col] = named
            if not _AMOUNT.fullmatch(fold_width(cell.text)):
                above[col] = _by_words(label_words.folded(cell.text))
    return senses


def _sense(head: Sequence[str], texts: Sequence[str]) -> ColumnSense:
    for label in reversed(head):
        sense = _by_words(label)
        if sense != "unknown":
            return sense
    return _by_texts(texts)


def _by_words(label: str) -> ColumnSense:
    if label_words.CODES.search(label):
        return "codes"
    if label_words.DATES.search(label):
        return "dates"
    if label_words.FIGURES.search(label_words.core(label)) or label_words.FIGURES.search(label):
        return "figures"
    return "unknown"


def _by_texts(texts: Sequence[str]) -> ColumnSense:
    figures = [text for text in texts if _AMOUNT.fullmatch(text)]
    if len(figures) < MIN_TEXTS or len(figures) * 2 < len(texts):
        return "unknown"
    if sum("." in text or "," in text for text in figures) >= FRACTIONS * len(figures):
        return "figures"
    plain = [text for text in figures if text.isdigit()]
    return "codes" if _are_codes(plain) else "figures"


def _are_codes(texts: Sequence[str]) -> bool:
    """Return whether digit texts are codes: long, or nested like 201, 20132, 2013299."""
    known = set(texts)
    lengths = {len(text) for text in known}
    padded = sum(text.startswith("0") and len(text) > 1 for text in known)
    if not lengths or padded >= max(MIN_NOUGHTS, NOUGHTS * len(known)):
        return bool(lengths)
    if min(lengths) >= LONG_CODE:
        return True
    if lengths <= {*CODE_DIGITS, LONG_CODE} and len(lengths) > 1:
        longer = [text for text in known if len(text) > min(lengths)]
        nested = sum(text[:-2] in known for text in longer)
        return nested >= NESTED * len(longer)
    return lengths == {CODE_DIGITS[1]} and all(text[0] in BUDGET for text in known)
