"""How far the work is, on standard error: a bar on a terminal, lines anywhere else."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

from tenglu.jobs.console import log, wants_json
from tenglu.jobs.store import Tally
from tenglu.workers import PageDone, PageFailed, PageOutcome, PageTask

N_LINES = 10  # for all pages, and more where it takes long
QUIET = 60.0  # seconds without a line at most, as long as pages come


class Counts(NamedTuple):
    """What is told beside the pages."""

    n_done: int = 0
    n_failed: int = 0
    n_review: int = 0  # cells of the documents that are finished


class Reporter(Protocol):
    """Is told of everything that is done."""

    def page_done(self, task: PageTask, result: PageOutcome) -> None:
        """Count one page."""
        ...

    def document_done(self, path: Path, tally: Tally) -> None:
        """Count one document."""
        ...

    def aside(self) -> AbstractContextManager[None]:
        """Make room for a line of the program's own."""
        ...


@contextmanager
def reporter(n_pages: int) -> Iterator[Reporter]:
    """Report until left."""
    if wants_json():
        log("run", {"pages": n_pages})
        yield _Json(n_pages)
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(n_pages)
        return
    # redirect_stdout would send the summaries to standard error, together with the bar.
    bar = Progress(
        # Where room is short, it is the name that gives way, and no number.
        TextColumn("{task.description}", markup=False, table_column=_yielding(ratio=2)),
        BarColumn(bar_width=None, table_column=_yielding(ratio=1)),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[speed]}", markup=False, table_column=Column(no_wrap=True)),
        TimeRemainingColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[found]}", markup=False, table_column=Column(no_wrap=True)),
        console=console,
        expand=True,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with bar:
        yield _Bar(bar, n_pages)


def _yielding(ratio: int) -> Column:
    return Column(ratio=ratio, no_wrap=True, overflow="ellipsis")


class _Counter:
    def __init__(self, n_pages: int) -> None:
        self._n_pages = n_pages
        self._start = time.monotonic()
        self._counts = Counts()

    def _count_page(self, result: PageOutcome) -> None:
        n_done, n_failed, n_review = self._counts
        self._counts = Counts(n_done + 1, n_failed + isinstance(result, PageFailed), n_review)

    def _count_document(self, tally: Tally) -> None:
        self._counts = self._counts._replace(n_review=self._counts.n_review + tally.n_review)

    def _speed(self) -> float:
        """Pages a second since the start."""
        return self._counts.n_done / max(time.monotonic() - self._start, 1e-3)

    def _found(self) -> str:
        return f"{self._counts.n_review} to review, {self._counts.n_failed} failed"


class _Lines(_Counter):
    def __init__(self, n_pages: int) -> None:
        super().__init__(n_pages)
        self._said = time.monotonic()

    def page_done(self, task: PageTask, result: PageOutcome) -> None:
        before = self._counts.n_done * N_LINES // self._n_pages
        self._count_page(result)
        n_done = self._counts.n_done
        is_due = time.monotonic() - self._said >= QUIET
        if is_due or n_done * N_LINES // self._n_pages > before:
            self._said = time.monotonic()
            left = clock((self._n_pages - n_done) / self._speed())
            click.echo(
                f"{n_done} of {self._n_pages} pages ({task.path.name}), {self._speed():.2g} a "
                f"second, {left} left, {self._found()}",
                err=True,
            )

    def document_done(self, path: Path, tally: Tally) -> None:  # noqa: ARG002 - has its summary
        self._count_document(tally)

    @contextmanager
    def aside(self) -> Iterator[None]:
        yield


class _Bar(_Counter):
    def __init__(self, bar: Progress, n_pages: int) -> None:
        super().__init__(n_pages)
        self._bar = bar
        self._task = bar.add_task("", total=n_pages, speed="", found="")

    def page_done(self, task: PageTask, result: PageOutcome) -> None:
        self._count_page(result)
        speed = f"{self._speed():.2g} pages/s"
        self._bar.update(
            self._task, advance=1, description=task.path.name, speed=speed, found=self._found()
        )

    def document_done(self, path: Path, tally: Tally) -> None:  # noqa: ARG002 - has its summary
        self._count_document(tally)
        self._bar.update(self._task, found=self._found())

    @contextmanager
    def aside(self) -> Iterator[None]:
        self._bar.stop()  # takes the bar off the terminal
        try:
            yield
        finally:
            self._bar.start()


class _Json(_Counter):
    def page_done(self, task: PageTask, result: PageOutcome) -> None:
        self._count_page(result)
        said: dict[str, object] = {"input": str(task.path), "page": task.number}
        if isinstance(result, PageDone):
            said |= {"state": "done", "seconds": round(result.seconds, 3)}
        else:
            said |= {"state": "failed", "cause": result.cause, "reason": result.reason}
        log("page", {**said, "pages_done": self._counts.n_done, "pages": self._n_pages})

    def document_done(self, path: Path, tally: Tally) -> None:
        self._count_document(tally)
        log("document", {"input": str(path), **tally._asdict()})

    @contextmanager
    def aside(self) -> Iterator[None]:
        yield


def clock(seconds: float) -> str:
    """Write a duration as h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
