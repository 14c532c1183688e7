"""Move boundaries to the drawn line or into the white, so that they cut no letter."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Mask

DRAWN = 0.6  # share of a line that is ink: a rule
SLACK = 0.25  # type heights around a band; the maps are coarser than the page


def snap(
    ink: Mask,
    bands: Sequence[tuple[float, ...]],
    places: Sequence[float],
    parts: NDArray[np.bool_],
    look: tuple[float, float],
) -> list[float]:
    """Place level boundaries.

    Args:
        ink: (H, W) of the page.
        bands: middle, start and end of each boundary, the outer ones among them, px across.
        places: px along, where the fields between the boundaries of the other direction begin.
        parts: (n, fields) which fields the inner boundaries part.
        look: how much boundaries lean, and the height of type in px.
    """
    lean, unit = look
    whole = np.ones(len(places) - 1, bool)
    rows = [whole, *parts, whole]
    edges: list[float] = []
    for band, fields in zip(bands, rows, strict=True):
        along = _along(places, fields, ink.shape[1])
        middle = (places[0] + places[-1]) / 2
        edges.append(_snapped(ink, band, along, (lean, middle), SLACK * unit))
    return _rising(edges, [band[0] for band in bands])


def _along(places: Sequence[float], fields: NDArray[np.bool_], width: int) -> NDArray[np.int64]:
    spans = [
        np.arange(max(0, round(a)), min(width, round(b)))
        for (a, b), part in zip(pairwise(places), fields, strict=True)
        if part
    ]
    return np.concatenate(spans) if spans else np.zeros(0, np.int64)


def _snapped(
    ink: Mask,
    band: tuple[float, ...],
    along: NDArray[np.int64],
    leaning: tuple[float, float],
    slack: float,
) -> float:
    middle, start, end = band
    low, high = int(start - slack), int(np.ceil(end + slack)) + 1
    if not len(along):
        return middle
    shift = np.rint(leaning[0] * (along - leaning[1])).astype(int)
    across = np.arange(low, high)[:, None] + shift[None]
    shares = ink[np.clip(across, 0, ink.shape[0] - 1), along[None]].mean(axis=1)
    drawn = np.flatnonzero(shares >= DRAWN)
    if len(drawn):
        nearest = drawn[np.abs(drawn + low - middle).argmin()]
        line = [i for i in drawn if abs(i - nearest) <= slack]
        return low + float(np.mean(line)) + 0.5
    free = np.flatnonzero(shares <= shares.min() + 1e-9)
    best = free[np.abs(free + low + 0.5 - middle).argmin()]
    return middle if low + best <= middle < low + best + 1 else low + float(best) + 0.5


def _rising(edges: list[float], middles: Sequence[float]) -> list[float]:
    """The edges, or where two would meet, the middles they came from."""
    if all(a + 1 < b for a, b in pairwise(edges)):
        return edges
    return list(middles)
