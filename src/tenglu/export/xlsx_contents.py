"""The first sheet: the document, its tables, the sums that do not hold, and what is open."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from xlsxwriter.worksheet import Worksheet

from tenglu.export.labels import (
    Doubt,
    doubts,
    page_range,
    removed_marks,
    table_title,
    to_review,
)
from tenglu.export.layout import text_height
from tenglu.export.terms import KINDS, OUTCOMES
from tenglu.export.xlsx_checks import address_of, parts_words
from tenglu.export.xlsx_parts import (
    LINK,
    REVIEW_FILL,
    TITLE,
    Looks,
    Styles,
    is_too_long,
    link_to,
    set_up_print,
    short_text,
)
from tenglu.model import Check, Document, Outcome, Place, Table

SHEET = "目录"

_WIDTHS = (34, 52, 14, 11, 15, 11, 9, 9, 9, 13, 9, 13)
_LAST_WIDE = 7  # column to which the last text of a narrower section reaches
_TABLE_HEAD = ("编号", "标题", "表号", "单位", "原件页", "行 × 列", "单元格", "待核")
_SUM_WORDS = tuple(f"合计{term.zh}" for term in OUTCOMES.values())
_OPEN_HEAD = ("事由", "说明", "单元格", "原件页", "表")
_OPEN_SUMS: tuple[Outcome, ...] = ("fails", "not-computable")

_SECTION: Looks = {"bold": True, "font_size": 12, "font_color": "#1F3864"}
_BODY: Looks = {"border": 1, "border_color": "#7F7F7F", "text_wrap": True}
_HEAD: Looks = _BODY | {"bold": True, "align": "center", "bg_color": "#EDEDED"}


class _Linked(NamedTuple):
    """A text that leads to a cell of the workbook."""

    text: str
    target: str


_Value = str | int | _Linked
_Row = Sequence[_Value]
_SheetNames = Mapping[str, str]  # table id -> name of its sheet


def write(sheet: Worksheet, styles: Styles, document: Document, names: Sequence[str]) -> None:
    """Fill the sheet; ``names`` are those of the tables' sheets, in the order of the tables."""
    for col, width in enumerate(_WIDTHS):
        sheet.set_column(col, col, width)
    title = short_text(f"誊录结果：{document.source.name}")
    sheet.set_row(0, 30)
    sheet.write_string(0, 0, title, styles.of(TITLE | {"text_wrap": False}))
    row = _write_facts(sheet, styles, document)
    of_tables = [
        _table_row(table, name) for table, name in zip(document.tables, names, strict=True)
    ]
    row = _write_rows(sheet, styles, row, ("表格", *_TABLE_HEAD, *_SUM_WORDS), of_tables)
    by_id = {table.id: name for table, name in zip(document.tables, names, strict=True)}
    if sums := _open_sums(document.tables, by_id):
        row = _write_rows(sheet, styles, row, ("未相符的合计", *_OPEN_HEAD), sums)
    _write_rows(sheet, styles, row, ("待核事项", *_OPEN_HEAD), _open(document, by_id))
    sheet.set_landscape()
    set_up_print(sheet)
    sheet.activate()


def _write_facts(sheet: Worksheet, styles: Styles, document: Document) -> int:
    """Write what is known of the document; return the next free row."""
    source = document.source
    tables = document.tables
    facts = {
        "原件": source.name,
        "类型": source.media_type,
        "SHA-256": source.sha256,
        "页数": f"{source.n_pages}（本结果含{page_range(page.number for page in document.pages)}）",
        "识别引擎": document.engine,
        "版本": f"tenglu {document.tenglu_version}，结果格式 {document.schema_version}",
        "单元格": f"{sum(len(table.cells) for table in tables)}",
        "待核单元格": f"{sum(map(to_review, tables))}（表中着此色，批注写明缘由）",
    } | removed_marks(document)
    row = 2
    for label, fact in facts.items():
        looks = _BODY | ({"bg_color": REVIEW_FILL} if label == "待核单元格" else {})
        sheet.write_string(row, 0, label, styles.of(_BODY | {"bold": True}))
        sheet.merge_range(row, 1, row, _LAST_WIDE, "", styles.of(looks))
        sheet.write_string(row, 1, short_text(fact), styles.of(looks))
        sheet.set_row(row, text_height(fact, sum(_WIDTHS[1 : _LAST_WIDE + 1])))
        row += 1
    return row


