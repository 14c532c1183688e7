"""Seals by colour: in optical density, ink takes light from all colours, a seal from some."""

from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.arrays import Gray, Mask, Rgb
from tenglu.geometry import Box
from tenglu.ink import darkness, measure_ink, to_gray
from tenglu.stages.strip.options import StripOptions
from tenglu.stages.strip.result import FoundSeal

CHROMA = 70  # difference of darkness between the colours; less is grey, yellowed or a fringe
JOIN = 0.45  # text heights between the strokes of one seal
MAX_FILL = 0.6  # coloured pixels over bounding box; fuller shapes are coloured grounds
MAX_ASPECT = 3.0
RIM = 0.72, 1.08  # radius of the rim, in half axes of the seal
RIM_SHARE = 0.30  # of the seal's colour that lies on the rim
RIM_CLOSED = 0.6  # of the directions in which the rim shows colour
GROWN = 2  # px that the blurred edge of a seal reaches beyond its colour
ROUND = 1.2  # longer over shorter axis; above it is an oval
HUES = ("red", "yellow", "green", "cyan", "blue", "magenta")


class Seal(NamedTuple):
    """A seal and its pixels."""

    found: FoundSeal
    box: Box
    mask: Mask  # (box height, box width) where its colour is


def find_seals(page: Rgb, options: StripOptions) -> list[Seal]:
    """Find coloured seals: strokes of one colour that lie on a rim and inside it."""
    if not _has_colour(page):
        return []
    dark = _channel_darkness(page)
    coloured = cv2.subtract(dark.max(axis=2), dark.min(axis=2)) > CHROMA
    coloured = coloured.astype(np.uint8)
    text_height = measure_ink(darkness(to_gray(page))).text_height
    reach = round(JOIN * text_height) | 1
    joined = cv2.morphologyEx(coloured, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    least = options.min_seal * text_height
    seals = []
    for label in range(1, count):
        x, y, width, height, _ = (int(v) for v in stats[label])
        if min(width, height) < least or max(width, height) > MAX_ASPECT * min(width, height):
            continue
        box = Box(x, y, x + width, y + height)
        mask = (labels[y : box.y1, x : box.x1] == label) & (coloured[y : box.y1, x : box.x1] > 0)
        if mask.mean() <= MAX_FILL and _has_rim(mask):
            color = _hue(dark[y : box.y1, x : box.x1][mask])
            seals.append(Seal(FoundSeal(_shape(box), color, box.polygon), box, mask))
    return seals


def lift_seals(page: Rgb, seals: list[Seal]) -> tuple[Rgb, Mask]:
    """Take seals off: what remains is the ink that darkens every colour.

    Returns:
        The page without seals, and the pixels that were changed.
    """
    lifted = page.copy()
    removed = np.zeros(page.shape[:2], dtype=bool)
    for seal in seals:
        box = _grown(seal.box, page.shape)
        mask = np.zeros((box.height, box.width), dtype=np.uint8)
        top, left = seal.box.y0 - box.y0, seal.box.x0 - box.x0
        mask[top : top + seal.box.height, left : left + seal.box.width] = seal.mask
        mask = cv2.dilate(mask, np.ones((2 * GROWN + 1, 2 * GROWN + 1), np.uint8))
        part = lifted[box.y0 : box.y1, box.x0 : box.x1]
        # The colour that the seal lets through shows the ink alone.
        inside = mask > 0
        clear = part[inside].max(axis=1)
        part[inside] = clear[:, None]
        removed[box.y0 : box.y1, box.x0 : box.x1] |= inside
    return lifted, removed


def _grown(box: Box, shape: tuple[int, ...]) -> Box:
    return Box(
        max(0, box.x0 - GROWN),
        max(0, box.y0 - GROWN),
        min(shape[1], box.x1 + GROWN),
        min(shape[0], box.y1 + GROWN),
    )


def _has_colour(page: Rgb) -> bool:
    """Whether any stroke on the page may be coloured: a quick look at a small picture."""
    height, width = page.shape[:2]
    size = (max(1, width // 4), max(1, height // 4))
    small = cv2.resize(page, size, interpolation=cv2.INTER_AREA)
    dark = _channel_darkness(small)
    return bool((cv2.subtract(dark.max(axis=2), dark.min(axis=2)) > CHROMA / 2).any())


def _channel_darkness(page: Rgb) -> NDArray[np.uint8]:
    return np.stack([darkness(np.ascontiguousarray(page[:, :, c])) for c in range(3)], axis=2)


def _has_rim(mask: Mask) -> bool:
    """Whether the colour lies on an ellipse that fills the box, all the way round."""
    height, width = mask.shape
    y, x = np.nonzero(mask)
    u = (x - (width - 1) / 2) / (width / 2)
    v = (y - (height - 1) / 2) / (height / 2)
    radius = np.hypot(u, v)
    rim = (radius >= RIM[0]) & (radius <= RIM[1])
    directions = np.floor((np.arctan2(v[rim], u[rim]) + np.pi) / (2 * np.pi) * 36).astype(int) % 36
    closed = len(np.unique(directions)) / 36
    return bool(rim.mean() >= RIM_SHARE and closed >= RIM_CLOSED)


def _shape(box: Box) -> Literal["round", "oval"]:
    longer, shorter = max(box.width, box.height), min(box.width, box.height)
    return "oval" if longer > ROUND * shorter else "round"


def _hue(dark: Gray) -> str:
    """Name of a colour from how dark it is in red, green and blue."""
    light = (255 - np.median(dark, axis=0)).astype(np.uint8)
    hue = int(cv2.cvtColor(light.reshape(1, 1, 3), cv2.COLOR_RGB2HSV)[0, 0, 0])
    return HUES[round(hue / 30) % 6]
