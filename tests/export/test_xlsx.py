import io
import re
import warnings
import zipfile
from datetime import datetime
from decimal import Decimal
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenglu.errors import OutputError
from tenglu.export.labels import printable
from tenglu.export.xlsx import render
from tenglu.model import Check

REVIEW = "FFFFE08A"
ACCOUNTS = "公开01表 收入支出决算总表"


def book_of(document):
    return openpyxl.load_workbook(io.BytesIO(render(document)[".xlsx"]))


def only_cell(document):
    return book_of(document).worksheets[1]["A3"]


def contents(book):
    return [[cell.value for cell in row if cell.value is not None] for row in book["目录"].rows]


def test_a_sheet_for_each_table_after_the_contents(report):
    book = book_of(report)
    assert book.sheetnames == ["目录", ACCOUNTS, "人员-职务- -名册-", "核对"]
    sheet = book[ACCOUNTS]
    assert sheet["A1"].value == "收入支出决算总表"
    assert sheet["A2"].value == "公开01表 · 单位：万元 · 原件第 1–2 页 · 待核 2 格 · 返回目录"
    assert {str(merged) for merged in sheet.merged_cells.ranges} == {
        *{"A1:F1", "A2:F2", "A3:C3", "D3:F3"},
        *{"A9:F9", "A10:F10"},  # notes
    }
    assert [cell.value for cell in sheet[3]] == ["收入", None, None, "支出", None, None]
    assert sheet.freeze_panes == "A5"
    assert sheet["A3"].font.bold
    assert not sheet["A5"].font.bold
    assert all(sheet.cell(row, col).border.left.style for row in range(4, 9) for col in range(1, 7))
    assert sheet["A9"].value == "注：本表反映本年度收支。"


def test_the_file_tells_its_scan_and_not_the_time_of_day(report):
    properties = book_of(report).properties
    assert properties.title == "〔2023〕9号.pdf"
    assert properties.description == "SHA-256 " + "ab" * 32
    assert properties.created == properties.modified == datetime(2000, 1, 1)  # noqa: DTZ001


def test_values_keep_their_types_and_printed_form(report):
    book = book_of(report)
    sheet = book[ACCOUNTS]
    shown = {
        "C5": (2648.11, "n", "#,##0.00"),
        "C6": (-12.5, "n", "0.00"),
        "F7": (-66.85, "n", '0.00;"("0.00")"'),
        "B5": (1, "n", "0"),
        "E5": ("2013801", "s", "@"),
        "E7": ("=1+1", "s", "@"),
        "D7": ("三、<script>alert(1)</script>", "s", "@"),
        "A10": ("=cmd|' /C calc'!A0", "s", "@"),
    }
    for place, wanted in shown.items():
        cell = sheet[place]
        assert (cell.value, cell.data_type, cell.number_format) == wanted, place
    assert sheet["C7"].value is None
    people = book.worksheets[2]
    assert [cell.value for cell in people[4]] == [
        *[1, "@SUM(A1)", "420599199002059463", "+86 10 6655", 0.983]
    ]
    assert [people[place].number_format for place in ("C4", "E4", "E5")] == ["@", "0.00%", "0%"]
    assert people["B4"].quotePrefix
    assert people["D4"].quotePrefix


NUMBERS = [
    ("2648.11", "2648.11", 2648.11, "0.00"),
    ("2648.10", "2648.10", 2648.1, "0.00"),
    ("1,665,109.31", "1665109.31", 1665109.31, "#,##0.00"),
    ("-108,156", "-108156", -108156, "#,##0"),
    ("－1.5", "-1.5", -1.5, "0.0"),
    ("（12.50）", "-12.50", -12.5, '0.00;"（"0.00"）"'),
    ("△3", "-3", -3, '0;"△"0'),
    ("+5.0", "5.0", 5, '"+"0.0'),
    ("-0.00", "0.00", 0, '"-"0.00'),
    ("¥265,857.70", "265857.70", 265857.7, '"¥"#,##0.00'),
    ("007.50", "007.50", 7.5, "000.00"),
    ("１２．５", "12.5", 12.5, "0.0"),
    ("12.50", "-12.50", -12.5, "0.00"),  # the sign must not be hidden
    ("l2.5O", "12.50", 12.5, "0.00"),  # the text does not show the digits
    ("123456789012345", "123456789012345", 123456789012345, "0"),
]


