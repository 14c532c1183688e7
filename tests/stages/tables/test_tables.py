"""Tables come back as they were painted, whatever happened to the page."""

from collections import Counter

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paint
import sample
from tenglu.engines.replay import ReplayEngine
from tenglu.imaging.geometry import map_points
from tenglu.stages.orient import OrientOptions, orient
from tenglu.stages.strip import strip
from tenglu.stages.tables import Grid, TableOptions, find_tables

NEAR = 1.5  # px that a corner may be off
TITLE = "收入支出决算总表"
UNASKED = ReplayEngine("none", "none", [])  # an engine that fails if it is asked to read

seeds = st.integers(0, 1_000_000)
layouts = st.builds(
    lambda seed, rows, cols, merges: paint.random_layout(
        np.random.default_rng(seed), rows, cols, merges
    ),
    seed=seeds,
    rows=st.integers(2, 6),
    cols=st.integers(2, 5),
    merges=st.integers(0, 8),
).filter(lambda layout: len(layout.slots) > 1)


def layout_of(seed: int, n_rows: int = 6, n_cols: int = 4, merges: int = 5) -> paint.Layout:
    return paint.random_layout(np.random.default_rng(seed), n_rows, n_cols, merges)


def shapes(cells) -> list[tuple[int, int, int, int]]:
    return sorted((c.row, c.col, c.rowspan, c.colspan) for c in cells)


def assert_tiles(found: Grid) -> None:
    cover = Counter(
        (row, col)
        for cell in found.cells
        for row in range(cell.row, cell.row + cell.rowspan)
        for col in range(cell.col, cell.col + cell.colspan)
    )
    assert cover == Counter((r, c) for r in range(found.n_rows) for c in range(found.n_cols))
    assert (len(found.row_edges), len(found.col_edges)) == (found.n_rows + 1, found.n_cols + 1)
    for cell in found.cells:
        assert all(0 <= share <= 1 for share in cell.support)


def assert_painted(found: Grid, cells, near: float = NEAR) -> None:
    """The grid has the shapes of the painted cells, and they stand where they were painted."""
    assert_tiles(found)
    assert shapes(found.cells) == shapes(cells)
    places = {(c.row, c.col): np.array(c.polygon) for c in cells}
    for cell in found.cells:
        assert np.abs(np.array(cell.polygon) - places[cell.row, cell.col]).max() <= near


def assert_page(image, tables, near: float = NEAR) -> list[Grid]:
    grids = find_tables(image).grids
    assert len(grids) == len(tables)
    for found, cells in zip(grids, tables, strict=True):
        assert_painted(found, cells, near)
    return grids


def text_lines(n_lines: int = 30) -> list[paint.Caption]:
    words = "财政拨款收入支出决算表的编制说明以及各项指标"
    return [paint.Caption(words, (600, 150 + 45 * i)) for i in range(n_lines)]


# --- painted tables come back -----------------------------------------------------------------


@settings(max_examples=60)
@given(layouts, layouts)
def test_two_random_tables_of_a_page_come_back_exactly(upper, lower):
    lower = lower._replace(corner=(160, 200 + sum(upper.row_heights)))
    size = (1340, 400 + sum(upper.row_heights) + sum(lower.row_heights))
    painted = paint.paint_page([upper, lower], size=size)
    for found in assert_page(painted.image, painted.tables):
        assert found.doubtful == []
        assert all(min(cell.support) > 0.9 for cell in found.cells)


@pytest.mark.parametrize("number", [1, 4, 6, 8])
def test_every_cell_of_the_sample_is_found_where_it_stands(number):
    rotation = OrientOptions(rotation=sample.rotation(number))
    upright = orient(sample.scan(number).image, UNASKED, rotation)
    [found] = find_tables(strip(upright.image).image).grids
    assert_tiles(found)
    truth = np.array(list(sample.cells(number).values()))
    places = np.array([map_points(upright.to_scan, cell.polygon) for cell in found.cells])
    assert len(places) == len(truth)
    off = np.abs(places[:, None] - truth[None]).max(axis=(2, 3))
    assert off.min(axis=0).max() < 4


