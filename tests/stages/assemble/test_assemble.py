"""Pages become a document: tables over page breaks, titles, notes, places on the scan."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from page_results import (
    CAPTIONS,
    FIRST,
    HEAD,
    LEFT,
    PAGE,
    SECOND,
    WIDTH,
    blocks_of,
    line,
    page_result,
    reading,
    rows_of,
    table,
    written,
)
from tenglu.imaging.geometry import Box, quarter_turn
from tenglu.model import Flag, FlagCode
from tenglu.stages.assemble import AssembleOptions, Failure, assemble
from tenglu.stages.assemble.page_result import MarkReading, SealReading
from tenglu.stages.strip import FoundSeal
from tenglu.stages.tables import Sides

# --- one page -------------------------------------------------------------------------------------


def test_a_table_keeps_its_cells():
    rebuilt = assemble([page_result(1, [table(FIRST)])], "engine")
    [found] = rebuilt.tables
    assert (found.id, found.pages, found.n_rows, found.n_cols) == ("t1", (1,), 3, 3)
    assert rows_of(found) == FIRST
    assert found.header_rows == 1
    assert blocks_of(rebuilt, 1) == [("table", ("t1", 0, 2))]
    assert {cell.decided_by for cell in found.cells} == {"machine"}


@pytest.mark.parametrize("edges", [[100.0, 530.0, 520.0, 900.0], [100.0, 520.0, 520.0, 900.0]])
def test_columns_whose_edges_cross_at_the_top_stay_apart(edges):
    """On a bent page each edge is carried on to the top side."""
    grid, texts = table(FIRST)
    bent = grid._replace(col_edges=edges)
    [found] = assemble([page_result(1, [(bent, texts)])], "engine").tables
    assert rows_of(found) == FIRST


def test_merged_cells_stay_merged():
    rows = [["收入", None, "支出"], ["项目", "金额", None], ["甲", "1.00", "2.00"]]
    merged = [(0, 0, 1, 2), (0, 2, 2, 1)]
    [found] = assemble([page_result(1, [table(rows, merged=merged)])], "engine").tables
    spans = {(c.row, c.col): (c.rowspan, c.colspan) for c in found.cells}
    assert spans[0, 0] == (1, 2)
    assert spans[0, 2] == (2, 1)
    assert found.header_rows == 2


def test_tables_are_numbered_from_the_top_through_all_pages():
    first = page_result(1, [table(FIRST, top=200), table(FIRST, top=700)])
    second = page_result(2, [table(FIRST, top=300)], [line("另一张表", 500, 200)])
    rebuilt = assemble([first, second], "engine")
    assert [t.id for t in rebuilt.tables] == ["t1", "t2", "t3"]
    assert [t.pages for t in rebuilt.tables] == [(1,), (1,), (2,)]


def test_every_cell_says_who_read_what():
    grid, texts = table([["合计", ""], ["1.20", "3"]])
    texts[0] = written("合计", [reading("合计", 0.6, ("什", 0.3))], stray=1.0)
    read = page_result(1, [(grid, texts)], covered=[[0.25, 0.0, 0.0, 0.0]])
    [found] = assemble([read], "small").tables
    evidence = {(e.source, e.role): (e.text, e.confidence) for e in found.cells[0].evidence}
    assert evidence["engine", "reading"] == ("合计", 0.6)
    assert evidence["no-ink-left", "score"] == (None, 0.5)
    assert evidence["clear-of-marks", "score"] == (None, 0.75)
    assert evidence["engine", "alternative"][0] in {"什计", "合什"}
    assert {e.name for e in found.cells[0].evidence if e.source == "engine"} == {"small"}
    assert "engine" not in {e.source for e in found.cells[1].evidence}


def test_a_guessed_shape_is_a_flag_at_its_cell():
    grid, texts = table(FIRST)
    rebuilt = assemble([page_result(1, [(grid._replace(doubtful=[(1, 2)]), texts)])], "engine")
    [flag] = rebuilt.flags
    assert (flag.code, flag.page, flag.table) == (FlagCode.STRUCTURE, 1, "t1")
    assert (flag.row, flag.col) == (1, 2)


# --- over page breaks -----------------------------------------------------------------------------


def test_a_table_that_goes_on_is_one_table():
    rebuilt = assemble(
        [page_result(4, [table(FIRST)]), page_result(5, [table(SECOND, top=100)])], "engine"
    )
    [found] = rebuilt.tables
    assert found.pages == (4, 5)
    assert rows_of(found) == FIRST + SECOND
    assert [cell.page for cell in found.cells] == [4] * 9 + [5] * 6
    assert blocks_of(rebuilt, 4) == [("table", ("t1", 0, 2))]
    assert blocks_of(rebuilt, 5) == [("table", ("t1", 3, 4))]


def test_a_table_over_three_pages_is_one_table():
    page_results = [
        page_result(1, [table(FIRST)]),
        page_result(2, [table(SECOND)]),
        page_result(3, [table(SECOND)]),
    ]
    [found] = assemble(page_results, "engine").tables
    assert rows_of(found) == FIRST + SECOND + SECOND
    assert found.pages == (1, 2, 3)


@pytest.mark.parametrize("n_head", [1, 2])
def test_a_repeated_header_is_not_repeated_in_the_cells(n_head):
    head = [["收入", "", "支出"], HEAD][-n_head:]
    first = page_result(1, [table([*head, *FIRST[1:]])])
    second = page_result(2, [table([*head, *SECOND])])
    rebuilt = assemble([first, second], "engine")
    [found] = rebuilt.tables
    assert rows_of(found) == [*head, *FIRST[1:], *SECOND]
    assert found.header_rows == n_head
    assert blocks_of(rebuilt, 2) == [("table", ("t1", n_head + 2, n_head + 3))]


def test_a_repeated_header_with_merged_cells_is_not_repeated():
    head = [["项目", "金额", None], [None, "年初", "年末"]]
    merged = [(0, 0, 2, 1), (0, 1, 1, 2)]
    first = page_result(1, [table([*head, ["甲", "1.00", "2.00"]], merged=merged)])
    second = page_result(2, [table([*head, ["乙", "3.00", "4.00"]], merged=merged)])
    [found] = assemble([first, second], "engine").tables
    assert rows_of(found) == [*head, ["甲", "1.00", "2.00"], ["乙", "3.00", "4.00"]]


def test_a_first_row_that_only_begins_like_the_header_stays():
    second = [["项目", "行次", "预算数"], *SECOND]
    [found] = assemble(
        [page_result(1, [table(FIRST)]), page_result(2, [table(second)])], "engine"
    ).tables
    assert rows_of(found) == FIRST + second


@pytest.mark.parametrize("upper", ["一般公共服务", ""])
def test_a_merged_cell_cut_by_the_break_is_one_cell(upper):
    first = [*FIRST, [upper, "3", "1.00"], [None, "4", "2.00"]]
    second = [["" if upper else "一般公共服务", "5", "3.00"], [None, "6", "4.00"], *SECOND]
    page_results = [
        page_result(1, [table(first, merged=[(3, 0, 2, 1)])]),
        page_result(2, [table(second, merged=[(0, 0, 2, 1)])]),
    ]
    [found] = assemble(page_results, "engine").tables
    [cell] = [c for c in found.cells if c.text == "一般公共服务"]
    assert (cell.row, cell.col, cell.rowspan, cell.colspan) == (3, 0, 4, 1)
    assert cell.page == (1 if upper else 2)  # where its text stands
    assert found.n_rows == len(first) + len(second)


def test_full_cells_on_both_sides_of_a_break_stay_two():
    first = [*FIRST, ["甲", "3", "1.00"], [None, "4", "2.00"]]
    second = [["乙", "5", "3.00"], [None, "6", "4.00"]]
    page_results = [
        page_result(1, [table(first, merged=[(3, 0, 2, 1)])]),
        page_result(2, [table(second, merged=[(0, 0, 2, 1)])]),
    ]
    [found] = assemble(page_results, "engine").tables
    assert [(c.row, c.rowspan) for c in found.cells if c.text in {"甲", "乙"}] == [(3, 2), (5, 2)]


def test_single_empty_cells_at_a_break_stay_single():
    first = [*FIRST, ["", "3", ""]]
    [found] = assemble(
        [page_result(1, [table(first)]), page_result(2, [table(SECOND)])], "engine"
    ).tables
    assert all(cell.rowspan == 1 for cell in found.cells)
    assert rows_of(found) == first + SECOND


def test_columns_that_one_page_does_not_show_are_found_on_the_other():
    wide = [["收入", "支出"], ["1.00", "2.00"]]
    narrow = [["3.00", "4.00", "5.00"], ["6.00", "7.00", "8.00"]]
    page_results = [
        page_result(1, [table(narrow, edges=[100.0, 300.0, 500.0, 900.0])]),
        page_result(2, [table(wide, edges=[100.0, 500.0, 900.0])]),
    ]
    [found] = assemble(page_results, "engine").tables
    assert found.n_cols == 3
    spans = {c.text: (c.col, c.colspan) for c in found.cells}
    assert (spans["3.00"], spans["收入"], spans["支出"]) == ((0, 1), (0, 2), (2, 1))


def test_a_page_that_lies_differently_in_the_scanner_still_goes_on():
    shifted = [x * 1.01 + 13 for x in np.linspace(LEFT, LEFT + WIDTH, 4)]
    page_results = [page_result(1, [table(FIRST)]), page_result(2, [table(SECOND, edges=shifted)])]
    assert len(assemble(page_results, "engine").tables) == 1


@pytest.mark.parametrize(
    ("between", "second", "third"),
    [
        ([line("收入决算表", 500, 150, 30)], table(SECOND), 2),
        ([], table(SECOND, edges=[100.0, 250.0, 700.0, 900.0]), 2),
        ([], table([[*row, "", ""] for row in SECOND]), 2),
        ([], table(SECOND), 3),
    ],
    ids=["a title between", "other columns", "more columns", "a page between"],
)
def test_tables_that_only_look_alike_stay_apart(between, second, third):
    page_results = [page_result(1, [table(FIRST)]), page_result(third, [second], between)]
    assert len(assemble(page_results, "engine").tables) == 2


def test_columns_that_agree_by_chance_do_not_join():
    rows = [[str(col) + ".50" for col in range(7)] for _ in range(3)]
    other = [100.0, 140.0, 180.0, 500.0, 560.0, 640.0, 720.0, 900.0]
    page_results = [page_result(1, [table(rows)]), page_result(2, [table(rows, edges=other)])]
    page_results[0].grids[0].col_edges[3] = other[3]  # the sides and one more are the same
    assert len(assemble(page_results, "engine").tables) == 2


def test_a_table_with_text_below_it_has_ended():
    first = page_result(1, [table(FIRST)], [line("注：本表含所属单位。", 300, 900)])
    assert len(assemble([first, page_result(2, [table(SECOND)])], "engine").tables) == 2


@pytest.mark.parametrize("foot", ["- 5 -", "— 5 —", "一5一", "第5页共6页", "共2而", "−(⁻"])
def test_page_numbers_at_a_break_do_not_part_a_table(foot):
    first = page_result(1, [table(FIRST)], [line(foot, 500, 1350)])
    second = page_result(2, [table(SECOND)], [line("第 6 页", 500, 1350)])
    assert len(assemble([first, second], "engine").tables) == 1


def test_only_the_last_table_of_a_page_goes_on_with_the_first_of_the_next():
    first = page_result(1, [table(FIRST, top=100), table([["甲", "乙"], ["1.0", "2.0"]], top=500)])
    second = page_result(2, [table(SECOND, top=100)])
    assert len(assemble([first, second], "engine").tables) == 3


def test_joining_can_be_turned_off():
    page_results = [page_result(1, [table(FIRST)]), page_result(2, [table(SECOND)])]
    rebuilt = assemble(page_results, "engine", AssembleOptions(join="never"))
    assert [rows_of(t) for t in rebuilt.tables] == [FIRST, SECOND]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(2, 5))
def test_no_row_is_lost_or_doubled_at_any_break(heights, n_cols):
    count = iter(range(10_000))
    pages = [[[f"{next(count)}.50" for _ in range(n_cols)] for _ in range(h)] for h in heights]
    page_results = [page_result(number, [table(rows)]) for number, rows in enumerate(pages, 1)]
    found = assemble(page_results, "engine").tables
    texts = [text for t in found for row in rows_of(t) for text in row]
    assert texts == [text for rows in pages for row in rows for text in row]


# --- back on the scan -----------------------------------------------------------------------------


def test_places_are_given_on_the_scan():
    turned = quarter_turn(PAGE.height, PAGE.width, 90)
    grid, texts = table(FIRST)
    read = page_result(
        1,
        [(grid, texts)],
        CAPTIONS,
        width=PAGE.height,
        height=PAGE.width,
        rotation=90,
        skew=0.4,
        to_scan=turned,
        marks=[MarkReading("仅供审核", 0.9, Box(10, 20, 110, 60).polygon)],
        seals=[
            SealReading(FoundSeal("round", "red", Box(400, 500, 500, 600).polygon), "已审", 0.9)
        ],
    )
    rebuilt = assemble([read], "engine")
    [page] = rebuilt.pages
    assert (page.width, page.height, page.rotation, page.skew) == (1400, 1000, 90, 0.4)
    [mark], [seal] = page.watermarks, page.seals
    assert mark.polygon == ((1380, 10), (1380, 110), (1340, 110), (1340, 10))
    assert (mark.text, mark.confidence) == ("仅供审核", 0.9)
    assert (seal.text, seal.confidence) == ("已审", 0.9)
    assert seal.polygon == ((900, 400), (900, 500), (800, 500), (800, 400))
    [found] = rebuilt.tables
    x0, y0 = grid.cells[0].polygon[0]
    assert found.cells[0].polygon[0] == (1400 - y0, x0)
    assert found.cells[0].polygon[1][1] > found.cells[0].polygon[0][1]  # reading runs down the scan
    for block in page.blocks:
        assert all(0 <= x <= 1400 and 0 <= y <= 1000 for x, y in block.polygon)


# --- pages that failed ----------------------------------------------------------------------------


def test_a_page_that_failed_stays_with_its_flag():
    page_results = [
        page_result(1, [table(FIRST)]),
        Failure(2, "out of memory"),
        page_result(3, [table(SECOND)]),
    ]
    rebuilt = assemble(page_results, "engine")
    assert [page.number for page in rebuilt.pages] == [1, 2, 3]
    assert rebuilt.pages[1].flags == (FlagCode.PAGE_FAILED,)
    [flag] = rebuilt.flags
    assert (flag.code, flag.page) == (FlagCode.PAGE_FAILED, 2)
    assert "out of memory" in flag.message
    assert len(rebuilt.tables) == 2  # what stood between is not known


def test_flags_of_a_page_are_flags_of_the_document():
    doubt = Flag(code=FlagCode.LOW_RESOLUTION, message="72 dpi", page=1)
    rebuilt = assemble([page_result(1, flags=(doubt,))], "engine")
    assert rebuilt.flags == (doubt,)
    assert rebuilt.pages[0].flags == (FlagCode.LOW_RESOLUTION,)
    assert rebuilt.tables == ()


def test_each_side_that_is_not_drawn_is_named():
    grid, texts = table(FIRST)
    weak = grid.cells[0]._replace(support=Sides(1.0, 0.4, 0.95, 1.0))
    drawn = page_result(1, [(grid._replace(cells=[weak, *grid.cells[1:]]), texts)])
    cells = assemble([drawn], "engine").tables[0].cells
    sides = {e.source: e.confidence for e in cells[0].evidence if e.source.startswith("border")}
    assert sides == {"borders": 0.4, "border-right": 0.4}
    assert not [e for cell in cells[1:] for e in cell.evidence if e.source.startswith("border-")]
