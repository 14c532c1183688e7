"""Ruled tables as forms have them: how rules are drawn, where frames end, what touches them."""

import cv2
import numpy as np
import pytest

import paint
from tenglu.stages.strip import strip
from tenglu.stages.tables import Grid, find_tables

MM = 200 / 25.4  # px at 200 dpi
WORDS = "财政拨款收入支出决算表的编制说明以及各项指标"
Place = tuple[int, int, int, int]


def figures(n_rows: int, n_cols: int, merged: tuple[Place, ...] = ()) -> tuple[paint.Slot, ...]:
    """A figure in every cell; ``merged`` cells hold a word."""
    covered = {
        (r, c) for row, col, rows, cols in merged
        for r in range(row, row + rows) for c in range(col, col + cols)
    }  # fmt: skip
    plain = [
        paint.Slot(row, col, text=f"{(37 * row + 91 * col) % 90}.{(row * col) % 10}")
        for row in range(n_rows)
        for col in range(n_cols)
        if (row, col) not in covered
    ]
    return (*plain, *(paint.Slot(*place, text="合计") for place in merged))


def layout(
    heights, widths, merged: tuple[Place, ...] = (), corner=(120, 300), **more
) -> paint.Layout:
    slots = figures(len(heights), len(widths), merged)
    return paint.Layout(tuple(heights), tuple(widths), slots, corner, **more)


def square(n_rows: int = 6, n_cols: int = 5, **more) -> paint.Layout:
    return layout((66,) * n_rows, (180,) * n_cols, **more)


def prose(top: int, n_lines: int = 8) -> list[paint.Caption]:
    return [paint.Caption(WORDS, (600, top + 45 * i)) for i in range(n_lines)]


def shapes(cells) -> list[Place]:
    return sorted((c.row, c.col, c.rowspan, c.colspan) for c in cells)


def assert_found(image, *tables) -> list[Grid]:
    """The painted tables are found, and nothing else."""
    grids = find_tables(image).grids
    assert [shapes(found.cells) for found in grids] == [shapes(cells) for cells in tables]
    return grids


def assert_page(painted: paint.Painted) -> list[Grid]:
    return assert_found(painted.image, *painted.tables)


def frame_of(painted: paint.Painted) -> paint.Box:
    boxes = [cell.box for cell in painted.cells]
    return paint.Box(
        min(b.x0 for b in boxes), min(b.y0 for b in boxes),
        max(b.x1 for b in boxes), max(b.y1 for b in boxes),
    )  # fmt: skip


# --- how rules are drawn --------------------------------------------------------------------------


@pytest.mark.parametrize("thickness", [4, 6, 8])
def test_a_thick_frame(thickness):
    painted = paint.paint_page([square()], prose(900))
    x0, y0, x1, y1 = frame_of(painted)
    cv2.rectangle(painted.image, (x0, y0), (x1, y1), paint.INK, thickness)
    assert_page(painted)


@pytest.mark.parametrize("colour", [(200, 30, 40), (30, 60, 190), (0, 120, 60), (150, 120, 60)])
def test_coloured_rules(colour):
    assert_page(paint.paint_page([square(rule_colour=colour)], prose(900)))


def test_red_rules_are_no_mark():
    painted = paint.paint_page([square(rule_colour=(200, 30, 40))], prose(900))
    assert_found(strip(painted.image).image, *painted.tables)


@pytest.mark.parametrize("bow", [6, 12, -12, 25, -20])
@pytest.mark.parametrize("across", ["level", "plumb"])
def test_the_curl_of_a_bound_volume(bow, across):
    """Rules bend by up to 2 % of their length."""
    painted = paint.paint_page([square()], prose(900))
    height, width = painted.image.shape[:2]
    ys, xs = np.indices((height, width)).astype(np.float32)
    if across == "level":
        ys += np.float32(bow) * (1 - (xs / width * 2 - 1) ** 2)
    else:
        xs += np.float32(bow) * (1 - (ys / height * 2 - 1) ** 2)
    bent = cv2.remap(painted.image, xs, ys, cv2.INTER_CUBIC, borderValue=paint.PAPER)
    assert_found(bent, *painted.tables)


