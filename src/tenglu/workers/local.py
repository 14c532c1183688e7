"""Pages on this machine: in this process, or in several."""

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
        self.pool = WorkerPool(_Processes(settings, jobs), page_timeout or PAGE_TIMEOUT)
        self._may_read_here = page_timeout is None  # where no page can be stopped
        self._engine: Engine | None = None

    @property
    def engine_name(self) -> str:
        """Of the engine; "" until a page was read."""
        return self._engine.name if self._engine is not None else self.pool.engine_name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.pool.stop_all()

    def run(self, tasks: Iterable[PageTask]) -> Iterator[Done]:
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
        else:
            yield from self.pool.read(chain(first, rest))

    def _read_here(self, tasks: Iterable[PageTask]) -> Iterator[Done]:
        with _one_thread():
            if self._engine is None:
                self._engine = open_engine(self.settings.engine)
            for task in tasks:
                yield task, read_task(task, self._engine, self.settings)


class _Processes:
    """Where processes of this machine come from."""

    def __init__(self, settings: Settings, jobs: int) -> None:
        self._settings = settings
        self._jobs = jobs
        self._room = memory_limit(settings.ingest.max_pixels, jobs)

    def size(self) -> int:
        return self._jobs

    def start(self) -> Worker:
        return ProcessWorker(self._settings, self._room)

    def ready(self, workers: Sequence[Worker], timeout: float | None) -> list[Worker]:
        ends = {w.connection: w for w in workers if isinstance(w, ProcessWorker)}
        ready = set(wait(ends, timeout))
        return [worker for connection, worker in ends.items() if connection in ready]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep OpenCV to one core; what it computes is the same."""
    kept = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(kept)
