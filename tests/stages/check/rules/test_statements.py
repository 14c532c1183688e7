"""Statements whose rows are added and taken off: 加, 减, 其中, totals over some of the rows."""

import pytest

from printed import checked, checks, form_tests, outcomes, suspects, table

SMALL_BALANCE = """
资产 | 行次 | 期末余额 | 年初余额
流动资产： | 1 |  |
货币资金 | 2 | 27,407.80 | 1,096.22
应收账款 | 3 | 8,352.45 | 2,806.52
预付账款 | 4 | 199,252.58 | 24,812.37
存货 | 5 | 804,864.01 | 771,203.89
其中：原材料 | 6 | 55,892.69 | 736,266.50
在产品 | 7 | 743,370.52 | 27,606.54
库存商品 | 8 | 5,600.80 | 7,330.85
流动资产合计 | 9 | 1,039,876.84 | 799,919.00
非流动资产： | 10 |  |
固定资产原价 | 11 | 77,938.25 | 447,593.18
减：累计折旧 | 12 | 11,690.73 | 210,368.79
固定资产账面价值 | 13 | 66,247.52 | 237,224.39
在建工程 | 14 | 12,878.18 | 190,054.98
非流动资产合计 | 15 | 79,125.70 | 427,279.37
资产总计 | 16 | 1,119,002.54 | 1,227,198.37
"""

PROFIT = """
项目 | 本期金额 | 上期金额
一、营业收入 | 5,637,197.85 | 4,835,332.14
减：营业成本 | 3,213,202.77 | 2,997,905.92
税金及附加 | 945,639.04 | 772,558.29
销售费用 | 2,133.07 | 24,322.63
管理费用 | 7,297.49 | 301,452.82
研发费用 | 2,751.66 | 281,514.18
财务费用 | 4,816.33 | 658,219.21
其中：利息费用 | 9,410.73 | 1,028.76
利息收入 | 37.87 | 13.13
加：其他收益 | 150.18 | 20,073.81
投资收益（损失以“-”号填列） | 506.95 | 15,622.25
其中：对联营企业和合营企业的投资收益 | △25.10 | 19.28
公允价值变动收益（损失以“-”号填列） | △158.07 | △412.71
信用减值损失（损失以“-”号填列） |  | 8,575.05
资产减值损失（损失以“-”号填列） | 21,096.06 | △9,507.01
资产处置收益（损失以“-”号填列） | △59,572.80 | △2,819.65
二、营业利润（亏损以“-”号填列） | 1,423,379.81 | △169,109.17
加：营业外收入 | 461.22 | 2,518.90
减：营业外支出 | 928.96 | 302.81
三、利润总额（亏损总额以“-”号填列） | 1,422,912.07 | △166,893.08
减：所得税费用 | 355,728.01 | 0.00
四、净利润（净亏损以“-”号填列） | 1,067,184.06 | △166,893.08
"""

CASH_FLOW = """
项目 | 本期金额 | 上期金额
一、经营活动产生的现金流量： |  |
销售商品、提供劳务收到的现金 | 3,862.97 | 7,949.48
收到的税费返还 | 6,161.14 | 463,775.68
收到其他与经营活动有关的现金 | 153,358.45 | 571,263.31
经营活动现金流入小计 | 163,382.56 | 1,042,988.47
购买商品、接受劳务支付的现金 | 7,168,971.66 | 77,233.45
支付给职工以及为职工支付的现金 | 4,493.09 |
支付的各项税费 | 3,478.40 | 275,654.93
支付其他与经营活动有关的现金 |  | 1,885,787.08
经营活动现金流出小计 | 7,176,943.15 | 2,238,675.46
经营活动产生的现金流量净额 | (7,013,560.59) | (1,195,686.99)
二、投资活动产生的现金流量： |  |
收回投资收到的现金 | 7,492,234.23 | 1,904,037.11
取得投资收益收到的现金 | 83,927.13 | 244,971.07
处置固定资产收回的现金净额 |  |
投资活动现金流入小计 | 7,576,161.36 | 2,149,008.18
购建固定资产支付的现金 | 7,013,845.47 | 30,484.62
投资支付的现金 | 1,289.30 |
支付其他与投资活动有关的现金 | 1,129,228.65 | 30,956.77
投资活动现金流出小计 | 8,144,363.42 | 61,441.39
投资活动产生的现金流量净额 | (568,202.06) | 2,087,566.79
三、筹资活动产生的现金流量： |  |
吸收投资收到的现金 | 3,635,316.32 | 1,387,813.24
取得借款收到的现金 | 7,671.74 |
筹资活动现金流入小计 | 3,642,988.06 | 1,387,813.24
偿还债务支付的现金 |  | 1,102,733.02
分配股利、利润或偿付利息支付的现金 | 3,101.03 | 2,815,392.10
筹资活动现金流出小计 | 3,101.03 | 3,918,125.12
筹资活动产生的现金流量净额 | 3,639,887.03 | (2,530,311.88)
四、汇率变动对现金及现金等价物的影响 |  | 389.80
五、现金及现金等价物净增加额 | (3,941,875.62) | (1,638,042.28)
加：期初现金及现金等价物余额 | 1,303,613.27 | 1,027,800.04
六、期末现金及现金等价物余额 | (2,638,262.35) | (610,242.24)
"""

THREE_PUBLIC_ROWS = """
项目 | 预算数 | 决算数
合计 | 77.89 | 46.76
1.因公出国（境）费 | 28.30 | 6.79
2.公务接待费 | 16.61 | 1.37
3.公务用车购置及运行费 | 32.98 | 38.60
其中：（1）公务用车运行维护费 | 7.10 | 30.89
（2）公务用车购置费 | 25.88 | 7.71
"""

