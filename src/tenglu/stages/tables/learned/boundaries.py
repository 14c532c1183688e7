"""Find the boundaries of one direction in the map of a table."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.stages.tables.learned.maps import Map

SEEN = 0.5  # probability at which a separator is taken for one
SHORTEST = 1.2  # type heights; no cell is narrower
ALIKE = 0.4  # type heights; middles that lie nearer are of one boundary
BESIDE = 1.0  # type heights; wide gaps may be seen with their middles this far apart
STEEPEST = 0.04  # about two degrees
LONG = 0.3  # of the map; shorter pieces do not tell how a page leans


class Boundary(NamedTuple):
    """One separator from end to end of a table, in px of the map, across and along it."""

    middle: float
    start: float  # where the gap or the line begins, across
    end: float
    seen: NDArray[np.float32]  # (length,) probability along it


class Runs(NamedTuple):
    """Pieces of separators, one for each px along them."""

    along: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]

    @property
    def middle(self) -> NDArray[np.float64]:
        """Across the separator."""
        middle: NDArray[np.float64] = (self.start + self.end) / 2
        return middle


def find_lean(levels: Map) -> float:
    """How much level separators fall for each px to the right."""
    seen = (levels > SEEN).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(seen, connectivity=8)
    wide = stats[:, cv2.CC_STAT_WIDTH]
    leans, weights = [], []
    for label in range(1, count):
        if wide[label] < LONG * levels.shape[1] or wide[label] < stats[label, cv2.CC_STAT_HEIGHT]:
            continue
        x, y, w, h = stats[label, :4]
        own = labels[y : y + h, x : x + w] == label
        middles = (own * np.arange(h)[:, None]).sum(axis=0) / np.maximum(own.sum(axis=0), 1)
        leans.append(np.polyfit(np.arange(w), middles, 1)[0])
        weights.append(float(w))
    if not leans:
        return 0.0
    order = np.argsort(leans)
    shares = np.cumsum(np.array(weights)[order])
    lean = float(leans[order[np.searchsorted(shares, shares[-1] / 2)]])
    return lean if abs(lean) <= STEEPEST else 0.0


def find_boundaries(levels: Map, unit: float) -> list[Boundary]:
    """Find level boundaries from top to bottom.

    Args:
        levels: (h, w) probability of a level separator, straightened.
        unit: height of the type, px of the map.
    """
    runs = _runs(levels > SEEN)
    if not len(runs.along):
        return []
    peaks = _peaks(runs.middle, levels.shape[0], SHORTEST * unit)
    if not peaks:
        return []
    nearest = np.abs(runs.middle[:, None] - np.array(peaks)[None]).argmin(axis=1)
    near = np.abs(runs.middle - np.array(peaks)[nearest])
    kept = near <= np.maximum(ALIKE * unit, (runs.end - runs.start) / 2)
    groups = [np.flatnonzero(kept & (nearest == k)) for k in range(len(peaks))]
    groups = _joined([g for g in groups if len(g)], runs, unit)
    return [_boundary(levels, runs, group) for group in groups]


def _runs(seen: NDArray[np.bool_]) -> Runs:
    """Runs of set pixels down each column."""
    edges = np.diff(np.pad(seen, ((1, 1), (0, 0))).astype(np.int8), axis=0).T
    along, start = np.nonzero(edges == 1)
    _, end = np.nonzero(edges == -1)
    return Runs(along, start.astype(np.float64), end.astype(np.float64))


def _peaks(middles: NDArray[np.float64], height: int, least: float) -> list[float]:
    """Middles that many runs share."""
    counts = np.bincount(np.rint(middles * 2).astype(int), minlength=2 * height + 1).astype(float)
    smooth = cv2.GaussianBlur(counts[None], (0, 0), 1.5)[0]
    tall = np.convolve(counts, np.ones(5), "same") >= least
    rising = np.r_[True, smooth[1:] > smooth[:-1]]
    falling = np.r_[smooth[:-1] >= smooth[1:], True]
    return [float(at) / 2 for at in np.flatnonzero(rising & falling & tall)]


def _joined(groups: list[NDArray[np.int64]], runs: Runs, unit: float) -> list[NDArray[np.int64]]:
    """Groups of runs, those of one boundary as one."""
    joined: list[NDArray[np.int64]] = []
    for group in groups:
        if joined and _are_one(joined[-1], group, runs, unit):
            joined[-1] = np.r_[joined[-1], group]
        else:
            joined.append(group)
    return joined


def _are_one(upper: NDArray[np.int64], lower: NDArray[np.int64], runs: Runs, unit: float) -> bool:
    """Whether two groups lie beside each other in one gap."""
    middles = [float(np.median(runs.middle[g])) for g in (upper, lower)]
    apart = middles[1] - middles[0]
    if apart <= ALIKE * unit:
        return True
    both = len(np.intersect1d(runs.along[upper], runs.along[lower], assume_unique=False))
    if both > 0.2 * min(len(upper), len(lower)):
        return False
    reaches = float(np.median(runs.end[upper])) > middles[1]
    reaches |= float(np.median(runs.start[lower])) < middles[0]
    return reaches and apart <= BESIDE * unit


def _boundary(levels: Map, runs: Runs, group: NDArray[np.int64]) -> Boundary:
    start, end = float(np.median(runs.start[group])), float(np.median(runs.end[group]))
    middle = float(np.median(runs.middle[group]))
    top = max(0, min(int(start), int(middle - 1)))
    bottom = max(top + 1, int(np.ceil(max(end, middle + 1))))
    return Boundary(middle, start, end, levels[top:bottom].max(axis=0))


def straightened(picture: Map, lean: float) -> Map:
    """The map with its level separators level."""
    if lean == 0:
        return picture
    matrix = np.array([[1, 0, 0], [-lean, 1, lean * picture.shape[1] / 2]])
    level: Map = cv2.warpAffine(picture, matrix, picture.shape[::-1], flags=cv2.INTER_LINEAR)
    return level


def inner(boundaries: Sequence[Boundary], low: float, high: float) -> list[Boundary]:
    """The boundaries between two places across them."""
    return [b for b in boundaries if low < b.middle < high]
