"""Read doubtful lines once more, cut narrower and softened: what is misread seldom agrees.

Each reading speaks for its text with the logarithm of its doubt. The text for which most is said
stands; where that is not the first reading, a person is asked.
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

DOUBTFUL = 0.999  # probability of a character; of those above, 2 of 1,475 cells were wrong
POOR = 0.95  # and below this a third reading pays
OMITTED = 0.05  # probability of a character where none was read
TRIMMED = 0.1  # of the height, above and below: letters become a quarter larger
SOFTNESS = 0.03  # of the height, of the Gaussian
ADVANTAGE = 0.5  # of the first reading; without, half of those that replace it are no better
CERTAIN = 1e-5  # doubt; less is not told apart


def read_again(
    lines: Sequence[Line], first: Sequence[Settled], engine: Engine, number: int
) -> list[list[Reading]]:
    """Read the doubtful ones of some lines in one other way, or in two.

    Args:
        lines: of the tables of a page.
        first: what was read there. A line whose points were looked at is for review anyway.
        engine: reads lines.
        number: of the page, 1-based.

    Returns:
        Further readings a line; none of most.

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
    """Let another reading of a line stand where more speaks for it; the first is kept beside it.

    Args:
        first: the line as it was read at first.
        others: what was read in other ways.
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
    """Probability of the most doubtful character; 0 where nothing was read."""
    return min((c.probability for reading in readings for c in reading.characters), default=0.0)


def _trimmed(image: Rgb) -> Rgb:
    rows = max(1, round(TRIMMED * image.shape[0]))
    return np.ascontiguousarray(image[rows : image.shape[0] - rows])


def _softened(image: Rgb) -> Rgb:
    soft: Rgb = cv2.GaussianBlur(np.ascontiguousarray(image), (0, 0), SOFTNESS * image.shape[0])
    return soft


_CHANGES: Mapping[str, Callable[[Rgb], Rgb]] = {"narrow": _trimmed, "soft": _softened}
