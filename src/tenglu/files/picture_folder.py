"""Replace a folder of page images atomically: it is complete or unchanged."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenglu.errors import OutputError
from tenglu.files.atomic import temporary_path

OVERLAY_SUFFIX = ".overlay"  # of the folder name, beside the results
PICTURE = re.compile(r"p\d{3,}\.png", re.ASCII)


def picture_name(number: int) -> str:
    """Return the file name of a page image."""
    return f"p{number:03d}.png"


def is_overlay(folder: Path) -> bool:
    """Return whether a folder contains overlay images and nothing else."""
    if folder.suffix != OVERLAY_SUFFIX:
        return False
    try:
        return all(PICTURE.fullmatch(path.name) for path in folder.iterdir())
    except OSError:  # reported later, when the folder is searched for inputs
        return False


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Yield a new folder that replaces ``folder`` when the block ends without an error.

    Raises:
        OutputError: the folder cannot be written, or the existing one contains other files.
    """
    _check_ours(folder)
    fresh = temporary_path(folder)
    old = fresh.with_suffix(".old")
    for left_behind in (fresh, old):  # by a killed call
        shutil.rmtree(left_behind, ignore_errors=True)
    try:
        try:
            fresh.mkdir(parents=True)
        except OSError as refused:
            raise _refusal(folder, refused) from refused
        yield fresh
        _swap(folder, fresh, old)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _swap(folder: Path, fresh: Path, old: Path) -> None:
    try:
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
    except OSError as refused:
        if old.exists():
            old.rename(folder)
        raise _refusal(folder, refused) from refused


def _check_ours(folder: Path) -> None:
    """Raise if replacing a folder would delete files of the user."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise OutputError(f"cannot write {folder}: a file of that name exists; move it away")
    try:
        others = sorted(path.name for path in folder.iterdir() if not PICTURE.fullmatch(path.name))
    except FileNotFoundError:
        return
    except OSError as refused:
        raise _refusal(folder, refused) from refused
    if others:
        raise OutputError(
            f"cannot replace {folder}: it contains {others[0]}, which is not a page image; "
            "move it away"
        )


def _refusal(folder: Path, refused: OSError) -> OutputError:
    reason = refused.strerror or type(refused).__name__
    return OutputError(f"cannot write {folder}: {reason}; choose another output folder")
