"""Watermarks by tone: a veil of large strokes, lighter than the ink, laid over the page.

What is darker than paper, lighter than ink, away from ink, and belongs to shapes larger than type
is the veil. This needs no repetition, and finds single marks; where a mark repeats, its pattern
(pattern.py) knows more.
"""

from typing import NamedTuple

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray, Mask
from tenglu.stages.strip.options import StripOptions
from tenglu.stages.strip.tones import INK_HALO, MAX_STROKE, Floats, Tones, disc

GROUND_EDGE = 0.8  # text heights that the soft edge of a ground is wide
MAX_FILL = 0.7  # area over bounding box; fuller shapes are grounds of cells and pictures
CROSSING = 0.5  # text heights of ink that a veil is carried under
NEIGHBOUR = 4.0  # text heights from a large shape within which small ones may be pieces of it
LIKE_TONE = 0.55, 1.45  # of the tone of the large shapes: a piece of the same mark
MAX_PIECE = 3.0  # least sizes of a glyph; larger shapes that are no glyphs are grounds and shadows
EDGE = 1.5  # px, sigma; how soft the edge of a scanned veil is
FULL = 1.15  # a pixel under the veil but for its blurred edge counts as wholly under it


class Veil(NamedTuple):
    """A watermark found by its tone."""

    mask: Mask  # (H, W) where it lies, also under ink
    level: float  # darkness of the mark on bare paper


def find_veil(tones: Tones, options: StripOptions) -> Veil | None:
    """Find a watermark, lighter than the ink and larger than the type; None: there is none."""
    text_height = tones.ink.text_height
    middle = ((tones.smooth > tones.grain) & ~tones.near_ink).astype(np.uint8)
    middle[_grounds(middle, text_height)] = 0
    pieces = _mark_pieces(middle, tones.smooth, text_height, options.min_glyph)
    if not pieces.any() or pieces.sum() < options.min_share * pieces.size:
        return None
    core = tones.smooth[cv2.erode(pieces, disc(1)) > 0]
    if core.size == 0:  # hair lines: as thin as no mark is
        return None
    level = float(np.median(core))
    halo = max(2, round(INK_HALO * text_height))
    crossing = max(3, round(CROSSING * text_height))
    closed = cv2.morphologyEx(pieces, cv2.MORPH_CLOSE, disc(crossing // 2 + halo))
    return Veil((pieces > 0) | ((closed > 0) & tones.near_ink), level)


def veil_share(veil: Veil) -> Floats:
    """How much of its light each pixel loses to the veil: (H, W), 0 to 1."""
    under = cv2.GaussianBlur(veil.mask.astype(np.float32), (0, 0), EDGE) * FULL
    share: Floats = np.minimum(under, 1.0) * np.float32(veil.level / 255)
    return share


def _grounds(middle: Gray, text_height: float) -> Mask:
    """Mid-toned shapes too broad for strokes: shadows, pictures."""
    depth = cv2.distanceTransform(middle, cv2.DIST_L2, cv2.DIST_MASK_3)
    broad = (depth > MAX_STROKE / 2 * text_height).astype(np.uint8)
    reach = round((MAX_STROKE / 2 + GROUND_EDGE) * text_height)
    grounds: Mask = cv2.dilate(broad, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
    return grounds


def _mark_pieces(middle: Gray, smooth: Gray, text_height: float, min_glyph: float) -> Gray:
    """Shapes larger than type, and the pieces of like tone that ink has cut off them."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(middle, connectivity=8)
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    area = stats[:, cv2.CC_STAT_AREA]
    fill = area / np.maximum(width * height, 1)
    size = min_glyph * text_height
    large = (np.minimum(width, height) >= size) & (fill <= MAX_FILL)
    large[0] = False
    if not large.any():
        return np.zeros_like(middle)
    inside = np.flatnonzero(middle)
    sums = np.bincount(labels.ravel()[inside], weights=smooth.ravel()[inside], minlength=len(area))
    tone = sums / np.maximum(area, 1)
    usual = float(np.average(tone[large], weights=area[large]))
    reach = round(NEIGHBOUR * text_height)
    square = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    around = cv2.dilate(large[labels].astype(np.uint8), square) & middle
    near = np.zeros(len(area), dtype=bool)
    near[np.unique(labels[around > 0])] = True
    near[0] = False
    alike = (tone > usual * LIKE_TONE[0]) & (tone < usual * LIKE_TONE[1])
    pieces = near & alike & (np.maximum(width, height) < MAX_PIECE * size)
    found: Gray = (large | pieces)[labels].astype(np.uint8)
    return found
