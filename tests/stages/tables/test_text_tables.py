"""Tables that rules do not show, or not alone: columns by white, rows by lines, strokes of type."""

import numpy as np
import pytest

import paint
from tenglu.engines.interface import Reading
from tenglu.imaging.geometry import Box
from tenglu.imaging.ink import darkness, measure_ink, to_gray
from tenglu.model import FlagCode
from tenglu.stages.ocr.coverage import coverage_flags
from tenglu.stages.ocr.result import CellText, PageText, TextLine
from tenglu.stages.tables import Grids, find_tables
from tenglu.stages.tables.page_text import read_layout
from tenglu.stages.tables.text_tables import find_text_tables

GOODS = ("复印纸", "档案盒", "签字笔", "硒鼓", "文件夹", "订书机", "笔记本", "胶水")
UNITS = ("箱", "个", "支", "只")
ROW, LEFT = 46, 200  # px
COLUMNS = (0, 260, 420, 620)  # px from the left side of the table


def lines_of(n_rows: int, head=("品名", "单位", "数量", "金额（元）")) -> list[tuple[str, ...]]:
    rows = [
        (GOODS[i % 8], UNITS[i % 4], str(1 + i * 7 % 30), f"{(i * 731 + 95) % 4000}.00")
        for i in range(n_rows)
    ]
    return [head, *rows]


def written(image, rows, top: int = 300, colour=(30, 30, 30), pitch: int = ROW) -> None:
    """Set lines of words at the left ends of columns, without any rule."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - painting alone

    picture = Image.fromarray(image)
    draw, face = ImageDraw.Draw(picture), paint.font(26)
    for i, row in enumerate(rows):
        for text, x in zip(row, COLUMNS, strict=True):
            place = LEFT + x, top + i * pitch
            draw.text(place, paint.printable(text), colour, face, "lm")
    image[:] = np.array(picture)


def blank(ground=(255, 255, 255)) -> np.ndarray:
    return np.full((1100, 1240, 3), ground, np.uint8)


def layout_of(image):
    gray = to_gray(image)
    dark = darkness(gray)
    return read_layout(gray, ((), ()), measure_ink(dark))


needs_chinese = pytest.mark.skipif(paint.chinese_font() is None, reason="no Chinese font")


@needs_chinese
@pytest.mark.parametrize("ground", [(255, 255, 255), (225, 235, 250), (20, 30, 80)])
def test_a_list_without_rules_is_told_from_its_text_on_any_ground(ground):
    image = blank(ground)
    written(image, lines_of(10), colour=(245, 245, 245) if ground[0] < 100 else (30, 30, 30))
    [found] = find_text_tables(layout_of(image))
    assert (found.n_rows, found.n_cols) == (11, 4)
    assert found.basis == "white-space"


@needs_chinese
def test_a_band_under_the_head_hides_nothing():
    image = blank()
    image[275:325, LEFT - 20 : LEFT + 800] = (30, 70, 140)
    rows = lines_of(9)
    written(image, rows[:1], colour=(255, 255, 255))
    written(image, rows[1:], top=300 + ROW)
    [found] = find_text_tables(layout_of(image))
    assert (found.n_rows, found.n_cols) == (10, 4)


@needs_chinese
def test_a_boxed_head_and_its_open_body_are_one_table():
    image = blank()
    written(image, lines_of(10))
    edges = [LEFT - 20, *(LEFT + x - 30 for x in COLUMNS[1:]), LEFT + 820]
    for y in (277, 323):
        image[y : y + 2, edges[0] : edges[-1] + 2] = 30
    for x in edges:
        image[277:325, x : x + 2] = 30
    [found] = find_tables(image).grids
    assert (found.n_rows, found.n_cols) == (11, 4)


@needs_chinese
def test_a_rule_that_type_touches_parts_rows():
    painted = paint.paint_page(
        [low_rows(("设备折旧费", "管理费用", "其他", "合计"), height=44)], []
    )
    touched = painted.image.copy()
    y = painted.cells[0].box.y1
    # Feet of type reach the rule all along, as in small print.
    for x in range(150, 900, 40):
        touched[y - 12 : y + 12, x : x + 24] = 30
    [found] = find_tables(touched).grids
    assert found.n_rows == 4


def low_rows(texts, height: int) -> paint.Layout:
    slots = [
        paint.Slot(i, j, text=text if j == 0 else str(10 * i + j), align="left")
        for i, text in enumerate(texts)
        for j in range(3)
    ]
    return paint.Layout((height,) * len(texts), (240, 240, 240), tuple(slots), (120, 200))


@needs_chinese
@pytest.mark.parametrize("height", [30, 32, 36])
def test_strokes_below_each_other_are_no_rule(height):
    texts = [f"第十{n}周" for n in "一二三四五六七八九"]
    painted = paint.paint_page([low_rows(texts, height)], [])
    [found] = find_tables(painted.image).grids
    assert (found.n_rows, found.n_cols) == (9, 3)


# --- what is left over --------------------------------------------------------------------------


def said(text: str) -> Reading:
    return Reading(text, ())


def page_of(lines: list[TextLine], words: tuple[Box, ...] = ()) -> tuple[Grids, PageText]:
    ink = measure_ink(np.zeros((400, 400), np.uint8))._replace(text_height=20.0)
    return Grids([], ink, (), words), PageText([], lines)


def figures(n_rows: int, n_cols: int) -> list[TextLine]:
    return [
        TextLine(said(f"{i}{j}5.00"), Box(200 * j, 40 * i, 200 * j + 80, 40 * i + 20))
        for i in range(n_rows)
        for j in range(n_cols)
    ]


def codes(lines: list[TextLine], words: tuple[Box, ...] = ()) -> list[FlagCode]:
    grids, text = page_of(lines, words)
    return [flag.code for flag in coverage_flags(grids, text, 1)]


def test_columns_of_figures_outside_all_tables_are_told():
    assert codes(figures(4, 2)) == [FlagCode.TABLE_MISSED]


def test_page_numbers_of_contents_are_no_table():
    assert codes(figures(6, 1)) == []


def test_prose_raises_no_alarm():
    lines = [TextLine(said("本年支出合计"), Box(0, 40 * i, 400, 40 * i + 20)) for i in range(9)]
    assert codes(lines, tuple(line.box for line in lines)) == []


def test_type_that_was_seen_and_not_read_is_told():
    words = tuple(Box(70 * i, 0, 70 * i + 50, 20) for i in range(5))
    assert codes([], words) == [FlagCode.TEXT_UNREAD]
    assert codes([TextLine(said("读出来的"), Box(0, 0, 400, 20))], words) == []


def test_a_cell_without_text_in_which_words_stand_is_not_read():
    found, text = page_of([], tuple(Box(70 * i, 0, 70 * i + 50, 20) for i in range(5)))
    page = paint.paint_table(low_rows(("合计", "项目"), 60))
    [one] = find_tables(page.image).grids
    empty = CellText("", vertical=False, readings=[], stray=0.0)
    words = tuple(c.box for c in page.cells[:3])
    given = found._replace(grids=[one], words=words)
    flags = list(coverage_flags(given, text._replace(tables=[[empty] * len(one.cells)]), 1))
    assert [flag.code for flag in flags] == [FlagCode.TEXT_UNREAD]
