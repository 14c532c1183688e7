"""Drawn lines: from darkness to rules, horizontal and vertical.

A rule is thin across and long along. The thin part is taken by a white top-hat across the rule, the
long part by an opening along it, both measured in text heights so that type does not qualify.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.arrays import Gray, Mask
from tenglu.ink import Ink
from tenglu.runs import Packed, closed, opened, pack, unpack

MAX_THICKNESS = 0.45  # text heights; heavier bars are grounds and pictures
MIN_REACH = 9  # px; small type may stand under heavy rules
MIN_CONTRAST = 14  # darkness above the ground beside the rule; below is grain
CONTRAST_SHARE = (
    0.35  # of the usual contrast of the long rules of the page: streaks and folds are fainter
)
LONG = 4.0  # text heights; no stroke of type and no row of strokes runs as far
LONG_GAP = 0.3  # text heights; dots, dashes and breaks of a long rule
SHORT = 1.0  # text heights; the lowest row and the narrowest column
SHORT_GAP = 0.12  # text heights; less than the gap between two strokes of a character
NEAR = 0.4  # text heights between a short run and the long rule that it starts from
THIN = 2.0  # px; short runs are inner rules, which are thin
SHORT_BEND = 0.25  # text heights, the same for a short run
MAX_BEND = 0.12  # height over length of a run; more is a blob or a slanted stroke
FLANK = 0.18, 0.32  # text heights beside a run where a rule leaves the paper bare
BLUR = 2.0  # px that the edge of a run is soft
MIN_FLANK = 4  # px; nearer is the blurred edge of the run itself
SOLID = 0.92  # share of a run that is drawn; rows of strokes have gaps
BROKEN_LENGTH = 8.0  # text heights; a run with breaks must be longer to be believed
SOLID_FLANKED, BROKEN_FLANKED, SHORT_FLANKED = 0.5, 0.2, 0.35  # share that may have type beside it
TWIN = 0.97  # share of a run that only the other line of a double rule can flank
DASH_PERIOD = 0.9  # text heights; characters follow each other at one or more, lines at more
MIN_DASHES = 8
EVEN_DASHES = 0.12  # of their period, by which a dash may stand off its place
LEAST_DASH = 0.2  # of their period; serifs and rules that cross make a row of specks
DASHED = 0.7  # of the dashes are followed by one at its place
WEAK = 0.6  # share of a run that is drawn at least, if rules at both its ends speak for it
MIN_RADIUS = 25.0  # text heights; seals and loops of signatures bend more, curled paper less
MIN_SAGITTA = 2.0  # px by which a run must bend before its radius is believed
SAMPLE_STEP = 24  # px between the places where a rule's course is kept; curl is slower than that
MIN_SAMPLES = 5  # places; a bend shows in them
EPSILON = 1e-6


class Rule(NamedTuple):
    """A run of a drawn line.

    For a horizontal rule ``along`` is x and ``across`` is y; for a vertical one it is the reverse.
    """

    along: NDArray[np.float64]  # (N,) px, ascending sample places
    across: NDArray[np.float64]  # (N,) px, the middle of the line there
    contrast: float  # darkness above the ground beside it, 0 to 255
    thickness: float  # px

    @property
    def start(self) -> float:
        """First place along the rule, px."""
        return float(self.along[0])

    @property
    def end(self) -> float:
        """Last place along the rule, px."""
        return float(self.along[-1])

    @property
    def length(self) -> float:
        """Px along."""
        return self.end - self.start

    def at(self, along: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where the rule is across, at places along it; beyond the ends it is as at the end."""
        return np.interp(along, self.along, self.across)

    def ahead(self, along: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same, but beyond the ends the rule goes on with its mean slope."""
        slope = (self.across[-1] - self.across[0]) / max(self.length, 1.0)
        beyond = np.minimum(along - self.start, 0) + np.maximum(along - self.end, 0)
        carried: NDArray[np.float64] = self.at(along) + slope * beyond
        return carried

    def between(self, start: float, end: float) -> Self:
        """The rule from one place to another."""
        inner = (self.along > start) & (self.along < end)
        along = np.r_[start, self.along[inner], end]
        return self._replace(along=along, across=self.at(along))


class Rules(NamedTuple):
    """The runs of one direction."""

    long: list[Rule]  # rules beyond doubt
    weak: list[Rule]  # long and with many breaks: rules only if they stand between two others
    short: list[Rule]  # rules only if they stand between two others
    dark: Gray  # darkness of the page, rules along x: (W, H) for vertical ones


def find_rules(dark: Gray, ink: Ink) -> tuple[Rules, Rules]:
    """Find the drawn lines of a page that is upright to about two degrees.

    Args:
        dark: (H, W) darkness, see :func:`tenglu.ink.darkness`.
        ink: of the page, see :func:`tenglu.ink.measure_ink`.

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


class _Written(NamedTuple):
    """(H, W) masks: whether there is ink in the few rows that are looked at beside a run."""

    below: Mask  # in a row and the next ones
    above: Mask  # in a row and the ones before

    @classmethod
    def of(cls, ink: Mask, text_height: float) -> Self:
        """From the ink of a page."""
        n_rows = max(1, round((FLANK[1] - FLANK[0]) * text_height)) + 1
        kernel, mask = np.ones((n_rows, 1), np.uint8), ink.view(np.uint8)
        below, above = (
            cv2.dilate(mask, kernel, anchor=(0, first)).view(np.bool_) for first in (0, n_rows - 1)
        )
        return cls(below, above)


class _Runs(NamedTuple):
    """What is thin and long in one direction."""

    long: list[Rule]
    weak: list[Rule]
    drawn: Mask  # (H, W) where something thin is dark enough for a rule, or beside it across
    packed: Packed  # the same
    beside: Packed  # the long runs and their edges
    thin: Gray
    written: _Written


def _find_runs(dark: Gray, ink: Ink) -> _Runs:
    text_height = ink.text_height
    reach = max(MIN_REACH, round(MAX_THICKNESS * text_height)) | 1
    thin = cv2.morphologyEx(dark, cv2.MORPH_TOPHAT, np.ones((reach, 1), np.uint8))
    written = _Written.of(dark > ink.threshold, text_height)
    gap, length = LONG_GAP * text_height, LONG * text_height
    first = unpack(_runs(pack(_thickened(thin > MIN_CONTRAST)), gap, length), len(dark))
    usual = _usual_tone(thin, first)
    drawn = _thickened(thin > max(MIN_CONTRAST, CONTRAST_SHARE * usual))
    packed = pack(drawn)
    long = unpack(_runs(packed, gap, length), len(dark))
    rules = _long_rules(long, thin, text_height)
    shares, flanked = _looks(_courses(rules), rules, drawn, written, text_height)
    sure: list[Rule] = []
    weak: list[Rule] = []
    for rule, share, flank in zip(rules, shares.tolist(), flanked.tolist(), strict=True):
        if _is_arc(rule, text_height):
            continue
        if _is_long_rule(rule, share, flank, text_height):
            sure.append(rule)
        elif share >= WEAK and flank <= SHORT_FLANKED:
            weak.append(rule)
    beside = cv2.dilate(long, np.ones((5, 3), np.uint8))
    sure += _dashed_rules(packed, beside, thin, written, text_height)
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


def _median(values: NDArray[np.generic]) -> float:
    """The same as numpy's, faster for few values."""
    ordered = np.sort(values)
    middle = len(ordered) // 2
    return (float(ordered[middle]) + float(ordered[~middle])) / 2


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


def _dashed_rules(
    packed: Packed, beside: Gray, thin: Gray, written: _Written, text_height: float
) -> list[Rule]:
    """Rows of dashes with gaps too wide for a broken rule: told by how even they are."""
    length = BROKEN_LENGTH * text_height
    rows = _runs(packed & ~pack(beside), DASH_PERIOD * text_height, length)
    rules = [
        rule
        for rule in _long_rules(unpack(rows, len(thin)), thin, text_height)
        if rule.length >= length
    ]
    courses, drawn = _courses(rules), unpack(packed, len(thin)).view(np.bool_)
    _, flanked = _looks(courses, rules, drawn, written, text_height)
    seen = np.split(drawn[courses.across, courses.along], courses.starts[1:])
    tones = np.split(thin[courses.across, courses.along], courses.starts[1:])
    return [
        rule._replace(contrast=_median(tone[along]))
        for rule, share, along, tone in zip(rules, flanked, seen, tones, strict=False)  # [[]]: none
        if share <= BROKEN_FLANKED and _is_even(along, DASH_PERIOD * text_height)
    ]


def _is_even(drawn: Mask, most: float) -> bool:
    """Whether dashes follow each other at one distance of so many px at most."""
    steps = np.diff(drawn.astype(np.int8), prepend=0, append=0)
    starts, ends = np.flatnonzero(steps > 0), np.flatnonzero(steps < 0)
    if len(starts) < MIN_DASHES:
        return False
    period = float(np.percentile(np.diff(starts), 75))  # rules that cross part a gap in two
    if period > most or float(np.median(ends - starts)) < LEAST_DASH * period:
        return False
    following = np.abs(starts[:-1, None] + period - starts).min(axis=1)
    return bool((following <= max(1.0, EVEN_DASHES * period)).mean() >= DASHED)


class _Courses(NamedTuple):
    """The pixels along some runs, one run after the other."""

    along: NDArray[np.intp]  # (N,) px
    across: NDArray[np.intp]  # (N,) px
    starts: NDArray[np.intp]  # (R,) where each run begins

    def means(self, seen: Mask) -> NDArray[np.float64]:
        """Share of each run where something is seen, from one value a pixel."""
        if not len(self.starts):
            return np.zeros(0)
        counts = np.diff(np.r_[self.starts, len(self.along)])
        shares: NDArray[np.float64] = np.add.reduceat(seen, self.starts, dtype=np.float64) / counts
        return shares


def _courses(rules: Sequence[Rule]) -> _Courses:
    along = [np.arange(int(rule.start), int(rule.end) + 1) for rule in rules]
    across = [rule.at(places.astype(np.float64)) for rule, places in zip(rules, along, strict=True)]
    none = np.zeros(0)
    starts = np.cumsum([0, *(len(places) for places in along)])[:-1]
    return _Courses(
        np.concatenate([none, *along]).astype(np.intp),
        np.rint(np.concatenate([none, *across])).astype(np.intp),
        starts,
    )


def _looks(
    courses: _Courses, rules: Sequence[Rule], drawn: Mask, written: _Written, text_height: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of each run that is drawn, and share with type beside it, on the fuller side.

    The latter is low for rules, high for strokes of type.
    """
    shares = courses.means(drawn[courses.across, courses.along])
    edge = [max(MIN_FLANK, rule.thickness / 2 + BLUR, FLANK[0] * text_height) for rule in rules]
    counts = np.diff(np.r_[courses.starts, len(courses.along)])
    near = np.repeat(np.rint(edge).astype(np.intp), counts)
    flanked = np.zeros(len(rules))
    for rows, places in (
        (written.below, np.minimum(courses.across + near, len(drawn) - 1)),
        (written.above, np.maximum(courses.across - near, 0)),
    ):
        side = courses.means(rows[places, courses.along])
        flanked = np.maximum(flanked, np.where(side < TWIN, side, 0.0))
    return shares, flanked


def _runs(packed: Packed, gap: float, length: float) -> Packed:
    return opened(closed(packed, round(gap) | 1), max(3, round(length)))


def _outlines(mask: Gray) -> list[NDArray[np.int32]]:
    """Outlines of the shapes of a mask; on one of few shapes faster than numbering its pixels."""
    found, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return list(found)[::-1]  # from the top


def _long_rules(mask: Gray, thin: Gray, text_height: float) -> list[Rule]:
    rules = []
    for outline in _outlines(mask):
        x, y, width, height = cv2.boundingRect(outline)
        if width < LONG * text_height or height > max(
            MAX_THICKNESS * text_height + 3, MAX_BEND * width
        ):
            continue
        inside = np.zeros((height, width), np.uint8)
        cv2.drawContours(inside, [outline], 0, 1, cv2.FILLED, offset=(-x, -y))
        rules.append(_traced(inside, thin[y : y + height, x : x + width], x, y))
    return rules


def _short_rules(runs: _Runs, across: Sequence[Rule], text_height: float) -> list[Rule]:
    """Short runs that start or end on a long rule of the other direction, and look like rules."""
    if not across:
        return []
    short = _runs(runs.packed, SHORT_GAP * text_height, SHORT * text_height)
    mask = unpack(short & ~runs.beside, len(runs.drawn))
    boxes = np.array([cv2.boundingRect(o) for o in _outlines(mask)], dtype=int).reshape(-1, 4)
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
            _median(runs.thin[y : y + height, x : x + width].max(axis=0)),
            thickness=THIN,
        )
        for x, y, width, height in boxes[fits & touches].tolist()
    ]
    shares, flanked = _looks(_courses(rules), rules, runs.drawn, runs.written, text_height)
    kept = (shares >= SOLID) & (flanked <= SHORT_FLANKED)
    return [rule for rule, keep in zip(rules, kept, strict=True) if keep]


def _traced(inside: Gray, thin: Gray, x: int, y: int) -> Rule:
    peak = thin * inside
    weight = peak.astype(np.float32) + inside  # whole numbers, as their sums, which are exact
    total = weight.sum(axis=0).astype(np.float64)
    middle = (np.arange(len(inside), dtype=np.float32) @ weight).astype(np.float64) / total
    n_samples = max(MIN_SAMPLES, inside.shape[1] // SAMPLE_STEP)
    edges = np.linspace(0, inside.shape[1], n_samples + 1).astype(int)
    places = (edges[:-1] + edges[1:] - 1) / 2
    across = np.add.reduceat(middle, edges[:-1]) / np.diff(edges)
    places[0], places[-1] = 0, inside.shape[1] - 1
    contrast = _median(peak.max(axis=0))
    thickness = _median((peak > contrast / 2).sum(axis=0))
    return Rule(places + x, across + y, contrast, thickness)
