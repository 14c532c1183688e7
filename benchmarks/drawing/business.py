"""Tables of companies: statements, ledgers, pay, purchases."""

from drawing.sheets import Builder, Content
from drawing.words import (
    ASSETS,
    DEDUCTIONS,
    FIXED,
    GOODS,
    LEDGER,
    PAY,
    PROFIT,
    REMARKS,
    Rng,
    amount,
    capital,
    cents,
    chance,
    company,
    date,
    digits,
    person,
    pick,
    some,
)


def assets(rng: Rng) -> Content:
    """Assets at two days, with the totals of both groups and of all."""
    table = Builder(4)
    table.add(["资　产", "行次", "期末余额", "年初余额"], "cccc")
    sums = [[0, 0], [0, 0]]
    line = 0
    for group, (title, names) in enumerate((("流动资产：", ASSETS), ("非流动资产：", FIXED))):
        line += 1
        table.add([title, str(line), "", ""], "lcrr")
        for name in some(rng, names, 6, 9):
            line += 1
            values = [cents(rng, 6, 9.5) if chance(rng, 0.85) else 0 for _ in range(2)]
            sums[group] = [a + b for a, b in zip(sums[group], values, strict=True)]
            table.add(
                [f"　{name}", str(line), *(amount(v, ",") if v else "" for v in values)], "lcrr"
            )
        line += 1
        table.bold.add(table.row)
        table.add([f"{title[:-1]}合计", str(line), *(amount(v, ",") for v in sums[group])], "lcrr")
    both = [a + b for a, b in zip(*sums, strict=True)]
    table.add(["资产总计", str(line + 1), *(amount(v, ",") for v in both)], "lcrr")
    unit = company(rng)
    above = ((f"编制单位：{unit}", date(rng, "{y}年12月31日"), "单位：元"),)
    below = ((f"法定代表人：{person(rng)}", f"财务负责人：{person(rng)}", f"制表：{person(rng)}"),)
    heading = pick(rng, ("资产负债表（简表）", "资产情况表"))
    return Content("assets", heading, above, table.sheet(heading, 1), below, unit=unit)


def profit(rng: Rng) -> Content:
    """Income less costs; losses in brackets."""
    table = Builder(4)
    table.add(["项目", "附注", "本期金额", "上期金额"], "cccc")
    negative = pick(rng, ("({})", "-{}", "({})"))

    def money(value: int) -> str:
        return amount(value, ",") if value >= 0 else negative.format(amount(-value, ","))

    income = [cents(rng, 8, 9.5) for _ in range(2)]
    table.add(["一、营业收入", digits(rng, 1), *map(money, income)], "lcrr")
    rest = list(income)
    for i, name in enumerate(some(rng, PROFIT, 4, 8)):
        costs = [cents(rng, 6, 8.8) * (-1 if chance(rng, 0.15) else 1) for _ in range(2)]
        rest = [a - b for a, b in zip(rest, costs, strict=True)]
        table.add([("减：" if i == 0 else "　　") + name, str(i + 2), *map(money, costs)], "lcrr")
    table.add(["二、营业利润", "", *map(money, rest)], "lcrr")
    extra = [cents(rng, 4, 7) for _ in range(2)]
    table.add(["加：营业外收入", "", *map(money, extra)], "lcrr")
    whole = [a + b for a, b in zip(rest, extra, strict=True)]
    table.add(["三、利润总额", "", *map(money, whole)], "lcrr")
    unit = company(rng)
    above = ((f"编制单位：{unit}", date(rng, "{y}年{m}月"), "单位：元"),)
    return Content("profit", "利润表", above, table.sheet("利润表", 1), unit=unit)


