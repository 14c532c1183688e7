"""From the words of a command line to files: what to convert, which pages, under which names."""

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from tenglu.errors import InputError
from tenglu.stages.ingest import path_to_kind

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
    """Files of a folder that are no documents by their bytes."""

    folder: Path
    files: tuple[Path, ...]


class Target(NamedTuple):
    """Where the results of an input go: ``folder/<stem>.json`` and so on."""

    folder: Path
    stem: str


Found = Input | Unreadable | Skipped


def find_inputs(paths: Sequence[Path], out: Path) -> list[Found]:
    """List what stands behind the paths, in their order; a file named twice is taken once.

    Folders are searched recursively, except for hidden files and ``out``.
    """
    found: list[Found] = []
    seen: set[Path] = set()
    for path in paths:
        for item in _search(path, out) if path.is_dir() else [Input(path)]:
            if isinstance(item, Input):
                place = _real(item.path)
                if place in seen:
                    continue
                seen.add(place)
            found.append(item)
    return found


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # Path.resolve() raises on a link to itself


def _search(top: Path, out: Path) -> Iterator[Found]:
    refused: list[OSError] = []
    skipped = []
    is_empty = True
    for path in _files(top, out, refused.append):
        if not path.is_file():  # a pipe, a device, a link to nowhere
            skipped.append(path)
            continue
        try:
            kind = path_to_kind(path)
        except InputError as unreadable:
            is_empty = False
            yield Unreadable(path, unreadable)
            continue
        if kind is None:
            skipped.append(path)
        else:
            is_empty = False
            yield Input(path, path.relative_to(top).parent)
    for refusal in refused:
        path = Path(refusal.filename)
        yield Unreadable(path, InputError(f"{path} cannot be searched: {refusal.strerror}"))
    if skipped:
        yield Skipped(top, tuple(skipped))
    if is_empty and not refused:
        error = InputError(f"{top} holds no PDF, TIFF, PNG, JPEG, BMP or WebP; give another folder")
        yield Unreadable(top, error)


def _files(top: Path, out: Path, on_error: Callable[[OSError], None]) -> Iterator[Path]:
    """Walk files in the order of their names; links are followed, loops are not."""
    # Results of an earlier call are no inputs of this one.
    walked = set() if _real(top).is_relative_to(_real(out)) else {_real(out)}
    for name, folders, files in os.walk(top, onerror=on_error, followlinks=True):
        place = _real(Path(name))
        if place in walked:
            folders.clear()
            continue
        walked.add(place)
        folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
        yield from (Path(name, file) for file in sorted(files) if not file.startswith("."))


def plan_targets(inputs: Sequence[Input], out: Path, formats: Sequence[str]) -> list[Target]:
    """Name the results so that none overwrites another, or an input.

    ``a.pdf`` becomes ``a``. If another input would be ``a`` too, they become ``a.pdf`` and
    ``a.png``; if even that is the same, ``north_a.pdf`` and ``south_a.pdf`` by their folders; then
    the whole path counts, and in the end a number.
    """
    places = [_real(item.path.parent) / item.path.name for item in inputs]
    targets = [Target(out / item.folder, item.path.stem) for item in inputs]
    for longer in LONGER_NAMES:
        times = Counter(_key(target) for target in targets)
        targets = [
            target._replace(stem=longer(place))
            if times[_key(target)] > 1 or _would_hit(target, places, formats)
            else target
            for target, place in zip(targets, places, strict=True)
        ]
    taken: set[str] = set()
    return [_numbered(target, taken) for target in targets]


LONGER_NAMES: tuple[Callable[[Path], str], ...] = (
    lambda place: place.name,
    lambda place: f"{place.parent.name}_{place.name}",
    lambda place: "_".join(place.parts[1:]),
)


def _key(target: Target) -> str:
    """Equal for names that some file system takes for the same."""
    return unicodedata.normalize("NFKC", str(target.folder / target.stem)).casefold()


def _would_hit(target: Target, places: Sequence[Path], formats: Sequence[str]) -> bool:
    """Tell whether a result would be written over an input, such as a PDF that is named a.json."""
    folder = _real(target.folder)
    return any(
        place.parent == folder
        and place.name.startswith(f"{target.stem}.")
        and place.suffix.removeprefix(".").lower() in formats
        for place in places
    )


def _numbered(target: Target, taken: set[str]) -> Target:
    names = chain([target], (target._replace(stem=f"{target.stem} ({n})") for n in count(2)))
    free = next(name for name in names if _key(name) not in taken)
    taken.add(_key(free))
    return free


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
