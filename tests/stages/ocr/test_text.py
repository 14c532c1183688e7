"""From rows of ink to lines, and from lines to the text of a cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenglu.imaging.geometry import Box
from tenglu.stages.ocr.lines import mask_to_rows
from tenglu.stages.ocr.text import clean_text, join_lines

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
