"""A small report with everything that exports get wrong, and random documents."""

import pytest
from hypothesis import strategies as st

from seen import read, score
from tenglu.model import (
    Cell,
    Check,
    Document,
    Evidence,
    EvidenceSource,
    Flag,
    FlagCode,
    Mark,
    Page,
    Role,
    Seal,
    Source,
    Step,
    Table,
    TableBlock,
    TextBlock,
)

POLYGON = ((10.0, 10.0), (110.5, 10.0), (110.5, 40.25), (10.0, 40.0))


def kind_of(text):
    if not text:
        return "empty"
    digits = text.replace(",", "").lstrip("-")
    if len(digits) in {7, 18} and digits.isdigit():
        return "code"
    return "number" if digits.replace(".", "", 1).isdigit() else "text"


def make_cell(row, col, text="", **more):
    kind = more.get("kind", kind_of(text))
    value = text.replace(",", "") if kind == "number" else None
    usual = {
        "kind": kind,
        "value": value,
        "confidence": 0.9993,
        "needs_review": False,
        "page": 1,
        "polygon": POLYGON,
    }
    return Cell(row=row, col=col, text=text, **usual | more)


def make_table(rows, merged=(), special=None, **more):
    """A table of rows of texts; None is covered by a merged cell, ``special`` amends cells."""
    spans = {(row, col): (rowspan, colspan) for row, col, rowspan, colspan in merged}
    cells = []
    for row, texts in enumerate(rows):
        for col, text in enumerate(texts):
            if text is not None:
                rowspan, colspan = spans.get((row, col), (1, 1))
                own = {"rowspan": rowspan, "colspan": colspan} | (special or {}).get((row, col), {})
                cells.append(make_cell(row, col, text, **own))
    usual = {"id": "t1", "pages": (1,), "n_rows": len(rows), "n_cols": len(rows[0])}
    return Table(cells=tuple(cells), **usual | more)


def make_document(*tables, **more):
    usual = {
        "tenglu_version": "0.1.0",
        "source": Source(
            name="〔2023〕9号.pdf", sha256="ab" * 32, media_type="application/pdf", n_pages=1
        ),
        "engine": "replay",
        "pages": (Page(number=1, width=1654, height=2339, dpi=200, rotation=0, skew=-0.8),),
    }
    return Document(tables=tables, **usual | more)


def one_cell(text, **more):
    return make_document(make_table([[text]], special={(0, 0): more}))


@pytest.fixture
def table_of():
    return make_table


@pytest.fixture
def document_of():
    return make_document


@pytest.fixture
def cell_document():
    """text, cell fields -> a document of that one cell."""
    return one_cell


def text_block(kind, text):
    return TextBlock(kind=kind, text=text, confidence=0.99, polygon=POLYGON)


def table_block(table, first, last):
    return TableBlock(kind="table", table=table, rows=(first, last), polygon=POLYGON)


def page(number, blocks, **more):
    usual = {"width": 1654, "height": 2339, "dpi": 200, "rotation": 0, "skew": 0.1}
    return Page(number=number, blocks=tuple(blocks), **usual | more)


ACCOUNTS = [
    ["收入", None, None, "支出", None, None],
    ["项目", "行次", "决算数", "项目", "科目编码", "决算数"],
    ["一、财政拨款收入", "1", "2,648.11", "一、一般公共服务支出", "2013801", "2,066.25"],
    ["二、事业收入", "2", "-12.50", "二、社会保障和就业支出", "2080505", "375.44"],
    ["三、其他收入", "3", "", "三、<script>alert(1)</script>", "=1+1", "(66.85)"],
    ["本年收入合计", "4", "2,635.61", "本年支出合计", "", "2,374.84"],
]
PEOPLE = [
    ["序号", "姓名", "证件号", "电话", "完成率"],
    ["1", "@SUM(A1)", "420599199002059463", "+86 10 6655", "98.30%"],
    ["2", "-", "42059919900205946X", "-|换\n行|-", "100%"],
]


