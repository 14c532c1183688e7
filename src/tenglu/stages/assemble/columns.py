"""Match the columns of the parts of a table."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.stages.assemble.page_result import Part

MOST_KEYSTONE = 0.08  # perspective that moves the middle of a table by 1/50 of its width
KEYSTONES = np.linspace(-MOST_KEYSTONE, MOST_KEYSTONE, 65)
LEAST_INNER = 3  # inner boundaries that must agree, since one degree of freedom is fitted


class Columns(NamedTuple):
    """Columns of a joined table."""

    edges: list[float]  # (n_cols + 1,) boundaries, 0 at the left side, 1 at the right
    places: list[list[int]]  # for each part, the index in edges of each of its boundaries

    @property
    def fit(self) -> bool:
        """Whether every column of every part spans one or more of the columns."""
        return all(all(first < last for first, last in pairwise(own)) for own in self.places)


def common_columns(parts: Sequence[Part]) -> Columns:
    """Merge the column boundaries of parts where they agree, but never two of one part."""
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
    """Return the column boundaries of each part, with remaining perspective corrected.

    The correction is applied only if all boundaries of a part then agree with those of the part
    that has most.
    """
    slack = max(part.column_slack for part in parts)
    most = max(parts, key=lambda part: len(part.columns))
    return [_like(part.columns, most.columns, slack) for part in parts]


def _like(columns: list[float], others: Sequence[float], slack: float) -> list[float]:
    """Return columns with the perspective of others, if they agree only after this correction."""
    own, inner = np.array(columns), len(columns) - 2
    if inner < LEAST_INNER or _off(own, others).max() <= slack:
        return columns
    seen = [own * (1 + k) / (1 + k * own) for k in KEYSTONES]
    off = [float(_off(places, others).max()) for places in seen]
    best = int(np.argmin(off))
    return seen[best].tolist() if off[best] <= slack else columns


def _off(own: NDArray[np.float64], others: Sequence[float]) -> NDArray[np.float64]:
    """Return (n,) distances of each boundary to the nearest of the others."""
    distances: NDArray[np.float64] = np.abs(own[:, None] - np.array(others)).min(axis=1)
    return distances