@pytest.mark.parametrize(("text", "value", "number", "shown"), NUMBERS)
def test_numbers_are_shown_as_printed(cell_document, text, value, number, shown):
    cell = only_cell(cell_document(text, kind="number", value=value))
    assert (cell.data_type, cell.value, cell.number_format) == ("n", number, shown)


@pytest.mark.parametrize(
    ("text", "number", "shown"),
    [
        ("98.38%", 0.9838, "0.00%"),
        ("100％", 1, "0%"),
        ("-0.5%", -0.005, "0.0%"),
        ("+1,200%", 12, '"+"#,##0%'),
    ],
)
def test_percents_are_fractions_shown_as_printed(cell_document, text, number, shown):
    cell = only_cell(cell_document(text, kind="percent"))
    assert (cell.data_type, cell.value, cell.number_format) == ("n", number, shown)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("1234567890123456", {"kind": "number", "value": "1234567890123456"}),
        ("0.1234567890123456", {"kind": "number", "value": "0.1234567890123456"}),
        ("1E400", {"kind": "number", "value": "1E400"}),
        ("≥95%", {"kind": "percent"}),
        ("12345678901234.56%", {"kind": "percent"}),
        ("2024年12月31日", {"kind": "date"}),
        ("3-4", {"kind": "code"}),
        ("420599199002059463", {"kind": "text"}),
        ("http://example.org", {"kind": "text"}),
        ("mailto:a@example.org", {"kind": "text"}),
        ("{=SUM(A1)}", {"kind": "text"}),
    ],
)
def test_what_excel_would_change_stays_text(cell_document, text, fields):
    cell = only_cell(cell_document(text, **fields))
    assert (cell.data_type, cell.value, cell.number_format) == ("s", text, "@")
    assert cell.hyperlink is None


def test_doubtful_cells_are_coloured_and_say_why(report):
    sheet = book_of(report)[ACCOUNTS]
    commented = {cell.coordinate for row in sheet.rows for cell in row if cell.comment}
    assert commented == {"D3", "C6"}  # a merged cell's at its first place
    coloured = {c.coordinate for row in sheet.rows for c in row if c.fill.fgColor.rgb == REVIEW}
    assert coloured - {"E3", "F3"} == commented
    assert sheet["C6"].comment.text.split("\n") == [
        "待核：识别把握不足、压在水印或印章下",
        "置信度：62.3%",
        "另读作“-72.50”（small 备选识别，38.0%）",
        "合计规则 佐证：100.0%",
        "原件第 2 页",
    ]


def test_the_first_sheet_tells_document_tables_sums_and_doubts(report):
    book = book_of(report)
    lines = contents(book)
    assert ["SHA-256", "ab" * 32] in lines
    assert ["水印", "“仅供内部审核”（第 1–2 页）"] in lines
    table = ["t1", "收入支出决算总表", "公开01表", "万元", "第 1–2 页", "6 × 6", 32, 2, 1, 0, 1, 0]
    assert table in lines
    failing = "应为 2374.84，实见 2375.84，容差 0.02；各项：F5、F6、F7"
    assert ["合计不符", failing, "F8", ACCOUNTS] in lines
    doubts = lines[lines.index(["待核事项"]) + 2 :]
    assert doubts == [
        ["合计不符", "差 1.00", "F8", 2, ACCOUNTS],
        ["分辨率过低", 2],
        ["待核", "“支出”，置信度：未评分", "D3", 1, ACCOUNTS],
        ["识别把握不足、压在水印或印章下", "“-12.50”，置信度：62.3%", "C6", 2, ACCOUNTS],
    ]


