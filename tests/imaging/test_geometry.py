"""Boxes and maps: what is carried to the scan must come back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenglu.imaging.geometry import (
    Box,
    box_intersection,
    box_iou,
    enclosing_box,
    map_points,
    map_polygon,
    quarter_turn,
)

boxes = st.builds(
    lambda x, y, width, height: Box(x, y, x + width, y + height),
    st.integers(-50, 50),
    st.integers(-50, 50),
    st.integers(0, 60),
    st.integers(0, 60),
)


def pixels(box: Box) -> set[tuple[int, int]]:
    return {(x, y) for x in range(box.x0, box.x1) for y in range(box.y0, box.y1)}


@given(boxes, boxes)
def test_shared_pixels_are_counted(a, b):
    assert box_intersection(a, b) == len(pixels(a) & pixels(b)) == box_intersection(b, a)
    union = len(pixels(a) | pixels(b))
    assert box_iou(a, b) == pytest.approx(len(pixels(a) & pixels(b)) / union if union else 0.0)
    assert a.area == len(pixels(a))


@given(st.lists(boxes, min_size=1, max_size=5))
def test_the_enclosing_box_is_the_smallest(some):
    around = enclosing_box(some)
    assert all(around.x0 <= b.x0 and around.y0 <= b.y0 for b in some)
    assert all(b.x1 <= around.x1 and b.y1 <= around.y1 for b in some)
    assert around.x0 in {b.x0 for b in some}
    assert around.y1 in {b.y1 for b in some}


def test_a_box_turned_inside_out_has_no_area():
    assert Box(5, 5, 3, 9).area == 0
    assert box_iou(Box(5, 5, 3, 9), Box(0, 0, 10, 10)) == 0.0


def test_corners_run_clockwise_from_the_top_left():
    assert Box(1, 2, 4, 8).polygon == ((1, 2), (4, 2), (4, 8), (1, 8))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@given(width=st.integers(1, 40), height=st.integers(1, 40), seed=st.integers(0, 99))
def test_a_quarter_turn_says_where_every_pixel_is_on_the_scan(rotation, width, height, seed):
    scan = np.random.default_rng(seed).integers(0, 256, (height, width))
    upright = np.rot90(scan, rotation // 90)
    matrix = quarter_turn(width, height, rotation)
    for y, x in np.ndindex(upright.shape):
        [[scan_x, scan_y]] = map_points(matrix, [(x + 0.5, y + 0.5)])
        assert scan[int(scan_y), int(scan_x)] == upright[y, x]


@given(st.floats(-5, 5), st.floats(-200, 200), st.floats(-1e-5, 1e-5))
def test_points_that_are_carried_there_come_back(degrees, shift, pull):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.array([[c, s, shift], [-s, c, -shift], [pull, -pull, 1]])
    points = np.array([[0.0, 0.0], [1654.0, 0.0], [800.5, 1200.25]])
    back = map_points(np.linalg.inv(matrix), map_points(matrix, points))
    assert np.allclose(back, points, atol=1e-6)


def test_a_polygon_keeps_the_order_of_its_corners():
    polygon = Box(10, 20, 110, 60).polygon
    a, b, c, d = map_polygon(quarter_turn(1000, 800, 90), polygon)
    assert (a, b, c, d) == ((980, 10), (980, 110), (940, 110), (940, 10))
    assert map_polygon(np.eye(3), polygon) == polygon
