"""Plan a call: open and name the inputs, and store which pages are still to be read."""

import os
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from tenglu.errors import ExitCode, InputError
from tenglu.export import exporter
from tenglu.jobs.console import complain, say
from tenglu.jobs.inputs import (
    Found,
    Input,
    PageRange,
    PagesError,
    Skipped,
    Unreadable,
    select_pages,
)
from tenglu.jobs.output_paths import PathResolver, Target, plan_targets
from tenglu.jobs.store import KnownDocument, KnownInput, Made, Refusal, Signature, Store
from tenglu.model import Source
from tenglu.settings import Settings
from tenglu.workers.cache_key import reading_key, result_key

ExecutorName = Literal["local", "ray"]

N_NAMED = 20  # skipped files; the rest is counted
N_SAVED = 1000  # inputs that are opened between two saves
OVERLAY = "overlay"  # stands among the formats in keys


class JobRequest(NamedTuple):
    """What the user asked for."""

    inputs: tuple[Path, ...]
    out: Path
    formats: list[str]
    pages: list[PageRange] | None  # None: all
    jobs: int | None  # None: as many as there are cores, here or in the cluster
    password: str | None
    overlay: bool = False  # pictures of the pages with what came out drawn in
    page_timeout: float | None = None  # seconds
    executor: ExecutorName = "local"
    ray_address: str | None = None


class Job(NamedTuple):
    """One document that is to be converted."""

    place: int  # among all that was found
    path: Path
    key: bytes  # of the path, in the store
    source: KnownInput
    numbers: tuple[int, ...]  # of its pages
    target: Target
    made: Made


class Plan(NamedTuple):
    """What is to be done, and the outcome of the rest."""

    jobs: list[Job]
    waiting: dict[str, list[int]]  # pages to read, by the sha256 of their input
    reading: int
    codes: dict[int, ExitCode]  # by place in found, of what is done or cannot be
    n_finished: int  # documents, before


class InputIndex:
    """The files that were opened before, and are opened again only if they changed."""

    def __init__(self, store: Store, identify: Callable[[Path], Source]) -> None:
        """Load what the store knows.

        Args:
            store: of the output folder.
            identify: opens a file that is not known, or raises InputError.
        """
        self._identify = identify
        self._places = PathResolver()
        self._known = store.inputs()
        self.store = store
        self._new: list[tuple[bytes, KnownInput]] = []
        self._unchanged: set[bytes] = set()  # looked at by is_known(), and not opened since

    def key(self, path: Path) -> bytes:
        """Return the key of a path in the store."""
        return os.fsencode(self._places.of(path))

    def is_known(self, path: Path) -> bool:
        """Tell whether a file is a document that is known and unchanged."""
        key = self.key(path)
        known = self._known.get(key)
        try:
            if known is None or known.signature != signature(path):
                return False
        except OSError:
            return False
        self._unchanged.add(key)
        return True

    def source(self, path: Path, key: bytes) -> KnownInput:
        """Open a file, unless it is known.

        Raises:
            InputError: it cannot be read.
        """
        known = self._known.get(key)
        if known is not None and key in self._unchanged:
            self._unchanged.remove(key)  # it holds for this moment, not for a later call
            return known
        try:
            now = signature(path)
        except OSError:  # what opens it says it better
            now = None
        if known is not None and known.signature == now:
            return known
        source = self._identify(path)
        if now is None:
            raise InputError(f"{path} came while it was looked for; run the same command again")
        known = KnownInput(now, source.sha256, source.media_type, source.n_pages)
        self._known[key] = known
        self._new.append((key, known))
        if len(self._new) >= N_SAVED:
            self.save()
        return known

    def save(self) -> None:
        """Store what was opened."""
        self.store.save_inputs(self._new)
        self._new.clear()


def signature(path: Path) -> Signature:
    """Return what changes when a file changes.

    Raises:
        OSError: it is gone.
    """
    found = os.stat(path)  # noqa: PTH116 - half the time of Path.stat, for 100,000 files
    return Signature(found.st_size, found.st_mtime_ns, found.st_ctime_ns)


class _Opened(NamedTuple):
    place: int
    path: Path
    key: bytes
    source: KnownInput
    numbers: tuple[int, ...]
    target: Target


