"""Detect horizontal and vertical ruling lines.

A white top-hat across the line selects thin structures and an opening along it selects long ones;
both are scaled by the text height, so that type does not qualify.
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
    line_coverage,
    median,
    outlines,
    traced_rules,
)
from tenglu.imaging.runs import Packed, bridged, pack, unpack
from tenglu.imaging.touched_lines import find_touched_rules

MIN_REACH = 9  # px; least size of the top-hat, as small type may have thick rules
MIN_CONTRAST = 14  # darkness above the background; less is grain
CONTRAST_SHARE = 0.35  # of the median contrast of long rules; streaks and folds are fainter
LONG_GAP = 0.3  # text heights; gaps of dotted, dashed and broken long rules
SHORT = 1.0  # text heights; height of the lowest row, width of the narrowest column
SHORT_GAP = 0.12  # text heights; less than the gap between two strokes of a character
NEAR = 0.4  # text heights between the end of a short run and the long rule it meets
THIN = 2.0  # px; thickness of short runs, which are inner rules
SHORT_BEND = 0.25  # text heights; maximum extent across of a short run
SOLID = 0.92  # least coverage of a solid run; rows of strokes have gaps
SOLID_FLANKED, SHORT_FLANKED = 0.5, 0.35  # most adjacent ink of a solid and of a short run
WEAK = 0.6  # least coverage of a weak run, which needs rules at both ends
MIN_RADIUS = 25.0  # text heights; seals and loops of signatures bend more, curled paper less
MIN_SAGITTA = 2.0  # px; least deflection at which the radius is meaningful
EPSILON = 1e-6  # avoids division by zero


class Rules(NamedTuple):
    """Ruling lines of one direction."""

    long: list[Rule]  # certain rules
    weak: list[Rule]  # long runs with many gaps; rules only between two others
    short: list[Rule]  # short runs; rules only between two others
    dark: Gray  # darkness with the rules along x: (H, W), or (W, H) for vertical ones


def find_rules(dark: Gray, ink: Ink) -> tuple[Rules, Rules]:
    """Find the ruling lines of a page whose skew is at most about two degrees.

    Args:
        dark: (H, W) darkness, see :func:`tenglu.imaging.ink.darkness`.
        ink: of the page, see :func:`tenglu.imaging.ink.measure_ink`.

    Returns:
        The horizontal and the vertical rules.
    """
    plumb = np.ascontiguousarray(dark.T)
    rows, cols = _find_runs(dark, ink), _find_runs(plumb, ink)
    height = ink.text_height
    return (
        Rules(rows.long, rows.weak, _short_rules(rows, cols.long + cols.weak, height), dark),
        Rules(cols.long, cols.weak, _short_rules(cols, rows.long + rows.weak, height), plumb),
    )


def find_long_rules(dark: Gray, ink: Ink) -> tuple[list[Rule], list[Rule]]:
    """Find the long horizontal and vertical rules of a page; see :func:`find_rules`."""
    return _find_runs(dark, ink).long, _find_runs(np.ascontiguousarray(dark.T), ink).long


class _Runs(NamedTuple):
    """Thin and long structures of one direction."""

    long: list[Rule]
    weak: list[Rule]
    drawn: Mask  # (H, W) thin pixels dark enough for a rule, dilated by one px across
    packed: Packed  # drawn, packed
    beside: Packed  # the long runs and their edges, packed
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
    shares, adjacent = line_coverage(courses(rules), rules, drawn, written, text_height)
    sure: list[Rule] = []
    weak: list[Rule] = []
    broken: list[Rule] = []
    for rule, share, flank in zip(rules, shares.tolist(), adjacent.tolist(), strict=True):
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
    touched = find_touched_rules(dark, ink, sure)
    sure += [rule for rule in touched if not _is_arc(rule, text_height)]
    return _Runs(sure, weak, drawn, packed, pack(beside), thin, written)


def _usual_tone(thin: Gray, runs: Gray) -> float:
    """Return the median tone of runs dark enough for a rule; 0: there are none."""
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
    """Dilate by one px across, so that a line that drifts by a pixel stays connected."""
    thick: Gray = cv2.dilate(strong.view(np.uint8), np.ones((3, 1), np.uint8))
    return thick.view(np.bool_)


def _is_long_rule(rule: Rule, share: float, adjacent: float, text_height: float) -> bool:
    """Accept solid runs beside type, but broken runs only if isolated and very long."""
    if share >= SOLID:
        return adjacent <= SOLID_FLANKED
    return adjacent <= BROKEN_FLANKED and rule.length >= BROKEN_LENGTH * text_height


def _is_arc(rule: Rule, text_height: float) -> bool:
    """Return whether a run is an arc of small radius, such as the rim of a seal."""
    middle = (rule.along - rule.along.mean()) / max(rule.length, 1.0)
    square = middle**2
    bowed = square - square.mean() - middle * (middle @ square) / max(middle @ middle, EPSILON)
    bend = abs(float(bowed @ rule.across) / max(float(bowed @ bowed), EPSILON))  # of a parabola
    sagitta = bend / 4
    radius = rule.length**2 / (8 * max(sagitta, EPSILON))
    return sagitta > MIN_SAGITTA and radius < MIN_RADIUS * text_height


def _short_rules(runs: _Runs, across: Sequence[Rule], text_height: float) -> list[Rule]:
    """Find short runs that start or end at a long rule of the other direction."""
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
    shares, adjacent = line_coverage(courses(rules), rules, runs.drawn, runs.written, text_height)
    kept = (shares >= SOLID) & (adjacent <= SHORT_FLANKED)
    return [rule for rule, keep in zip(rules, kept, strict=True) if keep]
