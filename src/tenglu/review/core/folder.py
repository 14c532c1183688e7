"""A folder of results: its documents, their progress, and their scans."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tenglu.errors import InputError
from tenglu.export.canonical import OUTDATED, is_outdated, load
from tenglu.files.database import FILE, reading
from tenglu.jobs.store import FOLDER
from tenglu.model import Document, Source
from tenglu.review.core.log import Log
from tenglu.review.core.reviewed import doubts, reviewed

ID_LENGTH = 16  # hexadecimal digits
HEAD = 64  # bytes at the start of a result that contain the schema version


class Result(NamedTuple):
    """A result on the disk."""

    id: str  # name in URLs; never used as a path
    name: str  # path below the folder, with /; name in the log
    path: Path


class Counts(NamedTuple):
    """The size of a document, and how much of it is left to review."""

    source: str  # name of the scan
    pages: int
    tables: int
    cells: int
    asked: int  # cells that needed review after conversion
    left: int  # cells that need review now
    doubts: int  # flags of whole pages and tables
    conflicts: int


def find_results(out: Path) -> dict[str, Result]:
    """Return the JSON files below a folder by id, sorted by name."""
    named = sorted((_name(path.relative_to(out)), path) for path in _files(out))
    results = (Result(_id(name), name, path) for name, path in named)
    return {result.id: result for result in results}


def refuse_outdated(results: Iterable[Result]) -> None:
    """Check that no result has an older schema, since it would be ignored as another JSON file.

    Raises:
        InputError: a result has an older schema.
    """
    for result in results:
        try:
            with result.path.open("rb") as file:
                head = file.read(HEAD)
        except OSError:  # removed, or not readable
            continue
        if is_outdated(head):
            raise InputError(f"{result.path} is {OUTDATED}")


def _name(path: Path) -> str:
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")  # not all names are Unicode


def _files(out: Path) -> Iterator[Path]:
    for folder, below, files in os.walk(out):
        below[:] = [name for name in below if not name.startswith(".")]
        yield from (
            Path(folder, name)
            for name in files
            if name.endswith(".json") and not name.startswith(".")
        )


def _id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:ID_LENGTH]


def read_result(result: Result) -> Document:
    """Read a result.

    Raises:
        InputError: it was removed, or is not a result of this version.
    """
    try:
        return load(result.path.read_bytes())
    except OSError as gone:
        raise InputError(f"{result.path} cannot be read: {gone.strerror}") from gone


def count(document: Document, now: Document, n_conflicts: int) -> Counts:
    """Count the cells and flags of a document.

    Args:
        document: the result as converted.
        now: the result after review.
        n_conflicts: entries that do not fit it.
    """
    asked, left = (
        sum(cell.needs_review for table in each.tables for cell in table.cells)
        for each in (document, now)
    )
    cells = sum(len(table.cells) for table in now.tables)
    pages = len(document.pages)
    n_doubts = len(doubts(now))
    return Counts(
        document.source.name, pages, len(now.tables), cells, asked, left, n_doubts, n_conflicts
    )


def survey(result: Result, log: Log) -> Counts | None:
    """Return the counts of a result, cached while nothing changes, or None if it is no result."""
    try:
        stat = result.path.stat()
    except OSError:
        return None
    numbers = log.rows("SELECT max(number) FROM entry WHERE document = ?", (result.name,))
    number = numbers[0][0] or 0
    signature = (result.name, stat.st_size, stat.st_mtime_ns, number)
    known = log.rows(
        "SELECT counts FROM progress WHERE (document, size, mtime, number) = (?, ?, ?, ?)",
        signature,
    )
    if known:
        counts = json.loads(known[0][0])
        return None if counts is None else Counts(*counts)
    found = _count(result, log)
    with log.transaction() as connection:
        values = (*signature, json.dumps(found))
        connection.execute("REPLACE INTO progress VALUES (?, ?, ?, ?, ?)", values)
    return found


def _count(result: Result, log: Log) -> Counts | None:
    try:
        document = read_result(result)
        after = reviewed(document, log.entries(result.name))
    except InputError:  # another JSON file, such as what tenglu clean --report wrote
        return None
    return count(document, after.document, len(after.conflicts))


def known_counts(results: Sequence[Result], log: Log) -> dict[str, Counts | None]:
    """Return the cached counts of results by id, without those that have changed."""
    numbers = log.last_numbers()
    rows = log.rows("SELECT document, size, mtime, number, counts FROM progress")
    progress = {document: rest for document, *rest in rows}
    found: dict[str, Counts | None] = {}
    for result in results:
        if result.name not in progress:
            continue
        *signature, counts = progress[result.name]
        try:
            stat = result.path.stat()
        except OSError:
            continue
        if signature == [stat.st_size, stat.st_mtime_ns, numbers.get(result.name, 0)]:
            values = json.loads(counts)
            found[result.id] = None if values is None else Counts(*values)
    return found


def find_scan(out: Path, result: Result, source: Source, scans: Path | None) -> Path | None:
    """Find the scan of a result: the converted file, or an identical file with its name.

    Args:
        out: folder of results.
        result: the result.
        source: name and hash of its scan.
        scans: folder to search first, if any.

    Returns:
        the path of the scan, or None if it is not found.
    """
    places = [*_named(scans, source.name)] if scans is not None else []
    places += _converted(out, result)
    places += [folder / Path(source.name).name for folder in (result.path.parent, out, out.parent)]
    return next((path for path in places if _is(path, source.sha256)), None)


def _named(folder: Path, name: str) -> Iterator[Path]:
    for parent, _, files in os.walk(folder):
        if name in files:
            yield Path(parent, name)


def _converted(out: Path, result: Result) -> list[Path]:
    """Return the scans that a result was made from, according to the job store."""
    folder = out / FOLDER
    if not (folder / FILE).is_file():
        return []
    with reading(folder) as connection:
        rows = connection.execute("SELECT path, folder, stem FROM document WHERE stem IS NOT NULL")
        return [
            Path(os.fsdecode(path))
            for path, at, stem in rows
            if out / os.fsdecode(at) / f"{os.fsdecode(stem)}.json" == result.path
        ]


def _is(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == sha256
    except OSError:
        return False