# --- what moves the page moves the grid ---------------------------------------------------------


@settings(max_examples=20)
@given(layouts)
def test_a_turned_page_gives_the_turned_grid(layout):
    # Lines alone: a table with text on its side is turned before it is found again.
    slots = tuple(slot._replace(text="") for slot in layout.slots)
    painted = paint.paint_table(layout._replace(slots=slots), TITLE)
    [turned] = find_tables(np.ascontiguousarray(np.rot90(painted.image, -1))).grids
    height, n_rows = painted.image.shape[0], len(layout.row_heights)
    cells = []
    for cell in painted.cells:
        x0, y0, x1, y1 = cell.box
        box = paint.Box(height - y1, x0, height - y0, x1)
        place = (cell.col, n_rows - cell.row - cell.rowspan, cell.colspan, cell.rowspan)
        cells.append(paint.PaintedCell(*place, cell.text, box.polygon))
    assert_painted(turned, cells)


@settings(max_examples=12)
@given(layouts, st.integers(0, 90), st.integers(0, 90))
def test_a_shifted_page_gives_the_shifted_grid(layout, right, down):
    painted = paint.paint_table(layout, TITLE)
    shifted = np.pad(painted.image, ((down, 0), (right, 0), (0, 0)), constant_values=255)
    [before], [after] = find_tables(painted.image).grids, find_tables(shifted).grids
    assert shapes(after.cells) == shapes(before.cells)
    for old, new in zip(before.cells, after.cells, strict=True):
        assert np.allclose(np.add(old.polygon, (right, down)), new.polygon, atol=0.5)


@settings(max_examples=10)
@given(layouts, st.sampled_from([0.6, 0.75, 1.5]))
def test_a_scaled_page_gives_the_scaled_grid(layout, factor):
    painted = paint.paint_page([layout._replace(corner=(120, 800))], text_lines(14))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(painted.image, None, fx=factor, fy=factor, interpolation=how)
    cells = [
        cell._replace(polygon=tuple(tuple(factor * v for v in corner) for corner in cell.polygon))
        for cell in painted.cells
    ]
    assert_page(scaled, [cells], near=NEAR * max(1, factor))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("degrees", [-1.0, -0.3, 0.4, 1.0])
def test_what_skew_is_left_is_followed(seed, degrees):
    skewed = paint.skew(paint.paint_table(layout_of(seed, 8, 5, 6), TITLE), degrees)
    assert_page(skewed.image, skewed.tables, near=2.5)


@pytest.mark.parametrize("seed", range(4))
def test_slight_perspective_is_followed(seed):
    pulled = paint.perspective(paint.paint_table(layout_of(seed), "总表"), seed, strength=0.012)
    assert_page(pulled.image, pulled.tables, near=2.5)


# --- what lies over the page leaves the grid -----------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_watermark_leaves_the_grid(seed):
    painted = paint.paint_table(layout_of(seed, 8, 5, 6), TITLE)
    marked = paint.watermark(painted.image, opacity=0.15 + 0.05 * seed, spacing=500)
    assert_page(strip(marked).image, painted.tables)


