"""What is printed where a boundary is proposed: a line, nothing, or letters that it would cut."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask
from tenglu.stages.tables.learned.boundaries import SEEN, Boundary

LINE = 3.0  # type heights; a run of ink as long is no stroke of a letter
DRAWN = 0.45  # share of the length of a boundary that is ink: a line, dotted at the least
CUT = 0.05  # share of it that is letters at the best place
SLACK = 0.25  # type heights around the band that the network sees
SPECK = 0.08  # squared type heights of ink; less between two boundaries is dust


class Evidence(NamedTuple):
    """The print of a page; ``turned`` is the same with x and y changed about."""

    ink: Mask
    text: Mask  # ink that is no long line and no ground
    unit: float  # height of the type, px

    def turned(self) -> "Evidence":
        """The same page with x and y changed about."""
        return Evidence(self.ink.T, self.text.T, self.unit)


class Place(NamedTuple):
    """Where a straightened part of the maps lies on the page."""

    across: float  # px of the map before the part
    along: float
    scale: float  # px of the map for one of the page
    lean: float
    middle: float  # px of the part along the boundaries, where leaning lines keep their place


class _Seen(NamedTuple):
    """A boundary on the page."""

    boundary: Boundary
    along: NDArray[np.int64]  # px of the page where the network sees it
    shift: NDArray[np.int64]  # what leaning adds across
    at: int  # px across, the best place
    drawn: bool
    cuts: float


def find_evidence(dark: Gray, threshold: float, unit: float) -> Evidence:
    """Part the ink of a page into letters and the rest."""
    ink = (dark > threshold).astype(np.uint8)
    length = max(3, round(LINE * unit))
    level = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    plumb = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    lines = cv2.dilate(level | plumb, np.ones((3, 3), np.uint8))
    return Evidence(ink > 0, (ink > 0) & (lines == 0), unit)


def supported(boundaries: Sequence[Boundary], page: Evidence, place: Place) -> list[Boundary]:
    """The boundaries that cut no letters, one for each gap."""
    seen = [_look(boundary, page, place) for boundary in boundaries]
    kept: list[_Seen] = []
    for one in seen:
        if not one.drawn and one.cuts > CUT:
            continue
        if kept and _is_empty(kept[-1], one, page):
            if kept[-1].drawn and one.drawn:
                kept.append(one)
            else:
                kept[-1] = _one_of(kept[-1], one)
        else:
            kept.append(one)
    return [one.boundary for one in kept]


def _look(boundary: Boundary, page: Evidence, place: Place) -> _Seen:
    """Find the best place for a boundary in its band."""
    seen = np.flatnonzero(boundary.seen > SEEN)
    size = page.ink.shape
    first, last = (seen[[0, -1]] if len(seen) else np.zeros(2)) + place.along
    along = np.arange(max(0, int(first / place.scale)), min(size[1], int((last + 1) / place.scale)))
    inside = np.clip((along * place.scale - place.along).astype(int), 0, len(boundary.seen) - 1)
    along = along[boundary.seen[inside] > SEEN]
    shift = np.rint(place.lean * (along - (place.along + place.middle) / place.scale)).astype(int)
    low = int((boundary.start + place.across) / place.scale - SLACK * page.unit)
    high = int((boundary.end + place.across) / place.scale + SLACK * page.unit) + 1
    if not len(along):
        return _Seen(boundary, along, shift, low, drawn=False, cuts=1.0)
    across = np.clip(np.arange(low, high)[:, None] + shift[None], 0, size[0] - 1)
    ink = page.ink[across, along[None]].mean(axis=1)
    text = page.text[across, along[None]].mean(axis=1)
    drawn = bool(ink.max() >= DRAWN)
    best = int(ink.argmax()) if drawn else int(text.argmin())
    return _Seen(boundary, along, shift, low + best, drawn=drawn, cuts=float(text.min()))


def _is_empty(upper: _Seen, lower: _Seen, page: Evidence) -> bool:
    """Whether no letter stands between two boundaries."""
    along, places = np.intersect1d(upper.along, lower.along, return_indices=True)[:2]
    if not len(along) or lower.at <= upper.at:
        return lower.at <= upper.at
    shift = upper.shift[places]
    across = np.clip(np.arange(upper.at, lower.at)[:, None] + shift[None], 0, page.ink.shape[0] - 1)
    return int(page.text[across, along[None]].sum()) < SPECK * page.unit**2


def _one_of(upper: _Seen, lower: _Seen) -> _Seen:
    """The boundary that stands for two in one gap: a drawn one, else the longer."""
    if upper.drawn != lower.drawn:
        better = upper if upper.drawn else lower
    else:
        better = max(upper, lower, key=lambda one: float(one.boundary.seen.sum()))
    seen = np.maximum(upper.boundary.seen, lower.boundary.seen)
    return better._replace(boundary=better.boundary._replace(seen=seen))
