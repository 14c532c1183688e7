"""Crop the lines of text of a cell, horizontal or vertical."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask, Rgb
from tenglu.imaging.geometry import Box
from tenglu.imaging.ink import Ink
from tenglu.stages.ocr.lines import Run, mask_to_rows
from tenglu.stages.ocr.result import CutCell, Line
from tenglu.stages.tables import GridCell

RULE_HALF = 2.0  # px from the middle of a rule to where its blur ends, the least
RULE_SHARE = 0.14  # text heights, the same on a page of higher resolution
LEAST_CELL = 2  # px inside its rules; a smaller one holds nothing
BENT = 2.5  # px that a corner may be off a right angle before the cell is cut as it lies
RESIDUE = 0.22  # text heights along a side where a remaining rule may lie
RESIDUE_DRAWN = 0.6  # share of the side that it covers there
FAINT_SHARE = 0.28  # of full ink; the thin strokes of 一 and 二 are no darker
SOLID_SHARE = (
    0.36  # of full ink that a glyph reaches somewhere; shapes that do not are remains of marks
)
GLYPH = (
    0.32  # text heights; the least extent of a shape that makes a cell not empty: a small circle is
)
DASH = 0.24  # text heights; a hyphen is shorter than any letter, but twice as wide as high
STROKE = 0.3  # text heights; streaks and remains of rules are no thicker
ALONG = 0.6  # text heights; along a side, remains of its rule are at least as long
HAIR = 0.08  # text heights; what clings to a side and is no thicker is of its rule, however short
STREAK = 2.0  # text heights; a lone stroke as long across the lines is a streak
THROUGH = 1.3  # text heights; a stroke from rule to rule is a streak in a low row too
UNDERLINE = 4.0  # text heights; a lone stroke as long along the lines is a rule or an underline
COMPANY = 0.9  # text heights from a glyph within which specks are points and commas
SHADED = 45  # darkness of a ground that is no paper
LIGHT_TYPE = 1.2  # contrast of what is lighter than the ground over what is darker: light type
GROUND_STEP = 3  # px; a sample of the cell is enough to tell its ground
COLON_REACH = 1.8  # text heights from a glyph to a colon: both may be set in the middle of a square
COLON_SHIFT = 0.1  # text heights that one dot of a colon may lie beside the other
COLON_GAP = 0.2, 0.75  # text heights from dot to dot
MOST_SPECKS = 40  # in a cell; more are grain
COLON_LIKE = 2.0  # times the area of one dot that the other has at most
MIN_AREA = 3  # px; less is a grain of the scanner
MARGIN_ACROSS = 0.45  # text heights of ground above and below; more costs detail, less time
MARGIN_ALONG = 0.22  # text heights of ground before and after a line
NARROW = 1.6  # text heights; a column of single characters is no wider
ONE_GLYPH = 1.3  # height over width; one character is no higher
STACKED = 1.9  # text heights; two characters one above the other are at least as high


class _Interior(NamedTuple):
    image: Rgb
    dark: Gray
    ground: tuple[float, ...]  # usual colour
    x0: int
    y0: int


def cell_to_lines(page: Rgb, dark: Gray, cell: GridCell, ink: Ink) -> CutCell:
    """Find and crop the lines of text in a cell.

    Args:
        page: (H, W, 3), upright, without marks.
        dark: (H, W) darkness of the page, 0 to 255.
        cell: of the grid.
        ink: of the page.
    """
    inside = _interior(page, dark, cell, ink.text_height)
    if inside is None:
        return CutCell([], vertical=False, stray=0.0)
    written = _ink_mask(inside.dark, ink)
    if not written.any():
        return CutCell([], vertical=False, stray=0.0)
    written = _without_residue(written, ink.text_height)
    mask, glyphs = _without_specks(written, _solid(inside.dark, ink), ink.text_height)
    rows = [row for row in mask_to_rows(mask, ink.text_height) if glyphs[row.start : row.end].any()]
    stray = float(written.sum() - sum(mask[r.start : r.end].sum() for r in rows))
    stray /= ink.text_height**2
    if not rows:
        return CutCell([], vertical=False, stray=stray)
    if _is_one_glyph(mask, rows, ink.text_height):
        rows = [Run(rows[0].start, rows[-1].end, rows[0].free_above, rows[-1].free_below)]
    if _is_column(mask, rows, ink.text_height):
        column = _column_line(inside, mask, rows, ink.text_height)
        return CutCell([column], vertical=True, stray=stray)
    lines = [_row_line(inside, mask, row, ink.text_height) for row in rows]
    return CutCell(lines, vertical=False, stray=stray)


def _interior(page: Rgb, dark: Gray, cell: GridCell, text_height: float) -> _Interior | None:
    corners = np.array(cell.polygon)
    half = max(RULE_HALF, RULE_SHARE * text_height)
    left, right = corners[[0, 3], 0], corners[[1, 2], 0]
    top, bottom = corners[[0, 1], 1], corners[[2, 3], 1]
    x0, y0 = int(np.ceil(left.max() + half)), int(np.ceil(top.max() + half))
    x1, y1 = int(np.floor(right.min() - half)), int(np.floor(bottom.min() - half))
    bent = max(np.ptp(side) for side in (left, right, top, bottom))
    if bent > BENT:
        return _bent_interior(page, dark, corners, half)
    x0, y0 = max(x0, 0), max(y0, 0)
    if min(x1 - x0, y1 - y0) < LEAST_CELL:
        return None
    image = page[y0:y1, x0:x1]
    return _Interior(image, dark[y0:y1, x0:x1], _ground(image), x0, y0)


def _bent_interior(
    page: Rgb, dark: Gray, corners: NDArray[np.float64], half: float
) -> _Interior | None:
    width = round(float(np.linalg.norm(corners[1] - corners[0])))
    height = round(float(np.linalg.norm(corners[3] - corners[0])))
    inset = round(half)
    if min(width, height) < 2 * inset + LEAST_CELL:
        return None
    square = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(square, corners.astype(np.float32))
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    inner = (slice(inset, height - inset), slice(inset, width - inset))
    image = cv2.warpPerspective(page, matrix, (width, height), flags=flags)[inner]
    tone = cv2.warpPerspective(dark, matrix, (width, height), flags=flags)[inner]
    x0, y0 = (round(v) + inset for v in corners[0].tolist())
    return _Interior(image, tone, _ground(image), x0, y0)


def _ground(image: Rgb) -> tuple[float, ...]:
    sample = image[::GROUND_STEP, ::GROUND_STEP].reshape(-1, 3)
    return tuple(float(v) for v in np.median(sample, axis=0))


def _ink_mask(dark: Gray, ink: Ink) -> Mask:
    """Threshold ink relative to the background of the cell, dark on light or light on dark."""
    ground = float(np.median(dark[::GROUND_STEP, ::GROUND_STEP]))
    if ground <= SHADED:
        return np.greater(dark, FAINT_SHARE * ink.level)
    lightest, darkest = (float(v) for v in np.percentile(dark, [1, 99]))
    if ground - lightest > LIGHT_TYPE * (darkest - ground):
        return np.less(dark, (ground + lightest) / 2)
    return np.greater(dark, (ground + max(ink.level, darkest)) / 2)


def _without_residue(mask: Mask, text_height: float) -> Mask:
    """Clear remains of rules along the sides."""
    reach = max(2, round(RESIDUE * text_height))
    mask = mask.copy()
    for turned in (mask, mask[::-1], mask.T, mask.T[::-1]):
        drawn = turned[:reach].mean(axis=1) > RESIDUE_DRAWN
        if drawn.any():
            turned[: int(np.flatnonzero(drawn)[-1]) + 1] = False
    return mask & ~_lone_strokes(mask, text_height)


def _lone_strokes(mask: Mask, text_height: float) -> Mask:
    """Find shapes that are no type: pieces of rules along the sides, streaks, underlines."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    x, y, width, height = (stats[:, i] for i in range(4))
    thin, long = STROKE * text_height, ALONG * text_height
    at_side = (x <= 1) | (x + width >= mask.shape[1] - 1)
    at_end = (y <= 1) | (y + height >= mask.shape[0] - 1)
    lone = (width <= thin) & ((height >= STREAK * text_height) | (at_side & (height >= long)))
    lone |= (height <= thin) & ((width >= UNDERLINE * text_height) | (at_end & (width >= long)))
    through = (y <= 1) & (y + height >= mask.shape[0] - 1)
    lone |= (width <= thin) & through & (height >= THROUGH * text_height)
    hair = max(1.0, HAIR * text_height)
    lone |= (at_side & (width <= hair)) | (at_end & (height <= hair))
    lone[0] = False
    strokes: Mask = lone[labels]
    return strokes


