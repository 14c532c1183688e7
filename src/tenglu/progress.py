"""How far the work is, on standard error: a bar on a terminal, lines anywhere else."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

N_LINES = 10  # at most, for all pages


class Reporter(Protocol):
    """Is told of every page that is done."""

    def page_done(self, name: str) -> None:
        """Count one page of the input ``name``."""
        ...

    def aside(self) -> AbstractContextManager[None]:
        """Make room for a line of the program's own."""
        ...


@contextmanager
def reporter(n_pages: int) -> Iterator[Reporter]:
    """Report until left."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(n_pages)
        return
    # redirect_stdout would send the summaries to standard error, together with the bar.
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with bar:
        yield _Bar(bar, n_pages)


class _Lines:
    def __init__(self, n_pages: int) -> None:
        self._n_pages = n_pages
        self._n_done = 0

    def page_done(self, name: str) -> None:
        before = self._n_done * N_LINES // self._n_pages
        self._n_done += 1
        if self._n_done * N_LINES // self._n_pages > before:
            click.echo(f"{self._n_done} of {self._n_pages} pages ({name})", err=True)

    @contextmanager
    def aside(self) -> Iterator[None]:
        yield


class _Bar:
    def __init__(self, bar: Progress, n_pages: int) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=n_pages)

    def page_done(self, name: str) -> None:
        self._bar.update(self._task, advance=1, description=name)

    @contextmanager
    def aside(self) -> Iterator[None]:
        self._bar.stop()  # takes the bar off the terminal
        try:
            yield
        finally:
            self._bar.start()
