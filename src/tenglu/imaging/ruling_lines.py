"""Drawn lines: from darkness to rules, horizontal and vertical.

A rule is thin across and long along. The thin part is taken by a white top-hat across the rule, the
long part by an opening along it, both measured in text heights so that type does not qualify.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray, Mask
from tenglu.imaging.dashed_lines import (
    BARE,
    BROKEN_FLANKED,
    BROKEN_LENGTH,
    Thin,
    find_gapped_rules,
)
from tenglu.imaging.ink import Ink
from tenglu.imaging.ruling_line import (
    LONG,
    MAX_THICKNESS,
    Rule,
    Written,
    courses,
    looks,
    median,
    outlines,
    traced_rules,
)
from tenglu.imaging.runs import Packed, bridged, pack, unpack

MIN_REACH = 9  # px; small type may stand under heavy rules
MIN_CONTRAST = 14  # darkness above the ground beside the rule; below is grain
CONTRAST_SHARE = (
    0.35  # of the usual contrast of the long rules of the page: streaks and folds are fainter
)
LONG_GAP = 0.3  # text heights; dots, dashes and breaks of a long rule
SHORT = 1.0  # text heights; the lowest row and the narrowest column
SHORT_GAP = 0.12  # text heights; less than the gap between two strokes of a character
NEAR = 0.4  # text heights between a short run and the long rule that it starts from
THIN = 2.0  # px; short runs are inner rules, which are thin
SHORT_BEND = 0.25  # text heights, the same for a short run
SOLID = 0.92  # share of a run that is drawn; rows of strokes have gaps
SOLID_FLANKED, SHORT_FLANKED = 0.5, 0.35  # share that may have type beside it
WEAK = 0.6  # share of a run that is drawn at least, if rules at both its ends speak for it
MIN_RADIUS = 25.0  # text heights; seals and loops of signatures bend more, curled paper less
MIN_SAGITTA = 2.0  # px by which a run must bend before its radius is believed
EPSILON = 1e-6


class Rules(NamedTuple):
    """The runs of one direction."""

    long: list[Rule]  # rules beyond doubt
    weak: list[Rule]  # long and with many breaks: rules only if they stand between two others
    short: list[Rule]  # rules only if they stand between two others
    dark: Gray  # darkness of the page, rules along x: (W, H) for vertical ones


def find_rules(dark: Gray, ink: Ink) -> tuple[Rules, Rules]:
    """Find the drawn lines of a page that is upright to about two degrees.

    Args:
        dark: (H, W) darkness, see :func:`tenglu.imaging.ink.darkness`.
        ink: of the page, see :func:`tenglu.imaging.ink.measure_ink`.

    Returns:
        The horizontal rules and the vertical ones.
    """
    plumb = np.ascontiguousarray(dark.T)
    rows, cols = _find_runs(dark, ink), _find_runs(plumb, ink)
    height = ink.text_height
    return (
        Rules(rows.long, rows.weak, _short_rules(rows, cols.long + cols.weak, height), dark),
        Rules(cols.long, cols.weak, _short_rules(cols, rows.long + rows.weak, height), plumb),
    )


def find_long_rules(dark: Gray, ink: Ink) -> tuple[list[Rule], list[Rule]]:
    """Find only the long lines of a page, horizontal and vertical; see :func:`find_rules`."""
    return _find_runs(dark, ink).long, _find_runs(np.ascontiguousarray(dark.T), ink).long


class _Runs(NamedTuple):
    """What is thin and long in one direction."""

    long: list[Rule]
    weak: list[Rule]
    drawn: Mask  # (H, W) where something thin is dark enough for a rule, or beside it across
    packed: Packed  # the same
    beside: Packed  # the long runs and their edges
    thin: Gray
    written: Written


def _find_runs(dark: Gray, ink: Ink) -> _Runs:
    text_height = ink.text_height
    reach = max(MIN_REACH, round(MAX_THICKNESS * text_height)) | 1
    thin = cv2.morphologyEx(dark, cv2.MORPH_TOPHAT, np.ones((reach, 1), np.uint8))
    written = Written.of(dark > ink.threshold, text_height)
    gap, length = LONG_GAP * text_height, LONG * text_height
    first = unpack(bridged(pack(_thickened(thin > MIN_CONTRAST)), gap, length), len(dark))
    usual = _usual_tone(thin, first)
    drawn = _thickened(thin > max(MIN_CONTRAST, CONTRAST_SHARE * usual))
    packed = pack(drawn)
    long = unpack(bridged(packed, gap, length), len(dark))
    rules = traced_rules(long, thin, text_height)
    shares, flanked = looks(courses(rules), rules, drawn, written, text_height)
    sure: list[Rule] = []
    weak: list[Rule] = []
    broken: list[Rule] = []
    for rule, share, flank in zip(rules, shares.tolist(), flanked.tolist(), strict=True):
        if _is_arc(rule, text_height):
            continue
        if _is_long_rule(rule, share, flank, text_height):
            sure.append(rule)
        elif share >= WEAK and flank <= SHORT_FLANKED:
            weak.append(rule)
        if share < SOLID and flank <= BARE:
            broken.append(rule)
    beside = cv2.dilate(long, np.ones((5, 3), np.uint8))
    seen = Thin(packed, thin, written, text_height)
    gapped = find_gapped_rules(seen, pack(beside), broken)
    sure, weak = sure + gapped.dashed, weak + gapped.broken
    return _Runs(sure, weak, drawn, packed, pack(beside), thin, written)


def _usual_tone(thin: Gray, runs: Gray) -> float:
    """Median of what is dark enough for a rule in the runs; 0: nothing is."""
    tones = thin.ravel()[np.flatnonzero(runs.view(np.bool_))]
    counts = np.bincount(tones, minlength=1)
    counts[: MIN_CONTRAST + 1] = 0
    total = np.cumsum(counts)
    n = int(total[-1])
    if not n:
        return 0.0
    low, high = np.searchsorted(total, [(n - 1) // 2, n // 2], side="right")
    return float(low + high) / 2


def _thickened(strong: Mask) -> Mask:
    """A line that drifts by a pixel on its way must not fall apart: its neighbours count."""
    thick: Gray = cv2.dilate(strong.view(np.uint8), np.ones((3, 1), np.uint8))
    return thick.view(np.bool_)


def _is_long_rule(rule: Rule, share: float, flanked: float, text_height: float) -> bool:
    """A run without breaks may have type close by; one with breaks may be a row of strokes."""
    if share >= SOLID:
        return flanked <= SOLID_FLANKED
    return flanked <= BROKEN_FLANKED and rule.length >= BROKEN_LENGTH * text_height


def _is_arc(rule: Rule, text_height: float) -> bool:
    """Whether a run bends to one side all along, as the rim of a seal does."""
    middle = (rule.along - rule.along.mean()) / max(rule.length, 1.0)
    square = middle**2
    bowed = square - square.mean() - middle * (middle @ square) / max(middle @ middle, EPSILON)
    bend = abs(float(bowed @ rule.across) / max(float(bowed @ bowed), EPSILON))  # of a parabola
    sagitta = bend / 4
    radius = rule.length**2 / (8 * max(sagitta, EPSILON))
    return sagitta > MIN_SAGITTA and radius < MIN_RADIUS * text_height


def _short_rules(runs: _Runs, across: Sequence[Rule], text_height: float) -> list[Rule]:
    """Short runs that start or end on a long rule of the other direction, and look like rules."""
    if not across:
        return []
    short = bridged(runs.packed, SHORT_GAP * text_height, SHORT * text_height)
    mask = unpack(short & ~runs.beside, len(runs.drawn))
    boxes = np.array([cv2.boundingRect(o) for o in outlines(mask)], dtype=int).reshape(-1, 4)
    x, y, width, height = boxes.T.astype(np.float64)
    fits = (width >= SHORT * text_height) & (height <= SHORT_BEND * text_height + 3)
    near = NEAR * text_height
    middle = y + (height - 1) / 2
    touches = np.zeros(len(boxes), dtype=bool)
    for rule in across:
        there = rule.at(middle)
        beside = (rule.start - near <= middle) & (middle <= rule.end + near)
        touches |= beside & (x - near <= there) & (there <= x + width + near)
    rules = [
        Rule(
            np.array([x, x + width - 1.0]),
            np.full(2, y + (height - 1) / 2),
            median(runs.thin[y : y + height, x : x + width].max(axis=0)),
            thickness=THIN,
        )
        for x, y, width, height in boxes[fits & touches].tolist()
    ]
    shares, flanked = looks(courses(rules), rules, runs.drawn, runs.written, text_height)
    kept = (shares >= SOLID) & (flanked <= SHORT_FLANKED)
    return [rule for rule, keep in zip(rules, kept, strict=True) if keep]
