"""Boxes, polygons and homographies, in pixels: origin top left, x to the right, y down."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Matrix

Point = tuple[float, float]
Polygon = tuple[Point, Point, Point, Point]
"""Corners in the reading order of the content: top-left, top-right, bottom-right, bottom-left."""


class Box(NamedTuple):
    """An upright rectangle in pixels; ``x1`` and ``y1`` are exclusive."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        """Width in px."""
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        """Height in px."""
        return self.y1 - self.y0

    @property
    def area(self) -> int:
        """Area in px; 0 for an inverted box."""
        return max(0, self.width) * max(0, self.height)

    @property
    def polygon(self) -> Polygon:
        """The four corners, clockwise from the top left."""
        x0, y0, x1, y1 = (float(v) for v in self)
        return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def box_intersection(a: Box, b: Box) -> int:
    """Return the area that two boxes share, px."""
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    return max(0, width) * max(0, height)


def box_iou(a: Box, b: Box) -> float:
    """Return the intersection over union of two boxes, 0 to 1."""
    shared = box_intersection(a, b)
    union = a.area + b.area - shared
    return shared / union if union else 0.0


def enclosing_box(boxes: Sequence[Box]) -> Box:
    """Return the smallest box around one or more boxes."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return Box(min(x0), min(y0), max(x1), max(y1))


def map_points(
    matrix: Matrix, points: Sequence[Point] | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Apply a homography to (N, 2) points."""
    flat = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    homogeneous = np.hstack([flat, np.ones((len(flat), 1))]) @ matrix.T
    mapped: NDArray[np.float64] = homogeneous[:, :2] / homogeneous[:, 2:]
    return mapped


def map_polygon(matrix: Matrix, polygon: Polygon) -> Polygon:
    """Apply a homography to a polygon; corners keep their order and are rounded to 0.01 px."""
    a, b, c, d = ((round(float(x), 2), round(float(y), 2)) for x, y in map_points(matrix, polygon))
    return a, b, c, d


def quarter_turn(width: int, height: int, rotation: int) -> Matrix:
    """Return the map from upright pixels to pixels of a scan rotated by a quarter turn.

    Args:
        width: of the scan as delivered, px.
        height: of the scan as delivered, px.
        rotation: clockwise rotation of the scan from upright: 0, 90, 180 or 270 degrees.
    """
    maps = {
        0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        90: [[0, -1, width], [1, 0, 0], [0, 0, 1]],
        180: [[-1, 0, width], [0, -1, height], [0, 0, 1]],
        270: [[0, 1, 0], [-1, 0, height], [0, 0, 1]],
    }
    return np.array(maps[rotation], dtype=np.float64)
