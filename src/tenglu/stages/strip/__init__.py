"""Take watermarks and seals off a page, and leave the ink whole.

The scan is not touched: a new picture comes out, with the mask of what was changed and the marks
that were found. A page without marks comes back as it was, byte for byte.
"""

import numpy as np

from tenglu.arrays import Rgb, check_rgb
from tenglu.stages.strip.options import DEFAULTS, StripOptions
from tenglu.stages.strip.result import FoundMark, FoundSeal, Stripped
from tenglu.stages.strip.seals import find_seals, lift_seals
from tenglu.stages.strip.tone import find_veil, lift_veil, veil_to_marks

__all__ = ["DEFAULTS", "FoundMark", "FoundSeal", "StripOptions", "Stripped", "strip"]


def strip(page: Rgb, options: StripOptions = DEFAULTS) -> Stripped:
    """Remove watermarks and seals from a page.

    Args:
        page: (H, W, 3), upright or not.
        options: see :class:`StripOptions`.
    """
    image = check_rgb(page)
    removed = np.zeros(page.shape[:2], dtype=bool)
    seals = find_seals(image, options)
    if seals:
        image, lifted = lift_seals(image, seals)
        removed |= lifted
    veil = find_veil(image, options)
    if veil is None:
        return Stripped(image, removed, [], [seal.found for seal in seals])
    marks = veil_to_marks(veil)
    image, lifted = lift_veil(image, veil)
    return Stripped(image, removed | lifted, marks, [seal.found for seal in seals])
