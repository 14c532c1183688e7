"""Cut a sample out of a document with truth: some pages as they are, and the truth of these pages.

    python benchmarks/make_sample.py REPORT.pdf REPORT.truth.json 5-6,8-10,49-50 SAMPLE.pdf

Writes SAMPLE.pdf and SAMPLE.truth.json beside it. Page pictures are carried over byte by byte.
Rows of a table that stand on no chosen page leave the truth; pages, rows and spans are counted
anew.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pypdfium2

Json = dict[str, Any]
Rows = dict[str, dict[int, int]]
"""For each table, the rows that stay: number before to number now."""


def page_numbers(text: str) -> list[int]:
    """Numbers out of "5-6,8"."""
    numbers: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers.extend(range(int(first), int(last or first) + 1))
    return numbers


def cut_truth(truth: Json, numbers: Sequence[int]) -> Json:
    """The truth of some pages, in their order."""
    by_number = {page["number"]: page for page in truth["pages"]}
    pages = [by_number[number] for number in numbers]
    rows = kept_rows(pages)
    return truth | {
        "pages": [cut_page(page, number, rows) for number, page in enumerate(pages, 1)],
        "tables": [
            cut_table(table, rows[table["id"]]) for table in truth["tables"] if table["id"] in rows
        ],
    }


def kept_rows(pages: Sequence[Json]) -> Rows:
    """The rows of each table that stand on these pages."""
    kept: dict[str, set[int]] = {}
    for block in (block for page in pages for block in page["blocks"] if block["type"] == "table"):
        first, last = block["rows"]
        kept.setdefault(block["table"], set()).update(range(first, last + 1))
    return {name: {row: now for now, row in enumerate(sorted(old))} for name, old in kept.items()}


def cut_cells(cells: Sequence[Json], rows: dict[int, int]) -> list[Json]:
    """The cells that reach into the rows that stay."""
    cut = []
    for cell in cells:
        reach = [rows[r] for r in range(cell["row"], cell["row"] + cell["rowspan"]) if r in rows]
        if reach:
            cut.append(cell | {"row": reach[0], "rowspan": len(reach)})
    return cut


def cut_table(table: Json, rows: dict[int, int]) -> Json:
    return table | {
        "n_rows": len(rows),
        "header_rows": sum(row in rows for row in range(table["header_rows"])),
        "cells": cut_cells(table["cells"], rows),
    }


def cut_page(page: Json, number: int, rows: Rows) -> Json:
    def renumbered(part: Json) -> Json:
        """Of a table: the block that stands in the text, or the part that stands on the scan."""
        return part | {"rows": [rows[part["table"]][row] for row in part["rows"]]}

    blocks = [renumbered(b) if b["type"] == "table" else b for b in page["blocks"]]
    parts = [
        renumbered(part) | {"cells": cut_cells(part["cells"], rows[part["table"]])}
        for part in page["scan"]["parts"]
    ]
    return page | {"number": number, "blocks": blocks, "scan": page["scan"] | {"parts": parts}}


def main() -> None:
    parser = argparse.ArgumentParser(description="Cut a sample out of a document with truth.")
    parser.add_argument("report", type=Path, help="PDF to cut")
    parser.add_argument("truth", type=Path, help="its truth")
    parser.add_argument("pages", type=page_numbers, help="such as 5-6,8-10,49")
    parser.add_argument("sample", type=Path, help="PDF to write")
    given = parser.parse_args()

    with pypdfium2.PdfDocument(given.report) as report, pypdfium2.PdfDocument.new() as sample:
        sample.import_pages(report, [number - 1 for number in given.pages])
        sample.save(given.sample)
    truth = cut_truth(json.loads(given.truth.read_text(encoding="utf-8")), given.pages)
    text = json.dumps(truth, ensure_ascii=False)
    given.sample.with_suffix(".truth.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
