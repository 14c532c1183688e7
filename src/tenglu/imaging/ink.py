"""Measure paper tone, ink darkness and text height of a page."""

from typing import NamedTuple

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray, Mask, Rgb

PAPER_CELL = 16  # px, side of the blocks in which the paper tone is estimated
PAPER_REACH = 9  # blocks; wider than a heavy stroke or a filled box, narrower than shading
PAPER_PERCENTILE = 85  # of a block; the tone of paper, below the brightest grain
FEW_BLOCKS = 3  # on a side; fewer are not smoothed
MIN_PAPER = 32  # tone; darker backgrounds are not stretched, as this would only amplify noise

INK_SHARE = 0.5  # of the darkness of full ink; half maximum marks the edge of a stroke
LEVEL_STEP = 2  # px; a quarter of the pixels is a sufficient sample
EDGE_SHARE = 0.02  # of the page, ignored on each side: scanner lid, no print
SOLID = 40  # px; wider than the strokes of the largest type of a page
SMALL = 21  # px; smaller measured type may be larger type that blur has broken into pieces
BROKEN_SHARE = 0.4  # of the darkness of full ink; lower threshold that reconnects such pieces
BROKEN = 1.15  # times the first text height; from there the second measurement is used
MIN_INK = 40  # darkness; fainter pixels are grain
FALLBACK_TEXT_HEIGHT = 3.7 / 25.4 * 200  # px; 10.5 point at 200 dpi, for a page without text


class Ink(NamedTuple):
    """Darkness of the ink of a page and size of its type."""

    level: float  # darkness of full ink, 0 to 255
    threshold: float  # darkness above which a pixel is ink, 0 to 255
    text_height: float  # px, height of most characters


def paper_tone(gray: Gray) -> Gray:
    """Estimate the paper tone behind every pixel, with shading, yellowing and folds.

    Args:
        gray: (H, W), 0 is black, 255 is white.

    Returns:
        (H, W) tone of the same scale.
    """
    height, width = gray.shape
    rows, cols = -(-height // PAPER_CELL), -(-width // PAPER_CELL)
    padded = cv2.copyMakeBorder(
        gray, 0, rows * PAPER_CELL - height, 0, cols * PAPER_CELL - width, cv2.BORDER_REPLICATE
    )
    # Means of 4 x 4 px suppress grain and suffice for the percentile.
    side = PAPER_CELL // 4
    means = cv2.resize(padded, (cols * side, rows * side), interpolation=cv2.INTER_AREA)
    blocks = means.reshape(rows, side, cols, side).swapaxes(1, 2).reshape(rows, cols, -1)
    tones = np.percentile(blocks, PAPER_PERCENTILE, axis=2).astype(np.uint8)
    small = cv2.medianBlur(tones, 3) if min(rows, cols) >= FEW_BLOCKS else tones
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((PAPER_REACH, PAPER_REACH), np.uint8))
    smooth = cv2.GaussianBlur(closed, (0, 0), 1.5)
    full = cv2.resize(smooth, padded.shape[::-1], interpolation=cv2.INTER_LINEAR)
    paper: Gray = np.maximum(full[:height, :width], np.uint8(MIN_PAPER))
    return paper


def darkness(gray: Gray) -> Gray:
    """Return the (H, W) darkness of each pixel relative to its paper: 0 is paper, 255 is black."""
    share = cv2.divide(gray, paper_tone(gray), scale=255)
    dark: Gray = cv2.bitwise_not(share)
    return dark


def to_gray(image: Rgb) -> Gray:
    """Convert an (H, W, 3) RGB image to (H, W) luminance, 0 to 255."""
    gray: Gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return gray


def measure_ink(dark: Gray) -> Ink:
    """Measure the darkness of the ink and the height of the type.

    Args:
        dark: (H, W) darkness, see :func:`darkness`.
    """
    level = _ink_level(dark)
    threshold = max(float(MIN_INK), INK_SHARE * level)

    text_height = _text_height(dark > threshold)
    if text_height is not None and text_height <= SMALL:
        fuller = _text_height(dark > max(float(MIN_INK), BROKEN_SHARE * level)) or text_height
        text_height = fuller if fuller >= BROKEN * text_height else text_height
    return Ink(level, threshold, text_height or FALLBACK_TEXT_HEIGHT)


def _ink_level(dark: Gray) -> float:
    """Return the 95th percentile of ink darkness, which lighter watermarks do not affect."""
    height, width = dark.shape
    y, x = int(EDGE_SHARE * height), int(EDGE_SHARE * width)
    inner = dark[y : height - y, x : width - x]
    sample = np.ascontiguousarray(inner[::LEVEL_STEP, ::LEVEL_STEP])
    counts = np.bincount(sample[~_solid(sample)], minlength=256).astype(np.float64)
    counts[:MIN_INK] = 0
    total = counts.sum()
    if total == 0:
        return float(MIN_INK)
    return float(np.searchsorted(np.cumsum(counts), 0.95 * total))


def _solid(dark: Gray) -> Mask:
    """Find dark areas wider than any stroke: scanner lid, punch holes, pictures."""
    begun = (dark > MIN_INK).astype(np.uint8)
    side = 2 * round(SOLID / 2 / LEVEL_STEP) + 1
    solid: Mask = cv2.morphologyEx(begun, cv2.MORPH_OPEN, np.ones((side, side), np.uint8)) > 0
    return solid


MIN_GLYPH = 7  # px; smaller type is illegible
MAX_GLYPH_SHARE = 0.03  # of the shorter side; larger shapes are titles, frames and pictures
MIN_ASPECT, MAX_ASPECT = 0.4, 1.6  # width over height of a character
MAX_GLYPH = 48  # px; lower bound of that limit on a small image, which may show a single table
FEW_GLYPHS = 5  # fewer are no text
TITLE = 1.6  # of the upper quartile of heights; taller shapes are titles


def _text_height(ink: Mask) -> float | None:
    """Return the area-weighted median height of the glyphs, px; None: too few glyphs."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    width = stats[1:, cv2.CC_STAT_WIDTH].astype(np.float64)
    height = stats[1:, cv2.CC_STAT_HEIGHT].astype(np.float64)
    largest = max(MAX_GLYPH_SHARE * min(ink.shape), MAX_GLYPH)
    glyph = (height >= MIN_GLYPH) & (height <= largest)
    glyph &= (width >= MIN_ASPECT * height) & (width <= MAX_ASPECT * height)
    heights = np.sort(height[glyph])
    if len(heights) < FEW_GLYPHS:
        return None
    heights = heights[heights <= TITLE * np.percentile(heights, 75)]
    # Weigh by area, as low parts of characters are numerous.
    weight = np.cumsum(heights**2)
    return float(heights[np.searchsorted(weight, 0.5 * weight[-1])])
