"""Give pages to workers, each with an engine of its own, and replace workers that die or hang.

The page that such a worker was reading is tried once more.
"""

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, Protocol

from tenglu.errors import EngineError
from tenglu.workers import PageFailed, PageOutcome, PageTask

# For each worker: memory may be short for a moment, but an engine that crashes always crashes.
MAX_FALSE_STARTS = 3
MAX_PAGES = 500  # read by one worker: a new one costs seconds, a memory leak the whole run
MAX_MEMORY = 1_000_000_000  # bytes after a page; a worker that holds more is replaced
STOP_TIMEOUT = 5.0  # seconds for processes to end when told to
PAGE_TIMEOUT = 600.0  # seconds; a page takes a few, so a hundred times as long is a hang

Done = tuple[PageTask, PageOutcome]


class Answer(NamedTuple):
    """The reply of a worker to a page."""

    result: PageOutcome
    memory: int | None  # bytes that the worker holds now; None: unknown


class Worker(ABC):
    """A handle to a process that reads pages."""

    def __init__(self) -> None:
        self.is_ready = False
        self.n_read = 0  # pages
        self.memory = 0  # bytes, after the last page; 0: unknown
        self.task: PageTask | None = None
        self._since = 0.0

    @property
    def is_idle(self) -> bool:
        """Tell whether it can take a page."""
        return self.is_ready and self.task is None

    @property
    def needs_replacement(self) -> bool:
        """Tell whether it is idle and should be replaced."""
        return self.is_idle and (self.n_read >= MAX_PAGES or self.memory > MAX_MEMORY)

    @property
    def busy_seconds(self) -> float:
        """Return the seconds since it was given its page."""
        return time.monotonic() - self._since

    def assign(self, task: PageTask) -> None:
        """Hand over a page."""
        self.task = task
        self._since = time.monotonic()
        self.send(task)

    def next_message(self) -> Done | str:
        """Return the name of the engine, which comes first and once, or the outcome of the page.

        Raises:
            EngineError: from the process.
            EOFError: the process is dead.
            OSError: the process died while it replied.
        """
        reply = self.receive()
        if isinstance(reply, EngineError):
            raise reply
        if isinstance(reply, str):
            self.is_ready = True
            return reply
        task, self.task = self.task, None
        assert task is not None  # noqa: S101 - a worker replies to a task only
        self.n_read += 1
        self.memory = reply.memory or 0
        return task, reply.result

    @property
    @abstractmethod
    def exit_reason(self) -> str:
        """Return why the dead process ended, as far as it is known."""

    @abstractmethod
    def send(self, task: PageTask) -> None:
        """Send a page; if the process is dead, receive() raises."""

    @abstractmethod
    def receive(self) -> str | Answer | EngineError:
        """Return the next message of the process; see ``next_message``."""

    @abstractmethod
    def stop(self) -> None:
        """Tell the process to end."""

    @abstractmethod
    def kill(self) -> None:
        """End the process at once, since it may hang and read no message."""

    @abstractmethod
    def wait(self, timeout: float) -> None:
        """Wait until the process has ended; kill it after some seconds."""


class WorkerFactory(Protocol):
    """Start workers and wait for them."""

    def size(self) -> int:
        """Return how many workers may run at present."""
        ...

    def start(self) -> Worker:
        """Start a worker; its first message tells that it is ready."""
        ...

    def ready(self, workers: Sequence[Worker], timeout: float | None) -> list[Worker]:
        """Wait, some seconds at most, and return the workers with a message, or that died."""
        ...


