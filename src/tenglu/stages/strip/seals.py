"""Find and remove coloured seals: a rim of one colour with characters of that colour inside."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Mask, Rgb
from tenglu.imaging.geometry import Box
from tenglu.imaging.ink import paper_tone
from tenglu.stages.strip.colours import (
    Colour,
    channel_background,
    channel_darkness,
    chroma,
    measure_colour,
    unmix,
)
from tenglu.stages.strip.options import StripOptions
from tenglu.stages.strip.outline import Rectangle, along
from tenglu.stages.strip.result import OVAL, FoundSeal, Impression, Shape
from tenglu.stages.strip.tones import STEP, Floats, disc, shrunk

CHROMA = 24  # darkness range between channels at STEP; less is gray, yellowing or colour fringe
JOIN = 0.45  # text heights; wider than the gap between the strokes of one rim
MAX_ASPECT = 3.0  # longer over shorter side of a seal
RIM = 0.86, 1.1  # inner and outer radius of the rim, in semi-axes of the seal
RIM_CLOSED = 0.6  # of all directions in which the rim must show colour
N_DIRECTIONS = 48  # bins of direction around the centre of a seal
N_OUTLINE = 120  # points of an outline to which an ellipse is fitted
INSIDE = 0.8  # radius that contains the characters and the star, in semi-axes
LEAST_INSIDE = 0.04  # of that area that is coloured; a circle drawn by hand is empty
MAX_INSIDE = 0.75  # of that area; fuller shapes are shaded regions
BESIDE = 1.2, 1.9  # radii of the ring around a seal, which is free of its colour
COMPANY = 0.2  # of the coloured share inside; a ring with more means letters among letters
FEW = 2  # shapes of one ink with such a ring; more are letters of a repeated mark
MANY = 6  # seals of one ink on a page; more are words of a repeated mark
LARGER = 1.4  # times the size of such letters; a larger shape among them is a seal
SQUARE_FILL = 0.87  # hull area over its rectangle; an ellipse has pi / 4
GROWN = 0.2  # text heights by which the blurred edge of a seal exceeds its colour mask
TRACE = 0.06  # optical density of a seal's ink; pixels with less stay unchanged
EDGE = 2  # px; scanners resolve colour less sharply than tone
INK = 0.22, 0.32  # optical density of black ink: hysteresis thresholds, low enough for a dot


_Found = tuple[NDArray[np.int32], Shape]
"""Outline and shape of a seal."""


class Seal(NamedTuple):
    """A seal and the region that its ink may cover."""

    found: FoundSeal
    box: Box
    region: Mask  # (box height, box width) True where its ink may lie
    colour: Colour
    outline: Rectangle  # px of the box


def find_seals(page: Rgb, text_height: float, options: StripOptions) -> list[Seal] | None:
    """Find round, oval and rectangular coloured seals; None: the page has no colour at all.

    Args:
        page: (H, W, 3).
        text_height: px.
        options: see :class:`StripOptions`.
    """
    height, width = page.shape[:2]
    small = shrunk(page, STEP)
    if not (chroma(small) > CHROMA).any():
        return None
    dark = channel_darkness(small, channel_background(small, text_height))
    strokes = chroma(dark) > CHROMA
    seals = []
    for mask, colour in _inks(dark, strokes):
        for outline, shape in _shapes(mask, text_height / STEP, options.min_seal):
            seals.append(_enlarged(outline, shape, colour, text_height, (height, width)))
    return seals


class Unsealed(NamedTuple):
    """A page without its seals."""

    page: Rgb
    removed: Mask  # (H, W) True where the page was changed
    impressions: list[Impression]  # one per seal


def remove_seals(page: Rgb, seals: list[Seal]) -> Unsealed:
    """Remove seals and keep the ink that darkens every channel.

    Args:
        page: (H, W, 3).
        seals: found on this page.
    """
    cleaned = page.copy()
    removed = np.zeros(page.shape[:2], dtype=bool)
    # Use the paper tone in tinted cells too: the star of a seal is as wide as a shaded region.
    behind = cv2.merge([paper_tone(tone) for tone in cv2.split(page)])
    dark = channel_darkness(page, behind)
    impressions = []
    for seal in seals:
        rows, cols = slice(seal.box.y0, seal.box.y1), slice(seal.box.x0, seal.box.x1)
        black, coloured = unmix(dark[rows, cols], seal.colour)
        impressions.append(_impression(coloured, seal))
        inside = seal.region & (cv2.GaussianBlur(coloured, (0, 0), 1.0) > TRACE)
        inside = seal.region & (cv2.dilate(inside.astype(np.uint8), disc(EDGE)) > 0)
        near_ink = cv2.dilate(_ink(black), disc(EDGE)) > 0
        black[~near_ink] = 0  # the gray fringe of a scanned coloured stroke
        part = cleaned[rows, cols]
        paper = part[inside] / np.maximum(1 - dark[rows, cols][inside] / 255, 1 / 255)
        ink = np.exp(-black[inside])[:, None]
        part[inside] = np.clip(paper * ink + 0.5, 0, 255).astype(np.uint8)
        removed[rows, cols] |= inside
    return Unsealed(cleaned, removed, impressions)


def _impression(coloured: Floats, seal: Seal) -> Impression:
    image = 255 * np.exp(-np.where(seal.region, coloured, 0))
    return Impression(image.astype(np.uint8), seal.found.shape, seal.outline)


def _ink(black: Floats) -> NDArray[np.uint8]:
    """Threshold black strokes with hysteresis: keep faint pixels connected to a strong one."""
    count, labels = cv2.connectedComponents((black > INK[0]).astype(np.uint8), connectivity=8)
    strong = np.zeros(count, dtype=bool)
    strong[np.unique(labels[black > INK[1]])] = True
    strong[0] = False
    ink: NDArray[np.uint8] = strong[labels].astype(np.uint8)
    return ink


def _enlarged(
    outline: NDArray[np.int32],
    shape: Shape,
    colour: Colour,
    text_height: float,
    size: tuple[int, int],
) -> Seal:
    """Scale an outline from STEP to the full page of size (H, W) and dilate it."""
    hull = outline.reshape(-1, 2) * STEP + STEP // 2
    grown = round(GROWN * text_height) + STEP
    (x0, y0), (x1, y1) = hull.min(axis=0) - grown, hull.max(axis=0) + grown + 1
    box = Box(max(0, int(x0)), max(0, int(y0)), min(size[1], int(x1)), min(size[0], int(y1)))
    region = np.zeros((box.height, box.width), np.uint8)
    cv2.fillPoly(region, [hull - np.array([box.x0, box.y0])], 1)
    region = cv2.dilate(region, disc(grown))
    rectangle = cv2.minAreaRect(hull.astype(np.float32))
    polygon = box.polygon if shape == "round" else along(rectangle)
    fitted = rectangle if shape == "rectangle" else cv2.fitEllipse(_evenly(hull))
    ((cx, cy), sides, angle) = fitted
    placed: Rectangle = (cx - box.x0, cy - box.y0), (sides[0], sides[1]), angle
    return Seal(FoundSeal(shape, colour.name, polygon), box, region > 0, colour, placed)


def _evenly(hull: NDArray[np.int32]) -> NDArray[np.float32]:
    """Resample an outline at equal distances, so that an ellipse fit weighs all sides equally."""
    closed = np.vstack([hull, hull[:1]]).astype(np.float32)
    run = np.append(0, np.cumsum(np.hypot(*np.diff(closed, axis=0).T)))
    at = np.linspace(0, run[-1], N_OUTLINE, endpoint=False)
    points = [np.interp(at, run, closed[:, axis]) for axis in (0, 1)]
    evenly: NDArray[np.float32] = np.stack(points, axis=1).astype(np.float32)
    return evenly


def _inks(dark: NDArray[np.uint8], strokes: Mask) -> Iterator[tuple[Mask, Colour]]:
    """Split coloured strokes by the channel that their ink absorbs least."""
    lightest = dark.argmin(axis=2)
    for channel in range(3):
        mask = strokes & (lightest == channel)
        colour = measure_colour(dark, mask)
        if colour is not None:
            yield mask, colour


def _shapes(mask: Mask, text_height: float, min_seal: float) -> Iterator[_Found]:
    """Return the convex outline and the shape of each seal, in px of the mask."""
    joined = cv2.morphologyEx(
        mask.astype(np.uint8), cv2.MORPH_CLOSE, disc(max(1, round(JOIN * text_height)))
    )
    contours, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    alone: list[_Found] = []
    between: list[_Found] = []
    for contour in contours:
        _, _, width, height = cv2.boundingRect(contour)
        if min(width, height) < min_seal * text_height:
            continue
        if max(width, height) > MAX_ASPECT * min(width, height):
            continue
        hull = cv2.convexHull(contour)
        rectangle = cv2.minAreaRect(hull)
        fill = cv2.contourArea(hull) / max(1.0, rectangle[1][0] * rectangle[1][1])
        square = fill > SQUARE_FILL
        if _has_rim(mask, rectangle, square=square) and fill > np.pi / 4 - 0.1:
            shape: Shape = "rectangle" if square else _round_or_oval(rectangle)
            (between if _has_company(mask, rectangle) else alone).append((hull, shape))
    yield from _without_letters(alone, between)


def _without_letters(alone: list[_Found], between: list[_Found]) -> list[_Found]:
    """Drop letters and words of a coloured watermark; a letter such as 国 has a rim too."""
    if len(between) > FEW:
        letter = float(np.median([_size(outline) for outline, _ in between]))
        alone = [found for found in alone if _size(found[0]) > LARGER * letter]
        between = []
    return [*(alone if len(alone) <= MANY else []), *between]


def _size(outline: NDArray[np.int32]) -> float:
    return float(max(cv2.minAreaRect(outline)[1]))


def _has_company(mask: Mask, rectangle: tuple) -> bool:  # type: ignore[type-arg]
    """Return whether strokes of the same colour surround a shape about as densely as in it."""
    (cx, cy), sides, _ = rectangle
    reach = BESIDE[1] * max(sides) / 2
    x0, y0 = max(0, int(cx - reach)), max(0, int(cy - reach))
    near = mask[y0 : int(cy + reach) + 1, x0 : int(cx + reach) + 1]
    y, x = np.mgrid[: near.shape[0], : near.shape[1]]
    radius = np.hypot(x + x0 - cx, y + y0 - cy) / max(1.0, max(sides) / 2)
    around = near[(radius >= BESIDE[0]) & (radius <= BESIDE[1])]
    inside = near[radius < INSIDE]
    return bool(around.size and around.mean() > COMPANY * inside.mean())


def _has_rim(mask: Mask, rectangle: tuple, *, square: bool) -> bool:  # type: ignore[type-arg]
    """Return whether a shape has a closed coloured rim and is partly coloured inside."""
    (cx, cy), (width, height), angle = rectangle
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]]
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    u = ((x - cx) * c + (y - cy) * s) / (max(width, 1) / 2)
    v = ((y - cy) * c - (x - cx) * s) / (max(height, 1) / 2)
    radius = np.maximum(np.abs(u), np.abs(v)) if square else np.hypot(u, v)
    rim = mask & (radius >= RIM[0]) & (radius <= RIM[1])
    angles = np.floor((np.arctan2(v[rim], u[rim]) + np.pi) / (2 * np.pi) * N_DIRECTIONS)
    closed = len(np.unique(angles.astype(int) % N_DIRECTIONS)) / N_DIRECTIONS
    inside = mask[radius < INSIDE]
    return (
        closed >= RIM_CLOSED
        and inside.size > 0
        and (LEAST_INSIDE <= float(inside.mean()) <= MAX_INSIDE)
    )


def _round_or_oval(rectangle: tuple) -> Shape:  # type: ignore[type-arg]
    longer, shorter = max(rectangle[1]), min(rectangle[1])
    return "oval" if longer > OVAL * shorter else "round"
