"""What stands in the cells of tables that a browser sets."""

from drawing.words import (
    ASSAYS,
    ASSETS,
    DEPARTMENTS,
    FUNCTIONS,
    GOODS,
    INCOMES,
    INDUSTRIES,
    LEDGER,
    PLACES,
    POSTS,
    PROFIT,
    REMARKS,
    WORDS,
    Rng,
    amount,
    bureau,
    cents,
    chance,
    company,
    date,
    digits,
    person,
    pick,
)

COMMON = b"".join(bytes((row, col)) for row in range(0xB0, 0xD7) for col in range(0xA1, 0xFF))
HAN = COMMON.decode("gb2312", errors="ignore")  # the commoner characters
LATIN = WORDS["latin"]
HEADS = WORDS["heads"]
DATES = ("{y}-{m:02}-{d:02}", "{y}/{m}/{d}", "{y}年{m}月{d}日", "{y}.{m:02}.{d:02}")
FIGURES = ("int", "money", "money", "decimal", "percent", "signed", "small", "year", "range")
WORDS_OF = {
    "item": (ASSETS, INCOMES, PROFIT, FUNCTIONS, ASSAYS, LEDGER),
    "word": (PLACES, POSTS, DEPARTMENTS, INDUSTRIES),
}
KINDS = (
    *FIGURES, "code", "date", "word", "name", "item", "item", "goods", "english", "unit", "tick",
    "phone", "long", "sentence", "han",
)  # fmt: skip


def han(rng: Rng, least: int, most: int) -> str:
    """Characters at random: for the shape of a text alone."""
    return "".join(HAN[int(i)] for i in rng.integers(len(HAN), size=int(rng.integers(least, most))))


def latin(rng: Rng, least: int, most: int) -> str:
    text = " ".join(pick(rng, LATIN) for _ in range(int(rng.integers(least, most))))
    return text.title() if chance(rng, 0.4) else text.capitalize()


def sentence(rng: Rng, least: int = 15, most: int = 60) -> str:
    """Prose of some characters with commas and a full stop."""
    text, goal = "", int(rng.integers(least, most))
    while len(text) < goal:
        piece = pick(rng, REMARKS) if chance(rng, 0.2) else han(rng, 4, 13)
        text += str(piece) + "，"
    return text[:-1] + "。"


def word_of(rng: Rng, kind: str) -> str:
    """A word of a kind; of an entry with a code or a unit, the name."""
    word = pick(rng, pick(rng, WORDS_OF[kind]))
    return word if isinstance(word, str) else max((p for p in word if isinstance(p, str)), key=len)


def figure(rng: Rng, kind: str, row: int) -> str:
    """A number in the manner of its column."""
    low = rng.uniform(0, 50)
    signed = amount(cents(rng, 2, 7), ",")
    figures = {
        "seq": str(row + 1),
        "int": f"{int(10 ** rng.uniform(0, 5)):,}",
        "money": amount(cents(rng, 2, 8), ","),
        "decimal": f"{10 ** rng.uniform(-2, 3):.2f}",
        "percent": f"{rng.uniform(-40, 120):.{int(rng.integers(0, 3))}f}%",
        "signed": f"({signed})" if chance(rng, 0.4) else signed,
        "small": str(int(rng.integers(0, 10))),
        "year": str(int(rng.integers(1990, 2026))),
        "range": f"{low:.1f}{pick(rng, '-~～—')}{low + rng.uniform(1, 90):.1f}",
    }
    return figures[kind]


def value(rng: Rng, kind: str, row: int) -> str:
    """The text of a cell of a column of some kind."""
    if kind in {*FIGURES, "seq"}:
        return figure(rng, kind, row)
    makers = {
        "code": lambda: pick(rng, ("", "A", "No.", "YQ-")) + digits(rng, int(rng.integers(3, 11))),
        "date": lambda: date(rng, pick(rng, DATES)),
        "name": lambda: person(rng),
        "goods": lambda: str(pick(rng, GOODS)[0]),
        "english": lambda: latin(rng, 1, 4),
        "unit": lambda: pick(rng, "个台套件箱千克米次项人元吨"),
        "tick": lambda: pick(rng, ("√", "", "是", "否", "○", "×", "—")),
        "phone": lambda: "1" + digits(rng, 10),
        "long": lambda: company(rng) if chance(rng, 0.5) else bureau(rng),
        "sentence": lambda: sentence(rng),
        "han": lambda: han(rng, 1, 9),
    }
    return str(makers[kind]()) if kind in makers else word_of(rng, kind)


def head(rng: Rng, tongue: str) -> str:
    """A word for the head of a column."""
    if tongue == "english":
        return latin(rng, 1, 3)
    text = pick(rng, HEADS) if chance(rng, 0.65) else han(rng, 2, 8)
    return f"{text}<br>{latin(rng, 1, 2)}" if tongue == "both" else text