@settings(max_examples=10)
@given(layouts, st.floats(0, 1), st.floats(0, 1))
def test_a_seal_leaves_the_grid(layout, across, down):
    painted = paint.paint_table(layout, TITLE)
    height, width = painted.image.shape[:2]
    radius = min(130, min(height, width) // 3)
    x, y = (
        round(radius + share * (side - 2 * radius - 1))
        for share, side in ((across, width), (down, height))
    )
    sealed = paint.seal(painted.image, (x, y), radius)
    [found] = find_tables(strip(sealed).image).grids
    assert shapes(found.cells) == shapes(painted.cells)


@settings(max_examples=10)
@given(layouts, st.floats(-1.5, 1.5))
def test_a_skewed_page_gives_the_skewed_grid(layout, degrees):
    skewed = paint.skew(paint.paint_table(layout, TITLE), degrees)
    assert_page(skewed.image, skewed.tables, near=2.5)


@pytest.mark.parametrize("seed", range(6))
def test_a_streak_of_the_feeder_is_no_rule(seed):
    painted = paint.paint_table(layout_of(seed), TITLE)
    rules = {x for cell in painted.cells for x in (cell.box.x0, cell.box.x1)}
    columns = range(min(rules) + 40, max(rules) - 40)
    column = max(columns, key=lambda x: min(abs(x - rule) for rule in rules))
    assert_page(paint.streak(painted.image, column), painted.tables)
    assert_page(paint.streak(painted.image, column, width=1, colour=paint.INK), painted.tables)


# --- how rules are drawn --------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [1, 2, 3])
@pytest.mark.parametrize("tone", [20, 120, 190])
def test_thin_thick_and_faint_rules(rule, tone):
    layout = layout_of(5)._replace(rule=rule, rule_colour=(tone, tone, tone))
    painted = paint.paint_table(layout, TITLE)
    assert_page(painted.image, painted.tables)


@pytest.mark.parametrize(
    ("drawn", "left_out"), [(3, 3), (8, 4), (1, 2), (6, 8), (8, 8), (10, 6), (4, 10)]
)
def test_dotted_and_dashed_rules(drawn, left_out):
    painted = paint.paint_table(layout_of(6, merges=0), TITLE)
    gaps = np.indices(painted.image.shape[:2]).sum(axis=0) % (drawn + left_out) >= drawn
    dashed = painted.image.copy()
    dashed[on_rules(painted) & gaps] = 255
    assert_page(dashed, painted.tables)


def on_rules(painted: paint.Painted) -> np.ndarray:
    """Where the painted rules are, 2 px wide."""
    mask = np.zeros(painted.image.shape[:2], np.uint8)
    for cell in painted.cells:
        x0, y0, x1, y1 = cell.box
        cv2.rectangle(mask, (x0 - 1, y0 - 1), (x1, y1), 1, 2)
    return (mask > 0) & (painted.image.max(axis=2) < 255)


def test_a_double_frame_is_one_side():
    painted = paint.paint_table(layout_of(7), TITLE)
    x0, y0, x1, y1 = table_box(painted)
    doubled = painted.image.copy()
    cv2.rectangle(doubled, (x0 - 4, y0 - 4), (x1 + 4, y1 + 4), paint.INK, 2)
    assert_page(doubled, painted.tables, near=6)


def table_box(painted: paint.Painted) -> paint.Box:
    xs, ys = np.array([cell.polygon for cell in painted.cells]).reshape(-1, 2).T.astype(int)
    return paint.Box(int(xs.min()), int(ys.min()), int(xs.max()), int(ys.max()))


def test_a_table_without_left_and_right_side():
    painted = paint.paint_table(layout_of(8, 5, 4, 0), TITLE)
    x0, y0, x1, y1 = table_box(painted)
    painted.image[y0 + 2 : y1 - 1, x0 - 1 : x0 + 1] = 255
    painted.image[y0 + 2 : y1 - 1, x1 - 1 : x1 + 1] = 255
    for y in {cell.box.y0 for cell in painted.cells}:
        painted.image[y - 1 : y + 1, x0 - 1 : x1 + 1] = paint.INK
    assert_page(painted.image, painted.tables)
    support = {(c.row, c.col): c.support for c in find_tables(painted.image).grids[0].cells}
    assert support[1, 0].left < 0.5  # the side is there, and known not to be drawn
    assert support[1, 0].top > 0.9


@settings(max_examples=30)
@given(layouts, seeds)
def test_cells_tile_whatever_edges_are_missing(layout, seed):
    painted = paint.paint_table(layout)
    rng = np.random.default_rng(seed)
    for cell in painted.cells:
        x0, y0, x1, y1 = cell.box
        if rng.random() < 0.3 and cell.row + cell.rowspan < len(layout.row_heights):
            painted.image[y1 - 2 : y1 + 2, x0 + 3 : x1 - 3] = 255
        if rng.random() < 0.3 and cell.col + cell.colspan < len(layout.col_widths):
            painted.image[y0 + 3 : y1 - 3, x1 - 2 : x1 + 2] = 255
    for found in find_tables(painted.image).grids:
        assert_tiles(found)


def test_a_shape_that_is_no_cell_is_parted_and_named_doubtful():
    slots = tuple(paint.Slot(r, c, text="2.50") for r in range(3) for c in range(3))
    painted = paint.paint_table(paint.Layout((120,) * 3, (160,) * 3, slots))
    x0, y0, x1, y1 = painted.cells[4].box
    painted.image[y1 - 2 : y1 + 2, x0 + 3 : x1 - 3] = 255  # below the middle
    painted.image[y0 + 3 : y1 - 3, x1 - 2 : x1 + 2] = 255  # and right of it: an L of three
    [found] = find_tables(painted.image).grids
    assert_tiles(found)
    assert found.doubtful
    assert set(found.doubtful) <= {(1, 1), (1, 2), (2, 1)}


# --- what is no table -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "paint_on",
    [
        lambda image: image,
        lambda image: cv2.rectangle(image, (300, 300), (900, 700), paint.INK, 2),
        lambda image: cv2.line(image, (100, 800), (1100, 800), paint.INK, 2),
        lambda image: paint.streak(paint.streak(image, 200), 900),
    ],
    ids=["nothing", "a single box", "a line", "two streaks"],
)
@pytest.mark.parametrize("lines", [0, 3])
def test_what_is_no_table(paint_on, lines):
    page = paint.paint_page(
        [], [paint.Caption("决算说明", (600, 60 + 50 * i)) for i in range(lines)]
    )
    assert find_tables(paint_on(page.image)).grids == []


