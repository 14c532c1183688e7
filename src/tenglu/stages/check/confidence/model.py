"""Probability that the text of a cell is exactly right, fitted on drawn pages.

The probability is the logistic function of a weighted sum of features, each of which can only raise
or only lower it. The weights and their provenance are in model.json beside this file, written by
benchmarks/fit_confidence.py. Empty cells have their own weights, because other features matter for
them. The structure of a table has a confidence of its own.
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
"""Table id, row and column of a cell."""

MODEL_FILE = "model.json"
HIGHEST = 60.0  # exponent above which a probability is 0
MOST = 25  # most doubt of one cell, in targets: many sure cells do not make up for a doubtful one


class Curve(Frozen):
    """A fitted probability: the logistic function of weighted features."""

    bias: float
    weights: dict[str, float]


class Model(Frozen):
    """The curves for filled and empty cells, and how they were fitted."""

    filled: Curve
    empty: Curve
    provenance: dict[str, Any]


@cache
def fitted() -> Model:
    """Return the fitted model of the package."""
    text = files("tenglu.stages.check.confidence").joinpath(MODEL_FILE).read_text(encoding="utf-8")
    return Model.model_validate(json.loads(text))


def confidences(tables: Sequence[Table]) -> dict[At, float | None]:
    """Return the confidence (0 to 1) of each cell, or None if its evidence has none."""
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
    """Return the probability (0 to 1) for the given features."""
    score = curve.bias + sum(weight * seen[name] for name, weight in curve.weights.items())
    return 1 / (1 + math.exp(min(-score, HIGHEST)))


def review_below(scores: Sequence[float], target: float) -> float:
    """Return the confidence below which cells need review.

    Args:
        scores: confidences (0 to 1) of the cells of a document.
        target: share (0 to 1) of the cells without review that may be wrong.

    Returns:
        The least confidence such that the cells at or above it have a mean doubt of at most
        ``target``, and each a doubt of at most ``MOST`` times ``target``. It is above 1 if no cell
        meets this.
    """
    ascending = np.sort(np.asarray(scores, float))
    wrong = np.cumsum((1 - ascending)[::-1])[::-1] / np.arange(len(ascending), 0, -1)
    first = np.diff(ascending, prepend=-1.0) > 0  # cells of one confidence stay together
    enough = np.flatnonzero((wrong <= target) & (1 - ascending <= MOST * target) & first)
    return float(ascending[enough[0]]) if len(enough) else math.nextafter(1.0, 2.0)
