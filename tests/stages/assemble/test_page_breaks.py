"""Tables over page breaks: what is joined, what is cut in two, and what says so."""

import numpy as np
import pytest

from page_results import (
    CAPTIONS,
    FIRST,
    HEAD,
    SECOND,
    line,
    page_result,
    reading,
    rows_of,
    table,
    written,
)
from tenglu.model import FlagCode
from tenglu.stages.assemble import AssembleOptions, assemble
from tenglu.stages.tables import Sides

LIST = [["序号", "内容", "金额"], ["1", "办公用品", "12.50"], ["2", "差旅", "30.00"]]


def join_flags(rebuilt) -> list[tuple]:
    flags = [flag for flag in rebuilt.flags if flag.code is FlagCode.TABLE_JOIN]
    return [(flag.page, flag.table, flag.row, flag.col) for flag in flags]


def without_rule_at_break(page, side: str):
    """The page with the outer rule of its table at the break left out."""
    [grid] = page.grids
    last = grid.n_rows - 1 if side == "bottom" else 0
    cells = [
        cell._replace(support=Sides(1.0, 1.0, 1.0, 1.0)._replace(**{side: 0.0}))
        if cell.row == last
        else cell
        for cell in grid.cells
    ]
    return page._replace(grids=[grid._replace(cells=cells)])


# --- what is joined is recorded -------------------------------------------------------------------


def test_a_join_is_recorded_with_its_reason():
    rebuilt = assemble(
        [page_result(4, [table(FIRST)]), page_result(5, [table([HEAD, *SECOND])])], "engine"
    )
    [join] = rebuilt.joins
    assert (join.table, join.page, join.repeated_header_rows) == ("t1", 5, 1)
    assert "4 of 4 column boundaries agree" in join.reason
    assert join.doubt == ""
    assert join_flags(rebuilt) == []


def test_what_is_not_joined_is_not_recorded():
    page_results = [page_result(1, [table(FIRST)]), page_result(2, [table(SECOND)])]
    assert assemble(page_results, "engine", AssembleOptions(join="never")).joins == ()


def test_going_on_after_a_total_is_doubtful():
    page_results = [page_result(1, [table([*FIRST, *SECOND])]), page_result(2, [table(SECOND)])]
    rebuilt = assemble(page_results, "engine")
    assert len(rebuilt.tables) == 1
    assert join_flags(rebuilt) == [(2, "t1", None, None)]
    assert "total" in rebuilt.joins[0].doubt
    assert rebuilt.tables[0].structure < 1


def test_columns_that_agree_in_part_are_doubtful():
    wide = [["收入", "支出", "结余"], ["1.00", "2.00", "3.00"]]
    narrow = [["3.00", "4.00", "5.00"], ["6.00", "7.00", "8.00"]]
    page_results = [
        page_result(1, [table(narrow, edges=[100.0, 300.0, 500.0, 900.0])]),
        page_result(2, [table(wide, edges=[100.0, 500.0, 700.0, 900.0])]),
    ]
    rebuilt = assemble(page_results, "engine")
    assert join_flags(rebuilt) == [(2, "t1", None, None)]


def test_columns_narrower_than_the_slack_stay_columns():
    edges = [100.0, 104.0, 500.0, 900.0]
    pages = [
        page_result(n, [table([[f"{n}.1", "2", "3"], ["4", "5", "6"]], edges=edges)])
        for n in (1, 2)
    ]
    [alone] = assemble(pages[:1], "engine").tables
    [joined] = assemble(pages, "engine").tables
    assert (alone.n_cols, joined.n_cols, joined.n_rows) == (3, 3, 4)


@pytest.mark.parametrize("keystone", [-0.06, -0.035, 0.035, 0.06])
def test_perspective_that_is_left_on_one_page_splits_no_column(keystone):
    """Seen from aside, columns grow narrower from one side of the table to the other."""
    places = np.array([0.0, 0.04, 0.13, 0.24, 0.33, 0.54, 0.67, 0.8, 0.92, 1.0])
    aside = places * (1 + keystone) / (1 + keystone * places)
    bodies = [[[f"{n}{row}.{col}" for col in range(9)] for row in range(4)] for n in (1, 2)]
    pages = [
        page_result(n, [table(body, edges=(100 + 800 * xs).tolist())], text_height=12.0)
        for n, body, xs in zip((1, 2), bodies, (places, aside), strict=True)
    ]
    [found] = assemble(pages, "engine").tables
    assert (found.n_rows, found.n_cols) == (8, 9)
    assert all(cell.colspan == 1 for cell in found.cells)


