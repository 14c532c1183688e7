"""CSV: one file a table, UTF-8 with BOM, comma-separated, lines end with CR LF.

The text of a merged cell stands at its first place, the other places are empty. A number is
written as its plain decimal value (-1234.50), everything else as it is printed.

A spreadsheet takes a field that begins with = + - @ (also full-width), tab or a line break for a
formula. Such a text gets an apostrophe before it, and so does a text that begins with an
apostrophe: whoever reads a field that is not a number takes one leading apostrophe off and has
the printed text. A sign that stands alone (a dash for "none") is no formula and stays as it is.

CSV knows no types: a spreadsheet shortens long ID numbers when it opens the file. XLSX does not.
"""

import csv
import io
import re

from tenglu.export import Exporter
from tenglu.files.names import distinct
from tenglu.model import Cell, Document, Table

_FORMULA_STARTS = tuple("=+-@＝＋－＠\t\r\n'")
_LONE_SIGNS = frozenset("=+-@＝＋－＠")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?%?", re.ASCII)
_NOT_FOR_FILE_NAMES = re.compile(r"[^\w-]")


def render(document: Document) -> dict[str, bytes]:
    taken: set[str] = set()
    files = {}
    for table in document.tables:
        name = distinct(_NOT_FOR_FILE_NAMES.sub("_", table.id), taken)
        files[f".{name}.csv"] = _file(table)
    return files


EXPORTER = Exporter(".csv", render)


def _file(table: Table) -> bytes:
    rows = [[""] * table.n_cols for _ in range(table.n_rows)]
    for cell in table.cells:
        rows[cell.row][cell.col] = _field(cell)
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue().encode("utf-8-sig")


def _field(cell: Cell) -> str:
    number = {"number": cell.value, "percent": cell.text}.get(cell.kind)
    if number is not None and _PLAIN_NUMBER.fullmatch(number):
        return number
    if cell.text.startswith(_FORMULA_STARTS) and cell.text not in _LONE_SIGNS:
        return f"'{cell.text}"
    return cell.text
