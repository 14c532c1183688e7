"""Registers, rosters, statistics, forms and reports."""

from drawing.sheets import Builder, Content
from drawing.words import (
    ASSAYS,
    CROPS,
    DEGREES,
    DEPARTMENTS,
    GOODS,
    INDUSTRIES,
    PEOPLES,
    PLACES,
    POSTS,
    REMARKS,
    TITLES,
    TOPICS,
    Rng,
    amount,
    bureau,
    cents,
    chance,
    company,
    date,
    digits,
    person,
    pick,
    shares,
    some,
)


def roster(rng: Rng) -> Content:
    """People with numbers of identity, dates and telephones."""
    birth = pick(rng, ("{y}.{m:02}", "{y}-{m:02}-{d:02}", "{y}年{m}月"))
    columns = {
        "性别": lambda: pick(rng, "男女"),
        "民族": lambda: pick(rng, PEOPLES),
        "出生日期": lambda: date(rng, birth),
        "身份证号": lambda: "99" + digits(rng, 15) + pick(rng, "0123456789X"),
        "学历": lambda: pick(rng, DEGREES),
        "部门": lambda: pick(rng, DEPARTMENTS),
        "职务": lambda: pick(rng, POSTS),
        "联系电话": lambda: "1" + digits(rng, 10),
        "工号": lambda: pick(rng, ("A", "YG", "")) + digits(rng, 5),
        "备注": lambda: pick(rng, REMARKS) if chance(rng, 0.2) else "",
    }
    chosen = some(rng, list(columns), 5, 8)
    table = Builder(2 + len(chosen))
    table.add(["序号", "姓名", *chosen], "c" * (2 + len(chosen)))
    for number in range(1, int(rng.integers(12, 28))):
        texts = [str(number), person(rng), *(columns[name]() for name in chosen)]
        table.add(texts, "c" * len(texts))
    unit = company(rng)
    heading = pick(rng, ("在职人员花名册", "参会人员名单", "培训学员登记表", "参保人员信息表"))
    above = ((f"单位（盖章）：{unit}", "", date(rng, "{y}年{m}月{d}日")),)
    return Content("roster", heading, above, table.sheet(heading, 1), unit=unit)


def register(rng: Rng) -> Content:
    """A register of files: numbers, makers, long titles that wrap, dates, pages."""
    unit = bureau(rng)
    table = Builder(7)
    table.add(["顺序号", "文号", "责任者", "题名", "日期", "页数", "备注"], "ccccccc")
    form = pick(rng, ("{y}{m:02}{d:02}", "{y}.{m}.{d}", "{y}-{m:02}-{d:02}"))
    for number in range(1, int(rng.integers(10, 22))):
        sign = f"{pick(rng, PLACES)[0]}发〔{rng.integers(2005, 2026)}〕{rng.integers(1, 300)}号"
        about = (
            pick(rng, PLACES) + pick(rng, ("县", "市", "镇")) if chance(rng, 0.6) else ""
        ) + pick(rng, TITLES)
        remark = pick(rng, REMARKS) if chance(rng, 0.2) else ""
        maker = bureau(rng) if chance(rng, 0.3) else unit
        row = [
            f"{number:03}",
            sign if chance(rng, 0.7) else "",
            maker,
            about,
            date(rng, form),
            str(rng.integers(1, 260)),
            remark,
        ]
        table.add(row, "cclmcrc".replace("m", "l"))
    heading = pick(rng, ("卷内文件目录", "档案移交清册", "文书档案登记表"))
    above = (
        (
            f"全宗号：{digits(rng, 3)}",
            f"{rng.integers(2005, 2026)}年度",
            f"案卷号：{digits(rng, 4)}",
        ),
    )
    return Content("register", heading, above, table.sheet(heading, 1), unit=unit)


def statistics(rng: Rng) -> Content:
    """Regions by quantities with two header rows; totals of columns and of groups."""
    names = some(rng, pick(rng, (CROPS, INDUSTRIES)), 3, 5)
    places = pick(rng, (0, 1, 2))
    kinds = pick(rng, (("面积", "产量"), ("户数", "产值"), ("上年", "本年")))
    k, n = len(kinds), len(names)
    table = Builder(1 + k * (n + 1))
    table.put(0, "地　区", (2, 1))
    for i, name in enumerate(["合计", *names]):
        table.put(1 + i * k, name, (1, k))
    table.end_row()
    table.add(list(kinds) * (n + 1), "c" * (k * (n + 1)), 1)
    total = [0] * (k * (n + 1))
    rows = []
    for place in some(rng, PLACES, 8, 18):
        whole = [cents(rng, 3, 6.2) for _ in kinds]
        parts = [shares(rng, w, n) for w in whole]
        row = [*whole, *(parts[j][i] for i in range(n) for j in range(k))]
        total = [a + b for a, b in zip(total, row, strict=True)]
        rows.append((place + pick(rng, ("县", "区", "市")), row))
    zero = pick(rng, ("", "-", "0"))
    for place, row in [("全市总计", total), *rows]:
        table.add(
            [place, *(amount(v, "", places) if v else zero for v in row)], "l" + "r" * len(row)
        )
    unit = pick(rng, PLACES) + "市统计局"
    year = f"{rng.integers(2008, 2026)}年"
    heading = year + pick(rng, ("各县区主要指标统计表", "分地区生产情况", "国民经济基本情况"))
    above = (("", "", pick(rng, ("计量单位：万元", "单位：公顷、吨", "单位：户、万元"))),)
    notes = (f"资料来源：{unit}。",)
    return Content("statistics", heading, above, table.sheet(heading, 2), (), notes, unit)


