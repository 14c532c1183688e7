import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import hostile
from calls import CARD, card_pdf, empty_table
from tenglu.engines.registry import ReplaySpec
from tenglu.errors import EngineError, InputError
from tenglu.executors import Executor, Work, usable_cores
from tenglu.model import Document, FlagCode
from tenglu.pipeline import Settings, assemble
from tenglu.stages.ingest import identify


@pytest.fixture
def settings(tmp_path) -> Settings:
    recording = tmp_path / "recording.json"
    recording.write_text('{"name": "replay", "witness": "replay", "recorded": []}')
    return Settings(engine=ReplaySpec(recording=recording))


def ignore(work: Work) -> None:
    """Let a page pass."""


def documents(
    settings: Settings, jobs: int, works: list[Work], on_page: Callable[[Work], None] = ignore
) -> list[Document | InputError]:
    with Executor(settings, jobs) as executor:
        return [
            outcome
            if isinstance(outcome, InputError)
            else assemble(identify(work.path), outcome, executor.engine_name, settings)
            for work, outcome in zip(works, executor.run(works, on_page), strict=True)
        ]


def failed(document: Document) -> list[int]:
    return [page.number for page in document.pages if FlagCode.PAGE_FAILED in page.flags]


@pytest.fixture
def works(tmp_path) -> list[Work]:
    """Two documents with a hopeless file between them; pages differ, so that order shows."""
    sizes = [(300, 200), (400, 300), (600, 400), (500, 300), (400, 200)]
    sheets = [hostile.scanned(empty_table(*size), CARD) for size in sizes]
    sheets[2] = hostile.Sheet(
        hostile.shown(*CARD), {"P": hostile.jpeg_picture(b"\xff\xd8 no more", 600, 400)}, CARD
    )
    first, second, tiny = tmp_path / "a.pdf", tmp_path / "b.pdf", tmp_path / "c.pdf"
    first.write_bytes(hostile.pdf(sheets))
    second.write_bytes(hostile.pdf(sheets[::-1]))
    speck = np.zeros((1, 1, 3), np.uint8)
    tiny.write_bytes(hostile.pdf([hostile.scanned(speck, CARD)] * 2))
    return [Work(first, (1, 2, 3, 4, 5)), Work(tiny, (1, 2)), Work(second, (2, 4))]


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_order_failures_and_what_comes_out_do_not_depend_on_jobs(settings, works, jobs):
    seen: list[Path] = []
    first, tiny, second = documents(settings, jobs, works, lambda work: seen.append(work.path))
    assert [page.number for page in first.pages] == [1, 2, 3, 4, 5]
    assert failed(first) == [3]
    assert [page.number for page in second.pages] == [2, 4]
    assert failed(second) == []
    assert isinstance(tiny, InputError)
    assert "page 1 of" in str(tiny)
    assert sorted(seen) == sorted(work.path for work in works for _ in work.numbers)
    alone = documents(settings, 1, works)
    assert (first, second) == (alone[0], alone[2])


def test_processes_stay_over_calls_and_end_with_the_executor(settings, tmp_path):
    work = Work(card_pdf(tmp_path / "a.pdf", 4), (1, 2, 3, 4))
    with Executor(settings, 2) as executor:
        list(executor.run([work], ignore))
        before = {child.pid for child in multiprocessing.active_children()}
        assert len(before) == 2
        list(executor.run([work], ignore))
        assert {child.pid for child in multiprocessing.active_children()} == before
    assert multiprocessing.active_children() == []


def test_no_more_processes_than_pages(settings, tmp_path):
    counts = []
    work = Work(card_pdf(tmp_path / "a.pdf", 2), (1, 2))
    documents(settings, 9, [work], lambda _: counts.append(len(multiprocessing.active_children())))
    assert max(counts) == 2
    counts.clear()
    documents(
        settings,
        9,
        [work._replace(numbers=(2,))],
        lambda _: counts.append(len(multiprocessing.active_children())),
    )
    assert counts == [0]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills processes")
class TestDeadProcesses:
    def kill_all(self) -> None:
        for child in multiprocessing.active_children():
            os.kill(child.pid, signal.SIGKILL)

    def test_once_costs_nothing(self, settings, tmp_path):
        work = Work(card_pdf(tmp_path / "a.pdf", 6), (1, 2, 3, 4, 5, 6))
        n_done = 0

        def kill_at_the_second(_: Work) -> None:
            nonlocal n_done
            n_done += 1
            if n_done == 2:
                self.kill_all()

        [document] = documents(settings, 2, [work], kill_at_the_second)
        assert [page.number for page in document.pages] == [1, 2, 3, 4, 5, 6]
        assert failed(document) == []

    def test_again_and_again_loses_no_page_in_silence(self, settings, tmp_path):
        work = Work(card_pdf(tmp_path / "a.pdf", 5), (1, 2, 3, 4, 5))
        [document] = documents(settings, 2, [work], lambda _: self.kill_all())
        assert [page.number for page in document.pages] == [1, 2, 3, 4, 5]
        for number in failed(document):
            [flag] = [flag for flag in document.flags if flag.page == number]
            assert "--jobs" in flag.message


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_engine_that_does_not_open_ends_the_run(tmp_path, jobs):
    settings = Settings(engine=ReplaySpec(recording=tmp_path / "nowhere"))
    work = Work(card_pdf(tmp_path / "a.pdf", 3), (1, 2, 3))
    with pytest.raises(EngineError, match="nowhere"):
        documents(settings, jobs, [work])
    assert multiprocessing.active_children() == []


def test_without_pages_no_engine_is_opened(tmp_path):
    assert documents(Settings(engine=ReplaySpec(recording=tmp_path / "nowhere")), 2, []) == []


def test_cores_are_those_that_may_be_used():
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
