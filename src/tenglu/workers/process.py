"""A process that answers over a pipe, and ends when its parent does, however that ended."""

import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Thread
from types import FrameType
from typing import Any

from tenglu.engines.runtime_env import THREAD_LIMITS
from tenglu.workers.memory_limit import limit_memory


class WorkerProcess:
    """The near end of such a process."""

    def __init__(self, serve: Callable[..., None], n_bytes: int, *args: object) -> None:
        """Start it.

        Args:
            serve: called there with its end of the pipe and ``args``; returns when the pipe closes.
            n_bytes: of memory that it may take.
            args: plain data.
        """
        # Spawned, not forked: a forked pdfium or ONNX Runtime inherits locks that nobody opens.
        context = multiprocessing.get_context("spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=_begin, args=(serve, n_bytes, theirs, *args), daemon=True
        )
        with _worker_environment():
            self._process.start()
        theirs.close()  # or its death would not close the pipe

    @property
    def pid(self) -> int | None:
        """Number of the process."""
        return self._process.pid

    @property
    def exit_reason(self) -> str:
        """Exit code of the ended process; negative: the signal that ended it."""
        return f"exit code {self._process.exitcode}"

    def send(self, said: object) -> None:
        """Say something; if the process is dead, the next look at the connection will tell."""
        try:
            self.connection.send(said)
        except OSError:
            return

    def receive(self) -> Any:  # noqa: ANN401 - whatever it says
        """What it says, or OSError or EOFError: it is dead."""
        return self.connection.recv()

    def close(self) -> None:
        """Tell it to end when it has nothing to do."""
        self.connection.close()

    def terminate(self) -> None:
        """Tell it to end now."""
        self._process.terminate()
        self.connection.close()

    def kill(self) -> None:
        """End it at once: it may hang where no word reaches it."""
        self._process.kill()
        self.connection.close()

    def wait(self, timeout: float) -> None:
        """Wait until it has ended; after some seconds end it."""
        self._process.join(timeout)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _begin(serve: Callable[..., None], n_bytes: int, connection: Connection, *args: Any) -> None:  # noqa: ANN401
    """Work in a process of its own until the pipe closes."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for systems where deafness is not inherited
    Thread(target=_end_with_parent, daemon=True).start()
    logging.getLogger().addHandler(logging.NullHandler())  # or Python prints what libraries log
    limit_memory(n_bytes)
    try:
        serve(connection, *args)
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
def _worker_environment() -> Iterator[None]:
    """What a new process inherits: one thread for each numeric library, deafness to Ctrl-C.

    The libraries look once, as they are imported, which is before any code of ours runs there.
    Ctrl-C goes to the whole process group; this process answers it and ends the others.
    """
    kept = {name: os.environ.get(name) for name in THREAD_LIMITS}
    os.environ.update(dict.fromkeys(THREAD_LIMITS, "1"))
    try:
        with _sigint_blocked():
            yield
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Put Ctrl-C off for a moment; what starts in it never hears of one."""
    if sys.platform == "win32":  # where nothing of this is inherited
        yield
        return
    resource_tracker.ensure_running()  # its start would open our ears again
    kept = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, kept)
