"""The fitted confidence: doubt only lowers it, and a review leaves as few errors as was asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seen import read, score
from tenglu.model import Cell, Table
from tenglu.stages.check.confidence.model import confidences, fitted, review_below

SHARE = st.floats(0, 1)


def cell(row: int, text: str, **shares: float) -> Cell:
    seen = [
        read(text, share) if name == "read" else score(name.replace("_", "-"), share)
        for name, share in shares.items()
    ]
    y = 40.0 * row
    return Cell(
        row=row,
        col=0,
        text=text,
        kind="text" if text else "empty",
        confidence=None,
        needs_review=True,
        page=1,
        polygon=((0.0, y), (90.0, y), (90.0, y + 40), (0.0, y + 40)),
        evidence=tuple(seen),
    )


def scores(*cells: Cell) -> list[float | None]:
    table = Table(id="t1", pages=(1,), n_rows=len(cells), n_cols=1, cells=cells)
    found = confidences([table])
    return [found["t1", row, 0] for row in range(len(cells))]


def figures(*reads: tuple[str, float]) -> list[float | None]:
    return scores(
        *(cell(row, text, read=share, borders=1.0) for row, (text, share) in enumerate(reads))
    )


def test_what_is_read_well_is_surer_than_what_is_read_badly():
    good, bad = figures(("合计", 0.9999), ("小计", 0.4))
    assert good > 0.9 > bad


@given(SHARE, SHARE, st.sampled_from(["no_letter_lost", "clear_of_marks", "no_ink_left"]))
def test_more_doubt_never_raises_confidence(one, other, source):
    low, high = sorted((one, other))
    (worse,) = scores(cell(0, "12.50", read=0.99, borders=1.0, **{source: low}))
    (better,) = scores(cell(0, "12.50", read=0.99, borders=1.0, **{source: high}))
    assert 0 <= worse <= better <= 1


def test_a_lost_point_shows_in_its_column():
    column = [(f"{value}.50", 0.999) for value in range(10, 16)]
    *_, kept = figures(*column, ("1650.25", 0.999))
    *_, lost = figures(*column, ("165025", 0.999))
    assert lost < kept


def test_no_evidence_no_confidence():
    assert scores(cell(0, "合计")) == [None]


def test_the_model_says_where_it_is_from():
    assert {"data", "seeds", "hold_out"} <= fitted().provenance.keys()


@given(st.lists(SHARE, min_size=1), st.sampled_from([0.0, 1e-4, 0.01, 0.2]))
def test_what_is_left_unseen_is_wrong_no_oftener_than_asked(scores, target):
    unseen = [share for share in scores if share >= review_below(scores, target)]
    assert sum(1 - share for share in unseen) <= target * len(unseen) + 1e-9


def test_many_sure_cells_do_not_pay_for_a_doubtful_one():
    assert review_below([0.99, *[1.0] * 999], 1e-4) == 1.0


@pytest.mark.parametrize(("target", "least"), [(0.0, 1.0), (0.05, 0.9), (0.5, 0.1)])
def test_no_more_is_reviewed_than_needed(target, least):
    assert review_below([0.1, 0.9, 1.0], target) == least
