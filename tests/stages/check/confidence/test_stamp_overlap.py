"""A figure under a seal asks for review, however sure the recogniser is."""

import pytest

from printed import raw_table
from seen import read, score
from tenglu.model import FlagCode, Page, Seal
from tenglu.stages.assemble import Assembled, RawCell
from tenglu.stages.check import check

SEAL = Seal(shape="round", color="red", polygon=((90, 90), (140, 90), (140, 140), (90, 140)))


def cell(col: int, text: str, clear: float) -> RawCell:
    x = 100.0 * col
    evidence = [
        *([read(text, 0.99999)] if text else []),
        score("no-ink-left", 1.0),
        score("clear-of-marks", clear),
    ]
    corners = ((x, 80.0), (x + 95, 80.0), (x + 95, 120.0), (x, 120.0))
    return RawCell(
        row=0,
        col=col,
        rowspan=1,
        colspan=1,
        text=text,
        vertical=False,
        page=1,
        polygon=corners,
        evidence=tuple(evidence),
    )


def flags(text: str, clear: float, *, col: int = 1, seals: tuple[Seal, ...] = (SEAL,)):
    cells = tuple(cell(c, text if c == col else "", clear if c == col else 1.0) for c in range(4))
    table = raw_table(cells, n_rows=1, n_cols=4)
    page = Page(number=1, width=400, height=400, dpi=200, rotation=0, skew=0, seals=seals)
    judged = check(Assembled((page,), (table,), ()))
    found = judged.tables[0].cells[col]
    assert found.needs_review == bool(found.flags)
    return found.flags


@pytest.mark.parametrize("text", ["3.08", "2013801", "2024年12月31日", "12.5%"])
def test_a_figure_under_a_seal_is_flagged(text):
    assert FlagCode.UNDER_MARK in flags(text, 0.8)


def test_words_under_a_seal_are_left_to_their_confidence():
    assert FlagCode.UNDER_MARK not in flags("合计", 0.8)


def test_a_figure_beside_a_seal_is_not_flagged():
    assert FlagCode.UNDER_MARK not in flags("3.08", 0.8, col=3)
    assert FlagCode.UNDER_MARK not in flags("3.08", 1.0)
    assert FlagCode.UNDER_MARK not in flags("3.08", 0.8, seals=())
