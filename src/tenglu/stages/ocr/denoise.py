"""Pages strewn with pepper, as a fax delivers them: soften what is read, so that strokes close."""

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray, Mask, Rgb
from tenglu.imaging.ink import Ink

BLACK, WHITE = 0.8, 0.2  # of full ink; between them lie the tones that a fax does not have
FEW_TONES = 0.4  # px a px of outline; a turned fax has .27, the sharpest scan .59
GRAIN = 0.15  # text heights; a point is larger
AROUND = 0.4  # text heights on each side of a grain without other ink
BESIDE = 0.6  # text heights from larger ink; points and colons stand nearer to their letters
PEPPERED = 0.05  # px of grains a square text height of paper; a fax has .18 to .66, others .01
SOFTNESS = 0.06  # text heights, of the Gaussian; .04 leaves broken strokes, .075 fills small loops


def soften_pepper(page: Rgb, dark: Gray, ink: Ink) -> Rgb:
    """Soften a page of two tones that is strewn with grains; any other page comes back itself.

    A recogniser has seen few jagged letters with grains between them, and many blurred ones.

    Args:
        page: (H, W, 3).
        dark: (H, W) darkness of the page.
        ink: of the page.
    """
    inked: Mask = np.greater(dark, ink.threshold)
    if _pepper(inked, ink.text_height) < PEPPERED or _tones(dark, inked, ink) > FEW_TONES:
        return page
    softened: Rgb = cv2.GaussianBlur(page, (0, 0), SOFTNESS * ink.text_height)
    return softened


def _pepper(inked: Mask, text_height: float) -> float:
    """Grains on paper where no type is near, px a square text height."""
    around = cv2.boxFilter(
        inked.astype(np.uint8),
        cv2.CV_16U,
        _square(AROUND, text_height),
        normalize=False,
        borderType=cv2.BORDER_CONSTANT,
    )
    type_or_rule = (around > (GRAIN * text_height) ** 2).astype(np.uint8)
    near = cv2.dilate(type_or_rule, np.ones(_square(BESIDE, text_height), np.uint8))
    free = near == 0
    n_free = int(free.sum())
    return float((inked & free).sum()) / n_free * text_height**2 if n_free else 0.0


def _square(reach: float, text_height: float) -> tuple[int, int]:
    """Sides of a square that reaches as many text heights to each side, px."""
    side = 2 * round(reach * text_height) + 1
    return side, side


def _tones(dark: Gray, inked: Mask, ink: Ink) -> float:
    """Pixels between black and white, a pixel of outline."""
    between = (dark > WHITE * ink.level) & (dark < BLACK * ink.level)
    outline = cv2.morphologyEx(inked.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3)))
    return float(between.sum()) / max(1, int(outline.sum()))
