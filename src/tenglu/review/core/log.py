"""The review log of a folder of results: an append-only SQLite file.

Each entry has a hash of itself and of the one before it. Triggers prevent changes and deletions of
rows, and a change that bypasses them breaks the chain. An acknowledged entry is on the disk.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from tenglu.errors import OutputError
from tenglu.files.database import transaction
from tenglu.review.core.events import FIRST, Event, LogRecord, is_shape, link

FILE = "review.sqlite"  # beside the results, so that removing .tenglu loses no review work
PATIENCE = 10.0  # seconds to wait for another process that writes
_COLUMNS = "number, at, key, who, document, sha256, kind, tbl, row, col, before, after, why, detail"
_FIXED = """
    CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, 'the log is never changed'); END;
    CREATE TRIGGER {table}_is_kept BEFORE DELETE ON {table}
    BEGIN SELECT RAISE(ABORT, 'the log is never shortened'); END;
"""
VERSION = 3  # of the file; tenglu 0.1 wrote 1 and 2, with evidence of schema 1.0
TRIGGERS = {table: _FIXED.format(table=table) for table in ("entry", "sample", "sampled")}
_SCHEMA = f"""
    CREATE TABLE entry (
        number INTEGER PRIMARY KEY,
        at TEXT NOT NULL,          -- ISO 8601, UTC
        key TEXT NOT NULL UNIQUE,  -- of the client: sent twice, stored once
        who TEXT NOT NULL,
        document TEXT NOT NULL, sha256 TEXT NOT NULL,  -- path of the result, and its scan
        kind TEXT NOT NULL,
        tbl TEXT NOT NULL, row INTEGER, col INTEGER,
        before TEXT, after TEXT, why TEXT NOT NULL,
        detail TEXT NOT NULL,      -- JSON
        hash TEXT NOT NULL
    ) STRICT;
    CREATE INDEX entry_document ON entry (document, number);
    {TRIGGERS["entry"]}
    CREATE TABLE sample (
        id INTEGER PRIMARY KEY, seed INTEGER NOT NULL, at TEXT NOT NULL,
        population INTEGER NOT NULL  -- cells that nobody was asked to look at
    ) STRICT;
    {TRIGGERS["sample"]}
    CREATE TABLE sampled (
        sample INTEGER NOT NULL REFERENCES sample (id),
        document TEXT NOT NULL, tbl TEXT NOT NULL, row INTEGER NOT NULL, col INTEGER NOT NULL,
        page INTEGER NOT NULL, polygon TEXT NOT NULL, text TEXT NOT NULL,
        PRIMARY KEY (sample, document, tbl, row, col)
    ) STRICT;
    {TRIGGERS["sampled"]}
    CREATE TABLE progress (        -- what a list of documents shows; can be found anew any time
        document TEXT PRIMARY KEY,
        size INTEGER NOT NULL, mtime INTEGER NOT NULL,  -- of the result
        number INTEGER NOT NULL,   -- of the last entry that is in it
        counts TEXT NOT NULL       -- JSON
    ) STRICT;
"""


class StaleError(Exception):
    """The subject of an entry has changed since its author saw it."""

    def __init__(self, newer: Sequence[LogRecord]) -> None:
        """Store the newer entries."""
        super().__init__("someone else has changed this in the meantime")
        self.newer = tuple(newer)


class Verified(NamedTuple):
    """The result of verifying a log."""

    n_entries: int  # up to the first fault
    head: str  # hash of the last of them
    fault: str | None  # None: the chain is intact


@contextmanager
def open_log(out: Path) -> Iterator["Log"]:
    """Open the log of an existing folder of results; create the log if there is none.

    Raises:
        OutputError: it cannot be written, or is not a log of this version.
    """
    try:
        connection = sqlite3.connect(
            out / FILE, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        with closing(connection):
            # FULL: an acknowledged entry survives a power cut too.
            connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
            _prepare(connection, out)
            yield Log(out, connection)
    except sqlite3.Error as error:
        raise _log_error(out, error) from error


@contextmanager
def read_log(out: Path) -> Iterator["Log"]:
    """Open an existing log for reading.

    Raises:
        OutputError: there is none, or it is not a log of this version.
    """
    path = out / FILE
    if not path.is_file():
        raise OutputError(f"{out} has no review log; give a folder used with tenglu review")
    with open_log(out) as log:
        yield log


def _prepare(connection: sqlite3.Connection, out: Path) -> None:
    """Create the tables of a new log, and reject the log of another version."""
    with transaction(connection):  # two review apps may start at once
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise OutputError(f"{out / FILE} was made by a newer tenglu; update tenglu")
        if 0 < version < VERSION:
            raise OutputError(f"{out / FILE} was made by tenglu 0.1: run `tenglu upgrade {out}`")
        if version == 0:
            for statement in statements(_SCHEMA):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")


def statements(script: str) -> Iterator[str]:
    """Yield the statements of a script; a trigger is one statement."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _log_error(out: Path, error: Exception) -> OutputError:
    return OutputError(
        f"cannot use the review log {out / FILE} ({error}): free disk space or correct its "
        "permissions; do not remove it, it contains the work of reviewers"
    )