class WorkerPool:
    """Keep workers busy as long as there are pages."""

    def __init__(self, factory: WorkerFactory, page_timeout: float) -> None:
        """Prepare; workers start as pages come."""
        self.engine_name = ""
        self.workers: list[Worker] = []
        self._factory = factory
        self._page_timeout = page_timeout  # seconds
        self._n_false_starts = 0  # since the last worker that became ready

    def read(self, tasks: Iterable[PageTask]) -> Iterator[Done]:
        """Yield the outcome of each page; see ``Executor.run``.

        Raises:
            EngineError: the engine is missing or died.
        """
        queue = _Queue(tasks)
        try:
            while self._assign(queue):
                for worker in self._wait_ready():
                    if worker in self.workers:  # it may have been stopped in the meantime
                        done = list(self._handle(worker, queue))
                        self._assign(queue)  # before the yield: the caller may take a while
                        yield from done
                for worker in [worker for worker in self.workers if self._is_late(worker)]:
                    worker.kill()
                    yield from self._replace(worker, queue, self._lateness(worker))
        finally:  # who goes away early leaves pages behind that nobody will ask for
            self._stop([worker for worker in self.workers if worker.task is not None])

    def stop_all(self) -> None:
        """Stop all workers."""
        self._stop(self.workers)

    def _assign(self, queue: "_Queue") -> bool:
        """Give every idle worker a page, and start as many workers as there are pages for.

        Returns:
            Whether there is anything to wait for.
        """
        self._stop([worker for worker in self.workers if worker.needs_replacement])
        for worker in [worker for worker in self.workers if worker.is_idle]:
            # A page that failed is tried again by a fresh worker.
            task = queue.take() if worker.n_read else queue.take_again() or queue.take()
            if task is not None:
                worker.assign(task)
            elif queue.n_again and not any(w.is_idle and not w.n_read for w in self.workers):
                self._stop([worker])  # a fresh one takes its place
        size = self._factory.size()
        n_busy = sum(worker.task is not None for worker in self.workers)
        n_wanted = n_busy + queue.look_ahead(size)
        while len(self.workers) < min(size, n_wanted):
            self.workers.append(self._factory.start())
        if (n_over := len(self.workers) - size) > 0:
            self._stop([worker for worker in self.workers if not worker.is_ready][:n_over])
        return n_wanted > 0

    def _wait_ready(self) -> list[Worker]:
        """Wait until some workers have a message, or died, or are late."""
        left = [self._page_timeout - w.busy_seconds for w in self.workers if w.task is not None]
        return self._factory.ready(self.workers, max(0.0, min(left)) if left else None)

    def _handle(self, worker: Worker, queue: "_Queue") -> Iterator[Done]:
        """Take the next message of a worker."""
        try:
            message = worker.next_message()
        except (EOFError, OSError):
            yield from self._replace(worker, queue, None)
            return
        if isinstance(message, str):
            self.engine_name = message
            self._n_false_starts = 0
            return
        task, result = message
        if isinstance(result, PageFailed) and result.cause != "input":
            yield from queue.again_or_failed(task, result)
        else:
            yield task, result

    def _is_late(self, worker: Worker) -> bool:
        return worker.task is not None and worker.busy_seconds > self._page_timeout

    def _lateness(self, worker: Worker) -> PageFailed:
        task = worker.task
        assert task is not None  # noqa: S101 - a worker without a page is never late
        reason = (
            f"page {task.number} of {task.path}: not read within {self._page_timeout:g} seconds; "
            "give it more with --page-timeout"
        )
        return PageFailed(reason, "time")

    def _replace(
        self, worker: Worker, queue: "_Queue", failure: PageFailed | None
    ) -> Iterator[Done]:
        """Remove a dead worker and retry its page once; a page that fails twice is a failed page.

        Raises:
            EngineError: workers die before they are ready.
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
        stopped = list(workers)
        for worker in stopped:
            worker.stop()
        deadline = time.monotonic() + STOP_TIMEOUT  # for all of them together
        for worker in stopped:
            worker.wait(max(0.0, deadline - time.monotonic()))
            self.workers.remove(worker)


class _Queue:
    """Tasks in their order, and those that are to be tried again."""

    def __init__(self, tasks: Iterable[PageTask]) -> None:
        self._source = iter(tasks)
        self._next: deque[PageTask] = deque()
        self._again: deque[PageTask] = deque()
        self._tried: set[PageTask] = set()

    @property
    def n_again(self) -> int:
        """Count the pages that wait for a second try."""
        return len(self._again)

    def look_ahead(self, n: int) -> int:
        """Count the tasks that are left, up to about ``n``."""
        self._next.extend(islice(self._source, max(0, n - len(self._next))))
        return len(self._again) + len(self._next)

    def take(self) -> PageTask | None:
        """Return the next task; None: there is none."""
        self.look_ahead(1)
        return self._next.popleft() if self._next else None

    def take_again(self) -> PageTask | None:
        """Return a task that failed once; None: there is none."""
        return self._again.popleft() if self._again else None

    def again_or_failed(self, task: PageTask, failure: PageFailed) -> Iterator[Done]:
        """Keep a page for a second try; yield it as failed after that."""
        if task in self._tried:
            self._tried.remove(task)
            yield task, failure
        else:
            self._tried.add(task)
            self._again.append(task)