def make_plan(
    found: Sequence[Found], request: JobRequest, settings: Settings, index: InputIndex
) -> Plan:
    """Open every input before the first page is read, so that errors are reported early.

    Raises:
        EngineError: the engine's weights are missing.
        OutputError: the store cannot be used.
    """
    store = index.store
    documents = store.documents()
    codes: dict[int, ExitCode] = {}
    refused: list[Refusal] = []
    opened = _open(found, request, index, (documents, codes, refused))
    if not opened:
        store.plan((), (), refused)
        return Plan([], {}, 0, codes, 0)
    reading_text = reading_key(settings)
    formats = [*request.formats, OVERLAY] if request.overlay else request.formats
    result = result_key(settings, reading_text, formats)
    jobs = []
    n_finished = 0
    for item in opened:
        made = Made(item.source.sha256, _pages(request), result)
        earlier = documents.get(item.key)
        if earlier is not None and _is_finished(earlier, made, item.target, request.out):
            codes[item.place] = ExitCode(earlier.code or 0)
            n_finished += 1
            continue
        jobs.append(Job(*item, made))
    reading = store.reading(reading_text)
    planned = store.planned(reading)
    new = [job for job in jobs if not _is_planned(job, documents.get(job.key), planned, request)]
    store.plan(
        (
            (job.key, _below(request.out, job.target.folder), job.target.stem, job.made.sha256)
            for job in new
        ),
        ((job.made.sha256, reading, job.numbers) for job in new),
        refused,
    )
    return Plan(jobs, store.waiting(reading) if jobs else {}, reading, codes, n_finished)


_Books = tuple[dict[bytes, KnownDocument], dict[int, ExitCode], list[Refusal]]


def _open(
    found: Sequence[Found], request: JobRequest, index: InputIndex, books: _Books
) -> list[_Opened]:
    documents, codes, refused = books
    items = [(item.path, item.folder) for item in found if isinstance(item, Input)]
    targets = iter(
        plan_targets(items, request.out, _suffixes(request), _names(documents, request.out))
    )
    opened = []

    def refuse(place: int, key: bytes, error: Exception, code: ExitCode) -> None:
        complain(str(error), error)
        codes[place] = code
        refused.append((key, str(error), code))

    for place, item in enumerate(found):
        if isinstance(item, Skipped):
            say(_skipped(item))
        elif isinstance(item, Unreadable):
            refuse(place, index.key(item.path), item.error, item.error.exit_code)
        else:
            target = next(targets)
            key = index.key(item.path)
            try:
                source = index.source(item.path, key)
                numbers = select_pages(request.pages, source.n_pages)
            except InputError as unreadable:
                refuse(place, key, unreadable, unreadable.exit_code)
            except PagesError as wrong:
                refuse(place, key, PagesError(f"{item.path}: {wrong}"), ExitCode.USAGE)
            else:
                opened.append(_Opened(place, item.path, key, source, numbers, target))
    index.save()
    return opened


def _suffixes(request: JobRequest) -> list[str]:
    return [exporter(name).suffix for name in request.formats]


def _names(documents: dict[bytes, KnownDocument], out: Path) -> dict[str, Target]:
    at = cache(lambda folder: out / folder)  # each once: documents are many
    return {
        os.fsdecode(key): Target(at(document.folder), document.stem)
        for key, document in documents.items()
        if document.folder is not None and document.stem is not None
    }


def _is_planned(
    job: Job, earlier: KnownDocument | None, planned: dict[str, int], request: JobRequest
) -> bool:
    """Tell whether the store has this document waiting, and all its pages."""
    return (
        earlier is not None
        and earlier.made is None
        and earlier.sha256 == job.made.sha256
        and (earlier.folder, earlier.stem)
        == (_below(request.out, job.target.folder), job.target.stem)
        and request.pages is None
        and planned.get(job.made.sha256) == job.source.n_pages
    )


@lru_cache(maxsize=4096)
def _below(out: Path, folder: Path) -> str:
    return str(folder.relative_to(out))


def _pages(request: JobRequest) -> str:
    if request.pages is None:
        return ""
    return ",".join(f"{first}-{last}" for first, last in request.pages)


def _is_finished(earlier: KnownDocument, made: Made, target: Target, out: Path) -> bool:
    return (
        earlier.made == made
        and not earlier.n_retry
        and (earlier.folder, earlier.stem) == (_below(out, target.folder), target.stem)
        and all(os.path.exists(f"{target.folder}/{name}") for name in earlier.files)  # noqa: PTH110
    )


def _skipped(item: Skipped) -> str:
    names = [str(path.relative_to(item.folder)) for path in item.files]
    more = f" and {len(names) - N_NAMED} more" if len(names) > N_NAMED else ""
    listed = ", ".join(names[:N_NAMED])
    return f"{item.folder}: skipped {len(names)} files that are no documents: {listed}{more}"
