"""Words, names and numbers of documents that nobody wrote; every draw comes from a generator."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

Rng = np.random.Generator
T = TypeVar("T")

WORDS: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
)
SURNAMES = WORDS["surnames"]
GIVEN = WORDS["given"]
PLACES = WORDS["places"]
TRADES = WORDS["trades"]
BRANDS = WORDS["brands"]
BUREAUS = WORDS["bureaus"]
DEPARTMENTS = WORDS["departments"]
POSTS = WORDS["posts"]
PEOPLES = WORDS["peoples"]
DEGREES = WORDS["degrees"]
MARK_TEXTS = WORDS["mark_texts"]
REMARKS = WORDS["remarks"]
FUNCTIONS = WORDS["functions"]
INCOMES = WORDS["incomes"]
ASSETS = WORDS["assets"]
FIXED = WORDS["fixed"]
PROFIT = WORDS["profit"]
PAY = WORDS["pay"]
DEDUCTIONS = WORDS["deductions"]
LEDGER = WORDS["ledger"]
GOODS = WORDS["goods"]
CROPS = WORDS["crops"]
INDUSTRIES = WORDS["industries"]
ASSAYS = WORDS["assays"]
TITLES = WORDS["titles"]
TOPICS = WORDS["topics"]
TARGETS = WORDS["targets"]
GAP = 1000  # below: a leading zero among four digits
DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES_OF_TEN = ("", "拾", "佰", "仟")


def pick(rng: Rng, things: Sequence[T]) -> T:
    """One of some things."""
    return things[int(rng.integers(len(things)))]


def some(rng: Rng, things: Sequence[T], least: int, most: int) -> list[T]:
    """Some different things, in their order."""
    count = min(int(rng.integers(least, most + 1)), len(things))
    return [things[i] for i in sorted(rng.choice(len(things), count, replace=False))]


def chance(rng: Rng, share: float) -> bool:
    return bool(rng.random() < share)


def person(rng: Rng) -> str:
    return pick(rng, SURNAMES) + "".join(pick(rng, GIVEN) for _ in range(int(rng.integers(1, 3))))


def company(rng: Rng) -> str:
    kind = pick(rng, ("有限公司", "股份有限公司", "有限责任公司", "厂"))
    return pick(rng, PLACES) + pick(rng, BRANDS) + pick(rng, TRADES) + kind


def bureau(rng: Rng) -> str:
    return pick(rng, PLACES) + pick(rng, ("市", "县", "区")) + pick(rng, BUREAUS)


def date(rng: Rng, form: str) -> str:
    """A day; ``form`` takes y, m, d as str.format does."""
    y, m, d = (int(rng.integers(*span)) for span in ((2008, 2026), (1, 13), (1, 29)))
    return form.format(y=y, m=m, d=d)


def digits(rng: Rng, count: int) -> str:
    return "".join(str(v) for v in rng.integers(0, 10, count))


def cents(rng: Rng, low: float = 2.0, high: float = 6.0) -> int:
    """An amount in hundredths; from 10**low to 10**high hundredths."""
    return int(10 ** rng.uniform(low, high))


def amount(value: int, group: str = "", places: int = 2) -> str:
    """Hundredths (or what ``places`` says) as they are printed; ``group`` parts the thousands."""
    unit = 10**places
    whole, rest = divmod(abs(value), unit)
    text = f"{whole:,}".replace(",", group) + (f".{rest:0{places}}" if places else "")
    return f"-{text}" if value < 0 else text


def shares(rng: Rng, total: int, parts: int) -> list[int]:
    """Parts, none negative, that add up to a total."""
    cuts = sorted(int(v) for v in rng.integers(0, total + 1, parts - 1))
    return [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]


def capital(value: int) -> str:
    """An amount in hundredths in the figures of cheques, 大写金额; below 10**8 units."""
    yuan, rest = divmod(value, 100)
    text = _capital_whole(yuan) + "元" if yuan else ""
    jiao, fen = divmod(rest, 10)
    if not rest:
        return text + "整"
    if jiao:
        text += DIGITS[jiao] + "角"
    elif text:
        text += "零"
    return text + (DIGITS[fen] + "分" if fen else "整")


def _capital_whole(number: int) -> str:
    high, low = divmod(number, 10_000)
    if not high:
        return _capital_four(low)
    gap = "零" if 0 < low < GAP else ""
    return _capital_four(high) + "万" + (gap + _capital_four(low) if low else "")


def _capital_four(number: int) -> str:
    text, waiting = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if waiting and text else "") + DIGITS[digit] + PLACES_OF_TEN[place]
            waiting = False
        else:
            waiting = True
    return text
