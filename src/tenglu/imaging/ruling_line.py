"""Trace ruling lines, and measure their coverage and the ink beside them."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask

MAX_THICKNESS = 0.45  # text heights; thicker bars are shaded regions and pictures
MAX_BEND = 0.12  # height over length of a run; more is a blob or a slanted stroke
LONG = 4.0  # text heights; strokes of type and rows of strokes are shorter
FLANK = 0.18, 0.32  # text heights beside a run; a band in which a rule leaves the paper blank
BLUR = 2.0  # px; width of the soft edge of a run
MIN_FLANK = 4  # px; nearer pixels are the blurred edge of the run itself
TWIN = 0.97  # share of adjacent ink above which it is the other line of a double rule
SAMPLE_STEP = 24  # px between samples of a rule's course; paper curl varies more slowly
MIN_SAMPLES = 5  # per rule, so that bending is visible


class Rule(NamedTuple):
    """A segment of a ruling line.

    For a horizontal rule ``along`` is x and ``across`` is y; for a vertical one it is the reverse.
    """

    along: NDArray[np.float64]  # (N,) px, ascending sample positions
    across: NDArray[np.float64]  # (N,) px, centre of the line at each sample
    contrast: float  # darkness above the surrounding background, 0 to 255
    thickness: float  # px

    @property
    def start(self) -> float:
        """First position along the rule, px."""
        return float(self.along[0])

    @property
    def end(self) -> float:
        """Last position along the rule, px."""
        return float(self.along[-1])

    @property
    def length(self) -> float:
        """Length, px."""
        return self.end - self.start

    def at(self, along: NDArray[np.float64]) -> NDArray[np.float64]:
        """Interpolate ``across`` at positions along the rule; constant beyond its ends."""
        return np.interp(along, self.along, self.across)

    def ahead(self, along: NDArray[np.float64]) -> NDArray[np.float64]:
        """Interpolate ``across``, and extrapolate with the mean slope beyond the ends."""
        slope = (self.across[-1] - self.across[0]) / max(self.length, 1.0)
        beyond = np.minimum(along - self.start, 0) + np.maximum(along - self.end, 0)
        carried: NDArray[np.float64] = self.at(along) + slope * beyond
        return carried

    def between(self, start: float, end: float) -> Self:
        """Return the part of the rule between two positions, px."""
        inner = (self.along > start) & (self.along < end)
        along = np.r_[start, self.along[inner], end]
        return self._replace(along=along, across=self.at(along))


class Written(NamedTuple):
    """(H, W) masks of ink within a band below or above each pixel."""

    below: Mask  # ink in this row or the next ones
    above: Mask  # ink in this row or the previous ones

    @classmethod
    def of(cls, ink: Mask, text_height: float) -> Self:
        """Compute both masks from the (H, W) ink mask of a page."""
        n_rows = max(1, round((FLANK[1] - FLANK[0]) * text_height)) + 1
        kernel, mask = np.ones((n_rows, 1), np.uint8), ink.view(np.uint8)
        below, above = (
            cv2.dilate(mask, kernel, anchor=(0, first)).view(np.bool_) for first in (0, n_rows - 1)
        )
        return cls(below, above)


class Courses(NamedTuple):
    """The concatenated pixels along the courses of some rules."""

    along: NDArray[np.intp]  # (N,) px
    across: NDArray[np.intp]  # (N,) px
    starts: NDArray[np.intp]  # (R,) index of the first pixel of each rule

    def means(self, seen: Mask) -> NDArray[np.float64]:
        """Return the share of True values along each rule, given one value per pixel."""
        if not len(self.starts):
            return np.zeros(0)
        counts = np.diff(np.r_[self.starts, len(self.along)])
        shares: NDArray[np.float64] = np.add.reduceat(seen, self.starts, dtype=np.float64) / counts
        return shares


def courses(rules: Sequence[Rule]) -> Courses:
    """Return the pixels along some rules, one per px of their length."""
    along = [np.arange(int(rule.start), int(rule.end) + 1) for rule in rules]
    across = [rule.at(places.astype(np.float64)) for rule, places in zip(rules, along, strict=True)]
    none = np.zeros(0)
    starts = np.cumsum([0, *(len(places) for places in along)])[:-1]
    return Courses(
        np.concatenate([none, *along]).astype(np.intp),
        np.rint(np.concatenate([none, *across])).astype(np.intp),
        starts,
    )


def line_coverage(
    courses: Courses, rules: Sequence[Rule], drawn: Mask, written: Written, text_height: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure the line coverage and the adjacent ink of rules.

    Args:
        courses: pixels along the rules.
        rules: to measure.
        drawn: (H, W) pixels dark enough for a rule.
        written: ink of the page.
        text_height: px.

    Returns:
        The share of each rule that is drawn, and the share with ink beside it on the fuller side,
        which is low for rules and high for strokes of type; (R,) each, 0 to 1.
    """
    shares = courses.means(drawn[courses.across, courses.along])
    edge = [max(MIN_FLANK, rule.thickness / 2 + BLUR, FLANK[0] * text_height) for rule in rules]
    counts = np.diff(np.r_[courses.starts, len(courses.along)])
    near = np.repeat(np.rint(edge).astype(np.intp), counts)
    adjacent = np.zeros(len(rules))
    for rows, places in (
        (written.below, np.minimum(courses.across + near, len(drawn) - 1)),
        (written.above, np.maximum(courses.across - near, 0)),
    ):
        side = courses.means(rows[places, courses.along])
        adjacent = np.maximum(adjacent, np.where(side < TWIN, side, 0.0))
    return shares, adjacent


