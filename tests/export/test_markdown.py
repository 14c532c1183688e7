import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tenglu.export.labels import printable
from tenglu.export.markdown import render
from tenglu.model import TextBlock

PLAIN_BLOCKS = {
    *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "hr"),
    *("table_open", "table_close", "bullet_list_open", "bullet_list_close"),
}
READER = MarkdownIt("commonmark").enable("table")


def inline_text(token):
    parts = []
    for child in token.children:
        if child.type in {"html_inline", "softbreak"}:
            assert child.content in {"<br>", ""}
            parts.append("\n" if child.content else "")
        else:
            assert child.type in {"text", "text_special", "em_open", "em_close"}, child
            parts.append(child.content)
    return "".join(parts)


def tables_of(tokens):
    tables = []
    for before, token in pairwise(tokens):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif before.type in {"th_open", "td_open"}:
            tables[-1][-1].append(inline_text(token))
    return tables


def text_of(document):
    return render(document)[".md"].decode()


def test_tables_are_pipe_tables_with_flattened_spans(report):
    text = text_of(report)
    accounts, people = tables_of(READER.parse(text))
    assert accounts[0] == ["收入", "", "", "支出", "", ""]
    assert accounts[4] == [
        "三、其他收入",
        "3",
        "",
        "三、<script>alert(1)</script>",
        "=1+1",
        "(66.85)",
    ]
    assert people[2] == ["2", "-", "42059919900205946X", "-|换\n行|-", "100%"]
    assert text.count("合并单元格已拆开") == 1
    assert "单位：万元" in text
    assert "### 人员/职务: \\[名册\\]" in text


def test_text_and_doubts_are_there_and_are_no_markup(report):
    text = text_of(report)
    kinds = {token.type for token in READER.parse(text)}
    assert "html_block" not in kinds
    order = [
        "*第 1 页*",
        "## 收入支出决算总表",
        "部门：某局",
        "| 收入",
        "-1-",
        "*第 2 页 · 分辨率过低*",
    ]
    places = [text.index(part) for part in [*order, "不是粗体", "*第 3 页*", "## 待核事项（4）"]]
    assert places == sorted(places)
    headings = [
        inline_text(after)
        for token, after in pairwise(READER.parse(text))
        if token.type == "heading_open"
    ]
    assert "不是标题" not in "".join(headings)
    assert "合计不符：差 1.00" in text
    assert re.search(r"第 4 行第 3 列 · 识别把握不足.*62\.3%", text)


def test_a_table_without_head_loses_no_row(document_of, table_of):
    text = text_of(document_of(table_of([["a", "b"], ["c", "d"]])))
    assert tables_of(READER.parse(text)) == [[["", ""], ["a", "b"], ["c", "d"]]]


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_a_reader_of_markdown_finds_every_cell(any_document, data):
    document = data.draw(any_document)
    shown = tables_of(READER.parse(text_of(document)))
    assert len(shown) == len(document.tables)
    wanted = [squeezed(cell.text) for table in document.tables for cell in table.cells]
    found = [squeezed(text) for rows in shown for row in rows for text in row]
    assert sorted(filter(any, found)) == sorted(filter(any, wanted))


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_a_reader_of_markdown_finds_every_text(any_document, data):
    document = data.draw(any_document)
    tokens = READER.parse(text_of(document))
    shown = [squeezed(inline_text(token)) for token in tokens if token.type == "inline"]
    assert {token.type for token in tokens if token.level == 0} <= PLAIN_BLOCKS
    for page in document.pages:
        for block in page.blocks:
            if isinstance(block, TextBlock) and any(squeezed(block.text)):
                assert squeezed(block.text) in shown


def squeezed(text):
    """The lines; Markdown keeps no space at their ends."""
    return [line.strip() for line in printable(text).strip().split("\n")]
