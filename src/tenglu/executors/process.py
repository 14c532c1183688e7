"""A process with an engine of its own that reads one page after the other."""

import logging
import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Thread, current_thread, main_thread
from types import FrameType

import cv2

from tenglu.engines.registry import open_engine
from tenglu.errors import EngineError
from tenglu.executors import PageTask
from tenglu.executors.crew import Answer, Worker
from tenglu.executors.page import memory, read_task
from tenglu.pipeline import Settings
from tenglu.threads import LIMITS

PATIENCE = 5  # seconds for a process to end when told to


class ProcessWorker(Worker):
    """The near end of such a process."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        # Spawned, not forked: a forked pdfium or ONNX Runtime inherits locks that nobody opens.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=_serve, args=(theirs, settings), daemon=True
        )
        with _surroundings():
            self._process.start()
        theirs.close()  # or its death would not close the pipe

    @property
    def last_words(self) -> str:
        """Exit code of the ended process; negative: the signal that ended it."""
        return f"exit code {self._process.exitcode}"

    @property
    def connection(self) -> Connection:
        """Our end of the pipe."""
        return self._connection

    def send(self, task: PageTask) -> None:
        """Hand over a page."""
        try:
            self._connection.send(task)
        except OSError:  # it died while idle; receive() will tell
            return

    def receive(self) -> str | Answer | EngineError:
        """What it says, or OSError: it is dead."""
        said: str | Answer | EngineError = self._connection.recv()
        return said

    def dismiss(self) -> None:
        """Tell the process to end."""
        if not self.is_idle:
            self._process.terminate()
        self._connection.close()  # an idle process takes it as the word

    def kill(self) -> None:
        """End the process at once: it may hang where no word reaches it."""
        self._process.kill()
        self._connection.close()

    def wait(self) -> None:
        """Wait until the process has ended."""
        self._process.join(PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _serve(connection: Connection, settings: Settings) -> None:
    """Work in a process of its own until the pipe closes."""
    signal.signal(signal.SIGTERM, _end)
    Thread(target=_end_with_parent, daemon=True).start()
    logging.getLogger().addHandler(logging.NullHandler())  # or Python prints what libraries log
    cv2.setNumThreads(1)
    try:
        engine = open_engine(settings.engine)
        connection.send(engine.name)
        while True:
            result = read_task(connection.recv(), engine, settings)
            connection.send(Answer(result, memory()))
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


def _end_with_parent() -> None:
    """Leave no orphan: a page that hangs would never look at the closed pipe."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _surroundings() -> Iterator[None]:
    """What a new process inherits: one thread for each numeric library, deafness to Ctrl-C.

    The libraries look once, as they are imported, which is before any code of ours runs there.
    Ctrl-C goes to the whole process group; this process answers it and ends the others.
    """
    kept = {name: os.environ.get(name) for name in LIMITS}
    os.environ.update(dict.fromkeys(LIMITS, "1"))
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