def _solid(dark: Gray, ink: Ink) -> Mask:
    """Find pixels as dark as the core of a glyph; everywhere in a shaded cell."""
    if float(np.median(dark[::GROUND_STEP, ::GROUND_STEP])) > SHADED:
        return np.ones(dark.shape, dtype=bool)
    solid: Mask = dark > SOLID_SHARE * ink.level
    return solid


def _without_specks(mask: Mask, solid: Mask, text_height: float) -> tuple[Mask, Mask]:
    """Keep glyphs and the specks near them, which are points and commas.

    Returns:
        The mask of kept shapes, and the mask of the glyphs among them.
    """
    _, labels, stats, middles = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    extent = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    is_solid = np.zeros(len(area), dtype=bool)
    is_solid[np.unique(labels[solid])] = True
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    dash = (width >= DASH * text_height) & (width >= 2 * height)
    glyph = ((extent >= GLYPH * text_height) | dash) & (area > 0) & is_solid
    reach = round(COMPANY * text_height)
    around = np.ones((reach // 2 * 2 + 1, 2 * reach + 1), np.uint8)
    near = cv2.dilate(glyph[labels].astype(np.uint8), around)
    kept = glyph.copy()
    kept[np.unique(labels[near > 0])] = True
    kept &= area >= MIN_AREA
    loose = np.flatnonzero(~kept & is_solid & (area >= MIN_AREA))
    dots = _colons(loose, middles, area, text_height)
    if len(dots):
        reach = round(COLON_REACH * text_height)
        beside = cv2.dilate(glyph[labels].astype(np.uint8), np.ones((1, 2 * reach + 1), np.uint8))
        kept[np.intersect1d(dots, labels[beside > 0])] = True
    return kept[labels], glyph[labels]


def _colons(
    loose: NDArray[np.intp],
    middles: NDArray[np.float64],
    area: NDArray[np.int32],
    text_height: float,
) -> NDArray[np.intp]:
    """Find pairs of isolated specks one above the other, such as a colon after a bracket."""
    if not 1 < len(loose) <= MOST_SPECKS:
        return loose[:0]
    x, y, size = middles[loose, 0], middles[loose, 1], area[loose]
    shift, gap = np.abs(x[:, None] - x), np.abs(y[:, None] - y)
    low, high = (share * text_height for share in COLON_GAP)
    paired = (shift <= COLON_SHIFT * text_height) & (gap >= low) & (gap <= high)
    paired &= np.maximum(size[:, None], size) <= COLON_LIKE * np.minimum(size[:, None], size)
    # In a cluster of specks a pair one above the other is no evidence.
    dots: NDArray[np.intp] = loose[paired.sum(axis=1) == 1]
    return dots


def _is_column(mask: Mask, rows: list[Run], text_height: float) -> bool:
    width, height = _extent(mask, rows)
    stacked = height >= max(STACKED * text_height, ONE_GLYPH * width)
    return len(rows) > 1 and width <= NARROW * text_height and stacked


def _is_one_glyph(mask: Mask, rows: list[Run], text_height: float) -> bool:
    """Return whether rows are parts of one character, as 田 and 力 of 男 on a page of digits."""
    width, height = _extent(mask, rows)
    return len(rows) > 1 and width <= 2 * text_height and height < ONE_GLYPH * width


def _extent(mask: Mask, rows: list[Run]) -> tuple[int, int]:
    cols = np.flatnonzero(mask[rows[0].start : rows[-1].end].any(axis=0))
    return int(np.ptp(cols)) + 1, rows[-1].end - rows[0].start


def _row_line(inside: _Interior, mask: Mask, row: Run, text_height: float) -> Line:
    cols = np.flatnonzero(mask[row.start : row.end].any(axis=0))
    x0, x1 = int(cols[0]), int(cols[-1]) + 1
    image = _padded(inside, (x0, row.start, x1, row.end), row, text_height)
    box = Box(inside.x0 + x0, inside.y0 + row.start, inside.x0 + x1, inside.y0 + row.end)
    return Line(image, box)


def _padded(
    inside: _Interior, area: tuple[int, int, int, int], row: Run, text_height: float
) -> Rgb:
    """Crop a line with a margin: from the cell where it is free of ink, painted beyond."""
    x0, y0, x1, y1 = area
    across = max(2, round(MARGIN_ACROSS * text_height))
    along = max(2, round(MARGIN_ALONG * text_height))
    height, width = inside.dark.shape
    above, below = min(across, row.free_above), min(across, row.free_below)
    left, right = min(along, x0), min(along, width - x1)
    part = inside.image[max(0, y0 - above) : min(height, y1 + below), x0 - left : x1 + right]
    line: Rgb = cv2.copyMakeBorder(
        part,
        across - above,
        across - below,
        along - left,
        along - right,
        cv2.BORDER_CONSTANT,
        value=inside.ground,
    )
    return line


def _column_line(inside: _Interior, mask: Mask, rows: list[Run], text_height: float) -> Line:
    """Set the characters of a vertical line side by side, since the recogniser reads rows."""
    glyphs = [_row_line(inside, mask, row, text_height) for row in rows]
    height = max(glyph.image.shape[0] for glyph in glyphs)
    overlap = round(MARGIN_ALONG * text_height)
    padded = []
    for glyph in glyphs:
        spare = height - glyph.image.shape[0]
        image = cv2.copyMakeBorder(
            glyph.image,
            spare // 2,
            spare - spare // 2,
            0,
            0,
            cv2.BORDER_CONSTANT,
            value=inside.ground,
        )
        padded.append(image if glyph is glyphs[-1] else image[:, : image.shape[1] - overlap])
    boxes = [glyph.box for glyph in glyphs]
    box = Box(min(b.x0 for b in boxes), boxes[0].y0, max(b.x1 for b in boxes), boxes[-1].y1)
    return Line(np.hstack(padded), box)
