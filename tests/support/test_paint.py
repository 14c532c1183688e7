"""The painter is what other tests take for truth, so its own word is tested first."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paint

layouts = st.builds(
    lambda seed, rows, cols, merges: paint.random_layout(
        np.random.default_rng(seed), rows, cols, merges
    ),
    seed=st.integers(0, 10_000),
    rows=st.integers(1, 7),
    cols=st.integers(1, 6),
    merges=st.integers(0, 8),
)
few = settings(max_examples=20, deadline=None)


def coverage(layout: paint.Layout) -> np.ndarray:
    times = np.zeros((len(layout.row_heights), len(layout.col_widths)), int)
    for slot in layout.slots:
        times[slot.row : slot.row + slot.rowspan, slot.col : slot.col + slot.colspan] += 1
    return times


def darkness(image: np.ndarray, box: paint.Box) -> int:
    return 255 - int(image[box.y0 : box.y1, box.x0 : box.x1].min())


@pytest.fixture(scope="module")
def painted() -> paint.Painted:
    return paint.paint_table(paint.random_layout(np.random.default_rng(7), 6, 5, 4), "决算总表")


@given(layouts)
def test_slots_of_a_random_layout_tile_the_grid(layout):
    assert (coverage(layout) == 1).all()


def test_random_layouts_do_merge_and_do_write():
    slots = paint.random_layout(np.random.default_rng(1), 8, 8, 10).slots
    assert any(slot.rowspan > 1 for slot in slots)
    assert any(slot.colspan > 1 for slot in slots)
    assert {bool(slot.text) for slot in slots} == {True, False}


@few
@given(layouts)
def test_rules_run_along_the_boxes_and_text_stands_within(layout):
    painted = paint.paint_table(layout)
    height, width = painted.image.shape[:2]
    for cell in painted.cells:
        x0, y0, x1, y1 = cell.box
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
        for edge in (painted.image[y0, x0:x1], painted.image[y0:y1, x1]):
            assert (edge == paint.INK).all()
        inside = paint.Box(x0 + layout.rule, y0 + layout.rule, x1 - layout.rule, y1 - layout.rule)
        assert (darkness(painted.image, inside) > 0) == bool(cell.text)


def test_same_seed_same_page():
    first, second = (
        paint.noise(
            paint.paint_table(paint.random_layout(np.random.default_rng(5), 4, 4, 3)).image, seed=2
        )
        for _ in range(2)
    )
    assert np.array_equal(first, second)


def test_text_that_does_not_fit_is_refused():
    layout = paint.Layout((40,), (80,), (paint.Slot(0, 0, text="12345678.90" * 3),))
    with pytest.raises(ValueError, match="does not fit"):
        paint.paint_table(layout)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_turning_back_gives_the_page_again(painted, rotation):
    back = paint.turn(paint.turn(painted, rotation), 360 - rotation)
    assert np.array_equal(back.image, painted.image)
    assert np.allclose(back.to_image, np.eye(3))
    assert back.cells == painted.cells


def test_a_clockwise_turn_takes_the_top_left_corner_to_the_top_right(painted):
    turned = paint.turn(painted, 90)
    x, y = painted.cells[0].polygon[0]
    assert turned.cells[0].polygon[0] == (turned.image.shape[1] - y, x)


@pytest.mark.parametrize(
    "move",
    [
        lambda page: paint.turn(page, 270),
        lambda page: paint.skew(page, 3.0),
        lambda page: paint.skew(page, -2.0),
        lambda page: paint.perspective(page, seed=4, strength=0.04),
    ],
    ids=["turn", "skew", "skew back", "perspective"],
)
def test_polygons_move_with_the_ink(painted, move):
    moved = move(painted)
    height, width = moved.image.shape[:2]
    for cell in moved.cells:
        for x, y in cell.polygon:
            assert 2 <= x <= width - 2
            assert 2 <= y <= height - 2
            corner = paint.Box(int(x) - 1, int(y) - 1, int(x) + 2, int(y) + 2)
            assert darkness(moved.image, corner) > 100  # rules meet here
    assert moved.image[0, 0].min() > 200  # what came in from outside is paper


def test_skew_is_counter_clockwise(painted):
    (x0, y0), (x1, y1), *_ = paint.skew(painted, 2.0).cells[0].polygon
    assert np.degrees(np.arctan2(y0 - y1, x1 - x0)) == pytest.approx(2.0, abs=0.01)


def test_a_watermark_is_of_its_opacity_and_colour():
    page = np.full((600, 800, 3), 255, np.uint8)
    marked = paint.watermark(page, opacity=0.5, spacing=300, colour=(255, 55, 55))
    touched = (marked != page).any(axis=2)
    assert 0.02 < touched.mean() < 0.5
    assert tuple(marked[touched].min(axis=0)) == (255, 155, 155)


def test_a_seal_stays_in_its_circle_and_lets_ink_through(painted):
    stamped = paint.seal(painted.image, (300, 300), 90)
    ys, xs = np.nonzero((stamped != painted.image).any(axis=2))
    assert np.hypot(xs - 300, ys - 300).max() <= 91
    assert (stamped <= painted.image).all()


@pytest.mark.parametrize(
    "effect",
    [
        paint.watermark,
        lambda image: paint.seal(image, (200, 200), 60),
        lambda image: paint.streak(image, 33),
        lambda image: paint.noise(image, seed=1),
        lambda image: paint.jpeg(image, 50),
        paint.shade,
    ],
    ids=["watermark", "seal", "streak", "noise", "jpeg", "shade"],
)
def test_effects_give_a_new_picture_of_the_same_shape(painted, effect):
    before = painted.image.copy()
    after = effect(painted.image)
    assert after.shape == before.shape
    assert after.dtype == np.uint8
    assert not np.array_equal(after, before)
    assert np.array_equal(painted.image, before)
