"""Match tables, rows and columns of a result to those of the truth.

A table of the truth is paired with the table of the result that shares most texts with it; then
their rows and columns are aligned by the texts of their cells.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

Json = dict[str, Any]
Pairs = dict[int, int]
"""Truth to result. From last to first, as they are found: sums of floats, and so ties between
alignments, depend on the order."""

NUMBER = re.compile(r"[-+(]?[¥$]?\d[\d,]*(\.\d+)?%?\)?")
SAME_MARK = str.maketrans("“”‘’—–－～•，⩽⩾−", "\"\"''---~·,≤≥-")  # two ways to print one mark
EMPTY_PAIR = 0.3  # two empty cells agree a little: less than one word, more than nothing
SAME_COUNT = 0.01  # decides between tables that share the same texts
LEAST_SHARED = 0.05  # below this share of common texts two tables have nothing in common
PROSE = 60  # characters; longer texts are compared by their pairs of characters
ROUNDS = 3  # rows by columns, columns by rows: settled by then


def fold(text: str | None) -> str:
    """A text without what is no error of reading: width, white space, the shape of marks."""
    narrow = unicodedata.normalize("NFKC", text or "").translate(SAME_MARK)
    return "".join(narrow.split())


class Cell(NamedTuple):
    """A cell of either side; ``text`` is folded."""

    row: int
    col: int
    rowspan: int
    colspan: int
    text: str
    needs_review: bool
    confidence: float | None
    ignored: bool  # of the truth: nobody can read it in the picture

    @property
    def place(self) -> tuple[int, int, int, int]:
        return self[:4]

    @property
    def is_number(self) -> bool:
        return NUMBER.fullmatch(self.text) is not None


def _cell(raw: Json) -> Cell:
    confidence = raw.get("confidence")
    return Cell(
        row=raw["row"],
        col=raw["col"],
        rowspan=raw.get("rowspan", raw.get("row_span")) or 1,
        colspan=raw.get("colspan", raw.get("col_span")) or 1,
        text=fold(raw.get("text")),
        needs_review=bool(raw.get("needs_review")),
        confidence=None if confidence is None else float(confidence),
        ignored=bool(raw.get("ignore")),
    )


class CellGrid:
    """A table and which of its cells covers each place of its grid."""

    def __init__(self, table: Json) -> None:
        self.name: str = table.get("id") or "table"
        self.cells = tuple(_cell(raw) for raw in table["cells"])
        self._covering = covering = {
            (row, col): cell
            for cell in self.cells
            for row in range(cell.row, cell.row + cell.rowspan)
            for col in range(cell.col, cell.col + cell.colspan)
        }
        self.n_rows: int = table.get("n_rows") or 1 + max((row for row, _ in covering), default=-1)
        self.n_cols: int = table.get("n_cols") or 1 + max((col for _, col in covering), default=-1)

    @property
    def shape(self) -> tuple[int, int]:
        return self.n_rows, self.n_cols

    @cached_property
    def texts(self) -> Counter[str]:
        return Counter(cell.text for cell in self.cells if cell.text)

    def at(self, row: int, col: int) -> Cell | None:
        """The cell that covers a place; None: a hole in the grid."""
        return self._covering.get((row, col))

    def text(self, row: int, col: int) -> str:
        cell = self.at(row, col)
        return cell.text if cell else ""

    def has_structure_of(self, other: "CellGrid") -> bool:
        """True where rows, columns and all spans are the same."""
        places, others = (sorted(cell.place for cell in table.cells) for table in (self, other))
        return self.shape == other.shape and places == others


def distance(a: str, b: str) -> int:
    """Characters to insert, delete or replace to turn ``a`` into ``b``.

    Runs down all of ``a`` at once in the bits of an integer (Myers 1999, in Hyyrö's form of 2003).
    """
    if not a or not b:
        return len(a) + len(b)
    everywhere, last = (1 << len(a)) - 1, 1 << (len(a) - 1)
    places: dict[str, int] = {}
    for number, character in enumerate(a):
        places[character] = places.get(character, 0) | 1 << number
    up, down, errors = everywhere, 0, len(a)
    for character in b:
        same = places.get(character, 0)
        level = (((same & up) + up) ^ up) | same
        plus, minus = down | (everywhere & ~(level | up)), up & level
        errors += bool(plus & last) - bool(minus & last)
        plus, minus = (plus << 1 | 1) & everywhere, minus << 1 & everywhere
        up, down = minus | (everywhere & ~(same | down | plus)), plus & (same | down)
    return errors


@lru_cache(1 << 16)
def similarity(a: str, b: str) -> float:
    """How alike two texts of cells are, 0 to 1."""
    if not a and not b:
        return EMPTY_PAIR
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    longest = max(len(a), len(b))
    if longest <= PROSE:
        return 1 - distance(a, b) / longest
    pairs_a, pairs_b = (set(pairwise(text)) for text in (a, b))
    return 2 * len(pairs_a & pairs_b) / max(1, len(pairs_a) + len(pairs_b))


def align(n: int, m: int, gain: Callable[[int, int], float]) -> Pairs:
    """Pair n things with m things, both in their order, so that the gain is greatest."""
    gains = [[gain(i, j) for j in range(m)] for i in range(n)]
    best = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i, row in enumerate(gains):
        for j, extra in enumerate(row):
            best[i + 1][j + 1] = max(best[i][j + 1], best[i + 1][j], best[i][j] + extra)
    pairs: Pairs = {}
    i, j = n - 1, m - 1
    while i >= 0 and j >= 0:
        extra = gains[i][j]
        if extra > 0 and best[i + 1][j + 1] == best[i][j] + extra:
            pairs[i] = j
            i, j = i - 1, j - 1
        elif best[i + 1][j + 1] == best[i][j + 1]:
            i -= 1
        else:
            j -= 1
    return pairs


def align_tables(truth: CellGrid, found: CellGrid) -> tuple[Pairs, Pairs]:
    """Which row and which column of the result stands for each of the truth."""
    cols: Pairs = {col: col for col in range(min(truth.n_cols, found.n_cols))}
    rows: Pairs = {}

    def rows_alike(i: int, j: int) -> float:
        return sum(similarity(truth.text(i, a), found.text(j, b)) for a, b in cols.items())

    def cols_alike(a: int, b: int) -> float:
        return sum(similarity(truth.text(i, a), found.text(j, b)) for i, j in rows.items())

    for _ in range(ROUNDS):
        rows = align(truth.n_rows, found.n_rows, rows_alike)
        before, cols = cols, align(truth.n_cols, found.n_cols, cols_alike)
        if cols == before:
            break
    return rows, cols


def pair_tables(truth: Sequence[CellGrid], found: Sequence[CellGrid]) -> Pairs:
    """Pair tables that share most texts, the surest first; unlike tables stay unpaired."""

    def shared(a: CellGrid, b: CellGrid) -> float:
        share = 2 * (a.texts & b.texts).total() / max(1, a.texts.total() + b.texts.total())
        return share + SAME_COUNT * (a.n_cols == b.n_cols) + SAME_COUNT * (a.n_rows == b.n_rows)

    surest_first = sorted(
        ((shared(a, b), i, j) for i, a in enumerate(truth) for j, b in enumerate(found)),
        reverse=True,
    )
    pairs: Pairs = {}
    for share, i, j in surest_first:
        if share >= LEAST_SHARED and i not in pairs and j not in pairs.values():
            pairs[i] = j
    return pairs
