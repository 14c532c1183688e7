"""What is a head of a table: the rows above the first one that holds an amount."""

import re
from collections.abc import Sequence

from tenglu.stages.assemble.page_breaks import PlacedCell

MAX_HEADER = 5  # rows; statutory forms have up to four
MAX_COLUMN_NUMBER = 2  # digits of the numbers in a row of column numbers: 1, 2, … 14
_AMOUNT = re.compile(r"[-+−△]?[(（]?[-+−]?[¥￥$]?\d[\d,]*(\.\d+)?[)）]?[%％]?")
_YEAR = re.compile(r"(19|20)\d\d")


def is_amount(text: str) -> bool:
    """Whether a text is a number that stands for a value: no column number and no year."""
    plain = text.replace(" ", "")
    if not _AMOUNT.fullmatch(plain) or _YEAR.fullmatch(plain):
        return False
    return not plain.isdigit() or len(plain) > MAX_COLUMN_NUMBER


def count_header_rows(slots: Sequence[PlacedCell], n_rows: int) -> int:
    """Rows above the first one that holds an amount, or nothing."""
    for row in range(min(n_rows, MAX_HEADER + 1)):
        texts = [slot.text for slot in slots if slot.row == row]
        if any(map(is_amount, texts)) or not any(texts):
            return row if any(slot.row < row for slot in slots) and row <= MAX_HEADER else 0
    return min(1, n_rows - 1)
