"""Markdown with pipe tables.

Pipe tables know no merged cells: the text of a merged cell stands at its first place, the other
places are empty, and a line under the table says so.
"""

import re
from collections.abc import Iterable

from tenglu.export import Exporter
from tenglu.export.flow import Continuation, flow, texts_on_pages
from tenglu.export.labels import (
    doubts,
    flag_words,
    page_range,
    place_words,
    printable,
    removed_marks,
    table_facts,
    table_title,
    to_review,
)
from tenglu.model import Document, Page, Table, TextBlock

_SPECIAL = re.compile(r"[\\`*_\[\]<>|~&$]")
# What makes a list, a rule or a heading's underline of a line that begins with it; Markdown takes
# spaces there for layout.
_AT_LINE_START = re.compile(r"^[ \t]*(?:([#+=-])|(\d{1,9})(?=[.)]))?", re.ASCII)


def render(document: Document) -> dict[str, bytes]:
    paragraphs = [_heading("#", document.source.name), *_facts(document)]
    for item in flow(document):
        match item:
            case Page():
                paragraphs += ["---", _page(item)]
            case TextBlock():
                paragraphs.append(_block(item))
            case Table():
                paragraphs += _table(item, texts_on_pages(document, item))
            case Continuation(table):
                paragraphs.append(f"（{_inline(table_title(table))}在本页的部分，见上）")
    paragraphs += _doubts(document)
    return {".md": ("\n\n".join(paragraphs) + "\n").encode()}


EXPORTER = Exporter(".md", render)


def _facts(document: Document) -> Iterable[str]:
    tables = document.tables
    yield (
        f"{document.source.n_pages} 页，{len(tables)} 张表，待核 {sum(map(to_review, tables))} 格；"
        f"{_inline(document.engine)}，tenglu {_inline(document.tenglu_version)}"
    )
    for kind, marks in removed_marks(document).items():
        yield f"{kind}：{_inline(marks)}"


def _page(page: Page) -> str:
    flags = f" · {flag_words(page.flags)}" if page.flags else ""
    return f"*{page_range([page.number])}{flags}*"


def _block(block: TextBlock) -> str:
    if block.kind == "heading":
        return _heading("##", block.text)
    return _lines(block.text)


def _table(table: Table, around: set[str]) -> Iterable[str]:
    if table.title not in around:
        yield _heading("###", table_title(table))
    yield _lines(table_facts(table))
    yield _grid(table)
    if any(cell.rowspan > 1 or cell.colspan > 1 for cell in table.cells):
        yield "（合并单元格已拆开：文字放在左上一格，其余留空）"
    yield from (_lines(note) for note in table.notes if note not in around)


def _grid(table: Table) -> str:
    rows = [[""] * table.n_cols for _ in range(table.n_rows)]
    for cell in table.cells:
        rows[cell.row][cell.col] = _inline(cell.text)
    # A pipe table must have one head row; a table without head gets an empty one.
    head = [] if table.header_rows else [[""] * table.n_cols]
    first, *others = head + rows
    return "\n".join(_pipes(row) for row in (first, ["---"] * table.n_cols, *others))


def _pipes(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _doubts(document: Document) -> Iterable[str]:
    listed = doubts(document)
    tables = {table.id: table for table in document.tables}
    yield "---"
    yield f"## 待核事项（{len(listed)}）"
    lines = []
    for doubt in listed:
        message = f"：{doubt.message}" if doubt.message else ""
        lines.append(f"- {_inline(f'{place_words(doubt, tables)} · {doubt.what}{message}')}")
    if lines:
        yield "\n".join(lines)


def _lines(text: str) -> str:
    """A paragraph that keeps its line breaks."""
    # An empty first line would make a block of HTML of the paragraph.
    inline = _inline(text.strip(" \t\r\n"))
    return "<br>\n".join(map(_line, inline.split("<br>")))


def _line(text: str) -> str:
    start = _AT_LINE_START.match(text)
    if start is None or start.lastindex is None:
        return text.lstrip(" \t")
    rest = text[start.end() :]
    return f"\\{start[1]}{rest}" if start[1] else f"{start[2]}\\{rest}"


def _heading(level: str, text: str) -> str:
    # A number sign at the end would close the heading.
    title = _inline(text).replace("#", r"\#")
    return f"{level} {title}"


def _inline(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", printable(text)).replace("\n", "<br>")
