"""Relations between numbers: found without being told, silent on true tables, loud on wrong digits.

Tables are written out as they are printed; the sample's own truth comes last.
"""

import random
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printed import STATISTICS, checked, checks, outcomes, suspects, table
from sums import checked as checked_truth
from sums import failing, figures, load, plant
from tenglu.model import FlagCode

SAMPLE = Path(__file__).parents[4] / "scans" / "yangquan-2024-sample.truth.json"

# --- what is found --------------------------------------------------------------------------------


def test_totals_below_and_beside_are_found():
    found = outcomes(table(STATISTICS))
    assert set(found.values()) == {"holds"}
    assert {total for kind, total in found if kind == "sum"} >= {
        *((row, 1) for row in range(1, 5)),
        *((4, col) for col in range(1, 5)),
    }


def test_subtotals_are_not_counted_twice():
    text = """
    品名 | 数量 | 金额
    纸   | 3   | 100.50
    笔   | 5   | 200.25
    小计 |     | 300.75
    灯   | 2   | 400.00
    线   | 4   | 50.50
    小计 |     | 450.50
    总计 | 14  | 751.25
    """
    found = outcomes(table(text, unit="元"))
    assert found == {
        ("sum", (3, 2)): "holds",
        ("sum", (6, 2)): "holds",
        ("sum", (7, 2)): "holds",
        ("sum", (7, 1)): "holds",
    }


def test_a_total_above_its_parts_is_found():
    text = "地区|机构|床位\n总计|1281|27550\n甲县|1000|20000\n乙县|281|7550"
    assert outcomes(table(text)) == {("sum", (1, 1)): "holds", ("sum", (1, 2)): "holds"}


CODES = """
科目代码 | 科目名称 | 金额
合计    |        | 2441.69
201     | 一般公共服务支出 | 2066.25
20132   | 组织事务 | 3.08
2013299 | 其他组织事务支出 | 3.08
20138   | 市场监督管理事务 | 2063.17
2013801 | 行政运行 | 1253.88
2013804 | 市场主体管理 | 809.29
208     | 社会保障和就业支出 | 375.44
20805   | 行政事业单位养老支出 | 375.44
2080501 | 行政单位离退休 | 375.44
"""


def test_codes_contain_each_other():
    rebuilt = checked(table(CODES, unit="万元"))
    found = {one.total: one for one in rebuilt.tables[0].checks}
    assert {one.outcome for one in found.values()} == {"holds"}
    assert found[1, 2].parts == ((2, 2), (8, 2))
    assert found[2, 2].parts == ((3, 2), (5, 2))
    assert found[5, 2].parts == ((6, 2), (7, 2))


def test_printed_formulas_are_obeyed():
    text = """
    项目 | A | B | C=A+B | D=C-B
    甲 | 120.50 | 30.25 | 150.75 | 120.50
    乙 | 99.10 | 45.90 | 145.00 | 99.10
    """
    found = checks(table(text))
    assert {(one.rule, one.outcome) for one in found} == {("formula", "holds")}
    assert len(found) == 4
    minus = next(one for one in found if one.total == (1, 4))
    assert (minus.kind, minus.signs, minus.expected) == ("sum", (1, -1), "120.50")


def test_rows_name_each_other_by_number():
    text = """
    项目 | 行次 | 金额
    本年收入 | 27 | 500.25
    使用结余 | 28 | 20.50
    年初结转 | 29 | 79.25
    总计（31=27+28+29） | 31 | 600.00
    """
    found = checks(table(text))
    assert [(one.total, one.outcome) for one in found if one.rule == "formula"] == [
        ((4, 2), "holds")
    ]


PURCHASE = """
序号 | 品名 | 数量 | 单价（元） | 金额（元）
1 | 无水乙醇 | 24 | 10.93 | 262.32
2 | 水浴锅 | 260 | 881.00 | 229,060.00
3 | 天平 | 3 | 6,517.00 | 19,551.00
4 | 桥架 | 36 | 52.58 | 1,892.88
合计 | < | 323 | — | 250,766.20
人民币（大写） | < | 贰拾伍万零柒佰陆拾陆元贰角整 | < | 250,766.20
"""