def approval(rng: Rng) -> Content:
    """A form: labels and answers, vertical labels, a small table inside, opinions."""
    unit = bureau(rng)
    table = Builder(6)
    topic = pick(rng, TOPICS) + pick(rng, ("关键技术研究", "示范推广", "应用研究"))
    table.put(0, "项目名称")
    table.put(1, topic, (1, 5))
    table.end_row()
    pairs = [
        ("申请单位", company(rng)),
        ("负责人", person(rng)),
        ("联系电话", "1" + digits(rng, 10)),
        ("申报日期", date(rng, "{y}年{m}月{d}日")),
        ("项目编号", pick(rng, ("XM", "KJ")) + digits(rng, 7)),
        ("起止时间", date(rng, "{y}.{m}") + "-" + date(rng, "{y}.{m}")),
        ("预算（万元）", amount(cents(rng, 3, 5))),
        ("部门", pick(rng, DEPARTMENTS)),
        ("职称", pick(rng, POSTS)),
    ]
    chosen = some(rng, pairs, 6, 9)[: 6 if chance(rng, 0.5) else 9]
    for at in range(0, len(chosen) - 2, 3):
        table.add([text for pair in chosen[at : at + 3] for text in pair], "cccccc")
    count = int(rng.integers(4, 8))
    table.upright(0, "主要参加人员", count)
    table.add(["姓名", "性别", "学历", "职务", "分工"], "ccccc", 1)
    for _ in range(count - 1):
        row = [
            person(rng),
            pick(rng, "男女"),
            pick(rng, DEGREES),
            pick(rng, POSTS),
            pick(rng, ("总体设计", "试验分析", "数据整理", "经费管理")),
        ]
        table.add(row, "ccccc", 1)
    table.upright(0, "研究内容", 2)
    table.put(
        1,
        f"围绕{topic}，开展现状调查、方案比选和现场试验，形成技术规程1项，"
        f"建立示范点{rng.integers(2, 9)}处，培训技术人员{rng.integers(3, 30) * 10}人次。",
        (1, 5),
        "left",
    )
    table.end_row()
    table.put(
        1,
        f"计划投资{amount(cents(rng, 4, 5))}万元，其中申请财政资金{amount(cents(rng, 3, 4))}万元。",
        (1, 5),
        "left",
    )
    table.end_row()
    for label in ("单位意见", "主管部门意见"):
        table.put(0, label)
        table.put(
            1,
            pick(rng, ("同意。（盖章）", "情况属实，同意上报。", "（签章）年　月　日")),
            (1, 5),
            "left",
        )
        table.end_row()
    heading = pick(rng, ("项目申报审批表", "立项申请表", "科研项目登记表"))
    above = ((f"受理号：{digits(rng, 8)}", "", date(rng, "填表日期：{y}年{m}月{d}日")),)
    return Content("approval", heading, above, table.sheet(heading, 0), unit=unit)


def assay(rng: Rng) -> Content:
    """Results of tests against what is asked for."""
    table = Builder(6)
    table.add(["序号", "检测项目", "单位", "技术要求", "检测结果", "单项结论"], "cccccc")
    for number, (name, unit, asked) in enumerate(some(rng, ASSAYS, 7, 16), 1):
        limit = asked.strip("≥≤±")
        if limit.replace(".", "").isdigit():
            share = rng.uniform(1.01, 1.4) if "≥" in asked else rng.uniform(0.2, 0.95)
            places = max(1, len(limit.partition(".")[2]))
            found = f"{float(limit) * share:.{places}f}"
        else:
            found = pick(rng, ("符合", "7.2", "未检出", "合格"))
        table.add(
            [str(number), name, unit, asked, found, "合格" if chance(rng, 0.95) else "/"], "clcccc"
        )
    unit = pick(rng, PLACES) + "工程质量检测中心"
    above = (
        (
            f"报告编号：{pick(rng, ('JC', 'BG'))}{digits(rng, 4)}-{digits(rng, 3)}",
            "",
            "第1页 共1页",
        ),
        (f"样品名称：{pick(rng, GOODS)[0]}", "", f"委托单位：{company(rng)}"),
    )
    below = ((f"批准：{person(rng)}", f"审核：{person(rng)}", f"主检：{person(rng)}"),)
    heading = pick(rng, ("检测报告", "检验结果汇总表"))
    return Content("assay", heading, above, table.sheet(heading, 1), below, unit=unit)