def _table_row(table: Table, name: str) -> _Row:
    outcomes = Counter(check.outcome for check in table.checks)
    return (
        table.id,
        _Linked(table_title(table), link_to(name)),
        table.code,
        table.unit,
        page_range(table.pages),
        f"{table.n_rows} × {table.n_cols}",
        len(table.cells),
        to_review(table),
        *(outcomes[outcome] for outcome in OUTCOMES),
    )


def _open_sums(tables: Iterable[Table], names: _SheetNames) -> list[_Row]:
    return [
        _open_row(
            Doubt(
                f"{KINDS[check.kind].zh}{OUTCOMES[check.outcome].zh}",
                _sum_words(check, names),
                None,
                table.id,
                *check.total,
            ),
            names,
        )
        for table in tables
        for check in table.checks
        if check.outcome in _OPEN_SUMS
    ]


def _sum_words(check: Check, names: _SheetNames) -> str:
    expected, found = check.expected or "无法计算", check.found or "无法辨认"
    return (
        f"应为 {expected}，实见 {found}，容差 {check.tolerance}；各项：{parts_words(check, names)}"
    )


def _open(document: Document, names: _SheetNames) -> list[_Row]:
    too_long = [
        Doubt(
            "文字过长", "超过 Excel 单元格的上限，表中已截断，全文见 JSON", cell.page, table.id, *at
        )
        for table in document.tables
        for cell in table.cells
        if is_too_long(cell.text)
        for at in [(cell.row, cell.col)]
    ]
    rows = [_open_row(doubt, names) for doubt in doubts(document) + too_long]
    return rows or [("无", "没有待核事项", "", "", "")]


def _open_row(doubt: Doubt, names: _SheetNames) -> _Row:
    cell: _Value = ""
    table: _Value = doubt.table or ""
    if doubt.table is not None and doubt.table in names:
        name = names[doubt.table]
        table = _Linked(name, link_to(name))
        if doubt.row is not None and doubt.col is not None:
            address = address_of((doubt.row, doubt.col))
            cell = _Linked(address, link_to(name, address))
    return doubt.what, doubt.message, cell, doubt.page or "", table


def _write_rows(
    sheet: Worksheet, styles: Styles, row: int, head: Sequence[str], rows: Sequence[_Row]
) -> int:
    """Write a section after a blank row, ``head`` its title and columns; return the next row."""
    title, *columns = head
    sheet.set_row(row + 1, 22)
    sheet.write_string(row + 1, 0, title, styles.of(_SECTION))
    widths = list(_WIDTHS[: len(columns)])
    widths[-1] = max(widths[-1], sum(_WIDTHS[len(columns) - 1 : _LAST_WIDE + 1]))
    for count, values in enumerate([columns, *rows]):
        looks = _BODY if count else _HEAD
        at = row + 2 + count
        if len(columns) <= _LAST_WIDE:
            sheet.merge_range(at, len(columns) - 1, at, _LAST_WIDE, "", styles.of(looks))
        for col, value in enumerate(values):
            _write_value(sheet, (at, col), value, styles, looks)
        sheet.set_row(at, max(map(_height, values, widths)))
    return row + 3 + len(rows)


def _write_value(
    sheet: Worksheet, place: Place, value: _Value, styles: Styles, looks: Looks
) -> None:
    if isinstance(value, int):
        sheet.write_number(*place, value, styles.of(looks | {"align": "center", "num_format": "0"}))
        return
    if isinstance(value, _Linked):
        text, style = short_text(value.text), styles.of(looks | LINK)
        # Excel allows 65,530 links on a sheet; after that the text stands alone.
        if sheet.write_url(*place, value.target, style, text) == 0:
            return
        sheet.write_string(*place, text, style)
        return
    if value:
        sheet.write_string(*place, short_text(value), styles.of(looks))
    else:
        sheet.write_blank(*place, None, styles.of(looks))


def _height(value: _Value, width: float) -> float:
    text = value.text if isinstance(value, _Linked) else str(value)
    return min(text_height(text, width), 120.0)
