"""Rates along the rows, found by their numbers: execution, growth, tax, contributions."""

import pytest

from printed import assert_digits_found, assert_no_alarm, checked, checks, suspects, table

EXECUTION = """
预算科目 | 年初预算数 | 调整预算数 | 决算数 | 完成预算的% | 上年决算数 | 为上年的%
一般公共服务支出 | 38823 | 38589 | 35115 | 91.0 | 36870 | 95.2
国防支出 | 15655 | 16258 | 14957 | 92.0 | 17798 | 84.0
公共安全支出 | 46271 | 46244 | 40694 | 88.0 | 44356 | 91.7
教育支出 | 20569 | 21296 | 17888 | 84.0 | 18066 | 99.0
科学技术支出 | 30046 | 30329 | 28812 | 95.0 | 30252 | 95.2
文化旅游体育与传媒支出 | 14514 | 14935 | 12396 | 83.0 | 14627 | 84.7
社会保障和就业支出 | 53506 | 53991 | 54530 | 101.0 | 51803 | 105.3
卫生健康支出 | 7981 | 7763 | 7297 | 94.0 | 7224 | 101.0
支出合计 | 227365 | 229405 | 211689 | 92.3 | 220996 | 95.8
"""

YEAR_COMPARE = """
项目 | 上年决算数 | 本年预算数 | 增减额 | 增减幅度
合计 | 60,524.55 | 61,014.03 | 489.48 | 0.81%
工资福利支出 | 49,945.32 | 51,443.67 | 1,498.35 | 3.00%
商品和服务支出 | 1,653.46 | 1,951.08 | 297.62 | 18.00%
对个人和家庭的补助 | 5,173.76 | 4,242.48 | △931.28 | -18.00%
资本性支出 | 3,752.01 | 3,376.80 | △375.21 | -10.00%
"""

INVOICE = """
货物或应税劳务、服务名称 | 规格型号 | 单位 | 数量 | 单价 | 金额 | 税率 | 税额
*办公用品*打印纸 |  | 个 | 7 | 194.99 | 1364.93 | 13% | 177.44
*信息技术服务*运维 |  | 个 | 50 | 44.0842 | 2204.21 | 9% | 198.38
*办公用品*打印纸 |  | 个 | 33 | 63.36939394 | 2091.19 | 6% | 125.47
*计算机*笔记本 |  | 个 | 43 | 74.653023 | 3210.08 | 6% | 192.60
*家具*文件柜 |  | 个 | 47 | 82.103191 | 3858.85 | 9% | 347.30
*计算机*笔记本 |  | 个 | 13 | 196.87538462 | 2559.38 | 13% | 332.72
*信息技术服务*运维 |  | 个 | 17 | 118.83294118 | 2020.16 | 13% | 262.62
*家具*文件柜 |  | 个 | 40 | 8.43375 | 337.35 | 13% | 43.86
*计算机*笔记本 |  | 个 | 57 | 12.543333 | 714.97 | 9% | 64.35
合计 |  |  |  |  | ¥18361.12 |  | ¥1744.74
价税合计（大写） | ⊗贰万零壹佰零伍元捌角陆分 | < | < | < | （小写）¥20105.86 | < | <
"""

SOCIAL = """
险种 | 缴费基数 | 单位缴费比例 | 单位缴费 | 个人缴费比例 | 个人缴费 | 合计
基本养老保险 | 37,818.27 | 16% | 6,050.92 | 8% | 3,025.46 | 9,076.38
基本医疗保险 | 37,818.27 | 8% | 3,025.46 | 2% | 756.37 | 3,781.83
失业保险 | 37,818.27 | 0.7% | 264.73 | 0.3% | 113.45 | 378.18
工伤保险 | 37,818.27 | 0.5% | 189.09 |  |  | 189.09
住房公积金 | 37,818.27 | 12% | 4,538.19 | 12% | 4,538.19 | 9,076.38
合计 |  |  | 14,068.39 |  | 8,433.47 | 22,501.86
"""

FORMS = {
    "execution": table(EXECUTION, title="2024年一般公共预算支出决算表", unit="万元", header_rows=1),
    "year_compare": table(YEAR_COMPARE, title="支出预算对比表", unit="万元", header_rows=1),
    "invoice": table(INVOICE, title="销售货物或者提供应税劳务清单", unit="", header_rows=1),
    "social": table(SOCIAL, title="社会保险费缴纳明细", unit="元", header_rows=1),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_nothing_fails_on_a_true_form(form):
    assert_no_alarm(form)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_wrong_digits_are_found(form):
    assert_digits_found(form)


@pytest.mark.parametrize(
    ("name", "rule", "cols"),
    [
        ("execution", "rate", {(4, 3, 2), (6, 3, 5)}),
        ("year_compare", "rate", {(4, 3, 1)}),
        ("invoice", "of-rate", {(7, 5, 6)}),
        ("social", "of-rate", {(3, 1, 2), (5, 1, 4)}),
    ],
)
def test_rates_are_told_by_their_numbers(name, rule, cols):
    found = [one for one in checks(FORMS[name]) if one.rule == rule]
    assert {(one.total[1], *(col for _, col in one.parts)) for one in found} == cols
    assert {one.outcome for one in found} == {"holds"}


def test_growth_over_last_year():
    text = """
    项目 | 2024年 | 2023年 | 增长率
    甲 | 1,250.40 | 1,100.20 | 13.65%
    乙 | 830.15 | 902.70 | -8.04%
    丙 | 77.31 | 70.05 | 10.36%
    丁 | 5,120.00 | 4,880.35 | 4.91%
    """
    found = checks(table(text, unit="万元"))
    assert {(one.rule, one.outcome) for one in found} == {("growth", "holds")}
    assert suspects(checked(table(text.replace("10.36", "16.36"), unit="万元"))) >= {("t1", 3, 3)}


def test_rates_of_nothing_in_the_table_say_nothing():
    text = "指标|数值|增长率（%）\n甲|1,250.4|13.6\n乙|830.1|-8.0\n丙|77.3|10.3\n丁|512.0|4.9"
    assert checks(table(text)) == []
