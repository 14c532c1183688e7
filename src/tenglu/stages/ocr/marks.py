"""Recognise the text of a watermark from its learnt pattern, which is free of other ink."""

from typing import NamedTuple

import cv2
import numpy as np

from tenglu.engines.interface import Crop, Engine
from tenglu.imaging.geometry import Box
from tenglu.stages.strip import Pattern
from tenglu.stages.strip.outline import upright_pattern

READ_HEIGHT = 48  # px; input height of common recognition models


class MarkText(NamedTuple):
    """The text of a watermark."""

    text: str
    confidence: float  # lowest probability of a character, 0 to 1


def read_mark(pattern: Pattern, engine: Engine, number: int) -> MarkText | None:
    """Recognise the pattern of a watermark; None: no legible text.

    Args:
        pattern: learnt by the strip stage.
        engine: recognises line crops.
        number: of the page, 1-based; passed to the engine.

    Raises:
        EngineError: the engine failed.
    """
    line = upright_pattern(pattern)
    scale = min(1.0, READ_HEIGHT / line.shape[0])
    line = cv2.resize(line, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    image = np.repeat(line[:, :, None], 3, axis=2)
    [reading] = engine.read([Crop(image, number, Box(0, 0, line.shape[1], line.shape[0]))])
    if not reading.characters:
        return None
    return MarkText(reading.text, min(c.probability for c in reading.characters))