@pytest.fixture
def report():
    """Two tables on three pages: merged head, signs, codes, doubts, sums, marks."""
    accounts = make_table(
        ACCOUNTS,
        merged=[(0, 0, 1, 3), (0, 3, 1, 3)],
        special={
            (3, 2): {
                "confidence": 0.6239,
                "needs_review": True,
                "flags": (FlagCode.LOW_CONFIDENCE, FlagCode.UNDER_MARK),
                "evidence": (
                    read("-12.50", 0.61, name="small"),
                    read("-72.50", 0.38, "alternative", name="small"),
                    score("sum", 1.0),
                ),
                "page": 2,
            },
            (0, 3): {"needs_review": True, "confidence": None},
            (4, 5): {"kind": "number", "value": "-66.85"},
        },
        title="收入支出决算总表",
        code="公开01表",
        unit="万元",
        pages=(1, 2),
        header_rows=2,
        notes=("注：本表反映本年度收支。", "=cmd|' /C calc'!A0"),
        checks=(
            Check(
                kind="sum",
                total=(5, 2),
                parts=((2, 2), (3, 2)),
                expected="2635.61",
                found="2635.61",
                tolerance="0.015",
                outcome="holds",
            ),
            Check(
                kind="sum",
                total=(5, 5),
                parts=((2, 5), (3, 5), (4, 5)),
                expected="2374.84",
                found="2375.84",
                tolerance="0.02",
                outcome="fails",
            ),
        ),
    )
    people = make_table(
        PEOPLE,
        special={(1, 4): {"kind": "percent"}, (2, 4): {"kind": "percent"}},
        id="t2",
        title="人员/职务: [名册]",
        pages=(3,),
        header_rows=1,
    )
    seal = Seal(shape="round", color="red", polygon=POLYGON)
    mark = Mark(text="仅供内部审核", confidence=0.93, polygon=POLYGON)
    pages = (
        page(
            1,
            [
                text_block("heading", "收入支出决算总表"),
                text_block("line", "部门：某局　金额单位：万元"),
                table_block("t1", 0, 3),
                text_block("page-number", "-1-"),
            ],
            watermarks=(mark,),
        ),
        page(
            2,
            [
                table_block("t1", 4, 5),
                text_block("note", "注：本表反映本年度收支。"),
                text_block("paragraph", "<b>不是粗体</b> & 1 < 2\n# 不是标题"),
            ],
            watermarks=(mark,),
            seals=(seal,),
            flags=(FlagCode.LOW_RESOLUTION,),
        ),
        page(3, [table_block("t2", 0, 2)], rotation=90),
    )
    flags = (Flag(code=FlagCode.SUM_FAILS, message="差 1.00", page=2, table="t1", row=5, col=5),)
    steps = (Step(name="strip", version="1", settings={"tone": 3, "of": ["a", None]}),)
    return make_document(accounts, people, pages=pages, flags=flags, steps=steps)


# Random documents ---------------------------------------------------------------------------

markup = st.sampled_from("|\\`*_[]()<>&;~$#=+-@'\"!:/?.1a中，　 \t\n\r\0\x1f\ufffe")
texts = st.text(st.characters(codec="utf-8") | markup, max_size=12)
confidences = st.none() | st.floats(0, 1)
coordinates = st.floats(-1e5, 1e5).map(lambda value: round(value, 2))
points = st.tuples(coordinates, coordinates)
polygons = st.tuples(points, points, points, points)
numbers = st.decimals(-(10**20), 10**20, places=2)


@st.composite
def tilings(draw, n_rows, n_cols):
    """Merge random places that are still free: row, col, rowspan, colspan."""
    free = {(row, col) for row in range(n_rows) for col in range(n_cols)}
    tiles = []
    for row in range(n_rows):
        for col in range(n_cols):
            if (row, col) in free:
                rowspan, colspan = draw(st.integers(1, 3)), draw(st.integers(1, 3))
                covered = {(row + i, col + j) for i in range(rowspan) for j in range(colspan)}
                if not covered <= free:
                    rowspan, colspan, covered = 1, 1, {(row, col)}
                free -= covered
                tiles.append((row, col, rowspan, colspan))
    return tiles


