"""Say in Chinese what a person is to know of cells, tables and pages, and list what is open."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tenglu.export.terms import DECIDERS, FLAGS, ROLES, SOURCES
from tenglu.model import Cell, Document, Evidence, FlagCode, Role, Table

_COLORS = {"red": "红色", "blue": "蓝色", "purple": "紫色", "green": "绿色", "black": "黑色"}

# Control characters that XML and HTML forbid, shown by the pictures Unicode has for them.
_PICTURES = dict.fromkeys((0xFFFE, 0xFFFF), "�") | {
    code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n\r"
}


class Doubt(NamedTuple):
    """One line of the list of what a person must settle."""

    what: str
    message: str
    page: int | None = None
    table: str | None = None
    row: int | None = None  # of the table's grid, from 0
    col: int | None = None


def printable(text: str) -> str:
    """The text with control characters made visible, and every line break as line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_PICTURES)


def share(confidence: float | None) -> str:
    """A confidence for people; cut and not rounded, so that 100% means certain."""
    if confidence is None:
        return "未评分"
    permille = int(round(confidence * 1000, 6))  # 0.57 * 1000 is a little less than 570
    return f"{permille // 10}.{permille % 10}%"


def page_range(pages: Iterable[int]) -> str:
    """1-based page numbers in words: 第 5–7、9 页."""
    runs: list[list[int]] = []
    for page in sorted(set(pages)):
        if runs and page == runs[-1][-1] + 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    ranges = (f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    return f"第 {'、'.join(ranges)} 页"


def flag_words(codes: Iterable[FlagCode]) -> str:
    return "、".join(FLAGS[code].zh for code in codes)


def cell_words(cell: Cell) -> list[str]:
    """Why a cell is doubted: reasons, confidence, the other readings, where it stands."""
    lines = [f"待核：{flag_words(cell.flags) or '请与原件核对'}"] if cell.needs_review else []
    lines += [f"提示：{flag_words(cell.flags)}"] if cell.flags and not cell.needs_review else []
    if cell.decided_by != "machine":
        who = _name(decider(cell))
        lines.append(f"来源：{DECIDERS[cell.decided_by].zh}" + (f"（{who}）" if who else ""))
    lines.append(f"置信度：{share(cell.confidence)}")
    for evidence in cell.evidence:
        if evidence.text is None:
            lines.append(f"{_name(evidence)} 佐证：{share(evidence.confidence)}")
        elif evidence.text != cell.text:
            reading = evidence.text or "（空白）"
            lines.append(f"另读作“{reading}”（{_name(evidence)}，{share(evidence.confidence)}）")
    lines.append(f"原件第 {cell.page} 页")
    return lines


def decider(cell: Cell) -> Evidence | None:
    """Return the source of the text that stands; None: an empty cell, or an edit by hand."""
    readings = [e for e in cell.evidence if e.role is Role.READING]
    return readings[-1] if readings and readings[-1].text == cell.text else None


def _name(evidence: Evidence | None) -> str:
    """Return who says it, and how where an engine reads in several ways."""
    if evidence is None:
        return ""
    who = evidence.name or SOURCES[evidence.source].zh
    is_plain = evidence.role in (Role.READING, Role.SCORE)
    return who if is_plain else f"{who} {ROLES[evidence.role].zh}"


def removed_marks(document: Document) -> dict[str, str]:
    """What was taken off the pages: kind of mark -> which, and where."""
    found: dict[str, dict[str, list[int]]] = {"水印": {}, "印章": {}}
    for page in document.pages:
        for mark in page.watermarks:
            name = f"“{mark.text}”" if mark.text else "文字未辨认"
            found["水印"].setdefault(name, []).append(page.number)
        for seal in page.seals:
            found["印章"].setdefault(_COLORS.get(seal.color, seal.color), []).append(page.number)
    return {
        kind: "；".join(f"{name}（{page_range(pages)}）" for name, pages in marks.items())
        for kind, marks in found.items()
        if marks
    }


def table_title(table: Table) -> str:
    return table.title or table.code or f"表 {table.id}"


def to_review(table: Table) -> int:
    """How many cells of the table wait for a person."""
    return sum(cell.needs_review for cell in table.cells)


def table_facts(table: Table) -> str:
    """Code, unit, pages and what waits for review, in one line."""
    waiting = to_review(table)
    facts = [
        table.code,
        f"单位：{table.unit}" if table.unit else "",
        f"原件{page_range(table.pages)}",
        f"待核 {waiting} 格" if waiting else "",
    ]
    return " · ".join(fact for fact in facts if fact)


def doubts(document: Document) -> list[Doubt]:
    """Everything open: the document's flags, then page flags and cells that those leave out."""
    listed = [
        Doubt(flag_words([flag.code]), flag.message, flag.page, flag.table, flag.row, flag.col)
        for flag in document.flags
    ]
    of_pages = {(flag.code, flag.page) for flag in document.flags}
    listed += [
        Doubt(flag_words([code]), "", page.number)
        for page in document.pages
        for code in page.flags
        if (code, page.number) not in of_pages
    ]
    named = {(flag.table, flag.row, flag.col, flag.code) for flag in document.flags}
    places = {place[:3] for place in named}
    for table in document.tables:
        for cell in table.cells:
            place = (table.id, cell.row, cell.col)
            left = [code for code in cell.flags if (*place, code) not in named]
            if cell.needs_review and (left or place not in places):
                what = flag_words(left) or "待核"
                message = f"“{cell.text}”，置信度：{share(cell.confidence)}"
                listed.append(Doubt(what, message, cell.page, *place))
    return listed


def place_words(doubt: Doubt, tables: Mapping[str, Table]) -> str:
    """Where a doubt stands; rows and columns counted from 1, the table's head included."""
    places = [f"原件{page_range([doubt.page])}"] if doubt.page is not None else []
    if doubt.table is not None:
        table = tables.get(doubt.table)
        places.append(table_title(table) if table else f"表 {doubt.table}")
    if doubt.row is not None and doubt.col is not None:
        places.append(f"第 {doubt.row + 1} 行第 {doubt.col + 1} 列")
    return " · ".join(places) or "全文"
