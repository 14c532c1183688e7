"""What the contents sheet and the table sheets share."""

from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from tenglu.export.labels import printable
from tenglu.files.names import cut

TOP = 2  # rows above the grid of a table: title, facts
LONGEST_TEXT = 32_767  # UTF-16 units; Excel's own limit of a cell
CUT_MARK = "……〔文字过长，此处截断，全文见 JSON〕"
REVIEW_FILL = "#FFE08A"

Looks = dict[str, str | int | float | bool]
TITLE: Looks = {"bold": True, "font_size": 15, "text_wrap": True}
LINK: Looks = {"font_color": "#0563C1", "underline": 1, "text_wrap": True}
_A4 = 9
# The text format, so that a text that is edited stays one.
_PLAIN: Looks = {"font_name": "宋体", "font_size": 10, "valign": "vcenter", "num_format": "@"}


class Styles:
    """The formats of one workbook, each made once."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._made: dict[frozenset[tuple[str, Any]], Format] = {}

    def of(self, looks: Looks) -> Format:
        """The format with these properties, in the font of all sheets."""
        key = frozenset(looks.items())
        if key not in self._made:
            self._made[key] = self._workbook.add_format(_PLAIN | looks)
        return self._made[key]


def is_too_long(text: str) -> bool:
    """Whether Excel cannot hold the text in one cell."""
    return cut(text, LONGEST_TEXT) != text


def short_text(text: str) -> str:
    """The text as a cell can hold it; where it is cut, it says so."""
    shown = printable(text)
    if is_too_long(shown):
        return cut(shown, LONGEST_TEXT - len(CUT_MARK)) + CUT_MARK
    return shown


def link_to(sheet: str, cell: str = "A1") -> str:
    """The address of a cell for a link inside the workbook."""
    quoted = sheet.replace("'", "''")
    return f"internal:'{quoted}'!{cell}"


def set_up_print(sheet: Worksheet) -> None:
    """One page wide, with page numbers."""
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5)
    sheet.set_footer("&C&P / &N")
