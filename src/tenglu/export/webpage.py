"""HTML: one page that needs nothing else — no script, no picture, no network."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from tenglu.export import Exporter
from tenglu.export.flow import Continuation, flow, texts_on_pages
from tenglu.export.labels import (
    Doubt,
    cell_words,
    doubts,
    flag_words,
    page_range,
    place_words,
    printable,
    removed_marks,
    share,
    table_facts,
    table_title,
    to_review,
)
from tenglu.model import Cell, Document, Page, Table, TextBlock

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --paper: #fff; --rule: #8a8a8a; --head: #eee;
  --soft: #666; --review: #ffe08a; --link: #0b57a4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --paper: #16181b; --rule: #6a6f76;
  --head: #272b30; --soft: #a0a5ab; --review: #6b5300; --link: #8ab8f0; } }
body { max-width: 75rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.6 "Noto Sans SC", "Microsoft YaHei", "PingFang SC",
  sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; text-align: center; }
a { color: var(--link); }
p { white-space: pre-line; margin: .4rem 0; }
.soft, caption small { color: var(--soft); font-size: .85rem; font-weight: normal; }
.page { border-top: 1px dashed var(--rule); margin-top: 2rem; color: var(--soft);
  font-size: .85rem; }
.page-number { text-align: center; color: var(--soft); }
.note { font-size: .9rem; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; margin: 0 auto; font-size: .9rem; }
caption { font-weight: bold; padding: .3rem; }
caption small { display: block; }
th, td { border: 1px solid var(--rule); padding: .2rem .5rem; min-width: 1rem;
  white-space: pre-line; vertical-align: middle; }
th { background: var(--head); }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.vertical { writing-mode: vertical-rl; text-orientation: upright; margin: auto; }
.review { background: var(--review); }
dl { display: grid; grid-template-columns: max-content auto; gap: .1rem 1rem; font-size: .9rem; }
dd { margin: 0; overflow-wrap: anywhere; }
@media print { :root { --ink: #000; --paper: #fff; --rule: #555; --head: #eee; --soft: #444;
  --review: #ffe08a; --link: #000; }
  body { margin: 0; max-width: none; font-size: 9pt; } .wide { overflow: visible; }
  th, .review { print-color-adjust: exact; } tr { break-inside: avoid; }
  h2 { break-after: avoid; } }
""".strip()


def render(document: Document) -> dict[str, bytes]:
    title = _text(document.source.name)
    parts = [
        '<!DOCTYPE html>\n<html lang="zh">\n<head>\n<meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n<h1>{title}</h1>",
        _facts(document),
        *_body(document),
        *_doubts(document),
        "</body>\n</html>\n",
    ]
    return {".html": "\n".join(parts).encode()}


EXPORTER = Exporter(".html", render)


def _facts(document: Document) -> str:
    source, tables = document.source, document.tables
    facts = {
        "原件": f"{source.media_type}，{source.n_pages} 页，SHA-256 {source.sha256}",
        "引擎": f"{document.engine}，tenglu {document.tenglu_version}",
        "表格": f"{len(tables)} 张，待核 {sum(map(to_review, tables))} 格（着色，悬停可见缘由）",
    } | removed_marks(document)
    items = (f"<dt>{_text(name)}</dt><dd>{_text(fact)}</dd>" for name, fact in facts.items())
    return f"<dl>{''.join(items)}</dl>"


def _anchors(document: Document) -> dict[str, str]:
    """Table id -> the start of the ids of its cells."""
    return {table.id: f"t{count}" for count, table in enumerate(document.tables, 1)}


def _body(document: Document) -> Iterable[str]:
    anchors = _anchors(document)
    for item in flow(document):
        match item:
            case Page():
                yield _page(item)
            case TextBlock():
                yield _block(item)
            case Table():
                yield _table(item, anchors[item.id], texts_on_pages(document, item))
            case Continuation(table):
                link = f'<a href="#{anchors[table.id]}">{_text(table_title(table))}</a>'
                yield f'<p class="soft">（{link}在本页的部分，见上）</p>'


