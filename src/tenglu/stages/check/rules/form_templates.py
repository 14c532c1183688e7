"""What the statutory forms demand. A form is told by its title and its words, never by its number.

Relations of the forms of 部门决算公开 as the ministry's table checks have them, and of the form for
the self-assessment of projects. They come on top of what the numbers and labels show by themselves:
a relation with a name is looked for in a table where nothing else has shown it.
"""

import re
from typing import NamedTuple

from tenglu.stages.check.rules.numeric_table import NumericTable

_ORDINAL = r"^[一二三四五六七八九十]+、"
_FUNDS = r"^(一般公共预算|政府性基金预算|国有资本经营预算)财政拨款$"


class Rows(NamedTuple):
    """A row that other rows of its side add up to, by the labels; ``apart``: by their codes."""

    total: str
    parts: str
    apart: bool = False


class Cols(NamedTuple):
    """A column that other columns under the same first head add up to; "-" before: taken off."""

    total: str
    parts: tuple[str, ...]


class Form(NamedTuple):
    """A statutory form."""

    name: str
    title: str
    needs: tuple[str, ...]  # texts that stand in its head or its labels
    rows: tuple[Rows, ...] = ()
    cols: tuple[Cols, ...] = ()


class Spot(NamedTuple):
    """A cell of a form, by the label of its row and the heads of its column."""

    form: str
    rows: str  # all rows that match are added up
    col: str


INCOME_AND_SPENDING = "收入支出决算总表"
INCOME = "收入决算表"
SPENDING = "支出决算表"
FISCAL = "财政拨款收入支出决算总表"
GENERAL = "一般公共预算财政拨款支出决算表"
BASIC = "一般公共预算财政拨款基本支出决算表"
FUND = "政府性基金预算财政拨款收入支出决算表"
CAPITAL = "国有资本经营预算财政拨款支出决算表"
THREE = "财政拨款三公经费支出决算表"

_NATURES = ("基本支出", "项目支出")

FORMS = (
    Form(
        INCOME_AND_SPENDING,
        r"^(?!.*财政拨款).*收入支出决算总表",
        ("本年收入合计", "本年支出合计"),
        rows=(
            Rows(r"^本年(收入|支出)合计$", _ORDINAL),
            Rows(
                r"^(收入|支出)?总计$",
                r"^本年(收入|支出)合计$|^使用非财政拨款结余|^(年初|年末)结转和结余|^结余分配",
            ),
        ),
    ),
    Form(
        INCOME,
        r"^(?!.*支出).*收入决算表",
        ("财政拨款收入", "上级补助收入"),
        cols=(
            Cols(
                r"(本年收入)?合计$",
                (r"财政拨款收入$|上级补助收入$|事业收入$|经营收入$|附属单位上缴收入$|其他收入$",),
            ),
        ),
    ),
    Form(
        SPENDING,
        r"^(?!.*(收入|财政拨款)).*支出决算表",
        _NATURES,
        cols=(
            Cols(
                r"(本年支出)?合计$",
                (r"基本支出$|项目支出$|上缴上级支出$|经营支出$|对附属单位补助支出$",),
            ),
        ),
    ),
    Form(
        FISCAL,
        r"财政拨款收入支出决算总表",
        ("本年收入合计", "本年支出合计"),
        rows=(
            Rows(r"^本年(收入|支出)合计$", _ORDINAL),
            Rows(r"^年初财政拨款结转和结余$", _FUNDS),
            Rows(r"^(收入|支出)?总计$", r"^本年(收入|支出)合计$|^(年初|年末)财政拨款结转和结余$"),
        ),
        cols=(Cols(r"合计$", (r"(一般公共|政府性基金|国有资本经营)预算财政拨款$",)),),
    ),
    Form(
        GENERAL,
        r"一般公共预算财政拨款支出决算表",
        _NATURES,
        cols=(Cols(r"(小计|合计)$", ("基本支出$|项目支出$",)),),
    ),
    Form(
        BASIC,
        r"一般公共预算财政拨款基本支出决算",
        ("人员经费", "公用经费"),
        rows=(
            Rows(r"^人员经费合计$", r"^(301|303)$", apart=True),
            Rows(r"^公用经费合计$", r"^(302|307|309|310|311|312|313|399)$", apart=True),
        ),
    ),
    Form(
        FUND,
        r"政府性基金预算财政拨款收入支出决算表",
        _NATURES,
        cols=(
            Cols(r"(小计|合计)$", ("基本支出$|项目支出$",)),
            Cols(r"年末结转和结余$", (r"年初结转和结余$", r"本年收入$", r"-本年支出/(小计|合计)$")),
        ),
    ),
    Form(
        CAPITAL,
        r"国有资本经营预算财政拨款(收入)?支出决算表",
        _NATURES,
        cols=(Cols(r"(小计|合计)$", ("基本支出$|项目支出$",)),),
    ),
    Form(
        THREE,
        r"三公.*(经费)?支出决算表|三公.*经费.*表",
        ("因公出国", "公务接待费"),
        cols=(
            Cols(
                r"^(预算数|决算数)/合计$|^合计$",
                (r"因公出国", r"公务用车.*小计$", r"公务接待费$"),
            ),
            Cols(r"公务用车.*小计$", (r"公务用车购置费$", r"公务用车运行维护费$")),
        ),
    ),
    Form(
        "政府采购情况",
        r"公开相关信息|政府采购",
        ("货物", "工程", "服务"),
        rows=(Rows(r"^合计$", r"^(政府采购)?(货物|工程|服务)(支出)?$"),),
    ),
)

