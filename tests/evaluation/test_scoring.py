"""The scorer against cases worked out by hand, and against what must always hold."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenglu.evaluation import matching, scoring

BUDGET = [["项目", "预算", "决算"], ["办公费", "10.00", "9.16"], ["合计", "20.00", "8.40"]]
BUDGET_CHARACTERS = 6 + 12 + 11
STAFF = [["姓名", "人数"], ["在编", "315"]]


def table(rows, name="t1"):
    cells = [
        {"row": i, "col": j, "rowspan": 1, "colspan": 1, "text": text}
        for i, row in enumerate(rows)
        for j, text in enumerate(row)
    ]
    return {"id": name, "n_rows": len(rows), "n_cols": len(rows[0]), "cells": cells}


def document(*tables):
    return {"tables": [table(rows, f"t{n}") for n, rows in enumerate(tables)]}


def cell_at(result, row, col):
    [cell] = [c for c in result["tables"][0]["cells"] if (c["row"], c["col"]) == (row, col)]
    return cell


def figures(truth, result):
    return scoring.figures(scoring.score(truth, result))


def test_a_misread_number_without_a_flag_is_silent():
    result = document(BUDGET)
    cell_at(result, 1, 2)["text"] = "9.76"
    got = figures(document(BUDGET), result)
    assert got.structure == 1.0
    assert got.cells == 9
    assert got.cell == got.text == round(8 / 9, 4)
    assert got.number == 0.75
    assert got.cer == round(1 / BUDGET_CHARACTERS, 4)
    assert (got.flagged, got.wrong, got.caught, got.silent) == (0.0, 1, 0.0, 1)


def test_a_flag_catches_it():
    result = document(BUDGET)
    cell_at(result, 1, 2).update(text="9.76", needs_review=True)
    got = figures(document(BUDGET), result)
    assert (got.flagged, got.wrong, got.caught, got.silent) == (round(1 / 9, 4), 1, 1.0, 0)


@pytest.mark.parametrize(("read", "silent"), [("办公室", 0), ("", 0), ("19", 1), ("-3.5%", 1)])
def test_only_numbers_are_silent_wherever_they_stand(read, silent):
    result = document(BUDGET)
    cell_at(result, 1, 0)["text"] = read
    got = figures(document(BUDGET), result)
    assert (got.wrong, got.silent, got.number) == (1, silent, 1.0)


def test_character_errors_of_a_cell_are_no_more_than_its_characters():
    result = document(BUDGET)
    cell_at(result, 1, 2)["text"] = "9.16仅供内部审核"
    assert figures(document(BUDGET), result).cer == round(4 / BUDGET_CHARACTERS, 4)


def test_a_missing_table_counts_all_its_cells():
    got = figures(document(BUDGET, STAFF), document(BUDGET))
    assert (got.tables, got.tables_found) == (2, 1)
    assert got.structure == 0.5
    assert got.cells == 13
    assert got.cell == got.text == round(9 / 13, 4)
    assert got.number == 0.8
    assert got.cer == round(9 / (BUDGET_CHARACTERS + 9), 4)
    assert got.wrong == got.silent == 0  # nothing stands there that could be wrong


def test_an_invented_table_shows_in_the_count_and_in_the_flags():
    result = document(BUDGET, [["供", "内"], ["部", "审"]])
    result["tables"][1]["cells"][0]["needs_review"] = True
    got = figures(document(BUDGET), result)
    assert (got.tables, got.tables_found) == (1, 2)
    assert got.cell == got.structure == 1.0
    assert got.flagged == round(1 / 13, 4)


def test_no_result_at_all():
    got = figures(document(BUDGET), {"tables": []})
    assert (got.tables_found, got.cell, got.cer) == (0, 0.0, 1.0)
    assert got.flagged is got.caught is got.ece is got.auroc is None


def test_a_split_cell_has_the_right_text_and_the_wrong_span():
    truth = document([["收入", "", "支出"], ["办公费", "10.00", "9.16"]])
    cells = truth["tables"][0]["cells"]
    cells[0]["colspan"] = 2
    del cells[1]
    result = document([["收入", "", "支出"], ["办公费", "10.00", "9.16"]])
    got = figures(truth, result)
    assert got.structure == 0.0
    assert (got.cells, got.cell, got.text) == (5, 0.8, 1.0)


def test_a_falsely_merged_cell_hides_the_one_it_swallowed():
    result = document(BUDGET)
    cells = result["tables"][0]["cells"]
    cells[4]["colspan"] = 2  # 10.00 now covers 9.16
    del cells[5]
    got = figures(document(BUDGET), result)
    assert got.structure == 0.0
    assert got.cell == round(7 / 9, 4)
    assert got.text == round(8 / 9, 4)
    assert (got.wrong, got.silent) == (1, 1)


def test_a_missing_row_loses_its_cells_only():
    got = figures(document(BUDGET), document([BUDGET[0], BUDGET[2]]))
    assert got.structure == 0.0
    assert got.cell == round(6 / 9, 4)
    assert got.number == 0.5
    assert got.wrong == 0


def test_an_invented_row_moves_nothing():
    got = figures(document(BUDGET), document([*BUDGET[:2], ["", "", ""], BUDGET[2]]))
    assert (got.structure, got.cell) == (0.0, 1.0)


def test_swapped_columns_cannot_both_be_aligned():
    truth = [["甲", "乙", "丙"], ["子", "11", "22"], ["丑", "33", "44"]]
    swapped = [[row[0], row[2], row[1]] for row in truth]
    got = figures(document(truth), document(swapped))
    assert got.structure == 1.0  # the grid itself is right
    assert got.cell == round(6 / 9, 4)
    assert got.number == 0.5


def test_cells_that_nobody_can_read_do_not_count():
    truth = document(BUDGET)
    cell_at(truth, 1, 2)["ignore"] = True
    result = document(BUDGET)
    cell_at(result, 1, 2)["text"] = "?"
    got = figures(truth, result)
    assert (got.cells, got.cell, got.wrong) == (8, 1.0, 0)


@pytest.mark.parametrize("seen", ["１０．００", "10 . 00", "10.\n00"])
def test_width_and_white_space_are_no_errors(seen):
    result = document(BUDGET)
    cell_at(result, 1, 1)["text"] = seen
    assert figures(document(BUDGET), result).cell == 1.0


def test_confidence_figures():
    rows = [["甲", "乙"], ["丙", "11"]]
    result = document(rows)
    sure = zip(result["tables"][0]["cells"], [0.95, 0.85, 0.45, 0.75], strict=True)
    for cell, confidence in sure:
        cell["confidence"] = confidence
    cell_at(result, 1, 1)["text"] = "17"
    got = figures(document(rows), result)
    assert got.ece == round((0.05 + 0.15 + 0.55 + 0.75) / 4, 4)
    assert got.auroc == round(2 / 3, 4)  # the wrong one is surer than one of three right ones


def test_cells_without_confidence_are_left_out_of_it():
    result = document(STAFF)
    cell_at(result, 0, 0)["confidence"] = 0.9
    cell_at(result, 0, 1)["confidence"] = None
    got = figures(document(STAFF), result)
    assert (got.ece, got.auroc) == (0.1, None)


def test_documents_together_weigh_by_their_cells():
    scores = [
        scoring.score(document(BUDGET), document(BUDGET)),
        scoring.score(document(STAFF), {"tables": []}),
    ]
    got = scoring.figures(scoring.together(scores))
    assert (got.tables, got.tables_found, got.structure) == (2, 1, 0.5)
    assert got.cell == round(9 / 13, 4)


texts = st.sampled_from(["", "", "合计", "办公费", "12.50", "12.51", "0", "一、支出", "甲" * 70])
grids = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(texts, min_size=n, max_size=n), min_size=1, max_size=5)
)
filled_grids = grids.filter(lambda rows: any(any(row) for row in rows))
documents = st.lists(filled_grids, min_size=1, max_size=3).map(lambda rows: document(*rows))


@given(documents)
def test_truth_against_itself_is_perfect(truth):
    got = figures(truth, copy.deepcopy(truth))
    assert got.tables == got.tables_found
    assert got.structure == got.cell == got.text == 1.0
    assert got.cer == 0.0
    assert got.wrong == got.silent == 0


@given(documents, documents)
def test_shares_are_shares(truth, result):
    got = figures(truth, result)
    for share in (got.structure, got.cell, got.text, got.number, got.cer, got.flagged, got.caught):
        assert share is None or 0 <= share <= 1
    assert got.silent <= got.wrong <= got.cells


@given(documents, documents, st.randoms(use_true_random=False))
def test_the_order_of_cells_in_the_file_does_not_matter(truth, result, random):
    before = figures(truth, result)
    for one in result["tables"]:
        random.shuffle(one["cells"])
    assert figures(truth, result) == before


def slow_distance(a, b):
    if not a or not b:
        return len(a) + len(b)
    return min(
        slow_distance(a[1:], b) + 1,
        slow_distance(a, b[1:]) + 1,
        slow_distance(a[1:], b[1:]) + (a[0] != b[0]),
    )


@settings(deadline=None)
@given(st.text("一二三", max_size=5), st.text("一二三", max_size=5))
def test_distance_is_the_edit_distance(a, b):
    assert matching.distance(a, b) == slow_distance(a, b)


@given(st.text("ab", min_size=65, max_size=140), st.integers(0, 64))
def test_distance_of_long_texts_that_differ_in_one_place(text, place):
    assert matching.distance(text, text[:place] + "c" + text[place + 1 :]) == 1
    assert matching.distance(text, text[:place] + text[place + 1 :]) == 1
