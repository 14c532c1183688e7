"""`tenglu evaluate`: users score their own results."""

import json

import pytest

from calls import tenglu
from tenglu.errors import ExitCode

ROWS = [["项目", "预算", "决算"], ["办公费", "10.00", "9.16"], ["合计", "20.00", "8.40"]]


def document(rows, **cell_fields):
    cells = [
        {"row": i, "col": j, "rowspan": 1, "colspan": 1, "text": text, **cell_fields}
        for i, row in enumerate(rows)
        for j, text in enumerate(row)
    ]
    table = {"id": "t1", "n_rows": len(rows), "n_cols": len(rows[0]), "cells": cells}
    return {"tables": [table]}


@pytest.fixture
def pair(tmp_path):
    def write(truth, result):
        files = tmp_path / "决算.truth.json", tmp_path / "决算.json"
        for file, content in zip(files, (truth, result), strict=True):
            file.write_text(json.dumps(content), "utf-8")
        return files

    return write


def test_figures_of_a_result_that_lacks_a_row(pair):
    call = tenglu("evaluate", *pair(document(ROWS), document(ROWS[:2])))
    head, line, _ = call.out.splitlines()
    shown = dict(zip(head.split(), line.split(), strict=True))
    assert (shown["cells"], shown["cell"], shown["structure"]) == ("9", "0.6667", "0.0")
    assert call.code == ExitCode.OK


def test_wrong_cells_are_listed(pair):
    wrong = [*ROWS[:2], ["合计", "20.00", "8.46"]]
    call = tenglu("evaluate", *pair(document(ROWS), document(wrong)), "--errors", "5")
    assert call.out.splitlines()[-1].endswith(
        "t1 2,2: '8.40', read '8.46', silent, confidence None"
    )


def test_figures_as_json(pair):
    truth, result = pair(document(ROWS), document(ROWS, needs_review=True))
    figures = json.loads(tenglu("evaluate", truth, result, "--json").out)
    assert figures[str(result)]["number"] == figures["all together"]["number"] == 1.0
    assert figures["all together"]["flagged"] == 1.0


def test_an_odd_number_of_files_is_wrong_usage(pair):
    call = tenglu("evaluate", pair(document(ROWS), document(ROWS))[0])
    assert call.code == ExitCode.USAGE
    assert "pairs" in call.err


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"tables": [{"id": "t1"}]}'])
def test_what_is_no_result_is_named(pair, content):
    truth, result = pair(document(ROWS), document(ROWS))
    truth.write_text(content, "utf-8")
    call = tenglu("evaluate", truth, result)
    assert call.code == ExitCode.INPUT
    assert truth.name in call.err
