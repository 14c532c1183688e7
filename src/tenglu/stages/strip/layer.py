"""The page without its ink: the mid-tones in which marks are searched."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask
from tenglu.stages.strip.tones import STEP, Floats, Tones, disc, measure_grain, shrunk

INK_EDGE = 0.12  # text heights around ink that are masked: the blurred edge of a stroke
SOFT = 0.8  # px, Gaussian sigma; suppresses grain
JOIN = 0.35  # text heights; wider than the gap between the strokes of one glyph of a mark
MAX_FILL = 0.7  # area over bounding box; fuller shapes are pictures and shadows

Affine = NDArray[np.float64]  # (2, 3)


class View(NamedTuple):
    """A page without its ink, at one scale."""

    tone: Floats  # (H, W) darkness, 0 to 255; 0 where there is ink
    known: Floats  # (H, W) 1 where no ink hides the mark, 0 elsewhere


class Layer(NamedTuple):
    """A page without its ink, at the scales used for search and registration."""

    full: View
    half: View  # at half resolution, for subpixel registration
    small: Floats  # tone, STEP times smaller, for template search
    seeds: Gray  # (H / STEP, W / STEP) 1 on strokes larger than type
    text_height: float  # px


def make_layer(tones: Tones, ink_begins: float, min_glyph: float) -> Layer:
    """Mask the ink of a page.

    Args:
        tones: of the page.
        ink_begins: darkness above which a pixel is ink, 0 to 255.
        min_glyph: text heights, see :class:`StripOptions`.
    """
    text_height = tones.ink.text_height
    # Rules are masked too: a rule that crosses a row of marks would repeat with them.
    solid = ((tones.dark > ink_begins) | tones.rules).astype(np.uint8)
    ink = cv2.dilate(solid, disc(max(2, round(INK_EDGE * text_height)))) > 0
    tone = cv2.GaussianBlur(tones.dark.astype(np.float32), (0, 0), SOFT)
    tone[ink] = 0
    small = shrunk(tone, STEP)
    hidden = shrunk((tones.near_ink & (tones.dark < ink_begins) | ink).astype(np.uint8) * 255, STEP)
    seeds = _seeds(small, hidden > 0, text_height, min_glyph)
    full = View(tone, (~ink).astype(np.float32))
    half = View(shrunk(full.tone, 2), shrunk(full.known, 2))
    return Layer(full, half, small, seeds, text_height)


def cut(picture: Floats, place: Affine, size: tuple[int, int]) -> Floats:
    """Resample an image at a place into the (height, width) frame of a pattern."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    part: Floats = cv2.warpAffine(picture, place, (size[1], size[0]), flags=flags)
    return part


def doubled(place: Affine, x: int = 0, y: int = 0) -> Affine:
    """Convert a place at half resolution to full resolution, for a part of the pattern at x, y."""
    corner = place @ np.array([x, y, 1.0])
    return np.column_stack([place[:, :2], 2 * corner])


def shift(x: float, y: float) -> Affine:
    """Return the (2, 3) translation by x, y px."""
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y]])


def _seeds(small: Floats, hidden: Mask, text_height: float, min_glyph: float) -> Gray:
    """Find mid-toned shapes larger than type."""
    middle = ((small > measure_grain(small, hidden)) & ~hidden).astype(np.uint8)
    joined = cv2.morphologyEx(
        middle, cv2.MORPH_CLOSE, disc(max(1, round(JOIN * text_height / STEP)))
    )
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    fill = stats[:, cv2.CC_STAT_AREA] / (width * height)
    large = (np.minimum(width, height) >= min_glyph * text_height / STEP) & (fill <= MAX_FILL)
    large[0] = False
    seeds: Gray = large[labels].astype(np.uint8) & middle
    return seeds
