"""Tables of public bodies: expenditure by code, income and expenditure side by side, targets."""

from drawing.sheets import Builder, Content
from drawing.words import (
    FUNCTIONS,
    INCOMES,
    TARGETS,
    TOPICS,
    Rng,
    amount,
    bureau,
    cents,
    chance,
    date,
    person,
    pick,
    shares,
    some,
)

TALL = 4  # rows of a label that is set a character a line
PageResult = tuple[str, str, list[int]]  # code, name, amounts


def expenditure(rng: Rng) -> Content:
    """Codes of three, five and seven digits with sums from the leaves up and along the rows."""
    parts = pick(
        rng,
        (
            ["基本支出", "项目支出"],
            ["基本支出", "项目支出", "上缴上级支出", "经营支出"],
            ["财政拨款", "事业收入", "其他收入"],
        ),
    )
    n_cols = 3 + len(parts)
    rows = _tree(rng, len(parts))
    group = pick(rng, ("", ","))
    blank = pick(rng, ("", "0.00", "-"))
    table = Builder(n_cols)
    table.put(0, "项目", (1, 2))
    for col, text in enumerate(["本年合计", *parts], 2):
        table.put(col, text, (2, 1))
    table.end_row()
    table.add(["科目编码", "科目名称"], "cc")
    if chance(rng, 0.6):
        table.put(0, "栏次", (1, 2))
        table.add([str(i + 1) for i in range(n_cols - 2)], "c" * (n_cols - 2), 2)
    header = table.row
    table.put(0, "合计", (1, 2))
    top = [row for row in rows if len(row[0]) == len("201")]
    total = [sum(row[2][i] for row in top) for i in range(len(parts))]
    figures = [amount(v, group) if v else blank for v in [sum(total), *total]]
    table.bold.add(table.row)
    table.add(figures, "r" * len(figures), 2)
    for code, name, values in rows:
        figures = [amount(v, group) if v else blank for v in [sum(values), *values]]
        table.add([code, name, *figures], "ll" + "r" * len(figures))
    unit, year = bureau(rng), date(rng, "{y}年度")
    heading = pick(
        rng, ("支出决算明细表", "一般公共预算支出表", "部门支出总表", "财政拨款支出决算表")
    )
    above = (
        ("", "", pick(rng, ("预算公开05表", "附表3", "表四"))),
        (f"编制单位：{unit}", year, "单位：万元"),
    )
    notes = ("注：本表反映单位本年度各项支出的安排情况。",) if chance(rng, 0.5) else ()
    return Content("expenditure", heading, above, table.sheet(heading, header), (), notes, unit)


def _tree(rng: Rng, n_parts: int) -> list[PageResult]:
    rows: list[PageResult] = []
    for code, name, sections in some(rng, FUNCTIONS, 3, 6):
        inner: list[PageResult] = []
        for section, label, page_results in some(rng, sections, 1, 3):
            own = [
                (c, t, shares(rng, cents(rng, 3), n_parts))
                for c, t in some(rng, page_results, 1, 3)
            ]
            own = [(c, t, _some_blank(rng, v)) for c, t, v in own]
            inner += [(section, label, _columns(own)), *own]
        rows += [
            (code, name, _columns([row for row in inner if len(row[0]) == len("20103")])),
            *inner,
        ]
    return rows


def _some_blank(rng: Rng, values: list[int]) -> list[int]:
    """Most items are paid out of one source alone."""
    if chance(rng, 0.5):
        return values
    kept = int(rng.integers(len(values)))
    return [sum(values) if i == kept else 0 for i in range(len(values))]


def _columns(rows: list[PageResult]) -> list[int]:
    return [sum(values) for values in zip(*(row[2] for row in rows), strict=True)]


