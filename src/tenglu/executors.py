"""Read the pages of many inputs, in this process or in several.

Pages, not files, are the unit: a long document and a folder of single pages keep all processes
busy alike. What comes out does not depend on how many there are.
"""

import logging
import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType, TracebackType
from typing import NamedTuple, Self

import cv2

from tenglu.engines import Engine
from tenglu.engines.registry import open_engine
from tenglu.errors import EngineError, InputError
from tenglu.pipeline import Settings, failed_leaf, read_page
from tenglu.stages.ingest import load_scan
from tenglu.stages.rebuild import Failure, Leaf

THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
MAX_TRIES = 2  # of a page whose process died: once for a chance, then it is the page
MAX_FALSE_STARTS = 3  # memory may be short for a moment; an engine that crashes always does
PATIENCE = 5  # seconds for a process to end when told to

logger = logging.getLogger(__name__)


class Work(NamedTuple):
    """Pages of one input."""

    path: Path
    numbers: tuple[int, ...]  # of the pages, 1-based
    password: str | None = None


class _Task(NamedTuple):
    """One page."""

    work: int  # index of the work that it belongs to
    path: Path
    number: int
    password: str | None
    tries: int = 1


class _Failure(NamedTuple):
    """Why there is nothing of a page."""

    reason: str
    is_input: bool  # the file is at fault, not the program
    trace: str


_Result = Leaf | _Failure
Leaves = list[Leaf | Failure]
OnPage = Callable[[Work], None]


def usable_cores() -> int:
    """Count the cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Executor:
    """Keeps engines open, here or in worker processes, for as long as it is entered."""

    def __init__(self, settings: Settings, jobs: int) -> None:
        self.settings = settings
        self.jobs = jobs
        self.engine_name = ""  # known once a page was read
        self._engine: Engine | None = None
        self._workers: list[_Worker] = []
        self._n_false_starts = 0  # since the last process that got as far as to work

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.dismiss()
        for worker in self._workers:
            worker.wait()
        self._workers.clear()

    def run(self, works: Sequence[Work], on_page: OnPage) -> Iterator[Leaves | InputError]:
        """Yield for each work, in order, its leaves in the order of its pages.

        A page that cannot be read becomes a leaf that says so. An input of which no page can be
        read gives its InputError.

        Raises:
            EngineError: the engine is missing or died.
        """
        tasks = deque(
            _Task(index, work.path, number, work.password)
            for index, work in enumerate(works)
            for number in work.numbers
        )
        results: list[dict[int, _Result]] = [{} for _ in works]
        if not tasks:
            return  # not worth an engine
        # Too few pages for two processes are read here, without the wait for their start.
        read = self._read_here if min(self.jobs, len(tasks)) <= 1 else self._read_in_workers
        current = 0
        for task, result in read(tasks):
            results[task.work][task.number] = result
            on_page(works[task.work])
            while current < len(works) and len(results[current]) == len(works[current].numbers):
                yield _outcome(results[current])
                results[current].clear()
                current += 1

    def _read_here(self, tasks: deque[_Task]) -> Iterator[tuple[_Task, _Result]]:
        with _one_thread():
            if self._engine is None:
                self._engine = open_engine(self.settings.engine)
                self.engine_name = self._engine.name
            for task in tasks:
                yield task, _read(task, self._engine, self.settings)

    def _read_in_workers(self, tasks: deque[_Task]) -> Iterator[tuple[_Task, _Result]]:
        n_open = len(tasks)
        while n_open:
            self._staff(tasks)
            for worker in _speaking(self._workers):
                done = self._hear(worker, tasks)
                if done is not None:
                    n_open -= 1
                    yield done

    def _hear(self, worker: "_Worker", tasks: deque[_Task]) -> tuple[_Task, _Result] | None:
        """Take what a worker says; None: no page is done by it."""
        try:
            said = worker.hear()
        except (EOFError, OSError):  # its end of the pipe closed: the process is dead
            return self._bury(worker, tasks)
        if isinstance(said, str):
            self.engine_name = said
            self._n_false_starts = 0
            return None
        return said

    def _staff(self, tasks: deque[_Task]) -> None:
        """Give every idle worker a page; start as many as there are pages for."""
        n_wanted = len(tasks) + sum(worker.task is not None for worker in self._workers)
        while len(self._workers) < min(self.jobs, n_wanted):
            self._workers.append(_Worker(self.settings))
        for worker in self._workers:
            if tasks and worker.is_ready and worker.task is None:
                worker.assign(tasks.popleft())

    def _bury(self, worker: "_Worker", tasks: deque[_Task]) -> tuple[_Task, _Result] | None:
        """Take leave of a dead worker; its page is tried once more, or is what kills."""
        self._workers.remove(worker)
        worker.dismiss()
        worker.wait()
        if not worker.is_ready:
            self._n_false_starts += 1
            if self._n_false_starts < MAX_FALSE_STARTS:
                return None
            raise EngineError(
                f"{MAX_FALSE_STARTS} worker processes ended as they started (exit code "
                f"{worker.exit_code}); lower --jobs, or run tenglu doctor"
            )
        task = worker.task
        if task is None:
            return None
        if task.tries < MAX_TRIES:
            tasks.appendleft(task._replace(tries=task.tries + 1))
            return None
        reason = (
            f"page {task.number} of {task.path}: the process that read it ended {task.tries} times "
            f"(exit code {worker.exit_code}); if memory is short, lower --jobs"
        )
        return task, _Failure(reason, is_input=False, trace="")


class _Worker:
    """A process with an engine of its own that reads one page after the other."""

    def __init__(self, settings: Settings) -> None:
        # Spawned, not forked: a forked pdfium or ONNX Runtime inherits locks that nobody opens.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=_serve, args=(theirs, settings), daemon=True
        )
        with _worker_surroundings():
            self._process.start()
        theirs.close()  # or its death would not close the pipe
        self.is_ready = False
        self.task: _Task | None = None

    @property
    def exit_code(self) -> int | None:
        """Of the ended process; negative: the signal that ended it."""
        return self._process.exitcode

    @property
    def connection(self) -> Connection:
        """Our end of the pipe."""
        return self._connection

    def assign(self, task: _Task) -> None:
        self.task = task
        try:
            self._connection.send(task)
        except OSError:  # it died while idle; hear() will tell
            return

    def hear(self) -> tuple[_Task, _Result] | str:
        """Return the engine's name, told once at the start, or what came of the page.

        Raises:
            EngineError: from the process.
            EOFError: the process is dead.
            OSError: likewise, in the middle of a word.
        """
        said: str | _Result | EngineError = self._connection.recv()
        if isinstance(said, EngineError):
            raise said
        if isinstance(said, str):
            self.is_ready = True
            return said
        task, self.task = self.task, None
        assert task is not None  # noqa: S101 - only answers are sent
        return task, said

    def dismiss(self) -> None:
        """Tell the process to end."""
        is_idle = self.is_ready and self.task is None
        if not is_idle:
            self._process.terminate()
        self._connection.close()  # an idle process takes it as the word

    def wait(self) -> None:
        """Wait until the process has ended."""
        self._process.join(PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _speaking(workers: Sequence[_Worker]) -> list[_Worker]:
    """Wait until some workers have something to say, or died."""
    ready = wait([worker.connection for worker in workers])
    return [worker for worker in workers if worker.connection in ready]


def _serve(connection: Connection, settings: Settings) -> None:
    """Work in a process of its own until the pipe closes."""
    signal.signal(signal.SIGTERM, _end)
    logging.getLogger().addHandler(logging.NullHandler())  # or Python prints what libraries log
    cv2.setNumThreads(1)
    try:
        engine = open_engine(settings.engine)
        connection.send(engine.name)
        while True:
            connection.send(_read(connection.recv(), engine, settings))
    except EngineError as broken:
        connection.send(broken)
    except (EOFError, OSError):  # the parent is done, or gone
        return
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is ending already


def _end(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the shape of a handler
    """Unwind, so that temporary files of a half-opened engine go."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit


