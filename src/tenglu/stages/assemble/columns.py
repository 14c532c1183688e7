"""Which columns of the parts of a table are one."""

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
    """The columns of a whole table."""

    edges: list[float]  # (n_cols + 1,) places of the boundaries, 0 at the left side, 1 at the right
    places: list[list[int]]  # for each part, which of these each of its boundaries is

    @property
    def fit(self) -> bool:
        """Whether every column of every part is one of the columns, or several of them."""
        return all(all(first < last for first, last in pairwise(own)) for own in self.places)


def common_columns(parts: Sequence[Part]) -> Columns:
    """Boundaries of the parts, of which those that agree are one; two of one part never are."""
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
    """The column boundaries of each part, what perspective is left in a picture taken out.

    A part keeps its own unless all of them agree then with those of the part that has most.
    """
    slack = max(part.column_slack for part in parts)
    most = max(parts, key=lambda part: len(part.columns))
    return [_like(part.columns, most.columns, slack) for part in parts]


def _like(columns: list[float], others: Sequence[float], slack: float) -> list[float]:
    """Columns seen from where the others were seen, if they agree then and did not before."""
    own, inner = np.array(columns), len(columns) - 2
    if inner < LEAST_INNER or _off(own, others).max() <= slack:
        return columns
    seen = [own * (1 + k) / (1 + k * own) for k in KEYSTONES]
    off = [float(_off(places, others).max()) for places in seen]
    best = int(np.argmin(off))
    return seen[best].tolist() if off[best] <= slack else columns


def _off(own: NDArray[np.float64], others: Sequence[float]) -> NDArray[np.float64]:
    """How far each boundary is from the next of the others."""
    distances: NDArray[np.float64] = np.abs(own[:, None] - np.array(others)).min(axis=1)
    return distances
