"""Lines are cut where they stand, and the text of a cell is what is printed in it."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paint
from tenglu.engines.replay import RecordingEngine, ReplayEngine
from tenglu.imaging.geometry import Box
from tenglu.imaging.ink import darkness, to_gray
from tenglu.stages.ocr import read_text
from tenglu.stages.ocr.cells import cell_to_lines
from tenglu.stages.ocr.outside import page_to_lines
from tenglu.stages.ocr.result import CutCell, Line
from tenglu.stages.tables import Grids, find_tables

WORDS = "财政拨款收入支出决算表的编制说明以及各项指标"
UNASKED = ReplayEngine("none", "none", [])  # an engine that fails if it is asked to read

needs_chinese = pytest.mark.skipif(
    paint.chinese_font() is None, reason="no Chinese font to paint with"
)


def page_of(layout: paint.Layout, *captions: paint.Caption) -> paint.Painted:
    """A table below some running text, which tells how large the type is."""
    lines = [paint.Caption(WORDS, (620, 80 + 45 * i)) for i in range(6)]
    return paint.paint_page([layout._replace(corner=(120, 420))], [*lines, *captions])


def cut(painted: paint.Painted) -> dict[tuple[int, int], CutCell]:
    grids = find_tables(painted.image)
    [found] = grids.grids
    assert len(found.cells) == len(painted.cells)
    return cut_cells(painted, grids)


def cut_cells(painted: paint.Painted, grids: Grids) -> dict[tuple[int, int], CutCell]:
    dark = darkness(to_gray(painted.image))
    return {
        (cell.row, cell.col): cell_to_lines(painted.image, dark, cell, grids.ink)
        for cell in grids.grids[0].cells
    }


def one_cell(text: str, **more) -> tuple[paint.Painted, paint.PaintedCell]:
    """A text in the first cell of a table of four."""
    slots = (
        paint.Slot(0, 0, text=text, **more),
        *(paint.Slot(r, c) for r, c in ((0, 1), (1, 0), (1, 1))),
    )
    painted = page_of(paint.Layout((240, 240), (260, 260), slots))
    return painted, painted.cells[0]


def inked(painted: paint.Painted, cell: paint.PaintedCell) -> Box:
    """Where the ink of a painted cell is."""
    x0, y0, x1, y1 = cell.box
    inside = painted.image[y0 + 3 : y1 - 3, x0 + 3 : x1 - 3].max(axis=2) < 140
    rows, cols = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    x0, y0 = x0 + 3, y0 + 3
    return Box(x0 + cols[0], y0 + rows[0], x0 + cols[-1] + 1, y0 + rows[-1] + 1)


def assert_good_line(line: Line) -> None:
    """A line has ground around it and no piece of a rule."""
    height, width = line.image.shape[:2]
    assert height > line.box.height
    assert width > line.box.width
    rim = np.concatenate([line.image[0], line.image[-1], line.image[:, 0], line.image[:, -1]])
    assert rim.min() > 200


# --- cells ----------------------------------------------------------------------------------------


def test_an_empty_cell_has_no_lines():
    painted, _ = one_cell("")
    assert cut(painted)[0, 0] == CutCell([], vertical=False, stray=0.0)


@pytest.mark.parametrize("align", ["left", "centre", "right"])
@pytest.mark.parametrize(
    "text", ["合计", "2648.11", "1", "-", "0.00", "12,345.60", "一", "二", "三"]
)
def test_one_line_is_cut_whole(text, align):
    painted, cell = one_cell(text, align=align)
    found = cut(painted)[0, 0]
    [line] = found.lines
    assert not found.vertical
    assert found.stray == 0.0
    assert line.box == pytest.approx(inked(painted, cell), abs=2)
    assert_good_line(line)


@pytest.mark.parametrize(
    "text",
    [
        "基本支出\n项目支出\n其他收入",
        "住房公积金补贴及其他收入支出",
        "12.50\n8.00",
        "说三道四\n一二三一\n二一二三",
    ],
)
def test_every_line_of_a_cell_is_cut(text):
    painted, cell = one_cell(text, align="left")
    found = cut(painted)[0, 0]
    room = cell.box.width - 2 * paint.PAD
    assert len(found.lines) == len(paint.wrap(cell.text, room, paint.font(26)))
    assert not found.vertical
    for line in found.lines:
        assert_good_line(line)
    tops = [line.box.y0 for line in found.lines]
    assert tops == sorted(tops)
    together = inked(painted, cell)
    assert found.lines[0].box.y0 == pytest.approx(together.y0, abs=2)
    assert found.lines[-1].box.y1 == pytest.approx(together.y1, abs=2)


@pytest.mark.parametrize("text", ["基本支出", "收入", "一般公共服务"])
def test_a_column_of_characters_is_one_vertical_line(text):
    painted, cell = one_cell(text, vertical=True)
    found = cut(painted)[0, 0]
    [line] = found.lines
    assert found.vertical
    assert line.box == pytest.approx(inked(painted, cell), abs=2)
    height, width = line.image.shape[:2]
    assert width > 0.8 * len(text) * height / 2  # side by side, as the engine reads


def test_dust_is_no_text_and_is_not_forgotten():
    painted, cell = one_cell("")
    x0, y0, _, _ = cell.box
    painted.image[y0 + 90 : y0 + 94, x0 + 100 : x0 + 104] = 40
    found = cut(painted)[0, 0]
    assert found.lines == []
    assert 0 < found.stray < 0.2


def test_a_streak_through_a_cell_is_no_text():
    painted, cell = one_cell("")
    x0, y0, _, y1 = cell.box
    painted.image[y0 + 20 : y1 - 40, x0 + 120 : x0 + 122] = 120
    assert cut(painted)[0, 0].lines == []


@pytest.mark.parametrize(
    ("ground", "ink"),
    [
        ((235, 235, 235), (20, 20, 20)),
        ((200, 200, 200), (20, 20, 20)),
        ((255, 230, 150), (20, 20, 20)),
        ((255, 255, 255), (200, 30, 40)),
        ((255, 255, 255), (120, 120, 120)),
        ((40, 70, 140), (255, 255, 255)),
        ((90, 90, 90), (255, 255, 255)),
        ((120, 120, 120), (255, 255, 255)),
    ],
)
def test_text_on_a_ground(ground, ink):
    painted, cell = one_cell("2648.11")
    expected, grids = inked(painted, cell), find_tables(painted.image)
    x0, y0, x1, y1 = cell.box
    part = painted.image[y0 + 1 : y1 - 1, x0 + 1 : x1 - 1]
    share = part.astype(float) / 255
    part[:] = np.rint(share * ground + (1 - share) * ink)
    [line] = cut_cells(painted, grids)[0, 0].lines
    assert line.box == pytest.approx(expected, abs=2)


def test_lines_of_a_slanting_cell_are_cut():
    painted, _ = one_cell("2648.11")
    [line] = cut(paint.skew(painted, 1.0))[0, 0].lines
    assert line.box.width / line.box.height > 3


@settings(max_examples=15)
@given(st.integers(0, 100_000))
def test_every_painted_text_is_cut_and_nothing_else(seed):
    layout = paint.random_layout(np.random.default_rng(seed), 5, 5, 3)
    painted = page_of(layout)
    found = cut(painted)
    for cell in painted.cells:
        lines = found[cell.row, cell.col].lines
        room = cell.box.width - 2 * paint.PAD
        assert len(lines) == len(paint.wrap(cell.text, room, paint.font(26)))
        for line in lines:
            assert_good_line(line)
            assert cell.box.x0 < line.box.x0 < line.box.x1 < cell.box.x1
            assert cell.box.y0 < line.box.y0 < line.box.y1 < cell.box.y1


def with_dots(dots: list[tuple[int, int]]) -> tuple[int, int]:
    """How far the only line of a cell goes, with dots right of its last letter and without, px."""
    slots = tuple(paint.Slot(i // 2, i % 2, text="所有者权益", align="left") for i in range(4))
    painted = page_of(paint.Layout((70, 70), (360, 360), slots))
    image = painted.image.copy()
    ends = []
    for picture in (painted.image, image):
        grids = find_tables(painted.image)
        cell = grids.grids[0].cells[0]
        [line] = cell_to_lines(picture, darkness(to_gray(picture)), cell, grids.ink).lines
        ends.append(line.box.x1)
        for right, up in dots:
            x, y = line.box.x1 + right, line.box.y1 - up
            image[y - 3 : y, x : x + 3] = 20
    return ends[0], ends[1]


def test_a_colon_far_from_its_word_is_read():
    """Set in the middle of a square, after a bracket in the left half of another."""
    plain, dotted = with_dots([(34, 2), (34, 13)])
    assert dotted >= plain + 34


@pytest.mark.parametrize("dots", [[(34, 2)], [(34, 2), (48, 13)], [(90, 2), (90, 13)]])
def test_specks_far_from_a_word_are_not(dots):
    plain, dotted = with_dots(dots)
    assert dotted == plain


# --- text outside tables --------------------------------------------------------------------------


def outside(painted: paint.Painted, grids: Grids | None = None) -> list[Line]:
    grids = grids or find_tables(painted.image)
    dark = darkness(to_gray(painted.image))
    return page_to_lines(painted.image, dark, [g.box for g in grids.grids], grids.ink)


def test_lines_outside_tables_are_cut_in_reading_order():
    layout = paint.random_layout(np.random.default_rng(1), 6, 4, 2)
    below = 480 + sum(layout.row_heights)
    painted = page_of(
        layout,
        paint.Caption("部门：某某局", (250, 380)),
        paint.Caption("单位：万元", (800, 380)),
        paint.Caption("注：本表反映收支情况", (400, below)),
        paint.Caption("-5-", (620, 1700)),
    )
    lines = outside(painted)
    assert len(lines) == len(painted.captions)
    for line, caption in zip(lines, painted.captions, strict=True):
        (x0, y0), _, (x1, y1), _ = caption.polygon
        assert line.box == pytest.approx((x0, y0, x1, y1), abs=4)
        height, width = line.image.shape[:2]
        assert (height, width) > (line.box.height, line.box.width)


def test_rules_and_dust_outside_tables_are_no_lines():
    painted = paint.paint_page([], [paint.Caption(WORDS, (620, 200 + 60 * i)) for i in range(5)])
    cv2.line(painted.image, (100, 900), (1100, 900), paint.INK, 2)
    painted.image[1000:1003, 300:303] = 0
    assert len(outside(painted)) == 5


def test_titles_and_small_type_are_cut():
    sizes = (52, 40, 26, 26, 26, 26, 26, 18)
    captions = [
        paint.Caption("收入支出决算总表", (620, 150 + 90 * i), size) for i, size in enumerate(sizes)
    ]
    assert len(outside(paint.paint_page([], captions))) == len(sizes)


def on_a_desk(page: np.ndarray, seed: int) -> np.ndarray:
    """The page photographed on dark wood, with a shade over the whole."""
    draw = np.random.default_rng(seed)
    height, width = page.shape[0] + 120, page.shape[1] + 160
    grain = cv2.GaussianBlur(draw.normal(0, 1, (height, width)), (0, 0), 1.5, sigmaY=25)
    wood = np.clip(70 + 14 * grain / grain.std(), 0, 255)[..., None] * (1.1, 0.85, 0.6)
    wood[50 : 50 + page.shape[0], 90 : 90 + page.shape[1]] = page
    shade = np.linspace(1, 0.75, width)[None, :, None]
    return cv2.GaussianBlur(wood * shade, (0, 0), 0.8).astype(np.uint8)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_a_sheet_lies_on_is_no_text(seed):
    captions = [paint.Caption(WORDS, (620, 200 + 60 * i)) for i in range(5)]
    painted = paint.paint_page([], captions)
    lines = outside(painted._replace(image=on_a_desk(painted.image, seed)))
    assert len(lines) == len(captions)


def test_print_at_the_border_of_a_dark_sheet_is_text():
    """Coloured and shaded paper is paper."""
    captions = [paint.Caption(WORDS, (300, 20 + 60 * i)) for i in range(5)]
    painted = paint.paint_page([], captions)
    painted.image[:400] = (painted.image[:400] * 0.65).astype(np.uint8)
    assert len(outside(painted)) == len(captions)


# --- the whole stage ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def full_page() -> paint.Painted:
    layout = paint.random_layout(np.random.default_rng(3), 7, 4, 3)
    taller = list(layout.row_heights)
    taller[-1] = 150
    slots = list(layout.slots)
    return page_of(layout._replace(row_heights=tuple(taller), slots=tuple(slots)))


@needs_chinese
def test_a_page_is_read(full_page, engine):
    grids = find_tables(full_page.image)
    text = read_text(full_page.image, grids, engine, 1)
    assert [line.reading.text for line in text.lines] == [c.text for c in full_page.captions]
    painted = {(c.row, c.col): c.text for c in full_page.cells}
    for cell, found in zip(grids.grids[0].cells, text.tables[0], strict=True):
        assert found.text == painted[cell.row, cell.col]
        assert bool(found.readings) == bool(found.text)
        assert not found.vertical


@needs_chinese
def test_a_vertical_cell_is_read(engine):
    painted, _ = one_cell("一般公共服务", vertical=True)
    [[first, *_]] = read_text(painted.image, find_tables(painted.image), engine, 1).tables
    assert (first.text, first.vertical) == ("一般公共服务", True)


def test_a_recording_gives_the_same_page_again(full_page, engine):
    recording = RecordingEngine(engine)
    grids = find_tables(full_page.image)
    text = read_text(full_page.image, grids, recording, 3)
    again = ReplayEngine("again", "again", recording.recorded)
    assert read_text(full_page.image, grids, again, 3) == text
    n_lines = len(text.lines) + sum(len(cell.readings) for cell in text.tables[0])
    first = [read for read in recording.recorded if not read.way]
    assert len(first) == n_lines  # empty cells are not sent to the engine


def test_a_page_without_ink_needs_no_reading():
    slots = tuple(paint.Slot(r, c) for r in range(4) for c in range(3))
    painted = paint.paint_table(paint.Layout((120,) * 4, (160,) * 3, slots))
    painted.image.flags.writeable = False
    text = read_text(painted.image, find_tables(painted.image), UNASKED, 1)
    assert [cell.text for cell in text.tables[0]] == [""] * 12
    assert text.lines == []
