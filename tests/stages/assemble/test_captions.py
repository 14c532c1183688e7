"""Titles, codes, units, notes and header rows, and the blocks of a page in reading order."""

import pytest

from page_results import CAPTIONS, FIRST, HEAD, ROW, SECOND, blocks_of, line, page_result, table
from tenglu.stages.assemble import assemble


def test_title_code_unit_and_notes_are_found():
    below = 200 + 3 * ROW
    notes = [
        line("注：1.本表反映部门收支。", 300, below + 20),
        line("资料来源：统计局", 250, below + 60),
    ]
    rebuilt = assemble([page_result(1, [table(FIRST)], [*CAPTIONS, *notes])], "engine")
    [found] = rebuilt.tables
    assert (found.title, found.code, found.unit) == ("收入支出决算总表", "公开01表", "万元")
    assert found.notes == ("注：1.本表反映部门收支。", "资料来源：统计局")


def test_the_title_is_the_large_line_in_the_middle():
    lines = [
        line("附件二", 500, 60),
        line("收入支出决算总表", 500, 100, 30),
        line("二〇二四年度", 500, 145),
    ]
    [found] = assemble([page_result(1, [table(FIRST)], lines)], "engine").tables
    assert found.title == "收入支出决算总表"


def test_a_note_goes_on_in_the_next_line():
    below = 200 + 3 * ROW
    lines = [
        line("注：本表反映部门本年度的总收支和年末结转结余情况，包括", 480, below + 20),
        line("财政拨款与其他收支。", 240, below + 50),
        line("- 9 -", 500, 1360),
    ]
    [found] = assemble([page_result(1, [table(FIRST)], lines)], "engine").tables
    [note] = found.notes
    assert note.endswith("包括财政拨款与其他收支。")


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("单位：元", "元"),
        ("金额单位：人民币元", "人民币元"),
        ("单 位： 亿元", "亿元"),
        ("单位:%", "%"),
        ("计量单位：万吨", "万吨"),
        ("单位名称：某某局", ""),
        ("部门：市财政局", ""),
    ],
)
def test_units(text, unit):
    [found] = assemble([page_result(1, [table(FIRST)], [line(text, 800, 165)])], "engine").tables
    assert found.unit == unit


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("公开01表", "公开01表"),
        ("公开 03 表", "公开03表"),
        ("财决01-1表", "财决01-1表"),
        ("会企01表", "会企01表"),
        ("附表", ""),
    ],
)
def test_codes(text, code):
    [found] = assemble([page_result(1, [table(FIRST)], [line(text, 840, 135)])], "engine").tables
    assert found.code == code


def test_a_joined_table_takes_title_from_its_first_and_notes_from_its_last_page():
    first = page_result(1, [table(FIRST)], CAPTIONS)
    second = page_result(2, [table(SECOND, top=100)], [line("注：合计为自动计算。", 300, 220)])
    [found] = assemble([first, second], "engine").tables
    assert found.title == "收入支出决算总表"
    assert found.notes == ("注：合计为自动计算。",)


def test_a_table_without_a_word_around_it_has_no_title():
    [found] = assemble([page_result(1, [table(FIRST)])], "engine").tables
    assert (found.title, found.code, found.unit, found.notes) == ("", "", "", ())


@pytest.mark.parametrize(
    ("rows", "header_rows"),
    [
        (FIRST, 1),
        ([["收入", "", "支出"], HEAD, *FIRST[1:]], 2),
        ([HEAD, ["栏次", "1", "2"], *FIRST[1:]], 2),
        ([["2080505", "12.00", "3"], ["2080506", "1.00", "4"]], 0),
    ],
)
def test_header_rows(rows, header_rows):
    [found] = assemble([page_result(1, [table(rows)])], "engine").tables
    assert found.header_rows == header_rows


def test_blocks_are_in_reading_order_and_of_their_kind():
    text = [
        line("本年度收入支出均按规定编报并经审核无误现将有关情况说明如下请予审阅特此", 500, 500),
        line("说明如有不符以正式文件为准", 300, 530),
    ]
    rebuilt = assemble(
        [page_result(1, [table(FIRST)], [*CAPTIONS, *text, line("- 7 -", 500, 1360)])], "e"
    )
    kinds = [kind for kind, _ in blocks_of(rebuilt, 1)]
    assert kinds == [
        "heading",
        "heading",
        "line",
        "line",
        "line",
        "table",
        "paragraph",
        "page-number",
    ]
    assert blocks_of(rebuilt, 1)[6][1].startswith("本年度收入")
    assert blocks_of(rebuilt, 1)[6][1].endswith("正式文件为准")


def test_no_line_outside_tables_is_lost():
    lines = [line(f"第{i}行说明文字", 200 + 50 * (i % 3), 500 + 40 * i) for i in range(15)]
    rebuilt = assemble([page_result(1, [table(FIRST)], lines)], "engine")
    together = "".join(text for kind, text in blocks_of(rebuilt, 1) if kind != "table")
    assert all(entry.reading.text in together for entry in lines)
