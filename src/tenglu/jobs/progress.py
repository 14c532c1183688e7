"""How far the work is, on standard error: a bar on a terminal, lines anywhere else."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

from tenglu.jobs.console import log, wants_json
from tenglu.jobs.events import PageFinished
from tenglu.jobs.store import Tally
from tenglu.workers import PageDone, PageFailed

N_LINES = 10  # for all pages, and more where it takes long
QUIET = 60.0  # seconds without a line at most, as long as pages come


class Counts(NamedTuple):
    """What is reported beside the pages."""

    n_done: int = 0
    n_failed: int = 0
    n_review: int = 0  # cells of the documents that are finished


Page = PageFinished[Any, Any]  # of any document, with any result


def to_review(counts: Counts) -> str:
    """Tell what else is of interest where tables are read."""
    return f"{counts.n_review} to review, {counts.n_failed} failed"


class Reporter(Protocol):
    """Tells how far the work is."""

    def page_done(self, page: Page) -> None:
        """Count one page."""
        ...

    def document_done(self, path: Path, tally: Tally) -> None:
        """Count one document."""
        ...

    def aside(self) -> AbstractContextManager[None]:
        """Make room for lines of output."""
        ...


@contextmanager
def reporter(n_pages: int, tell: Callable[[Counts], str] = to_review) -> Iterator[Reporter]:
    """Report until left.

    Args:
        n_pages: that are to be worked on.
        tell: words for what came of them so far.
    """
    if wants_json():
        log("run", {"pages": n_pages})
        yield _Json(n_pages, tell)
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(n_pages, tell)
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
        yield _Bar(bar, n_pages, tell)


def _yielding(ratio: int) -> Column:
    return Column(ratio=ratio, no_wrap=True, overflow="ellipsis")


class _Counter:
    def __init__(self, n_pages: int, tell: Callable[[Counts], str]) -> None:
        self._n_pages = n_pages
        self._tell = tell
        self._start = time.monotonic()
        self._counts = Counts()

    def _count_page(self, page: Page) -> None:
        n_done, n_failed, n_review = self._counts
        is_failed = isinstance(page.outcome, PageFailed)
        self._counts = Counts(n_done + 1, n_failed + is_failed, n_review)

    def _count_document(self, tally: Tally) -> None:
        self._counts = self._counts._replace(n_review=self._counts.n_review + tally.n_review)

    def _speed(self) -> float:
        """Pages a second since the start."""
        return self._counts.n_done / max(time.monotonic() - self._start, 1e-3)

    def _found(self) -> str:
        return self._tell(self._counts)


class _Lines(_Counter):
    def __init__(self, n_pages: int, tell: Callable[[Counts], str]) -> None:
        super().__init__(n_pages, tell)
        self._said = time.monotonic()

    def page_done(self, page: Page) -> None:
        before = self._counts.n_done * N_LINES // self._n_pages
        self._count_page(page)
        n_done = self._counts.n_done
        is_due = time.monotonic() - self._said >= QUIET
        if is_due or n_done * N_LINES // self._n_pages > before:
            self._said = time.monotonic()
            left = clock((self._n_pages - n_done) / self._speed())
            done = f"{n_done} of {self._n_pages} pages ({page.document.path.name})"
            speed = f"{self._speed():.2g} a second"
            click.echo(f"{done}, {speed}, {left} left, {self._found()}", err=True)

    def document_done(self, path: Path, tally: Tally) -> None:  # noqa: ARG002 - has its summary
        self._count_document(tally)

    @contextmanager
    def aside(self) -> Iterator[None]:
        yield


class _Bar(_Counter):
    def __init__(self, bar: Progress, n_pages: int, tell: Callable[[Counts], str]) -> None:
        super().__init__(n_pages, tell)
        self._bar = bar
        self._task = bar.add_task("", total=n_pages, speed="", found="")

    def page_done(self, page: Page) -> None:
        self._count_page(page)
        speed = f"{self._speed():.2g} pages/s"
        self._bar.update(
            self._task,
            advance=1,
            description=page.document.path.name,
            speed=speed,
            found=self._found(),
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
    def page_done(self, page: Page) -> None:
        self._count_page(page)
        said: dict[str, object] = {"input": str(page.document.path), "page": page.number}
        match page.outcome:
            case PageFailed(reason, cause):
                said |= {"state": "failed", "cause": cause, "reason": reason}
            case PageDone(seconds=seconds):
                said |= {"state": "done", "seconds": round(seconds, 3)}
            case _:
                said |= {"state": "done"}
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
