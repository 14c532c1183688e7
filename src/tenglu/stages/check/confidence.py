"""Probability that the text of a cell is exactly right, fitted on drawn pages.

Every cell becomes a few numbers, each of which can only raise or only lower the probability; a
weighted sum of them is looked up in a rising staircase. Weights, stairs and where they come from
lie in confidence.json beside this file, which benchmarks/fit_confidence.py writes. Filled and empty
cells have models of their own: what speaks against the one does not against the other.
"""

import json
import math
import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from tenglu.model import Cell, Frozen, Table

Place = tuple[str, int, int]
"""Table, row and column of a cell."""

MODEL_FILE = "confidence.json"
SURE = 1e-4  # probabilities of an engine are told no finer
FEW = 3  # other cells of a column, before it has a manner
REPEATED = 2  # characters; shorter labels repeat by chance
DOUBTFUL = 0.2  # a reading with more doubt counts
NONE_YET = 0.01  # added to a share: one page tells no finer
LIKE = 0.15  # share by which heights may differ and be alike
MOST = 3  # repetitions that add to the evidence
EMPTY = 0.995  # an empty cell without a speck of ink: what remains is ink too faint to see
_FIGURE = re.compile(r"[-+(（△]?[\d,]+(\.\d+)?[)）]?(%|％)?")

FILLED_SIGNS: Mapping[str, int] = {
    "doubt": -1,  # of the most doubtful character, log10
    "rival": -1,  # probability of the best other reading, log10
    "omitted": -1,  # probability of a character where none was read, log10
    "ink_left": -1,  # squares of the text height, log10
    "covered": -1,  # share of the cell that lay under a mark
    "grid": 1,  # support of the weakest side
    "length": -1,  # characters, log10
    "page_doubt": -1,  # mean doubt of the page, log10
    "page_doubtful": -1,  # share of its readings that are doubtful, log10
    "row_height": 1,  # px, usual in the table, log10: type is the larger
    "tall": -1,  # usual heights of a row, log10: two rows taken for one; less where heights differ
    "odd": -1,  # share of the column that is written in another manner
    "repeated": 1,  # times the text stands elsewhere in the document
    "disagree": -1,  # whether another reading says otherwise
}
EMPTY_SIGNS: Mapping[str, int] = {
    "ink_left": -1,
    "covered": -1,
    "grid": 1,
    "page_doubt": -1,
    "page_doubtful": -1,
    "row_height": 1,
    "odd": -1,  # share of the column that is not empty
    "unread": -1,  # whether there was ink of which nothing could be read
}
"""What is looked at, and whether more of it makes a reading better (1) or worse (-1)."""


class Curve(Frozen):
    """A fitted model: weights of the features, and stairs from their sum to a probability."""

    weights: dict[str, float]
    scores: tuple[float, ...]  # ascending
    probabilities: tuple[float, ...]  # rising, one a score


class Model(Frozen):
    """Both models and their source."""

    filled: Curve
    empty: Curve
    provenance: dict[str, Any]


class Surroundings(NamedTuple):
    """What the rest of the document tells about its cells."""

    page_doubt: Mapping[int, float]  # page -> mean doubt of its cells, 0 to 1
    page_doubtful: Mapping[int, float]  # page -> share of its cells with a doubt that counts
    texts: Counter[str]  # labels of the document
    manners: Mapping[tuple[str, int], Counter[str]]  # table and column -> manner -> cells
    row_heights: Mapping[str, float]  # table -> usual height of a row, px
    regular: Mapping[str, float]  # table -> share of its cells that are about as high


@cache
def fitted() -> Model:
    """The model that comes with the package."""
    text = files("tenglu.stages.check").joinpath(MODEL_FILE).read_text(encoding="utf-8")
    return Model.model_validate(json.loads(text))


def cell_confidence(cell: Cell) -> float | None:
    """Probability that the text of a cell is exactly right; None: no witness has spoken."""
    seen = {
        evidence.witness: evidence.confidence
        for evidence in cell.evidence
        if evidence.confidence is not None
    }
    if not seen:
        return None
    ink_read = seen.get("no-ink-left", 1.0)
    readings = [
        evidence.confidence
        for evidence in cell.evidence
        if evidence.text is not None
        and evidence.confidence is not None
        and not evidence.witness.endswith("/runner-up")
    ]
    if not readings:
        return round(EMPTY * ink_read, 4)
    nothing_lost = seen.get("no-letter-lost", 1.0)
    return round(min(readings) * nothing_lost * ink_read, 4)


def confidences(tables: Sequence[Table]) -> dict[Place, float | None]:
    """Score all cells of a document; None: no witness has spoken of the cell."""
    around, model = surroundings(tables), fitted()
    return {
        (table.id, cell.row, cell.col): _confidence(cell, table, around, model)
        for table in tables
        for cell in table.cells
    }


def _confidence(cell: Cell, table: Table, around: Surroundings, model: Model) -> float | None:
    seen = features(cell, table, around)
    if seen is None:
        return None
    return round(probability(model.filled if cell.text else model.empty, seen), 6)


def probability(curve: Curve, seen: Mapping[str, float]) -> float:
    """Weigh the features and look their sum up."""
    score = sum(weight * seen[name] for name, weight in curve.weights.items())
    return float(np.interp(score, curve.scores, curve.probabilities))


