"""Amounts in words, as they stand on receipts and contracts: 壹仟伍佰伍拾元整 is 1550.00."""

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

_CAPITALS = "零〇○壹贰貳叁參肆伍陆陸柒捌玖拾佰仟万萬亿億"
_AMOUNT = re.compile(
    rf"(?:人民币|大写|[:：（()）]|¥|￥)*(?P<minus>负)?(?P<whole>[{_CAPITALS}]+)[元圆]"
    r"(?P<rest>(?:[零〇○壹贰貳叁參肆伍陆陸柒捌玖][角分]?|零)*)[整正]?"
)


def amount_in_words(text: str) -> Decimal | None:
    """The value in 元 with two places; None: the text is no amount in words."""
    match = _AMOUNT.fullmatch("".join(text.split()))
    if match is None:
        return None
    whole = _whole(match["whole"])
    fraction = _fraction(match["rest"])
    if whole is None or fraction is None:
        return None
    value = (whole + fraction).quantize(Decimal("0.01"))
    return -value if match["minus"] else value


def _whole(words: str) -> Decimal | None:
    """Thousands, hundreds and tens within each myriad; None: not in falling order."""
    total, section, digit = 0, 0, 0
    for word in words:
        if word in MYRIADS:
            section += digit
            factor = MYRIADS[word]
            # 亿 closes all that stands before it: 壹万亿 is 10**12.
            total = (total + section) * factor if factor > 10**4 else total + section * factor
            section = digit = 0
        elif word in TENS:
            section += (digit or 1) * TENS[word]
            digit = 0
        elif digit:
            return None  # two digits without a place between them
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
