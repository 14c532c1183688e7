"""The benchmark of trust counts what a reviewer would meet."""

import numpy as np
import pytest

import trust
from tenglu.evaluation.scoring import score


def document(*cells: tuple[str, str, float | None, bool], profile: str = "stamp"):
    """Truth and result: true text, text read, confidence, whether it asks for review."""
    shape = {"n_rows": len(cells), "n_cols": 1}
    true = [{"row": row, "col": 0, "text": cell[0]} for row, cell in enumerate(cells)]
    read = [
        {"row": row, "col": 0, "text": text, "confidence": sure, "needs_review": asks}
        for row, (_, text, sure, asks) in enumerate(cells)
    ]
    truth = {"id": "a", "profile": profile, "tables": [{"id": "t", **shape, "cells": true}]}
    return truth, {"tables": [{"id": "t1", **shape, "cells": read}]}


LINES = (
    ("合计", "合计", 0.999, False),
    ("小计", "小汁", 0.2, True),
    ("12.50", "12.50", 0.9, False),
    ("13.50", "13.80", 0.95, False),
    ("", "", None, True),
)


@pytest.fixture
def cells():
    truth, result = document(*LINES)
    return trust.asked(score(truth, result).verdicts)


def test_figures_of_a_group(cells):
    figures = trust.trust(cells)
    assert (figures.cells, figures.wrong, figures.numbers) == (5, 2, 2)
    assert (figures.flagged, figures.caught) == (0.4, 0.5)
    assert (figures.silent_numbers, figures.left) == (1, 1)
    assert figures.expected == pytest.approx(0.001 + 0.1 + 0.05, abs=0.01)


def test_the_least_sure_cells_are_looked_at_first(cells):
    share, left = trust.review_curve(cells)
    # No score, then .2 (wrong), .9, .95 (wrong), .999.
    assert left * 5 == pytest.approx([2, 2, 1, 1, 0, 0])
    assert share == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])


def test_cells_of_like_doubt_are_counted_together(cells):
    bins = trust.reliability(cells)
    assert sum(found.cells for found in bins) == 4  # that have a confidence
    assert [found.wrong for found in bins] == [0, 0.5, 1]
    assert all(found.low <= found.wrong <= found.high for found in bins)


@pytest.mark.parametrize(("part", "of", "low", "high"), [(0, 10, 0, 0.278), (5, 10, 0.237, 0.763)])
def test_the_interval_is_that_of_wilson(part, of, low, high):
    """Figures of published tables."""
    assert trust.wilson(part, of) == pytest.approx((low, high), abs=1e-3)


def test_the_picture_holds_every_group(tmp_path, cells):
    groups = {"stamp": cells, "fax": cells}
    first, again = tmp_path / "a.png", tmp_path / "b.png"
    trust.draw(groups, first)
    trust.draw(groups, again)
    assert first.read_bytes().startswith(b"\x89PNG")
    assert first.read_bytes() == again.read_bytes()


def test_groups_are_named_by_their_scan():
    documents = [document(*LINES), document(*LINES, profile="fax")]
    truths = [truth for truth, _ in documents]
    verdicts = [score(truth, result).verdicts for truth, result in documents]
    groups = trust.by_scan(truths, verdicts)
    assert list(groups) == ["fax", "stamp"]
    assert np.all([len(found) == 5 for found in groups.values()])
