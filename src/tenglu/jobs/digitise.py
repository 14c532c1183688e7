"""Documents from Python: one, or many as they are done."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, NamedTuple

from tenglu.errors import InputError
from tenglu.jobs.events import DocumentDone, DocumentRefused, PageFinished
from tenglu.jobs.run import Event, run
from tenglu.jobs.write import StoredPage, to_result
from tenglu.model import Document, Source
from tenglu.settings import Settings
from tenglu.stages.ingest import identify
from tenglu.workers import Executor, PageDone
from tenglu.workers.local import InProcess, LocalExecutor, usable_cores
from tenglu.workers.pool import PAGE_TIMEOUT
from tenglu.workers.probe import FileProbe

Results = Iterator[tuple[Path, Document | InputError]]
NAMELESS = "scan"  # what bytes are called in the result


class OpenDocument(NamedTuple):
    """A document whose pages are being read."""

    path: Path
    source: Source
    numbers: tuple[int, ...]  # of the pages that were asked for, from 1
    pages: dict[int, StoredPage]  # as far as they were read


Progress = Callable[[Event[OpenDocument, PageDone]], None]
"""Is called with each event; see ``tenglu.jobs.events``."""


class _Workers(NamedTuple):
    """Who opens files and who reads pages."""

    open_file: Callable[[Path], Source]
    executor: Executor
    settings: Settings
    password: str | None
    hidden: str = ""  # part of paths that no message may name, since it differs each time

    def named(self, message: str) -> str:
        """Return a message as the caller knows the file."""
        return message.replace(self.hidden, "") if self.hidden else message


def digitise(
    scan: str | Path | bytes | BinaryIO,
    settings: Settings | None = None,
    *,
    pages: Iterable[int] | None = None,
    password: str | None = None,
    progress: Progress | None = None,
    isolate: bool = False,
) -> Document:
    """Digitise a scan.

    A page that cannot be read stays in the document, with a flag that says why.

    Args:
        scan: a PDF, TIFF, PNG, JPEG, BMP or WebP of any number of pages: its path, its bytes, or a
            binary file.
        settings: of all stages; None: the defaults.
        pages: numbers of pages, from 1; None: all.
        password: of a protected PDF.
        progress: called with each event, such as a page that was read.
        isolate: open and read the file in processes of their own, so that a hostile one cannot take
            this one along. The caller must be safe to import: put the call below
            ``if __name__ == "__main__":``.

    Raises:
        InputError: the file, or every page that was asked for, cannot be read.
        EngineError: engine or weights are missing.
        ValueError: the file has no such page, or none was asked for.
    """
    settings = settings or Settings()
    with _on_disk(scan) as path, ExitStack() as stack:
        if isolate:
            workers = stack.enter_context(_in_processes(settings, 1, password))
        else:
            workers = _in_this_process(InProcess(settings), settings, password)
        if not isinstance(scan, str | Path):
            workers = workers._replace(hidden=f"{path.parent}{os.sep}")
        document = _open(path, workers, pages)
        [(_, result)] = _read([document], workers, progress)
    if isinstance(result, InputError):
        raise result
    return result


def digitise_many(
    paths: Iterable[str | Path],
    settings: Settings | None = None,
    *,
    executor: Executor | None = None,
    password: str | None = None,
) -> Results:
    """Digitise scans; yield each with its document, or with why it cannot be read, as it is done.

    Paths are taken as they are needed, so they may be a stream without an end.

    Args:
        paths: of files; folders are not searched.
        settings: of all stages; None: the defaults.
        executor: reads the pages, and must have the same settings; None: processes of its own, as
            many as there are cores, and one that opens files. The caller must be safe to import,
            since processes import it: put the call below ``if __name__ == "__main__":``.
        password: of protected PDFs.

    Raises:
        EngineError: engine or weights are missing, or the engine died.
    """
    settings = settings or Settings()
    with ExitStack() as stack:
        if executor is None:
            n_processes = usable_cores()
            workers = stack.enter_context(_in_processes(settings, n_processes, password))
        else:
            workers = _in_this_process(executor, settings, password)
        yield from _read((_open_or_refuse(Path(path), workers) for path in paths), workers, None)


@contextmanager
def _in_processes(settings: Settings, n: int, password: str | None) -> Iterator[_Workers]:
    with (
        FileProbe(settings.ingest, password) as probe,
        LocalExecutor(settings, n, PAGE_TIMEOUT) as executor,  # a limit, so that none reads here
    ):
        yield _Workers(probe.identify, executor, settings, password)


def _in_this_process(executor: Executor, settings: Settings, password: str | None) -> _Workers:
    open_file = partial(identify, options=settings.ingest, password=password)
    return _Workers(open_file, executor, settings, password)


def _open(path: Path, workers: _Workers, pages: Iterable[int] | None = None) -> OpenDocument:
    try:
        source = workers.open_file(path)
    except InputError as unreadable:
        raise InputError(workers.named(str(unreadable))) from unreadable
    numbers = tuple(range(1, source.n_pages + 1) if pages is None else sorted(set(pages)))
    if not numbers or numbers[0] < 1 or numbers[-1] > source.n_pages:
        raise ValueError(f"pages must be some of 1 to {source.n_pages}, not {list(numbers)}")
    return OpenDocument(path, source, numbers, {})


def _open_or_refuse(path: Path, workers: _Workers) -> OpenDocument | DocumentRefused:
    try:
        return _open(path, workers)
    except InputError as unreadable:
        return DocumentRefused(path, unreadable)


def _read(
    documents: Iterable[OpenDocument | DocumentRefused],
    workers: _Workers,
    progress: Progress | None,
) -> Results:
    """Put each document together as its last page is read."""
    for event in run(documents, workers.executor, workers.password):
        if progress is not None:
            progress(event)
        match event:
            case PageFinished(document, number, outcome):
                document.pages[number] = (
                    outcome.page_result
                    if isinstance(outcome, PageDone)
                    else outcome._replace(reason=workers.named(outcome.reason))
                )
            case DocumentRefused(path, error):
                yield path, error
            case DocumentDone(document):
                yield document.path, _result(document, workers)


def _result(document: OpenDocument, workers: _Workers) -> Document | InputError:
    pages = sorted(document.pages.items())
    try:
        return to_result(document.source, pages, workers.executor.engine_name, workers.settings)
    except InputError as unreadable:
        return unreadable


@contextmanager
def _on_disk(scan: str | Path | bytes | BinaryIO) -> Iterator[Path]:
    """Give a scan a path, which readers and processes need; bytes and files are copied."""
    if isinstance(scan, str | Path):
        yield Path(scan)
        return
    with TemporaryDirectory(prefix="tenglu-") as folder:
        name = getattr(scan, "name", None)
        path = Path(folder) / (Path(name).name if isinstance(name, str) else NAMELESS)
        with path.open("wb") as file:
            if isinstance(scan, bytes):
                file.write(scan)
            else:
                shutil.copyfileobj(scan, file)
        yield path