@st.composite
def cells(draw, tile):
    row, col, rowspan, colspan = tile
    kind = draw(st.sampled_from(["text", "number", "percent", "date", "code"]))
    number = draw(numbers)
    text = draw(texts | st.just(f"{number:,}") | st.just(f"{number}%"))
    confidence = draw(confidences)
    return Cell(
        row=row,
        col=col,
        rowspan=rowspan,
        colspan=colspan,
        text=text,
        value=str(number) if kind == "number" else None,
        kind=kind if text else "empty",
        vertical=draw(st.booleans()),
        confidence=confidence,
        needs_review=confidence is None or draw(st.booleans()),
        flags=draw(st.lists(st.sampled_from(FlagCode), max_size=2).map(tuple)),
        page=draw(st.integers(1, 3)),
        polygon=draw(polygons),
        evidence=draw(
            st.lists(
                st.builds(
                    Evidence,
                    source=st.sampled_from(EvidenceSource),
                    name=st.none() | texts,
                    role=st.sampled_from(Role),
                    text=st.none() | texts,
                    confidence=confidences,
                ),
                max_size=2,
            ).map(tuple)
        ),
    )


@st.composite
def tables(draw, name):
    n_rows, n_cols = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    return Table(
        id=name,
        title=draw(texts),
        code=draw(texts),
        unit=draw(texts),
        pages=draw(st.lists(st.integers(1, 9), max_size=3).map(tuple)),
        n_rows=n_rows,
        n_cols=n_cols,
        header_rows=draw(st.integers(0, n_rows)),
        notes=draw(st.lists(texts, max_size=2).map(tuple)),
        cells=tuple(draw(cells(tile)) for tile in draw(tilings(n_rows, n_cols))),
    )


@st.composite
def documents(draw):
    names = [f"t{count}" for count in range(1, 1 + draw(st.integers(0, 2)))]
    blocks = st.builds(
        TextBlock,
        kind=st.sampled_from(["heading", "line", "paragraph", "note", "page-number"]),
        text=texts,
        confidence=confidences,
        polygon=polygons,
    ) | st.builds(
        TableBlock,
        kind=st.just("table"),
        table=st.sampled_from([*names, "t9"]),
        rows=st.just((0, 0)),
        polygon=polygons,
    )
    pages = st.builds(
        Page,
        number=st.integers(1, 9),
        width=st.integers(1, 9000),
        height=st.integers(1, 9000),
        dpi=st.none() | st.integers(1, 1200),
        rotation=st.sampled_from([0, 90, 180, 270]),
        skew=st.floats(-5, 5),
        watermarks=st.lists(
            st.builds(Mark, text=st.none() | texts, confidence=confidences, polygon=polygons),
            max_size=1,
        ).map(tuple),
        blocks=st.lists(blocks, max_size=3).map(tuple),
        flags=st.lists(st.sampled_from(FlagCode), max_size=1).map(tuple),
    )
    flags = st.builds(
        Flag,
        code=st.sampled_from(FlagCode),
        message=texts,
        page=st.none() | st.integers(1, 9),
        table=st.none() | st.sampled_from([*names, "t9"]),
        row=st.none() | st.integers(0, 5),
        col=st.none() | st.integers(0, 5),
    )
    return make_document(
        *(draw(tables(name)) for name in names),
        pages=tuple(draw(st.lists(pages, max_size=2))),
        flags=tuple(draw(st.lists(flags, max_size=2))),
        engine=draw(texts),
    )


@pytest.fixture(scope="session")
def any_document():
    """A strategy: draw from it with ``data.draw``."""
    return documents()
