"""Which stretches of white part columns: a fitted judge of gutters.

A gutter between two columns is wide, or has the ends of words on it in line from row to row; a gap
that words of a like length leave inside a column is narrow and everywhere the same. Weights lie in
gutters.json beside this file, which benchmarks/fit_gutters.py writes.
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.stages.tables.blocks import Line

NARROWEST = 0.22  # text heights of white that may be a gutter at all
SPANS = 0.15  # text heights that a word over a gutter reaches into both columns
MODEL_FILE = "gutters.json"
HIGHEST = 40.0  # exponent
FAR = 3.0  # text heights: wider white and wider shifts tell no more

Gutter = tuple[float, float]


class Column(NamedTuple):
    """What stands between two gutters, one value a row; NaN: nothing."""

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    height: NDArray[np.float64]  # of the highest word


def candidates(rows: Sequence[Line], known: Sequence[Gutter], text_height: float) -> list[Gutter]:
    """White that all words keep but those that span one of the gutters that are known."""
    reach = SPANS * text_height
    columns: list[list[float]] = []
    words = [
        (x0, x1)
        for row in rows
        for x0, x1 in zip(row.words.x0.tolist(), row.words.x1.tolist(), strict=True)
        if not any(x0 < a - reach and x1 > b + reach for a, b in known)
    ]
    for x0, x1 in sorted(words):
        if columns and x0 - columns[-1][1] < NARROWEST * text_height:
            columns[-1][1] = max(columns[-1][1], x1)
        else:
            columns.append([x0, x1])
    return [(a[1], b[0]) for a, b in pairwise(columns)]


def judged(
    rows: Sequence[Line], gutters: Sequence[Gutter], ruled: Sequence[float], text_height: float
) -> list[tuple[Gutter, float]]:
    """Leave out the least likely gutter until each is likelier than not.

    Args:
        rows: of a table.
        gutters: candidates, left to right.
        ruled: share of the height of the table along which a rule runs down each of them.
        text_height: px.

    Returns:
        The gutters that stay, each with its probability.
    """
    left = list(zip(gutters, ruled, strict=True))
    while left:
        seen = features(rows, [g for g, _ in left], [r for _, r in left], text_height)
        chances = [probability(one) for one in seen]
        worst = int(np.argmin(chances))
        if chances[worst] >= 0.5:  # noqa: PLR2004 - likelier than not
            return [(g, p) for (g, _), p in zip(left, chances, strict=True)]
        del left[worst]
    return []


def features(
    rows: Sequence[Line], gutters: Sequence[Gutter], ruled: Sequence[float], text_height: float
) -> list[dict[str, float]]:
    """What speaks for and against each gutter."""
    columns = _columns(rows, gutters, text_height)
    widths = np.array([b - a for a, b in gutters]) / text_height
    usual = float(np.median(widths)) if len(widths) else 1.0
    found = []
    for k, width in enumerate(widths.tolist()):
        before, after = columns[k], columns[k + 1]
        both = ~np.isnan(before.right) & ~np.isnan(after.left)
        gaps = (after.left - before.right)[both] / text_height
        n_before, n_after = (int((~np.isnan(c.left)).sum()) for c in (before, after))
        found.append(
            {
                "width": min(width, FAR),
                "narrow": math.log(max(width, 0.1)),
                "like_others": math.log(max(width, 0.1) / max(usual, 0.1)),
                "rows_both": math.log1p(len(gaps)),
                "share_both": len(gaps) / max(1, min(n_before, n_after)),
                "fewer": min(n_before, n_after) / len(rows),
                "usual_gap": min(float(np.median(gaps)), FAR) if len(gaps) else FAR,
                "gap_spread": min(float(np.std(gaps)), FAR) if len(gaps) else 0.0,
                "ragged_before": _spread(before.right, text_height),
                "ragged_after": _spread(after.left, text_height),
                "aligned_before": _alignment(before, text_height),
                "aligned_after": _alignment(after, text_height),
                "other_type": _contrast(before, after, text_height),
                "few_rows": 1 / len(rows),
                "ruled": float(ruled[k]),
            }
        )
    return found


def _columns(rows: Sequence[Line], gutters: Sequence[Gutter], text_height: float) -> list[Column]:
    cuts = np.array([(a + b) / 2 for a, b in gutters])
    shape = (len(cuts) + 1, len(rows))
    left, right = np.full(shape, np.nan), np.full(shape, np.nan)
    height = np.full(shape, np.nan)
    reach = SPANS * text_height
    for i, row in enumerate(rows):
        words = row.words
        first = np.searchsorted(cuts, words.x0 + reach)
        last = np.searchsorted(cuts, words.x1 - reach)
        for j in np.flatnonzero(first == last).tolist():
            k = first[j]
            left[k, i] = np.fmin(left[k, i], words.x0[j])
            right[k, i] = np.fmax(right[k, i], words.x1[j])
            height[k, i] = np.fmax(height[k, i], words.y1[j] - words.y0[j])
    return [Column(*sides) for sides in zip(left, right, height, strict=True)]


def _spread(ends: NDArray[np.float64], text_height: float) -> float:
    """How far ends are off their median, usually."""
    known = ends[~np.isnan(ends)]
    if not len(known):
        return 0.0
    return min(float(np.abs(known - np.median(known)).mean()) / text_height, FAR)


def _alignment(column: Column, text_height: float) -> float:
    """How far the left ends, the right ends or the middles are off a line, whichever is least."""
    middles = (column.left + column.right) / 2
    return min(_spread(ends, text_height) for ends in (column.left, column.right, middles))


def _contrast(before: Column, after: Column, text_height: float) -> float:
    """How much the usual height of type differs: figures are lower than characters."""
    usual = [
        float(np.median(c.height[~np.isnan(c.height)])) if (~np.isnan(c.height)).any() else 0.0
        for c in (before, after)
    ]
    return abs(usual[0] - usual[1]) / text_height if min(usual) else 0.0


@cache
def _model() -> tuple[float, Mapping[str, float]]:
    text = files("tenglu.stages.tables").joinpath(MODEL_FILE).read_text(encoding="utf-8")
    kept = json.loads(text)
    return kept["bias"], kept["weights"]


def probability(seen: Mapping[str, float]) -> float:
    """Weigh the features of a gutter."""
    bias, weights = _model()
    score = bias + sum(weight * seen[name] for name, weight in weights.items())
    return 1 / (1 + math.exp(min(-score, HIGHEST)))
