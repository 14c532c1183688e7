"""Schema, migration and connections of the database of a job store."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tenglu.errors import OutputError

FILE = "jobs.sqlite"
PATIENCE = 10.0  # seconds to wait for a lock; readers hold one for less
MIGRATIONS = (
    """
    CREATE TABLE input (
        path BLOB PRIMARY KEY,     -- bytes of the file system; not all names are Unicode
        size INTEGER NOT NULL, mtime INTEGER NOT NULL, ctime INTEGER NOT NULL,  -- bytes, ns
        sha256 TEXT NOT NULL, media_type TEXT NOT NULL, n_pages INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE reading (         -- settings, version and engine that pages are read with
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, engine TEXT
    ) STRICT;
    CREATE TABLE page (
        id INTEGER PRIMARY KEY,
        sha256 TEXT NOT NULL,
        reading INTEGER NOT NULL REFERENCES reading (id),
        number INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
        cause TEXT, reason TEXT, seconds REAL,
        UNIQUE (sha256, reading, number)
    ) STRICT;
    CREATE INDEX page_state ON page (state);
    CREATE TABLE leaf (            -- a table of its own, so that counting pages stays fast
        page INTEGER PRIMARY KEY REFERENCES page (id) ON DELETE CASCADE, data BLOB NOT NULL
    ) STRICT;
    CREATE TABLE document (
        path BLOB PRIMARY KEY,     -- of the input
        folder BLOB, stem BLOB,    -- of the results, below OUT
        sha256 TEXT, pages TEXT, result TEXT,  -- what the results were made of
        state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
        message TEXT, code INTEGER,
        n_pages INTEGER, n_tables INTEGER, n_cells INTEGER, n_review INTEGER,
        n_failed INTEGER, n_retry INTEGER, files TEXT
    ) STRICT;
    CREATE TABLE run (
        id INTEGER PRIMARY KEY, started REAL NOT NULL, updated REAL NOT NULL, ended REAL,
        n_pages INTEGER NOT NULL, n_read INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    """,
    "ALTER TABLE leaf RENAME TO page_result;",
)


def connected(folder: Path) -> sqlite3.Connection:
    """Open the database of a store, and create or migrate it if necessary.

    Raises:
        OutputError: it was created by a newer version.
        sqlite3.Error: it cannot be opened.
    """
    connection = sqlite3.connect(folder / FILE, timeout=PATIENCE, isolation_level=None)
    try:
        # A power failure may lose the last seconds, but cannot corrupt the database.
        connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON"
        )
        _migrate(connection, folder)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all that is written inside, or nothing of it.

    Raises:
        sqlite3.Error: the disk fails.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:  # a full disk may have ended it already
            connection.execute("ROLLBACK")


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """Open the database of a store read-only, without blocking writers.

    Raises:
        OutputError: it cannot be read.
    """
    # In a read-only folder SQLite cannot create the shared memory file that a WAL needs.
    has_log = (folder / f"{FILE}-shm").exists()
    mode = "mode=ro" if has_log or os.access(folder, os.W_OK) else "mode=ro&immutable=1"
    address = f"{(folder / FILE).absolute().as_uri()}?{mode}"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=PATIENCE)) as connection:
            yield connection
    except sqlite3.Error as wrong:
        raise store_error(folder, wrong) from wrong


def _migrate(connection: sqlite3.Connection, folder: Path) -> None:
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise OutputError(
            f"the job store {folder} was made by a newer tenglu; update tenglu, "
            "or choose another folder with -o"
        )
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")


def store_error(folder: Path, wrong: Exception) -> OutputError:
    """Return an error that states in one line what is wrong with a store, and what to do."""
    if isinstance(wrong, sqlite3.OperationalError):  # no room, no rights, locked
        advice = "free some space or fix the permissions, and run the same command again"
    else:
        advice = "remove this folder: finished results stay, pages are read again"
    return OutputError(f"the job store {folder} cannot be used ({wrong}): {advice}")
