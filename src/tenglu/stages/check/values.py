"""Kind and value of a text: what a spreadsheet or a sum would make of it."""

import re
import unicodedata
from typing import NamedTuple

from tenglu.model import Kind

_NUMBER = re.compile(r"[-+△▲]?[¥￥$]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_BRACKETED = re.compile(r"\(((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\)")
_PERCENT = re.compile(r"[-+△▲]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?%")
_DATE = re.compile(
    r"(?:19|20)\d{2}年\d{1,2}月(?:\d{1,2}日)?"
    r"|(?:19|20)\d{2}[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])"
    r"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
_CODE = re.compile(r"0\d+|\d{3}|\d{5}|\d{7,}[Xx]?|[A-Za-z]{1,6}[-/]?\d[\dA-Za-z-]*")
_NEARLY_NUMBER = re.compile(r"[\d.,OoIlbSBZz\s]+")
_POINTS = re.compile(r"\.\.|,,|\.,|,\.|^[.,]|[.,]$|\.\d+\.|,\d{1,2}(?!\d)|,\d{4,}")
DASHES = str.maketrans("−–—〇", "---0")
NEGATIVE = "-△▲"
LEAST_DIGITS = 0.5  # of the characters of what is meant as a number


class Typed(NamedTuple):
    """What a text is."""

    kind: Kind
    value: str | None  # decimal string of a number or a percentage (in percent), else None


def fold_width(text: str) -> str:
    """Full-width digits and signs as ASCII; the minus of any make as a hyphen."""
    folded = "".join(
        c if unicodedata.category(c) == "No" else unicodedata.normalize("NFKC", c) for c in text
    )
    return folded.translate(DASHES)


def to_typed(text: str, *, in_header: bool) -> Typed:
    """Tell what a text is. A figure in a header is a label, not an amount.

    Args:
        text: of a cell.
        in_header: whether the cell stands in a header row.
    """
    plain = fold_width(text).replace("\n", "").strip()
    if not plain:
        return Typed("empty", None)
    if _DATE.fullmatch(plain):
        return Typed("date", None)
    if _PERCENT.fullmatch(plain):
        return Typed("percent", _decimal(plain.rstrip("%")))
    if _CODE.fullmatch(plain):
        return Typed("code", None)
    if in_header:
        return Typed("text", None)
    return _number_or_text(plain)


def _number_or_text(plain: str) -> Typed:
    if match := _BRACKETED.fullmatch(plain):
        return Typed("number", "-" + match.group(1).replace(",", ""))
    if _NUMBER.fullmatch(plain):
        return Typed("number", _decimal(plain))
    return Typed("text", None)


def is_odd_number(text: str) -> bool:
    """Whether a text is meant as a number and is written as none: 2648.1.1, 12,34, 1O5.20."""
    plain = fold_width(text).strip()
    if not _NEARLY_NUMBER.fullmatch(plain):
        return False
    digits = sum(c.isdigit() for c in plain)
    if digits < LEAST_DIGITS * len(plain) or digits == len(plain) or _DATE.fullmatch(plain):
        return False
    return bool(_POINTS.search(plain)) or not _NUMBER.fullmatch(plain)


def _decimal(plain: str) -> str:
    negative = plain[0] in NEGATIVE
    digits = re.sub(r"[^\d.]", "", plain)
    return ("-" if negative else "") + digits
