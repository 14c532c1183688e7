"""Learn a repeated watermark from its occurrences on one page or across pages.

The median over aligned occurrences keeps the mark and drops the text, which differs from place to
place (after Dekel et al., "On the Effectiveness of Visible Watermarks", CVPR 2017). The result is
the darkness that the mark adds to each pixel, which separates ink from mark even where both have
the same tone.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray, Mask
from tenglu.stages.strip.layer import Affine, Layer, View, cut, doubled, shift
from tenglu.stages.strip.outline import LEAST_MARK, WORD_GAP
from tenglu.stages.strip.places import KNOWN, N_BLOCKS, Pattern, find_spots, register
from tenglu.stages.strip.tones import STEP, Floats, disc

SEEDS = 4  # the largest shapes are tried as the template of the mark
TEMPLATE_CORRELATION = 0.5  # least correlation of the template with another part of the page
LEAST_PLACES = 3  # a median of fewer occurrences would still contain text
EXPLAINED = 0.5  # of all seeds; a template that covers as many ends the search
MOST_STACKED = 7  # occurrences; more do not improve the median
PAD = 0.3  # of the smaller side, added around the template to include the rest of the mark
WIDER = 0.3  # of the smaller side, added if the window still cuts the mark
MAX_SHARE = 0.25  # of the page; larger shapes are not tiles of a pattern
TRACE = 0.3  # of the tone of the mark, at which its pattern ends
MOST_OF_IT = 0.3  # of the largest shape in a window; an uncut shape of this size is preferred
MARGIN = 2  # px around the trace of a mark, for its soft edge

Occurrence = tuple[int, Affine]  # index of the layer, place on it


class _Template(NamedTuple):
    """A window around a mark, in px at half resolution."""

    size: tuple[int, int]
    places: list[Occurrence]


class _Whole(NamedTuple):
    """One mark within a window."""

    x: int
    y: int
    mask: Mask  # the mark and its soft edge
    is_cut: bool  # by the edge of the window


def learn_pattern(layers: Sequence[Layer]) -> Pattern | None:
    """Learn the mark that repeats on one page or across pages; None: nothing repeats."""
    template = _find_template(layers)
    if template is None:
        return None
    half = [layer.half for layer in layers]
    size, places = template
    places = _moved(half, _stack(half, places, size), places, (STEP // 2 + 1, 1))
    if len(places) < LEAST_PLACES:
        return None
    places = _moved(half, _stack(half, places, size), places, (2, N_BLOCKS))
    if len(places) < LEAST_PLACES:
        return None
    text_height = layers[0].text_height / 2
    whole = _one_mark(_stack(half, places, size), text_height)
    if whole is not None and whole.is_cut:
        size, places = _widened(size, places)
        whole = _one_mark(_stack(half, places, size), text_height)
    if whole is None or max(whole.mask.shape) < LEAST_MARK * text_height:
        return None
    # Repeat at full resolution, cropped to the mark.
    size = 2 * whole.mask.shape[0], 2 * whole.mask.shape[1]
    places = [(n, doubled(place, whole.x, whole.y)) for n, place in places]
    inside = cv2.resize(whole.mask.astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST)
    tone = _stack([layer.full for layer in layers], places, size)
    return Pattern(np.where(inside > 0, tone, 0).astype(np.float32), len(places))


def _find_template(layers: Sequence[Layer]) -> _Template | None:
    """Return the shape whose occurrences cover the most seeds; None: nothing repeats."""
    best: tuple[float, _Template] | None = None
    for layer in layers:
        enough = EXPLAINED * float(layer.seeds.sum())
        for (x, y, width, height), area in _pieces(layer)[:SEEDS]:
            if best is not None and best[0] > enough:
                break
            piece = layer.small[y : y + height, x : x + width]
            found = [
                (spot.likeness, n, spot)
                for n, other in enumerate(layers)
                for spot in find_spots(other.small, piece, TEMPLATE_CORRELATION)
            ]
            score = (len(found) - 1) * float(area)
            if len(found) < LEAST_PLACES or (best is not None and score <= best[0]):
                continue
            found.sort(key=lambda item: -item[0])
            pad = int(PAD * min(width, height)) + 2
            half = STEP // 2
            places = [
                (n, shift((spot.x - pad) * half, (spot.y - pad) * half))
                for _, n, spot in found[:MOST_STACKED]
            ]
            size = (height + 2 * pad) * half, (width + 2 * pad) * half
            best = score, _Template(size, places)
    return None if best is None else best[1]


def _pieces(layer: Layer) -> list[tuple[tuple[int, int, int, int], int]]:
    """Return (x, y, width, height) and area of connected seeds, in STEP px, largest first."""
    reach = max(1, round(WORD_GAP * layer.text_height / STEP))
    joined = cv2.morphologyEx(layer.seeds, cv2.MORPH_CLOSE, disc(reach))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    area = np.bincount(labels[layer.seeds > 0], minlength=count)
    area[0] = 0
    area[stats[:, cv2.CC_STAT_WIDTH] * stats[:, cv2.CC_STAT_HEIGHT] > MAX_SHARE * labels.size] = 0
    order = np.argsort(-area, kind="stable")
    return [
        ((int(stats[n, 0]), int(stats[n, 1]), int(stats[n, 2]), int(stats[n, 3])), int(area[n]))
        for n in order
        if area[n]
    ]


def _widened(
    size: tuple[int, int], places: list[Occurrence]
) -> tuple[tuple[int, int], list[Occurrence]]:
    """Enlarge a window that cuts its mark."""
    pad = int(WIDER * min(size))
    back = np.array([pad, pad])
    moved = [(n, np.column_stack([p[:, :2], p[:, 2] - p[:, :2] @ back])) for n, p in places]
    return (size[0] + 2 * pad, size[1] + 2 * pad), moved


def _moved(
    views: Sequence[View], tone: Floats, places: list[Occurrence], search: tuple[int, int]
) -> list[Occurrence]:
    reach, blocks = search
    moved = [(n, register(views[n], tone, place, reach, blocks)) for n, place in places]
    return [(n, place) for n, place in moved if place is not None]


def _stack(views: Sequence[View], places: list[Occurrence], size: tuple[int, int]) -> Floats:
    """Return the median over the places, ignoring pixels under ink; 0 where all are hidden."""
    values = np.stack([cut(views[n].tone, place, size) for n, place in places])
    for value, (n, place) in zip(values, places, strict=True):
        value[cut(views[n].known, place, size) < KNOWN] = np.inf
    values.sort(axis=0)
    n_seen = (values < np.inf).sum(axis=0)
    middle = np.maximum(n_seen - 1, 0) // 2
    median: Floats = np.take_along_axis(values, middle[None], axis=0)[0]
    median[n_seen == 0] = 0
    return median


def _one_mark(tone: Floats, text_height: float) -> _Whole | None:
    """Find one complete mark: the largest connected shape, if possible not cut by the window."""
    strokes: Gray = (tone > tone.max() / 2).astype(np.uint8)
    level = float(np.median(tone[strokes > 0])) if strokes.any() else 0.0
    trace = (tone > TRACE * level).astype(np.uint8)
    trace = cv2.morphologyEx(trace, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    joined = cv2.morphologyEx(trace, cv2.MORPH_CLOSE, disc(round(WORD_GAP * text_height)))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    area = np.bincount(labels[trace > 0], minlength=len(stats))
    area[0] = 0
    height, width = tone.shape
    x, y, w, h = (stats[:, i] for i in range(4))
    whole = (x > 0) & (y > 0) & (x + w < width) & (y + h < height)
    whole &= area >= MOST_OF_IT * area.max()
    area = np.where(whole, area, 0) if whole.any() else area
    label = int(area.argmax())
    if not area[label]:
        return None
    x0, y0 = max(0, int(x[label]) - MARGIN), max(0, int(y[label]) - MARGIN)
    rows = slice(y0, int(y[label] + h[label]) + MARGIN)
    cols = slice(x0, int(x[label] + w[label]) + MARGIN)
    near = cv2.dilate((trace * (labels == label)).astype(np.uint8), disc(MARGIN))
    return _Whole(x0, y0, near[rows, cols] > 0, not whole.any())