def test_quantity_times_price_and_amounts_in_words():
    found = outcomes(table(PURCHASE, unit="元"))
    assert set(found.values()) == {"holds"}
    assert {total for kind, total in found if kind == "product"} == {
        (row, 4) for row in (1, 2, 3, 4)
    }
    assert ("equal", (6, 4)) in found
    assert ("sum", (5, 3)) not in found  # prices are not added


def test_an_amount_in_words_that_differs_is_flagged():
    rebuilt = checked(table(PURCHASE.replace("柒佰陆拾陆", "捌佰陆拾陆"), unit="元"))
    [failed] = [one for one in rebuilt.tables[0].checks if one.outcome == "fails"]
    assert (failed.rule, failed.expected, failed.found) == ("in-words", "250866.20", "250766.20")
    assert ("t1", 6, 2) in suspects(rebuilt)


def test_running_balances():
    text = """
    日期 | 摘要 | 收入 | 支出 | 余额
    2024-01-02 | 上年结转 | | | 1000.00
    2024-01-05 | 拨款 | 500.25 | | 1500.25
    2024-01-09 | 采购 | | 200.15 | 1300.10
    2024-01-12 | 差旅 | | 99.90 | 1200.20
    2024-01-20 | 利息 | 3.33 | | 1203.53
    """
    found = outcomes(table(text, unit="元"))
    assert {total for kind, total in found if kind == "balance"} == {
        (row, 4) for row in range(2, 6)
    }
    assert set(found.values()) == {"holds"}


def test_shares_of_a_total():
    text = """
    项目 | 金额 | 占比
    基本支出 | 1838.82 | 69.11%
    项目支出 | 700.00 | 26.31%
    其他 | 121.80 | 4.58%
    合计 | 2660.62 | 100.00%
    """
    found = outcomes(table(text, unit="万元"))
    assert {total for kind, total in found if kind == "share"} == {(row, 2) for row in range(1, 5)}
    assert set(found.values()) <= {"holds", "rounding"}


def test_a_statement_goes_on_from_result_to_result():
    text = """
    项目 | 本期金额 | 上期金额
    一、营业收入 | 956,732,117.43 | 729,781,183.28
    其中：主营业务收入 | 948,821,916.92 | 729,271,697.47
    其他业务收入 | 7,910,200.51 | 509,485.81
    二、营业总成本 | 679,492,862.37 | 594,342,017.55
    加：投资收益 | 505,520.76 | 984,873.55
    三、营业利润 | 277,744,775.82 | 136,424,039.28
    减：所得税费用 | 69,441,273.68 | 34,109,135.93
    四、净利润 | 208,303,502.14 | 102,314,903.35
    """
    found = {(one.total, one.signs): one.outcome for one in checks(table(text, unit="元"))}
    assert found[(6, 1), (1, -1, 1)] == "holds"
    assert found[(8, 2), (1, -1)] == "holds"
    assert found[(1, 1), ()] == "holds"  # 其中 adds up, and no label says so


def test_rows_that_two_tables_share_are_compared():
    other = CODES.replace("科目名称 | 金额", "功能分类 | 本年支出")
    rebuilt = checked(table(CODES, unit="万元"), table(other, name="t2", unit="万元"))
    shared = [one for one in rebuilt.tables[1].checks if one.parts_table == "t1"]
    assert len(shared) >= 8
    assert {one.outcome for one in shared} == {"holds"}
    wrong = checked(
        table(CODES, unit="万元"),
        table(other.replace("809.29", "809.79"), name="t2", unit="万元"),
    )
    assert suspects(wrong) == {("t2", 7, 2)}