def ledger(rng: Rng) -> Content:
    """Entries of an account with a balance that runs."""
    form = pick(rng, ("{y}-{m:02}-{d:02}", "{y}{m:02}{d:02}", "{y}.{m:02}.{d:02}", "{y}/{m}/{d}"))
    table = Builder(6)
    table.add(["日期", "凭证号", "摘要", "借方金额", "贷方金额", "余额"], "cccccc")
    balance, sums = cents(rng, 7, 8.5), [0, 0]
    table.add([date(rng, form), "", "期初余额", "", "", amount(balance, ",")], "cclrrr")
    for _ in range(int(rng.integers(12, 26))):
        value = cents(rng, 3.5, 7)
        side = 0 if chance(rng, 0.5) or value > balance else 1
        balance += value if side == 0 else -value
        sums[side] += value
        money = ["", ""]
        money[side] = amount(value, ",")
        word = pick(rng, ("记-", "付-", "收-")) + digits(rng, 3)
        table.add(
            [date(rng, form), word, pick(rng, LEDGER), *money, amount(balance, ",")], "cclrrr"
        )
    table.put(0, "本期合计", (1, 3))
    table.add([*(amount(v, ",") for v in sums), amount(balance, ",")], "rrr", 3)
    unit = company(rng)
    above = ((f"户名：{unit}", "", f"账号：{digits(rng, 16)}"),)
    heading = pick(rng, ("银行存款日记账", "账户交易明细", "往来对账单"))
    return Content("ledger", heading, above, table.sheet(heading, 1), unit=unit)


def payroll(rng: Rng) -> Content:
    """Pay, deductions and what is left, for each person and together."""
    gains, losses = some(rng, PAY, 3, 5), some(rng, DEDUCTIONS, 2, 4)
    a, b = len(gains), len(losses)
    table = Builder(5 + a + b)
    table.put(0, "序号", (2, 1))
    table.put(1, "姓名", (2, 1))
    table.put(2, "应发工资", (1, a + 1))
    table.put(3 + a, "代扣款项", (1, b + 1))
    table.put(4 + a + b, "实发工资", (2, 1))
    table.end_row()
    table.add([*gains, "小计", *losses, "小计"], "c" * (a + b + 2), 2)
    sums = [0] * (a + b + 3)
    for number in range(1, int(rng.integers(10, 20))):
        plus, minus = [cents(rng, 4.3, 6) for _ in gains], [cents(rng, 3, 4.8) for _ in losses]
        row = [*plus, sum(plus), *minus, sum(minus), sum(plus) - sum(minus)]
        sums = [x + y for x, y in zip(sums, row, strict=True)]
        table.add([str(number), person(rng), *map(amount, row)], "cc" + "r" * len(row))
    table.put(0, "合计", (1, 2))
    table.bold.add(table.row)
    table.add([amount(v) for v in sums], "r" * len(sums), 2)
    unit = company(rng)
    above = ((f"单位：{unit}", date(rng, "{y}年{m}月"), "单位：元"),)
    below = ((f"制表：{person(rng)}", f"审核：{person(rng)}", f"批准：{person(rng)}"),)
    heading = "工资发放明细表"
    return Content("payroll", heading, above, table.sheet(heading, 2), below, unit=unit)


def purchase(rng: Rng) -> Content:
    """Goods by number and price; the amount in words below agrees with the total."""
    table = Builder(8)
    heads = ["序号", "名称", "规格型号", "单位", "数量", "单价（元）", "金额（元）", "备注"]
    table.add(heads, "c" * 8)
    goods = some(rng, GOODS, 6, 18)
    total, number = 0, 0
    for part, title in enumerate(pick(rng, (("",), ("一、设备类", "二、材料类")))):
        if title:
            table.put(0, title, (1, 8), "left")
            table.end_row()
        half = 0
        for name, unit, make in goods[part::2] if title else goods:
            number += 1
            count, price = int(rng.integers(1, 200)), cents(rng, 2.5, 5)
            half += count * price
            remark = pick(rng, REMARKS) if chance(rng, 0.25) else ""
            row = [
                str(number),
                name,
                make,
                unit,
                str(count),
                amount(price, ","),
                amount(count * price, ","),
                remark,
            ]
            table.add(row, "cllcrrrc")
        total += half
        if title:
            table.put(0, "小计", (1, 6))
            table.add([amount(half, ","), ""], "rc", 6)
    table.put(0, "合计金额", (1, 2))
    table.put(2, f"人民币（大写）：{capital(total)}", (1, 4), "left")
    table.put(6, f"¥{amount(total, ',')}", (1, 2))
    table.end_row()
    unit = company(rng)
    above = ((f"申购单位：{unit}", "", f"编号：{pick(rng, ('CG', 'SG', 'WZ'))}-{digits(rng, 8)}"),)
    below = (
        (f"申请人：{person(rng)}", f"审批人：{person(rng)}", date(rng, "日期：{y}年{m}月{d}日")),
    )
    heading = pick(rng, ("物资采购清单", "采购申请单", "报价明细表"))
    return Content("purchase", heading, above, table.sheet(heading, 1), below, unit=unit)
