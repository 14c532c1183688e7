"""Convert the inputs of one call: each to its results, one line and one exit code."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

from tenglu.console import complain, say
from tenglu.errors import ExitCode, InputError, OutputError
from tenglu.executors import Executor, Work, usable_cores
from tenglu.export import Format, write
from tenglu.inputs import (
    Found,
    Input,
    PageRange,
    PagesError,
    Skipped,
    Target,
    Unreadable,
    find_inputs,
    plan_targets,
    select_pages,
)
from tenglu.model import Document, FlagCode, Source
from tenglu.pipeline import Settings, assemble
from tenglu.progress import reporter
from tenglu.stages.ingest import identify

FINISHED = (ExitCode.OK, ExitCode.REVIEW)
N_NAMED = 5  # skipped files; the rest is counted


class Order(NamedTuple):
    """What the user asked for."""

    inputs: tuple[Path, ...]
    out: Path
    formats: list[Format]
    pages: list[PageRange] | None  # None: all
    jobs: int | None  # None: as many as there are cores
    password: str | None


class _Job(NamedTuple):
    """One input that could be opened."""

    place: int  # among all that was found
    source: Source
    target: Target
    work: Work


def convert(order: Order, settings: Settings) -> ExitCode:
    """Convert what can be converted; return the code of the first failure, or what is to review.

    Raises:
        EngineError: the engine is missing or died.
        OutputError: the output folder cannot be written to.
    """
    with _writable(order.out):
        found = find_inputs(order.inputs, order.out)
        codes: dict[int, ExitCode] = {}  # by place in found
        jobs = _open_inputs(order, settings, found, codes)
        n_pages = sum(len(job.work.numbers) for job in jobs)
        n_jobs = order.jobs or usable_cores()
        with Executor(settings, n_jobs) as executor, reporter(n_pages) as progress:
            outcomes = executor.run(
                [job.work for job in jobs], lambda work: progress.page_done(work.path.name)
            )
            for job, outcome in zip(jobs, outcomes, strict=True):
                with progress.aside():
                    if isinstance(outcome, InputError):
                        complain(str(outcome), outcome)
                        codes[job.place] = outcome.exit_code
                    else:
                        document = assemble(job.source, outcome, executor.engine_name, settings)
                        codes[job.place] = _save(document, job, order.formats)
    failures = [code for _, code in sorted(codes.items()) if code not in FINISHED]
    return failures[0] if failures else max(codes.values(), default=ExitCode.OK)


@contextmanager
def _writable(out: Path) -> Iterator[None]:
    """Find out before hours of work whether results can be written; leave no empty folder behind.

    Raises:
        OutputError: they cannot.
    """
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        try:
            out.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=out):
                pass
        except OSError as refused:
            raise OutputError(
                f"{out} cannot hold results ({refused.strerror}); choose another folder with -o"
            ) from refused
        yield
    finally:
        for folder in made:
            _remove_if_empty(folder)


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:  # not empty, or never made
        return


def _open_inputs(
    order: Order, settings: Settings, found: Sequence[Found], codes: dict[int, ExitCode]
) -> list[_Job]:
    """Open every input before the first page is read, so that what is wrong is told early."""
    jobs = []
    items = [item for item in found if isinstance(item, Input)]
    targets = iter(plan_targets(items, order.out, order.formats))
    for place, item in enumerate(found):
        if isinstance(item, Skipped):
            say(_skipped(item))
        elif isinstance(item, Unreadable):
            complain(str(item.error), item.error)
            codes[place] = item.error.exit_code
        else:
            target = next(targets)
            try:
                source = identify(item.path, settings.ingest, order.password)
                numbers = select_pages(order.pages, source.n_pages)
            except InputError as unreadable:
                complain(str(unreadable), unreadable)
                codes[place] = unreadable.exit_code
            except PagesError as wrong:
                complain(f"{item.path}: {wrong}", wrong)
                codes[place] = ExitCode.USAGE
            else:
                jobs.append(_Job(place, source, target, Work(item.path, numbers, order.password)))
    return jobs


def _skipped(item: Skipped) -> str:
    names = [str(path.relative_to(item.folder)) for path in item.files]
    more = f" and {len(names) - N_NAMED} more" if len(names) > N_NAMED else ""
    listed = ", ".join(names[:N_NAMED])
    return f"{item.folder}: skipped {len(names)} files that are no documents: {listed}{more}"


def _save(document: Document, job: _Job, formats: Sequence[Format]) -> ExitCode:
    try:
        paths = write(document, job.target.folder, job.target.stem, formats)
    except OutputError as refused:
        complain(str(refused), refused)
        return refused.exit_code
    failed = [flag for flag in document.flags if flag.code is FlagCode.PAGE_FAILED]
    for flag in failed:
        complain(f"{job.work.path}: page {flag.page} failed: {flag.message}")
    cells = [cell for table in document.tables for cell in table.cells]
    n_review = sum(cell.needs_review for cell in cells)
    where = str(paths[0]) + (f" and {len(paths) - 1} more files" if len(paths) > 1 else "")
    say(
        f"{job.work.path}: {len(document.pages)} pages, {len(document.tables)} tables, "
        f"{len(cells)} cells, {n_review} to review, {len(failed)} pages failed -> {where}"
    )
    is_open = n_review or document.flags or any(page.flags for page in document.pages)
    return ExitCode.REVIEW if is_open else ExitCode.OK
