"""Take a mark off: divide the page by the light that the mark lets through.

A mark is a filter: paper under it is darkened by a share, and so is ink. Dividing gives back the
page, and strokes that cross the mark keep their edges, which whitening by a threshold would eat.
"""

import numpy as np

from tenglu.arrays import Mask, Rgb
from tenglu.stages.strip.tones import Floats, Tones

LEAST_LIGHT = 0.05  # share; below there is nothing but ink
LEAST_SHARE = 0.01  # of the darkest of the mark; near ink a trace counts
MIN_SHARE = 0.2  # the same away from ink; the soft edge ends there


def lift(page: Rgb, tones: Tones, share: Floats) -> tuple[Rgb, Mask]:
    """Divide a page by what its marks let through.

    Args:
        page: (H, W, 3).
        tones: of this page.
        share: (H, W) of its light that each pixel loses to the marks, 0 to 1.

    Returns:
        The page without the marks, and the pixels that were changed.
    """
    taken, darkest = share.ravel(), float(share.max())
    touched = np.flatnonzero(share > LEAST_SHARE * darkest)
    near_ink = tones.near_ink.ravel()[touched]
    enough = near_ink | (taken[touched] > MIN_SHARE * darkest)
    touched, near_ink = touched[enough], near_ink[enough]
    light = 1 - tones.dark.ravel()[touched].astype(np.float32) / 255
    # Away from ink what is there is all mark; near ink it is what the mark usually takes.
    through = np.where(near_ink, 1 - taken[touched], light)
    gain = 1 / np.maximum(np.maximum(through, light), LEAST_LIGHT)  # never brighter than paper
    lifted = page.copy()
    pixels = lifted.reshape(-1, 3)
    pixels[touched] = np.minimum(pixels[touched] * gain[:, None] + 0.5, 255).astype(np.uint8)
    changed = np.zeros(share.shape, dtype=bool)
    changed.ravel()[touched] = (pixels[touched] != page.reshape(-1, 3)[touched]).any(axis=1)
    return lifted, changed