@pytest.mark.parametrize("shift", [0, 6, 12])
def test_type_that_touches_rules(shift):
    """Figures run into the rule right of them and below them."""
    painted = paint.paint_page([square()], prose(900))
    for cell in painted.cells:
        x0, y0, x1, y1 = cell.box
        part = painted.image[y0 + 4 : y1 - 3, x0 + 4 : x1 - 3].copy()
        ys, xs = np.nonzero(part.max(axis=2) < 128)
        right, down = part.shape[1] - 1 - xs.max(), part.shape[0] - 1 - ys.max()
        moved = np.full_like(part, 255)
        moved[ys + down, np.minimum(xs + right + 4, part.shape[1] - 1)] = paint.INK
        painted.image[y0 + 4 : y1 - 3, x0 + 4 : x1 - 3] = moved
        if shift:
            y = y1 - 3 - shift
            painted.image[y : y + 2, x1 - 6 : x1 + 4] = paint.INK  # a stroke through the rule
    assert_page(painted)


@pytest.mark.parametrize("centre", [(300, 500), (560, 480), (1000, 690)])
def test_a_seal_over_rules(centre):
    painted = paint.paint_page([square()], prose(900))
    sealed = paint.seal(painted.image, centre, 130)
    assert_found(strip(sealed).image, *painted.tables)


# --- where frames end -----------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_a_frame_cut_by_the_edge_of_the_page(side):
    """The sheet lay askew: the outer rule of one side is beside the scan."""
    painted = paint.paint_page([square(8, 6, corner=(100, 100))], size=(1280, 740))
    x0, y0, x1, y1 = frame_of(painted)
    cut = {
        "left": painted.image[:, x0 + 30 :],
        "right": painted.image[:, : x1 - 30],
        "top": painted.image[y0 + 20 :],
        "bottom": painted.image[: y1 - 20],
    }[side]
    [found] = assert_found(np.ascontiguousarray(cut), painted.cells)
    assert found.structure < 1


@pytest.mark.parametrize("gap", [0, 12, 30])
def test_tables_stacked_with_little_or_no_gap(gap):
    """Columns differ; without a gap they are one grid, as nothing parts them."""
    upper = layout((66,) * 3, (180,) * 5)
    lower = layout((66,) * 3, (300,) * 3, corner=(120, 300 + 3 * 66 + gap))
    painted = paint.paint_page([upper, lower], prose(900))
    grids = find_tables(painted.image).grids
    if gap:
        assert [shapes(g.cells) for g in grids] == [shapes(t) for t in painted.tables]
    else:
        [found] = grids
        assert found.doubtful == []
        assert len(found.cells) == 3 * 5 + 3 * 3


def test_tables_side_by_side_of_different_height():
    left = layout((66,) * 6, (150,) * 3)
    right = layout((99,) * 4, (150,) * 3, corner=(120 + 450 + 40, 300))
    assert_page(paint.paint_page([left, right], prose(900)))


# --- sizes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("millimetres", [2, 3, 5, 10, 20, 30])
def test_cells_from_two_to_thirty_millimetres(millimetres):
    size = 12 if millimetres < 5 else 26
    height = round(millimetres * MM)
    table = layout((height,) * 6, (150,) * 5, corner=(120, 120), text_size=size)
    lines = [paint.Caption(WORDS, (600, 180 + 6 * height + 40 * i), size) for i in range(6)]
    assert_page(paint.paint_page([table], lines, (1240, 500 + 6 * height)))


def test_forty_rows_and_sixteen_columns_with_a_header_of_two():
    heights, widths = (50,) * 40, (92,) * 16
    merged = ((0, 0, 2, 1), (0, 1, 1, 5), (0, 6, 1, 10), (20, 0, 6, 1))
    table = layout(heights, widths, merged, corner=(90, 120), text_size=22)
    assert_page(paint.paint_page([table], size=(1654, 2339)))


# --- spans ----------------------------------------------------------------------------------------


def test_a_header_of_three_levels_and_groups_of_rows():
    merged = (
        *((0, 0, 3, 2), (0, 2, 1, 6), (1, 2, 1, 3), (1, 5, 1, 3)),
        *((3, 0, 3, 1), (6, 0, 4, 1), (6, 1, 2, 1), (8, 1, 2, 1)),
    )
    assert_page(paint.paint_page([layout((60,) * 10, (130,) * 8, merged)], prose(1100)))


