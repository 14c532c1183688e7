import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenglu.export.csv_files import render

SIGNS = "=+-@＝＋－＠"


def rows_of(data):
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_one_file_a_table_with_numbers_as_plain_decimals(report):
    files = render(report)
    assert list(files) == [".t1.csv", ".t2.csv"]
    rows = rows_of(files[".t1.csv"])
    assert rows[0] == ["收入", "", "", "支出", "", ""]
    assert rows[2] == [
        *["一、财政拨款收入", "1", "2648.11"],
        *["一、一般公共服务支出", "2013801", "2066.25"],
    ]
    assert rows[3][2] == "-12.50"
    assert rows[4][5] == "-66.85"
    people = rows_of(files[".t2.csv"])
    assert people[1] == ["1", "'@SUM(A1)", "420599199002059463", "'+86 10 6655", "98.30%"]
    assert people[2] == ["2", "-", "42059919900205946X", "'-|换\n行|-", "100%"]


@pytest.mark.parametrize("text", ["=1+1", "+86", "-2+3", "@SUM", "\t=1", "\r=1", "＝1+1", "－x"])
@pytest.mark.parametrize("kind", ["text", "code", "date"])
def test_no_text_is_taken_for_a_formula(cell_document, text, kind):
    (data,) = render(cell_document(text, kind=kind)).values()
    assert rows_of(data) == [[f"'{text}"]]


@pytest.mark.parametrize("value", ["-1E+5"])
def test_a_value_that_is_no_plain_decimal_does_not_leave_the_printed_text(cell_document, value):
    (data,) = render(cell_document("一百万", kind="number", value=value)).values()
    assert rows_of(data) == [["一百万"]]


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_every_text_comes_back(any_document, data):
    document = data.draw(any_document)
    files = render(document)
    assert len(files) == len(document.tables)
    for table, file in zip(document.tables, files.values(), strict=True):
        rows = rows_of(file)
        for cell in table.cells:
            field = rows[cell.row][cell.col]
            assert field[:1] not in tuple(SIGNS) or field in SIGNS or cell.kind != "text"
            if cell.kind != "number":
                assert field.removeprefix("'") == cell.text
                rows[cell.row][cell.col] = ""
        if all(cell.kind != "number" for cell in table.cells):
            assert rows == [[""] * table.n_cols] * table.n_rows


def test_table_ids_make_safe_and_distinct_file_names(document_of, table_of):
    tables = [table_of([["a"]], id=name) for name in ["../t1", "T1", "t1"]]
    files = render(document_of(*tables))
    assert list(files) == [".___t1.csv", ".T1.csv", ".t1 (2).csv"]
