"""A printed number as Excel shows it: the number, and the format that prints it the same way."""

import re
from decimal import Decimal
from typing import NamedTuple

from tenglu.model import Cell

EXACT_DIGITS = 15  # Excel rounds what has more significant digits
LARGEST_EXPONENT = 300  # beyond it a double may overflow

# Character for character, so that the places of the other characters stay.
_HALF_WIDTH = str.maketrans("０１２３４５６７８９，．", "0123456789,.")
# What stands around the digits must be short, and nothing that means something in a format.
_PRINTED = re.compile(
    r'(?P<before>[^\d".,\\]{0,8})'
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<places>\d+))?"
    r'(?P<after>[^\d".,\\]{0,8})',
    re.ASCII,
)
_MINUS = frozenset("-－−")
_NEGATIVE = _MINUS | frozenset("(（△▲")
_PERCENT = frozenset("%％")


class SheetNumber(NamedTuple):
    """What goes into a sheet's cell."""

    number: float
    num_format: str


def sheet_number(cell: Cell) -> SheetNumber | None:
    """The number of a cell; None: the cell must stay text, or Excel would change it."""
    printed = _PRINTED.fullmatch(cell.text.translate(_HALF_WIDTH))
    if cell.kind == "number" and cell.value is not None:
        return _number(Decimal(cell.value), printed)
    if cell.kind == "percent" and printed is not None:
        return _percent(printed)
    return None


def _number(value: Decimal, printed: re.Match[str] | None) -> SheetNumber | None:
    if not _is_exact(value):
        return None
    number = float(value) + 0.0  # no negative zero
    if printed is None or _digits(printed) != abs(value):
        exponent = value.as_tuple().exponent
        places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        return SheetNumber(number, _pattern("0", "0" * places))
    pattern = _pattern(printed["whole"], printed["places"])
    before, after = printed["before"], printed["after"]
    if before in _MINUS and value < 0 and not after:
        return SheetNumber(number, pattern)
    around = f"{_literal(before)}{pattern}{_literal(after)}"
    if value < 0 and _NEGATIVE.intersection(before):
        # The second section is for negative numbers: there Excel adds no minus of its own.
        return SheetNumber(number, f"{pattern};{around}")
    return SheetNumber(number, around)


def _percent(printed: re.Match[str]) -> SheetNumber | None:
    before, digits = printed["before"], _digits(printed)
    signed = before in {"", "+"} or before in _MINUS
    if not signed or printed["after"].strip() not in _PERCENT or not _is_exact(digits):
        return None
    number = float((-digits if before in _MINUS else digits) / 100)
    pattern = f"{_pattern(printed['whole'], printed['places'])}%"
    return SheetNumber(number + 0.0, f'"+"{pattern}' if before == "+" else pattern)


def _is_exact(value: Decimal) -> bool:
    return (
        value.is_finite()
        and len(value.as_tuple().digits) <= EXACT_DIGITS
        and abs(value.adjusted()) < LARGEST_EXPONENT
    )


def _digits(printed: re.Match[str]) -> Decimal:
    return Decimal(f"{printed['whole'].replace(',', '')}.{printed['places'] or '0'}")


def _pattern(whole: str, places: str | None) -> str:
    """The number format of digits printed like these."""
    integer = "0" * len(whole) if whole.startswith("0") else "0"
    if "," in whole:
        integer = "#,##0"
    return f"{integer}.{'0' * len(places)}" if places else integer


def _literal(text: str) -> str:
    return f'"{text}"' if text else ""
