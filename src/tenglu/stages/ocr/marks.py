"""Read what a watermark says, from its pattern, which no other ink disturbs."""

from typing import NamedTuple

import cv2
import numpy as np

from tenglu.engines.interface import Crop, Engine
from tenglu.imaging.geometry import Box
from tenglu.stages.strip import Pattern
from tenglu.stages.strip.outline import upright_pattern

READ_HEIGHT = 48  # px; engines read lines of about this height


class MarkText(NamedTuple):
    """What a watermark says."""

    text: str
    confidence: float  # the least probability of a character


def read_mark(pattern: Pattern, engine: Engine, number: int) -> MarkText | None:
    """Read the pattern of a watermark; None: nothing that can be read.

    Args:
        pattern: as the strip stage learnt it.
        engine: reads lines.
        number: of the page, 1-based; goes to the engine.
    """
    line = upright_pattern(pattern)
    scale = min(1.0, READ_HEIGHT / line.shape[0])
    line = cv2.resize(line, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    image = np.repeat(line[:, :, None], 3, axis=2)
    [reading] = engine.read([Crop(image, number, Box(0, 0, line.shape[1], line.shape[0]))])
    if not reading.characters:
        return None
    return MarkText(reading.text, min(c.probability for c in reading.characters))
