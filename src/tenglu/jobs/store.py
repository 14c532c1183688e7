"""The job store of an output folder, what is done and what is left: SQLite in OUT/.tenglu.

Every page is saved as it is read, every document as its results lie on the disk; the same call goes
on from there, however the last one ended. Inputs are known by what they hold, not by their names.
"""

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from tenglu.errors import OutputError
from tenglu.files.database import FILE, connected, store_error, transaction
from tenglu.jobs.lock import HeldError, locked
from tenglu.workers import Cause, PageDone, PageFailed, PageOutcome

FOLDER = ".tenglu"  # below OUT; hidden, so that no search for inputs looks into it
LOCK = "lock"
MAY_PASS: tuple[Cause, ...] = ("process", "time")  # tried again by the next call


class Signature(NamedTuple):
    """What changes when a file changes."""

    size: int  # bytes
    mtime: int  # ns
    ctime: int  # ns; no program sets it back


class KnownInput(NamedTuple):
    """A file as it was when it was last opened."""

    signature: Signature
    sha256: str
    media_type: str
    n_pages: int


class Made(NamedTuple):
    """What the results of a document depend on; if it is the same, nothing is to be done."""

    sha256: str
    pages: str  # as in --pages; "" for all
    result: str  # key


class Tally(NamedTuple):
    """Counts of a finished document."""

    n_pages: int
    n_tables: int
    n_cells: int
    n_review: int
    n_failed: int  # pages
    n_retry: int  # those of them that the next call tries again


class Outcome(NamedTuple):
    """The outcome of a document."""

    code: int
    tally: Tally
    files: tuple[str, ...]  # names of the results, in the folder of the document


class KnownDocument(NamedTuple):
    """A document as the store has it."""

    folder: str | None  # below OUT; None: never named
    stem: str | None
    sha256: str | None  # of the input that it is made of
    made: Made | None  # None: not finished
    code: int | None
    n_retry: int
    files: tuple[str, ...]  # names of the results


Refusal = tuple[bytes, str, int]
"""Path, why it cannot be converted, exit code."""


@contextmanager
def open_store(out: Path) -> Iterator["Store"]:
    """Open the store of an output folder, which exists, for this process alone.

    Raises:
        OutputError: it is in use, damaged or cannot be written.
    """
    folder = out / FOLDER
    is_new = not folder.exists()
    with ExitStack() as stack:
        try:
            folder.mkdir(exist_ok=True)
            stack.enter_context(locked(folder / LOCK))
            connection = stack.enter_context(closing(connected(folder)))
        except HeldError as held:
            who = f" (process {held.holder})" if held.holder else ""
            raise OutputError(
                f"another tenglu{who} works in {out}; wait for it, or choose another folder with -o"
            ) from held
        except OSError as refused:
            raise OutputError(
                f"{folder} cannot be written ({refused.strerror}); choose another folder with -o"
            ) from refused
        except sqlite3.Error as wrong:
            raise store_error(folder, wrong) from wrong
        store = Store(folder, connection)
        try:
            yield store
        except KeyboardInterrupt:
            is_new = is_new and not store.has_inputs()  # or all were opened for nothing
            raise
        finally:
            if is_new and not store.has_results():
                connection.close()
                _remove(folder)


def _remove(folder: Path) -> None:
    with suppress(OSError):  # where open files cannot be removed, an empty store stays
        for name in (FILE, f"{FILE}-wal", f"{FILE}-shm", LOCK):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


