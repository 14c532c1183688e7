"""Lines are cut where they stand, and the text of a cell is what is printed in it."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paint
from tenglu.engines.replay import RecordingEngine, ReplayEngine
from tenglu.geometry import Box
from tenglu.ink import darkness, to_gray
from tenglu.stages.grid import Grids, grid
from tenglu.stages.read import read
from tenglu.stages.read.cells import cell_to_lines
from tenglu.stages.read.lines import mask_to_rows
from tenglu.stages.read.outside import page_to_lines
from tenglu.stages.read.result import CutCell, Line
from tenglu.stages.read.text import clean_text, join_lines

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
    grids = grid(painted.image)
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
        ((150, 150, 150), (255, 255, 255)),
    ],
)
def test_text_on_a_ground(ground, ink):
    painted, cell = one_cell("2648.11")
    expected, grids = inked(painted, cell), grid(painted.image)
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


@settings(max_examples=25)
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


# --- rows of ink ----------------------------------------------------------------------------------


def rows_of(height: int, *bars: tuple[int, int]) -> list[tuple[int, int]]:
    mask = np.zeros((height, 100), bool)
    for start, end in bars:
        mask[start:end, 10:90] = True
    return [(run.start, run.end) for run in mask_to_rows(mask, text_height=20)]


def test_rows_of_ink():
    assert rows_of(100) == []
    assert rows_of(100, (30, 50)) == [(30, 50)]
    assert rows_of(100, (10, 30), (40, 60)) == [(10, 30), (40, 60)]
    assert rows_of(100, (0, 20), (80, 100)) == [(0, 20), (80, 100)]
    assert rows_of(100, (30, 33), (38, 50)) == [(30, 50)]  # a dot over a letter
    assert rows_of(100, (30, 33), (47, 50)) == [(30, 33), (47, 50)]


def test_lines_that_touch_are_parted():
    mask = np.zeros((60, 200), bool)
    mask[5:25, 10:190] = mask[27:47, 10:190] = True
    mask[25:27, 60:64] = True  # one tail reaches down
    upper, lower = mask_to_rows(mask, text_height=20)
    assert (upper.start, lower.end) == (5, 47)
    assert 25 <= upper.end == lower.start <= 27


@given(
    st.lists(st.integers(0, 119), max_size=80),
    st.sampled_from([8.0, 14.0, 20.0, 33.0]),
)
def test_no_row_of_ink_is_lost_and_rows_do_not_overlap(places, text_height):
    mask = np.zeros((120, 60), bool)
    mask[places, 10:50] = True
    runs = mask_to_rows(mask, text_height)
    covered = np.zeros(120, int)
    for run in runs:
        covered[run.start : run.end] += 1
        assert run.free_above >= 0
        assert run.free_below >= 0
        assert not mask[run.start - run.free_above : run.start].any()
        assert not mask[run.end : run.end + run.free_below].any()
    assert covered.max(initial=0) <= 1
    assert covered[places].all()
    assert [run.start for run in runs] == sorted(run.start for run in runs)


# --- text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("", ""),
        ("  合 计 ", "合计"),
        ("2 648.11", "2648.11"),
        ("1, 234.00", "1,234.00"),
        ("12.5 %", "12.5%"),
        ("- 3.20", "-3.20"),
        ("Net  income", "Net income"),
        ("PP OCR 模型", "PP OCR模型"),
        ("单位： 万元", "单位：万元"),
        ("2024 年 12 月", "2024年12月"),
        ("一、 收入\n 二、支出", "一、收入\n二、支出"),
        ("2024年1月一12月", "2024年1月-12月"),
        ("第一百一十一条", "第一百一十一条"),
        ("[2023〕9号", "〔2023〕9号"),
        ("〔2023]9号", "〔2023〕9号"),
        ("(2023)9号", "(2023)9号"),
    ],
)
def test_spaces_that_are_no_print_go(text, clean):
    assert clean_text(text) == clean


@given(st.text(st.sampled_from("收入12 .,-%(A b\n〔]一年"), max_size=14))
def test_cleaning_takes_nothing_but_space_and_is_done_once(text):
    clean = clean_text(text)
    assert clean_text(clean) == clean
    strip_out = str.maketrans("", "", " \n一-—–[](){}【】〔〕|")
    assert clean.translate(strip_out) == text.translate(strip_out)


def lines_at(*lines: tuple[int, int, str]) -> list[tuple[Box, str]]:
    """x0, x1 and text of each line; type is 20 px high."""
    return [(Box(x0, 30 * i, x1, 30 * i + 20), text) for i, (x0, x1, text) in enumerate(lines)]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([], ""),
        ([(0, 100, "")], ""),
        ([(0, 100, "合计")], "合计"),
        ([(0, 200, "一般公共预算"), (0, 60, "支出")], "一般公共预算支出"),
        ([(40, 160, "财政拨款"), (60, 140, "收入")], "财政拨款收入"),
        ([(0, 200, "General"), (0, 120, "budget")], "General budget"),
        ([(0, 200, "123456"), (0, 60, ".78")], "123456.78"),
        ([(0, 200, "行政运"), (0, 60, ""), (0, 60, "行")], "行政运行"),
        (
            [
                (40, 400, "本单位履行职责"),
                (0, 400, "并负责监督管理"),
                (0, 100, "工作。"),
                (40, 400, "其他事项另行"),
                (0, 60, "规定。"),
            ],
            "本单位履行职责并负责监督管理工作。\n其他事项另行规定。",
        ),
        (
            [
                (0, 200, "1.完成检查"),
                (0, 400, "2.完成年度培训工作及其他"),
                (0, 60, "事项"),
                (0, 200, "3.其他"),
            ],
            "1.完成检查\n2.完成年度培训工作及其他事项\n3.其他",
        ),
    ],
)
def test_lines_of_a_cell_are_joined(lines, text):
    assert join_lines(lines_at(*lines), text_height=20) == text


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(100, 400), st.text("收入支出", max_size=5)),
        max_size=6,
    )
)
def test_joining_loses_no_character(lines):
    joined = join_lines(lines_at(*lines), text_height=20)
    assert joined.replace("\n", "") == "".join(text for *_, text in lines)


# --- text outside tables --------------------------------------------------------------------------


def outside(painted: paint.Painted, grids: Grids | None = None) -> list[Line]:
    grids = grids or grid(painted.image)
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
    grids = grid(full_page.image)
    text = read(full_page.image, grids, engine, 1)
    assert [line.reading.text for line in text.lines] == [c.text for c in full_page.captions]
    painted = {(c.row, c.col): c.text for c in full_page.cells}
    for cell, found in zip(grids.grids[0].cells, text.tables[0], strict=True):
        assert found.text == painted[cell.row, cell.col]
        assert bool(found.readings) == bool(found.text)
        assert not found.vertical


@needs_chinese
def test_a_vertical_cell_is_read(engine):
    painted, _ = one_cell("一般公共服务", vertical=True)
    [[first, *_]] = read(painted.image, grid(painted.image), engine, 1).tables
    assert (first.text, first.vertical) == ("一般公共服务", True)


def test_a_recording_gives_the_same_page_again(full_page, engine):
    recording = RecordingEngine(engine)
    grids = grid(full_page.image)
    text = read(full_page.image, grids, recording, 3)
    again = ReplayEngine("again", "again", recording.recorded)
    assert read(full_page.image, grids, again, 3) == text
    n_lines = len(text.lines) + sum(len(cell.readings) for cell in text.tables[0])
    assert len(recording.recorded) == n_lines  # empty cells are not sent to the engine


def test_a_page_without_ink_needs_no_reading():
    slots = tuple(paint.Slot(r, c) for r in range(4) for c in range(3))
    painted = paint.paint_table(paint.Layout((120,) * 4, (160,) * 3, slots))
    painted.image.flags.writeable = False
    text = read(painted.image, grid(painted.image), UNASKED, 1)
    assert [cell.text for cell in text.tables[0]] == [""] * 12
    assert text.lines == []
