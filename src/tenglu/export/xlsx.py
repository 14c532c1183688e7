"""XLSX: a first sheet that lists everything, one sheet a table, and one of all checks.

Nothing on a sheet is a formula: every text is written as a string, and cells with text have
the text format, so that editing them does not turn a code into a number.
"""

import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import xlsxwriter
from xlsxwriter.utility import xl_range
from xlsxwriter.worksheet import Worksheet

from tenglu.errors import OutputError
from tenglu.export import Exporter, xlsx_checks, xlsx_contents
from tenglu.export.labels import cell_words, table_facts, table_title
from tenglu.export.layout import column_widths, row_heights, text_height
from tenglu.export.number_format import SheetNumber, sheet_number
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
from tenglu.files.names import distinct
from tenglu.model import Cell, Document, Table

MAX_ROWS, MAX_COLS = 1_048_576, 16_384  # Excel's own
MAX_FROZEN = 260.0  # points; more frozen rows would leave no room to scroll
LONGEST_SHEET_NAME = 31
LONGEST_TEXT_FORMAT = 255  # older Excel shows #### for longer texts in the text format
UPRIGHT_WIDTH = 90.0  # half-width characters; a wider table is printed sideways

# Excel's Chinese and Japanese editions refuse the full-width forms in sheet names too.
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\：＊？／＼［］\x00-\x1f￾￿]+")
_FORMULA_STARTS = tuple("=+-@＝＋－＠\t\n")
# A creation time of today would make two conversions of one scan differ.
_CREATED = datetime(2000, 1, 1, tzinfo=UTC)
_WORKBOOK_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def render(document: Document) -> dict[str, bytes]:
    """Render the workbook; the same document gives the same bytes.

    Raises:
        OutputError: a table is larger than a sheet of Excel.
    """
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, _WORKBOOK_OPTIONS)
    workbook.set_properties(
        {
            "title": short_text(document.source.name),
            "author": f"tenglu {document.tenglu_version}",
            "comments": f"SHA-256 {document.source.sha256}",
            "created": _CREATED,
        }
    )
    styles = Styles(workbook)
    contents = workbook.add_worksheet(xlsx_contents.SHEET)
    sheets = _sheet_names(document.tables)
    for table, name in zip(document.tables, sheets, strict=True):
        _check_size(table, name)
        _write_table(workbook.add_worksheet(name), styles, table)
    xlsx_contents.write(contents, styles, document, sheets)
    if any(table.checks for table in document.tables):
        xlsx_checks.write(workbook.add_worksheet(xlsx_checks.SHEET), styles, document, sheets)
    workbook.close()
    return {".xlsx": file.getvalue()}


EXPORTER = Exporter(".xlsx", render)


def _sheet_names(tables: Sequence[Table]) -> list[str]:
    taken = {xlsx_contents.SHEET, xlsx_checks.SHEET, "history"}  # Excel keeps History for itself
    names = []
    for table in tables:
        titled = _plain(" ".join(part for part in (table.code, table.title) if part))
        names.append(distinct(titled or _plain(table.id) or "表", taken, LONGEST_SHEET_NAME))
    return names


def _plain(name: str) -> str:
    return " ".join(_NOT_IN_SHEET_NAMES.sub("-", name).split()).strip("'＇ ")


def _check_size(table: Table, name: str) -> None:
    rows = TOP + table.n_rows + len(table.notes)
    if rows > MAX_ROWS or table.n_cols > MAX_COLS:
        raise OutputError(
            f"table {name} has {table.n_rows} rows and {table.n_cols} columns, more than a sheet of"
            " Excel holds; leave xlsx out, or convert fewer pages at a time"
        )


