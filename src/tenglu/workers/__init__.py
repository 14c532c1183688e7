"""Read pages: in this process, in several, or on several machines.

The unit of work is a page, not a file, so a long document and a folder of single pages keep all
processes equally busy. Results do not depend on how many processes there are or where they run.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, Self

Cause = Literal["input", "fault", "process", "time"]
"""The file is at fault; the program; the process that read the page died; it took too long."""


class PageTask(NamedTuple):
    """One page to read."""

    path: Path
    number: int  # 1-based
    password: str | None = None
    ticket: int = 0  # number by which the caller finds the document again


class PageDone(NamedTuple):
    """A page that was read."""

    page_result: bytes  # encoded, see workers.codec
    seconds: float


class PageFailed(NamedTuple):
    """Why a page could not be read."""

    reason: str
    cause: Cause
    trace: str = ""


PageOutcome = PageDone | PageFailed


class Executor(Protocol):
    """Read pages with engines that stay open until the executor is left."""

    @property
    def engine_name(self) -> str:
        """Return the name of the engine; "" until a page was read."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    def run(self, tasks: Iterable[PageTask]) -> Iterator[tuple[PageTask, PageOutcome]]:
        """Yield the outcome of each page, in the order in which they are finished.

        Tasks are taken as they are needed, at most a few more than there are processes.

        Raises:
            EngineError: the engine is missing or died.
        """
        ...
