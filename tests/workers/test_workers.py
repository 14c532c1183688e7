import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import hostile
import sample
from calls import CARD, card_pdf, empty_table
from tenglu.engines.replay import ReplaySpec
from tenglu.errors import EngineError
from tenglu.settings import Settings
from tenglu.workers import PageDone, PageFailed, PageOutcome, PageTask, pool
from tenglu.workers.codec import decode
from tenglu.workers.local import LocalExecutor, usable_cores

HANGS_SECONDS = 20.0  # the other process must read its page within, also on a busy machine
PATIENCE = 120.0  # seconds; far below the time that a page without a limit may hang
needs_kill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills processes")


@pytest.fixture
def settings(tmp_path) -> Settings:
    recording = tmp_path / "recording.json"
    recording.write_text('{"name": "replay", "witness": "replay", "recorded": []}')
    return Settings(engine=ReplaySpec(recording=recording))


def ignore(task: PageTask) -> None:
    """Let a page pass."""


def read(
    executor: LocalExecutor, tasks: list[PageTask], on_page: Callable[[PageTask], None] = ignore
) -> dict[tuple[str, int], PageOutcome]:
    found = {}
    for task, result in executor.run(iter(tasks)):
        on_page(task)
        found[task.path.name, task.number] = result
    return found


def without_time(results: dict[tuple[str, int], PageOutcome]) -> dict[tuple[str, int], object]:
    return {
        key: result.page_result if isinstance(result, PageDone) else (result.reason, result.cause)
        for key, result in results.items()
    }


def pages(path: Path, *numbers: int) -> list[PageTask]:
    return [PageTask(path, number) for number in numbers]


@pytest.fixture
def tasks(tmp_path) -> list[PageTask]:
    """Two documents with a hopeless file between them; pages differ, so that a swap shows."""
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
    return [*pages(first, 1, 2, 3, 4, 5), *pages(tiny, 1, 2), *pages(second, 2, 4)]


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_what_comes_out_does_not_depend_on_jobs(settings, tasks, jobs):
    with LocalExecutor(settings, jobs) as executor:
        found = read(executor, tasks)
        assert executor.engine_name == "replay"
    assert found.keys() == {(task.path.name, task.number) for task in tasks}
    failed = {key: result for key, result in found.items() if isinstance(result, PageFailed)}
    assert failed.keys() == {("a.pdf", 3), ("c.pdf", 1), ("c.pdf", 2)}
    assert {result.cause for result in failed.values()} == {"input"}
    assert "page 1 of" in failed["c.pdf", 1].reason
    assert decode(found["a.pdf", 4].page_result).width == 500
    with LocalExecutor(settings, 1) as alone:
        assert without_time(read(alone, tasks)) == without_time(found)


def test_processes_stay_over_calls_and_end_with_the_executor(settings, tmp_path):
    work = pages(card_pdf(tmp_path / "a.pdf", 4), 1, 2, 3, 4)
    with LocalExecutor(settings, 2) as executor:
        read(executor, work)
        before = {child.pid for child in multiprocessing.active_children()}
        assert len(before) == 2
        read(executor, work)
        assert {child.pid for child in multiprocessing.active_children()} == before
    assert multiprocessing.active_children() == []


def test_no_more_processes_than_pages(settings, tmp_path):
    counts = []
    path = card_pdf(tmp_path / "a.pdf", 2)

    def count(_: PageTask) -> None:
        counts.append(len(multiprocessing.active_children()))

    with LocalExecutor(settings, 9) as executor:
        read(executor, pages(path, 1, 2), count)
        assert max(counts) == 2
    counts.clear()
    with LocalExecutor(settings, 9) as executor:
        read(executor, pages(path, 2), count)
    assert counts == [0]


def test_tasks_are_taken_as_they_are_needed(settings, tmp_path):
    path = card_pdf(tmp_path / "a.pdf", 30)
    n_taken = n_done = most_ahead = 0

    def tasks():
        nonlocal n_taken
        for number in range(1, 31):
            n_taken += 1
            yield PageTask(path, number)

    with LocalExecutor(settings, 2) as executor:
        for _ in executor.run(tasks()):
            n_done += 1
            most_ahead = max(most_ahead, n_taken - n_done)
    assert n_done == 30
    assert most_ahead <= 6  # two at work, two waiting, and those that were just done


def test_nobody_waits_while_the_caller_is_at_work(settings, tmp_path):
    path = card_pdf(tmp_path / "a.pdf", 20)
    with LocalExecutor(settings, 2) as executor:
        for n_done, _ in enumerate(executor.run(iter(pages(path, *range(1, 21)))), 1):
            if n_done < 16:  # later there are no pages left for all
                assert not any(worker.is_idle for worker in executor.pool.workers)


