"""Turn the maps of a page into lattices: boxes, boundaries and cells that tile them."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Mask, Rgb
from tenglu.imaging.geometry import Box
from tenglu.imaging.ink import darkness, measure_ink, to_gray
from tenglu.stages.tables.learned.boundaries import (
    Boundary,
    find_boundaries,
    find_lean,
    straightened,
)
from tenglu.stages.tables.learned.evidence import Evidence, Place, find_evidence, supported
from tenglu.stages.tables.learned.maps import SeparatorMaps
from tenglu.stages.tables.learned.snapping import snap
from tenglu.stages.tables.learned.walls import Walls, find_walls, tile

INSIDE = 0.5  # probability at which a place lies in a table
LEAST_SIDE = 2.0  # type heights; less is no table
FILLED = 0.35  # share of a line of the box that lies in the table, or the box ends
AROUND = 1.0  # type heights beside the box, where its drawn edge may lie
OUTER = 0.7  # type heights; a boundary as near to the edge of the box is the edge


class Span(NamedTuple):
    """Where a cell stands in its lattice."""

    row: int
    col: int
    rowspan: int
    colspan: int


class Proposal(NamedTuple):
    """A lattice that the network sees, with how sure it is. Edges in px of the page."""

    box: Box
    row_edges: list[float]  # (n_rows + 1,) y at the middle of the box
    col_edges: list[float]  # (n_cols + 1,) x at the middle of the box
    spans: list[Span]  # they tile the lattice
    row_probability: list[float]  # (n_rows + 1,) of each edge, along the cells that it parts
    col_probability: list[float]
    probability: float  # that this is a table
    lean: tuple[
        float, float
    ]  # fall of the rows per px to the right, shift of the columns downwards
    row_walls: NDArray[
        np.float32
    ]  # (n_rows - 1, n_cols) probability between cells one above another
    col_walls: NDArray[np.float32]  # (n_rows, n_cols - 1) between cells side by side

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.row_edges) - 1

    @property
    def n_cols(self) -> int:
        """Number of columns."""
        return len(self.col_edges) - 1


class _Lattice(NamedTuple):
    """Boundaries inside a box and its four sides, in px of the straightened part of the maps."""

    rows: list[Boundary]
    cols: list[Boundary]
    sides: tuple[float, float, float, float]  # left, top, right, bottom


def propose(maps: SeparatorMaps, page: Rgb) -> list[Proposal]:
    """Find the lattices that the maps of a page show, from top to bottom."""
    dark = darkness(to_gray(page))
    printed = find_evidence(dark, measure_ink(dark).threshold, maps.unit / maps.scale)
    found = [_proposal(maps, box, printed) for box in _tables(maps)]
    return sorted((p for p in found if p is not None), key=lambda p: (p.box.y0, p.box.x0))


def _tables(maps: SeparatorMaps) -> list[Box]:
    """The boxes of the tables, in px of the maps."""
    side = 2 * round(0.3 * maps.unit) + 1
    seen = cv2.morphologyEx(
        (maps.table > INSIDE).astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8)
    )
    count, labels, stats, _ = cv2.connectedComponentsWithStats(seen, connectivity=4)
    boxes = []
    for label in range(1, count):
        x, y, w, h = (int(v) for v in stats[label, :4])
        if min(w, h) < LEAST_SIDE * maps.unit:
            continue
        own = labels[y : y + h, x : x + w] == label
        top, bottom = _filled(own.mean(axis=1))
        left, right = _filled(own[top:bottom].mean(axis=0))
        boxes.append(Box(x + left, y + top, x + right, y + bottom))
    return [b for b in boxes if min(b.width, b.height) >= LEAST_SIDE * maps.unit]


def _filled(shares: NDArray[np.float64]) -> tuple[int, int]:
    """The first and the last line that a table fills."""
    full = np.flatnonzero(shares >= FILLED)
    return (int(full[0]), int(full[-1]) + 1) if len(full) else (0, 0)


def _proposal(maps: SeparatorMaps, box: Box, printed: Evidence) -> Proposal | None:
    reach = round(AROUND * maps.unit)
    height, width = maps.table.shape
    x0, y0 = max(0, box.x0 - reach), max(0, box.y0 - reach)
    x1, y1 = min(width, box.x1 + reach), min(height, box.y1 + reach)
    rows, cols = maps.rows[y0:y1, x0:x1], np.ascontiguousarray(maps.cols[y0:y1, x0:x1].T)
    lean = find_lean(rows), find_lean(cols)
    rows, cols = straightened(rows, lean[0]), straightened(cols, lean[1])
    level = Place(y0, x0, maps.scale, lean[0], (x1 - x0) / 2)
    plumb = Place(x0, y0, maps.scale, lean[1], (y1 - y0) / 2)
    found = (
        supported(find_boundaries(rows, maps.unit), printed, level),
        supported(find_boundaries(cols, maps.unit), printed.turned(), plumb),
    )
    inside = Box(box.x0 - x0, box.y0 - y0, box.x1 - x0, box.y1 - y0)
    lattice, walls = _kept(_lattice(*found, inside, maps.unit))
    if len(lattice.rows) + len(lattice.cols) == 0:
        return None
    labels = tile(walls)
    probability = float(maps.table[box.y0 : box.y1, box.x0 : box.x1].mean())
    return _placed(lattice, walls, labels, (maps, x0, y0, lean, probability, printed.ink))


def _lattice(level: list[Boundary], plumb: list[Boundary], box: Box, unit: float) -> _Lattice:
    """The boundaries inside the box, and its sides, at their drawn edges where there are any."""
    top, bottom = _side(level, box.y0, unit), _side(level, box.y1, unit)
    left, right = _side(plumb, box.x0, unit), _side(plumb, box.x1, unit)
    near = OUTER * unit
    level = [b for b in level if top + near < b.middle < bottom - near]
    plumb = [b for b in plumb if left + near < b.middle < right - near]
    return _Lattice(level, plumb, (left, top, right, bottom))


def _side(boundaries: list[Boundary], edge: float, unit: float) -> float:
    """The side of a box: the strongest boundary that lies at it, else where the table map ends."""
    near = [b for b in boundaries if abs(b.middle - edge) <= OUTER * unit]
    return max(near, key=lambda b: float(b.seen.sum())).middle if near else float(edge)


def _kept(lattice: _Lattice) -> tuple[_Lattice, Walls]:
    """The lattice without boundaries that part no two cells."""
    while True:
        walls = find_walls(lattice.rows, lattice.cols, lattice.sides)
        labels = tile(walls)
        row_parts = (labels[1:] != labels[:-1]).any(axis=1)
        col_parts = (labels[:, 1:] != labels[:, :-1]).any(axis=0)
        if row_parts.all() and col_parts.all():
            return lattice, walls
        lattice = lattice._replace(
            rows=[b for b, kept in zip(lattice.rows, row_parts, strict=True) if kept],
            cols=[b for b, kept in zip(lattice.cols, col_parts, strict=True) if kept],
        )


def _placed(
    lattice: _Lattice,
    walls: Walls,
    labels: NDArray[np.int64],
    place: tuple[SeparatorMaps, int, int, tuple[float, float], float, Mask],
) -> Proposal:
    """The lattice in px of the page, its boundaries off the ink of letters."""
    maps, x0, y0, lean, probability, ink = place
    left, top, right, bottom = lattice.sides
    scale = maps.scale
    level = [(top, top, top), *((b.middle, b.start, b.end) for b in lattice.rows), (bottom,) * 3]
    plumb = [(left, left, left), *((b.middle, b.start, b.end) for b in lattice.cols), (right,) * 3]
    row_bands = [tuple((v + y0) / scale for v in band) for band in level]
    col_bands = [tuple((v + x0) / scale for v in band) for band in plumb]
    box = (col_bands[0][0], row_bands[0][0], col_bands[-1][0], row_bands[-1][0])
    reach = maps.unit / scale
    row_parts = labels[1:] != labels[:-1]
    col_parts = (labels[:, 1:] != labels[:, :-1]).T
    row_edges = snap(ink, row_bands, [b[0] for b in col_bands], row_parts, (lean[0], reach))
    col_edges = snap(ink.T, col_bands, row_edges, col_parts, (lean[1], reach))
    return Proposal(
        box=_clipped(box, ink.shape),
        row_edges=row_edges,
        col_edges=col_edges,
        spans=_spans(labels),
        row_probability=[probability, *_mean_where(walls.rows, row_parts), probability],
        col_probability=[probability, *_mean_where(walls.cols.T, col_parts), probability],
        probability=probability,
        lean=lean,
        row_walls=walls.rows,
        col_walls=walls.cols,
    )


def _clipped(box: tuple[float, float, float, float], shape: tuple[int, ...]) -> Box:
    x0, y0, x1, y1 = (round(v) for v in box)
    return Box(max(0, x0), max(0, y0), min(shape[1], x1), min(shape[0], y1))


def _mean_where(walls: NDArray[np.float32], parts: NDArray[np.bool_]) -> list[float]:
    """Mean probability of each boundary, where it parts cells."""
    return [
        float(wall[part].mean()) if part.any() else 0.0
        for wall, part in zip(walls, parts, strict=True)
    ]


def _spans(labels: NDArray[np.int64]) -> list[Span]:
    spans = []
    for label in np.unique(labels):
        rows, cols = np.nonzero(labels == label)
        row, col = int(rows.min()), int(cols.min())
        spans.append(Span(row, col, int(rows.max()) - row + 1, int(cols.max()) - col + 1))
    return sorted(spans)
