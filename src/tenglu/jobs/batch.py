"""Convert the inputs of one call; each gives results, one line and an exit code.

Every step goes into the store before the next one builds on it, so that the same call goes on where
this one ended, however that was.
"""

import errno
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

from tenglu.errors import ExitCode, InputError, OutputError, TengluError
from tenglu.jobs.console import complain, say
from tenglu.jobs.events import DocumentDone, PageFinished
from tenglu.jobs.inputs import Found, find_inputs
from tenglu.jobs.plan import InputIndex, Job, JobRequest, Plan, make_plan, signature
from tenglu.jobs.progress import Reporter, reporter
from tenglu.jobs.run import run
from tenglu.jobs.store import open_store
from tenglu.jobs.write import write_results
from tenglu.settings import Settings
from tenglu.workers import Executor, PageDone, PageFailed
from tenglu.workers.local import LocalExecutor, usable_cores
from tenglu.workers.pool import PAGE_TIMEOUT
from tenglu.workers.probe import FileProbe

FINISHED = (ExitCode.OK, ExitCode.REVIEW)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

logger = logging.getLogger(__name__)

__all__ = ["JobRequest", "Session", "convert", "open_session"]


def convert(request: JobRequest, settings: Settings) -> ExitCode:
    """Convert what can be converted; return the code of the first failure, or what is to review.

    Raises:
        EngineError: the engine is missing or died.
        OutputError: the output folder cannot be written to, or is in use.
    """
    with open_session(request, settings) as session:
        index = session.index
        codes = session.convert(find_inputs(request.inputs, request.out, index.is_known))
    failures = [code for _, code in sorted(codes.items()) if code not in FINISHED]
    return failures[0] if failures else max(codes.values(), default=ExitCode.OK)


@contextmanager
def open_session(request: JobRequest, settings: Settings) -> Iterator["Session"]:
    """Open the store and the engines of an output folder.

    Raises:
        OutputError: the folder cannot be written to, or is in use.
    """
    with (
        _writable(request.out),
        open_store(request.out) as store,
        _executor(request, settings) as executor,
        FileProbe(settings.ingest, request.password) as probe,
    ):
        yield Session(request, settings, InputIndex(store, probe.identify), executor)


def _executor(request: JobRequest, settings: Settings) -> Executor:
    if request.executor == "ray":
        from tenglu.workers.ray import RayExecutor  # noqa: PLC0415 - only what is asked for

        return RayExecutor(settings, request.jobs, request.page_timeout, request.ray_address)
    # A time limit, so that pages are never read here: one that crashes would end the call.
    timeout = request.page_timeout or PAGE_TIMEOUT
    return LocalExecutor(settings, request.jobs or usable_cores(), timeout)


@contextmanager
def _writable(out: Path) -> Iterator[None]:
    """Check before hours of work that results can be written; leave no empty folder behind.

    Raises:
        OutputError: they cannot.
    """
    made = [folder for folder in (out, *out.parents) if not os.path.exists(folder)]  # noqa: PTH110 - rights may be missing
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


class _Group:
    """Documents with the same content, whose pages are read once."""

    def __init__(self, jobs: list[Job], waiting: Sequence[int]) -> None:
        self.jobs = jobs
        self.first = jobs[0]
        self.path = self.first.path
        wanted = set(self.first.numbers)
        self.numbers = tuple(number for number in waiting if number in wanted)
        self.is_changed = False  # since it was opened

    def is_as_it_was(self) -> bool:
        """Tell whether the file is unchanged since it was opened."""
        try:
            return signature(self.path) == self.first.source.signature
        except OSError:
            return False


class _Call(NamedTuple):
    """What one call of ``convert`` works with."""

    plan: Plan
    progress: Reporter


