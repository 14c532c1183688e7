"""What a text is: a number as it is printed, a percentage, a date, an amount in words, nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printed import checks, table
from tenglu.stages.check.values.amounts_in_words import amount_in_words, is_odd_amount
from tenglu.stages.check.values.values import Typed, is_odd_number, to_typed

WIDE = str.maketrans("0123456789.,-()%", "０１２３４５６７８９．，－（）％")


def typed(text: str) -> Typed:
    return to_typed(text, in_header=False, column="figures")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.00", "1234.00"),
        ("１，２３４．００", "1234.00"),
        ("￥1,234.00", "1234.00"),
        ("-1,234.00", "-1234.00"),
        ("−1,234.00", "-1234.00"),
        ("(1,234.00)", "-1234.00"),
        ("（1,234.00）", "-1234.00"),
        ("△1,234.00", "-1234.00"),
        ("▲1,234.00", "-1234.00"),
        ("¥-3.20", "-3.20"),
        ("0", "0"),
        ("0.00", "0.00"),
    ],
)
def test_numbers(text, value):
    assert typed(text) == ("number", value)


@pytest.mark.parametrize(
    ("text", "value"), [("12.5%", "12.5"), ("12.5％", "12.5"), ("-3%", "-3"), ("(3.2%)", "-3.2")]
)
def test_percentages(text, value):
    assert typed(text) == ("percent", value)


@pytest.mark.parametrize("text", ["2024年12月31日", "2024-12-31", "2024.12.31", "2024/1/5"])
def test_dates(text):
    assert typed(text) == ("date", None)


@pytest.mark.parametrize(
    "text",
    ["2024年度", "2024年", "第3季度", "2024年1-12月", "12:30", "3/4", "二〇二四年"],
)
def test_periods_and_ranges_are_texts(text):
    assert to_typed(text, in_header=False) == ("text", None)
    assert not is_odd_number(text)


@pytest.mark.parametrize("text", ["2024年13月1日", "2024年2月41日", "0824年3月"])
def test_a_day_that_no_calendar_has_is_odd(text):
    assert is_odd_number(text)


@pytest.mark.parametrize(
    "text", ["--12.00", "1,23,456.00", "12.34.56", "1 234.56", "100.", "0,013.63", "壹拾贰叁元整"]
)
def test_what_nobody_prints_so_is_odd_and_has_no_value(text):
    assert typed(text) == ("text", None)
    assert is_odd_number(text)


@pytest.mark.parametrize("text", ["-", "—", "——", "/", "无"])
def test_a_dash_is_text_and_no_nought(text):
    assert typed(text) == ("text", None)


def test_nothing_is_neither_a_dash_nor_a_nought():
    assert typed("") == ("empty", None)
    # Where nothing stands, or a dash, there is nothing to add; a nought is added.
    text = "项目|甲|乙\n一月|120.10|\n二月|131.20|-\n三月|0.00|4.15\n合计|251.30|4.15"
    first = next(one for one in checks(table(text, unit="元")) if one.total == (4, 1))
    assert (first.parts, first.outcome) == (((1, 1), (2, 1), (3, 1)), "holds")


@given(
    st.decimals(min_value=0, max_value=10**11, places=2),
    st.sampled_from(("{}", "-{}", "({})", "△{}", "¥{}", "-¥{}")),
    st.booleans(),
)
def test_any_number_is_read_back(number, form, wide):
    text = form.format(f"{number:,.2f}")
    value = -number if form in ("-{}", "({})", "△{}", "-¥{}") else number
    found = typed(text.translate(WIDE) if wide else text)
    assert (found.kind, Decimal(found.value)) == ("number", value)
    assert not is_odd_number(text)


@given(st.decimals(min_value=-1000, max_value=1000, places=2))
def test_any_percentage_is_read_back(number):
    found = typed(f"{number}%")
    assert (found.kind, Decimal(found.value)) == ("percent", number)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("壹万贰仟叁佰肆拾伍元陆角柒分", "12345.67"),
        ("合计（大写）：壹万元正", "10000.00"),
        ("⊗壹仟元整", "1000.00"),
        ("大写金额人民币：壹佰元整（¥100.00）", "100.00"),
        ("价税合计（大写）叁拾元整 （小写）¥30.00", "30.00"),
        ("伍角整", "0.50"),
        ("零元零伍分", "0.05"),
        ("贰亿零叁拾元整", "200000030.00"),
    ],
)
def test_amounts_in_words_with_their_labels(text, value):
    assert typed(text) == ("text", value)


@pytest.mark.parametrize("text", ["亿元", "万元", "百元", "千元", "零", "元整", "合计（大写）"])
def test_units_and_labels_are_no_amounts(text):
    assert amount_in_words(text) is None
    assert not is_odd_amount(text)


@pytest.mark.parametrize("text", ["壹拾贰叁元整", "人民币壹佰柒拾柴元整", "壹仟伍佰整"])
def test_words_that_are_meant_as_an_amount_and_say_none_are_odd(text):
    assert is_odd_amount(text)
    assert is_odd_number(text)