LINKS: tuple[tuple[Spot, Spot], ...] = (
    (Spot(INCOME_AND_SPENDING, r"^本年收入合计$", r"金额|决算"), Spot(INCOME, r"^合计$", r"合计$")),
    (
        Spot(INCOME_AND_SPENDING, r"^本年支出合计$", r"金额|决算"),
        Spot(SPENDING, r"^合计$", r"合计$"),
    ),
    (
        Spot(INCOME_AND_SPENDING, r"一般公共预算财政拨款收入$", r"金额|决算"),
        Spot(FISCAL, r"、一般公共预算财政拨款$", r"金额|决算"),
    ),
    (
        Spot(INCOME_AND_SPENDING, r"政府性基金预算财政拨款收入$", r"金额|决算"),
        Spot(FISCAL, r"、政府性基金预算财政拨款$", r"金额|决算"),
    ),
    (Spot(INCOME, r"^合计$", r"财政拨款收入$"), Spot(FISCAL, r"^本年收入合计$", r"金额|决算")),
    (
        Spot(FISCAL, r"^本年支出合计$", r"一般公共预算财政拨款$"),
        Spot(GENERAL, r"^合计$", r"(小计|合计)$"),
    ),
    (
        Spot(FISCAL, r"^本年支出合计$", r"政府性基金预算财政拨款$"),
        Spot(FUND, r"^合计$", r"本年支出/(小计|合计)$"),
    ),
    (
        Spot(FISCAL, r"^本年支出合计$", r"国有资本经营预算财政拨款$"),
        Spot(CAPITAL, r"^合计$", r"(小计|合计)$"),
    ),
    (
        Spot(GENERAL, r"^合计$", r"基本支出$"),
        Spot(BASIC, r"^(人员经费|公用经费)合计$", r"决算数|金额"),
    ),
)


def form_of(sheet: NumericTable) -> Form | None:
    """The form that a table is; None: none of those known."""
    title = re.sub(r"[“”\"\s]", "", sheet.table.title)
    texts = "\n".join(text for row in sheet.labels for text in row)
    for form in FORMS:
        if re.search(form.title, title) and all(need in texts for need in form.needs):
            return form
    return None
