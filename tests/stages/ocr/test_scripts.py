"""A doubtful character is weighed by the script that the page is set in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import paint
from page_results import reading
from tenglu.engines.interface import Character, Reading
from tenglu.stages.ocr import read_text
from tenglu.stages.ocr.scripts import find_script, in_script
from tenglu.stages.tables import find_tables

SIMPLIFIED = reading("财政拨款收入支出决算总表单位万元项目预算数经费转结余业务国际" * 2)
TRADITIONAL = reading("財政撥款收入支出決算總表單位萬元項目預算數經費轉結餘業務國際" * 2)


def doubtful(text: str, probability: float, rival: str, its: float) -> Reading:
    return Reading(text, (Character(text, probability, rival, its),))


def test_the_script_of_a_page_is_told_by_what_was_read():
    assert find_script([SIMPLIFIED]) == "simplified"
    assert find_script([TRADITIONAL]) == "traditional"
    assert find_script([SIMPLIFIED, reading("項")]) == "simplified"


@pytest.mark.parametrize(
    "readings",
    [
        [SIMPLIFIED, TRADITIONAL],
        [reading("项目预算数")],
        [reading("财政拨款收入支出决算总表单位万元项目预算数" * 9, 0.5)],
        [reading("1234567890" * 10)],
        [],
    ],
    ids=["both", "few", "unsure", "figures", "nothing"],
)
def test_a_page_that_does_not_tell_has_none(readings):
    script = find_script(readings)
    assert script is None
    unsure = doubtful("項", 0.6, "项", 0.4)
    assert in_script(unsure, script) == unsure


@pytest.mark.parametrize(
    ("script", "strange", "own"), [("simplified", "項", "项"), ("traditional", "项", "項")]
)
def test_the_rival_in_the_script_of_the_page_wins(script, strange, own):
    weighed = in_script(doubtful(strange, 0.7, own, 0.2), script)
    [character] = weighed.characters
    assert weighed.text == character.text == own
    assert character.runner_up == strange  # a person sees it
    assert 0.2 < character.probability < 0.7


def test_what_is_sure_stays_in_its_own_script():
    [character] = in_script(doubtful("國", 0.98, "国", 0.02), "simplified").characters
    assert character.text == "國"
    assert character.probability < 0.98


def test_a_rival_in_the_other_script_is_less_of_a_doubt():
    [character] = in_script(doubtful("项", 0.8, "項", 0.2), "simplified").characters
    assert character.text == "项"
    assert character.probability > 0.98


@pytest.mark.parametrize(("text", "rival"), [("目", "日"), ("项", "顶"), ("項", "頂"), ("8", "項")])
def test_rivals_of_one_script_are_weighed_by_ink_alone(text, rival):
    unsure = doubtful(text, 0.6, rival, 0.4)
    assert in_script(unsure, "simplified").text == text


@given(
    pair=st.tuples(st.sampled_from("项目財数8國"), st.sampled_from("項日财數3国")),
    first=st.floats(0.3, 1.0),
    share=st.floats(0.0, 1.0),
    script=st.sampled_from(["simplified", "traditional", None]),
)
def test_probabilities_stay_probabilities(pair, first, share, script):
    second = min(first, 1 - first) * share
    [character] = in_script(doubtful(pair[0], first, pair[1], second), script).characters
    assert {character.text, character.runner_up} == set(pair)
    assert 0 <= character.runner_up_probability <= character.probability
    assert character.probability + character.runner_up_probability <= 1 + 1e-9


class Smudged:
    """An engine that is sure of what stands above a table, and not of its cells."""

    name = witness = "engine"

    def __init__(self, top: int) -> None:
        self.top = top  # px, of the table

    def read(self, crops):
        unsure = doubtful("項", 0.6, "项", 0.3)
        return [SIMPLIFIED if crop.box.y0 < self.top else unsure for crop in crops]


def test_a_cell_is_weighed_by_the_whole_page():
    top = 420
    slots = (paint.Slot(0, 0, text="AB"), paint.Slot(0, 1), paint.Slot(1, 0), paint.Slot(1, 1))
    layout = paint.Layout((90, 90), (260, 260), slots, corner=(120, top))
    captions = [paint.Caption("ABCDEFGHIJ", (620, 80 + 45 * i)) for i in range(6)]
    page = paint.paint_page([layout], captions).image
    [cells] = read_text(page, find_tables(page), Smudged(top), 1).tables
    assert [cell.text for cell in cells] == ["项", "", "", ""]
    assert cells[0].readings[0].characters[0].runner_up == "項"
    assert {again.text for again in cells[0].again} == {"项"}
