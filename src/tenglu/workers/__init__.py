"""Read pages: in this process, in several, or on several machines.

Pages, not files, are the unit: a long document and a folder of single pages keep all processes
busy alike. What comes out does not depend on how many there are, nor on where they run.
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
    ticket: int = 0  # whatever the caller knows the page's document by


class PageDone(NamedTuple):
    """A page that was read."""

    page_result: bytes  # packed
    seconds: float


class PageFailed(NamedTuple):
    """Why there is nothing of a page."""

    reason: str
    cause: Cause
    trace: str = ""


PageOutcome = PageDone | PageFailed


class Executor(Protocol):
    """Keeps engines open for as long as it is entered."""

    @property
    def engine_name(self) -> str:
        """Of the engine; "" until a page was read."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    def run(self, tasks: Iterable[PageTask]) -> Iterator[tuple[PageTask, PageOutcome]]:
        """Yield what came of each page, in the order in which they are done.

        Tasks are taken as they are needed, some more than there are processes at most.

        Raises:
            EngineError: the engine is missing or died.
        """
        ...
