"""Upgrade review logs of tenglu 0.1: convert the evidence in their entries to schema 2.0."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tenglu.errors import InputError, OutputError
from tenglu.export.upgrade import upgraded_evidence
from tenglu.files.atomic import temporary_path
from tenglu.review.core.events import FIRST, LogRecord, link
from tenglu.review.core.log import PATIENCE, TRIGGERS, VERSION, Log, statements

FORMER = "review-1.0.sqlite"  # the former log, which is kept because its hashes may be on record


class UpgradedLog(NamedTuple):
    """The result of an upgrade."""

    n_entries: int
    n_rewritten: int  # all entries after the first of them have new hashes
    former_head: str  # hash of the last entry before the upgrade
    head: str  # hash of the last entry after it


def upgrade_log(source: Path, target: Path) -> UpgradedLog | None:
    """Write a log of tenglu 0.1 in the present format; return None if it has that format.

    Each entry is converted and linked to the one before it. If hashes change in place, the former
    log is kept beside the new one as ``review-1.0.sqlite``.

    Args:
        source: the log; no process may be using it.
        target: where to write; may be the same.

    Raises:
        InputError: it is not a log, its chain is broken, or it is of a newer tenglu.
        OutputError: it cannot be written, or is in use.
    """
    if not source.is_file():
        raise InputError("there is no such file")
    with _opened(source) as connection:
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if not 0 < version <= VERSION:
            raise InputError("not a review log, or one of a newer tenglu")
        if version == VERSION:
            if target != source:
                _copy(connection, target, lambda _: None)
            return None
        entries = _whole_chain(Log(source.parent, connection))
        rewritten = list(_linked_anew(entries))
        former_head, head = (chain[-1].hash if chain else FIRST for chain in (entries, rewritten))
        if target != source:
            _copy(connection, target, lambda copy: _rewrite(copy, rewritten))
        else:
            # Fails while another process has the log open and might append to it.
            connection.execute("PRAGMA journal_mode = DELETE")
            if head != former_head:
                _keep(connection, source.with_name(FORMER), former_head)
            _rewrite(connection, rewritten)
    n_rewritten = sum(a.event != b.event for a, b in zip(entries, rewritten, strict=True))
    return UpgradedLog(len(entries), n_rewritten, former_head, head)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None
        )
        with closing(connection):
            yield connection
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise OutputError(
                f"{path} cannot be used ({error}): end tenglu review first"
            ) from error
        raise InputError(f"not a review log ({error})") from error


def _whole_chain(log: Log) -> list[LogRecord]:
    verified = log.verify()
    if verified.fault is not None:
        raise InputError(f"{verified.fault}: a log with a broken chain cannot be upgraded")
    return log.entries()


def _linked_anew(entries: list[LogRecord]) -> Iterator[LogRecord]:
    previous = FIRST
    for number, at, event, _ in entries:
        now = event._replace(detail=_detail(event.detail))
        previous = link(previous, number, at, now)
        yield LogRecord(number, at, now, previous)


def _detail(former: dict[str, Any]) -> dict[str, Any]:
    if "readings" not in former:
        return former
    readings = {
        at: {**reading, "evidence": [upgraded_evidence(item) for item in reading["evidence"]]}
        for at, reading in former["readings"].items()
    }
    return {**former, "readings": readings}


def _keep(connection: sqlite3.Connection, path: Path, head: str) -> None:
    """Copy the former log, unless a call that was broken off has done so."""
    if path.exists():
        with _opened(path) as kept:
            if [entry.hash for entry in _whole_chain(Log(path.parent, kept))][-1:] == [head]:
                return
        raise OutputError(f"{path} is another log: move it elsewhere first, and keep it")
    _copy(connection, path, lambda _: None)


def _rewrite(connection: sqlite3.Connection, entries: list[LogRecord]) -> None:
    """Replace the entries, all of them or none."""
    connection.execute("BEGIN EXCLUSIVE")
    try:
        connection.execute("DROP TRIGGER entry_stays")
        connection.executemany(
            "UPDATE entry SET detail = ?, hash = ? WHERE number = ?",
            [
                (json.dumps(e.event.detail, ensure_ascii=False, sort_keys=True), e.hash, e.number)
                for e in entries
            ],
        )
        [stays, _] = statements(TRIGGERS["entry"])
        connection.execute(stays)
        connection.execute("DELETE FROM progress")  # counts of the former results
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _copy(
    connection: sqlite3.Connection, target: Path, change: Callable[[sqlite3.Connection], None]
) -> None:
    """Copy a log, change the copy, and put it in its place in one step."""
    temporary = temporary_path(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        with closing(sqlite3.connect(temporary, isolation_level=None)) as copy:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, with everything in it
            change(copy)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise OutputError(f"cannot write {target}: {error}; choose another folder") from error
    finally:
        temporary.unlink(missing_ok=True)