def test_amounts_in_the_text_are_compared():
    prose = ("2024年度支出合计2,441.69万元，其中：社会保障和就业支出375.44万元，占比15.38%。",)
    found = checks(table(CODES, unit="万元"), prose=prose)
    quoted = [one for one in found if one.quote]
    assert {(one.total, one.outcome) for one in quoted} == {((8, 2), "holds")}
    # Money of another year says nothing of this one.
    former = ("社会保障和就业支出较上年减少375.94万元。",)
    assert not [one for one in checks(table(CODES, unit="万元"), prose=former) if one.quote]


# --- statutory forms ------------------------------------------------------------------------------

THREE = """
预算数 | < | < | < | 决算数 | < | < | <
合计 | 因公出国费 | 公务用车小计 | 公务接待费 | 合计 | 因公出国费 | 公务用车小计 | 公务接待费
0.04 | | | 0.04 | 0.04 | | | 0.04
"""


def test_a_form_is_told_by_its_title_and_words():
    form = {"title": "财政拨款“三公”经费支出决算表", "code": "公开08表", "header_rows": 2}
    wrong = THREE.replace("0.04 | 0.04 | | | 0.04", "0.04 | 0.84 | | | 0.04")
    found = {one.total: one.outcome for one in checks(table(wrong, **form))}
    assert found == {(2, 0): "holds", (2, 4): "fails"}
    # The same cells under another title prove nothing: three digits agree by chance.
    assert "fails" not in outcomes(table(wrong, header_rows=2)).values()


# --- rounding -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "outcome"), [("821.80", "holds"), ("821.79", "rounding"), ("821.29", "fails")]
)
def test_the_rounding_envelope(total, outcome):
    text = f"项目|本年|上年\n甲|809.29|700.10\n乙|12.51|21.20\n合计|{total}|721.30"
    [one] = [one for one in checks(table(text, unit="万元")) if one.total == (3, 1)]
    assert (one.outcome, one.tolerance, one.expected) == (outcome, "0.015", "821.80")


def test_counts_and_fen_are_not_rounded():
    text = "项目|人数\n甲|120\n乙|131\n丙|144\n合计|396"
    [one] = checks(table(text, unit="人"))
    assert (one.outcome, one.tolerance) == ("fails", "0")
    [one] = checks(table("项目|金额\n甲|120.10\n乙|131.20\n合计|251.31", unit="元"))
    assert (one.outcome, one.tolerance) == ("fails", "0")


# --- what proves nothing --------------------------------------------------------------------------


def test_nothing_is_nothing():
    assert checks(table("项目|本年|上年\n甲|0.00|\n乙|0.00|\n合计|0.00|")) == []


@pytest.mark.parametrize(
    "text",
    [
        # means, prices, years and ages under 合计
        "姓名|年龄|工龄\n甲|37|12\n乙|40|15\n丙|34|9\n平均|37|12",
        "年份|产量\n2021|1523.1\n2022|1611.7\n2023|1702.9\n2024|1810.4",
        "项目|单价|增长率\n甲|12.50|3.1%\n乙|13.75|4.2%\n合计|—|3.6%",
        # a total of more than what is listed
        "项目|金额\n其中：甲|120.10\n乙|131.20\n合计|9,870.55",
        "检验项目|1#|2#|3#\n屈服强度|420|461|448\n抗拉强度|569|602|617\n伸长率|16.6|17.5|17.2",
    ],
)
def test_no_relation_is_seen_where_there_is_none(text):
    assert "fails" not in outcomes(table(text)).values()
    assert suspects(checked(table(text))) == set()


MEANS = """
科室 | 门诊收入 | 住院收入 | 药品收入 | 收入合计 | {head}
内科 | 1,204.50 | 2,310.00 | 310.10 | 3,824.60 | {a}
外科 | 980.20 | 4,120.30 | 120.40 | 5,220.90 | {b}
儿科 | 660.75 | 845.15 | 98.05 | 1,603.95 | {c}
合计 | 2,845.45 | 7,275.45 | 528.55 | 10,649.45 | {total}
"""