class Session:
    """An open store with open engines, which can convert several times."""

    def __init__(
        self, request: JobRequest, settings: Settings, index: InputIndex, executor: Executor
    ) -> None:
        """Use what is open already."""
        self.index = index
        self.store = index.store
        self._request = request
        self._settings = settings
        self._executor = executor

    def convert(self, found: Sequence[Found]) -> dict[int, ExitCode]:
        """Convert what was found; return the exit code of each, by its place.

        Raises:
            EngineError: the engine is missing or died.
            OutputError: the store cannot be written, or the disk is full.
        """
        plan = make_plan(found, self._request, self._settings, self.index)
        if plan.n_finished:
            n_documents = plan.n_finished + len(plan.jobs)
            end = "" if plan.jobs else "; nothing to do"
            say(f"{plan.n_finished} of {n_documents} documents were finished before{end}")
        groups = _groups(plan)
        n_pages = sum(len(group.numbers) for group in groups)
        self.store.start_run(n_pages)
        with reporter(n_pages) as progress:
            self._work(groups, _Call(plan, progress))
        self.store.tidy()
        self.store.end_run()
        return plan.codes

    def _work(self, groups: Sequence[_Group], call: _Call) -> None:
        for event in run(groups, self._executor, self._request.password):
            match event:
                case PageFinished():
                    self._save(event, call)
                case DocumentDone(group):
                    self._finish(group, call)

    def _save(self, page: PageFinished[_Group, PageDone], call: _Call) -> None:
        group, number, outcome = page
        if group.is_changed or not group.is_as_it_was():
            group.is_changed = True
        else:
            reading = call.plan.reading
            if self.store.engine_name(reading) is None and self._executor.engine_name:
                self.store.set_engine_name(reading, self._executor.engine_name)
            self.store.save_page(group.first.made.sha256, reading, number, outcome)
        if isinstance(outcome, PageFailed):
            logger.debug("%s\n%s", outcome.reason, outcome.trace)
        call.progress.page_done(page)

    def _finish(self, group: _Group, call: _Call) -> None:
        """Write every document of a group."""
        for job in group.jobs:
            with call.progress.aside():
                if group.is_changed:
                    self._refuse(job, _changed(job, group.first), call)
                    continue
                try:
                    call.plan.codes[job.place] = self._write(job, call)
                except (InputError, OutputError) as error:
                    self._refuse(job, error, call)

    def _write(self, job: Job, call: _Call) -> ExitCode:
        sha256, reading = job.made.sha256, call.plan.reading
        pages = self.store.results(sha256, reading, job.numbers)
        engine_name = self._executor.engine_name or self.store.engine_name(reading) or ""
        finished = write_results(job, pages, engine_name, self._request, self._settings)
        self.store.finish_document(job.key, job.made, finished.outcome)
        self.store.forget_the_rest(sha256, reading)
        for failure in finished.failures:
            complain(failure)
        say(finished.summary)
        call.progress.document_done(job.path, finished.outcome.tally)
        return ExitCode(finished.outcome.code)

    def _refuse(self, job: Job, error: TengluError, call: _Call) -> None:
        complain(str(error), error)
        call.plan.codes[job.place] = error.exit_code
        if isinstance(error, InputError):  # the file may be mended, or was not there for a moment
            self.store.forget_pages(job.made.sha256, call.plan.reading)
        self.store.fail_document((job.key, str(error), error.exit_code))
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in NO_ROOM:
            raise error  # the next one would fare no better


def _changed(job: Job, read: Job) -> InputError:
    """Return why a document has no results, after the file that was read has changed."""
    what = "changed" if os.path.lexists(read.path) else "went away"
    again = "run the same command again"
    if job is read:
        return InputError(f"{job.path} {what} while it was read; {again}")
    return InputError(f"{job.path} holds the same as {read.path}, which {what} in between; {again}")


def _groups(plan: Plan) -> list[_Group]:
    jobs: dict[str, list[Job]] = {}
    for job in plan.jobs:
        jobs.setdefault(job.made.sha256, []).append(job)
    groups = [_Group(same, plan.waiting.get(sha256, ())) for sha256, same in jobs.items()]
    return sorted(groups, key=lambda group: bool(group.numbers))  # first what was read before
