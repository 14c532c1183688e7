"""Column widths and row heights of a sheet, worked out from the texts.

Excel fits the height of a row by itself only where no cell is merged, so all heights are given.
"""

import math
import unicodedata
from collections.abc import Sequence

from tenglu.model import Cell, Table

PADDING = 3.0  # half-width characters beside the text of a column: the indent and a margin
NARROWEST = 4.0  # half-width characters of text
WIDEST_NUMBER = 60.0  # half-width characters
PAGE_WIDTH = 130.0  # half-width characters; what an A4 sheet turned sideways still shows readably
TEXT_LIMITS = (
    44.0,
    36.0,
    28.0,
    22.0,
    18.0,
    14.0,
    10.0,
)  # tried in turn until the page is wide enough
LINE_HEIGHT = 13.5  # points, for a font of 10 points
ROW_PADDING = 5.0  # points
TALLEST_ROW = 409.0  # points; Excel's own limit

_UNBREAKABLE = frozenset({"number", "percent", "date", "code"})


def text_width(text: str) -> int:
    """Width of the widest line in half-width characters; Chinese characters count two."""
    return max((sum(map(_width, line)) for line in text.split("\n")), default=0)


def column_widths(table: Table) -> list[float]:
    """Widths of the columns in half-width characters, as Excel counts them."""
    widths: list[float] = []
    for limit in TEXT_LIMITS:
        widths = _widths(table, limit)
        if sum(widths) <= PAGE_WIDTH:
            break
    return widths


def row_heights(table: Table, widths: Sequence[float]) -> list[float]:
    """Heights of the rows in points, so that every text is seen whole."""
    heights = [LINE_HEIGHT + ROW_PADDING] * table.n_rows
    for cell in sorted(table.cells, key=lambda cell: cell.rowspan):
        rows = range(cell.row, cell.row + cell.rowspan)
        needed = text_height(cell.text, sum(widths[cell.col : cell.col + cell.colspan]))
        if cell.vertical:
            needed = len(cell.text) * LINE_HEIGHT + ROW_PADDING
        lacking = needed - sum(heights[row] for row in rows)
        if lacking > 0:
            for row in rows:
                heights[row] += lacking / cell.rowspan
    return [min(height, TALLEST_ROW) for height in heights]


def text_height(text: str, width: float) -> float:
    """Points that a text needs when it is wrapped into a column of this width."""
    inner = max(2.0, width - PADDING)
    lines = sum(max(1, math.ceil(text_width(line) / inner)) for line in text.split("\n"))
    return lines * LINE_HEIGHT + ROW_PADDING


def _widths(table: Table, limit: float) -> list[float]:
    widths = [NARROWEST + PADDING] * table.n_cols
    for cell in sorted(table.cells, key=lambda cell: cell.colspan):
        columns = range(cell.col, cell.col + cell.colspan)
        lacking = _needed_width(cell, limit) - sum(widths[col] for col in columns)
        if lacking > 0:
            for col in columns:
                widths[col] += lacking / cell.colspan
    return widths


def _needed_width(cell: Cell, limit: float) -> float:
    if cell.vertical:
        return 2 + PADDING
    longest = WIDEST_NUMBER if cell.kind in _UNBREAKABLE else limit
    return min(text_width(cell.text), longest) + PADDING


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    # Ambiguous ones (quotes, dashes) are set full-width in Chinese fonts.
    return 2 if unicodedata.east_asian_width(character) in {"W", "F", "A"} else 1
