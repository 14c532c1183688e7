"""Read pages on this machine: in this process, or in several."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from multiprocessing.connection import wait
from typing import Self

import cv2

from tenglu.engines.interface import Engine
from tenglu.engines.registry import open_engine
from tenglu.settings import Settings
from tenglu.workers import PageTask
from tenglu.workers.memory_limit import memory_limit
from tenglu.workers.page import read_task
from tenglu.workers.page_process import ProcessWorker
from tenglu.workers.pool import PAGE_TIMEOUT, Done, Worker, WorkerPool


def usable_cores() -> int:
    """Count the cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class InProcess:
    """Read pages in this process."""

    def __init__(self, settings: Settings) -> None:
        """Prepare; the engine is opened with the first page."""
        self._settings = settings
        self._engine: Engine | None = None

    @property
    def engine_name(self) -> str:
        """Return the name of the engine; "" until a page was read."""
        return "" if self._engine is None else self._engine.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        return

    def run(self, tasks: Iterable[PageTask]) -> Iterator[Done]:
        """Yield the outcome of each page; see ``Executor``.

        Raises:
            EngineError: the engine is missing or broken.
        """
        for task in tasks:
            if self._engine is None:
                self._engine = open_engine(self._settings.engine)
            yield task, read_task(task, self._engine, self._settings)


class LocalExecutor:
    """Read pages in several processes, or in this one where several would not pay."""

    def __init__(self, settings: Settings, jobs: int, page_timeout: float | None = None) -> None:
        """Prepare; engines open as pages come.

        Args:
            settings: of all stages.
            jobs: pages read at the same time.
            page_timeout: seconds for each page; None: 600, and one page is read in this process.
        """
        self.settings = settings
        self.jobs = jobs
        self.pool = WorkerPool(_Processes(settings, jobs), page_timeout or PAGE_TIMEOUT)
        self._may_read_here = page_timeout is None  # a page in this process cannot be stopped
        self._here = InProcess(settings)

    @property
    def engine_name(self) -> str:
        """Return the name of the engine; "" until a page was read."""
        return self._here.engine_name or self.pool.engine_name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.pool.stop_all()

    def run(self, tasks: Iterable[PageTask]) -> Iterator[Done]:
        """Yield the outcome of each page; see ``Executor``.

        Raises:
            EngineError: the engine is missing or died.
        """
        rest = iter(tasks)
        first = list(islice(rest, 2))
        if not first:
            return  # before an engine is opened
        # Starting processes takes longer than reading a page or two here.
        if self._may_read_here and min(self.jobs, len(first)) <= 1:
            with _one_thread():
                yield from self._here.run(chain(first, rest))
        else:
            yield from self.pool.read(chain(first, rest))


class _Processes:
    """Start processes on this machine."""

    def __init__(self, settings: Settings, jobs: int) -> None:
        self._settings = settings
        self._jobs = jobs
        self._n_bytes = memory_limit(settings.ingest.max_pixels, jobs)

    def size(self) -> int:
        return self._jobs

    def start(self) -> Worker:
        return ProcessWorker(self._settings, self._n_bytes)

    def ready(self, workers: Sequence[Worker], timeout: float | None) -> list[Worker]:
        ends = {w.connection: w for w in workers if isinstance(w, ProcessWorker)}
        ready = set(wait(ends, timeout))
        return [worker for connection, worker in ends.items() if connection in ready]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep OpenCV to one core; its results are the same."""
    kept = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(kept)
