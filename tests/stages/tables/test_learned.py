"""The network of separators: its weights, its maps, and lattices that always tile."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paint
from tenglu.imaging.ink import darkness, measure_ink, to_gray
from tenglu.stages.tables.learned import Proposal, SeparatorMaps, propose, separators
from tenglu.stages.tables.learned.boundaries import find_boundaries, find_lean
from tenglu.stages.tables.learned.maps import WEIGHTS
from tenglu.stages.tables.learned.walls import Walls, tile

ROW, COL = 60, 170  # px
MOST_BYTES = 6_000_000


def covered(proposal: Proposal) -> np.ndarray:
    """How many spans cover each place of a lattice."""
    counts = np.zeros((proposal.n_rows, proposal.n_cols), int)
    for row, col, rowspan, colspan in proposal.spans:
        counts[row : row + rowspan, col : col + colspan] += 1
    return counts


def figures(n_rows: int, n_cols: int, first: paint.Slot | None = None) -> tuple[paint.Slot, ...]:
    """Words in the first row and column, figures elsewhere."""
    slots = [first] if first else []
    taken = {(0, col) for col in range(first.colspan)} if first else set()
    for row in range(n_rows):
        for col in range(n_cols):
            if (row, col) in taken:
                continue
            word = paint.CHINESE_WORDS[(row + col) % len(paint.CHINESE_WORDS)]
            text = word if row * col == 0 else f"{(37 * row + 911 * col) % 1000}.{row}{col % 10}"
            slots.append(paint.Slot(row, col, text=text, align="right" if col else "left"))
    return tuple(slots)


def ruled(n_rows: int, n_cols: int, **more) -> paint.Painted:
    layout = paint.Layout((ROW,) * n_rows, (COL,) * n_cols, figures(n_rows, n_cols), **more)
    return paint.paint_table(layout)


def maps_of(shape: tuple[int, int], levels: list[int], plumbs: list[int]) -> SeparatorMaps:
    """Maps of a table with a margin of 20 px, and separators 3 px wide."""
    height, width = shape
    table, rows, cols = (np.zeros((height + 40, width + 40), np.float32) for _ in range(3))
    table[20:-20, 20:-20] = 0.95
    for y in levels:
        rows[20 + y - 1 : 20 + y + 2, 20:-20] = 0.9
    for x in plumbs:
        cols[20:-20, 20 + x - 1 : 20 + x + 2] = 0.9
    return SeparatorMaps(table, rows, cols, 0.5, 5.0)


LEVELS, PLUMBS = [50, 100, 150], [100, 300]  # px of the maps, half as large as the page


def typed() -> np.ndarray:
    """A page with strokes in each cell of the table that ``maps_of`` shows."""
    page, rng = np.full((480, 880, 3), 255, np.uint8), np.random.default_rng(3)
    for y in (65, 165, 265, 365):
        for x in (80, 400, 700):
            page[y : y + 20, x : x + 60][rng.random((20, 60)) < 0.5] = 0
    return page


def test_weights_are_small_and_lie_in_the_package():
    assert 0 < WEIGHTS.stat().st_size <= MOST_BYTES


def test_maps_have_one_shape_and_are_shares():
    page = ruled(4, 3).image
    maps = separators(page)
    assert maps.table.shape == maps.rows.shape == maps.cols.shape
    assert all(m.min() >= 0 and m.max() <= 1 for m in maps[:3])
    assert maps.table.shape[0] == pytest.approx(page.shape[0] * maps.scale, abs=2)


def test_the_same_page_gives_the_same_maps():
    page = ruled(4, 3).image
    assert all(
        (a == b).all() for a, b in zip(separators(page)[:3], separators(page)[:3], strict=True)
    )


def test_an_empty_page_holds_no_table():
    page = np.full((900, 700, 3), 255, np.uint8)
    assert propose(separators(page), page) == []


def test_lattice_of_plain_maps():
    page, maps = typed(), maps_of((200, 400), LEVELS, PLUMBS)
    (found,) = propose(maps, page)
    assert (found.n_rows, found.n_cols) == (4, 3)
    assert found.row_edges == pytest.approx([40, 140, 240, 340, 440], abs=3)
    assert found.col_edges == pytest.approx([40, 240, 640, 840], abs=3)
    assert len(found.spans) == 12
    assert min(found.row_probability) > 0.8


def test_a_separator_that_stops_makes_a_merged_cell():
    page, maps = typed(), maps_of((200, 400), LEVELS, PLUMBS)
    maps.cols[20:70, 115:125] = 0  # the first column rule does not cross the first row
    (found,) = propose(maps, page)
    assert found.spans[0] == (0, 0, 1, 2)
    assert (covered(found) == 1).all()


def test_a_boundary_stands_on_the_drawn_rule():
    page, maps = typed(), maps_of((200, 400), LEVELS, PLUMBS)
    page[145:147, 40:840] = 0  # 5 px beside the middle of what the network sees
    maps.rows[67:74, 20:-20] = 0.9
    (found,) = propose(maps, page)
    assert found.row_edges[1] == pytest.approx(146, abs=1)


def test_a_boundary_through_letters_is_none():
    page, maps = typed(), maps_of((200, 400), LEVELS, [*PLUMBS, 205])
    (found,) = propose(maps, page)
    assert (found.n_rows, found.n_cols) == (4, 3)


def test_two_boundaries_in_one_gap_are_one():
    page, maps = typed(), maps_of((200, 400), LEVELS, [*PLUMBS, 110])
    (found,) = propose(maps, page)
    assert (found.n_rows, found.n_cols) == (4, 3)


def test_an_empty_column_between_rules_is_kept():
    page, maps = typed(), maps_of((200, 400), LEVELS, [*PLUMBS, 120])
    for x in (239, 279):
        page[40:440, x : x + 2] = 0
    (found,) = propose(maps, page)
    assert (found.n_rows, found.n_cols) == (4, 4)


def test_leaning_separators_are_one_boundary():
    levels = np.zeros((120, 400), np.float32)
    for y in (30, 60, 90):
        cv2.line(levels, (0, y - 6), (399, y + 6), 1.0, 3)
    assert find_lean(levels) == pytest.approx(0.03, abs=0.003)
    assert len(find_boundaries(levels, 5.0)) >= 3


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 10_000))
def test_any_walls_make_cells_that_are_rectangles(n_rows, n_cols, seed):
    rng = np.random.default_rng(seed)
    shapes = (n_rows - 1, n_cols), (n_rows, n_cols - 1)
    walls = Walls(*(rng.random(shape).astype(np.float32) for shape in shapes))
    labels = tile(walls)
    for label in np.unique(labels):
        rows, cols = np.nonzero(labels == label)
        assert (np.ptp(rows) + 1) * (np.ptp(cols) + 1) == len(rows)


def test_proposals_of_random_maps_tile():
    rng = np.random.default_rng(5)
    page = np.full((480, 640, 3), 255, np.uint8)
    noise = (
        cv2.GaussianBlur(rng.random((240, 320)).astype(np.float32), (0, 0), 3) for _ in range(3)
    )
    spread = [np.clip((n - 0.5) * 8 + 0.6, 0, 1) for n in noise]
    for found in propose(SeparatorMaps(*spread, 0.5, 5.0), page):
        assert (covered(found) == 1).all()
        assert found.row_edges == sorted(found.row_edges)
        assert found.col_edges == sorted(found.col_edges)


def test_type_height_may_be_given():
    page = ruled(4, 3).image
    height = measure_ink(darkness(to_gray(page))).text_height
    assert (separators(page, height).rows == separators(page).rows).all()