def test_links_lead_to_cells_that_exist(report):
    book = book_of(report)
    links = [
        cell.hyperlink for sheet in book for row in sheet.rows for cell in row if cell.hyperlink
    ]
    targets = [re.fullmatch(r"'(.+)'!([A-Z]+\d+)", link.location) for link in links]
    assert {target[1] for target in targets} == set(book.sheetnames) - {"核对"}
    assert {target[2] for target in targets} == {"A1", "F8", "C8", "D3", "C6"}
    assert book["目录"]["C25"].hyperlink.location == f"'{ACCOUNTS}'!F8"


def test_the_last_sheet_lists_every_check_and_leads_to_its_cell(report):
    book = book_of(report)
    rows = [[cell.value for cell in row] for row in book["核对"].rows][2:]
    title = "收入支出决算总表"
    assert [row[:4] for row in rows] == [
        ["不符", title, "F8", "合计"],  # what does not hold comes first
        ["相符", title, "C8", "合计"],
    ]
    assert [row[5:] for row in rows] == [
        ["2374.84", "2375.84", "1.00", "0.02", "F5、F6、F7"],
        ["2635.61", "2635.61", "0.00", "0.015", "C5、C6"],
    ]
    links = [book["核对"].cell(row, 3).hyperlink.location for row in (3, 4)]
    assert links == [f"'{ACCOUNTS}'!F8", f"'{ACCOUNTS}'!C8"]
    assert book["核对"]["A3"].fill.fgColor.rgb == REVIEW
    assert book["核对"]["A4"].fill.fgColor.rgb != REVIEW


def test_checks_tell_signs_other_tables_and_quotes(document_of, table_of):
    common = {"total": (0, 0), "expected": "5", "found": "5", "tolerance": "0", "outcome": "holds"}
    checks = (
        Check(kind="balance", parts=((0, 1), (1, 0)), signs=(1, -1), **common),
        Check(kind="equal", parts=((1, 1),), parts_table="t2", **common),
        Check(kind="equal", parts=(), quote="支出5元", **common),
    )
    tables = [table_of([["5", "9"], ["4", "5"]], checks=checks)]
    tables.append(table_of([["1", "2"], ["3", "5"]], id="t2", title="附表"))
    rows = [[cell.value for cell in row] for row in book_of(document_of(*tables))["核对"].rows]
    assert [row[9] for row in rows[2:]] == ["B3、−A4", "附表：B4", "正文“支出5元”"]


def test_nothing_open_is_said(document_of, table_of):
    lines = contents(book_of(document_of(table_of([["甲", "1"]]))))
    assert ["无", "没有待核事项"] in [line[:2] for line in lines]


def test_sums_that_cannot_be_computed_are_listed(document_of, table_of):
    check = Check(
        kind="sum",
        total=(0, 0),
        parts=((0, 1),),
        expected=None,
        found="5",
        tolerance="0.5",
        outcome="not-computable",
    )
    lines = contents(book_of(document_of(table_of([["5", "x"]], checks=(check,)))))
    assert ["合计无法计算", "应为 无法计算，实见 5，容差 0.5；各项：B3", "A3"] in [
        r[:3] for r in lines
    ]


SHEET_NAMES = [
    (["同名", "同名", "同名"], ["同名", "同名 (2)", "同名 (3)"]),
    (["ABC", "abc"], ["ABC", "abc (2)"]),
    (["History", "目录"], ["History (2)", "目录 (2)"]),
    (["'引号'"], ["引号"]),
    (["[]:*?/\\", "'", " "], ["-", "t2", "t3"]),
    (["甲：乙／丙"], ["甲-乙-丙"]),
    (["一" * 40, "一" * 41], ["一" * 31, "一" * 27 + " (2)"]),
    (["一" * 30 + "𠮷"], ["一" * 30]),
    (["it's"], ["it's"]),
    (["换\n行\x01"], ["换-行-"]),
]