def _page(page: Page) -> str:
    flags = f" · {flag_words(page.flags)}" if page.flags else ""
    return f'<div class="page" id="p{page.number}">{_text(page_range([page.number]) + flags)}</div>'


def _block(block: TextBlock) -> str:
    tag = "h2" if block.kind == "heading" else "p"
    title = f"置信度：{share(block.confidence)}"
    return f'<{tag} class="{block.kind}" title="{title}">{_text(block.text)}</{tag}>'


def _table(table: Table, anchor: str, around: set[str]) -> str:
    title = "" if table.title in around else _text(table_title(table))
    caption = f"<caption>{title}<small>{_text(table_facts(table))}</small></caption>"
    header = _header_rows(table)
    rows = _rows(table, anchor)
    groups = _group("thead", rows[:header]) + _group("tbody", rows[header:])
    notes = "".join(
        f'<p class="note">{_text(note)}</p>' for note in table.notes if note not in around
    )
    return f'<div class="wide"><table id="{anchor}">{caption}\n{groups}</table></div>{notes}'


def _group(tag: str, rows: Sequence[str]) -> str:
    return f"<{tag}>\n{''.join(rows)}</{tag}>" if rows else ""


def _header_rows(table: Table) -> int:
    """Rows of the table's head; 0 if a cell reaches out of it, since HTML would cut that cell."""
    edge = table.header_rows
    crosses = any(cell.row < edge < cell.row + cell.rowspan for cell in table.cells)
    return 0 if crosses else edge


def _rows(table: Table, anchor: str) -> list[str]:
    rows: list[list[str]] = [[] for _ in range(table.n_rows)]
    for cell in sorted(table.cells, key=lambda cell: cell.col):
        tag = "th" if cell.row < table.header_rows else "td"
        rows[cell.row].append(_cell(cell, tag, anchor))
    return [f"<tr>{''.join(cells)}</tr>\n" for cells in rows]


def _cell(cell: Cell, tag: str, anchor: str) -> str:
    attributes = f' id="{anchor}-{cell.row}-{cell.col}"'
    if cell.rowspan > 1:
        attributes += f' rowspan="{cell.rowspan}"'
    if cell.colspan > 1:
        attributes += f' colspan="{cell.colspan}"'
    classes = ["number"] if cell.kind in {"number", "percent"} else []
    classes += ["review"] if cell.needs_review else []
    if classes:
        attributes += f' class="{" ".join(classes)}"'
    title = _text("\n".join(cell_words(cell))).replace("\n", "&#10;")
    text = _text(cell.text)
    shown = f'<div class="vertical">{text}</div>' if cell.vertical else text
    return f'<{tag}{attributes} title="{title}">{shown}</{tag}>'


def _doubts(document: Document) -> Iterable[str]:
    listed = doubts(document)
    anchors = _anchors(document)
    tables = {table.id: table for table in document.tables}
    yield f'<h2 id="doubts">待核事项（{len(listed)}）</h2>\n<ul>'
    for doubt in listed:
        message = f"：{doubt.message}" if doubt.message else ""
        words = f"{_text(place_words(doubt, tables))}</a> · {_text(doubt.what + message)}"
        yield f'<li><a href="#{_target(doubt, anchors)}">{words}</li>'
    yield "</ul>"


def _target(doubt: Doubt, anchors: Mapping[str, str]) -> str:
    if doubt.table is None or doubt.table not in anchors:
        return "" if doubt.page is None else f"p{doubt.page}"
    table = anchors[doubt.table]
    in_cell = doubt.row is not None and doubt.col is not None
    return f"{table}-{doubt.row}-{doubt.col}" if in_cell else table


def _text(text: str) -> str:
    return escape(printable(text))
