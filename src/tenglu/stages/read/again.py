"""Read doubtful lines once more, cut narrower and softened: what is misread seldom agrees."""

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np

from tenglu.arrays import Rgb
from tenglu.engines import Crop, Engine, Reading
from tenglu.stages.read.points import Settled
from tenglu.stages.read.result import Line

DOUBTFUL = 0.999  # probability of a character; of those above, 2 of 1,475 cells were wrong
POOR = 0.95  # and below this a third reading pays
OMITTED = 0.05  # probability of a character where none was read
TRIMMED = 0.1  # of the height, above and below: letters become a quarter larger
SOFTNESS = 0.03  # of the height, of the Gaussian


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
