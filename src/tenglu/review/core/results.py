"""Exports of reviewed results: the origin of each cell, and training data."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from tenglu.export.labels import decider
from tenglu.model import Cell, Document
from tenglu.review.core.apply import in_force, start
from tenglu.review.core.editable_table import find
from tenglu.review.core.events import DECISIONS, LogRecord
from tenglu.review.core.reviewed import Reviewed

HEAD = ("table", "row", "column", "page", "text", "origin", "who", "when", "before", "kind", "why")
FORMULA_STARTS = tuple("=+-@＝＋－＠\t\r\n'")


def origins(now: Reviewed, entries: Sequence[LogRecord]) -> bytes:
    """Return a CSV file with a line for each cell: its text, and who decided it.

    Rows and columns are counted from 1. The encoding is UTF-8 with a byte order mark.
    """
    texts = {entry.number: entry.event.before for entry in entries}
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(HEAD)
    for table in now.document.tables:
        for cell in table.cells:
            source = decider(cell)
            who = "" if source is None else source.name or source.source
            line: list[object] = [table.id, cell.row + 1, cell.col + 1, cell.page]
            line += [_field(cell.text), cell.decided_by, _field(who)]
            settled = now.settled.get((table.id, cell.row, cell.col))
            if settled is not None:
                words = (texts[settled.number] or "", settled.kind, settled.why)
                line += [settled.at, *map(_field, words)]
            writer.writerow(line)
    return file.getvalue().encode("utf-8-sig")


def _field(text: str) -> str:
    """Escape a text that a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def training(document: Document, entries: Sequence[LogRecord]) -> bytes:
    """Return JSON with the machine's result, and its confirmed and corrected cells."""
    sheets = start(document).sheets
    judged: dict[tuple[str, int, int], dict[str, Any]] = {}
    for entry in in_force(entries):
        event = entry.event
        is_decision = event.kind in DECISIONS - {"unreadable"} and event.after is not None
        if not is_decision or event.sha256 != document.source.sha256:
            continue
        found = find(sheets, event.table, (event.row or 0, event.col or 0), event.detail)
        if found is None:
            continue
        sheet, at = found
        cell = sheet.states[at].cell
        judged[(sheet.table.id, *at)] = _case(sheet.table.id, cell, event.after or "")
    content = {"result": document.model_dump(mode="json"), "judged": list(judged.values())}
    return json.dumps(content, ensure_ascii=False).encode() + b"\n"


def _case(table: str, cell: Cell, text: str) -> dict[str, Any]:
    asked = cell.needs_review
    place = {"table": table, "row": cell.row, "col": cell.col}
    return {**place, "text": text, "right": text == cell.text, "asked": asked}
