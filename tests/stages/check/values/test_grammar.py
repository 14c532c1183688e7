"""What a text or its neighbours tell against it, without a look at the ink."""

import pytest

from printed import bare_table
from tenglu.stages.check.values.grammar import faults, rare_letters, steps, unstopped


@pytest.mark.parametrize(
    "text",
    [
        "809.29.",
        "46..19",
        "、203.43",
        ".5家",
        "其中:中.央",
        "资本性支出(基本建设",
        "/\n项目",
        "执法、。特种",
    ],
)
def test_marks_where_none_stand_are_faults(text):
    assert faults(text)


@pytest.mark.parametrize(
    "text",
    [
        "809.29",
        "1,234.50",
        "(1,234.50)",
        "(一)项目支出",
        "1)项目\n2)支出",
        "其中：中央、省级财政",
        "≤380元/天/人",
        "2024.12.31",
        "项目(基本)支出（其他）",
        "100%。",
        "1.项目支出达到100，其中2户",
        "“三公”经费",
        "/",
        "-",
        "——",
        "《办法》",
    ],
)
def test_what_is_printed_every_day_is_no_fault(text):
    assert faults(text) == 0


@pytest.mark.parametrize(
    ("text", "rare"), [("項目", 1), ("经营收λ", 1), ("财政拨款", 0), ("①A", 0), ("（）", 0)]
)
def test_letters_that_simplified_print_does_not_have(text, rare):
    assert rare_letters(text) == rare


@pytest.mark.parametrize("read", ["8", "à", "2a", "33"])
def test_a_running_number_that_is_not_due_is_found(read):
    found = steps(bare_table(("栏次", "1", "2", read, "4", "5", "6")))
    assert found[0, 3] is False
    assert all(found[0, col] for col in (1, 2, 4, 5, 6))


def test_running_numbers_go_down_too_and_past_words():
    column = [(number, "12.50") for number in ("行次", "1", "2", "3", "4", "8", "6", "合计")]
    found = steps(bare_table(*column))
    assert found == {(row, 0): row != 5 for row in range(1, 7)}


def test_other_figures_are_no_running_numbers():
    assert steps(bare_table(("甲", "12", "7", "9", "30", "4", "18"))) == {}


def test_a_numeral_without_its_stop_is_found():
    labels = (
        "项目",
        "一一般公共预算",
        "二政府性基金",
        "三、国有资本",
        "四上级",
        "十、其他",
        "十一经营",
    )
    found = unstopped(bare_table(*((label, "1.50") for label in labels)))
    assert found == {(1, 0), (2, 0), (4, 0), (6, 0)}


def test_words_that_begin_with_a_numeral_are_none():
    labels = (
        "一、一般公共预算",
        "一般公共预算",
        "二、项目支出",
        "一次性补助",
        "三、其他",
        "三公经费",
    )
    assert unstopped(bare_table(*((label, "1.50") for label in labels))) == frozenset()
    assert unstopped(bare_table(("一般公共服务",), ("三公经费",))) == frozenset()


@pytest.mark.parametrize(
    ("text", "count"), [("YG85856.", 1), ("12345.", 2), ("No.", 0), ("A1B2", 0)]
)
def test_a_stop_that_ends_a_code_is_a_fault(text, count):
    assert faults(text) == count