def _read(task: _Task, engine: Engine, settings: Settings) -> _Result:
    try:
        scan = load_scan(task.path, task.number, settings.ingest, task.password)
        return read_page(scan, engine, settings)
    except EngineError:
        raise
    except InputError as unreadable:
        return _Failure(str(unreadable), is_input=True, trace=traceback.format_exc())
    except Exception as fault:  # noqa: BLE001 - the page boundary: one page never costs the others
        reason = f"{type(fault).__name__}: {' '.join(str(fault).split())}"
        return _Failure(reason, is_input=False, trace=traceback.format_exc())


def _outcome(results: dict[int, _Result]) -> Leaves | InputError:
    failures = {n: result for n, result in results.items() if isinstance(result, _Failure)}
    for failure in failures.values():
        logger.debug("%s\n%s", failure.reason, failure.trace)
    if len(failures) == len(results) and all(failure.is_input for failure in failures.values()):
        return InputError(failures[min(failures)].reason)
    return [
        failed_leaf(number, result.reason) if isinstance(result, _Failure) else result
        for number, result in sorted(results.items())
    ]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep OpenCV to one core; what it computes is the same."""
    kept = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(kept)


@contextmanager
def _worker_surroundings() -> Iterator[None]:
    """What a new process inherits: one thread for each numeric library, deafness to Ctrl-C.

    The libraries look once, as they are imported, which is before any code of ours runs there.
    Ctrl-C goes to the whole process group; this process answers it and ends the others.
    """
    kept = {name: os.environ.get(name) for name in THREAD_LIMITS}
    os.environ.update(dict.fromkeys(THREAD_LIMITS, "1"))
    is_main = current_thread() is main_thread()  # others may not touch signals
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if is_main else None
    try:
        yield
    finally:
        if is_main:
            signal.signal(signal.SIGINT, handler)
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
