"""A process of this machine with an engine of its own, which reads one page after another."""

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
    """A handle to such a process."""

    def __init__(self, settings: Settings, n_bytes: int) -> None:
        """Start the process, which may take so many bytes of memory."""
        super().__init__()
        self._n_bytes = n_bytes
        self._process = WorkerProcess(_serve, n_bytes, settings)

    @property
    def exit_reason(self) -> str:
        """Return how the process ended."""
        return f"{self._process.exit_reason}, {self._n_bytes / 1e9:.1f} GB of memory allowed"

    @property
    def connection(self) -> Connection:
        """Return our end of the pipe."""
        return self._process.connection

    @property
    def pid(self) -> int | None:
        """Return the number of the process."""
        return self._process.pid

    def send(self, task: PageTask) -> None:
        """Send a page."""
        self._process.send(task)

    def receive(self) -> str | Answer | EngineError:
        """Return its next message, or raise EOFError or OSError: the process is dead."""
        message: str | Answer | EngineError = self._process.receive()
        return message

    def stop(self) -> None:
        """Tell the process to end."""
        if self.is_idle:
            self._process.close()
        else:
            self._process.terminate()

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def wait(self, timeout: float) -> None:
        """Wait until the process has ended."""
        self._process.wait(timeout)


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
