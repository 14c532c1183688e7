"""The one page loop: pages of many documents go to workers, events come back."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Protocol, TypeVar

from tenglu.jobs.events import (
    DocumentDone,
    DocumentOpened,
    DocumentRefused,
    Item,
    PageFinished,
    Result,
)
from tenglu.workers import PageFailed, PageTask

Output_co = TypeVar("Output_co", covariant=True)


class PageWorkers(Protocol[Output_co]):
    """Work on pages; an ``Executor`` is one that reads them."""

    def run(self, tasks: Iterable[PageTask]) -> Iterator[tuple[PageTask, Output_co | PageFailed]]:
        """Yield what came of each page, in the order in which they are done."""
        ...


Event = DocumentOpened[Item] | DocumentRefused | PageFinished[Item, Result] | DocumentDone[Item]


def run(
    documents: Iterable[Item | DocumentRefused],
    workers: PageWorkers[Result],
    password: str | None = None,
) -> Iterator[Event[Item, Result]]:
    """Work on pages of many documents; yield what happens.

    Documents are taken as workers get to them, so they may be a stream without an end. Pages of a
    document come in the order in which they are done.

    Args:
        documents: with the pages that are to be worked on, or why there are none.
        workers: that do it.
        password: of protected PDFs.

    Raises:
        EngineError: the engine is missing or died.
    """
    events: deque[Event[Item, Result]] = deque()
    opened: dict[int, Item] = {}
    n_left: dict[int, int] = {}

    def tasks() -> Iterator[PageTask]:
        for ticket, document in enumerate(documents):
            if isinstance(document, DocumentRefused):
                events.append(document)
                continue
            events.append(DocumentOpened(document))
            if not document.numbers:
                events.append(DocumentDone(document))
                continue
            opened[ticket], n_left[ticket] = document, len(document.numbers)
            for number in document.numbers:
                yield PageTask(document.path, number, password, ticket)

    rest = tasks()
    first = next(rest, None)  # what needs no work is told before an engine is opened
    yield from _drained(events)
    if first is None:
        return
    for task, outcome in workers.run(chain([first], rest)):
        yield from _drained(events)
        document = opened[task.ticket]
        yield PageFinished(document, task.number, outcome)
        n_left[task.ticket] -= 1
        if not n_left[task.ticket]:
            del opened[task.ticket], n_left[task.ticket]
            yield DocumentDone(document)
    yield from _drained(events)


def _drained(events: deque[Event[Item, Result]]) -> Iterator[Event[Item, Result]]:
    while events:
        yield events.popleft()
