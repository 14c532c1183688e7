"""Pages on this machine: in this process, or in several."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from multiprocessing.connection import wait
from types import TracebackType
from typing import Self

import cv2

from tenglu.engines import Engine
from tenglu.engines.registry import open_engine
from tenglu.errors import EngineError
from tenglu.executors import PageFailed, PageResult, PageTask
from tenglu.executors.page import read_task
from tenglu.executors.worker import Worker
from tenglu.pipeline import Settings

MAX_FALSE_STARTS = 3  # memory may be short for a moment; an engine that crashes always does
MAX_PAGES = 500  # read by one process; a fresh one costs seconds, a leak costs the run
MAX_MEMORY = 1_000_000_000  # bytes after a page; what holds more is replaced
PAGE_TIMEOUT = 600.0  # seconds; pages take a few, a hundred times as long is no reading

_Done = tuple[PageTask, PageResult]


def usable_cores() -> int:
    """Count the cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class LocalExecutor:
    """Reads with processes, or here where they would not pay."""

    def __init__(self, settings: Settings, jobs: int, page_timeout: float | None = None) -> None:
        """Prepare; engines open as pages come.

        Args:
            settings: of all stages.
            jobs: pages read at the same time.
            page_timeout: seconds a page; None: 600, but no processes where one would do.
        """
        self.settings = settings
        self.jobs = jobs
        self.engine_name = ""
        self.page_timeout = page_timeout or PAGE_TIMEOUT
        self._may_read_here = page_timeout is None  # where no page can be stopped
        self._engine: Engine | None = None
        self._workers: list[Worker] = []
        self._n_false_starts = 0  # since the last process that got as far as to work

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._dismiss(self._workers)

    def run(self, tasks: Iterable[PageTask]) -> Iterator[_Done]:
        """Yield what came of each page; see ``Executor``.

        Raises:
            EngineError: the engine is missing or died.
        """
        rest = iter(tasks)
        first = list(islice(rest, 2))
        if not first:
            return  # not worth an engine
        # Too few pages for two processes are read here, without the wait for their start.
        if self._may_read_here and min(self.jobs, len(first)) <= 1:
            yield from self._read_here(chain(first, rest))
            return
        try:
            yield from self._read_in_workers(_Queue(chain(first, rest)))
        finally:  # who goes away early leaves pages behind that nobody will ask for
            self._dismiss([worker for worker in self._workers if worker.task is not None])

    def _read_here(self, tasks: Iterable[PageTask]) -> Iterator[_Done]:
        with _one_thread():
            if self._engine is None:
                self._engine = open_engine(self.settings.engine)
                self.engine_name = self._engine.name
            for task in tasks:
                yield task, read_task(task, self._engine, self.settings)

    def _read_in_workers(self, queue: "_Queue") -> Iterator[_Done]:
        while self._staff(queue):
            for worker in self._speaking():
                yield from self._hear(worker, queue)
            for worker in [worker for worker in self._workers if self._is_late(worker)]:
                worker.kill()
                yield from self._bury(worker, queue, self._lateness(worker))

    def _staff(self, queue: "_Queue") -> bool:
        """Give every idle worker a page; start as many as there are pages for.

        Returns:
            Whether there is anything to wait for.
        """
        self._dismiss([worker for worker in self._workers if _is_worn(worker)])
        for worker in [worker for worker in self._workers if worker.is_idle]:
            # A page that has failed gets a process that nothing has gone wrong in.
            task = queue.take() if worker.n_read else queue.take_again() or queue.take()
            if task is not None:
                worker.assign(task)
            elif queue.n_again and all(other.n_read for other in self._workers):
                self._dismiss([worker])  # so that a fresh one is started below
        n_busy = sum(worker.task is not None for worker in self._workers)
        n_wanted = n_busy + queue.look_ahead(self.jobs)
        while len(self._workers) < min(self.jobs, n_wanted):
            self._workers.append(Worker(self.settings))
        return n_wanted > 0

    def _speaking(self) -> list[Worker]:
        """Wait until some workers have something to say, or died, or are late."""
        left = [self.page_timeout - w.busy_for for w in self._workers if w.task is not None]
        patience = max(0.0, min(left)) if left else None
        ready = wait([worker.connection for worker in self._workers], patience)
        return [worker for worker in self._workers if worker.connection in ready]

    def _hear(self, worker: Worker, queue: "_Queue") -> Iterator[_Done]:
        """Take what a worker says."""
        try:
            said = worker.hear()
        except (EOFError, OSError):  # its end of the pipe closed: the process is dead
            yield from self._bury(worker, queue, None)
            return
        if isinstance(said, str):
            self.engine_name = said
            self._n_false_starts = 0
            return
        task, result = said
        if isinstance(result, PageFailed) and result.cause == "fault":
            yield from queue.again_or_failed(task, result)
        else:
            yield task, result

    def _is_late(self, worker: Worker) -> bool:
        return worker.task is not None and worker.busy_for > self.page_timeout

    def _lateness(self, worker: Worker) -> PageFailed:
        task = worker.task
        assert task is not None  # noqa: S101 - only pages are late
        reason = (
            f"page {task.number} of {task.path}: not read within {self.page_timeout:g} seconds; "
            "give it more with --page-timeout"
        )
        return PageFailed(reason, "time")

    def _bury(self, worker: Worker, queue: "_Queue", failure: PageFailed | None) -> Iterator[_Done]:
        """Take leave of a dead worker; its page is tried once more, or is what kills.

        Raises:
            EngineError: processes die before they can work.
        """
        self._dismiss([worker])
        if not worker.is_ready:
            self._n_false_starts += 1
            if self._n_false_starts >= MAX_FALSE_STARTS:
                raise EngineError(
                    f"{MAX_FALSE_STARTS} worker processes ended as they started (exit code "
                    f"{worker.exit_code}); lower --jobs, or run tenglu doctor"
                )
        task = worker.task
        if task is None:
            return
        reason = (
            f"page {task.number} of {task.path}: the process that read it ended "
            f"(exit code {worker.exit_code}); if memory is short, lower --jobs"
        )
        yield from queue.again_or_failed(task, failure or PageFailed(reason, "process"))

    def _dismiss(self, workers: list[Worker]) -> None:
        leaving = list(workers)
        for worker in leaving:
            worker.dismiss()
        for worker in leaving:
            worker.wait()
            self._workers.remove(worker)


