"""What the picture shows along a line: whether it is drawn there, and what stands beside it."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask
from tenglu.imaging.ink import Ink

CENTRE = 1  # px to each side of the course where the middle of the line may be
SIDE = 3, 6  # px beside the course where its ground is looked at, beyond half its thickness
FLANK = 0.18, 0.34  # text heights beside the course that a rule leaves bare
SMOOTH = 0.3  # text heights along; grain evens out, breaks stay
HALF = 0.45  # of the usual strength of a line: where it counts as drawn


class Trace(NamedTuple):
    """One value a place along the course."""

    strength: NDArray[np.float64]  # (N,) darkness above the ground beside it, evened out along it
    beside: Mask  # (2, N) whether type stands on this side


def trace(dark: Gray, along: NDArray[np.int_], across: NDArray[np.float64], ink: Ink) -> Trace:
    """Look at the picture along a course.

    Args:
        dark: (H, W) darkness, the course runs along x.
        along: (N,) places, ascending.
        across: (N,) where the course is there.
        ink: of the page.
    """
    near = max(SIDE[1] + 1, round(FLANK[0] * ink.text_height))
    far = max(near + 1, round(FLANK[1] * ink.text_height))
    offsets = np.arange(-far, far + 1)
    places = np.clip(np.rint(across).astype(np.intp) + offsets[:, None], 0, dark.shape[0] - 1)
    pixels = places * dark.shape[1] + np.clip(along, 0, dark.shape[1] - 1)
    seen = dark.ravel().take(pixels)
    width = max(1, round(SMOOTH * ink.text_height))
    smooth = cv2.blur(seen, (width, 1))
    line = smooth[far - CENTRE : far + CENTRE + 1].max(axis=0)
    sides = [
        smooth[far + sign * SIDE[0] : far + sign * SIDE[1] : sign].mean(axis=0) for sign in (1, -1)
    ]
    written = seen > ink.threshold
    beside = np.stack([written[: far - near + 1].any(axis=0), written[far + near :].any(axis=0)])
    return Trace(line - np.minimum(*sides), beside)
