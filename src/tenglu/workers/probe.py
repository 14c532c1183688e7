"""Files are opened in a process of their own: one that breaks it costs nothing but itself."""

import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple, Self

from tenglu.errors import InputError
from tenglu.model import Source
from tenglu.stages.ingest import IngestOptions, Kind, count_pages, describe
from tenglu.workers.pool import STOP_TIMEOUT
from tenglu.workers.process import WorkerProcess

MAX_MEMORY = 1_000_000_000  # bytes; a PDF of 10,000 pages is opened within a tenth of it
OPEN_TIMEOUT = 60.0  # seconds; a file is not read here, only its index


class _Opened(NamedTuple):
    kind: Kind
    n_pages: int


class FileProbe:
    """Tells what files are; its process starts with the first one."""

    def __init__(self, options: IngestOptions, password: str | None) -> None:
        """Prepare.

        Args:
            options: limits.
            password: of locked PDFs.
        """
        self._options = options
        self._password = password
        self._child: WorkerProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._child is not None:
            self._child.close()
            self._child.wait(STOP_TIMEOUT)
            self._child = None

    def identify(self, path: Path) -> Source:
        """Tell what a file is, and how many pages it has; see ``stages.ingest.identify``.

        Raises:
            InputError: it cannot be read, or what reads it does not survive it.
        """
        try:
            said = self._ask(path)
        except EOFError:  # it may have been another's fault: the file is tried once more
            try:
                said = self._ask(path)
            except EOFError as dead:
                allowed = f"{MAX_MEMORY / 1e9:g} GB of memory allowed"
                why = f"the process that opened it ended, {dead}, {allowed}"
                raise InputError(_refusal(path, why)) from dead
        if isinstance(said, InputError):
            raise said
        return describe(path, *said)

    def _ask(self, path: Path) -> "_Opened | InputError":
        """What the process says of a file.

        Raises:
            InputError: it says nothing.
            EOFError: it is dead; with how it ended.
        """
        if self._child is None:
            self._child = WorkerProcess(_serve, MAX_MEMORY, self._options, self._password)
        self._child.send(path)
        if not self._child.connection.poll(OPEN_TIMEOUT):
            self._end(self._child)
            raise InputError(_refusal(path, f"it was not open after {OPEN_TIMEOUT:g} seconds"))
        try:
            said: _Opened | InputError = self._child.receive()
        except (EOFError, OSError) as dead:
            raise EOFError(self._end(self._child)) from dead
        return said

    def _end(self, child: WorkerProcess) -> str:
        child.kill()
        child.wait(STOP_TIMEOUT)
        self._child = None
        return child.exit_reason


def _refusal(path: Path, why: str) -> str:
    return f"{path} cannot be opened ({why}); save it anew with another program"


def _serve(connection: Connection, options: IngestOptions, password: str | None) -> None:
    while True:
        path = connection.recv()
        try:
            said: _Opened | InputError = _Opened(*count_pages(path, options, password))
        except InputError as unreadable:
            unreadable.add_note(traceback.format_exc())  # for --verbose
            said = unreadable
        except Exception as fault:  # noqa: BLE001 - the file boundary: one never costs the others
            said = InputError(_refusal(path, f"{type(fault).__name__}: {fault}"))
            said.add_note(traceback.format_exc())
        connection.send(said)