def test_running_text_is_no_table():
    page = paint.paint_page([], text_lines())
    assert find_tables(page.image).grids == []
    assert find_tables(paint.jpeg(paint.noise(page.image, 3), 50)).grids == []


def test_a_single_box_is_a_table_if_one_asks_for_it():
    page = paint.paint_page([], text_lines(3))
    cv2.rectangle(page.image, (300, 500), (900, 900), paint.INK, 2)
    [found] = find_tables(page.image, TableOptions(min_cells=1)).grids
    assert shapes(found.cells) == [(0, 0, 1, 1)]


# --- several tables -------------------------------------------------------------------------------


def test_tables_beside_each_other_are_two_and_ordered_from_the_top_left():
    left, right = layout_of(1, 4, 3), layout_of(2, 4, 3)
    right = right._replace(corner=(left.corner[0] + sum(left.col_widths) + 60, 120))
    painted = paint.paint_page([left, right], size=(1754, 640))
    assert_page(painted.image, painted.tables)


def test_tables_with_a_line_of_text_between_are_two():
    upper = layout_of(3, 4, 4)
    bottom = upper.corner[1] + sum(upper.row_heights)
    lower = layout_of(4, 4, 4)._replace(corner=(120, bottom + 60))
    caption = paint.Caption("单位：万元", (500, bottom + 30))
    size = (1240, bottom + 300 + sum(lower.row_heights))
    painted = paint.paint_page([upper, lower], [caption], size)
    assert_page(painted.image, painted.tables)


# --- manners --------------------------------------------------------------------------------------


def test_the_page_is_not_written_to_and_the_same_page_gives_the_same_grid():
    painted = paint.paint_table(layout_of(9))
    painted.image.flags.writeable = False
    assert find_tables(painted.image) == find_tables(painted.image)


@pytest.mark.parametrize(
    ("page", "wrong"),
    [
        (np.zeros((50, 50, 3), np.float32), TypeError),
        (np.zeros((50, 50), np.uint8), ValueError),
        (np.zeros((0, 50, 3), np.uint8), ValueError),
    ],
)
def test_what_is_no_picture_is_refused(page, wrong):
    with pytest.raises(wrong, match=r"\(H, W, 3\)"):
        find_tables(page)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (16, 16), (20, 2000), (3000, 20)])
def test_tiny_and_narrow_pictures_hold_no_table(height, width):
    assert find_tables(np.full((height, width, 3), 255, np.uint8)).grids == []
    assert find_tables(np.zeros((height, width, 3), np.uint8)).grids == []
