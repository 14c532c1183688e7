"""Align the columns of the parts of a table across pages."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.stages.assemble.page_result import Part

MOST_KEYSTONE = 0.08  # moves the middle of a table by a fiftieth of its width
KEYSTONES = np.linspace(-MOST_KEYSTONE, MOST_KEYSTONE, 65)
LEAST_INNER = 3  # boundaries that must agree, as one of them is fitted


class Columns(NamedTuple):
    """Columns of a joined table."""

    edges: list[float]  # (n_cols + 1,) places of the boundaries, 0 at the left side, 1 at the right
    places: list[list[int]]  # for each part, which of these each of its boundaries is

    @property
    def fit(self) -> bool:
        """Return whether each column of a part maps to one or more joined columns."""
        return all(all(first < last for first, last in pairwise(own)) for own in self.places)


def common_columns(parts: Sequence[Part]) -> Columns:
    """Merge boundaries of the parts that agree; never two of one part."""
    slack = max(part.column_slack for part in parts)
    level = level_columns(parts)
    clusters: list[dict[int, float]] = []
    for place, i in sorted((x, i) for i, columns in enumerate(level) for x in columns):
        if clusters and i not in clusters[-1] and place - max(clusters[-1].values()) <= slack:
            clusters[-1][i] = place
        else:
            clusters.append({i: place})
    edges = [sum(cluster.values()) / len(cluster) for cluster in clusters]
    places = [
        [min(range(len(edges)), key=lambda j: abs(edges[j] - x)) for x in columns]
        for columns in level
    ]
    return Columns(edges, places)


def level_columns(parts: Sequence[Part]) -> list[list[float]]:
    """Return the column boundaries of each part, corrected for residual perspective.

    A part keeps its boundaries unless all of them then agree with those of the part with the most.
    """
    slack = max(part.column_slack for part in parts)
    most = max(parts, key=lambda part: len(part.columns))
    return [_like(part.columns, most.columns, slack) for part in parts]


def _like(columns: list[float], others: Sequence[float], slack: float) -> list[float]:
    """Correct a keystone distortion of columns if this makes them agree with others."""
    own, inner = np.array(columns), len(columns) - 2
    if inner < LEAST_INNER or _off(own, others).max() <= slack:
        return columns
    seen = [own * (1 + k) / (1 + k * own) for k in KEYSTONES]
    off = [float(_off(places, others).max()) for places in seen]
    best = int(np.argmin(off))
    return seen[best].tolist() if off[best] <= slack else columns


def _off(own: NDArray[np.float64], others: Sequence[float]) -> NDArray[np.float64]:
    """Return the distance of each boundary to the nearest of the others."""
    distances: NDArray[np.float64] = np.abs(own[:, None] - np.array(others)).min(axis=1)
    return distances
