"""The sample in scans/ and how it was cut."""

import json
from collections import Counter
from pathlib import Path

import pypdfium2
import pytest

import make_sample

SAMPLE = Path(__file__).parents[2] / "scans" / "yangquan-2024-sample.pdf"
TRUTH = json.loads(SAMPLE.with_suffix(".truth.json").read_text(encoding="utf-8"))


def assert_cells_tile(table):
    covered = Counter(
        (row, col)
        for cell in table["cells"]
        for row in range(cell["row"], cell["row"] + cell["rowspan"])
        for col in range(cell["col"], cell["col"] + cell["colspan"])
    )
    assert covered == Counter(
        (r, c) for r in range(table["n_rows"]) for c in range(table["n_cols"])
    )


@pytest.mark.parametrize("table", TRUTH["tables"], ids=lambda table: table["id"])
def test_cells_of_the_sample_tile_and_their_rows_stand_on_its_pages(table):
    assert_cells_tile(table)
    on_pages = [
        row
        for page in TRUTH["pages"]
        for block in page["blocks"]
        if block.get("table") == table["id"]
        for row in range(block["rows"][0], block["rows"][1] + 1)
    ]
    assert on_pages == list(range(table["n_rows"]))


def test_pages_of_the_sample_are_the_pages_of_its_truth():
    with pypdfium2.PdfDocument(SAMPLE) as sample:
        inches = [page.get_size() for page in sample]
    assert [page["number"] for page in TRUTH["pages"]] == list(range(1, len(inches) + 1))
    for page, (width, height) in zip(TRUTH["pages"], inches, strict=True):
        scan = page["scan"]
        assert width / 72 * scan["dpi"] == pytest.approx(scan["width"], abs=1)
        assert height / 72 * scan["dpi"] == pytest.approx(scan["height"], abs=1)


def cell(row, col, rowspan, text):
    return {"row": row, "col": col, "rowspan": rowspan, "colspan": 1, "text": text}


def page(number, rows, cells):
    part = {"table": "t1", "rows": rows}
    return {
        "number": number,
        "blocks": [{"type": "heading", "text": "表"}, {"type": "table", **part}],
        "scan": {"width": 100, "parts": [{**part, "cells": cells}]},
    }


TALL = cell(1, 0, 4, "跨页")
SINGLES = [cell(row, 1, 1, str(row)) for row in range(6)]
REPORT = {
    "id": "a",
    "pages": [
        page(1, [0, 1], [cell(0, 0, 1, "头"), TALL, *SINGLES[:2]]),
        page(2, [2, 3], [TALL, *SINGLES[2:4]]),
        page(3, [4, 5], [TALL, cell(5, 0, 1, "尾"), *SINGLES[4:]]),
    ],
    "tables": [
        {
            "id": "t1",
            "n_rows": 6,
            "n_cols": 2,
            "header_rows": 1,
            "cells": [cell(0, 0, 1, "头"), TALL, cell(5, 0, 1, "尾"), *SINGLES],
        },
        {"id": "t2", "n_rows": 1, "n_cols": 1, "header_rows": 0, "cells": [cell(0, 0, 1, "")]},
    ],
}


@pytest.mark.parametrize(
    ("numbers", "texts", "span"),
    [([1, 2], "头跨页0123", 3), ([2, 3], "跨页尾2345", 3), ([1, 3], "头跨页尾0145", 2)],
)
def test_a_cut_drops_rows_and_shortens_spans(numbers, texts, span):
    cut = make_sample.cut_truth(REPORT, numbers)
    [table] = cut["tables"]
    assert_cells_tile(table)
    assert "".join(c["text"] for c in table["cells"]) == texts
    assert [c["rowspan"] for c in table["cells"] if c["text"] == "跨页"] == [span]
    assert [p["number"] for p in cut["pages"]] == [1, 2]
    assert [p["blocks"][1]["rows"] for p in cut["pages"]] == [[0, 1], [2, 3]]
    assert table["header_rows"] == (1 if 1 in numbers else 0)
    assert all(c in table["cells"] for p in cut["pages"] for c in p["scan"]["parts"][0]["cells"])


def test_page_numbers():
    assert make_sample.page_numbers("5-7,9,12-12") == [5, 6, 7, 9, 12]
