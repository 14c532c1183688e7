"""Reread doubtful lines from altered crops, since misreadings seldom agree.

Each reading votes for its text with the negative logarithm of its doubt (1 minus its lowest
character probability). The text with the highest sum is used; if it is not the original reading,
the cell is flagged for review.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np

from tenglu.engines.interface import Crop, Engine, Reading
from tenglu.imaging.arrays import Rgb
from tenglu.stages.ocr.points import Settled
from tenglu.stages.ocr.result import Line

DOUBTFUL = 0.999  # lowest character probability; of 1,475 cells above it 2 were wrong
POOR = 0.95  # lowest character probability; below it a third reading improves the result
OMITTED = 0.05  # probability that a character was skipped
TRIMMED = 0.1  # of the height, cut above and below; letters become a quarter larger
SOFTNESS = 0.03  # of the height, Gaussian sigma
ADVANTAGE = 0.5  # of the original reading; without it half of the replacements are no better
CERTAIN = 1e-5  # doubt; smaller values are treated as equal


def read_again(
    lines: Sequence[Line], first: Sequence[Settled], engine: Engine, number: int
) -> list[list[Reading]]:
    """Reread doubtful lines from one or two altered crops.

    Args:
        lines: of the tables of a page.
        first: their readings. A line whose points were corrected is flagged for review anyway.
        engine: recognises line crops.
        number: of the page, 1-based.

    Returns:
        The rereadings of each line; empty for lines without doubt.

    Raises:
        EngineError: the engine failed.
    """
    asked = [
        (i, way)
        for i, settled in enumerate(first)
        if settled.at_first is None
        for way in _changes(settled.reading)
    ]
    crops = [Crop(_CHANGES[way](lines[i].image), number, lines[i].box, way) for i, way in asked]
    further: list[list[Reading]] = [[] for _ in lines]
    if crops:
        for (i, _), reading in zip(asked, engine.read(crops), strict=True):
            further[i].append(reading)
    return further


def _changes(reading: Reading) -> list[str]:
    least = least_of([reading])
    if least < POOR:
        return ["narrow", "soft"]
    return ["narrow"] if least < DOUBTFUL or reading.omitted > OMITTED else []


def weighed(first: Settled, others: list[Reading]) -> tuple[Settled, list[Reading]]:
    """Replace the original reading of a line if rereadings outvote it, and keep it as evidence.

    Args:
        first: original reading.
        others: rereadings.
    """
    best = _best_of(first.reading, others)
    if best is first.reading:
        return first, others
    return Settled(best, first.reading), [first.reading if r is best else r for r in others]


def _best_of(first: Reading, others: Sequence[Reading]) -> Reading:
    said: defaultdict[str, float] = defaultdict(float)
    said[first.text] = ADVANTAGE
    for reading in (first, *others):
        said[reading.text] -= math.log(max(CERTAIN, 1 - least_of([reading])))
    most = max(said.values())
    if said[first.text] == most:
        return first
    return max((r for r in others if said[r.text] == most), key=lambda r: least_of([r]))


def least_of(readings: Sequence[Reading]) -> float:
    """Return the lowest character probability; 0 if there are no characters."""
    return min((c.probability for reading in readings for c in reading.characters), default=0.0)


def _trimmed(image: Rgb) -> Rgb:
    rows = max(1, round(TRIMMED * image.shape[0]))
    return np.ascontiguousarray(image[rows : image.shape[0] - rows])


def _softened(image: Rgb) -> Rgb:
    soft: Rgb = cv2.GaussianBlur(np.ascontiguousarray(image), (0, 0), SOFTNESS * image.shape[0])
    return soft


_CHANGES: Mapping[str, Callable[[Rgb], Rgb]] = {"narrow": _trimmed, "soft": _softened}
