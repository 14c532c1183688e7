"""A process that replies over a pipe, and ends when its parent does, however that ended."""

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
    """A handle to such a process."""

    def __init__(self, serve: Callable[..., None], n_bytes: int, *args: object) -> None:
        """Start the process.

        Args:
            serve: called there with its end of the pipe and ``args``; returns when the pipe closes.
            n_bytes: of memory that it may take.
            args: plain data.
        """
        # Spawned, not forked: a forked pdfium or ONNX Runtime inherits locks that stay closed.
        context = multiprocessing.get_context("spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=_begin, args=(serve, n_bytes, theirs, *args), daemon=True
        )
        with _worker_environment():
            self._process.start()
        theirs.close()  # else the pipe stays open when the process dies

    @property
    def pid(self) -> int | None:
        """Return the number of the process."""
        return self._process.pid

    @property
    def exit_reason(self) -> str:
        """Return the exit code of the ended process; negative: the signal that ended it."""
        return f"exit code {self._process.exitcode}"

    def send(self, message: object) -> None:
        """Send a message; if the process is dead, the next receive() raises."""
        try:
            self.connection.send(message)
        except OSError:
            return

    def receive(self) -> Any:  # noqa: ANN401 - a message may be anything
        """Return its next message.

        Raises:
            EOFError: the process is dead.
            OSError: the process died while it replied.
        """
        return self.connection.recv()

    def close(self) -> None:
        """Tell the process to end once it has nothing to do."""
        self.connection.close()

    def terminate(self) -> None:
        """Tell the process to end now."""
        self._process.terminate()
        self.connection.close()

    def kill(self) -> None:
        """End the process at once, since it may hang and read no message."""
        self._process.kill()
        self.connection.close()

    def wait(self, timeout: float) -> None:
        """Wait until the process has ended; kill it after some seconds."""
        self._process.join(timeout)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _begin(serve: Callable[..., None], n_bytes: int, connection: Connection, *args: Any) -> None:  # noqa: ANN401
    """Run in the new process until the pipe closes."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for systems that do not inherit a blocked one
    Thread(target=_end_with_parent, daemon=True).start()
    logging.getLogger().addHandler(logging.NullHandler())  # else Python prints what libraries log
    limit_memory(n_bytes)
    try:
        serve(connection, *args)
    except (EOFError, OSError):  # the parent closed the pipe, or died
        return
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the process is ending already


def _end(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the shape of a handler
    """Unwind the stack, so that temporary files of a half-opened engine are removed."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit


def _end_with_parent() -> None:
    """End when the parent ends: a page that hangs would never notice the closed pipe."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _worker_environment() -> Iterator[None]:
    """Let a new process inherit one thread for each numeric library and a blocked Ctrl-C.

    The libraries read the environment once, as they are imported, which is before any of our code
    runs there. Ctrl-C goes to the whole process group; this process handles it and ends the others.
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
    """Block Ctrl-C for a moment; processes that are started meanwhile never receive it."""
    if sys.platform == "win32":  # where signal masks are not inherited
        yield
        return
    resource_tracker.ensure_running()  # its start would unblock the signal again
    kept = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, kept)
