import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from tenglu.export.labels import printable
from tenglu.export.webpage import render

VOID = {"meta", "br", "hr"}


class Reader(HTMLParser):
    """Collects tags, tables as rows of (tag, attributes, text), and what stands outside."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.tables, self.ids, self.outside = [], [], [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        self.ids += [attributes["id"]] if "id" in attributes else []
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append((tag, attributes, []))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"}.intersection(self.open):
            self.tables[-1][-1][-1][2].append(data)
        elif data.strip() and "style" not in self.open:
            self.outside.append(data.strip())


def page_of(document):
    return render(document)[".html"].decode()


def placed(rows):
    """Lay cells out as a browser does: the top left place of each -> tag, attributes, text."""
    taken, cells = set(), {}
    for row, entries in enumerate(rows):
        col = 0
        for tag, attributes, text in entries:
            while (row, col) in taken:
                col += 1
            rowspan, colspan = (int(attributes.get(n, 1)) for n in ("rowspan", "colspan"))
            taken |= {(row + i, col + j) for i in range(rowspan) for j in range(colspan)}
            cells[row, col] = tag, attributes, "".join(text)
    return cells


def test_a_page_of_its_own_that_shows_the_tables(report):
    page = page_of(report)
    reader = Reader(page)
    assert '<html lang="zh">' in page
    assert not {"script", "link", "img", "iframe"}.intersection(tag for tag, _ in reader.tags)
    assert not re.search(r"https?:|url\(|@import", page)
    cells = placed(reader.tables[0])
    assert cells[0, 3][:2] == (
        "th",
        {
            "id": "t1-0-3",
            "colspan": "3",
            "class": "review",
            "title": "待核：请与原件核对\n置信度：未评分\n原件第 1 页",
        },
    )
    assert cells[4, 3][2] == "三、<script>alert(1)</script>"
    doubted = cells[3, 2][1]
    assert doubted["class"] == "number review"
    assert "识别把握不足、压在水印或印章下" in doubted["title"]
    assert "置信度：62.3%" in doubted["title"]
    assert "另读作“-72.50”（small 备选识别，38.0%）" in doubted["title"]
    assert "合计规则 佐证：100.0%" in doubted["title"]


def test_text_around_the_tables_stands_in_reading_order(report):
    outside = "\n".join(Reader(page_of(report)).outside)
    wanted = [
        "第 1 页",
        "收入支出决算总表",
        "部门：某局",
        "公开01表 · 单位：万元 · 原件第 1–2 页 · 待核 2 格",
        "-1-",
        "第 2 页 · 分辨率过低",
        "在本页的部分",
        "注：本表反映本年度收支。",
        "<b>不是粗体</b> & 1 < 2\n# 不是标题",
        "第 3 页",
        "人员/职务: [名册]",
        "待核事项（4）",
        "合计不符：差 1.00",
    ]
    places = [outside.index(text) for text in wanted]
    assert places == sorted(places)
    assert outside.count("注：本表反映本年度收支。") == 1  # on the page and in the table's notes
    assert "水印" in outside
    assert "“仅供内部审核”（第 1–2 页）" in outside


def test_links_lead_to_places_on_the_page(report):
    reader = Reader(page_of(report))
    links = [attributes["href"] for tag, attributes in reader.tags if tag == "a"]
    assert len(links) == 5  # one continuation, four doubts
    assert {link.removeprefix("#") for link in links} <= set(reader.ids)


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_a_browser_rebuilds_every_table(any_document, data):
    document = data.draw(any_document)
    reader = Reader(page_of(document))
    shown = sorted(
        [sorted((place, cell[2]) for place, cell in placed(rows).items()) for rows in reader.tables]
    )
    wanted = sorted(
        [
            sorted(((cell.row, cell.col), printable(cell.text)) for cell in table.cells)
            for table in document.tables
        ]
    )
    assert shown == wanted
