"""How far the work in an output folder is, read beside the process that does it."""

import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tenglu.errors import OutputError
from tenglu.files.database import FILE, reading
from tenglu.jobs.lock import holder
from tenglu.jobs.store import FOLDER, LOCK
from tenglu.model import Frozen

STATES = ("waiting", "done", "failed")


class Failed(Frozen):
    """An input, or a page of one, that failed."""

    input: str
    page: int | None  # None: the whole of it
    reason: str


class State(Frozen):
    """What the job store of an output folder holds."""

    running: int | None  # process that works there; None: no one, or it does not say
    is_running: bool
    pages_waiting: int
    pages_done: int
    pages_failed: int
    documents_waiting: int
    documents_done: int
    documents_failed: int
    cells: int
    cells_to_review: int
    pages_per_second: float | None  # of the last run; None: it read none
    seconds_left: float | None  # None: no one works there
    failures: tuple[Failed, ...]


def read_status(out: Path) -> State:
    """Read a job store; nothing is changed, and no other process has to wait.

    Raises:
        OutputError: there is none, or it cannot be read.
    """
    folder = out / FOLDER
    if not os.path.isfile(folder / FILE):  # noqa: PTH113 - rights may be missing
        raise OutputError(f"{out} holds no job store; give the folder that convert wrote to")
    at_work = holder(folder / LOCK)
    with reading(folder) as connection:
        return _state(connection, at_work)


def _state(connection: sqlite3.Connection, at_work: str | None) -> State:
    connection.execute("BEGIN")  # one moment for all queries
    pages = _by_state(connection, "SELECT state, count(*) FROM page GROUP BY state")
    documents = _by_state(connection, "SELECT state, count(*) FROM document GROUP BY state")
    query = "SELECT total(n_cells), total(n_review) FROM document WHERE state = 'done'"
    n_cells, n_review = connection.execute(query).fetchone()
    speed = _speed(connection, is_running=at_work is not None)
    seconds_left = pages["waiting"] / speed if speed and at_work is not None else None
    return State(
        running=int(at_work) if at_work and at_work.isdigit() else None,
        is_running=at_work is not None,
        pages_waiting=pages["waiting"],
        pages_done=pages["done"],
        pages_failed=pages["failed"],
        documents_waiting=documents["waiting"],
        documents_done=documents["done"],
        documents_failed=documents["failed"],
        cells=int(n_cells),
        cells_to_review=int(n_review),
        pages_per_second=speed,
        seconds_left=seconds_left,
        failures=tuple(_failures(connection)),
    )


def _by_state(connection: sqlite3.Connection, query: str) -> dict[str, int]:
    return dict.fromkeys(STATES, 0) | dict(connection.execute(query))


def _speed(connection: sqlite3.Connection, *, is_running: bool) -> float | None:
    row: tuple[Any, ...] | None = connection.execute(
        "SELECT started, updated, ended, n_read FROM run ORDER BY id DESC LIMIT 1"
    ).fetchone()
    if row is None or not row[3]:
        return None
    started, updated, ended, n_read = row
    end = time.time() if is_running and ended is None else updated  # a watch may have a rest
    return float(n_read) / max(float(end - started), 1e-3)


def _failures(connection: sqlite3.Connection) -> Iterator[Failed]:
    documents = "SELECT path, message FROM document WHERE state = 'failed' ORDER BY path"
    for path, message in connection.execute(documents):
        yield Failed(input=_shown(path), page=None, reason=message)
    pages = (
        "SELECT path, number, reason FROM page JOIN document USING (sha256) "
        "WHERE page.state = 'failed' AND document.state = 'done' ORDER BY path, number"
    )
    for path, number, reason in connection.execute(pages):
        yield Failed(input=_shown(path), page=number, reason=reason)


def _shown(path: bytes) -> str:
    return path.decode("utf-8", "replace")  # names of old disks are not Unicode