def _write_table(sheet: Worksheet, styles: Styles, table: Table) -> None:
    """Title and facts above the grid, notes below it."""
    widths = column_widths(table)
    heights = row_heights(table, widths)
    for col, width in enumerate(widths):
        sheet.set_column(col, col, width)
    for row, height in enumerate(heights):
        sheet.set_row(TOP + row, height)
    last = table.n_cols - 1
    title = short_text(table_title(table))
    # The title's font is half as large again as the cells'.
    sheet.set_row(0, 1.5 * text_height(title, sum(widths) / 1.5))
    _write_wide(sheet, 0, last, title, styles.of(TITLE | {"align": "center"}))
    _write_facts(sheet, styles, table)
    for cell in table.cells:
        _write_cell(sheet, styles, table, cell)
    for count, note in enumerate(table.notes):
        row = TOP + table.n_rows + count
        sheet.set_row(row, text_height(note, sum(widths)))
        _write_wide(sheet, row, last, short_text(note), styles.of({"text_wrap": True}))
    _set_up_view(sheet, table, widths, heights)


def _write_facts(sheet: Worksheet, styles: Styles, table: Table) -> None:
    facts = short_text(f"{table_facts(table)} · 返回目录")
    style = styles.of(LINK | {"align": "right", "text_wrap": False})
    _write_wide(sheet, 1, table.n_cols - 1, facts, style)
    sheet.write_url(1, 0, link_to(xlsx_contents.SHEET), style, facts)


def _write_wide(sheet: Worksheet, row: int, last_col: int, text: str, style: object) -> None:
    """A text over the whole width of the table."""
    if last_col > 0:
        sheet.merge_range(row, 0, row, last_col, "", style)
    sheet.write_string(row, 0, text, style)


def _write_cell(sheet: Worksheet, styles: Styles, table: Table, cell: Cell) -> None:
    row, col = TOP + cell.row, cell.col
    number = sheet_number(cell)
    style = styles.of(_looks(table, cell, number))
    if cell.rowspan > 1 or cell.colspan > 1:
        sheet.merge_range(row, col, row + cell.rowspan - 1, col + cell.colspan - 1, "", style)
    if number is not None:
        sheet.write_number(row, col, number.number, style)
    elif cell.text:
        sheet.write_string(row, col, short_text(cell.text), style)
    else:
        sheet.write_blank(row, col, None, style)
    if cell.needs_review or cell.decided_by == "reviewer":
        comment = short_text("\n".join(cell_words(cell)))
        lines = text_height(comment, 40) / text_height("", 40)
        size = {"width": 280, "height": 20 + 17 * max(3, lines)}
        sheet.write_comment(row, col, comment, size | {"author": "tenglu", "font_size": 9})


def _looks(table: Table, cell: Cell, number: SheetNumber | None) -> Looks:
    looks: Looks = {"border": 1, "border_color": "#7F7F7F", "text_wrap": True}
    if cell.row < table.header_rows:
        looks |= {"bold": True, "align": "center", "bg_color": "#EDEDED"}
    elif cell.kind in {"number", "percent"}:
        looks |= {"align": "right"}
    else:
        looks |= {"align": "left", "indent": 1}
    if cell.vertical:
        looks |= {
            "rotation": 270,
            "align": "center",
            "indent": 0,
        }  # 270: one character under the other
    if number is not None:
        looks |= {"num_format": number.num_format, "text_wrap": False}
    elif not cell.text or len(cell.text) > LONGEST_TEXT_FORMAT:
        looks |= {"num_format": "General"}
    if number is None and cell.text.startswith(_FORMULA_STARTS):
        looks |= {"quote_prefix": True}
    if cell.needs_review:
        looks |= {"bg_color": REVIEW_FILL}
    return looks


def _set_up_view(
    sheet: Worksheet, table: Table, widths: Sequence[float], heights: Sequence[float]
) -> None:
    """Frozen header, no green corners at codes, and one page wide in print."""
    header = min(table.header_rows, table.n_rows)
    if 0 < header < table.n_rows and sum(heights[:header]) <= MAX_FROZEN:
        sheet.freeze_panes(TOP + header, 0)
        sheet.repeat_rows(0, TOP + header - 1)
    last = TOP + table.n_rows - 1, table.n_cols - 1
    sheet.ignore_errors({"number_stored_as_text": xl_range(TOP, 0, *last)})
    if sum(widths) > UPRIGHT_WIDTH:
        sheet.set_landscape()
    sheet.center_horizontally()
    set_up_print(sheet)
