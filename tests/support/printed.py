"""Tables as they are printed, and what the check stage makes of them."""

from collections.abc import Callable, Mapping

import pytest

from seen import read, score
from sums import Truth, plant
from tenglu.model import Cell, Check, Evidence, FlagCode, Page, TextBlock
from tenglu.stages.assemble import Assembled, RawCell, RawTable
from tenglu.stages.check import Checked, CheckOptions, check

Test = Callable[[RawTable], None]
CORNERS = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))


def evidence(text: str, runner_up: tuple[str, float] | None = None, sure: float = 0.99):
    seen = [score("no-ink-left", 1.0)]
    if text:
        seen.append(read(text, sure))
    if runner_up is not None:
        seen.append(read(*runner_up, "alternative"))
    return tuple(seen)


def table(text: str, *, name: str = "t1", header_rows: int = 1, **facts) -> RawTable:
    """A table as it is printed: a line a row, | between columns.

    < merges with the cell at the left, ^ with the one above.
    """
    rows = [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]
    cells = []
    for row, parts in enumerate(rows):
        for col, part in enumerate(parts):
            if part in ("<", "^"):
                continue
            span = 1
            while col + span < len(parts) and parts[col + span] == "<":
                span += 1
            height = 1
            while row + height < len(rows) and rows[row + height][col] == "^":
                height += 1
            cells.append(
                RawCell(
                    row=row,
                    col=col,
                    rowspan=height,
                    colspan=span,
                    text=part,
                    vertical=False,
                    page=1,
                    polygon=CORNERS,
                    evidence=evidence(part),
                )
            )
    return raw_table(
        cells, name=name, n_rows=len(rows), n_cols=len(rows[0]), header_rows=header_rows, **facts
    )


def raw_table(cells, *, name: str = "t1", **facts) -> RawTable:
    usual = {
        "title": "", "code": "", "unit": "", "pages": (1,), "header_rows": 0, "structure": None,
        "notes": (),
    }  # fmt: skip
    return RawTable(id=name, cells=tuple(cells), **usual | facts)


def bare_table(*rows: tuple[str, ...], header_rows: int = 1) -> RawTable:
    """A table of which nothing but the texts is known."""
    cells = tuple(
        RawCell(row, col, 1, 1, text, vertical=False, page=1, polygon=CORNERS, evidence=())
        for row, texts in enumerate(rows)
        for col, text in enumerate(texts)
    )
    return raw_table(cells, n_rows=len(rows), n_cols=len(rows[0]), header_rows=header_rows)


def checked(*tables: RawTable, prose: tuple[str, ...] = (), **options) -> Checked:
    blocks = tuple(
        TextBlock(kind="paragraph", text=text, confidence=0.9, polygon=CORNERS) for text in prose
    )
    page = Page(number=1, width=9, height=9, dpi=200, rotation=0, skew=0.0, blocks=blocks)
    return check(Assembled((page,), tables, ()), CheckOptions(**options))


def checks(*tables: RawTable, **more) -> list[Check]:
    return [one for found in checked(*tables, **more).tables for one in found.checks]


def outcomes(*tables: RawTable, **more) -> dict[tuple[str, tuple[int, int]], str]:
    return {(one.kind, one.total): one.outcome for one in checks(*tables, **more)}


def suspects(rebuilt: Checked) -> set[tuple[str, int, int]]:
    return {
        (found.id, cell.row, cell.col)
        for found in rebuilt.tables
        for cell in found.cells
        if FlagCode.SUM_FAILS in cell.flags
    }


def cell_at(rebuilt: Checked, row: int, col: int) -> Cell:
    return next(c for c in rebuilt.tables[0].cells if (c.row, c.col) == (row, col))


def with_evidence(given: RawTable, row: int, col: int, seen: tuple[Evidence, ...]) -> RawTable:
    cells = tuple(
        c._replace(evidence=seen) if (c.row, c.col) == (row, col) else c for c in given.cells
    )
    return given._replace(cells=cells)


def form_tests(
    forms: Mapping[str, RawTable],
) -> tuple[Test, Test]:
    """Two tests that every kind of form is put to."""
    each = pytest.mark.parametrize("form", forms.values(), ids=forms)

    @each
    def nothing_fails_on_a_true_form(form: RawTable) -> None:
        assert "fails" not in outcomes(form).values()
        assert suspects(checked(form)) == set()

    @each
    def nine_in_ten_wrong_digits_are_flagged(form: RawTable) -> None:
        page = Page(number=1, width=9, height=9, dpi=200, rotation=0, skew=0.0)
        plants = plant(Truth((page,), (form,)), checked(form).tables, 24, seed=3)
        found = [one.found for one in plants]
        assert sum(found) >= 0.9 * len(found), [one for one in plants if not one.found]

    return nothing_fails_on_a_true_form, nine_in_ten_wrong_digits_are_flagged


STATISTICS = """
地区     | 合计     | 小麦    | 玉米    | 豆类
寿阳县   | 10110.8 | 2279.7 | 4325.5 | 3505.6
太谷区   | 16448.8 | 756.1  | 3071.7 | 12621.0
安泽县   | 19665.3 | 4170.4 | 7228.6 | 8266.3
合计     | 46224.9 | 7206.2 | 14625.8 | 24392.9
"""
