"""Probability that the text of a cell is exactly right, fitted on drawn pages.

Every cell becomes a few numbers, each of which can only raise or only lower the probability; it is
the logistic function of their weighted sum. Weights and where they come from lie in model.json
beside this file, which benchmarks/fit_confidence.py writes. Empty cells have weights of their own:
what speaks against a reading does not speak against white paper. Whether rows and columns are right
is told of the table, not here.
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from tenglu.model import Cell, Frozen, Table
from tenglu.stages.check.confidence.features import Surroundings, features, surroundings

At = tuple[str, int, int]
"""Table, row and column of a cell."""

MODEL_FILE = "model.json"
HIGHEST = 60.0  # exponent; beyond, a probability is nought
MOST = 25  # targets, of doubt in one cell: many sure cells do not pay for a doubtful one


class Curve(Frozen):
    """A fitted probability: the logistic function of weighted features."""

    bias: float
    weights: dict[str, float]


class Model(Frozen):
    """The curves of filled and of empty cells, and their source."""

    filled: Curve
    empty: Curve
    provenance: dict[str, Any]


@cache
def fitted() -> Model:
    """The model that comes with the package."""
    text = files("tenglu.stages.check.confidence").joinpath(MODEL_FILE).read_text(encoding="utf-8")
    return Model.model_validate(json.loads(text))


def confidences(tables: Sequence[Table]) -> dict[At, float | None]:
    """Score all cells of a document; None: no source is more or less sure of it."""
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
    """Weigh the features."""
    score = curve.bias + sum(weight * seen[name] for name, weight in curve.weights.items())
    return 1 / (1 + math.exp(min(-score, HIGHEST)))


def review_below(scores: Sequence[float], target: float) -> float:
    """The confidence below which cells must be looked at.

    Args:
        scores: confidences of the cells of a document.
        target: of the cells that nobody looks at, the share that may be wrong.

    Returns:
        The least confidence so that the cells from there on are wrong as seldom as ``target``,
        on average, and none of them oftener than ``MOST`` times that; above 1 where even the
        surest cells are not sure enough.
    """
    ascending = np.sort(np.asarray(scores, float))
    wrong = np.cumsum((1 - ascending)[::-1])[::-1] / np.arange(len(ascending), 0, -1)
    first = np.diff(ascending, prepend=-1.0) > 0  # cells of one confidence stay together
    enough = np.flatnonzero((wrong <= target) & (1 - ascending <= MOST * target) & first)
    return float(ascending[enough[0]]) if len(enough) else math.nextafter(1.0, 2.0)
