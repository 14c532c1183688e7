"""Amounts in words, as on receipts and contracts: 壹仟伍佰伍拾元整 is 1550.00."""

import re
from decimal import Decimal

DIGITS = {
    digit: value
    for value, digits in enumerate(
        ("零〇○", "壹一", "贰二貳两", "叁三參", "肆四", "伍五", "陆六陸", "柒七", "捌八", "玖九")
    )
    for digit in digits
}
TENS = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "千": 1000}
MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
FRACTIONS = {"角": Decimal("0.1"), "分": Decimal("0.01")}

_DIGIT = "零〇○壹贰貳叁參肆伍陆陸柒捌玖"
_CAPITALS = f"{_DIGIT}拾佰仟万萬亿億"
_SIGNS = "人民币合计金额总价税大写小共Ⓧⓧ⊗×:：()（）¥￥"
_LABEL = r"(?:.{0,12}(?:大写|人民币)[)）]?[:：]?)?"  # 合计人民币（大写）：
_AMOUNT = re.compile(
    rf"{_LABEL}[{_SIGNS}]*(?P<minus>负)?(?:(?P<whole>[{_CAPITALS}]+)[元圆])?"
    rf"(?P<rest>(?:[{_DIGIT}][角分]?|零)*)[整正]?[)）。]?"
)
_MEANT = re.compile("[壹贰貳叁參肆伍陆陸柒捌玖拾佰仟]")
MANY = 3  # such characters beside 元 or 整 that make a text an intended amount
_BEGINS = "拾"  # 拾元 is an amount, but 万元 is a unit
_FIGURE_TOO = re.compile(r"[(（]?(?:小写[)）]?[:：]?)?[¥￥][\d,，.]+(?:元)?[)）]?$")


def amount_in_words(text: str) -> Decimal | None:
    """Return the value in 元 with two decimal places, or None if the text is no amount in words.

    A label before the amount and a figure after it are allowed: 合计（大写）：壹佰元整 ¥100.00.
    """
    match = _AMOUNT.fullmatch(_FIGURE_TOO.sub("", "".join(text.split())))
    if match is None or not (match["whole"] or match["rest"].strip("零")):
        return None
    whole = Decimal(0) if match["whole"] is None else _whole(match["whole"])
    fraction = _fraction(match["rest"])
    if whole is None or fraction is None:
        return None
    value = (whole + fraction).quantize(Decimal("0.01"))
    return -value if match["minus"] else value


def is_odd_amount(text: str) -> bool:
    """Return whether a text looks like an amount in words but is not a valid one: 壹拾贰叁元整."""
    plain = "".join(text.split())
    is_meant = len(_MEANT.findall(plain)) >= MANY and not {"元", "圆", "整"}.isdisjoint(plain)
    return is_meant and amount_in_words(plain) is None


def _whole(words: str) -> Decimal | None:
    """Parse thousands, hundreds and tens within each 万 or 亿; return None if it is invalid."""
    total, section, digit = 0, 0, 0
    if words[0] not in _DIGIT and words[0] != _BEGINS:
        return None
    for word in words:
        if word in MYRIADS:
            section += digit
            factor = MYRIADS[word]
            # 亿 multiplies everything before it: 壹万亿 is 10**12.
            total = (total + section) * factor if factor > 10**4 else total + section * factor
            section = digit = 0
        elif word in TENS:
            section += (digit or 1) * TENS[word]
            digit = 0
        elif digit:
            return None  # two digits in a row
        else:
            digit = DIGITS[word]
    return Decimal(total + section + digit)


def _fraction(words: str) -> Decimal | None:
    total = Decimal(0)
    digit: int | None = None
    for word in words:
        if word in FRACTIONS:
            if digit is None:
                return None
            total += digit * FRACTIONS[word]
            digit = None
        else:
            digit = DIGITS[word]
    return total if not digit else None