@pytest.mark.parametrize(
    ("head", "figures"),
    [
        ("次均费用", "200.94 175.09 137.21 179.54"),
        ("床均收入", "200.94 175.09 137.21 179.54"),
        ("备用", "200.94 175.09 137.21 179.54"),  # nothing tells but that it does not add up
        ("附注", "3 7 12 9"),
        ("年龄", "37 41 29 36"),
    ],
)
def test_means_among_amounts_are_no_fault(head, figures):
    text = MEANS.format(
        head=head, **dict(zip(("a", "b", "c", "total"), figures.split(), strict=True))
    )
    assert "fails" not in outcomes(table(text, unit="万元")).values()
    assert suspects(checked(table(text, unit="万元"))) == set()


def test_groups_of_columns_add_up_to_their_totals():
    text = """
    地区 | 合计 | < | 小麦 | < | 玉米 | <
    ^ | 面积 | 产量 | 面积 | 产量 | 面积 | 产量
    寿阳县 | 6605.2 | 31200.4 | 2279.7 | 10110.9 | 4325.5 | 21089.5
    太谷区 | 3827.8 | 18440.6 | 756.1 | 3390.2 | 3071.7 | 15050.4
    安泽县 | 11399.0 | 52007.3 | 4170.4 | 18766.8 | 7228.6 | 33240.5
    """
    form = table(text, header_rows=2)
    found = {one.total: one.parts for one in checks(form)}
    assert found[2, 2] == ((2, 4), (2, 6))
    wrong = table(text.replace("18766.8", "18166.8"), header_rows=2)
    assert ("t1", 4, 4) in suspects(checked(wrong))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), n_rows=st.integers(2, 14), n_cols=st.integers(1, 6))
def test_numbers_of_no_relation_raise_no_alarm(seed, n_rows, n_cols):
    draw = random.Random(seed)  # noqa: S311 - no secret
    rows = [["项目", *(f"指标{col}" for col in range(n_cols))]]
    for row in range(n_rows):
        label = draw.choice(["甲", "合计", "其中：乙", "一、丙", "小计"]) if row else "丁"
        numbers = (f"{draw.randint(10000, 9999999) / 100:.2f}" for _ in range(n_cols))
        rows.append([f"{label}{row}", *numbers])
    text = "\n".join("|".join(row) for row in rows)
    assert "fails" not in outcomes(table(text)).values()


# --- the sample, and speed ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample():
    truth = load(SAMPLE)
    return truth, checked_truth(truth)


def test_nothing_fails_on_the_true_tables_of_the_sample(sample):
    _, tables = sample
    assert failing(tables) == []
    reported = figures(tables, [])
    assert reported.rounding <= 4  # the source has them: 821.79 for 821.80, and the like
    assert reported.holds > 90


def test_wrong_digits_in_the_sample_are_found(sample):
    truth, tables = sample
    found = figures(tables, plant(truth, tables, 60, seed=7))
    assert found.found >= 0.98
    assert found.suspects < 4


def test_a_large_table_takes_no_second():
    draw = random.Random(5)  # noqa: S311 - no secret
    numbers = [[draw.randint(100, 999999) for _ in range(18)] for _ in range(998)]
    rows = [[f"项目{i}", *row, sum(row)] for i, row in enumerate(numbers)]
    rows.append(["合计", *(sum(col) for col in list(zip(*rows, strict=True))[1:])])
    lines = ["|".join(["名称", *(f"指标{i}" for i in range(18)), "合计"])]
    lines += ["|".join([row[0], *(f"{n / 100:.2f}" for n in row[1:])]) for row in rows]
    large = table("\n".join(lines), unit="元")
    before = checked(table("项目|金额\n甲|1.00"))  # imports and compiled patterns
    start = process_time()
    rebuilt = checked(large)
    assert process_time() - start < 5.0  # of which the sums take less than one; machines differ
    assert sum(one.outcome == "holds" for one in rebuilt.tables[0].checks) == 999 + 19
    assert all(flag.code is not FlagCode.SUM_FAILS for flag in before.flags)
