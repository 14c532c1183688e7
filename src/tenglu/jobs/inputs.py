"""From the arguments of a command line to files: what to convert, and which pages."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tenglu.errors import InputError
from tenglu.jobs.output_paths import PathResolver
from tenglu.overlay import is_overlay
from tenglu.stages.ingest import find_media_type, require_media_type
from tenglu.stages.ingest.reader import readers

PageRange = tuple[int, int]
"""First and last page, 1-based, both included."""


class Input(NamedTuple):
    """A file to convert."""

    path: Path
    folder: Path = Path()  # where it stands below the folder that was given; results mirror it


class Unreadable(NamedTuple):
    """Something that was named and cannot be converted."""

    path: Path
    error: InputError


class Skipped(NamedTuple):
    """Files of a folder that are no documents, neither by their bytes nor by their names."""

    folder: Path
    files: tuple[Path, ...]


Found = Input | Unreadable | Skipped


def find_inputs(
    paths: Sequence[Path], out: Path, is_known: Callable[[Path], bool] = lambda _: False
) -> list[Found]:
    """List the files that paths name, in their order; a file that is named twice is taken once.

    Folders are searched recursively, except for hidden files and ``out``.

    Args:
        paths: files and folders.
        out: folder of results.
        is_known: tells that a file is a document, so that it need not be opened.
    """
    found: list[Found] = []
    seen: set[str] = set()
    places = PathResolver()
    for path in paths:
        is_folder = os.path.isdir(path)  # noqa: PTH112 - rights may be missing
        for item in _search(path, out, is_known) if is_folder else [Input(path)]:
            if isinstance(item, Input):
                place = places.linked_to(item.path)
                if place in seen:
                    continue
                seen.add(place)
            found.append(item)
    return found


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # Path.resolve() raises on a link to itself


def _search(top: Path, out: Path, is_known: Callable[[Path], bool]) -> Iterator[Found]:
    refused: list[OSError] = []
    skipped = []
    is_empty = True
    for folder, paths in _files(top, out, refused.append):
        below = folder.relative_to(top)
        for path in paths:
            item = Input(path, below) if is_known(path) else classify(path, below)
            if item is None:
                skipped.append(path)
            else:
                is_empty = False
                yield item
    for refusal in refused:
        path = Path(refusal.filename)
        yield Unreadable(path, InputError(f"{path} cannot be searched: {refusal.strerror}"))
    if skipped:
        yield Skipped(top, tuple(skipped))
    if is_empty and not refused:
        error = InputError(f"{top} holds no PDF, TIFF, PNG, JPEG, BMP or WebP; give another folder")
        yield Unreadable(top, error)


def classify(path: Path, folder: Path) -> Input | Unreadable | None:
    """Detect what a file of a folder is; None: no document, and not named like one.

    A file that is named like a document and is none is damaged: somebody misses it.
    """
    is_claimed = any(path.suffix.lower() in reader.suffixes for reader in readers())
    if not is_claimed and _is_special(path):
        return None
    try:
        if is_claimed:
            require_media_type(path)
        elif find_media_type(path) is None:
            return None
    except InputError as unreadable:
        return Unreadable(path, unreadable)
    return Input(path, folder)


def _is_special(path: Path) -> bool:
    """Tell a pipe, a device or a link to nowhere from a file, one that may not be opened too."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except PermissionError:
        return False
    except OSError:
        return True


def _files(
    top: Path, out: Path, on_error: Callable[[OSError], None]
) -> Iterator[tuple[Path, Iterator[Path]]]:
    """Walk folders and their files in the order of their names; links are followed, loops not."""
    # Results of an earlier call are no inputs of this one.
    walked = set() if _real(top).is_relative_to(_real(out)) else {_real(out)}
    for name, folders, files in os.walk(top, onerror=on_error, followlinks=True):
        folder = Path(name)
        place = _real(folder)
        if place in walked:
            folders.clear()
            continue
        walked.add(place)
        folders[:] = sorted(
            below for below in folders if not (below.startswith(".") or is_overlay(folder / below))
        )
        prefix = os.path.join(name, "")  # noqa: PTH118 - folder / file takes three times as long
        yield folder, (Path(prefix + file) for file in sorted(files) if not file.startswith("."))


class PagesError(ValueError):
    """Pages that do not exist; the message is one line."""


def parse_pages(text: str) -> list[PageRange]:
    """Read ``3-12,15``.

    Raises:
        PagesError: not of this shape.
    """
    ranges = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        try:
            start = int(first)
            end = int(last) if dash else start
        except ValueError as wrong:
            raise PagesError(f"{part!r} is no page and no range of pages like 3-12") from wrong
        if not 1 <= start <= end:
            raise PagesError(f"{part!r} does not count up from page 1 or later")
        ranges.append((start, end))
    return ranges


def select_pages(ranges: Sequence[PageRange] | None, n_pages: int) -> tuple[int, ...]:
    """List the pages of one input, in order, each once; None: all of them.

    Raises:
        PagesError: the input has fewer pages.
    """
    if ranges is None:
        return tuple(range(1, n_pages + 1))
    if (last := max(end for _, end in ranges)) > n_pages:
        raise PagesError(f"--pages asks for page {last}, and there are {n_pages}")
    return tuple(sorted({n for start, end in ranges for n in range(start, end + 1)}))