class Log:
    """The log of one folder, safe to share between threads.

    All methods raise OutputError if the disk fails.
    """

    def __init__(self, out: Path, connection: sqlite3.Connection) -> None:
        """Wrap an open connection."""
        self._out = out
        self._connection = connection
        self._one_at_a_time = threading.RLock()

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._one_at_a_time:
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise _log_error(self._out, error) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a transaction; it is on the disk when the context ends without an error."""
        with self._one_at_a_time:
            try:
                with transaction(self._connection):
                    yield self._connection
            except sqlite3.Error as error:
                raise _log_error(self._out, error) from error

    def append(self, batch: Sequence[Event], seen: int) -> list[LogRecord]:
        """Append all events or none; return the stored entries if they were appended before.

        Args:
            batch: events of one document.
            seen: number of the last entry that the author knew of.

        Raises:
            StaleError: there is a newer entry for the same cells, or a newer change of shape.
        """
        with self.transaction() as connection:
            known = [entry for event in batch for entry in _find(connection, "key = ?", event.key)]
            if len(known) == len(batch):
                return known
            if newer := _newer(connection, batch, seen):
                raise StaleError(newer)
            last = connection.execute(
                "SELECT number, hash FROM entry ORDER BY number DESC LIMIT 1"
            ).fetchone()
            number, previous = last or (0, FIRST)
            entries = []
            for event in batch:
                number += 1
                at = datetime.now(UTC).isoformat(timespec="milliseconds")
                previous = link(previous, number, at, event)
                entries.append(LogRecord(number, at, event, previous))
            connection.executemany(
                f"INSERT INTO entry ({_COLUMNS}, hash) VALUES ({', '.join('?' * 15)})",  # noqa: S608 - ours
                map(_to_row, entries),
            )
        return entries

    def stored(self, keys: Sequence[str]) -> list[LogRecord]:
        """Return the entries with these keys, in order."""
        with self._one_at_a_time:
            found = (entry for key in keys for entry in _find(self._connection, "key = ?", key))
            return sorted(found, key=lambda entry: entry.number)

    def entries(self, document: str | None = None, after: int = 0) -> list[LogRecord]:
        """Return the entries after a number, in order, of one document or of all."""
        with self._one_at_a_time:
            if document is None:
                return list(_find(self._connection, "number > ?", after))
            return list(_find(self._connection, "document = ? AND number > ?", document, after))

    def last_numbers(self) -> dict[str, int]:
        """Return the number of the last entry of each document that has one."""
        return dict(self.rows("SELECT document, max(number) FROM entry GROUP BY document"))

    def verify(self) -> Verified:
        """Verify the chain of hashes from its start."""
        try:
            entries = self.entries()
        except ValueError as error:
            return Verified(0, FIRST, f"an entry is not valid JSON ({error})")
        previous = FIRST
        for count, entry in enumerate(entries, 1):
            if entry.number != count:
                fault = f"entry {count} is missing: found entry {entry.number} instead"
                return Verified(count - 1, previous, fault)
            if link(previous, entry.number, entry.at, entry.event) != entry.hash:
                fault = f"entry {count} is not as it was written"
                return Verified(count - 1, previous, fault)
            previous = entry.hash
        return Verified(len(entries), previous, None)


def _newer(connection: sqlite3.Connection, batch: Sequence[Event], seen: int) -> list[LogRecord]:
    """Return the entries since ``seen`` that affect the same cells, tables or shapes."""
    found: dict[int, LogRecord] = {}
    since = list(_find(connection, "document = ? AND number > ?", batch[0].document, seen))
    for entry in since:
        for event in batch:
            if _meet(entry.event, event):
                found[entry.number] = entry
    return list(found.values())


def _meet(earlier: Event, event: Event) -> bool:
    """Return whether an earlier event affects the subject of a new one."""
    if is_shape(earlier):
        return True
    if is_shape(event):
        return earlier.table == event.table
    return (earlier.table, earlier.row, earlier.col) == (event.table, event.row, event.col)


def _find(connection: sqlite3.Connection, where: str, *values: object) -> Iterator[LogRecord]:
    query = f"SELECT {_COLUMNS}, hash FROM entry WHERE {where} ORDER BY number"  # noqa: S608 - ours
    for row in connection.execute(query, values).fetchall():
        event = Event._make((*row[2:-2], json.loads(row[-2])))
        yield LogRecord(row[0], row[1], event, row[-1])


def _to_row(entry: LogRecord) -> tuple[object, ...]:
    detail = json.dumps(entry.event.detail, ensure_ascii=False, sort_keys=True)
    return (entry.number, entry.at, *entry.event[:-1], detail, entry.hash)
