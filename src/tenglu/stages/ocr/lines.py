"""Split an ink mask into lines of text by its horizontal projection profile."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Mask

TOUCHING = 0.17  # text heights; parts of a character are nearer, unless they are low as in 二
LOW = 0.55  # text heights; lower rows are dots, dashes and parts of a character
LOW_GAP = 0.45  # text heights; a low row this near to its neighbour belongs to it
TALLEST = 1.6  # text heights; two rows that are taller together are two lines
TWO_LINES = 1.75  # text heights; taller rows contain two lines that touch
LEAST_LINE = 0.6  # text heights; minimum height of each part of a split row
VALLEY = 0.35  # of the median ink per pixel row; two touching lines have less between them


class Run(NamedTuple):
    """Pixel rows of one line, ``end`` exclusive, and the blank rows around it, px."""

    start: int
    end: int
    free_above: int
    free_below: int


def mask_to_rows(mask: Mask, text_height: float) -> list[Run]:
    """Find the lines of text in an ink mask, from top to bottom.

    Args:
        mask: (H, W) True on ink.
        text_height: px.
    """
    profile = mask.sum(axis=1).astype(np.float64)
    runs = _merged(_runs(profile > 0), text_height)
    split = [part for start, end in runs for part in _split(profile, start, end, text_height)]
    height = mask.shape[0]
    ends = [0, *(end for _, end in split)]
    starts = [*(start for start, _ in split), height]
    return [
        Run(
            start,
            end,
            start - ends[i] if i == 0 else (start - ends[i]) // 2,
            starts[i + 1] - end if i + 1 == len(split) else (starts[i + 1] - end) // 2,
        )
        for i, (start, end) in enumerate(split)
    ]


def _runs(inked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.r_[False, inked, False].astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _merged(runs: list[tuple[int, int]], text_height: float) -> list[tuple[int, int]]:
    """Join the parts of a line: dots, dashes, upper and lower parts of characters."""
    runs = list(runs)
    while True:
        pairs = [i for i in range(len(runs) - 1) if _belong(runs[i], runs[i + 1], text_height)]
        if not pairs:
            return runs
        nearest = min(pairs, key=lambda i: (runs[i + 1][0] - runs[i][1], i))
        runs[nearest : nearest + 2] = [(runs[nearest][0], runs[nearest + 1][1])]


def _belong(a: tuple[int, int], b: tuple[int, int], text_height: float) -> bool:
    gap = b[0] - a[1]
    if b[1] - a[0] > TALLEST * text_height:
        return False
    low = min(a[1] - a[0], b[1] - b[0]) < LOW * text_height
    return gap <= TOUCHING * text_height or (low and gap <= LOW_GAP * text_height)


def _split(
    profile: NDArray[np.float64], start: int, end: int, text_height: float
) -> list[tuple[int, int]]:
    """Split a row that is too tall for one line at its lightest pixel row."""
    least = round(LEAST_LINE * text_height)
    if end - start < max(TWO_LINES * text_height, 2 * least + 1):
        return [(start, end)]
    inner = profile[start + least : end - least]
    lowest = int(inner.argmin()) + start + least
    if profile[lowest] > VALLEY * np.median(profile[start:end]):
        return [(start, end)]
    upper = _split(profile, start, lowest, text_height)
    return upper + _split(profile, lowest, end, text_height)