def test_who_goes_away_early_leaves_nothing_for_the_next(settings, tmp_path):
    first, second = card_pdf(tmp_path / "a.pdf", 9), card_pdf(tmp_path / "b.pdf", 3)
    with LocalExecutor(settings, 2) as executor:
        for _ in executor.run(iter(pages(first, *range(1, 10)))):
            break
        assert read(executor, pages(second, 1, 2, 3)).keys() == {("b.pdf", n) for n in (1, 2, 3)}


def test_worn_processes_are_replaced(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "MAX_PAGES", 3)
    path = card_pdf(tmp_path / "a.pdf", 8)
    seen = set()

    def look(_: PageTask) -> None:
        seen.update(child.pid for child in multiprocessing.active_children())

    with LocalExecutor(settings, 1, page_timeout=60) as executor:
        found = read(executor, pages(path, *range(1, 9)), look)
    assert [type(result) for result in found.values()] == [PageDone] * 8
    assert len(seen) == 3


@pytest.mark.slow
@needs_kill
class TestDeadProcesses:
    def kill_all(self) -> None:
        for child in multiprocessing.active_children():
            os.kill(child.pid, signal.SIGKILL)

    def test_once_costs_nothing(self, settings, tmp_path):
        work = pages(card_pdf(tmp_path / "a.pdf", 6), 1, 2, 3, 4, 5, 6)
        n_done = 0

        def kill_at_the_second(_: PageTask) -> None:
            nonlocal n_done
            n_done += 1
            if n_done == 2:
                self.kill_all()

        with LocalExecutor(settings, 2) as executor:
            found = read(executor, work, kill_at_the_second)
        assert {number for _, number in found} == {1, 2, 3, 4, 5, 6}
        assert all(isinstance(result, PageDone) for result in found.values())

    def test_again_and_again_loses_no_page_in_silence(self, settings, tmp_path):
        work = pages(card_pdf(tmp_path / "a.pdf", 5), 1, 2, 3, 4, 5)
        with LocalExecutor(settings, 2) as executor:
            found = read(executor, work, lambda _: self.kill_all())
        assert {number for _, number in found} == {1, 2, 3, 4, 5}
        for result in found.values():
            assert isinstance(result, PageDone) or (
                result.cause == "process" and "--jobs" in result.reason
            )


@pytest.mark.slow
@needs_kill
def test_a_page_that_hangs_is_given_up_and_the_others_are_read(settings, tmp_path):
    path = card_pdf(tmp_path / "a.pdf", 4)
    with LocalExecutor(settings, 2, page_timeout=HANGS_SECONDS) as executor:
        hung = None
        for task, result in executor.run(iter(pages(path, 1, 2, 3, 4))):
            if hung is None:  # stop one that has just been given a page: it will never answer
                hung = hang_one(executor)
            elif task.number == hung:
                assert isinstance(result, PageDone)  # read by another process in its place
    assert hung is not None


def hang_one(executor: LocalExecutor) -> int:
    [worker, *_] = [worker for worker in executor.pool.workers if worker.task is not None]
    os.kill(worker.pid, signal.SIGSTOP)
    return worker.task.number


@pytest.mark.slow
@needs_kill
def test_a_page_that_hangs_again_is_a_failed_page(settings, tmp_path):
    path = card_pdf(tmp_path / "a.pdf", 2)
    start = time.monotonic()
    with LocalExecutor(settings, 1, page_timeout=0.001) as executor:
        found = read(executor, pages(path, 1, 2))
    assert {result.cause for result in found.values()} == {"time"}
    assert all("--page-timeout" in result.reason for result in found.values())
    assert time.monotonic() - start < PATIENCE


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_engine_that_does_not_open_ends_the_run(tmp_path, jobs):
    settings = Settings(engine=ReplaySpec(recording=tmp_path / "nowhere"))
    work = pages(card_pdf(tmp_path / "a.pdf", 3), 1, 2, 3)
    with (
        pytest.raises(EngineError, match="nowhere"),
        LocalExecutor(settings, jobs) as executor,
    ):
        read(executor, work)
    assert multiprocessing.active_children() == []


def test_without_pages_no_engine_is_opened(tmp_path):
    settings = Settings(engine=ReplaySpec(recording=tmp_path / "nowhere"))
    with LocalExecutor(settings, 2) as executor:
        assert read(executor, []) == {}


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at threads in /proc")
def test_a_process_computes_with_one_thread():
    with LocalExecutor(Settings(), 2) as executor:
        for _ in executor.run(iter(pages(sample.PDF, 1, 3))):
            busy = [len(busy_threads(worker.pid)) for worker in executor.pool.workers]
            assert max(busy) == 1


def busy_threads(process: int) -> list[str]:
    """Threads of a process that have computed for more than a twentieth of a second."""
    found = []
    for path in Path(f"/proc/{process}/task").glob("*/stat"):
        user, system = path.read_text().rpartition(")")[2].split()[11:13]
        if (int(user) + int(system)) / os.sysconf("SC_CLK_TCK") > 0.05:
            found.append(path.parent.name)
    return found


def test_cores_are_those_that_may_be_used():
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
