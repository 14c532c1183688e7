"""The last sheet: every relation that was tested, those that do not hold first."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from tenglu.export.labels import table_title
from tenglu.export.terms import KINDS, OUTCOMES, rule_term
from tenglu.export.xlsx_parts import (
    LINK,
    REVIEW_FILL,
    TITLE,
    TOP,
    Looks,
    Styles,
    link_to,
    set_up_print,
    short_text,
)
from tenglu.model import Check, Document, Outcome, Place, Table

SHEET = "核对"
_HEADS = ("结果", "表", "单元格", "关系", "依据", "应为", "实见", "差", "容差", "各项")
_WIDTHS = (11, 34, 10, 9, 26, 16, 16, 12, 10, 60)
_ORDER: tuple[Outcome, ...] = ("fails", "not-computable", "rounding", "holds")
_MOST_PARTS = 40  # addresses that are listed; the rest is counted
_BODY: Looks = {"border": 1, "border_color": "#7F7F7F", "text_wrap": True}
_HEAD: Looks = _BODY | {"bold": True, "align": "center", "bg_color": "#EDEDED"}


def write(sheet: Worksheet, styles: Styles, document: Document, names: Sequence[str]) -> None:
    """Fill the sheet; ``names`` are those of the tables' sheets, in the order of the tables."""
    for col, width in enumerate(_WIDTHS):
        sheet.set_column(col, col, width)
    sheet.set_row(0, 30)
    sheet.write_string(0, 0, "核对关系", styles.of(TITLE | {"text_wrap": False}))
    for col, head in enumerate(_HEADS):
        sheet.write_string(1, col, head, styles.of(_HEAD))
    by_id = {table.id: name for table, name in zip(document.tables, names, strict=True)}
    checks = [(table, check) for table in document.tables for check in table.checks]
    checks.sort(key=lambda entry: _ORDER.index(entry[1].outcome))  # stable: as the tables stand
    for row, (table, check) in enumerate(checks, 2):
        _write_check(sheet, styles, row, (table, check), by_id)
    sheet.freeze_panes(2, 0)
    sheet.autofilter(1, 0, 1 + len(checks), len(_HEADS) - 1)
    sheet.set_landscape()
    set_up_print(sheet)


def _write_check(
    sheet: Worksheet,
    styles: Styles,
    row: int,
    entry: tuple[Table, Check],
    names: Mapping[str, str],
) -> None:
    table, check = entry
    looks = _BODY | ({"bg_color": REVIEW_FILL} if check.outcome in _ORDER[:2] else {})
    texts = (
        OUTCOMES[check.outcome].zh,
        table_title(table),
        "",
        KINDS[check.kind].zh,
        rule_term(check.rule).zh,
        check.expected or "无法计算",
        check.found or "无法辨认",
        _difference(check),
        check.tolerance,
        parts_words(check, names),
    )
    for col, text in enumerate(texts):
        sheet.write_string(row, col, short_text(text), styles.of(looks))
    address = address_of(check.total)
    style = styles.of(looks | LINK)
    # Excel allows 65,530 links on a sheet; after that the text stands alone.
    if sheet.write_url(row, 2, link_to(names[table.id], address), style, address) != 0:
        sheet.write_string(row, 2, address, style)


def _difference(check: Check) -> str:
    if check.expected is None or check.found is None:
        return ""
    return f"{Decimal(check.found) - Decimal(check.expected):f}"


def parts_words(check: Check, names: Mapping[str, str]) -> str:
    """The parts as addresses of cells, with their signs and the sheet they stand on."""
    if check.quote is not None:
        return f"正文“{check.quote}”"
    signs = check.signs or (1,) * len(check.parts)
    addresses = [
        ("−" if sign < 0 else "") + address_of(part)
        for part, sign in zip(check.parts, signs, strict=True)
    ]
    more = f" 等 {len(addresses)} 项" if len(addresses) > _MOST_PARTS else ""
    listed = "、".join(addresses[:_MOST_PARTS]) + more
    if check.parts_table is None:
        return listed
    return f"{names.get(check.parts_table, check.parts_table)}：{listed}"


def address_of(place: Place) -> str:
    """Where a cell of a table stands on its sheet."""
    row, col = place
    return str(xl_rowcol_to_cell(TOP + row, col))
