"""Find watermarks by tone: large strokes that are lighter than ink and darker than paper.

Pixels of a mid-tone, away from ink, that belong to shapes larger than type form the mark. This
needs no repetition and so finds single marks; for repeated ones, pattern.py is more accurate.
"""

from typing import NamedTuple

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray, Mask
from tenglu.stages.strip.layer import MAX_FILL
from tenglu.stages.strip.options import StripOptions
from tenglu.stages.strip.tones import INK_HALO, MAX_STROKE, Floats, Tones, disc

SHADING_EDGE = 0.8  # text heights; width of the soft edge of a shaded region
CROSSING = 0.5  # text heights; ink narrower than this is bridged to continue the mark under it
NEIGHBOUR = 4.0  # text heights; small shapes this near to a large one may be fragments of it
LIKE_TONE = 0.55, 1.45  # of the tone of the large shapes; fragments of the same mark lie between
MAX_PIECE = 3.0  # minimum glyph sizes; larger shapes that are no glyphs are shading and shadows
EDGE = 1.5  # px, Gaussian sigma; softness of the edge of a scanned mark
FULL = 1.15  # gain after the blur, so that pixels just inside the edge have full opacity


class TonalMark(NamedTuple):
    """A watermark found by its tone."""

    mask: Mask  # (H, W) True on the mark, also under ink
    level: float  # darkness of the mark on bare paper, 0 to 255


def find_tonal_mark(tones: Tones, options: StripOptions) -> TonalMark | None:
    """Find a watermark that is lighter than ink and larger than type; None: there is none."""
    text_height = tones.ink.text_height
    middle = ((tones.smooth > tones.grain) & ~tones.near_ink).astype(np.uint8)
    middle[_shaded_regions(middle, text_height)] = 0
    pieces = _mark_pieces(middle, tones.smooth, text_height, options.min_glyph)
    if not pieces.any() or pieces.sum() < options.min_share * pieces.size:
        return None
    core = tones.smooth[cv2.erode(pieces, disc(1)) > 0]
    if core.size == 0:  # hairlines; the strokes of a mark are wider
        return None
    level = float(np.median(core))
    halo = max(2, round(INK_HALO * text_height))
    crossing = max(3, round(CROSSING * text_height))
    closed = cv2.morphologyEx(pieces, cv2.MORPH_CLOSE, disc(crossing // 2 + halo))
    return TonalMark((pieces > 0) | ((closed > 0) & tones.near_ink), level)


def mark_opacity(mark: TonalMark) -> Floats:
    """Return the (H, W) share of light that each pixel loses to the mark, 0 to 1."""
    under = cv2.GaussianBlur(mark.mask.astype(np.float32), (0, 0), EDGE) * FULL
    opacity: Floats = np.minimum(under, 1.0) * np.float32(mark.level / 255)
    return opacity


def _shaded_regions(middle: Gray, text_height: float) -> Mask:
    """Find mid-toned shapes too broad for strokes, such as shadows and pictures."""
    depth = cv2.distanceTransform(middle, cv2.DIST_L2, cv2.DIST_MASK_3)
    broad = (depth > MAX_STROKE / 2 * text_height).astype(np.uint8)
    reach = round((MAX_STROKE / 2 + SHADING_EDGE) * text_height)
    shaded: Mask = cv2.dilate(broad, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
    return shaded


def _mark_pieces(middle: Gray, smooth: Gray, text_height: float, min_glyph: float) -> Gray:
    """Find shapes larger than type, and fragments of similar tone that ink has cut off them."""
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