def review_below(scores: Sequence[float], target: float) -> float:
    """The confidence below which cells must be looked at.

    Args:
        scores: confidences of all cells of a document.
        target: of the cells that nobody looks at, the share that may be wrong.

    Returns:
        The least confidence so that the cells from there on are wrong as seldom as ``target``,
        on average; above 1 where even the surest cells are not sure enough.
    """
    ascending = np.sort(np.asarray(scores, float))
    wrong = np.cumsum((1 - ascending)[::-1])[::-1] / np.arange(len(ascending), 0, -1)
    first = np.diff(ascending, prepend=-1.0) > 0  # cells of one confidence stay together
    enough = np.flatnonzero((wrong <= target) & first)
    return float(ascending[enough[0]]) if len(enough) else math.nextafter(1.0, 2.0)


def surroundings(tables: Sequence[Table]) -> Surroundings:
    """Look at the whole document once."""
    doubts: dict[int, list[float]] = {}
    texts: Counter[str] = Counter()
    manners: dict[tuple[str, int], Counter[str]] = {}
    for table in tables:
        for cell in table.cells:
            least = _least(cell)
            if least is not None:
                doubts.setdefault(cell.page, []).append(1 - least)
            texts[cell.text] += 1
            if cell.row >= table.header_rows:
                manners.setdefault((table.id, cell.col), Counter())[manner(cell.text)] += 1
    means = {page: sum(values) / len(values) for page, values in doubts.items()}
    heights = {table.id: statistics.median(map(_row_height, table.cells)) for table in tables}
    regular = {
        table.id: _share_like([_row_height(cell) for cell in table.cells], heights[table.id])
        for table in tables
    }
    doubtful = {p: sum(v > DOUBTFUL for v in vs) / len(vs) for p, vs in doubts.items()}
    return Surroundings(means, doubtful, texts, manners, heights, regular)


def features(cell: Cell, table: Table, around: Surroundings) -> dict[str, float] | None:
    """The numbers that a cell is judged by; None: no witness has spoken of it."""
    seen = {e.witness: e.confidence for e in cell.evidence if e.confidence is not None}
    if not seen:
        return None
    own: dict[str, float] = {
        "ink_left": _log(1 / max(seen.get("no-ink-left", 1.0), SURE) - 1),
        "covered": 1 - seen.get("clear-of-marks", 1.0),
        "grid": seen.get("grid", 1.0),
        "page_doubt": _log(around.page_doubt.get(cell.page, 0.0)),
        "page_doubtful": _log(around.page_doubtful.get(cell.page, 0.0) + NONE_YET),
        "row_height": _log(around.row_heights[table.id]),
        "odd": _odd(cell, table, around),
    }
    least = _least(cell)
    if not cell.text:
        return own | {"unread": float(least is not None)}
    rivals = [e.confidence or 0.0 for e in cell.evidence if e.witness.endswith("/runner-up")]
    others = around.texts[cell.text] - 1 if _is_label(cell.text) else 0
    return own | {
        "doubt": _log(1 - (least or 0.0)),
        "rival": _log(max(rivals, default=0.0)),
        "tall": max(0.0, _log(_row_height(cell)) - own["row_height"])
        * around.regular[table.id] ** 2,
        "omitted": _log(1 - seen.get("no-letter-lost", 1.0)),
        "length": math.log10(len(cell.text)),
        "repeated": float(min(others, MOST)),
        "disagree": float(any(text != cell.text for text in _second_texts(cell))),
    }


def manner(text: str) -> str:
    """How a text is written: nothing, words, or a figure with so many places."""
    plain = text.strip()
    if not plain:
        return "empty"
    if match := _FIGURE.fullmatch(plain):
        return f"figure{len(match.group(1) or '')}{match.group(2) or ''}"
    return "figures" if sum(c.isdigit() for c in plain) * 2 > len(plain) else "words"


def _odd(cell: Cell, table: Table, around: Surroundings) -> float:
    column = around.manners.get((table.id, cell.col))
    if column is None or cell.row < table.header_rows:
        return 0.0
    own = manner(cell.text)
    others = column.total() - 1
    if cell.text:
        others -= column["empty"]  # figures may be left out, and say nothing of those that are not
    if others < FEW:
        return 0.0
    return 1 - (column[own] - 1) / others


def _row_height(cell: Cell) -> float:
    """Height of the cell's rows on the scan, px; upright pages or not."""
    top_left, _, _, bottom_left = cell.polygon[:4]
    return math.dist(top_left, bottom_left) / cell.rowspan


def _share_like(heights: Sequence[float], usual: float) -> float:
    return sum(abs(height - usual) <= LIKE * usual for height in heights) / len(heights)


def _least(cell: Cell) -> float | None:
    """Probability of the most doubtful character; None: nothing was read."""
    for evidence in cell.evidence:
        if evidence.text is not None and evidence.confidence is not None:
            return evidence.confidence
    return None


def _second_texts(cell: Cell) -> list[str]:
    """What further readings say, but for runners-up, which are of the same reading."""
    read = [e for e in cell.evidence if e.text is not None and not e.witness.endswith("/runner-up")]
    return [e.text for e in read[1:] if e.text is not None and e.confidence is not None]


def _is_label(text: str) -> bool:
    return len(text) >= REPEATED and not any(c.isdigit() for c in text)


def _log(value: float) -> float:
    return math.log10(max(value, SURE))