def balance_sides(rng: Rng) -> Content:
    """Income on the left, expenditure on the right, both with line numbers; totals agree."""
    group = pick(rng, ("", ","))
    incomes = [
        (f"{n}、{t}", cents(rng, 3)) for n, t in zip("一二三四五六七八", INCOMES, strict=False)
    ]
    incomes = [(t, v if chance(rng, 0.5) or i == 0 else 0) for i, (t, v) in enumerate(incomes)]
    total = sum(v for _, v in incomes)
    names = [name for _, name, _ in FUNCTIONS]
    outgoings = shares(rng, total * 9 // 10, len(names))
    carried = int(rng.integers(0, total))
    left = [
        *incomes,
        ("", 0),
        ("本年收入合计", total),
        ("年初结转和结余", carried),
        ("总计", total + carried),
    ]
    rest = total + carried - sum(outgoings)
    right = [
        *((f"{n}、{t}", v) for n, t, v in zip("一二三四五六七八", names, outgoings, strict=True)),
        ("", 0),
        ("本年支出合计", sum(outgoings)),
        ("年末结转和结余", rest),
        ("总计", total + carried),
    ]
    table = Builder(6)
    table.put(0, "收入", (1, 3))
    table.put(3, "支出", (1, 3))
    table.end_row()
    table.add(["项目", "行次", "决算数"] * 2, "cccccc")
    table.add(["栏次", "", "1", "栏次", "", "2"], "cccccc")
    for i, ((a, va), (b, vb)) in enumerate(zip(left, right, strict=True), 1):
        money = [amount(v, group) if v else "" for v in (va, vb)]
        if a == "总计" or "合计" in a:
            table.bold.add(table.row)
        table.add([a, str(i), money[0], b, str(i + len(left)), money[1]], "lcrlcr")
    unit = bureau(rng)
    above = (("", "", "公开01表"), (f"部门：{unit}", "", "金额单位：万元"))
    heading = "收入支出决算总表"
    return Content("sides", heading, above, table.sheet(heading, 3), unit=unit)


def targets(rng: Rng) -> Content:
    """Targets of a project: merged labels on the left, budget and results."""
    unit, topic = bureau(rng), pick(rng, TOPICS) + pick(rng, ("项目", "工程", "专项经费"))
    budget = cents(rng, 4)
    paid = int(budget * rng.uniform(0.8, 1))
    table = Builder(6)
    for label, text in (("项目名称", topic), ("主管部门", unit)):
        table.put(0, label, (1, 2))
        table.put(2, text, (1, 4), "left")
        table.end_row()
    table.put(0, "项目资金（万元）", (3, 2))
    table.add(["", "年初预算数", "全年执行数", "执行率"], "cccc", 2)
    own = shares(rng, budget, 2)
    spent = shares(rng, paid, 2)
    for name, b, p in (
        ("资金总额", budget, paid),
        ("其中：财政拨款", own[0], min(spent[0], own[0])),
    ):
        rate = f"{p / b * 100:.2f}%" if b else "-"
        table.add([name, amount(b), amount(p), rate], "lrrr", 2)
    table.add(["一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "得分"], "cccccc")
    chosen = some(rng, TARGETS, 4, 7)
    start = table.row
    for group in dict.fromkeys(first for first, *_ in chosen):
        rows = sum(2 for first, *_ in chosen if first == group)
        table.upright(0, group, rows) if rows > TALL else table.put(0, group, (rows, 1))
        for _, second, *goals in (c for c in chosen if c[0] == group):
            table.put(1, second, (2, 1))
            for goal, value in goals:
                table.add([goal, value, "完成", str(rng.integers(3, 11))], "lccc", 2)
    table.put(0, "总分", (1, 5))
    table.add(
        [
            str(
                sum(
                    int(i.text) for i in table.items if i.row >= start and i.col == table.n_cols - 1
                )
            )
        ],
        "c",
        5,
    )
    below = ((f"填报人：{person(rng)}", "", f"联系电话：0{digits_of(rng)}"),)
    heading = "项目支出绩效自评表"
    above = ((f"（{date(rng, '{y}年度')}）", "", ""),)
    return Content("targets", heading, above, table.sheet(heading, 0), below, (), unit=unit)


def digits_of(rng: Rng) -> str:
    return f"{rng.integers(300, 999)}-{rng.integers(2_000_000, 8_999_999)}"
