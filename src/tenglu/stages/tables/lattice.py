"""From the rules of a frame to its lattice: boundaries, joints, drawn share of each edge."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask
from tenglu.imaging.ink import Ink
from tenglu.imaging.ruling_line import SAMPLE_STEP, Rule
from tenglu.stages.tables.frames import Frame
from tenglu.stages.tables.line_coverage import HALF, trace

SAME = 0.35  # text heights; pieces of one boundary and lines of a double rule are no further apart
DOUBLE = 0.55  # text heights; a row or column between two rules so near could hold no type
TWIN = 0.9  # share of one line of a double rule that the other runs beside
OPEN_SIDE = 1.0  # text heights that rules stand out beyond the last crossing rule of an open table
OPEN_RULES = 2  # rules that must end at one place before it is taken for an open side
GUIDE = 0.5  # of the length of the table: a rule that tells how shorter ones slant
GUIDE_PLACES = 4  # places along a rule where it is compared with the guides
GAP = 1.5 * SAMPLE_STEP  # px; further from the next sample a course is not known yet
SPANNED = 0.5  # share of an edge along which a rule was found
TRUSTED = 0.9  # the same, where the rule shows how it is drawn itself: solid, dashed, broken
LITTLE, KEPT_OF_LITTLE = 0.6, 0.35  # of a hairline so much may be left, here more and there less
KEPT = 0.6  # of the share that a rule is drawn elsewhere: less is type at the end of a rule
UNFOUND = 0.75  # share of an edge without a rule that must be drawn after all
UNFOUND_FLANKED = 0.4  # share of such an edge that may have type beside it
UNFOUND_GAP = 0.08  # text heights that may be missing at its ends; type keeps further off rules
LOW = 2.0  # text heights; a stroke of type may fill most of a row that is lower
LOW_GAP = 0.12  # text heights that may be missing at an end of a rule through such a row
LONG = 4.0  # text heights; a stroke of type is shorter, whatever it is in line with
PALE_FLANKED = 0.2  # share of a pale edge that may have type beside it
LOW_FLANKED = 0.3  # share of an edge through such a row that may have type beside it
DOUBTED = 0.4  # what ink counts that may as well be type
JOINT = 3  # px at a joint that belong to the rule across
CORNER = 0.3  # text heights at a joint where ink tells nothing


class Boundary(NamedTuple):
    """A line of the lattice, made of one or more rules."""

    along: NDArray[np.float64]  # (N,) px, ascending
    across: NDArray[np.float64]  # (N,) px
    spans: NDArray[np.float64]  # (M, 2) px, what of it is drawn, disjoint and ascending

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> Self:
        """Join rules that run on one line; of a double rule the longer one tells the course."""
        along, across = rules[0].along, rules[0].across
        for rule in rules[1:]:
            new = (rule.along < along[0]) | (rule.along > along[-1])
            inner = ~new & (np.abs(along[:, None] - rule.along).min(axis=0) > GAP)
            order = np.argsort(np.r_[along, rule.along[new | inner]], kind="stable")
            across = np.r_[across, rule.across[new | inner]][order]
            along = np.r_[along, rule.along[new | inner]][order]
        return cls(along, across, _union([(r.start, r.end) for r in rules]))

    @classmethod
    def open(cls, place: float) -> Self:
        """A side that is not drawn."""
        return cls(np.array([0.0]), np.array([place]), np.empty((0, 2)))

    def at(self, along: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where the boundary is across; ends are carried on straight."""
        return np.interp(along, self.along, self.across)

    def covers(self, along: NDArray[np.int_]) -> Mask:
        """Whether a rule was found at places along it."""
        inside = np.searchsorted(self.spans[:, 0], along, side="right") - 1
        found: Mask = (inside >= 0) & (along <= self.spans[inside, 1])
        return found

    def drawn(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of each of some stretches along which a rule was found, 0 to 1."""
        low = np.clip(self.spans[:, :1], start, end)
        high = np.clip(self.spans[:, 1:], start, end)
        share: NDArray[np.float64] = (high - low).sum(axis=0) / np.maximum(end - start, 1e-6)
        return share


class Lattice(NamedTuple):
    """Boundaries, joints and the drawn share of the edges between joints."""

    joints: NDArray[np.float64]  # (R + 1, C + 1, 2) px, (x, y)
    row_edges: NDArray[np.float64]  # (R + 1, C) drawn share of the horizontal edges, 0 to 1
    col_edges: NDArray[np.float64]  # (R, C + 1) drawn share of the vertical edges
    open_sides: tuple[bool, bool, bool, bool]  # top, right, bottom, left: not drawn, yet a side


def frame_to_lattice(frame: Frame, level: Gray, plumb: Gray, ink: Ink) -> Lattice:
    """Cluster rules to boundaries and measure the edges between their joints.

    Args:
        frame: the rules of one table.
        level: (H, W) darkness of the page.
        plumb: (W, H) the same, turned so that vertical rules run along x.
        ink: of the page.
    """
    text_height = ink.text_height
    rows = _boundaries(frame.horizontal, text_height)
    cols = _boundaries(frame.vertical, text_height)
    top, bottom = _open_sides(cols, rows, text_height)
    left, right = _open_sides(rows, cols, text_height)
    rows = _with_open(rows, top, bottom)
    cols = _with_open(cols, left, right)
    joints = _joints(rows, cols)
    row_edges = [_edges(row, joints[i, :, 0], level, ink) for i, row in enumerate(rows)]
    col_edges = [_edges(col, joints[:, j, 1], plumb, ink) for j, col in enumerate(cols)]
    sides = tuple(side is not None for side in (top, right, bottom, left))
    return Lattice(joints, np.array(row_edges), np.array(col_edges).T, sides)  # type: ignore[arg-type]


def _union(spans: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    merged: list[list[float]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return np.array(merged)


def _boundaries(rules: Sequence[Rule], text_height: float) -> list[Boundary]:
    """Cluster rules that run on one line; longer rules first, so that they gather the pieces."""
    level = _levels(rules)
    clusters: list[list[int]] = []
    placed, owner = np.empty(len(rules)), np.empty(len(rules), dtype=int)
    for n, i in enumerate(sorted(range(len(rules)), key=lambda i: -rules[i].length)):
        gaps = np.abs(placed[:n] - level[i])
        own = len(clusters)
        if n and gaps[nearest := int(gaps.argmin())] <= DOUBLE * text_height:
            near = int(owner[nearest])
            twin = _runs_beside(rules[i], rules[clusters[near][0]])
            own = near if gaps[nearest] <= (DOUBLE if twin else SAME) * text_height else own
        if own == len(clusters):
            clusters.append([])
        clusters[own].append(i)
        placed[n], owner[n] = level[i], own
    clusters.sort(key=lambda c: float(level[c[0]]))
    return [Boundary.of([rules[i] for i in cluster]) for cluster in clusters]


def _runs_beside(rule: Rule, longer: Rule) -> bool:
    """Whether two rules run side by side from end to end: the lines of a double rule."""
    shared = min(rule.end, longer.end) - max(rule.start, longer.start)
    return shared >= TWIN * longer.length


def _levels(rules: Sequence[Rule]) -> NDArray[np.float64]:
    """(N,) place across of each rule, px, as if all rules were straight and level.

    The rules that run through most of the table tell how the others slant and bend.
    """
    start, end = min(rule.start for rule in rules), max(rule.end for rule in rules)
    guides = [rule for rule in rules if rule.length >= GUIDE * (end - start)]
    middle = np.array([(start + end) / 2])
    guides.sort(key=lambda rule: float(rule.ahead(middle)[0]))
    level = np.array([float(rule.ahead(middle)[0]) for rule in guides])
    if not guides:
        return np.array([float(rule.across.mean()) for rule in rules])
    places = [rule.along[:: max(1, len(rule.along) // GUIDE_PLACES)] for rule in rules]
    across = np.concatenate([rule.at(some) for rule, some in zip(rules, places, strict=True)])
    beside = np.array([guide.ahead(np.concatenate(places)) for guide in guides])
    outside = np.minimum(0, across - beside[0]) + np.maximum(0, across - beside[-1])
    inside = [np.interp(y, ys, level) for y, ys in zip(across, beside.T, strict=True)]
    starts = np.cumsum([0, *(len(some) for some in places[:-1])])
    counts = [len(some) for some in places]
    means: NDArray[np.float64] = np.add.reduceat(inside + outside, starts) / counts
    return means


def _open_sides(
    rules: Sequence[Boundary], across: Sequence[Boundary], text_height: float
) -> tuple[float | None, float | None]:
    """Where rules end beyond the first and last boundary across them; None: the side is closed."""
    beyond = OPEN_SIDE * text_height
    starts, ends = [], []
    for rule in rules:
        start, end = rule.spans[[0, -1], [0, 1]]
        first, last = across[0].at(rule.at(start)), across[-1].at(rule.at(end))
        starts += [float(start)] if start < first - beyond else []
        ends += [float(end)] if end > last + beyond else []
    return (
        float(np.median(starts)) if len(starts) >= OPEN_RULES else None,
        float(np.median(ends)) if len(ends) >= OPEN_RULES else None,
    )


def _with_open(
    boundaries: list[Boundary], before: float | None, after: float | None
) -> list[Boundary]:
    head = [] if before is None else [Boundary.open(before)]
    tail = [] if after is None else [Boundary.open(after)]
    return head + boundaries + tail


def _joints(rows: Sequence[Boundary], cols: Sequence[Boundary]) -> NDArray[np.float64]:
    joints = np.empty((len(rows), len(cols), 2))
    for i, row in enumerate(rows):
        x = np.array([float(col.across.mean()) for col in cols])
        for _ in range(3):  # rules are level to a degree: each round is a hundred times nearer
            y = row.at(x)
            x = np.array([float(col.at(y[j : j + 1])[0]) for j, col in enumerate(cols)])
        joints[i] = np.stack([x, row.at(x)], axis=1)
    return joints


class _Views(NamedTuple):
    """What the picture shows of the edges of a boundary, one value an edge."""

    length: NDArray[np.float64]  # text heights
    share: NDArray[np.float64]  # drawn
    flanked: NDArray[np.float64]  # share with type beside it, on the fuller side
    gap: NDArray[np.float64]  # text heights that are missing at an end


def _edges(
    boundary: Boundary, places: NDArray[np.float64], dark: Gray, ink: Ink
) -> NDArray[np.float64]:
    """Drawn share of each edge: where a rule was found, and what the picture shows along it.

    A rule that was found may go on into type at its end, and a short or broken piece of one may not
    have been found.
    """
    if not len(boundary.spans):
        return np.zeros(len(places) - 1)
    inset = np.minimum(CORNER * ink.text_height, np.diff(places) / 4)
    spanned = boundary.drawn(places[:-1] + inset, places[1:] - inset)
    views = _look(boundary, places, dark, ink)
    trusted = views.share[spanned >= TRUSTED]
    whole = float(np.median(trusted)) if len(trusted) else 1.0
    found = spanned >= SPANNED
    beside = np.r_[True, found, True]
    last = found & ~(beside[:-2] & beside[2:])
    holds = np.select(
        [found & ~last, last & (views.length >= LOW), last],
        [True, True, (views.flanked <= LOW_FLANKED) & (views.gap <= LOW_GAP)],
        (views.flanked <= UNFOUND_FLANKED) & (views.gap <= UNFOUND_GAP),
    )
    least = np.where(found & ~last, KEPT, UNFOUND) * whole
    support = np.minimum(1.0, views.share / max(whole, 1e-6))
    # A rule that was lifted off with a mark is paler than elsewhere, but whole and alone.
    shreds = (whole < LITTLE) & (views.share >= KEPT_OF_LITTLE * whole)
    pale = (spanned >= TRUSTED) & (views.length >= LONG)
    pale &= (views.gap <= UNFOUND_GAP) | shreds
    pale &= (views.flanked <= PALE_FLANKED) & (support < SPANNED)
    drawn: NDArray[np.float64] = np.select(
        [pale, holds & (views.share >= least)], [SPANNED, support], DOUBTED * views.share
    )
    return drawn


def _look(boundary: Boundary, places: NDArray[np.float64], dark: Gray, ink: Ink) -> _Views:
    """What the picture shows of each edge of a boundary."""
    along = np.arange(int(places[0]), int(places[-1]) + 1)
    seen = trace(dark, along, boundary.at(along.astype(np.float64)), ink)
    known = boundary.covers(along)
    usual = _usual(seen.strength[known]) if known.any() else 0.0
    drawn = seen.strength > HALF * max(usual, 1.0)
    cuts = np.rint(places).astype(int) - along[0]
    first = cuts[:-1] + JOINT
    last = np.maximum(first + 1, cuts[1:] - JOINT + 1)
    first, last = np.minimum(first, len(along) - 1), np.minimum(last, len(along))
    length = np.maximum(last - first, 1).astype(np.float64)
    counts = np.cumsum(np.vstack([drawn, seen.beside]), axis=1)
    counts = np.pad(counts, ((0, 0), (1, 0)))
    share, *beside = (counts[:, last] - counts[:, first]) / length
    return _Views(
        length / ink.text_height,
        share,
        np.maximum(*beside),
        _end_gaps(drawn, first, last) / ink.text_height,
    )


def _usual(strength: NDArray[np.float64]) -> float:
    """Strength of the drawn parts, whatever remains of a mark lie on some of them."""
    mean = float(strength.mean())
    return max(mean / 2, float(np.median(strength)))


def _end_gaps(drawn: Mask, first: NDArray[np.int_], last: NDArray[np.int_]) -> NDArray[np.float64]:
    """Px that are missing at the worse end of each stretch; all of it where nothing is drawn."""
    places = np.r_[-1, np.flatnonzero(drawn), len(drawn)]
    after = places[np.searchsorted(places, first)]
    before = places[np.searchsorted(places, last - 1, side="right") - 1]
    gap: NDArray[np.float64] = np.maximum(after - first, last - 1 - before).astype(np.float64)
    shortened: NDArray[np.float64] = np.minimum(gap, last - first)
    return shortened
