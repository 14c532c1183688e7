"""Take a mark off: divide the page by the light that the mark lets through.

A mark is a filter: paper under it is darkened by a share, and so is ink. Dividing gives back the
page, and strokes that cross the mark keep their edges, which whitening by a threshold would eat.
"""

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Mask, Rgb
from tenglu.stages.strip.colours import LEAST_SPREAD, channel_background
from tenglu.stages.strip.tones import STEP, Floats, Tones, shrunk

LEAST_LIGHT = 0.05  # share; below there is nothing but ink
LEAST_SHARE = 0.01  # of the darkest of the mark; near ink a trace counts
MIN_SHARE = 0.2  # the same away from ink; the soft edge ends there
CORE = 0.6  # of the darkest of the mark: its strokes without their edges
ENOUGH = 2_000  # pixels that tell its colour


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
    core = touched[~near_ink & (taken[touched] > CORE * darkest)]
    filtered = _filter(page, tones, core)
    gains = gain[:, None] if filtered is None else gain[:, None] ** filtered
    lifted = page.copy()
    pixels = lifted.reshape(-1, 3)
    pixels[touched] = np.minimum(pixels[touched] * gains + 0.5, 255).astype(np.uint8)
    changed = np.zeros(share.shape, dtype=bool)
    changed.ravel()[touched] = (pixels[touched] != page.reshape(-1, 3)[touched]).any(axis=1)
    return lifted, changed


def _filter(page: Rgb, tones: Tones, core: NDArray[np.intp]) -> Floats | None:
    """Density of the mark in red, green and blue, over its density in grey; None: it is grey.

    Args:
        page: (H, W, 3).
        tones: of this page.
        core: places, in the flattened page, of paper under the mark.
    """
    core = core[:: max(1, len(core) // ENOUGH)]
    if not len(core):
        return None
    behind = channel_background(shrunk(page, STEP), tones.ink.text_height)
    y, x = (at // STEP for at in np.divmod(core, page.shape[1]))
    y, x = np.minimum(y, behind.shape[0] - 1), np.minimum(x, behind.shape[1] - 1)
    light = (page.reshape(-1, 3)[core] + 1.0) / (behind[y, x] + 1.0)
    density = -np.log(np.median(light, axis=0))
    whole = -np.log(1 - np.median(tones.dark.ravel()[core]) / 256)
    if whole <= 0 or np.ptp(density) < LEAST_SPREAD * density.max():
        return None
    filtered: Floats = np.maximum(density / whole, 0).astype(np.float32)
    return filtered
