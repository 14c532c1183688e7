"""Features for the confidence of a cell: from its evidence, its text, and the cells around it."""

import math
import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tenglu.model import Cell, EvidenceSource, Role, Table
from tenglu.stages.check.values.grammar import (
    Place,
    faults,
    folded,
    rare_letters,
    steps,
    unstopped,
)

SURE = 1e-5  # least doubt; smaller ones of an engine mean nothing
FEW = 3  # other cells of a column needed to know its usual format
REPEATED = 2  # characters; shorter texts repeat by chance
LONGEST = 30  # characters; longer texts are not labels
DOUBTFUL = 0.2  # doubt from which on a reading counts as doubtful
NONE_YET = 0.01  # added to a share: one page has no finer resolution
MOST = 3  # repetitions that add to the evidence
MIXED = "figures"  # digits mixed with other characters
_FIGURE = re.compile(r"[-+(（△]?[\d,]+(\.\d+)?[)）]?(%|％)?")

SIGNS: Mapping[str, int] = {
    "doubt": -1,  # of the most doubtful character, log10
    "again": -1,  # doubt of the most doubtful further reading, log10
    "disagree": -1,  # share of the further readings with another text
    "omitted": -1,  # probability of a character where none was read, log10
    "unread": -1,  # whether there was ink but no text could be read
    "ink_left": -1,  # ink outside all lines, in squares of the text height, log10
    "inked": -1,  # whether there is such ink
    "covered": -1,  # share of the cell that was under a mark
    "grid": 1,  # coverage of the weakest border
    "page_doubt": -1,  # mean doubt of the page, log10
    "page_doubtful": -1,  # share of its readings that are doubtful, log10
    "page_lost": -1,  # the same share, linear: 1 on an unreadable page
    "row_height": 1,  # px, median of the table, log10: larger rows have larger type
    "odd": -1,  # share of the column in its usual format, less the share in that of the cell
    "stranger": -1,  # share of clean figures in the column of a cell with mixed digits
    "faults": -1,  # misplaced marks, numerals without their stop, at most 2
    "rare": -1,  # letters not used in simplified print, at most 2; less if many labels have them
    "in_step": 1,  # 1: the expected running number, -1: another one, 0: no running number
    "repeated": 1,  # other occurrences of the text in the document, at most 3
}
"""Features, and whether a larger value makes a cell likelier right (1) or wrong (-1)."""

FILLED = tuple(name for name in SIGNS if name not in ("unread", "inked", "row_height"))
EMPTY = ("inked", "unread", "page_doubt", "row_height", "odd")
"""Features of cells with and without text; the others had no weight in the fit."""


class Surroundings(NamedTuple):
    """Statistics of the document that the features of a cell refer to."""

    page_doubt: Mapping[int, float]  # page -> mean doubt of its cells, 0 to 1
    page_doubtful: Mapping[int, float]  # page -> share of its cells that are doubtful, 0 to 1
    texts: Counter[str]  # normalised texts of the document
    rare: float  # share of the labels that have rare letters, 0 to 1
    manners: Mapping[tuple[str, int], Counter[str]]  # table id and column -> format -> cells
    row_heights: Mapping[str, float]  # table id -> median height of a row, px
    steps: Mapping[str, Mapping[Place, bool]]  # table id -> running numbers: expected or not
    unstopped: Mapping[str, frozenset[Place]]  # table id -> labels whose numeral lacks its stop


def surroundings(tables: Sequence[Table]) -> Surroundings:
    """Compute the statistics of a document."""
    doubts: dict[int, list[float]] = {}
    texts: Counter[str] = Counter()
    manners: dict[tuple[str, int], Counter[str]] = {}
    for table in tables:
        for cell in table.cells:
            least = _least(cell)
            if least is not None:
                doubts.setdefault(cell.page, []).append(1 - least)
            texts[folded(cell.text)] += 1
            if cell.row >= table.header_rows:
                manners.setdefault((table.id, cell.col), Counter())[manner(cell.text)] += 1
    heights = {table.id: statistics.median(map(_row_height, table.cells)) for table in tables}
    labels = {text: times for text, times in texts.items() if _is_label(text)}
    return Surroundings(
        page_doubt={page: sum(values) / len(values) for page, values in doubts.items()},
        page_doubtful={p: sum(v > DOUBTFUL for v in vs) / len(vs) for p, vs in doubts.items()},
        texts=texts,
        rare=sum(rare_letters(text) > 0 for text in labels) / max(1, len(labels)),
        manners=manners,
        row_heights=heights,
        steps={table.id: steps(table) for table in tables},
        unstopped={table.id: unstopped(table) for table in tables},
    )


