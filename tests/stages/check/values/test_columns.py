"""What a bare figure is, is told by its column: an amount, a code, a month."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printed import bare_table
from tenglu.model import Cell, FlagCode
from tenglu.stages.assemble import Assembled
from tenglu.stages.check import check
from tenglu.stages.check.values.amounts_in_words import amount_in_words
from tenglu.stages.check.values.values import is_odd_number, to_typed


def cells_of(*rows: tuple[str, ...], header_rows: int = 1) -> list[Cell]:
    table = bare_table(*rows, header_rows=header_rows)
    return list(check(Assembled((), (table,), ())).tables[0].cells)


def kinds(head: str, *texts: str) -> list[str]:
    return [cell.kind for cell in cells_of((head,), *((text,) for text in texts))[1:]]


@pytest.mark.parametrize(
    "head", ["科目编码", "支出功能分类科目代码", "编号", "身份证号", "联系电话", "银行账号"]
)
def test_under_the_head_of_codes_digits_are_codes(head):
    assert kinds(head, "201", "2013299", "13812345678", "1001") == ["code"] * 4


@pytest.mark.parametrize("head", ["金额", "数量", "床位数", "本年收入", "金额（元）", "期末余额"])
def test_under_the_head_of_amounts_digits_are_numbers(head):
    assert kinds(head, "201", "20132", "2013299", "20190614", "5") == ["number"] * 5


def test_without_words_the_texts_tell():
    assert kinds("", "201", "20101", "2010101", "208", "20801") == ["code"] * 5
    assert kinds("", "201", "20101", "18.50", "7") == ["number"] * 4
    assert kinds("", "92", "177", "1281", "20101", "333") == ["number"] * 5
    assert kinds("", "001", "002", "135") == ["code"] * 3


def test_one_nought_before_a_number_makes_no_column_of_codes():
    assert kinds("男", "82349", "99769", "03919", "59258") == ["number"] * 4


def test_months_are_dates_under_the_head_of_dates():
    assert kinds("起止日期", "2019.03", "2019.12", "20190301", "2024年12月31日") == ["date"] * 4
    assert kinds("金额", "2019.03", "2019.12") == ["number"] * 2


def test_in_a_form_the_words_beside_or_above_tell():
    found = cells_of(
        ("联系电话", "2880823", "预算金额（万元）", "201"),
        ("项目", "合计", "自筹", ""),
        ("出版费", "20132", "28.04", ""),
        header_rows=0,
    )
    told = {cell.text: cell.kind for cell in found}
    assert told["2880823"] == "code"
    assert told["201"] == "number"
    assert told["20132"] == "number"


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("壹仟伍佰伍拾元整", "1550.00"),
        ("人民币贰拾陆万伍仟捌佰伍拾柒元柒角整", "265857.70"),
        ("（大写）壹拾柒万叁仟捌佰壹拾壹元陆角捌分", "173811.68"),
        ("壹亿零伍元零叁分", "100000005.03"),
        ("拾元整", "10.00"),
        ("壹万亿元整", "1000000000000.00"),
        ("负叁佰圆整", "-300.00"),
    ],
)
def test_amounts_in_words(words, value):
    assert amount_in_words(words) == Decimal(value)
    assert to_typed(words, in_header=False) == ("text", value)  # the words stay what is printed


@pytest.mark.parametrize("text", ["壹拾", "元", "壹贰元", "合计", "1550元", "二、外交支出", ""])
def test_other_words_are_no_amount(text):
    assert amount_in_words(text) is None


def in_words(amount: int) -> str:
    """An amount in 分 as banks demand it, with a 零 for every gap."""
    digits, places = "零壹贰叁肆伍陆柒捌玖", ("", "拾", "佰", "仟")
    yuan, rest = divmod(amount, 100)
    groups = []
    while yuan:
        yuan, group = divmod(yuan, 10_000)
        groups.append(group)
    words = ""
    for index in range(len(groups) - 1, -1, -1):
        said = ""
        for place in (3, 2, 1, 0):
            digit = groups[index] // 10**place % 10
            said += digits[digit] + places[place] if digit else "零"
        if groups[index]:
            words += said.rstrip("零") + ("", "万", "亿")[index]
        words += "零" if said.endswith("零") and index else ""
    while "零零" in words:
        words = words.replace("零零", "零")
    words = words.strip("零") or "零"
    jiao, fen = divmod(rest, 10)
    tail = (digits[jiao] + "角" if jiao else "零" if fen else "") + (
        digits[fen] + "分" if fen else ""
    )
    return f"{words}元{tail or '整'}"


@given(st.integers(1, 10**13 - 1))
def test_any_amount_in_words_is_read_back(amount):
    assert amount_in_words(in_words(amount)) == Decimal(amount) / 100


@pytest.mark.parametrize("text", ["(3.20]", "3.20)", "（1,234.00", "[5.00）", "003.62", "0.00-"])
def test_broken_brackets_and_strokes_beside_digits_are_flagged(text):
    assert is_odd_number(text)
    [_, found] = cells_of(("金额",), (text,))
    assert found.kind == "text"
    assert FlagCode.NUMBER_FORMAT in found.flags


@pytest.mark.parametrize("text", ["(3.20)", "（3.20）", "（3.20)", "1)", "(1)", "【2023】", "0.62"])
def test_whole_brackets_are_not(text):
    assert not is_odd_number(text)


def test_a_printed_hyphen_stays_and_is_no_number():
    found = cells_of(("金额",), ("12.50",), ("-",), ("3.00",), ("—",))
    assert [cell.text for cell in found[1:]] == ["12.50", "-", "3.00", "—"]
    assert [cell.kind for cell in found[1:]] == ["number", "text", "number", "text"]
