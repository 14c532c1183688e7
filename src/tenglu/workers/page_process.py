"""A process with an engine of its own that reads one page after the other."""

from multiprocessing.connection import Connection

import cv2

from tenglu.engines.registry import open_engine
from tenglu.errors import EngineError
from tenglu.settings import Settings
from tenglu.workers import PageTask
from tenglu.workers.page import memory, read_task
from tenglu.workers.pool import Answer, Worker
from tenglu.workers.process import WorkerProcess


class ProcessWorker(Worker):
    """The near end of such a process."""

    def __init__(self, settings: Settings, n_bytes: int) -> None:
        """Start it, with so much memory that it may take."""
        super().__init__()
        self._n_bytes = n_bytes
        self._child = WorkerProcess(_serve, n_bytes, settings)

    @property
    def exit_reason(self) -> str:
        """How the process ended."""
        return f"{self._child.exit_reason}, {self._n_bytes / 1e9:.1f} GB of memory allowed"

    @property
    def connection(self) -> Connection:
        """Our end of the pipe."""
        return self._child.connection

    @property
    def pid(self) -> int | None:
        """Number of the process."""
        return self._child.pid

    def send(self, task: PageTask) -> None:
        """Hand over a page."""
        self._child.send(task)

    def receive(self) -> str | Answer | EngineError:
        """What it says, or OSError: it is dead."""
        said: str | Answer | EngineError = self._child.receive()
        return said

    def stop(self) -> None:
        """Tell the process to end."""
        if self.is_idle:
            self._child.close()
        else:
            self._child.terminate()

    def kill(self) -> None:
        """End the process at once."""
        self._child.kill()

    def wait(self, timeout: float) -> None:
        """Wait until the process has ended."""
        self._child.wait(timeout)


def _serve(connection: Connection, settings: Settings) -> None:
    cv2.setNumThreads(1)
    try:
        engine = open_engine(settings.engine)
        connection.send(engine.name)
        while True:
            result = read_task(connection.recv(), engine, settings)
            connection.send(Answer(result, memory()))
    except EngineError as broken:
        connection.send(broken)
