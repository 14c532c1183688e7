"""From the rules of a frame to its lattice: boundaries, joints, drawn share of each edge."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tenglu.rules import Rule
from tenglu.stages.grid.frames import Frame

SAME = 0.35  # text heights; pieces of one boundary and lines of a double rule are no further apart
OPEN_SIDE = 1.0  # text heights that rules stand out beyond the last crossing rule of an open table
OPEN_RULES = 2  # rules that must end at one place before it is taken for an open side
CORNER = 0.3  # text heights at a joint where ink tells nothing


class Boundary(NamedTuple):
    """A line of the lattice, made of one or more rules."""

    along: NDArray[np.float64]  # (N,) px, ascending
    across: NDArray[np.float64]  # (N,) px
    spans: NDArray[np.float64]  # (M, 2) px, what of it is drawn, disjoint and ascending

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> Self:
        """Join rules that run on one line."""
        along = np.concatenate([rule.along for rule in rules])
        across = np.concatenate([rule.across for rule in rules])
        order = np.argsort(along, kind="stable")
        return cls(along[order], across[order], _union([(r.start, r.end) for r in rules]))

    @classmethod
    def open(cls, place: float) -> Self:
        """A side that is not drawn."""
        return cls(np.array([0.0]), np.array([place]), np.empty((0, 2)))

    def at(self, along: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where the boundary is across; ends are carried on straight."""
        return np.interp(along, self.along, self.across)

    def drawn(self, start: float, end: float) -> float:
        """Share of a stretch that is drawn, 0 to 1."""
        if end <= start:
            return 0.0
        low = np.clip(self.spans[:, 0], start, end)
        high = np.clip(self.spans[:, 1], start, end)
        return float((high - low).sum() / (end - start))


class Lattice(NamedTuple):
    """Boundaries, joints and the drawn share of the edges between joints."""

    joints: NDArray[np.float64]  # (R + 1, C + 1, 2) px, (x, y)
    row_edges: NDArray[np.float64]  # (R + 1, C) drawn share of the horizontal edges, 0 to 1
    col_edges: NDArray[np.float64]  # (R, C + 1) drawn share of the vertical edges
    open_sides: tuple[bool, bool, bool, bool]  # top, right, bottom, left: not drawn, yet a side


def frame_to_lattice(frame: Frame, text_height: float) -> Lattice:
    """Cluster rules to boundaries and measure the edges between their joints.

    Args:
        frame: the rules of one table.
        text_height: px.
    """
    rows = _boundaries(frame.horizontal, text_height)
    cols = _boundaries(frame.vertical, text_height)
    top, bottom = _open_sides(cols, rows, text_height)
    left, right = _open_sides(rows, cols, text_height)
    rows = _with_open(rows, top, bottom)
    cols = _with_open(cols, left, right)
    joints = _joints(rows, cols)
    corner = CORNER * text_height
    row_edges = np.array([_edges(row, joints[i, :, 0], corner) for i, row in enumerate(rows)])
    col_edges = np.array([_edges(col, joints[:, j, 1], corner) for j, col in enumerate(cols)]).T
    sides = tuple(side is not None for side in (top, right, bottom, left))
    return Lattice(joints, row_edges, col_edges, sides)  # type: ignore[arg-type]


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
    clusters: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda r: -r.length):
        near = min(clusters, key=lambda c: _distance(rule, c), default=None)
        if near is not None and _distance(rule, near) <= SAME * text_height:
            near.append(rule)
        else:
            clusters.append([rule])
    boundaries = [Boundary.of(cluster) for cluster in clusters]
    return sorted(boundaries, key=lambda b: float(b.across.mean()))


def _distance(rule: Rule, cluster: Sequence[Rule]) -> float:
    """Px across between a rule and the nearest piece of a cluster, where they are side by side."""
    nearest = min(cluster, key=lambda c: max(c.start - rule.end, rule.start - c.end))
    low, high = max(rule.start, nearest.start), min(rule.end, nearest.end)
    places = np.linspace(low, high, 5) if low < high else np.array([(low + high) / 2])
    return float(np.median(np.abs(rule.at(places) - nearest.at(places))))


def _open_sides(
    rules: Sequence[Boundary], across: Sequence[Boundary], text_height: float
) -> tuple[float | None, float | None]:
    """Where rules end beyond the first and last boundary across them; None: the side is closed."""
    first, last = float(across[0].across.mean()), float(across[-1].across.mean())
    beyond = OPEN_SIDE * text_height
    starts = [float(b.spans[0, 0]) for b in rules if b.spans[0, 0] < first - beyond]
    ends = [float(b.spans[-1, 1]) for b in rules if b.spans[-1, 1] > last + beyond]
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


def _edges(boundary: Boundary, places: NDArray[np.float64], corner: float) -> list[float]:
    edges = []
    for start, end in pairwise(places.tolist()):
        inset = min(corner, (end - start) / 4)
        edges.append(boundary.drawn(start + inset, end - inset))
    return edges