DEPT_BUDGET = """
收入 | < | 支出 | <
项目 | 预算数 | 项目 | 预算数
一、一般公共预算拨款收入 | 4,366.06 | 一、基本支出 | 5,789.22
其中：上级补助 | 3,318.20 | 其中：人员经费 | 4,052.45
二、政府性基金预算拨款收入 | 1,143.13 | 公用经费 | 1,736.77
三、国有资本经营预算拨款收入 | 3,775.20 | 二、项目支出 | 2,894.61
四、事业收入 | 350.65 | 三、上缴上级支出 | 1,553.37
五、其他收入 | 13.66 |  |
本年收入合计 | 9,648.70 | 本年支出合计 | 10,237.20
上年结转 | 588.50 | 结转下年 |
收入总计 | 10,237.20 | 支出总计 | 10,237.20
"""

VOUCHER = """
摘要 | 总账科目 | 明细科目 | 借方金额 | 贷方金额
付款 | 管理费用 | 办公费 | 264.70 |
付款 | 管理费用 | 办公费 | 40,189.64 |
付款 | 管理费用 | 办公费 | 10,986.75 |
付款 | 银行存款 | 工行 |  | 51,348.82
付款 | 应交税费 | 个税 |  | 92.27
合计（大写）伍万壹仟肆佰肆拾壹元零玖分 | < | < | 51,441.09 | 51,441.09
"""

FORMS = {
    "small_balance": table(SMALL_BALANCE, title="资产负债表", unit="元", header_rows=1),
    "profit": table(PROFIT, title="利润表", unit="元", header_rows=1),
    "cash_flow": table(CASH_FLOW, title="现金流量表", unit="元", header_rows=1),
    "three_public_rows": table(
        THREE_PUBLIC_ROWS, title="一般公共预算“三公”经费支出表", unit="万元", header_rows=1
    ),
    "dept_budget": table(DEPT_BUDGET, title="部门收支总表", unit="万元", header_rows=2),
    "voucher": table(VOUCHER, title="记账凭证", unit="元", header_rows=1),
}


test_nothing_fails_on_a_true_form, test_wrong_digits_are_found = form_tests(FORMS)


def parts_of(name: str, total: tuple[int, int]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Rows and signs of the sums that make up a cell."""
    found = [one for one in checks(FORMS[name]) if one.total == total]
    return [(tuple(row for row, _ in one.parts), one.signs) for one in found]


def test_rows_under_less_are_taken_off_and_those_of_which_are_passed_over():
    [(rows, signs)] = parts_of("profit", (17, 1))
    assert rows == (1, *range(2, 8), 10, 11, 13, 14, 15, 16)
    assert signs == (1, *(-1,) * 6, *(1,) * 6)
    assert ((17, 18, 19), (1, 1, -1)) in parts_of("profit", (20, 2))


def test_of_which_tells_the_parts_of_the_row_above():
    assert parts_of("small_balance", (5, 2)) == [((6, 7, 8), ())]
    assert parts_of("small_balance", (9, 2)) == [((2, 3, 4, 5), ())]
    # What is left of a price after depreciation stands for both.
    assert parts_of("small_balance", (15, 3)) == [((13, 14), ())]


def test_a_total_above_adds_the_highest_ordinals():
    assert parts_of("three_public_rows", (1, 1)) == [((2, 3, 4), ())]
    assert parts_of("three_public_rows", (4, 2)) == [((5, 6), ())]


def test_ordinals_under_an_ordinal_are_its_parts():
    text = """
    项目 | 金额
    一、人员经费 | 4,366.06
    1.工资 | 3,318.20
    2.津贴 | 1,047.86
    二、公用经费 | 1,143.13
    1.办公费 | 790.40
    2.差旅费 | 352.73
    合计 | 5,509.19
    """
    form = table(text, unit="元")
    found = {one.total[0]: tuple(row for row, _ in one.parts) for one in checks(form)}
    assert found == {1: (2, 3), 4: (5, 6), 7: (1, 4)}
    wrong = checked(table(text.replace("352.73", "382.73"), unit="元"))
    assert ("t1", 6, 1) in suspects(wrong)


def test_fields_of_a_form_tell_their_parts():
    text = """
    预算金额（万元） | 162.29 | 到位金额（万元） | 162.29 | 执行金额（万元） | 158.04
    其中：省级财政 | 100.00 | 其中：省级财政 | 100.00 | 其中：省级财政 | 95.75
    市级财政 | 62.29 | 市级财政 | 62.29 | 市级财政 | 62.29
    县级财政 | | 县级财政 | | 县级财政 |
    """
    found = outcomes(table(text, header_rows=0))
    assert found == {("sum", (0, col)): "holds" for col in (1, 3, 5)}
    wrong = checked(table(text.replace("95.75", "45.75"), header_rows=0))
    assert ("t1", 1, 5) in suspects(wrong)


def test_what_is_only_told_in_part_is_no_sum():
    text = "项目|金额\n一、收入|4,366.06\n其中：甲|3,318.20\n乙|127.41\n二、支出|1,143.13"
    assert "fails" not in outcomes(table(text, unit="元")).values()


@pytest.mark.parametrize(
    ("words", "outcome"), [("壹拾贰元整", "holds"), ("壹拾叁元整", "fails"), ("叁拾元整", "fails")]
)
def test_an_amount_in_words_after_a_label_is_compared(words, outcome):
    text = f"事由|金额（元）\n甲|5.00\n乙|7.00\n合计（大写）：{words}|12.00"
    [one] = [one for one in checks(table(text)) if one.rule == "in-words"]
    assert one.outcome == outcome


def test_units_are_no_amounts():
    text = "指标|单位|数值\n产值|亿元|1,523.10\n投资|万元|830.50\n人口|万人|120.40"
    assert checks(table(text)) == []
