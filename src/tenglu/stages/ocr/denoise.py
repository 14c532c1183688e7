"""Reduce salt-and-pepper noise of bilevel pages, such as faxes, before recognition."""

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray, Mask, Rgb
from tenglu.imaging.ink import Ink

BLACK, WHITE = 0.8, 0.2  # of full ink; bilevel pages have few pixels between these tones
FEW_TONES = 0.4  # mid-tone px per px of outline; a rotated fax has .27, the sharpest scan .59
GRAIN = 0.15  # text heights, side of the largest grain; a decimal point is larger
AROUND = 0.4  # text heights around a grain that are free of other ink
BESIDE = 0.6  # text heights from larger ink; points and colons are nearer to their letters
NOISY = 0.05  # px of grains per square text height of paper; a fax has .18 to .66, others .01
SIGMA = 0.06  # text heights, Gaussian; .04 leaves strokes broken, .075 fills small loops


def reduce_noise(page: Rgb, dark: Gray, ink: Ink) -> Rgb:
    """Blur a bilevel page with salt-and-pepper noise; return any other page unchanged.

    Recognisers are trained on few jagged letters with grains between them, and many blurred ones.

    Args:
        page: (H, W, 3).
        dark: (H, W) darkness of the page, 0 to 255.
        ink: of the page.
    """
    inked: Mask = np.greater(dark, ink.threshold)
    if _noise_density(inked, ink.text_height) < NOISY or _mid_tones(dark, inked, ink) > FEW_TONES:
        return page
    smoothed: Rgb = cv2.GaussianBlur(page, (0, 0), SIGMA * ink.text_height)
    return smoothed


def _noise_density(inked: Mask, text_height: float) -> float:
    """Return the px of grains per square text height of paper away from type."""
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
    """Return the kernel size in px that extends ``reach`` text heights to each side."""
    side = 2 * round(reach * text_height) + 1
    return side, side


def _mid_tones(dark: Gray, inked: Mask, ink: Ink) -> float:
    """Return the number of mid-tone pixels per pixel of outline."""
    between = (dark > WHITE * ink.level) & (dark < BLACK * ink.level)
    outline = cv2.morphologyEx(inked.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3)))
    return float(between.sum()) / max(1, int(outline.sum()))
