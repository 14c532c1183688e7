"""What reads a kind of file, and how it is found."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tenglu.plugins import READERS, load_all, nothing_else
from tenglu.stages.ingest.scan import IngestOptions, Scan


class InputFile(NamedTuple):
    """A file that is to be read."""

    path: Path
    media_type: str
    options: IngestOptions
    password: str | None


class Reader(NamedTuple):
    """An input format as it is registered. Its functions raise InputError."""

    media_type: Callable[[bytes], str | None]  # of a file by its first bytes; None: of another kind
    count_pages: Callable[[InputFile], int]
    load_page: Callable[[InputFile, int], Scan]  # pages are counted from 1
    suffixes: tuple[str, ...] = ()  # of names, such as ".pdf": what is no such file is reported
    fingerprint: Callable[[], Sequence[str]] = nothing_else


def readers() -> list[Reader]:
    """Return all readers, in the order in which they are asked.

    Raises:
        PluginError: one does not load.
    """
    return load_all(READERS)


def find_reader(head: bytes) -> tuple[Reader, str] | None:
    """Return who reads a file, and its media type, by its first bytes; None: nobody does."""
    for reader in readers():
        media_type = reader.media_type(head)
        if media_type is not None:
            return reader, media_type
    return None
