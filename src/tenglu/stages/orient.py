"""Correct rotation, skew and perspective of a page in one resampling.

The skew is estimated from projection profiles (after Postl, "Detection of linear oblique structures
and skew scan in digitized documents", 1986) and refined on ruling lines to a hundredth of a degree;
the change of their slopes over the page gives the perspective. The quarter turn is found by
recognising a few lines in each orientation.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from tenglu.engines.interface import Crop, Engine
from tenglu.imaging.arrays import Gray, Matrix, Rgb
from tenglu.imaging.geometry import Box, map_points, quarter_turn
from tenglu.imaging.ink import Ink, darkness, measure_ink, to_gray
from tenglu.imaging.page_image import PageImage
from tenglu.imaging.ruling_line import Rule
from tenglu.imaging.ruling_lines import find_long_rules
from tenglu.model import Frozen

Rotation = Literal[0, 90, 180, 270]
TURNS: tuple[Rotation, ...] = (0, 90, 180, 270)


class OrientOptions(Frozen):
    """Options of orientation and deskewing."""

    rotation: Rotation | Literal["detect"] = Field(
        default="detect",
        description="clockwise rotation of the scan; detect: recognise lines in each orientation",
    )
    max_skew: float = Field(
        default=8.0, ge=0, le=20, description="largest skew that is corrected, degrees"
    )
    sure: float = Field(
        default=0.7,
        ge=0,
        le=1,
        description="share of legible characters from which a page is accepted as upright",
    )


class Upright(NamedTuple):
    """An upright page and its map to the scan."""

    page: PageImage
    to_scan: Matrix  # (3, 3) from upright px to px of the scan as delivered
    rotation: Rotation  # of the scan, clockwise, degrees
    skew: float  # of the scan in addition to the rotation, counter-clockwise, degrees
    margin: float | None  # lead over the next best rotation, 0 to 1; None: no evidence

    @property
    def image(self) -> Rgb:
        """Pixels of the page, (H, W, 3)."""
        return self.page.rgb


DEFAULTS = OrientOptions()


def orient(scan: Rgb | PageImage, engine: Engine, options: OrientOptions = DEFAULTS) -> Upright:
    """Rotate and deskew a scanned page to upright.

    Args:
        scan: (H, W, 3) uint8 RGB, as delivered.
        engine: recognises a few lines to find the quarter turn.
        options: see :class:`OrientOptions`.

    Raises:
        EngineError: the engine failed.
        TypeError: the scan is not an array of uint8.
        ValueError: the scan is empty or not of shape (H, W, 3).
    """
    page = PageImage.of(scan)
    image, ink = page.rgb, page.ink
    scale = _enlargement(image, ink)
    straight = straighten(image, ink, options.max_skew) @ np.diag([1 / scale, 1 / scale, 1.0])
    level = _warped(image, straight, _canvas(image, straight))
    if options.rotation == "detect":
        rotation, margin = find_turn(
            level, engine, options.sure, ink._replace(text_height=ink.text_height * scale)
        )
    else:
        rotation, margin = options.rotation, None
    height, width = level.shape[:2]
    to_scan = straight @ _origin(image, straight) @ quarter_turn(width, height, rotation)
    turned = level if rotation == 0 else np.ascontiguousarray(np.rot90(level, rotation // 90))
    return Upright(page.replaced(turned), to_scan, rotation, _skew(straight, image), margin)


def _skew(straight: Matrix, scan: Rgb) -> float:
    height, width = scan.shape[:2]
    middle = [(width / 2, height / 2), (width / 2 + 1, height / 2)]
    (x0, y0), (x1, y1) = map_points(straight, middle)
    return round(float(np.degrees(np.arctan2(y0 - y1, x1 - x0))), 3)


# --- skew and perspective -----------------------------------------------------------------------

RULE_SIDE = 1200  # px, long side for rule detection; a rule is still a pixel wide
COARSE_SIDE, FINE_SIDE = 500, 800  # px, long side for profiles; resolves the rows of a page
COARSE_STEP, FINE_STEP = 0.5, 0.1  # degrees; resolution of the two searches
STRAIGHT = 2e-4  # slope; less is below half a pixel over a page and needs no resampling
PERSPECTIVE_RULES = 4  # per direction; fewer do not determine a change of slope
SLOPE_OUTLIER = 0.008  # slope; rules that deviate more belong to no common frame
RULE_LENGTH = 9.0  # text heights; shorter runs may be underlines and rows of strokes
FEW_RULES = 3  # per direction; fewer may be underlines and rows of strokes


def straighten(scan: Rgb, ink: Ink, max_skew: float) -> Matrix:
    """Estimate the homography from deskewed px to scan px; the identity if the scan is straight.

    Args:
        scan: (H, W, 3).
        ink: of the scan, as type is too small to measure at the scale of the search.
        max_skew: largest skew that is searched, degrees.
    """
    # Slopes are invariant to scale, and rules are located to a fraction of a pixel.
    scale = min(1.0, RULE_SIDE / max(scan.shape))
    gray = cv2.resize(to_gray(scan), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    dark = darkness(gray)
    height, width = dark.shape
    centre = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1]], dtype=np.float64)
    matrix = np.eye(3)
    angle = _find_skew(dark, max_skew)
    if abs(np.radians(angle)) > STRAIGHT:
        cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        matrix = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    for _ in range(2):  # the second pass finds more rules, as they are nearly horizontal by then
        turned = _turned_dark(dark, centre @ matrix @ np.linalg.inv(centre))
        slopes = _rule_slopes(turned, ink.text_height * scale)
        if slopes is None or np.abs(slopes[:2, :2] - np.eye(2)).max() < STRAIGHT:
            break
        matrix = matrix @ slopes
    if np.abs(matrix[:2, :2] / matrix[2, 2] - np.eye(2)).max() < STRAIGHT:
        return np.eye(3)
    enlarged = np.diag([1 / scale, 1 / scale, 1.0])
    return enlarged @ centre @ matrix @ np.linalg.inv(centre) @ np.linalg.inv(enlarged)


def _turned_dark(dark: Gray, matrix: Matrix) -> Gray:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    turned: Gray = cv2.warpPerspective(dark, matrix, dark.shape[::-1], flags=flags)
    return turned


def _find_skew(dark: Gray, max_skew: float) -> float:
    """Return the skew in degrees counter-clockwise, by a coarse and a fine search."""
    written = np.where(dark > measure_ink(dark).threshold / 2, dark, 0).astype(np.uint8)
    if written.min() == written.max():  # a blank page
        return 0.0
    rough, step = 0.0, max_skew
    for side, next_step in ((COARSE_SIDE, COARSE_STEP), (FINE_SIDE, FINE_STEP)):
        scale = min(1.0, side / max(written.shape))
        small = cv2.resize(written, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        angles = np.arange(rough - step, rough + step + next_step / 2, next_step)
        rough, step = _sharpest(small, angles.tolist()), next_step
    return round(rough, 3)


def _sharpest(picture: Gray, angles: Sequence[float]) -> float:
    """Return the angle with the sharpest projection profiles; the smallest one of equals."""
    return max(angles, key=lambda angle: (_sharpness(picture, angle), -abs(angle)))


def _sharpness(picture: Gray, angle: float) -> float:
    """Return the energy of the gradient of both projection profiles after rotation by an angle."""
    height, width = picture.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1)
    turned = cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_LINEAR)
    profiles = (cv2.reduce(turned, axis, cv2.REDUCE_SUM, dtype=cv2.CV_64F) for axis in (0, 1))
    return sum(float((np.diff(profile.ravel()) ** 2).sum()) for profile in profiles)


def _rule_slopes(dark: Gray, text_height: float) -> Matrix | None:
    """Return the homography about the centre from straight rules to those found; None: no rules."""
    ink = measure_ink(dark)._replace(text_height=text_height)
    horizontal, vertical = find_long_rules(dark, ink)
    height, width = dark.shape
    rows = _slope_field(horizontal, height / 2, RULE_LENGTH * ink.text_height)
    cols = _slope_field(vertical, width / 2, RULE_LENGTH * ink.text_height)
    if rows is None and cols is None:
        return None
    if rows is None:
        rows = (-cols[0], 0.0) if cols else (0.0, 0.0)
    if cols is None:
        cols = (-rows[0], 0.0)
    return np.array([[1, cols[0], 0], [rows[0], 1, 0], [-rows[1], -cols[1], 1]])


def _slope_field(rules: Sequence[Rule], middle: float, length: float) -> tuple[float, float] | None:
    """Fit the slope of rules at the middle of the page, and its change per px across."""
    runs = [rule for rule in rules if rule.length >= length]
    if len(runs) < FEW_RULES:
        return None
    slope = np.array([np.polyfit(rule.along, rule.across, 1)[0] for rule in runs])
    place = np.array([rule.across.mean() for rule in runs]) - middle
    weight = np.array([rule.length for rule in runs]) ** 3  # inverse variance of a fitted slope
    order = np.argsort(slope)
    half = np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)
    fit = np.array([slope[order][half], 0.0])
    for _ in range(3):
        close = np.abs(slope - fit[0] - fit[1] * place) < SLOPE_OUTLIER
        if not close.any():
            break
        fit = _weighted_line(place[close], slope[close], weight[close])
    return float(fit[0]), float(fit[1])


def _weighted_line(
    place: NDArray[np.float64], slope: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    spread = float(np.ptp(place))
    if len(place) < PERSPECTIVE_RULES or spread == 0:
        return np.array([np.average(slope, weights=weight), 0.0])
    change, start = np.polyfit(place, slope, 1, w=np.sqrt(weight))
    return np.array([start, change])


SMALL_TYPE = 18.0  # px; below it rules are a pixel wide and parts of a character touch
GOOD_TYPE = 24.0  # px; text height after upscaling, about 10 point at 200 dpi
MAX_ENLARGED = 8e6  # px; area up to which a page is upscaled


def _enlargement(scan: Rgb, ink: Ink) -> float:
    """Return the factor by which small type on a small image is upscaled for the later stages."""
    height, width = scan.shape[:2]
    room = float(np.sqrt(MAX_ENLARGED / (height * width)))
    if ink.text_height >= SMALL_TYPE:
        return 1.0
    return max(1.0, min(GOOD_TYPE / ink.text_height, room))


# --- resampling -----------------------------------------------------------------------------------


def _origin(scan: Rgb, straight: Matrix) -> Matrix:
    """Return the translation from the canvas to deskewed px."""
    x0, y0, _, _ = _canvas(scan, straight)
    return np.array([[1, 0, x0], [0, 1, y0], [0, 0, 1]], dtype=np.float64)


def _canvas(scan: Rgb, straight: Matrix) -> Box:
    """Return the box in deskewed px that contains the whole scan."""
    height, width = scan.shape[:2]
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    from_scan: Matrix = np.linalg.inv(straight).astype(np.float64)
    x, y = map_points(from_scan, corners).T
    return Box(
        int(np.floor(x.min() + 1e-6)),
        int(np.floor(y.min() + 1e-6)),
        int(np.ceil(x.max() - 1e-6)),
        int(np.ceil(y.max() - 1e-6)),
    )


def _warped(scan: Rgb, straight: Matrix, canvas: Box) -> Rgb:
    if np.array_equal(straight, np.eye(3)):
        return scan
    matrix = straight @ _origin(scan, straight)
    warped: Rgb = cv2.warpPerspective(
        scan,
        matrix,
        (canvas.width, canvas.height),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return warped


# --- the quarter turn -----------------------------------------------------------------------

N_LINES = 5  # lines recognised per rotation; enough to outvote one that a seal obscures
MANY_LINES = 25  # lines recognised of two rotations with close results
CLOSE = 0.4  # lead below which two results are close, as on faint print or under a watermark
LINE_WIDTHS = 2.5, 8.0  # text heights; a single digit may be legible upside down
LINE_HEIGHTS = 0.6, 2.2  # text heights; outside lie specks, pictures and touching lines
LETTER_GAP = 0.35  # text heights; wider than between letters, narrower than between most lines
LINE_MARGIN = 0.4  # text heights around a line
LONG_LINES = 5.0  # characters per line; columns of a page on its side are shorter but legible
FEW_LINES = 2  # fewer are no evidence
RULE = 3.0  # text heights; longer runs of ink are rules


class _Legibility(NamedTuple):
    read: float  # sum of the probabilities of the recognised characters
    expected: float  # number of characters that fit into the lines


def find_turn(level: Rgb, engine: Engine, sure: float, ink: Ink) -> tuple[Rotation, float | None]:
    """Find the clockwise rotation of a deskewed page by recognising lines.

    Args:
        level: (H, W, 3), deskewed.
        engine: recognises line crops.
        sure: share of the expected characters from which no other rotation is tried.
        ink: of the page.

    Returns:
        The rotation in degrees and its lead over the next best, 0 to 1. The lead is 1 if no other
        rotation was tried; the result is 0 and None for a page without lines.

    Raises:
        EngineError: the engine failed.
    """
    upright = _legibility(level, 0, engine, ink, N_LINES)
    if upright.read >= sure * upright.expected and upright.expected >= LONG_LINES * N_LINES:
        return 0, 1.0
    read = {t: _legibility(level, t, engine, ink, N_LINES).read for t in TURNS[1:]}
    read[0] = upright.read
    best, second, *_ = sorted(TURNS, key=lambda turn: -read[turn])
    if 0 < (1 - CLOSE) * read[best] < read[second]:
        read = {t: _legibility(level, t, engine, ink, MANY_LINES).read for t in (best, second)}
        best, second = sorted(read, key=lambda turn: -read[turn])
    if read[best] == 0:
        return 0, None
    return best, round(1 - read[second] / read[best], 3)


def _legibility(level: Rgb, turn: Rotation, engine: Engine, ink: Ink, most: int) -> _Legibility:
    page = np.ascontiguousarray(np.rot90(level, turn // 90))
    lines, text_height = _lines(page, ink)[:most], ink.text_height
    if len(lines) < FEW_LINES:
        return _Legibility(0.0, 0.0)
    margin = round(LINE_MARGIN * text_height)
    crops = [Crop(_cut(page, line, margin), 0, line) for line in lines]
    read = sum(c.probability for reading in engine.read(crops) for c in reading.characters)
    return _Legibility(read, sum(line.width for line in lines) / text_height)


def _cut(page: Rgb, box: Box, margin: int) -> Rgb:
    return page[
        max(0, box.y0 - margin) : box.y1 + margin, max(0, box.x0 - margin) : box.x1 + margin
    ]


def _lines(page: Rgb, ink: Ink) -> list[Box]:
    """Return boxes of the lines of text, longest first."""
    # Search at half resolution; the maximum of four pixels preserves thin strokes.
    half = cv2.dilate(darkness(to_gray(page)), np.ones((2, 2), np.uint8))[::2, ::2]
    size = ink.text_height / 2
    letters = _without_rules((half > ink.threshold).astype(np.uint8), size)
    gap = np.ones((1, round(LETTER_GAP * size) | 1), np.uint8)
    joined = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, gap)
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    longest = round(LINE_WIDTHS[1] * size)
    boxes = [
        Box(2 * x, 2 * y, 2 * (x + min(width, longest)), 2 * (y + height))
        for x, y, width, height, _ in stats[1:].tolist()
        if width >= LINE_WIDTHS[0] * size
        and LINE_HEIGHTS[0] * size <= height <= LINE_HEIGHTS[1] * size
    ]
    return sorted(boxes, key=lambda b: (-b.width, b))


def _without_rules(mask: Gray, text_height: float) -> Gray:
    length = round(RULE * text_height)
    for kernel in (np.ones((1, length), np.uint8), np.ones((length, 1), np.uint8)):
        runs = cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel)
        mask = cv2.subtract(mask, cv2.dilate(runs, np.ones((3, 3), np.uint8)))
    return mask
