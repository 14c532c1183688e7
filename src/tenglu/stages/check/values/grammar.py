"""Find faults in a text alone: characters and marks that do not occur in print."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from tenglu.model import Cell, Table
from tenglu.stages.check.values.values import is_odd_number

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_MISPLACED = re.compile(
    r"^[,.、。;:!?)\]}>》】〉_·〈|\\/~=*](?=[\s\S])"  # at the start of a text
    r"|[,.、。;:][,.、。;:]"  # two marks in a row
    rf"|(?<=[{_HAN}])\.(?=[{_HAN}]|$)"  # a point after a Chinese character
    r"|[(\[{《【〔]$"  # an opening bracket at the end
    rf"|[{_HAN}]\d{{1,3}}(?:,?\d{{3}})*\.\d\d$"  # words joined to an amount
    r"|(?<=[A-Za-z\d]{3})\.$",  # a point after a code or a number
    re.MULTILINE,
)
_LIST_ITEM = re.compile(r"^[^()]{1,4}\)")
_ORDINAL = re.compile(r"([一二三四五六七八九十]{1,3})(、)?(?=[^、])")
FEWEST_ORDINALS = 2  # ordinals that make the other numerals of a column ordinals
NUMERALS = "一二三四五六七八九"
SHORT = 3  # characters of a running number
AROUND = 4  # neighbouring running numbers that predict one
AGREE = 3  # neighbours that must agree on the prediction

Place = tuple[int, int]
"""Row and column."""


def folded(text: str) -> str:
    """Return a text in normal form NFKC: full-width characters become half-width."""
    return unicodedata.normalize("NFKC", text)


def faults(text: str) -> int:
    """Count misplaced marks, malformed numbers and unbalanced brackets in a text."""
    plain = folded(text)
    found = len(_MISPLACED.findall(plain)) + is_odd_number(text)
    opened, closed = plain.count("("), plain.count(")")
    listed = sum(bool(_LIST_ITEM.match(line)) for line in plain.split("\n"))
    return found + (opened != closed and closed - opened != listed)


def rare_letters(text: str) -> int:
    """Count letters that do not occur in simplified Chinese print: 項 for 项, λ for 入."""
    return sum(_is_rare(letter) for letter in text)


def _is_rare(letter: str) -> bool:
    if letter.isascii() or not unicodedata.category(letter).startswith("L"):
        return False
    if folded(letter).isascii():
        return False
    try:
        letter.encode("gb2312")
    except UnicodeEncodeError:
        return True
    return not _is_han(letter)


def _is_han(letter: str) -> bool:
    return "\u3400" <= letter <= "\u9fff" or "\uf900" <= letter <= "\ufaff"


def steps(table: Table) -> dict[Place, bool]:
    """Find running numbers (栏次 1 2 3 …), and whether each is the expected one."""
    lines: dict[tuple[str, int], list[Cell]] = {}
    for cell in sorted(table.cells, key=lambda cell: (cell.row, cell.col)):
        if 0 < len(cell.text) <= SHORT and not any(map(_is_han, cell.text)):
            lines.setdefault(("row", cell.row), []).append(cell)
            lines.setdefault(("column", cell.col), []).append(cell)
    found: dict[Place, bool] = {}
    for cells in lines.values():
        for at, expected in _expected(cells):
            place = (cells[at].row, cells[at].col)
            found[place] = found.get(place, False) or expected == cells[at].text
    return found


def unstopped(table: Table) -> frozenset[Place]:
    """Find labels that begin with the expected numeral without its stop: 一一般 for 一、一般."""
    columns: dict[int, list[Cell]] = {}
    for cell in sorted(table.cells, key=lambda cell: (cell.col, cell.row)):
        if _ORDINAL.match(cell.text):
            columns.setdefault(cell.col, []).append(cell)
    return frozenset(
        (cells[at].row, cells[at].col)
        for cells in columns.values()
        for at in _lacking_stops([_numerals(cell.text) for cell in cells])
    )


def _lacking_stops(numerals: Sequence[tuple[set[int], str]]) -> Iterator[int]:
    """Yield indices of numerals without a stop that fill a gap between those with one."""
    stopped = [(at, max(values)) for at, (values, stop) in enumerate(numerals) if stop and values]
    if len(stopped) < FEWEST_ORDINALS:
        return
    for at, (values, stop) in enumerate(numerals):
        above = max((value for other, value in stopped if other < at), default=0)
        below = min((value for other, value in stopped if other > at), default=above + 2)
        if not stop and any(above < value < below for value in values):
            yield at


def _numerals(text: str) -> tuple[set[int], str]:
    """Return the possible values of the numeral at the start of a text, and its stop or ""."""
    match = _ORDINAL.match(text)
    if match is None:
        return set(), ""
    letters, stop = match[1], match[2] or ""
    lengths = [len(letters)] if stop else range(1, len(letters) + 1)
    values = {_numeral(letters[:length]) for length in lengths}
    return {value for value in values if value}, stop


def _numeral(letters: str) -> int:
    """Return the value (1 to 99) of a Chinese numeral, or 0 if it is invalid."""
    tens, ten, ones = letters.rpartition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in tens:
        return 0
    value = NUMERALS.find(ones) + 1 if ones else 0
    return value + (10 * (NUMERALS.find(tens) + 1 if tens else 1) if ten else 0)


def _expected(cells: Sequence[Cell]) -> list[tuple[int, str]]:
    """Return the index of each cell among running numbers, and the number expected there."""
    offsets = [int(c.text) - i if _is_plain(c.text) else None for i, c in enumerate(cells)]
    found = []
    for at in range(len(cells)):
        first = min(max(0, at - AROUND // 2), max(0, len(cells) - AROUND - 1))
        others = [offsets[i] for i in range(first, min(len(cells), first + AROUND + 1)) if i != at]
        usual = max(set(others), key=others.count, default=None)
        if usual is not None and others.count(usual) >= AGREE:
            found.append((at, str(usual + at)))
    return found


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isdigit()
