"""Which neighbours a boundary parts, and which are one cell."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.stages.tables.learned.boundaries import Boundary

WALL = 0.5  # probability at which two neighbours are two cells
USUAL = 0.7  # share of a boundary that parts; such a boundary needs less to part elsewhere
WALL_OF_USUAL = 0.3
INSET = 0.15  # of a cell at each end, where other separators meet


class Walls(NamedTuple):
    """Probability that neighbours are parted."""

    rows: NDArray[np.float32]  # (n_rows - 1, n_cols) one above another
    cols: NDArray[np.float32]  # (n_rows, n_cols - 1) side by side


def find_walls(
    rows: Sequence[Boundary], cols: Sequence[Boundary], sides: tuple[float, float, float, float]
) -> Walls:
    """Measure the boundaries between each two neighbours; ``sides``: left, top, right, bottom."""
    left, top, right, bottom = sides
    xs = [left, *(b.middle for b in cols), right]
    ys = [top, *(b.middle for b in rows), bottom]
    return Walls(_along(rows, xs), _along(cols, ys).T)


def _along(boundaries: Sequence[Boundary], places: Sequence[float]) -> NDArray[np.float32]:
    """Mean probability of each boundary between each two places."""
    means = np.zeros((len(boundaries), len(places) - 1), np.float32)
    for number, boundary in enumerate(boundaries):
        for field, (start, end) in enumerate(pairwise(places)):
            inset = INSET * (end - start)
            low = min(max(0, int(start + inset)), len(boundary.seen) - 1)
            high = max(low + 1, int(np.ceil(end - inset)))
            means[number, field] = boundary.seen[low:high].mean()
    return means


def tile(walls: Walls) -> NDArray[np.int64]:
    """Labels of the cells, (n_rows, n_cols); each label fills a rectangle."""
    parted = _parted(walls.rows), _parted(walls.cols.T).T
    labels = _labels(*parted)
    while (odd := _first_odd(labels)) is not None:
        rows, cols = np.nonzero(labels == odd)
        box = slice(rows.min(), rows.max() + 1), slice(cols.min(), cols.max() + 1)
        _divide(parted, walls, box)
        labels = _labels(*parted)
    return labels


def _parted(walls: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where boundaries part: one that does so nearly everywhere needs less proof."""
    sure = walls > WALL
    usual = sure.mean(axis=1, keepdims=True) >= USUAL
    parted: NDArray[np.bool_] = sure | (usual & (walls > WALL_OF_USUAL))
    return parted


def _labels(rows: NDArray[np.bool_], cols: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number the fields that no wall parts."""
    n_rows, n_cols = cols.shape[0], rows.shape[1]
    labels = np.arange(n_rows * n_cols).reshape(n_rows, n_cols)
    while True:
        before = labels.copy()
        for row in range(1, n_rows):
            low = np.minimum(labels[row], labels[row - 1])
            labels[row] = np.where(rows[row - 1], labels[row], low)
            labels[row - 1] = np.where(rows[row - 1], labels[row - 1], low)
        for col in range(1, n_cols):
            low = np.minimum(labels[:, col], labels[:, col - 1])
            labels[:, col] = np.where(cols[:, col - 1], labels[:, col], low)
            labels[:, col - 1] = np.where(cols[:, col - 1], labels[:, col - 1], low)
        if (before == labels).all():
            return labels


def _first_odd(labels: NDArray[np.int64]) -> int | None:
    """A label that fills no rectangle."""
    for label in np.unique(labels):
        rows, cols = np.nonzero(labels == label)
        if (np.ptp(rows) + 1) * (np.ptp(cols) + 1) != len(rows):
            return int(label)
    return None


def _divide(
    parted: tuple[NDArray[np.bool_], NDArray[np.bool_]], walls: Walls, box: tuple[slice, slice]
) -> None:
    """Part an odd cell along the boundary in its box that is the likeliest and not yet whole."""
    rows, cols = box
    levels = slice(rows.start, rows.stop - 1), cols
    plumbs = rows, slice(cols.start, cols.stop - 1)
    best: tuple[float, int, int] | None = None
    for axis, (walled, area) in enumerate(((walls.rows, levels), (walls.cols.T, plumbs[::-1]))):
        done = (parted[0] if axis == 0 else parted[1].T)[area]
        for number, (line, whole) in enumerate(zip(walled[area], done, strict=True)):
            if not whole.all():
                strength = float(np.where(whole, 1.0, line).mean())
                best = max(best or (-1.0, 0, 0), (strength, axis, number))
    if best is None:
        raise AssertionError("a cell without inner boundaries fills its box")
    _, axis, number = best
    if axis == 0:
        parted[0][rows.start + number, cols] = True
    else:
        parted[1][rows, cols.start + number] = True
