"""What is told while pages are read: typed events, each with the document that it is about."""

from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar

from tenglu.errors import InputError
from tenglu.workers import PageFailed


class PagesOfFile(Protocol):
    """A document of which some pages are to be worked on."""

    @property
    def path(self) -> Path:
        """Of its file."""
        ...

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of those pages, from 1."""
        ...


Item = TypeVar("Item", bound=PagesOfFile)
Result = TypeVar("Result")


class DocumentOpened(NamedTuple, Generic[Item]):
    """A document could be opened; work on its pages begins."""

    document: Item


class DocumentRefused(NamedTuple):
    """A file cannot be read."""

    path: Path
    error: InputError


class PageFinished(NamedTuple, Generic[Item, Result]):
    """A page was worked on, or why it could not be."""

    document: Item
    number: int
    outcome: Result | PageFailed


class DocumentDone(NamedTuple, Generic[Item]):
    """All pages of a document were worked on."""

    document: Item
