"""Locate every occurrence of a known mark on a page, with subpixel accuracy."""

from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Mask
from tenglu.stages.strip.layer import Affine, Layer, View, cut, doubled, shift
from tenglu.stages.strip.tones import STEP, Floats, shrunk

OVER_EDGE = 0.75  # of its size by which a mark may extend beyond the page edge
KNOWN = 0.99  # of a resampled pixel that must be free of ink
MOST_SPOTS = 150  # candidates per page: a mark of 5 mm every 20 mm
CANDIDATE_CORRELATION = 0.3  # least correlation of a candidate that is registered
PLACE_CORRELATION = 0.5  # least correlation of a registered place, on pixels free of ink
SEEN = 0.08  # of the core of the mark that must be free of ink
CORE = 0.5  # of the maximum tone of the pattern: its strokes without their soft edges
STRENGTH = 0.4, 1.7  # limits of the tone at a place over the tone of the pattern
BLOCK_CORRELATION = 0.35  # least correlation of a block whose displacement is used
N_BLOCKS = 3  # of a pattern, in each direction
FEW_BLOCKS = 4  # fewer displacements determine a translation only
OUTLIER = 2.5  # px; a block further from the fitted map is an outlier
STIFFNESS = 2.5e-4  # ridge penalty on scale and rotation of a pattern
FLAT = 2.0  # darkness, standard deviation; a block with less has no strokes


class Pattern(NamedTuple):
    """A learnt mark."""

    tone: Floats  # (h, w) darkness of the mark on bare paper, 0 to 255
    n_places: int  # number of occurrences it was learnt from


class Place(NamedTuple):
    """One occurrence of a pattern."""

    to_page: Affine  # from px of the pattern to px of the page
    strength: float  # tone at this place over tone of the pattern
    likeness: float  # correlation on the pixels free of ink, 0 to 1


class Spot(NamedTuple):
    """A candidate place from template matching."""

    x: int  # of its top left corner, in STEP px
    y: int
    likeness: float


def find_spots(small: Floats, piece: Floats, least: float) -> list[Spot]:
    """Find candidate places of a template, best first, including those cut by the page edge.

    Args:
        small: page, STEP times smaller.
        piece: template at the same scale.
        least: minimum normalised correlation, 0 to 1.
    """
    height, width = piece.shape
    top, left = round(OVER_EDGE * height), round(OVER_EDGE * width)
    wide = cv2.copyMakeBorder(small, top, top, left, left, cv2.BORDER_CONSTANT)
    alike = cv2.matchTemplate(wide, piece, cv2.TM_CCOEFF_NORMED)
    around = np.ones((max(1, height) | 1, max(1, width) | 1), np.uint8)
    peaks = np.argwhere((alike >= least) & (alike >= cv2.dilate(alike, around)))
    spots = [Spot(int(x) - left, int(y) - top, float(alike[y, x])) for y, x in peaks]
    return sorted(spots, key=lambda spot: -spot.likeness)[:MOST_SPOTS]


def find_places(pattern: Pattern, layer: Layer) -> list[Place]:
    """Find every occurrence of a pattern on a page, including those cut by the page edge."""
    half = shrunk(pattern.tone, 2)
    places = []
    for spot in find_spots(layer.small, shrunk(pattern.tone, STEP), CANDIDATE_CORRELATION):
        guess = shift(spot.x * STEP / 2, spot.y * STEP / 2)
        place = register(layer.half, half, guess, STEP // 2 + 1, N_BLOCKS)
        verified = None if place is None else _verified(half, layer.half, place)
        if verified is not None:
            places.append(verified)
    return places


def _verified(tone: Floats, view: View, place: Affine) -> Place | None:
    """Return the place at full resolution; None: the page does not show the mark there."""
    size = tone.shape[0], tone.shape[1]
    shown = cut(view.tone, place, size)
    known = cut(view.known, place, size) > KNOWN
    core = tone > CORE * tone.max()
    seen = known & core
    if not seen.any() or seen.sum() < SEEN * core.sum():
        return None
    expected, found = tone[known], shown[known]
    flat = found.std() == 0 or expected.std() == 0
    likeness = 0.0 if flat else float(np.corrcoef(expected, found)[0, 1])
    strength = float(np.median(shown[seen] / tone[seen]))
    if likeness < PLACE_CORRELATION or not STRENGTH[0] <= strength <= STRENGTH[1]:
        return None
    return Place(doubled(place), strength, likeness)


def render_pattern(
    pattern: Pattern, places: list[Place], shape: tuple[int, int]
) -> tuple[Floats, Mask]:
    """Render a mark at its places on an empty page of shape (H, W).

    Returns:
        (H, W) darkness of the mark, 0 to 255, and the (H, W) mask of the boxes of its places.
    """
    rendered = np.zeros(shape, dtype=np.float32)
    covered = np.zeros(shape, dtype=bool)
    height, width = pattern.tone.shape
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]]).T
    for place in places:
        outline = place.to_page @ corners
        x0, y0 = np.maximum(np.floor(outline.min(axis=1)), 0).astype(int)
        x1 = min(shape[1], int(np.ceil(outline[0].max())))
        y1 = min(shape[0], int(np.ceil(outline[1].max())))
        if x1 <= x0 or y1 <= y0:
            continue
        to_part = place.to_page - np.array([[0, 0, x0], [0, 0, y0]])
        part = cv2.warpAffine(pattern.tone * place.strength, to_part, (x1 - x0, y1 - y0))
        rendered[y0:y1, x0:x1] = np.maximum(rendered[y0:y1, x0:x1], part)
        covered[y0:y1, x0:x1] = True
    return rendered, covered


