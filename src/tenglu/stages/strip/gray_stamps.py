"""Find seals on a scan without colour by their rims; they are reported but not removed.

Ink and seal have the same tone there and cannot be separated; the cells under a seal are flagged
later. Circles are proposed by a gradient Hough transform (OpenCV's HOUGH_GRADIENT_ALT), refined
until they lie on a dark ridge, and kept if the ridge is closed: a seal shows a thin dark line in
every direction from its centre, writing and rules in about half of them.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray
from tenglu.imaging.ink import Ink
from tenglu.stages.strip.outline import along
from tenglu.stages.strip.result import OVAL, FoundSeal
from tenglu.stages.strip.tones import Floats

TEXT = 12  # px, text height at the scale of the search; a rim is two or three px thick there
SMOOTH = 0.8  # px, Gaussian sigma; suppresses grain
RADII = 3.2, 9.0  # text heights; seals are 30 to 60 mm wide, print is 2.5 to 4 mm high
COARSE = 0.4  # further downscaling for the Hough transform
RULE = 4.0  # text heights; longer horizontal or vertical strokes are rules
PIECE = 1.6  # text heights; a rim broken by rules and wear has longer pieces, writing does not
FLAT = 0.67  # shorter over longer axis of an oval
FLAT_RADIUS = 0.8  # of the least radius, for the shorter axis of an oval
EDGE, CENTRED = 150, 0.5  # Hough thresholds: gradient, and perfectness of a circle
MOST = 16  # proposals that are refined
TILTS = (-0.24, -0.16, -0.08, 0.0, 0.08, 0.16, 0.24)  # radians; initial tilts of an oval
WIDE = 3.0, 10  # px: blur for coarse refinement, and distance of the samples beside the line
FAR_STEPS, NEAR_STEPS = (6.0, 4.0, 2.0), (3.0, 1.5, 0.75)  # px; step sizes of the refinement
MOVES = 12  # iterations at each step size
TURN = 0.03  # radians per px of a step
BESIDE = (3.5, 6.0, 8.0)  # px beside the line; one of them avoids the second line of a double rim
RIDGE = 0.12  # of full ink; least contrast of the line to its surroundings
STRONG = 0.3  # of full ink; contrast above this is clipped, so that rules do not dominate
CLOSED = 0.85  # of all directions; seals have .94 to 1, other print at most .8
N_DIRECTIONS = 120  # samples along a rim
APART = 0.7  # of a radius; centres of two seals are further apart


class _Rim(NamedTuple):
    x: float  # centre, px
    y: float
    a: float  # semi-axes, px
    b: float
    tilt: float  # radians


def find_gray_stamps(dark: Gray, ink: Ink) -> list[FoundSeal]:
    """Find round and oval seals by their rims.

    Args:
        dark: (H, W) darkness of a page without colour, 0 to 255.
        ink: of the page.
    """
    scale = TEXT / ink.text_height
    if min(dark.shape) * scale < 2 * RADII[0] * TEXT:
        return []
    small = cv2.resize(dark, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    picture = cv2.GaussianBlur(small, (0, 0), SMOOTH).astype(np.float32) / max(1.0, ink.level)
    far = cv2.GaussianBlur(picture, (0, 0), WIDE[0])
    curved = _curved_strokes(small, picture)
    first = sorted(_proposals(curved), key=lambda rim: -_contrast(far, rim))[:MOST]
    refined = (_refined(picture, far, rim) for rim in first)
    closed = [rim for rim in refined if _closed(picture, rim) >= CLOSED]
    return [_seal(rim, scale) for rim in _apart(picture, closed)]


def _curved_strokes(small: Gray, picture: Floats) -> Gray:
    """Mask paper, rules and small writing, to keep candidates for rims."""
    drawn = (picture > RIDGE).astype(np.uint8)
    long = round(RULE * TEXT)
    for kernel in (np.ones((1, long), np.uint8), np.ones((long, 1), np.uint8)):
        rules = cv2.morphologyEx(drawn, cv2.MORPH_OPEN, kernel)
        drawn &= 1 - cv2.dilate(rules, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(drawn, connectivity=8)
    wide = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) >= PIECE * TEXT
    wide[0] = False
    kept = cv2.dilate(wide[labels].astype(np.uint8), np.ones((5, 5), np.uint8))
    curved: Gray = small * kept
    return curved


def _proposals(small: Gray) -> Iterator[_Rim]:
    """Propose circles, and ovals as circles of the horizontally compressed image."""
    if not small.any():
        return
    for flat in (1.0, FLAT):
        narrow = cv2.resize(small, None, fx=COARSE * flat, fy=COARSE, interpolation=cv2.INTER_AREA)
        text = COARSE * TEXT
        least = RADII[0] * text * (1.0 if flat == 1.0 else FLAT_RADIUS)
        found = cv2.HoughCircles(
            narrow,
            cv2.HOUGH_GRADIENT_ALT,
            1.5,
            text,
            param1=EDGE,
            param2=CENTRED,
            minRadius=round(least),
            maxRadius=round(RADII[1] * text),
        )
        for x, y, radius in () if found is None else found[0].tolist():
            whole = radius / COARSE
            yield _Rim(x / COARSE / flat, y / COARSE, whole / flat, whole, 0.0)


def _refined(picture: Floats, far: Floats, rim: _Rim) -> _Rim:
    """Maximise the contrast of a rim on the blurred image, then its closure."""
    tilts = TILTS if rim.a != rim.b else (0.0,)
    rim = max((rim._replace(tilt=tilt) for tilt in tilts), key=lambda r: _contrast(far, r))
    for step in FAR_STEPS:
        rim = _climbed(far, rim, step, _contrast)
    for step in NEAR_STEPS:
        rim = _climbed(picture, rim, step, _closed)
    return rim


def _climbed(
    picture: Floats, rim: _Rim, step: float, objective: Callable[[Floats, _Rim], float]
) -> _Rim:
    best = objective(picture, rim)
    for _ in range(MOVES):
        before = best
        for move in (*np.eye(5), *-np.eye(5)):
            dx, dy, grown, longer, tilt = (move * step).tolist()
            moved = _Rim(
                rim.x + dx,
                rim.y + dy,
                rim.a + grown + longer,
                rim.b + grown - longer,
                rim.tilt + TURN * tilt,
            )
            if (value := objective(picture, moved)) > best:
                best, rim = value, moved
        if best == before:
            break
    return rim


def _along(picture: Floats, rim: _Rim, offsets: NDArray[np.float64]) -> NDArray[np.float32]:
    """Sample the darkness along the rim at radial offsets, (offsets, N_DIRECTIONS)."""
    angles = np.arange(N_DIRECTIONS) / N_DIRECTIONS * 2 * np.pi
    u = (rim.a + offsets[:, None]) * np.cos(angles)
    v = (rim.b + offsets[:, None]) * np.sin(angles)
    c, s = np.cos(rim.tilt), np.sin(rim.tilt)
    x, y = (rim.x + c * u - s * v).astype(np.float32), (rim.y + s * u + c * v).astype(np.float32)
    tones: NDArray[np.float32] = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderValue=0)
    return tones


def _contrast(far: Floats, rim: _Rim) -> float:
    """Return the mean darkness of the line over its surroundings."""
    inner, line, outer = _along(far, rim, np.array([-WIDE[1], 0.0, WIDE[1]]))
    return float(np.minimum(line - np.maximum(inner, outer), STRONG).mean())


def _closed(picture: Floats, rim: _Rim) -> float:
    """Return the share of directions that show a thin dark line, 0 to 1."""
    n = len(BESIDE)
    tones = _along(picture, rim, np.array([*(-b for b in reversed(BESIDE)), 0.0, *BESIDE]))
    beside = np.maximum(tones[:n].min(axis=0), tones[n + 1 :].min(axis=0))
    return float((tones[n] - beside > RIDGE).mean())


def _apart(picture: Floats, rims: list[_Rim]) -> list[_Rim]:
    """Keep the most closed rim of each group with a common centre."""
    kept: list[_Rim] = []
    for rim in sorted(rims, key=lambda r: -_closed(picture, r)):
        if all(np.hypot(rim.x - k.x, rim.y - k.y) > APART * max(k.a, k.b) for k in kept):
            kept.append(rim)
    return kept


def _seal(rim: _Rim, scale: float) -> FoundSeal:
    longer, shorter = max(rim.a, rim.b), min(rim.a, rim.b)
    around = (rim.x / scale, rim.y / scale), (2 * rim.a / scale, 2 * rim.b / scale)
    polygon = along((*around, float(np.degrees(rim.tilt))))
    return FoundSeal("oval" if longer > OVAL * shorter else "round", "grey", polygon)