def median(values: NDArray[np.generic]) -> float:
    """Return the median; faster than numpy's for few values."""
    ordered = np.sort(values)
    middle = len(ordered) // 2
    return (float(ordered[middle]) + float(ordered[~middle])) / 2


def outlines(mask: Gray) -> list[NDArray[np.int32]]:
    """Return the outer contours of a mask; faster than labelling if there are few shapes."""
    found, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return list(found)[::-1]  # from the top


def traced_rules(mask: Gray, thin: Gray, text_height: float) -> list[Rule]:
    """Trace the long, thin shapes of a mask as rules.

    Args:
        mask: (H, W) candidate runs, 0 or 1.
        thin: (H, W) darkness of thin structures.
        text_height: px.
    """
    rules = []
    for outline in outlines(mask):
        x, y, width, height = cv2.boundingRect(outline)
        if width < LONG * text_height or height > max(
            MAX_THICKNESS * text_height + 3, MAX_BEND * width
        ):
            continue
        inside = np.zeros((height, width), np.uint8)
        cv2.drawContours(inside, [outline], 0, 1, cv2.FILLED, offset=(-x, -y))
        rules.append(_traced(inside, thin[y : y + height, x : x + width], x, y))
    return rules


def _traced(inside: Gray, thin: Gray, x: int, y: int) -> Rule:
    """Trace the centre line of one shape by its darkness-weighted mean."""
    peak = thin * inside
    weight = peak.astype(np.float32) + inside  # integers, so that float32 sums are exact
    total = weight.sum(axis=0).astype(np.float64)
    middle = (np.arange(len(inside), dtype=np.float32) @ weight).astype(np.float64) / total
    n_samples = max(MIN_SAMPLES, inside.shape[1] // SAMPLE_STEP)
    edges = np.linspace(0, inside.shape[1], n_samples + 1).astype(int)
    places = (edges[:-1] + edges[1:] - 1) / 2
    across = np.add.reduceat(middle, edges[:-1]) / np.diff(edges)
    places[0], places[-1] = 0, inside.shape[1] - 1
    contrast = median(peak.max(axis=0))
    thickness = median((peak > contrast / 2).sum(axis=0))
    return Rule(places + x, across + y, contrast, thickness)
