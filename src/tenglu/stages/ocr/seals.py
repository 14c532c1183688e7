"""Recognise the text of a seal: first along its arc, then its straight lines from the top.

The impression is normalised to a disc and unrolled in polar coordinates; the characters next to
the rim are read as one line, the rest row by row. The widest gap of the arc marks the bottom of
the seal and so its rotation.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.engines.interface import Crop, Engine, Reading
from tenglu.imaging.arrays import Gray, Mask
from tenglu.imaging.geometry import Box
from tenglu.stages.ocr.lines import mask_to_rows
from tenglu.stages.strip import Impression

RADIUS = 200  # px of the normalised disc
SPARE = 1.08  # radii; half the side of the image that contains the disc
N_ANGLES = 1440  # columns of the unrolled disc
INKED = 70  # darkness of an impression's strokes, 0 to 255
RIM = 0.75  # radii; rims lie further out
RING = 0.8  # of all directions that a rim covers; characters cover fewer
RING_WIDTH = 0.03  # radii by which a rim deviates from a circle
STAR = 0.3  # radii; minimum size of a star and maximum offset from the centre
OUTER = 0.72, 0.87  # of the inner radius; minimum middle and outer end of an arc character
FLAT = 0.08  # radii; remains of a rim are no higher
MIDDLE = 0.25, 0.5  # radii, vertical and horizontal; region of a line through the centre
GRAIN = 0.004  # of the squared radius; smaller shapes are grain
TOGETHER = 0.05  # radii; strokes of one character are nearer
LINE = 0.2  # radii; usual height of a character
MARGIN = 0.06  # radii of background around a line
WIDTHS = (1.0, 1.3, 0.75)  # horizontal scales tried, as seals use condensed characters
SURE = 0.5  # least mean character probability of a line that is kept
TILTED = 45  # degrees; seals with two different axes are rotated by less
END = 4  # degrees of background before and after an arc
FRAME = 0.8  # of a side; longer strokes of a rectangular seal are its frame


class SealText(NamedTuple):
    """The text of a seal."""

    text: str  # lines separated by line feeds, the arc first
    confidence: float  # lowest probability of a character, 0 to 1


def read_seals(
    impressions: Sequence[Impression], engine: Engine, number: int
) -> list[SealText | None]:
    """Recognise the text of seals, one result per impression; None: no legible text.

    Args:
        impressions: from the strip stage.
        engine: recognises line crops.
        number: of the page, 1-based; passed to the engine.

    Raises:
        EngineError: the engine failed.
    """
    return [_read_seal(impression, engine, number) for impression in impressions]


def _read_seal(impression: Impression, engine: Engine, number: int) -> SealText | None:
    if impression.shape == "rectangle":
        lines = [[line] for line in _rows(*_levelled(impression))]
    else:
        lines = _disc_lines(impression)
    tried = [image for line in lines for image in line]
    crops = [Crop(np.repeat(t[:, :, None], 3, axis=2), number, _box(t)) for t in tried]
    readings = iter(engine.read(crops) if crops else [])
    best = [max((next(readings) for _ in line), key=_mean) for line in lines]
    legible = [reading for reading in best if reading.characters and _mean(reading) >= SURE]
    if not legible:
        return None
    least = min(c.probability for reading in legible for c in reading.characters)
    return SealText("\n".join(reading.text for reading in legible), least)


def _box(image: Gray) -> Box:
    return Box(0, 0, image.shape[1], image.shape[0])


def _mean(reading: Reading) -> float:
    if not reading.characters:
        return 0.0
    return float(np.mean([c.probability for c in reading.characters]))


# --- round and oval -------------------------------------------------------------------------------


def _disc_lines(impression: Impression) -> list[list[Gray]]:
    """Return the images of each line: the arc at several widths, then each straight line."""
    disc = _disc(impression, turned=0.0)
    strokes = disc > INKED
    inner = _inside_rim(strokes)
    labels, arc, others = _parted(strokes, inner)
    if not arc.any():
        return [[line] for line in _rows(disc, _of(labels, others))]
    gap = _widest_gap(_of(labels, arc))
    lines = [_unrolled(np.where(_of(labels, arc), disc, 0).astype(np.uint8), gap)]
    if others.any():
        foot = gap[0] + gap[1] / 2
        turned = 0.0 if impression.shape == "oval" else (foot - 90 + 180) % 360 - 180
        labels = cv2.warpAffine(
            labels.astype(np.float32), _turn(turned), disc.shape[::-1], flags=cv2.INTER_NEAREST
        )
        straight = _disc(impression, turned)
        lines += [[line] for line in _rows(straight, np.isin(labels, np.flatnonzero(others)))]
    return lines


def _disc(impression: Impression, turned: float) -> Gray:
    """Normalise an impression to a disc of ink on 0, rotated back by ``turned`` degrees."""
    (x, y), (width, height), angle = impression.outline
    if abs((angle + TILTED) // 90) % 2:
        width, height, angle = height, width, angle - 90
    angle = (angle + 90) % 180 - 90 if impression.shape == "oval" else 0.0
    side = round(2 * SPARE * RADIUS)
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    axes = np.array([[c, -s], [s, c]]) @ np.diag([width / 2, height / 2]) / RADIUS
    c, s = np.cos(np.radians(turned)), np.sin(np.radians(turned))
    linear = axes @ np.array([[c, -s], [s, c]])
    shift = np.array([x, y]) - linear @ np.array([side / 2, side / 2])
    matrix = np.hstack([linear, shift[:, None]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    disc: Gray = cv2.warpAffine(255 - impression.image, matrix, (side, side), flags=flags)
    return disc


def _turn(degrees: float) -> NDArray[np.float64]:
    middle = SPARE * RADIUS
    matrix: NDArray[np.float64] = cv2.getRotationMatrix2D((middle, middle), degrees, 1.0)
    return matrix


def _polar(disc: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Unroll a disc to (radii, N_ANGLES): angles clockwise from the right, radii outward in px."""
    middle = (SPARE * RADIUS, SPARE * RADIUS)
    size = (round(SPARE * RADIUS), N_ANGLES)
    flags = cv2.WARP_POLAR_LINEAR | cv2.INTER_LINEAR
    unrolled = cv2.warpPolar(disc, size, middle, SPARE * RADIUS, flags)
    polar: NDArray[np.uint8] = np.ascontiguousarray(unrolled.T)
    return polar


