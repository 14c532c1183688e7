"""Dark grounds, as under the heads of tables: their outlines part cells as rules do."""

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray
from tenglu.imaging.ink import Ink

SHRUNK = 4  # px; a quarter of the page shows whether there is any ground at all
SOLID = 0.7  # text heights; no stroke of type is so heavy both ways
FILLED = 1.5  # text heights; light type on a ground has gaps no wider
DARK = 0.35  # of the darkness of ink; lighter grounds do not hide the rules on them
MIN_DARK = 50  # darkness
COVERED = 0.7  # share of a ground that is dark; type on paper covers less
LEAST = 1.2, 4.0  # text heights of the shorter and the longer side
OUTLINE = 2  # px
EDGE = 7  # px around a pixel in which the edge of a ground is soft
STEEP = 0.6  # of the darkness of a ground that its edge rises by
MAX_TONE = 255


def lift_grounds(dark: Gray, ink: Ink) -> Gray:
    """Turn light type and rules on dark grounds into dark ones, and draw the outlines of grounds.

    Args:
        dark: (H, W) darkness; returned as it is where there is no dark ground.
        ink: of the page.
    """
    least = ground_limit(ink)
    solid = max(3, round(SOLID * ink.text_height))
    height, width = (max(1, side // SHRUNK) for side in dark.shape)
    whole = dark[: height * SHRUNK, : width * SHRUNK]  # shrinking by whole pixels is much faster
    small = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    kernel = np.ones((max(2, solid // SHRUNK),) * 2, np.uint8)
    if cv2.erode(small, kernel).max() <= least:
        return dark
    covered = (dark > least).astype(np.uint8)
    heavy = cv2.morphologyEx(covered, cv2.MORPH_OPEN, np.ones((solid, solid), np.uint8))
    filled = max(3, round(FILLED * ink.text_height))
    grounds = cv2.morphologyEx(heavy, cv2.MORPH_CLOSE, np.ones((filled, filled), np.uint8))
    outlines, _ = cv2.findContours(grounds, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    lifted = dark.copy()
    for outline in outlines:
        x, y, width, height = cv2.boundingRect(outline)
        short, long = sorted((width, height))
        if short < LEAST[0] * ink.text_height or long < LEAST[1] * ink.text_height:
            continue
        if min(x, y) == 0 or x + width == dark.shape[1] or y + height == dark.shape[0]:
            continue  # what lies beside the sheet
        # With what lies around: the edge of a ground is steep against that.
        left, top = max(0, x - EDGE), max(0, y - EDGE)
        here = np.s_[top : y + height + EDGE, left : x + width + EDGE]
        part, view = dark[here], lifted[here]
        inside = np.zeros_like(part)
        cv2.drawContours(inside, [outline], 0, 1, cv2.FILLED, offset=(-left, -top))
        if covered[here][inside > 0].mean() < COVERED:
            continue
        tone = int(np.median(part[inside > 0]))
        view[inside > 0] = _on_ground(part, tone, ink.level)[inside > 0]
        ring = np.zeros_like(inside)
        cv2.drawContours(ring, [outline], 0, 1, OUTLINE, offset=(-left, -top))
        view[(ring > 0) & (_steepness(part) >= STEEP * tone)] = max(tone, int(ink.level))
    return lifted


def ground_limit(ink: Ink) -> float:
    """Darkness beyond which a ground is dark: type on it is light, and rules may hide."""
    return max(float(MIN_DARK), DARK * ink.level)


def _steepness(dark: Gray) -> Gray:
    """How much the tone changes around each pixel: much at the edge of a ground, not in shading."""
    steep: Gray = cv2.morphologyEx(dark, cv2.MORPH_GRADIENT, np.ones((EDGE, EDGE), np.uint8))
    return steep


def _on_ground(dark: Gray, tone: int, level: float) -> Gray:
    """How far each pixel is from its ground; the whole way to paper or to ink is full darkness."""
    off = dark.astype(np.float32) - tone
    way = np.where(off < 0, -off / max(tone, 1), off / max(level - tone, tone / 2))
    turned: Gray = np.clip(way * level, 0, MAX_TONE).astype(np.uint8)
    return turned