def test_two_label_columns():
    """收入 beside 支出, each with its own spans."""
    merged = ((0, 0, 1, 3), (0, 3, 1, 3), (4, 0, 3, 1), (2, 3, 2, 1))
    assert_page(paint.paint_page([layout((60,) * 8, (160,) * 6, merged)], prose(1100)))


@pytest.mark.parametrize("thickness", [1, 2])
def test_a_diagonal_header_cell_is_one_cell(thickness):
    heights, widths = (110, 66, 66, 66), (220, 160, 160, 160)
    painted = paint.paint_page([layout(heights, widths)], prose(900))
    x0, y0, x1, y1 = painted.cells[0].box
    cv2.line(painted.image, (x0, y0), (x1, y1), paint.INK, thickness, cv2.LINE_AA)
    assert_page(painted)


def test_two_diagonals_in_one_header_cell():
    heights, widths = (130, 66, 66, 66), (260, 160, 160, 160)
    painted = paint.paint_page([layout(heights, widths)], prose(900))
    x0, y0, x1, y1 = painted.cells[0].box
    for end in ((x1, (y0 + y1) // 2), ((x0 + x1) // 2, y1)):
        cv2.line(painted.image, (x0, y0), end, paint.INK, 2, cv2.LINE_AA)
    assert_page(painted)


# --- what is no table -----------------------------------------------------------------------------


def test_strokes_of_large_type_are_no_rules():
    lines = [
        paint.Caption("目 田 口 日 国 囲 画 王 三", (620, 260 + 240 * i), 160) for i in range(3)
    ]
    assert find_tables(paint.paint_page([], [*lines, *prose(1100)]).image).grids == []


def test_underlines_are_no_table():
    page = paint.paint_page([], prose(200, 12))
    for i, line in enumerate(page.captions):
        (x0, _), _, (x1, y1), _ = line.polygon
        if i % 2:
            cv2.line(page.image, (int(x0), int(y1) + 4), (int(x1), int(y1) + 4), paint.INK, 2)
    assert find_tables(page.image).grids == []


def test_blanks_to_fill_in_are_no_table():
    page = paint.paint_page([], [paint.Caption("单位名称", (200, 200 + 80 * i)) for i in range(6)])
    for i in range(6):
        cv2.line(page.image, (280, 216 + 80 * i), (900, 216 + 80 * i), paint.INK, 2)
    assert find_tables(page.image).grids == []


def test_boxes_round_fields_are_no_table():
    page = paint.paint_page([], prose(900))
    for x, y in ((150, 200), (700, 200), (150, 550)):
        cv2.rectangle(page.image, (x, y), (x + 380, y + 220), paint.INK, 2)
    for i in range(6):  # to be ticked
        cv2.rectangle(page.image, (700, 550 + 50 * i), (724, 574 + 50 * i), paint.INK, 2)
    assert find_tables(page.image).grids == []


@pytest.mark.parametrize("seed", range(4))
def test_pictures_are_no_table(seed):
    rng = np.random.default_rng(seed)
    page = paint.paint_page([], prose(1000))
    picture = cv2.resize(rng.integers(0, 255, (12, 16, 3), np.uint8), (800, 600))
    page.image[200:800, 200:1000] = picture
    assert find_tables(page.image).grids == []


def test_a_picture_with_lines_in_it_is_no_table():
    """As the front of a house: bars before a ground that is nowhere even."""
    page = paint.paint_page([], prose(1000))
    ys, xs = np.indices((600, 800))
    picture = 150 + 90 * np.sin(xs / 23) * np.cos(ys / 31)
    picture[::100, :] = picture[:, ::160] = 10
    page.image[200:800, 200:1000] = picture[..., None].astype(np.uint8)
    assert find_tables(page.image).grids == []


def test_a_diagram_of_a_few_boxes_and_lines_is_no_table():
    page = paint.paint_page([], prose(1000))
    for x in (150, 550, 950):
        cv2.rectangle(page.image, (x, 300), (x + 200, 400), paint.INK, 2)
    for x in (350, 750):
        cv2.line(page.image, (x, 350), (x + 200, 350), paint.INK, 2)
    assert find_tables(page.image).grids == []
