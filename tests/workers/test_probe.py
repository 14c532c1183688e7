"""Files are opened apart: what breaks the opening is told of one file alone."""

import multiprocessing
from pathlib import Path

import pytest

import hostile
from calls import card_pdf
from tenglu.errors import InputError
from tenglu.stages.ingest import DEFAULTS, identify
from tenglu.workers import probe
from tenglu.workers.probe import FileProbe


@pytest.fixture
def apart():
    with FileProbe(DEFAULTS, None) as opened:
        yield opened


def test_it_tells_what_opening_here_tells(tmp_path, apart):
    good, torn = card_pdf(tmp_path / "好.pdf", 3), tmp_path / "torn.pdf"
    torn.write_bytes(good.read_bytes()[:-300])
    for path in (torn, tmp_path / "missing.pdf"):
        with pytest.raises(InputError) as here:
            identify(path)
        with pytest.raises(InputError) as there:
            apart.identify(path)
        assert str(there.value) == str(here.value)
    assert apart.identify(good) == identify(good)


def test_a_file_that_takes_all_memory_and_the_next_one(tmp_path, apart):
    pytest.importorskip("resource", reason="limits memory as posix does")
    bomb = tmp_path / "bomb.pdf"
    bomb.write_bytes(hostile.object_stream(900))
    for _ in range(2):
        with pytest.raises(InputError, match=r"bomb\.pdf cannot be opened \(the process"):
            apart.identify(bomb)
        assert apart.identify(card_pdf(tmp_path / "a.pdf")).n_pages == 1


def test_a_process_that_was_ended_by_others_costs_no_file(tmp_path, apart):
    path = card_pdf(tmp_path / "a.pdf", 2)
    assert apart.identify(path).n_pages == 2
    for child in multiprocessing.active_children():
        child.kill()
        child.join()
    assert apart.identify(path).n_pages == 2


def test_a_file_that_takes_too_long_and_the_next_one(tmp_path, apart, monkeypatch):
    path: Path = card_pdf(tmp_path / "a.pdf")
    with monkeypatch.context() as patch:
        patch.setattr(probe, "OPEN_TIMEOUT", 0.0)
        with pytest.raises(InputError, match=r"a\.pdf cannot be opened \(it was not open after"):
            apart.identify(path)
    assert apart.identify(path).n_pages == 1
