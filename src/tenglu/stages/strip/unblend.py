"""Remove a watermark by division: invert the alpha blending of a dark mark.

A mark darkens paper and ink by the same share (multiplicative blending). Dividing by the
transmitted light restores the page, and strokes that cross the mark keep their edges, which
whitening by a threshold would erode.
"""

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Mask, Rgb
from tenglu.stages.strip.colours import LEAST_SPREAD, channel_background
from tenglu.stages.strip.tones import STEP, Floats, Tones, shrunk

LEAST_LIGHT = 0.05  # transmitted share; limits the gain, since below it there is only ink
TRACE_NEAR_INK = 0.01  # of the maximum opacity; near ink even a trace of the mark is removed
TRACE_ON_PAPER = 0.2  # of the maximum opacity, away from ink; the soft edge ends there
CORE = 0.6  # of the maximum opacity: strokes of the mark without their soft edges
ENOUGH = 2_000  # pixels sampled to measure the colour of the mark


def unblend(page: Rgb, tones: Tones, opacity: Floats) -> tuple[Rgb, Mask]:
    """Divide a page by the light that its marks transmit.

    Args:
        page: (H, W, 3).
        tones: of this page.
        opacity: (H, W) share of light that each pixel loses to the marks, 0 to 1.

    Returns:
        The page without the marks, and the (H, W) mask of changed pixels.
    """
    taken, strongest = opacity.ravel(), float(opacity.max())
    touched = np.flatnonzero(opacity > TRACE_NEAR_INK * strongest)
    near_ink = tones.near_ink.ravel()[touched]
    enough = near_ink | (taken[touched] > TRACE_ON_PAPER * strongest)
    touched, near_ink = touched[enough], near_ink[enough]
    light = 1 - tones.dark.ravel()[touched].astype(np.float32) / 255
    # Away from ink all darkness belongs to the mark; near ink use the learnt opacity.
    through = np.where(near_ink, 1 - taken[touched], light)
    gain = 1 / np.maximum(np.maximum(through, light), LEAST_LIGHT)  # never brighter than paper
    core = touched[~near_ink & (taken[touched] > CORE * strongest)]
    densities = _relative_densities(page, tones, core)
    gains = gain[:, None] if densities is None else gain[:, None] ** densities
    cleaned = page.copy()
    pixels = cleaned.reshape(-1, 3)
    pixels[touched] = np.minimum(pixels[touched] * gains + 0.5, 255).astype(np.uint8)
    changed = np.zeros(opacity.shape, dtype=bool)
    changed.ravel()[touched] = (pixels[touched] != page.reshape(-1, 3)[touched]).any(axis=1)
    return cleaned, changed


def _relative_densities(page: Rgb, tones: Tones, core: NDArray[np.intp]) -> Floats | None:
    """Return the optical density of a mark per channel over its gray density; None: it is gray.

    Args:
        page: (H, W, 3).
        tones: of this page.
        core: indices into the flattened page of bare paper under the mark.
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
    relative: Floats = np.maximum(density / whole, 0).astype(np.float32)
    return relative