@pytest.mark.parametrize(("titles", "wanted"), SHEET_NAMES)
def test_sheet_names_that_excel_takes(document_of, table_of, titles, wanted):
    tables = [
        table_of([["x"]], id=f"t{count}", title=title, special={(0, 0): {"needs_review": True}})
        for count, title in enumerate(titles, 1)
    ]
    book = book_of(document_of(*tables))
    assert book.sheetnames[1:] == wanted
    links = [c.hyperlink.location for row in book["目录"].rows for c in row if c.hyperlink]
    for name in wanted:
        quoted = name.replace("'", "''")
        assert f"'{quoted}'!A3" in links


def test_a_text_too_long_for_excel_is_cut_where_it_can_be_seen(cell_document):
    text = "长" * 32_760 + "𠮷" * 10
    book = book_of(cell_document(text))
    shown = book.worksheets[1]["A3"].value
    assert len(shown.encode("utf-16-le")) // 2 <= 32_767
    assert shown.endswith("全文见 JSON〕")
    assert text.startswith(shown.split("……")[0])
    assert any(line[:1] == ["文字过长"] and "A3" in line for line in contents(book))


def test_control_characters_are_shown_and_the_file_stays_whole(cell_document):
    text = "a\x00b\x1f\x0bc\ufffe_x0041_"
    document = cell_document(text, needs_review=True)
    book = book_of(document)
    assert printable(text) == "a␀b␟␋c�_x0041_"
    archive = zipfile.ZipFile(io.BytesIO(render(document)[".xlsx"]))
    for name in archive.namelist():
        if name.endswith((".xml", ".rels", ".vml")):
            ET.fromstring(archive.read(name))  # noqa: S314 - our own file
    assert book.worksheets[1]["A3"].value.startswith("a␀b␟␋c�")


def test_a_table_larger_than_a_sheet_is_refused(document_of, table_of):
    wide = table_of([["x"] * 16_385])
    with pytest.raises(OutputError, match="leave xlsx out"):
        render(document_of(wide))


def test_long_texts_are_seen_whole(document_of, table_of):
    long = "为我市个体工商户办理保险" * 20
    table = table_of([["项目", long, None], ["1,234,567,890.12", "b", "c"]], merged=[(0, 1, 1, 2)])
    sheet = book_of(document_of(table)).worksheets[1]
    first, second = (sheet.column_dimensions[letter].width for letter in "AB")
    assert (sheet.column_dimensions["B"].min, sheet.column_dimensions["B"].max) == (2, 3)
    assert first >= len("1,234,567,890.12")
    lines = sheet.row_dimensions[3].height / 13.5
    assert lines * (second * 2 - 3) >= 2 * len(long)
    assert first + 2 * second <= 131


def test_a_tall_head_leaves_room_to_scroll(document_of, table_of):
    rows = [[str(row)] for row in range(60)]
    assert book_of(document_of(table_of(rows, header_rows=2))).worksheets[1].freeze_panes == "A5"
    assert book_of(document_of(table_of(rows, header_rows=50))).worksheets[1].freeze_panes is None


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_every_document_gives_a_workbook_that_holds_its_cells(any_document, data):
    document = data.draw(any_document)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        book = book_of(document)
    assert len(book.worksheets) == 1 + len(document.tables)
    for table, sheet in zip(document.tables, book.worksheets[1:], strict=True):
        merged = {merged.coord for merged in sheet.merged_cells.ranges}
        for cell in table.cells:
            there = sheet.cell(3 + cell.row, 1 + cell.col)
            assert there.data_type != "f"
            assert (there.comment is not None) == cell.needs_review
            if there.data_type == "n" and there.value is not None:
                number = Decimal(cell.value or cell.text.replace("%", "").replace(",", ""))
                shown = Decimal(repr(there.value)) * (100 if cell.kind == "percent" else 1)
                assert abs(number - shown) <= abs(number) * Decimal("1e-14")
            else:
                assert (there.value or "") == printable(cell.text)
            if cell.rowspan > 1 or cell.colspan > 1:
                end = sheet.cell(2 + cell.row + cell.rowspan, cell.col + cell.colspan)
                assert f"{there.coordinate}:{end.coordinate}" in merged
