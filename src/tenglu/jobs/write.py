"""From the page results of one document to its results on the disk."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tenglu.errors import ExitCode, InputError, OutputError
from tenglu.export import write
from tenglu.jobs.console import counted
from tenglu.jobs.plan import Job, JobRequest
from tenglu.jobs.store import MAY_PASS, Outcome, Tally
from tenglu.model import Document, FlagCode, Source
from tenglu.overlay import Original, write_overlays
from tenglu.pipeline import to_document
from tenglu.settings import Settings
from tenglu.stages.assemble import Failure, PageResult
from tenglu.stages.check import expected_wrong
from tenglu.workers import PageFailed
from tenglu.workers.codec import CodecError, decode

StoredPage = bytes | PageFailed
"""A page as it was read, encoded, or why it could not be."""


class WrittenResults(NamedTuple):
    """A document whose results are written."""

    outcome: Outcome
    summary: str
    failures: list[str]  # one line a page that failed


def write_results(
    job: Job,
    pages: Sequence[tuple[int, StoredPage]],
    engine_name: str,
    request: JobRequest,
    settings: Settings,
) -> WrittenResults:
    """Put a document together and write it.

    Raises:
        InputError: no page could be read, and the file is at fault.
        OutputError: a result cannot be made or written.
    """
    try:
        document = to_result(_source(job), pages, engine_name, settings)
        paths = write(document, *job.target, request.formats)
        if request.overlay:
            original = Original(job.path, settings.ingest, request.password)
            paths += write_overlays(document, original, *job.target)
    except (InputError, OutputError):
        raise
    except Exception as fault:  # the document boundary: one never costs the others
        what = f"{type(fault).__name__}: {' '.join(str(fault).split())}"
        raise OutputError(
            f"{job.path}: its results cannot be made ({what}); see where with -v, and report it"
        ) from fault
    _settle(job.target.folder)
    failed = [page for _, page in pages if isinstance(page, PageFailed)]
    return _finished(job, document, paths, failed)


def to_result(
    source: Source, pages: Sequence[tuple[int, StoredPage]], engine_name: str, settings: Settings
) -> Document:
    """Put a document together from its pages, in their order.

    Raises:
        InputError: no page could be read, and the file is at fault.
        OutputError: what was stored of a page is damaged.
    """
    failed = [page for _, page in pages if isinstance(page, PageFailed)]
    if len(failed) == len(pages) and all(page.cause == "input" for page in failed):
        raise InputError(failed[0].reason)
    return to_document(source, _page_results(pages), engine_name, settings)


def _source(job: Job) -> Source:
    name = os.fsencode(job.path.name).decode("utf-8", "replace")  # as identify() has it
    known = job.source
    return Source(
        name=name, sha256=known.sha256, media_type=known.media_type, n_pages=known.n_pages
    )


def _page_results(pages: Sequence[tuple[int, StoredPage]]) -> Iterator[PageResult | Failure]:
    try:
        for number, page in pages:
            if isinstance(page, PageFailed):
                yield Failure(number, page.reason)
            else:
                yield decode(page)
    except CodecError as damaged:
        raise OutputError(
            f"{damaged}: remove the folder .tenglu in the output folder and run the same command "
            "again"
        ) from damaged


def _settle(folder: Path) -> None:
    """Flush the folder, so that new names survive a power cut before the store records them."""
    if os.name != "posix":  # elsewhere a folder cannot be opened
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:  # not every file system can
        return
    finally:
        os.close(descriptor)


def _finished(
    job: Job, document: Document, paths: Sequence[Path], failed: Sequence[PageFailed]
) -> WrittenResults:
    flags = [flag for flag in document.flags if flag.code is FlagCode.PAGE_FAILED]
    cells = [cell for table in document.tables for cell in table.cells]
    n_review = sum(cell.needs_review for cell in cells)
    is_open = n_review or document.flags or any(page.flags for page in document.pages)
    tally = Tally(
        n_pages=len(document.pages),
        n_tables=len(document.tables),
        n_cells=len(cells),
        n_review=n_review,
        n_failed=len(flags),
        n_retry=sum(page.cause in MAY_PASS for page in failed),
    )
    where = str(paths[0]) + (
        f" and {counted(len(paths) - 1, 'more file')}" if len(paths) > 1 else ""
    )
    summary = (
        f"{job.path}: {counted(tally.n_pages, 'page')}, {counted(tally.n_tables, 'table')}, "
        f"{expected_wrong(document.tables)}, {counted(tally.n_failed, 'page')} failed -> {where}"
    )
    names = tuple(str(path.relative_to(job.target.folder)) for path in paths)
    failures = [f"{job.path}: page {flag.page} failed: {flag.message}" for flag in flags]
    code = ExitCode.REVIEW if is_open else ExitCode.OK
    return WrittenResults(Outcome(code, tally, names), summary, failures)