class _Queue:
    """Tasks as they come, and apart from them those that are tried once more."""

    def __init__(self, tasks: Iterable[PageTask]) -> None:
        self._source = iter(tasks)
        self._next: deque[PageTask] = deque()
        self._again: deque[PageTask] = deque()
        self._tried: set[PageTask] = set()

    @property
    def n_again(self) -> int:
        """Pages that wait for a second try."""
        return len(self._again)

    def look_ahead(self, n: int) -> int:
        """Count the tasks that are there, as far as some ``n``."""
        self._next.extend(islice(self._source, max(0, n - len(self._next))))
        return len(self._again) + len(self._next)

    def take(self) -> PageTask | None:
        """The next task; None: there is none."""
        self.look_ahead(1)
        return self._next.popleft() if self._next else None

    def take_again(self) -> PageTask | None:
        """A task that failed once; None: there is none."""
        return self._again.popleft() if self._again else None

    def again_or_failed(self, task: PageTask, failure: PageFailed) -> Iterator[_Done]:
        """Keep the page for a second try; after that give it up."""
        if task in self._tried:
            self._tried.remove(task)
            yield task, failure
        else:
            self._tried.add(task)
            self._again.append(task)


def _is_worn(worker: Worker) -> bool:
    """Tell whether an idle worker had better be replaced."""
    return worker.is_idle and (worker.n_read >= MAX_PAGES or worker.memory > MAX_MEMORY)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep OpenCV to one core; what it computes is the same."""
    kept = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(kept)
