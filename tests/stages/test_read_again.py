"""Doubtful lines are read in other ways; the first reading stands, the others beside it."""

from collections.abc import Sequence

import numpy as np
import pytest

from tenglu.engines import Character, Crop, Reading
from tenglu.geometry import Box
from tenglu.stages.read import CellText
from tenglu.stages.read.again import read_again
from tenglu.stages.read.points import Settled
from tenglu.stages.read.result import Again, Line
from tenglu.stages.rebuild.tables import text_evidence

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


def test_further_readings_stand_in_the_evidence_and_not_in_the_text():
    text = CellText(
        "8",
        vertical=False,
        readings=[reading(0.6)],
        stray=0.0,
        again=(Again("3", 0.9), Again("8", 0.7)),
    )
    said = [(e.text, e.confidence) for e in text_evidence(text, "engine") if "again" in e.witness]
    assert said == [("3", 0.9), ("8", 0.7)]
