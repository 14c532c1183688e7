"""Doubtful lines are read in other ways; the first reading stands, the others beside it."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printed import raw_table
from tenglu.engines.interface import Character, Crop, Reading
from tenglu.imaging.geometry import Box
from tenglu.model import FlagCode
from tenglu.stages.assemble import Assembled, RawCell
from tenglu.stages.assemble.evidence import text_evidence
from tenglu.stages.check import check
from tenglu.stages.ocr import CellText
from tenglu.stages.ocr.points import Settled
from tenglu.stages.ocr.rereading import read_again, weighed
from tenglu.stages.ocr.result import Again, AtFirst, Line

BOX = Box(10, 10, 60, 30)
LINE = Line(np.full((40, 60, 3), 255, np.uint8), BOX)


def reading(probability: float, omitted: float = 0.0) -> Reading:
    return Reading("8", (Character("8", probability, "3", 0.0),), omitted)


class Remembers:
    """An engine that reads a 3 wherever it is asked, and knows what it was asked."""

    name = witness = "engine"

    def __init__(self) -> None:
        self.crops: list[Crop] = []

    def read(self, crops: Sequence[Crop]) -> list[Reading]:
        self.crops += crops
        return [Reading("3", (Character("3", 0.9, "8", 0.1),)) for _ in crops]


@pytest.mark.parametrize(
    ("first", "ways"),
    [
        (reading(0.9999), []),
        (reading(0.99), ["narrow"]),
        (reading(0.6), ["narrow", "soft"]),
        (reading(0.9999, omitted=0.3), ["narrow"]),
    ],
)
def test_the_more_doubtful_the_more_readings(first, ways):
    engine = Remembers()
    [further] = read_again([LINE], [Settled(first, None)], engine, 7)
    assert [crop.way for crop in engine.crops] == ways
    assert [r.text for r in further] == ["3"] * len(ways)
    assert {(crop.page, crop.box) for crop in engine.crops} <= {(7, BOX)}


def test_a_line_whose_dust_was_painted_over_is_for_review_anyway():
    engine = Remembers()
    assert read_again([LINE], [Settled(reading(0.5), reading(0.4))], engine, 1) == [[]]
    assert engine.crops == []


def of(text: str, probability: float) -> Reading:
    return Reading(text, tuple(Character(c, probability, "?", 0.0) for c in text))


@pytest.mark.parametrize(
    ("first", "others", "stands"),
    [
        (of("总分", 0.9), [], "总分"),
        (of("〈总分", 0.45), [of("总分", 0.9999)], "总分"),
        (of("小", 0.97), [of("小计", 0.59)], "小"),
        (of("总分", 0.9), [of("总兮", 0.92)], "总分"),
        (of("总分", 0.6), [of("总兮", 0.7), of("怠分", 0.5)], "总分"),
        (of("總分", 0.6), [of("总分", 0.6), of("总分", 0.55)], "总分"),
    ],
    ids=["alone", "much surer", "less sure", "hardly surer", "each for itself", "two of one mind"],
)
def test_the_reading_stands_for_which_most_is_said(first, others, stands):
    settled, beside = weighed(Settled(first, None), others)
    assert settled.reading.text == stands
    if stands == first.text:
        assert settled.at_first is None  # nobody is asked for this
        assert beside == others
    else:
        assert settled.at_first == first
        assert first in beside
        assert len(beside) == len(others)


def test_a_cell_that_stands_as_it_was_read_again_is_for_review():
    text = CellText(
        "总分",
        vertical=False,
        readings=[of("总分", 0.9999)],
        stray=0.0,
        at_first=AtFirst("〈总分", 0.45),
    )
    corners = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))
    cell = RawCell(
        row=0,
        col=0,
        rowspan=1,
        colspan=1,
        text="总分",
        vertical=False,
        page=1,
        polygon=corners,
        evidence=tuple(text_evidence(text, "engine")),
    )
    table = raw_table([cell], n_rows=1, n_cols=1)
    [judged] = check(Assembled((), (table,), ())).tables[0].cells
    assert judged.needs_review
    assert FlagCode.LOW_CONFIDENCE in judged.flags


@given(
    first=st.tuples(st.sampled_from("男男田"), st.floats(0, 1)),
    others=st.lists(st.tuples(st.sampled_from("男田里"), st.floats(0, 1)), max_size=2),
)
def test_what_stands_was_read(first, others):
    given_first, given_others = of(*first), [of(*other) for other in others]
    settled, beside = weighed(Settled(given_first, None), given_others)
    assert sorted([settled.reading, *beside]) == sorted([given_first, *given_others])
    assert (settled.at_first is None) == (settled.reading.text == given_first.text)


def test_further_readings_stand_in_the_evidence_and_not_in_the_text():
    text = CellText(
        "8",
        vertical=False,
        readings=[reading(0.6)],
        stray=0.0,
        again=(Again("3", 0.9), Again("8", 0.7)),
    )
    said = [(e.text, e.confidence) for e in text_evidence(text, "engine") if e.role == "rereading"]
    assert said == [("3", 0.9), ("8", 0.7)]