def test_other_columns_are_not_bent_until_they_agree():
    first = [["1.00", "2.00", "3.00", "4.00", "5.00"], ["6.00", "7.00", "8.00", "9.00", "1.50"]]
    second = [["1.10", "2.10", "3.10", "4.10", "5.10"], ["6.10", "7.10", "8.10", "9.10", "1.60"]]
    pages = [
        page_result(1, [table(first, edges=[100.0, 200.0, 330.0, 500.0, 700.0, 900.0])]),
        page_result(2, [table(second, edges=[100.0, 216.0, 330.0, 484.0, 700.0, 900.0])]),
    ]
    [found] = assemble(pages, "engine").tables
    assert found.n_cols == 7


# --- what stands above the next part --------------------------------------------------------------


def test_a_running_head_does_not_part_a_table():
    head = line("某某市财政局部门决算", 500, 30)
    page_results = [page_result(n, [table(FIRST if n == 1 else SECOND)], [head]) for n in (1, 2, 3)]
    [found] = assemble(page_results, "engine").tables
    assert rows_of(found) == FIRST + SECOND + SECOND


def test_a_title_printed_again_goes_with_a_header_printed_again():
    title = [line("收入支出决算总表", 500, 90, 34)]
    again = [line("收入支出决算总表（续）", 500, 90, 34)]
    with_header = [
        page_result(1, [table(FIRST)], title),
        page_result(2, [table([HEAD, *SECOND])], again),
    ]
    [found] = assemble(with_header, "engine").tables
    assert rows_of(found) == FIRST + SECOND
    without = [page_result(1, [table(FIRST)], title), page_result(2, [table(SECOND)], again)]
    assert len(assemble(without, "engine").tables) == 2


def test_copies_of_one_form_stay_apart():
    head = line("项目支出绩效自评表", 500, 30)
    forms = [
        [["项目名称", name], ["预算数", "12.50"], ["执行数", "12.00"]]
        for name in ("监管经费", "检验经费", "宣传经费")
    ]
    edges = [100.0, 400.0, 900.0]
    page_results = [
        page_result(n, [table(form, edges=edges)], [head]) for n, form in enumerate(forms, 1)
    ]
    assert len(assemble(page_results, "engine").tables) == 3


@pytest.mark.parametrize("n_rows", [1, 2, 3, 5, 6, 9])
def test_the_same_table_on_two_pages_is_two_tables(n_rows):
    rows = [[f"{row}.{col}" for col in range(4)] for row in range(n_rows)]
    rebuilt = assemble([page_result(n, [table(rows)]) for n in (1, 2)], "engine")
    assert [rows_of(found) for found in rebuilt.tables] == [rows, rows]


def test_a_header_alone_at_the_foot_of_a_page_goes_with_the_next():
    rebuilt = assemble(
        [page_result(1, [table([HEAD])]), page_result(2, [table([HEAD, *SECOND])])], "engine"
    )
    assert [rows_of(found) for found in rebuilt.tables] == [[HEAD, *SECOND]]


def test_a_header_that_was_hard_to_read_is_still_a_header():
    grid, texts = table([HEAD, *SECOND])
    texts[0] = written("项日", [reading("项日", 0.5)])
    [found] = assemble(
        [page_result(1, [table(FIRST)]), page_result(2, [(grid, texts)])], "engine"
    ).tables
    assert rows_of(found) == FIRST + SECOND


# --- cells and rows that are cut ------------------------------------------------------------------


def grouped(upper: str, lower: str) -> list:
    """Three groups of rows over a break, of which the second has one row on each page."""
    first = [["类别", "名称", "值"], ["产出", "数量", "1.50"], [None, "质量", "2.50"]]
    second = [[lower, "经济", "4.50"], ["满意度", "对象", "5.50"], [None, "企业", "6.50"]]
    return [
        page_result(1, [table([*first, [upper, "社会", "3.50"]], merged=[(1, 0, 2, 1)])]),
        page_result(2, [table(second, merged=[(1, 0, 2, 1)])]),
    ]


@pytest.mark.parametrize(("upper", "lower"), [("效益", ""), ("", "效益")])
def test_a_cell_of_two_rows_cut_by_the_break_is_told_by_its_neighbours(upper, lower):
    rebuilt = assemble(grouped(upper, lower), "engine")
    [found] = rebuilt.tables
    [cell] = [c for c in found.cells if c.text == "效益"]
    assert (cell.row, cell.rowspan) == (3, 2)
    assert join_flags(rebuilt) == [(1 if upper else 2, "t1", 3, 0)]


def test_an_empty_cell_under_single_cells_stays_empty():
    first = [*FIRST, ["三、上级补助", "3", "1.20"]]
    second = [["", "4", "2.00"], *SECOND]
    rebuilt = assemble([page_result(1, [table(first)]), page_result(2, [table(second)])], "engine")
    assert rows_of(rebuilt.tables[0]) == first + second
    assert join_flags(rebuilt) == []


