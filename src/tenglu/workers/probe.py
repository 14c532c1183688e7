"""Open files in a process of their own: one that crashes it costs nothing but itself."""

import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple, Self

from tenglu.errors import EngineError, InputError, TengluError
from tenglu.model import Source
from tenglu.stages.ingest import IngestOptions, count_pages, describe
from tenglu.workers.pool import STOP_TIMEOUT
from tenglu.workers.process import WorkerProcess

MAX_MEMORY = 1_000_000_000  # bytes; a PDF of 10,000 pages is opened within a tenth of it
OPEN_TIMEOUT = 60.0  # seconds; a file is not read here, only its index


class _Opened(NamedTuple):
    media_type: str
    n_pages: int


_Reply = _Opened | TengluError


class FileProbe:
    """Detects what files are; its process starts with the first one."""

    def __init__(self, options: IngestOptions, password: str | None) -> None:
        """Prepare.

        Args:
            options: limits.
            password: of locked PDFs.
        """
        self._options = options
        self._password = password
        self._process: WorkerProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._process is not None:
            self._process.close()
            self._process.wait(STOP_TIMEOUT)
            self._process = None

    def identify(self, path: Path) -> Source:
        """Detect the type of a file and count its pages; see ``stages.ingest.identify``.

        Raises:
            InputError: it cannot be read, or crashes the process that opens it.
            EngineError: a reader of another package does not load.
        """
        try:
            reply = self._ask(path)
        except EOFError:  # the file before may be at fault: try once more
            try:
                reply = self._ask(path)
            except EOFError as dead:
                limit = f"{MAX_MEMORY / 1e9:g} GB of memory allowed"
                why = f"the process that opened it ended, {dead}, {limit}"
                raise InputError(_refusal(path, why)) from dead
        if isinstance(reply, TengluError):
            raise reply
        return describe(path, *reply)

    def _ask(self, path: Path) -> _Reply:
        """Send a path to the process and wait for its reply.

        Raises:
            InputError: there is none in time.
            EOFError: the process is dead; the message says how it ended.
        """
        if self._process is None:
            self._process = WorkerProcess(_serve, MAX_MEMORY, self._options, self._password)
        self._process.send(path)
        if not self._process.connection.poll(OPEN_TIMEOUT):
            self._end(self._process)
            raise InputError(_refusal(path, f"it was not open after {OPEN_TIMEOUT:g} seconds"))
        try:
            reply: _Reply = self._process.receive()
        except (EOFError, OSError) as dead:
            raise EOFError(self._end(self._process)) from dead
        return reply

    def _end(self, process: WorkerProcess) -> str:
        process.kill()
        process.wait(STOP_TIMEOUT)
        self._process = None
        return process.exit_reason


def _refusal(path: Path, why: str) -> str:
    return f"{path} cannot be opened ({why}); save it anew with another program"


def _serve(connection: Connection, options: IngestOptions, password: str | None) -> None:
    while True:
        path = connection.recv()
        try:
            reply: _Reply = _Opened(*count_pages(path, options, password))
        except (InputError, EngineError) as refused:
            refused.add_note(traceback.format_exc())  # for --verbose
            reply = refused
        except Exception as fault:  # noqa: BLE001 - the file boundary: one never costs the others
            reply = InputError(_refusal(path, f"{type(fault).__name__}: {fault}"))
            reply.add_note(traceback.format_exc())
        connection.send(reply)