class Store:
    """The job store of one output folder; all methods raise OutputError if the disk fails."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        """Wrap an open connection."""
        self.folder = folder
        self._connection = connection
        self._run = 0

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with transaction(self._connection):
                yield self._connection
        except sqlite3.Error as wrong:
            raise store_error(self.folder, wrong) from wrong

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as wrong:
            raise store_error(self.folder, wrong) from wrong

    def has_results(self) -> bool:
        """Tell whether any page was ever finished here."""
        return bool(self._rows("SELECT 1 FROM page WHERE state <> 'waiting' LIMIT 1"))

    def has_inputs(self) -> bool:
        """Tell whether files that were opened are remembered."""
        return bool(self._rows("SELECT 1 FROM input LIMIT 1"))

    # --- inputs -----------------------------------------------------------------------------------

    def inputs(self) -> dict[bytes, KnownInput]:
        """Return all files that were ever opened, by path."""
        rows = self._rows("SELECT * FROM input")
        return {row[0]: KnownInput(Signature(*row[1:4]), *row[4:]) for row in rows}

    def save_inputs(self, inputs: Iterable[tuple[bytes, KnownInput]]) -> None:
        """Store files that were opened."""
        rows = [(path, *known.signature, *known[1:]) for path, known in inputs]
        with self._transaction() as connection:
            connection.executemany("REPLACE INTO input VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    # --- documents --------------------------------------------------------------------------------

    def documents(self) -> dict[bytes, KnownDocument]:
        """Return all documents, by the path of their input."""
        rows = self._rows(
            "SELECT path, folder, stem, state, sha256, pages, result, code, n_retry, files "
            "FROM document"
        )
        return {
            path: KnownDocument(
                None if folder is None else os.fsdecode(folder),
                None if stem is None else os.fsdecode(stem),
                made[0],
                Made(*made) if state == "done" else None,
                code,
                n_retry or 0,
                tuple(json.loads(files)) if files else (),
            )
            for path, folder, stem, state, *made, code, n_retry, files in rows
        }

    def plan(
        self,
        documents: Iterable[tuple[bytes, str, str, str]],
        pages: Iterable[tuple[str, int, Sequence[int]]],
        refused: Iterable[Refusal],
    ) -> None:
        """Store what is to be done, all of it or nothing.

        Args:
            documents: path, folder below OUT, stem and sha256 of those that wait.
            pages: sha256, reading, numbers of their pages.
            refused: inputs that cannot be converted.
        """
        named = (
            (path, os.fsencode(at), os.fsencode(stem), sha) for path, at, stem, sha in documents
        )
        single = ((sha, reading, n) for sha, reading, numbers in pages for n in numbers)
        with self._transaction() as connection:
            connection.executemany(
                "REPLACE INTO document (path, folder, stem, sha256, state) "
                "VALUES (?, ?, ?, ?, 'waiting')",
                named,
            )
            connection.executemany(
                "INSERT INTO page (sha256, reading, number, state) VALUES (?, ?, ?, 'waiting') "
                "ON CONFLICT DO UPDATE SET state = 'waiting' "
                "WHERE state = 'failed' AND cause IN ('process', 'time')",  # see MAY_PASS
                single,
            )
            connection.executemany(
                "REPLACE INTO document (path, state, message, code) VALUES (?, 'failed', ?, ?)",
                refused,
            )

    def finish_document(self, path: bytes, made: Made, outcome: "Outcome") -> None:
        """Record that the results of a document are written."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE document SET state = 'done', message = NULL, sha256 = ?, pages = ?, "
                "result = ?, code = ?, n_pages = ?, n_tables = ?, n_cells = ?, n_review = ?, "
                "n_failed = ?, n_retry = ?, files = ? WHERE path = ?",
                (*made, outcome.code, *outcome.tally, json.dumps(outcome.files), path),
            )

    def fail_document(self, refusal: Refusal) -> None:
        """Record why a document has no results."""
        path, message, code = refusal
        with self._transaction() as connection:
            connection.execute(
                "UPDATE document SET state = 'failed', message = ?, code = ? WHERE path = ?",
                (message, code, path),
            )

    # --- pages ------------------------------------------------------------------------------------

    def reading(self, key: str) -> int:
        """Return the number of a reading key."""
        with self._transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO reading (key) VALUES (?)", (key,))
            found = connection.execute("SELECT id FROM reading WHERE key = ?", (key,))
            number: int = found.fetchone()[0]
        return number

    def engine_name(self, reading: int) -> str | None:
        """Return the engine that pages are read with; None: no page was read yet."""
        [[name]] = self._rows("SELECT engine FROM reading WHERE id = ?", (reading,))
        return name if isinstance(name, str) else None

    def set_engine_name(self, reading: int, name: str) -> None:
        """Store the name of the engine."""
        with self._transaction() as connection:
            connection.execute("UPDATE reading SET engine = ? WHERE id = ?", (name, reading))

    def waiting(self, reading: int) -> dict[str, list[int]]:
        """Return the pages that are to be read, by the sha256 of their input."""
        rows = self._rows(
            "SELECT sha256, number FROM page WHERE state = 'waiting' AND reading = ? "
            "ORDER BY sha256, number",
            (reading,),
        )
        found: dict[str, list[int]] = {}
        for sha256, number in rows:
            found.setdefault(sha256, []).append(number)
        return found

    def planned(self, reading: int) -> dict[str, int]:
        """Count the pages that are planned already, by the sha256 of their input."""
        query = (
            "SELECT sha256, count(*) FROM page WHERE reading = ? "
            "AND (cause IS NULL OR cause NOT IN ('process', 'time')) GROUP BY sha256"
        )
        return dict(self._rows(query, (reading,)))

    def save_page(self, sha256: str, reading: int, number: int, result: PageOutcome) -> None:
        """Store the outcome of a page."""
        where = (sha256, reading, number)
        with self._transaction() as connection:
            values = (
                ("done", None, None, result.seconds)
                if isinstance(result, PageDone)
                else ("failed", result.cause, result.reason, None)
            )
            [[page]] = connection.execute(
                "UPDATE page SET state = ?, cause = ?, reason = ?, seconds = ? "
                "WHERE sha256 = ? AND reading = ? AND number = ? RETURNING id",
                (*values, *where),
            ).fetchall()
            if isinstance(result, PageDone):
                connection.execute(
                    "REPLACE INTO page_result VALUES (?, ?)", (page, result.page_result)
                )
            connection.execute(
                "UPDATE run SET n_read = n_read + 1, updated = ? WHERE id = ?",
                (time.time(), self._run),
            )

    def results(
        self, sha256: str, reading: int, numbers: Sequence[int]
    ) -> list[tuple[int, bytes | PageFailed]]:
        """Return the outcomes of pages, in their order: encoded, or why there is none."""
        rows = self._rows(
            "SELECT number, data, reason, cause FROM page LEFT JOIN page_result ON page = page.id "
            "WHERE sha256 = ? AND reading = ? AND state <> 'waiting' ORDER BY number",
            (sha256, reading),
        )
        wanted = set(numbers)
        return [
            (number, PageFailed(reason, cause) if data is None else data)
            for number, data, reason, cause in rows
            if number in wanted
        ]

    def forget_pages(self, sha256: str, reading: int) -> None:
        """Delete the outcomes of all pages of an input: the next call reads them again."""
        with self._transaction() as connection:
            connection.execute(
                "DELETE FROM page WHERE sha256 = ? AND reading = ?", (sha256, reading)
            )

    def tidy(self) -> None:
        """Delete pages of inputs that are gone or have changed."""
        with self._transaction() as connection:
            connection.execute(
                "DELETE FROM page WHERE sha256 NOT IN "
                "(SELECT sha256 FROM document WHERE sha256 IS NOT NULL)"
            )

    def forget_the_rest(self, sha256: str, reading: int) -> None:
        """Delete pages of a finished input that were read with other settings or are not needed."""
        with self._transaction() as connection:
            connection.execute(
                "DELETE FROM page WHERE sha256 = ? AND (reading <> ? OR state = 'waiting')",
                (sha256, reading),
            )

    # --- runs -------------------------------------------------------------------------------------

    def start_run(self, n_pages: int) -> None:
        """Record that a run begins."""
        now = time.time()
        with self._transaction() as connection:
            connection.execute("DELETE FROM run")
            cursor = connection.execute(
                "INSERT INTO run (started, updated, n_pages) VALUES (?, ?, ?)", (now, now, n_pages)
            )
            self._run = cursor.lastrowid or 0

    def end_run(self) -> None:
        """Record that the run is complete."""
        now = time.time()
        with self._transaction() as connection:
            connection.execute(
                "UPDATE run SET updated = ?, ended = ? WHERE id = ?", (now, now, self._run)
            )
