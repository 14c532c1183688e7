"""Workers that each hold an engine, here or elsewhere: who reads what, and who is replaced.

A worker that dies or hangs costs the page that it had in hand, which is tried once more.
"""

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, Protocol

from tenglu.errors import EngineError
from tenglu.workers import PageFailed, PageOutcome, PageTask

MAX_FALSE_STARTS = (
    3  # a worker; memory may be short for a moment, an engine that crashes always does
)
MAX_PAGES = 500  # read by one worker; a fresh one costs seconds, a leak costs the run
MAX_MEMORY = 1_000_000_000  # bytes after a page; what holds more is replaced
STOP_TIMEOUT = 5.0  # seconds for processes to end when told to
PAGE_TIMEOUT = 600.0  # seconds; pages take a few, a hundred times as long is no reading

Done = tuple[PageTask, PageOutcome]


class Answer(NamedTuple):
    """What a worker says of a page."""

    result: PageOutcome
    memory: int | None  # bytes that it holds now; None: the system does not tell


class Worker(ABC):
    """The near end of a process that reads pages."""

    def __init__(self) -> None:
        self.is_ready = False
        self.n_read = 0  # pages
        self.memory = 0  # bytes, after the last page; 0: not known
        self.task: PageTask | None = None
        self._since = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether it could be given a page."""
        return self.is_ready and self.task is None

    @property
    def needs_replacement(self) -> bool:
        """Whether it is idle and had better be replaced."""
        return self.is_idle and (self.n_read >= MAX_PAGES or self.memory > MAX_MEMORY)

    @property
    def busy_seconds(self) -> float:
        """Seconds since it was given its page."""
        return time.monotonic() - self._since

    def assign(self, task: PageTask) -> None:
        """Hand over a page."""
        self.task = task
        self._since = time.monotonic()
        self.send(task)

    def next_message(self) -> Done | str:
        """Return the engine's name, told once at the start, or what came of the page.

        Raises:
            EngineError: from the process.
            EOFError: the process is dead.
            OSError: likewise, in the middle of a word.
        """
        said = self.receive()
        if isinstance(said, EngineError):
            raise said
        if isinstance(said, str):
            self.is_ready = True
            return said
        task, self.task = self.task, None
        assert task is not None  # noqa: S101 - only answers are sent
        self.n_read += 1
        self.memory = said.memory or 0
        return task, said.result

    @property
    @abstractmethod
    def exit_reason(self) -> str:
        """Why the dead process ended, as far as it is known."""

    @abstractmethod
    def send(self, task: PageTask) -> None:
        """Pass on a page; if the process is dead, receive() will tell."""

    @abstractmethod
    def receive(self) -> str | Answer | EngineError:
        """What the process says; see ``next_message``."""

    @abstractmethod
    def stop(self) -> None:
        """Tell the process to end."""

    @abstractmethod
    def kill(self) -> None:
        """End the process at once: it may hang where no word reaches it."""

    @abstractmethod
    def wait(self, timeout: float) -> None:
        """Wait until the process has ended; after some seconds it is ended."""


class WorkerFactory(Protocol):
    """Where workers come from."""

    def size(self) -> int:
        """How many may work at the same time, now."""
        ...

    def start(self) -> Worker:
        """Start one; it is ready when it says so."""
        ...

    def ready(self, workers: Sequence[Worker], timeout: float | None) -> list[Worker]:
        """Wait, some seconds at most, until some have something to say, or died."""
        ...


class WorkerPool:
    """Keeps workers busy for as long as there are pages."""

    def __init__(self, factory: WorkerFactory, page_timeout: float) -> None:
        """Prepare; workers start as pages come."""
        self.engine_name = ""
        self.workers: list[Worker] = []
        self._factory = factory
        self._page_timeout = page_timeout  # seconds
        self._n_false_starts = 0  # since the last worker that got as far as to work

    def read(self, tasks: Iterable[PageTask]) -> Iterator[Done]:
        """Yield what came of each page; see ``Executor.run``.

        Raises:
            EngineError: the engine is missing or died.
        """
        queue = _Queue(tasks)
        try:
            while self._assign(queue):
                for worker in self._wait_ready():
                    if worker in self.workers:  # or it was let go while others were heard
                        done = list(self._handle(worker, queue))
                        self._assign(queue)  # nobody waits while the caller is at work
                        yield from done
                for worker in [worker for worker in self.workers if self._is_late(worker)]:
                    worker.kill()
                    yield from self._replace(worker, queue, self._lateness(worker))
        finally:  # who goes away early leaves pages behind that nobody will ask for
            self._stop([worker for worker in self.workers if worker.task is not None])

    def stop_all(self) -> None:
        """Let everybody go."""
        self._stop(self.workers)

    def _assign(self, queue: "_Queue") -> bool:
        """Give every idle worker a page; start as many as there are pages for.

        Returns:
            Whether there is anything to wait for.
        """
        self._stop([worker for worker in self.workers if worker.needs_replacement])
        for worker in [worker for worker in self.workers if worker.is_idle]:
            # A page that has failed gets a worker that nothing has gone wrong in.
            task = queue.take() if worker.n_read else queue.take_again() or queue.take()
            if task is not None:
                worker.assign(task)
            elif queue.n_again and not any(w.is_idle and not w.n_read for w in self.workers):
                self._stop([worker])  # makes memory_limit for a fresh one
        size = self._factory.size()
        n_busy = sum(worker.task is not None for worker in self.workers)
        n_wanted = n_busy + queue.look_ahead(size)
        while len(self.workers) < min(size, n_wanted):
            self.workers.append(self._factory.start())
        if (n_over := len(self.workers) - size) > 0:
            self._stop([worker for worker in self.workers if not worker.is_ready][:n_over])
        return n_wanted > 0

    def _wait_ready(self) -> list[Worker]:
        """Wait until some workers have something to say, or died, or are late."""
        left = [self._page_timeout - w.busy_seconds for w in self.workers if w.task is not None]
        return self._factory.ready(self.workers, max(0.0, min(left)) if left else None)

    def _handle(self, worker: Worker, queue: "_Queue") -> Iterator[Done]:
        """Take what a worker says."""
        try:
            said = worker.next_message()
        except (EOFError, OSError):
            yield from self._replace(worker, queue, None)
            return
        if isinstance(said, str):
            self.engine_name = said
            self._n_false_starts = 0
            return
        task, result = said
        if isinstance(result, PageFailed) and result.cause != "input":
            yield from queue.again_or_failed(task, result)
        else:
            yield task, result

    def _is_late(self, worker: Worker) -> bool:
        return worker.task is not None and worker.busy_seconds > self._page_timeout

    def _lateness(self, worker: Worker) -> PageFailed:
        task = worker.task
        assert task is not None  # noqa: S101 - only pages are late
        reason = (
            f"page {task.number} of {task.path}: not read within {self._page_timeout:g} seconds; "
            "give it more with --page-timeout"
        )
        return PageFailed(reason, "time")

    def _replace(
        self, worker: Worker, queue: "_Queue", failure: PageFailed | None
    ) -> Iterator[Done]:
        """Take leave of a dead worker; its page is tried once more, or is what kills.

        Raises:
            EngineError: workers die before they can work.
        """
        self._stop([worker])
        if not worker.is_ready:
            self._n_false_starts += 1
            if self._n_false_starts >= MAX_FALSE_STARTS * self._factory.size():
                raise EngineError(
                    f"{self._n_false_starts} worker processes ended as they started "
                    f"({worker.exit_reason}); lower --jobs, or run tenglu doctor"
                )
        task = worker.task
        if task is None:
            return
        reason = (
            f"page {task.number} of {task.path}: the process that read it ended "
            f"({worker.exit_reason}); if memory is short, lower --jobs"
        )
        yield from queue.again_or_failed(task, failure or PageFailed(reason, "process"))

    def _stop(self, workers: list[Worker]) -> None:
        leaving = list(workers)
        for worker in leaving:
            worker.stop()
        deadline = time.monotonic() + STOP_TIMEOUT  # for all of them together
        for worker in leaving:
            worker.wait(max(0.0, deadline - time.monotonic()))
            self.workers.remove(worker)


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

    def again_or_failed(self, task: PageTask, failure: PageFailed) -> Iterator[Done]:
        """Keep the page for a second try; after that give it up."""
        if task in self._tried:
            self._tried.remove(task)
            yield task, failure
        else:
            self._tried.add(task)
            self._again.append(task)
