"""Kind and value of a cell text, for spreadsheets and sums."""

import re
import unicodedata
from typing import Literal, NamedTuple

from tenglu.model import Kind
from tenglu.stages.check.values.amounts_in_words import amount_in_words, is_odd_amount

ColumnSense = Literal["unknown", "figures", "codes", "dates"]
"""The known content of a column."""

_WHOLE = r"(?:\d{1,3}(?:,\d{3})+|\d+)"
_NUMBER = re.compile(rf"(?:[-+△▲]?[¥$]?|[¥$][-+△▲]){_WHOLE}(?:\.\d+)?")
_BRACKETED = re.compile(rf"[¥$]?\([¥$]?({_WHOLE}(?:\.\d+)?)\)")
_PERCENT = re.compile(rf"[-+△▲]?{_WHOLE}(?:\.\d+)?%|\({_WHOLE}(?:\.\d+)?(?:%\)|\)%)")
_MONTHS, _DAYS = "(?:0?[1-9]|1[0-2])", "(?:0?[1-9]|[12]\\d|3[01])"
_DATE = re.compile(
    rf"(?:19|20)\d{{2}}年{_MONTHS}月(?:{_DAYS}日)?|(?:19|20)\d{{2}}([-./]){_MONTHS}\1{_DAYS}"
)
_MEANT_AS_DATE = re.compile(r"\d{4}年\d{1,2}月(?:\d{1,2}日)?")
_DIGITS_OF_DATE = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_MONTH = re.compile(r"(?:19|20)\d{2}(?:[-./](?:0?[1-9]|1[0-2])|年)")
_CODE = re.compile(r"0\d+|\d{7,}[Xx]|[A-Za-z]{1,6}[-/]?\d[\dA-Za-z-]*")
_DIGITS = re.compile(r"\d+")
_NEARLY_NUMBER = re.compile(r"[-+△▲¥$]{0,2}[\d.,OoIlbSBZz\s]+")
_POINTS = re.compile(r"\.\.|,,|\.,|,\.|^[.,]|[.,]$|\.\d+\.|,\d{1,2}(?!\d)|,\d{4,}")
_NOUGHTS = re.compile(r"[-+△▲¥$]*0(?:\d*,|\d+\.)")
_STRAY = re.compile(r"\d[\d,]*\.\d+[-·'`:;_~]|[·'`:;_~]\d[\d,]*\.\d+")
_BRACKETS = re.compile(r"[(\[{【〔]?[\d.,¥$]*\d[\d.,]*%?[)\]}】〕]?")
_CLOSING = {"(": ")", "[": "]", "{": "}", "【": "】", "〔": "〕"}
DASHES = str.maketrans("−–—〇", "---0")
NEGATIVE = "-△▲"
LEAST_DIGITS = 0.5  # share of digits in a text that is meant as a number
CODE_DIGITS = (3, 5)  # lengths of budget codes; longer digits are codes or personal numbers
LONG_CODE = 7


class Typed(NamedTuple):
    """Kind and value of a text."""

    kind: Kind
    value: str | None  # decimal string of a number, a percentage or an amount in words, else None


def fold_width(text: str) -> str:
    """Return full-width characters as ASCII, and every minus sign as a hyphen."""
    if text.isascii():
        return text
    folded = "".join(
        c if unicodedata.category(c) == "No" else unicodedata.normalize("NFKC", c) for c in text
    )
    return folded.translate(DASHES)


def to_typed(text: str, *, in_header: bool, column: ColumnSense = "unknown") -> Typed:
    """Return kind and value of a text. A figure in a header is a label, not an amount.

    Args:
        text: text of a cell.
        in_header: whether the cell is in a header row.
        column: content of its column, which decides whether digits are a code or an amount.
    """
    plain = fold_width(text).replace("\n", "").strip()
    if not plain:
        return Typed("empty", None)
    if _is_date(plain, column):
        return Typed("date", None)
    if _PERCENT.fullmatch(plain):
        return Typed("percent", _decimal(plain))
    if _is_code(plain, column):
        return Typed("code", None)
    if in_header:
        return Typed("text", None)
    return _number_or_text(plain)


def _is_date(plain: str, column: ColumnSense) -> bool:
    if _DATE.fullmatch(plain):
        return True
    if column == "dates" and _MONTH.fullmatch(plain):
        return True
    return column in ("unknown", "dates") and _DIGITS_OF_DATE.fullmatch(plain) is not None


def _is_code(plain: str, column: ColumnSense) -> bool:
    if column == "figures" and _DIGITS.fullmatch(plain):
        return False
    if _CODE.fullmatch(plain):
        return True
    if not _DIGITS.fullmatch(plain):
        return False
    if column == "codes":
        return len(plain) >= min(CODE_DIGITS)
    return len(plain) in CODE_DIGITS or len(plain) >= LONG_CODE


def _number_or_text(plain: str) -> Typed:
    if _NOUGHTS.match(plain):
        return Typed("text", None)
    if _BRACKETED.fullmatch(plain) or _NUMBER.fullmatch(plain):
        return Typed("number", _decimal(plain))
    in_words = amount_in_words(plain)
    return Typed("text", None if in_words is None else str(in_words))


def is_odd_number(text: str) -> bool:
    """Return whether a text looks like a number but is malformed: 2648.1.1, 12,34, 壹拾贰叁元."""
    plain = fold_width(text).strip()
    if _MEANT_AS_DATE.fullmatch(plain):
        return not _DATE.fullmatch(plain)
    if _has_odd_brackets(plain) or _STRAY.fullmatch(plain) or is_odd_amount(plain):
        return True
    if not _NEARLY_NUMBER.fullmatch(plain):
        return False
    digits = sum(c.isdigit() for c in plain)
    if digits < LEAST_DIGITS * len(plain) or digits == len(plain) or _DATE.fullmatch(plain):
        return False
    # No number has superfluous leading zeros: 003.62.
    return (
        bool(_POINTS.search(plain)) or not _NUMBER.fullmatch(plain) or bool(_NOUGHTS.match(plain))
    )


def _has_odd_brackets(plain: str) -> bool:
    """Return whether brackets around digits do not match."""
    if not _BRACKETS.fullmatch(plain):
        return False
    first, last = plain[0], plain[-1]
    if first not in _CLOSING and last not in _CLOSING.values():
        return False
    # 1) and 2) are item numbers.
    if first not in _CLOSING and plain[:-1].isdigit():
        return False
    return _CLOSING.get(first) != last


def _decimal(plain: str) -> str:
    negative = any(sign in plain for sign in NEGATIVE)
    digits = re.sub(r"[^\d.]", "", plain)
    return ("-" if negative or "(" in plain else "") + digits
