"""Paper, ink and the size of type: what several stages need to know of a page."""

from typing import NamedTuple

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray, Mask, Rgb

PAPER_CELL = 16  # px, side of the blocks whose tone stands for the paper behind them
PAPER_REACH = 9  # blocks, wider than a heavy stroke or a filled box, narrower than shading
PAPER_PERCENTILE = 85  # of a block: paper, and not the grain above it
FEW_BLOCKS = 3  # on a side; too few to smooth
MIN_PAPER = 32  # tone; darker grounds are not stretched, there is nothing to gain but noise

INK_SHARE = 0.5  # of the darkness of full ink: where a stroke ends
LEVEL_STEP = 2  # px; a quarter of the pixels tell the level as well
EDGE_SHARE = 0.02  # of the page: nobody prints there, and the lid of the scanner shows
SOLID = 40  # px; strokes of the largest type of a page are narrower
SMALL = 21  # px; type that seems smaller may be larger and blurred, in pieces
BROKEN_SHARE = 0.4  # of the darkness of full ink, at which such pieces hang together
BROKEN = 1.15  # times as tall as the pieces
MIN_INK = 40  # darkness; fainter than this is grain, whatever the page
TYPICAL_TEXT_MM = 3.7  # 10.5 point, what a page without text is taken to be set in
MM_PER_INCH = 25.4
DEFAULT_DPI = 200


class Ink(NamedTuple):
    """How dark the ink of a page is and how large its type."""

    level: float  # darkness of full ink, 0 to 255
    threshold: float  # darkness at which ink begins
    text_height: float  # px, the height of most characters


def paper_tone(gray: Gray) -> Gray:
    """Tone of the paper behind every pixel: shading, yellowing and folds, without the print."""
    height, width = gray.shape
    rows, cols = -(-height // PAPER_CELL), -(-width // PAPER_CELL)
    padded = cv2.copyMakeBorder(
        gray, 0, rows * PAPER_CELL - height, 0, cols * PAPER_CELL - width, cv2.BORDER_REPLICATE
    )
    # Averages of 4 x 4 px are free of grain and hold all that a percentile needs.
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
    """How much darker than its paper each pixel is: 0 is paper, 255 is black."""
    share = cv2.divide(gray, paper_tone(gray), scale=255)
    dark: Gray = cv2.bitwise_not(share)
    return dark


def to_gray(image: Rgb) -> Gray:
    """Luminance."""
    gray: Gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return gray


def measure_ink(dark: Gray, dpi: int | None = None) -> Ink:
    """Find how dark the ink is and how tall the type.

    Args:
        dark: (H, W) darkness, see :func:`darkness`.
        dpi: resolution of the scan; None: not known. Only used where the page holds no text.
    """
    level = _ink_level(dark)
    threshold = max(float(MIN_INK), INK_SHARE * level)
    fallback = TYPICAL_TEXT_MM / MM_PER_INCH * (dpi or DEFAULT_DPI)
    text_height = _text_height(dark > threshold)
    if text_height is not None and text_height <= SMALL:
        fuller = _text_height(dark > max(float(MIN_INK), BROKEN_SHARE * level)) or text_height
        text_height = fuller if fuller >= BROKEN * text_height else text_height
    return Ink(level, threshold, text_height or fallback)


def _ink_level(dark: Gray) -> float:
    """Darkness that the darkest twentieth of ink reaches; marks are lighter and do not count."""
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
    """Dark areas wider than any stroke: the lid of a scanner, punch holes, pictures."""
    begun = (dark > MIN_INK).astype(np.uint8)
    side = 2 * round(SOLID / 2 / LEVEL_STEP) + 1
    solid: Mask = cv2.morphologyEx(begun, cv2.MORPH_OPEN, np.ones((side, side), np.uint8)) > 0
    return solid


MIN_GLYPH = 7  # px, smaller type cannot be read anyway
MAX_GLYPH_SHARE = (
    0.03  # of the shorter side of the page: larger shapes are titles, frames and pictures
)
MIN_ASPECT, MAX_ASPECT = 0.4, 1.6  # width over height of what can be a character
MAX_GLYPH = 48  # px; on a small picture, which may show a single table
FEW_GLYPHS = 5
TITLE = 1.6  # of the upper quartile of heights; larger shapes are titles, however many there are


def _text_height(ink: Mask) -> float | None:
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
    # Parts of characters are many and low: weigh each by its area.
    weight = np.cumsum(heights**2)
    return float(heights[np.searchsorted(weight, 0.5 * weight[-1])])