def register(view: View, tone: Floats, place: Affine, reach: int, blocks: int) -> Affine | None:
    """Refine a place by block matching; None: no block matches.

    Args:
        view: of the page.
        tone: of the pattern, at the scale of the view.
        place: initial estimate.
        reach: search radius, px.
        blocks: number in each direction; an affine map is fitted to their displacements.
    """
    height, width = tone.shape
    wide = place.copy()
    wide[:, 2] -= place[:, :2] @ np.array([reach, reach])
    window = cut(view.tone, wide, (height + 2 * reach, width + 2 * reach))
    rows = np.linspace(0, height, blocks + 1).astype(int)
    cols = np.linspace(0, width, blocks + 1).astype(int)
    centres, moves, weights = [], [], []
    for y0, y1 in pairwise(rows):
        for x0, x1 in pairwise(cols):
            block = tone[y0:y1, x0:x1]
            if block.size == 0 or block.std() < FLAT:
                continue
            around = window[y0 : y1 + 2 * reach, x0 : x1 + 2 * reach]
            found = _best_fit(cv2.matchTemplate(around, block, cv2.TM_CCOEFF_NORMED))
            if found is not None:
                centres.append(((x0 + x1) / 2 - width / 2, (y0 + y1) / 2 - height / 2))
                moves.append((found[0] - reach, found[1] - reach))
                weights.append(found[2] * float(np.linalg.norm(block)))
    if not centres:
        return None
    local = _fit_affine(np.array(centres), np.array(moves), np.array(weights), (height, width))
    return np.asarray((_square(place) @ local)[:2])


def _best_fit(alike: Floats) -> tuple[float, float, float] | None:
    """Return subpixel x, y and height of the peak; None: it is too low or at the border."""
    _, value, _, (x, y) = cv2.minMaxLoc(alike)
    height, width = alike.shape
    if value < BLOCK_CORRELATION or not (0 < x < width - 1 and 0 < y < height - 1):
        return None
    dx = _vertex(alike[y, x - 1], value, alike[y, x + 1])
    dy = _vertex(alike[y - 1, x], value, alike[y + 1, x])
    return x + dx, y + dy, value


def _vertex(before: float, top: float, after: float) -> float:
    """Return the offset of the vertex of the parabola through three neighbouring values."""
    bend = before - 2 * top + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0


def _square(affine: Affine) -> NDArray[np.float64]:
    return np.vstack([affine, [0, 0, 1]])


def _fit_affine(
    centres: NDArray[np.float64],
    moves: NDArray[np.float64],
    weights: NDArray[np.float64],
    size: tuple[int, int],
) -> NDArray[np.float64]:
    """Fit the (3, 3) affine map of a pattern to its block displacements, by weighted ridge."""
    height, width = size
    weights = weights / weights.max()
    if len(weights) < FEW_BLOCKS:
        mean = np.average(moves, axis=0, weights=weights)
        return _square(shift(mean[0], mean[1]))
    design = np.column_stack([centres, np.ones(len(centres))])
    stiff = STIFFNESS * np.diag([width * width, height * height, 0.0])
    keep = np.ones(len(weights), dtype=bool)
    for _ in range(2):
        weighted = design[keep] * weights[keep, None]
        solution = np.linalg.solve(weighted.T @ design[keep] + stiff, weighted.T @ moves[keep])
        outlier = np.abs(design @ solution - moves).max(axis=1) > OUTLIER
        if not outlier.any() or (~outlier).sum() < FEW_BLOCKS:
            break
        keep = ~outlier
    linear = np.eye(2) + solution[:2].T
    local = np.eye(3)
    local[:2, :2] = linear
    middle = np.array([width / 2, height / 2])
    local[:2, 2] = solution[2] + middle - linear @ middle
    return local
