"""A sample of the cells that nobody was asked to look at, and what it proves."""

import math

import pytest

from office import Visitor, desk
from tenglu.errors import OutputError
from tenglu.review.core.folder import find_results
from tenglu.review.core.log import open_log
from tenglu.review.core.sample import draw, drawn_cells, most_wrong, unchecked, verdict


@pytest.mark.parametrize(
    ("wrong", "checked", "share"),
    # Of tables of the binomial distribution; without an error it is 1 - 0.05 ** (1 / n).
    [(0, 200, 0.014867), (0, 300, 0.009936), (1, 200, 0.023503), (5, 100, 0.102253), (10, 10, 1.0)],
)
def test_the_bound_of_clopper_and_pearson(wrong, checked, share):
    assert most_wrong(wrong, checked) == pytest.approx(share, abs=2e-5)


@pytest.mark.parametrize(("wrong", "checked"), [(0, 5), (3, 40), (17, 900)])
def test_at_the_bound_so_few_errors_are_found_once_in_twenty(wrong, checked):
    p = most_wrong(wrong, checked)
    found = math.fsum(
        math.comb(checked, k) * p**k * (1 - p) ** (checked - k) for k in range(wrong + 1)
    )
    assert found == pytest.approx(0.05, abs=1e-6)


@pytest.fixture
def log(out):
    with open_log(out) as opened:
        yield opened


def results(out):
    return list(find_results(out).values())


def test_a_draw_is_told_by_its_seed_and_takes_no_cell_that_is_asked(out, log):
    draw(log, results(out), 10, seed=7)
    first = drawn_cells(log)
    assert len(first) == 10
    assert not {(1, 1), (4, 1), (7, 1), (10, 1)} & {(cell.row, cell.col) for cell in first}
    draw(log, results(out), 11, seed=8)
    assert drawn_cells(log) != first
    draw(log, results(out), 10, seed=7)
    assert drawn_cells(log) == first


def test_the_same_size_goes_on_with_the_same_cells(out, log):
    draw(log, results(out), 10)
    first = drawn_cells(log)
    draw(log, results(out), 10)
    assert drawn_cells(log) == first


def test_a_sample_is_never_changed(out, log):
    draw(log, results(out), 10)
    for change in ("DELETE FROM sampled", "UPDATE sample SET seed = 1"):
        with pytest.raises(OutputError, match="never"), log.transaction() as connection:
            connection.execute(change)


def test_more_than_there_is_takes_all(out, log):
    draw(log, results(out), 10_000)
    cells = 14 * 3
    assert len(drawn_cells(log)) == cells - 4


def test_an_error_in_the_sample_is_counted_and_told(out):
    with desk(out, "--sample", 20) as address:
        visitor = Visitor(address)
        with open_log(out) as log:
            drawn = drawn_cells(log)
            assert verdict(log)[:4] == (20, 0, 0, 38)
            for i, cell in enumerate(drawn):
                text = {"text": "x"} if i == 3 else {}
                word = visitor.word("edit" if text else "accept", cell.row, cell.col, **text)
                assert verdict(log).share is None  # what was checked first is no random part
                assert visitor.say(word).status_code == 201
            told = verdict(log)
            assert told[:4] == (20, 20, 1, 38)
            assert told.share == pytest.approx(most_wrong(1, 20))
            assert told.most == math.floor(told.share * 18)
            assert unchecked(log) == []


def test_a_folder_without_results_has_no_sample(tmp_path):
    with open_log(tmp_path) as log:
        draw(log, [], 5)
        assert verdict(log) is None


def test_a_page_that_was_reviewed_is_not_drawn(out):
    with desk(out) as address:
        visitor = Visitor(address)
        for row in range(1, 13):
            visitor.say(visitor.word("accept", row, 2))
    with open_log(out) as log:
        draw(log, results(out), 1000)
        assert {cell.row for cell in drawn_cells(log) if cell.col == 2} == {0, 13}