def features(cell: Cell, table: Table, around: Surroundings) -> dict[str, float] | None:
    """Return the features of a cell, or None if its evidence has no confidence at all."""
    if all(e.confidence is None for e in cell.evidence):
        return None
    seen = {
        e.source: e.confidence
        for e in cell.evidence
        if e.role is Role.SCORE and e.confidence is not None
    }
    own: dict[str, float] = {
        "page_doubt": _log(around.page_doubt.get(cell.page, 0.0)),
        "odd": _odd(cell, table, around),
    }
    ink_read, page_doubtful = (
        seen.get(EvidenceSource.NO_INK_LEFT, 1.0),
        around.page_doubtful.get(cell.page, 0.0),
    )
    if not cell.text:
        return own | {
            "inked": float(ink_read < 1),
            "unread": float(_least(cell) is not None),
            "row_height": _log(around.row_heights[table.id]),
        }
    place = cell.row, cell.col
    step = around.steps[table.id].get(place)
    n_faults = faults(cell.text) + (place in around.unstopped[table.id])
    return own | {
        "omitted": _log(1 - seen.get(EvidenceSource.NO_LETTER_LOST, 1.0)),
        "ink_left": _log(1 / max(ink_read, SURE) - 1),
        "covered": 1 - seen.get(EvidenceSource.CLEAR_OF_MARKS, 1.0),
        "grid": seen.get(EvidenceSource.BORDERS, 1.0),
        "page_doubtful": _log(page_doubtful + NONE_YET),
        "page_lost": page_doubtful,
        "stranger": _stranger(cell, table, around),
        "faults": float(min(2, n_faults)),
        "rare": min(2, rare_letters(cell.text)) * (1 - around.rare),
        "in_step": 0.0 if step is None else 1.0 if step else -1.0,
        **_of_readings(cell, around),
    }


def _of_readings(cell: Cell, around: Surroundings) -> dict[str, float]:
    """Return the features from the readings of a cell and from equal texts in the document."""
    doubt, own = 1 - (_least(cell) or 0.0), folded(cell.text)
    again = [e for e in cell.evidence if e.role is Role.REREADING]
    others = [folded(e.text or "") != own for e in again]
    times = around.texts[own] if _is_label(own) else 1
    return {
        "doubt": _log(doubt),
        "again": _log(max((1 - (e.confidence or 0.0) for e in again), default=doubt)),
        "disagree": sum(others) / len(others) if others else 0.0,
        "repeated": float(min(times - 1, MOST)),
    }


def manner(text: str) -> str:
    """Return the format of a text: empty, words, or a figure with its decimal places."""
    plain = text.strip()
    if not plain:
        return "empty"
    if match := _FIGURE.fullmatch(plain):
        return f"figure{len(match.group(1) or '')}{match.group(2) or ''}"
    return MIXED if sum(c.isdigit() for c in plain) * 2 > len(plain) else "words"


def _odd(cell: Cell, table: Table, around: Surroundings) -> float:
    column = around.manners.get((table.id, cell.col))
    if column is None or cell.row < table.header_rows:
        return 0.0
    own = manner(cell.text)
    others = {name: times - (name == own) for name, times in column.items()}
    if cell.text:
        others["empty"] = 0  # empty cells say nothing about the format of filled ones
    total = sum(others.values())
    return (max(others.values()) - others[own]) / total if total >= FEW else 0.0


def _stranger(cell: Cell, table: Table, around: Surroundings) -> float:
    """Return the share (0 to 1) of clean figures in the column of a mixed one."""
    column = around.manners.get((table.id, cell.col))
    if column is None or cell.row < table.header_rows or manner(cell.text) != MIXED:
        return 0.0
    filled = column.total() - column["empty"] - 1
    clean = filled + 1 - column[MIXED] - column["words"]
    return clean / filled if filled >= FEW else 0.0


def _row_height(cell: Cell) -> float:
    """Return the mean height of a cell's rows on the scan, px; the page may be rotated."""
    top_left, _, _, bottom_left = cell.polygon[:4]
    return math.dist(top_left, bottom_left) / cell.rowspan


def _least(cell: Cell) -> float | None:
    """Return the probability of the most doubtful character, or None if nothing was read."""
    for evidence in cell.evidence:
        if evidence.text is not None and evidence.confidence is not None:
            return evidence.confidence
    return None


def _is_label(text: str) -> bool:
    return REPEATED <= len(text) <= LONGEST and not any(c.isdigit() for c in text)


def _log(value: float) -> float:
    return math.log10(max(value, SURE))
