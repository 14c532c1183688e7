"""Everything that reviewers said of a folder of results: SQLite, written once, never changed.

Each entry carries a hash of itself and of the one before it. Triggers refuse to change or to delete
a line, and who goes round them breaks the chain. An entry that was acknowledged lies on the disk.
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

FILE = "review.sqlite"  # in the folder of the results: whoever removes .tenglu loses no work
PATIENCE = 10.0  # seconds to wait for another process that writes
_COLUMNS = "number, at, key, who, document, sha256, kind, tbl, row, col, before, after, why, detail"
_FIXED = """
    CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, 'the log is never changed'); END;
    CREATE TRIGGER {table}_is_kept BEFORE DELETE ON {table}
    BEGIN SELECT RAISE(ABORT, 'the log is never shortened'); END;
"""
VERSION = 3  # of the file; 1 and 2 were those of tenglu 0.1, with evidence as schema 1.0 had it
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
    """What an entry was said of has changed since its writer saw it."""

    def __init__(self, newer: Sequence[LogRecord]) -> None:
        """Keep what was said meanwhile."""
        super().__init__("somebody else has changed this meanwhile")
        self.newer = tuple(newer)


class Verified(NamedTuple):
    """Whether a log is as it was written."""

    n_entries: int  # up to the first fault
    head: str  # hash of the last of them
    fault: str | None  # None: the chain is whole


@contextmanager
def open_log(out: Path) -> Iterator["Log"]:
    """Open the log of a folder of results, which exists; it is made if need be.

    Raises:
        OutputError: it cannot be written, or is no log.
    """
    try:
        connection = sqlite3.connect(
            out / FILE, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        with closing(connection):
            # FULL: what was acknowledged survives a power cut too.
            connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
            _prepare(connection, out)
            yield Log(out, connection)
    except sqlite3.Error as wrong:
        raise _log_error(out, wrong) from wrong


@contextmanager
def read_log(out: Path) -> Iterator["Log"]:
    """Open a log that is there, for reading.

    Raises:
        OutputError: there is none, or it is no log.
    """
    path = out / FILE
    if not path.is_file():
        raise OutputError(f"{out} holds no review; give a folder that tenglu review worked in")
    with open_log(out) as log:
        yield log


def _prepare(connection: sqlite3.Connection, out: Path) -> None:
    """Make the tables of a new log, and refuse the log of another version."""
    with transaction(connection):  # two review apps that start at once make one log
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
    """The statements of a script; those of a trigger stay together."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _log_error(out: Path, wrong: Exception) -> OutputError:
    return OutputError(
        f"the review {out / FILE} cannot be used ({wrong}): free some space or mend the rights; "
        "do not remove it, it holds the work of people"
    )


class Log:
    """Of one folder; may be shared by threads. All methods raise OutputError if the disk fails."""

    def __init__(self, out: Path, connection: sqlite3.Connection) -> None:
        """Wrap an open connection."""
        self._out = out
        self._connection = connection
        self._one_at_a_time = threading.RLock()

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with self._one_at_a_time:
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.Error as wrong:
                raise _log_error(self._out, wrong) from wrong

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, on the disk when it ends."""
        with self._one_at_a_time:
            try:
                with transaction(self._connection):
                    yield self._connection
            except sqlite3.Error as wrong:
                raise _log_error(self._out, wrong) from wrong

    def append(self, batch: Sequence[Event], seen: int) -> list[LogRecord]:
        """Write down what was said, all of it or nothing; what is there already stays once.

        Args:
            batch: of one document.
            seen: number of the last entry that the writer knew of.

        Raises:
            StaleError: something newer was said of the same cells, or of the shape of the document.
        """
        with self.transaction() as connection:
            known = [entry for said in batch for entry in _find(connection, "key = ?", said.key)]
            if len(known) == len(batch):
                return known
            if newer := _newer(connection, batch, seen):
                raise StaleError(newer)
            last = connection.execute(
                "SELECT number, hash FROM entry ORDER BY number DESC LIMIT 1"
            ).fetchone()
            number, previous = last or (0, FIRST)
            entries = []
            for said in batch:
                number += 1
                at = datetime.now(UTC).isoformat(timespec="milliseconds")
                previous = link(previous, number, at, said)
                entries.append(LogRecord(number, at, said, previous))
            connection.executemany(
                f"INSERT INTO entry ({_COLUMNS}, hash) VALUES ({', '.join('?' * 15)})",  # noqa: S608 - ours
                map(_to_row, entries),
            )
        return entries

    def stored(self, keys: Sequence[str]) -> list[LogRecord]:
        """The entries that were written with these keys, in order."""
        with self._one_at_a_time:
            found = (entry for key in keys for entry in _find(self._connection, "key = ?", key))
            return sorted(found, key=lambda entry: entry.number)

    def entries(self, document: str | None = None, after: int = 0) -> list[LogRecord]:
        """What was said after an entry, in order; of one document, or of all."""
        with self._one_at_a_time:
            if document is None:
                return list(_find(self._connection, "number > ?", after))
            return list(_find(self._connection, "document = ? AND number > ?", document, after))

    def last_numbers(self) -> dict[str, int]:
        """Number of the last entry of each document that has one."""
        return dict(self.rows("SELECT document, max(number) FROM entry GROUP BY document"))

    def verify(self) -> Verified:
        """Follow the chain from its start."""
        try:
            entries = self.entries()
        except ValueError as wrong:
            return Verified(0, FIRST, f"an entry holds no JSON any more ({wrong})")
        previous = FIRST
        for count, entry in enumerate(entries, 1):
            if entry.number != count:
                fault = f"entry {count} is missing: entry {entry.number} stands there"
                return Verified(count - 1, previous, fault)
            if link(previous, entry.number, entry.at, entry.said) != entry.hash:
                fault = f"entry {count} is not as it was written"
                return Verified(count - 1, previous, fault)
            previous = entry.hash
        return Verified(len(entries), previous, None)


def _newer(connection: sqlite3.Connection, batch: Sequence[Event], seen: int) -> list[LogRecord]:
    """What was said since of the same things; of a shape, everything that touches its table."""
    found: dict[int, LogRecord] = {}
    since = list(_find(connection, "document = ? AND number > ?", batch[0].document, seen))
    for entry in since:
        for said in batch:
            if _meet(entry.said, said):
                found[entry.number] = entry
    return list(found.values())


def _meet(earlier: Event, said: Event) -> bool:
    """Whether the one cannot be understood without the other."""
    if is_shape(earlier):
        return True
    if is_shape(said):
        return earlier.table == said.table
    return (earlier.table, earlier.row, earlier.col) == (said.table, said.row, said.col)


def _find(connection: sqlite3.Connection, where: str, *values: object) -> Iterator[LogRecord]:
    query = f"SELECT {_COLUMNS}, hash FROM entry WHERE {where} ORDER BY number"  # noqa: S608 - ours
    for row in connection.execute(query, values).fetchall():
        said = Event._make((*row[2:-2], json.loads(row[-2])))
        yield LogRecord(row[0], row[1], said, row[-1])


def _to_row(entry: LogRecord) -> tuple[object, ...]:
    detail = json.dumps(entry.said.detail, ensure_ascii=False, sort_keys=True)
    return (entry.number, entry.at, *entry.said[:-1], detail, entry.hash)
