"""A folder of pictures that is there as a whole or as it was before."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenglu.errors import OutputError
from tenglu.files.atomic import temporary_path

OVERLAY_SUFFIX = ".overlay"  # of the folder beside the results
PICTURE = re.compile(r"p\d{3,}\.png", re.ASCII)


def picture_name(number: int) -> str:
    """Name the picture of a page."""
    return f"p{number:03d}.png"


def is_overlay(folder: Path) -> bool:
    """Tell whether a folder holds pictures that were drawn here, and nothing else."""
    if folder.suffix != OVERLAY_SUFFIX:
        return False
    try:
        return all(PICTURE.fullmatch(path.name) for path in folder.iterdir())
    except OSError:  # whoever searches it will meet this too, and tell
        return False


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Give a new folder to write to, which takes the place of ``folder`` when all is written.

    Raises:
        OutputError: the folder cannot be made, or the one that stands there is not ours alone.
    """
    _check_ours(folder)
    fresh = temporary_path(folder)
    old = fresh.with_suffix(".old")
    for left_behind in (fresh, old):  # by a call that was killed
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
    """Refuse to throw away what a person put there."""
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
            f"cannot replace {folder}: it holds {others[0]}, which is no picture of a page; "
            "move it away"
        )


def _refusal(folder: Path, refused: OSError) -> OutputError:
    reason = refused.strerror or type(refused).__name__
    return OutputError(f"cannot write {folder}: {reason}; choose another output folder")
