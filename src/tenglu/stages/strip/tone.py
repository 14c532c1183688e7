"""Watermarks by tone: a veil of large strokes, lighter than the ink, laid over the page.

What is darker than paper, lighter than ink, away from ink, and belongs to shapes larger than type
is the veil. It is a filter: paper under it is darkened by a share, and so is ink. Dividing by the
share that the veil lets through gives back the page; strokes that cross the veil keep their edges,
which whitening by a threshold would eat.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.arrays import Gray, Mask, Rgb
from tenglu.geometry import Polygon
from tenglu.ink import Ink, darkness, measure_ink, to_gray
from tenglu.stages.strip.options import StripOptions
from tenglu.stages.strip.result import FoundMark

GRAIN = 14  # darkness after smoothing; below is the grain of paper
SMOOTHING = 1.2  # px, sigma; closes a halftone without reaching over a stroke
INK_HALO = 0.14  # text heights round ink where its own blurred edge is mid-toned
THIN = 0.22  # text heights; the thin strokes of type are no wider
THIN_CONTRAST = 0.16  # of full ink, over what is beside the stroke
GLYPH_REACH = 0.5  # text heights from a thin stroke to the darker ones of its glyph
RULE = 2.0  # text heights; a thin stroke as long, level or upright, is a rule
MAX_STROKE = 1.4  # text heights; broader shapes are grounds of cells, shadows and pictures
GROUND_EDGE = 0.8  # text heights that the soft edge of a ground is wide
MAX_FILL = 0.7  # area over bounding box; fuller shapes are grounds of cells and pictures
CROSSING = 0.5  # text heights of ink that a veil is carried under
NEIGHBOUR = 4.0  # text heights from a large shape within which small ones may be pieces of it
LIKE_TONE = 0.55, 1.45  # of the tone of the large shapes: a piece of the same mark
MAX_PIECE = 3.0  # least sizes of a glyph; larger shapes that are no glyphs are grounds and shadows
EDGE = 1.5  # px, sigma; how soft the edge of a scanned veil is
OUTLINE_STEP = 4  # px
LEAST_MARK = 2.0  # text heights on a side; less is a crumb of a mark
WORD_GAP = 1.2  # text heights between the letters of one mark


class Veil(NamedTuple):
    """The watermark of a page."""

    mask: Mask  # (H, W) where it lies, also under ink
    near_ink: Mask  # (H, W) ink and its blurred edge
    dark: Gray  # (H, W) darkness of the page
    level: float  # darkness of the mark on bare paper
    ink: Ink


def find_veil(page: Rgb, options: StripOptions) -> Veil | None:
    """Find a watermark, lighter than the ink and larger than the type; None: there is none."""
    dark = darkness(to_gray(page))
    ink = measure_ink(dark)
    smooth = cv2.GaussianBlur(dark, (0, 0), SMOOTHING)
    halo = max(2, round(INK_HALO * ink.text_height))
    near_ink = cv2.dilate(_ink(dark, ink), _disc(halo))
    middle = ((smooth > GRAIN) & (near_ink == 0)).astype(np.uint8)
    middle[_grounds(middle, ink.text_height)] = 0
    pieces = _mark_pieces(middle, smooth, ink.text_height, options.min_glyph)
    if pieces.sum() < options.min_share * pieces.size:
        return None
    level = float(np.median(smooth[cv2.erode(pieces, _disc(1)) > 0])) if pieces.any() else 0.0
    crossing = max(3, round(CROSSING * ink.text_height))
    closed = cv2.morphologyEx(pieces, cv2.MORPH_CLOSE, _disc(crossing // 2 + halo))
    mask = (pieces > 0) | ((closed > 0) & (near_ink > 0))
    return Veil(mask, near_ink > 0, dark, level, ink)


def _ink(dark: Gray, ink: Ink) -> Gray:
    """Ink, with its thin strokes: they are as light as a veil, but a veil has none so thin."""
    solid: Gray = (dark > ink.threshold).astype(np.uint8)
    reach = max(3, round(THIN * ink.text_height)) | 1
    thin = cv2.morphologyEx(dark, cv2.MORPH_TOPHAT, np.ones((reach, reach), np.uint8))
    strokes = (thin > THIN_CONTRAST * ink.level).astype(np.uint8)
    # A thin stroke is ink if the rest of its glyph is near, or if it is a rule.
    reach = 2 * round(GLYPH_REACH * ink.text_height) + 1
    near = cv2.dilate(solid, np.ones((reach, reach), np.uint8))
    found: Gray = solid | (strokes & near) | _rules(strokes, ink.text_height)
    return found


def _rules(strokes: Gray, text_height: float) -> Gray:
    length = max(3, round(RULE * text_height))
    thick = cv2.dilate(strokes, np.ones((3, 3), np.uint8))
    rows = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    cols = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    rules: Gray = rows | cols
    return rules


def lift_veil(page: Rgb, veil: Veil) -> tuple[Rgb, Mask]:
    """Divide the page by what the veil lets through.

    Returns:
        The page without the veil, and the pixels that were changed.
    """
    share = cv2.GaussianBlur(veil.mask.astype(np.float32), (0, 0), EDGE)
    touched = np.flatnonzero((share > MIN_SHARE) | (veil.near_ink & (share > LEAST_SHARE)))
    under = np.minimum(share.ravel()[touched] * FULL, 1.0)
    light = 1 - veil.dark.ravel()[touched].astype(np.float32) / 255
    # Away from ink what is there is all veil; near ink it is what the veil usually takes.
    through = np.where(veil.near_ink.ravel()[touched], 1 - under * veil.level / 255, light)
    gain = 1 / np.maximum(np.maximum(through, light), LEAST_LIGHT)  # never brighter than paper
    lifted = page.copy()
    pixels = lifted.reshape(-1, 3)
    pixels[touched] = np.minimum(pixels[touched] * gain[:, None] + 0.5, 255).astype(np.uint8)
    changed = np.zeros(veil.mask.shape, dtype=bool)
    changed.ravel()[touched] = (pixels[touched] != page.reshape(-1, 3)[touched]).any(axis=1)
    return lifted, changed


FULL = 1.15  # a pixel under the veil but for its blurred edge counts as wholly under it
LEAST_LIGHT = 0.05  # share; below there is nothing but ink
LEAST_SHARE = 0.01  # the same near ink, where a trace of veil counts
MIN_SHARE = 0.2  # of a pixel under the veil; the soft edge ends there


def _disc(radius: int) -> NDArray[np.uint8]:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    disc: NDArray[np.uint8] = kernel.astype(np.uint8)
    return disc


def _grounds(middle: Gray, text_height: float) -> Mask:
    """Mid-toned shapes too broad for strokes: grounds of cells, shadows, pictures."""
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


def veil_to_marks(veil: Veil) -> list[FoundMark]:
    """Split a veil into the lines of the watermark."""
    # Where a line of a mark lies need not be known to the pixel.
    height, width = veil.mask.shape
    small = cv2.resize(
        veil.mask.astype(np.uint8),
        (max(1, width // OUTLINE_STEP), max(1, height // OUTLINE_STEP)),
        interpolation=cv2.INTER_NEAREST,
    )
    reach = round(WORD_GAP * veil.ink.text_height / OUTLINE_STEP)
    joined = cv2.morphologyEx(small, cv2.MORPH_CLOSE, _disc(reach))
    contours, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    least = (LEAST_MARK * veil.ink.text_height / OUTLINE_STEP) ** 2
    marks = [
        FoundMark(_along(cv2.minAreaRect(contour * OUTLINE_STEP)), veil.level)
        for contour in contours
        if cv2.contourArea(contour) > least
    ]
    return sorted(marks, key=lambda mark: (mark.polygon[0][1], mark.polygon[0][0]))


def _along(rectangle: tuple[tuple[float, float], tuple[float, float], float]) -> Polygon:
    """Corners in reading order: the long side is the line, its left end comes first."""
    (x, y), (width, height), angle = rectangle
    if width < height:
        width, height, angle = height, width, angle + 90
    angle = (angle + 90) % 180 - 90  # reading goes to the right
    u = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * width / 2
    v = np.array([-np.sin(np.radians(angle)), np.cos(np.radians(angle))]) * height / 2
    centre = np.array([x, y])
    corners = (centre - u - v, centre + u - v, centre + u + v, centre - u + v)
    a, b, c, d = ((round(float(p[0]), 1), round(float(p[1]), 1)) for p in corners)
    return a, b, c, d