def _inside_rim(strokes: Mask) -> float:
    """Return the inner radius of the rim, px."""
    drawn = _polar(strokes.astype(np.uint8) * 255)
    width = round(RING_WIDTH * RADIUS)
    drawn = cv2.dilate(drawn, np.ones((2 * width + 1, 1), np.uint8))
    rings = np.flatnonzero((drawn[round(RIM * RADIUS) :] > INKED).mean(axis=1) > RING)
    return float(rings[0]) + RIM * RADIUS if len(rings) else float(RADIUS)


def _parted(
    strokes: Mask, inner: float
) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Label the shapes inside the rim, and select those of the arc and those of straight lines."""
    y, x = np.indices(strokes.shape)
    radius = np.hypot(x - SPARE * RADIUS, y - SPARE * RADIUS)
    inside = (strokes & (radius < inner)).astype(np.uint8)
    side = round(TOGETHER * RADIUS)
    joined = cv2.morphologyEx(inside, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    count, labels, stats, middles = cv2.connectedComponentsWithStats(joined, connectivity=8)
    near, far = np.full(count, np.inf), np.zeros(count)
    np.minimum.at(near, labels.ravel(), radius.ravel())
    np.maximum.at(far, labels.ravel(), radius.ravel())
    off = np.hypot(*(middles - SPARE * RADIUS).T)
    extent = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].min(axis=1)
    star = (extent > STAR * RADIUS) & (off < STAR * RADIUS)
    kept = (stats[:, cv2.CC_STAT_AREA] > GRAIN * RADIUS**2) & ~star
    kept &= far - near > FLAT * RADIUS
    kept[0] = False
    beside, below = np.abs((middles - SPARE * RADIUS).T) / RADIUS
    level = kept & (below < MIDDLE[0])
    is_line = level if (level & (beside < MIDDLE[1])).sum() > 1 else np.zeros_like(level)
    arc = kept & ((near + far) / 2 > OUTER[0] * inner) & (far > OUTER[1] * inner) & ~is_line
    return labels, arc, kept & ~arc


def _of(labels: NDArray[np.int32], chosen: NDArray[np.bool_]) -> Mask:
    mask: Mask = chosen[labels]
    return mask


def _widest_gap(arc: Mask) -> tuple[float, float]:
    """Return start and width of the widest gap of an arc, degrees clockwise."""
    inked = (_polar(arc.astype(np.uint8) * 255) > INKED).any(axis=0)
    places = np.flatnonzero(inked)
    gaps = np.diff(np.append(places, places[0] + N_ANGLES))
    widest = int(gaps.argmax())
    step = 360 / N_ANGLES
    return float(places[widest] * step), float(gaps[widest] * step)


def _unrolled(disc: NDArray[np.uint8], gap: tuple[float, float]) -> list[Gray]:
    """Unroll the arc to a horizontal line, black on white, at several widths."""
    polar = _polar(disc)
    begin = round((gap[0] + gap[1] - min(gap[1] / 2, END)) * N_ANGLES / 360)
    length = round((360 - gap[1] + min(gap[1], 2 * END)) * N_ANGLES / 360)
    line = np.roll(polar, -begin, axis=1)[:, :length]
    rows = np.flatnonzero((line > INKED).any(axis=1))
    low, high = int(rows[0]), int(rows[-1]) + 1
    line = line[low:high][::-1]
    middle = (low + high) / 2
    natural = np.radians(length * 360 / N_ANGLES) * middle
    margin = round(MARGIN * RADIUS)
    line = cv2.copyMakeBorder(line, margin, margin, 0, 0, cv2.BORDER_CONSTANT, value=0)
    return [
        255 - cv2.resize(line, (round(natural * w), line.shape[0]), interpolation=cv2.INTER_AREA)
        for w in WIDTHS
    ]


# --- straight lines -------------------------------------------------------------------------------


def _levelled(impression: Impression) -> tuple[Gray, Mask]:
    """Rotate a rectangular seal to horizontal; return it and its strokes without the frame."""
    (x, y), (width, height), angle = impression.outline
    if abs((angle + TILTED) // 90) % 2:
        width, height, angle = height, width, angle - 90
    angle = (angle + 90) % 180 - 90
    scale = 2 * RADIUS / max(width, height)
    matrix = cv2.getRotationMatrix2D((x, y), angle, scale)
    size = round(width * scale), round(height * scale)
    matrix[:, 2] += np.array(size) / 2 - np.array([x, y])
    level: Gray = cv2.warpAffine(255 - impression.image, matrix, size)
    strokes = (level > INKED).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    extents = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    frame = (extents > FRAME * np.array(size)).any(axis=1)
    frame[0] = True
    return level, ~frame[labels]


def _rows(disc: Gray, mask: Mask) -> list[Gray]:
    """Crop the lines of text of a mask, black on white, from top to bottom."""
    lines = []
    margin = round(MARGIN * RADIUS)
    clean = np.where(cv2.dilate(mask.astype(np.uint8), np.ones((5, 5))) > 0, disc, 0).astype(
        np.uint8
    )
    for row in mask_to_rows(mask, LINE * RADIUS):
        cols = np.flatnonzero(mask[row.start : row.end].any(axis=0))
        if row.end - row.start < LINE * RADIUS / 2:
            continue
        part = clean[row.start : row.end, cols[0] : cols[-1] + 1]
        lines.append(255 - cv2.copyMakeBorder(part, *(margin,) * 4, cv2.BORDER_CONSTANT, value=0))
    return lines