def test_a_text_cut_by_the_break_is_one_if_it_stands_whole_elsewhere():
    other = page_result(3, [table([["绩效指标", "1.00"], ["年度", "2.00"]])], CAPTIONS)
    [found, _] = assemble([*grouped("绩效", "指标"), other], "engine").tables
    [cell] = [c for c in found.cells if c.text == "绩效指标"]
    assert (cell.row, cell.rowspan, cell.page) == (3, 2, 1)
    [found] = assemble(grouped("绩效", "指标"), "engine").tables
    assert not [c for c in found.cells if c.text == "绩效指标"]


def two_lines(text: str):
    half = len(text) // 2
    return written(text, [reading(text[:half]), reading(text[half:])])


def cut_row(*, ruled: bool) -> list:
    upper, above = table([*LIST, ["3", "检验检测仪器维护", "8.00"]])
    above[10] = two_lines("检验检测仪器维护")
    lower, below = table([["", "及其配件", ""], ["4", "印刷", "9.00"]])
    pages = [page_result(1, [(upper, above)]), page_result(2, [(lower, below)])]
    if ruled:
        return pages
    return [without_rule_at_break(pages[0], "bottom"), without_rule_at_break(pages[1], "top")]


@pytest.mark.parametrize("ruled", [True, False])
def test_a_row_cut_in_two_by_the_break_is_one_row(ruled):
    rebuilt = assemble(cut_row(ruled=ruled), "engine")
    [found] = rebuilt.tables
    assert rows_of(found) == [
        *LIST,
        ["3", "检验检测仪器维护及其配件", "8.00"],
        ["4", "印刷", "9.00"],
    ]
    assert bool(join_flags(rebuilt)) == ruled  # a rule between the halves page_results a doubt
    [second] = [b for b in rebuilt.pages[1].blocks if b.kind == "table"]
    assert second.rows == (3, 4)


def test_rows_that_both_have_a_first_cell_stay_two():
    first, second = cut_row(ruled=False)
    second.cells[0][0] = written("4", [reading("4")])
    [found] = assemble([first, second], "engine").tables
    assert found.n_rows == len(LIST) + 3


# --- how sure a structure is ---------------------------------------------------------------------


def test_a_sure_grid_is_a_sure_table():
    [found] = assemble([page_result(1, [table(FIRST)])], "engine").tables
    assert found.structure == 1.0


def test_an_unsure_grid_is_flagged_with_its_places():
    grid, texts = table(FIRST)
    unsure = grid._replace(structure=0.6, unsure=((1, 0), (1, 1), (2, 0), (2, 1)))
    rebuilt = assemble([page_result(1, [(unsure, texts)])], "engine")
    assert rebuilt.tables[0].structure == 0.6
    *cells, flag = rebuilt.flags
    assert [(f.code, f.row, f.col) for f in cells] == [
        (FlagCode.STRUCTURE, row, col) for row, col in unsure.unsure
    ]
    assert (flag.code, flag.table, flag.row) == (FlagCode.STRUCTURE, "t1", None)
    assert "row 2 column 1" in flag.message
    assert "1 more" in flag.message


def test_unsure_parts_make_an_unsure_table():
    pages = []
    for number, rows in ((1, FIRST), (2, SECOND)):
        grid, texts = table(rows)
        pages.append(page_result(number, [(grid._replace(structure=0.9), texts)]))
    [found] = assemble(pages, "engine").tables
    assert found.structure == pytest.approx(0.81)


# --- entries that read like the first ones --------------------------------------------------------

ENTRIES = [["工资", "5,000.00", "2024-03-01"], ["餐费", "337.28", "2024-03-02"]]


@pytest.mark.parametrize("head", [[], [["摘要", "借方", "日期"]]])
def test_entries_like_the_first_ones_are_no_head(head):
    page_results = [
        page_result(1, [table([*head, *ENTRIES])]),
        page_result(2, [table([ENTRIES[0], *ENTRIES])]),
    ]
    rebuilt = assemble(page_results, "engine")
    rows = [row for found in rebuilt.tables for row in rows_of(found)]
    assert rows == [*head, *ENTRIES, ENTRIES[0], *ENTRIES]


def test_a_head_of_years_is_repeated_and_left_out():
    head = ["项目", "2023", "2024"]
    page_results = [
        page_result(1, [table([head, ["收入", "1,250.00", "1,310.00"]])]),
        page_result(2, [table([head, ["支出", "980.00", "1,020.00"]])]),
    ]
    [found] = assemble(page_results, "engine").tables
    assert found.n_rows == 3
    assert found.header_rows == 1
