"""Many scans from Python: pages side by side, documents as they come."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tenglu.errors import InputError
from tenglu.model import Document, Source
from tenglu.pipeline import failed_page, to_document
from tenglu.settings import Settings
from tenglu.stages.assemble import Failure, PageResult
from tenglu.stages.ingest import identify
from tenglu.workers import Executor, PageFailed, PageOutcome, PageTask
from tenglu.workers.codec import decode
from tenglu.workers.local import LocalExecutor, usable_cores
from tenglu.workers.pool import PAGE_TIMEOUT
from tenglu.workers.probe import FileProbe

Many = Iterator[tuple[Path, Document | InputError]]


class _Open(NamedTuple):
    """A document of which some pages are not read yet."""

    path: Path
    source: Source
    results: dict[int, PageOutcome]


def digitise_many(
    paths: Iterable[str | Path],
    settings: Settings | None = None,
    *,
    executor: Executor | None = None,
    password: str | None = None,
) -> Many:
    """Digitise scans; yield each with its document, or with why it cannot be read, as it is done.

    Paths are taken as they are needed, so they may be a stream without an end.

    Args:
        paths: of files; folders are not searched.
        settings: of all stages; None: the defaults.
        executor: reads the pages, and must have the same settings; None: processes of its own, as
            many as there are cores, and one that opens files. A program that uses it must be safe
            to import, since processes import it: put the call below
            ``if __name__ == "__main__":``.
        password: of protected PDFs.

    Raises:
        EngineError: engine or weights are missing, or the engine died.
    """
    settings = settings or Settings()
    if executor is not None:
        open_here = partial(identify, options=settings.ingest, password=password)
        yield from _digitise(paths, settings, executor, open_here, password)
        return
    with (
        LocalExecutor(settings, usable_cores(), PAGE_TIMEOUT) as own,  # so nothing is read here
        FileProbe(settings.ingest, password) as opener,
    ):
        yield from _digitise(paths, settings, own, opener.identify, password)


def _digitise(
    paths: Iterable[str | Path],
    settings: Settings,
    executor: Executor,
    open_file: Callable[[Path], Source],
    password: str | None,
) -> Many:
    opened: dict[int, _Open] = {}
    refused: list[tuple[Path, InputError]] = []

    def tasks() -> Iterator[PageTask]:
        for ticket, path in enumerate(map(Path, paths)):
            try:
                source = open_file(path)
            except InputError as unreadable:
                refused.append((path, unreadable))
                continue
            opened[ticket] = _Open(path, source, {})
            for number in range(1, source.n_pages + 1):
                yield PageTask(path, number, password, ticket)

    for task, result in executor.run(tasks()):
        yield from _emptied(refused)
        document = opened[task.ticket]
        document.results[task.number] = result
        if len(document.results) == document.source.n_pages:
            del opened[task.ticket]
            yield document.path, _outcome(document, executor.engine_name, settings)
    yield from _emptied(refused)


def _emptied(refused: list[tuple[Path, InputError]]) -> Iterator[tuple[Path, InputError]]:
    while refused:
        yield refused.pop(0)


def _outcome(document: _Open, engine_name: str, settings: Settings) -> Document | InputError:
    results = sorted(document.results.items())
    failed = [result for _, result in results if isinstance(result, PageFailed)]
    if len(failed) == len(results) and all(page.cause == "input" for page in failed):
        return InputError(failed[0].reason)
    page_results: Iterator[PageResult | Failure] = (
        failed_page(number, result.reason)
        if isinstance(result, PageFailed)
        else decode(result.page_result)
        for number, result in results
    )
    return to_document(document.source, page_results, engine_name, settings)
