"""Bytes to disk, each file in one atomic step or not at all."""

import errno
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from tenglu.errors import OutputError

_ADVICE = {
    errno.ENOSPC: "the disk is full; free some space or choose another output folder",
    errno.EDQUOT: "the disk quota is used up; free some space or choose another output folder",
    errno.EFBIG: "the file is larger than allowed here; choose another output folder",
    errno.EACCES: "the folder is not writable; change its permissions or choose another one",
    errno.EPERM: "the folder is not writable; change its permissions or choose another one",
    errno.EROFS: "the disk is read-only; choose another output folder",
    errno.EEXIST: "a file stands where the output folder should be; choose another folder",
    errno.ENOTDIR: "a file stands where the output folder should be; choose another folder",
    errno.EISDIR: "a folder of that name exists; remove it or choose another output folder",
    errno.ENAMETOOLONG: "the name is too long; rename the input",
}


def write_files(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write ``files`` (name -> bytes) into ``folder``, which is made if need be.

    Raises:
        OutputError: one of them cannot be written. No temporary file stays behind, and no file
            is replaced before all of them lie on the disk.
    """
    targets = [folder / name for name in files]
    temporaries = [temporary_path(target) for target in targets]
    at = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for target, temporary, data in zip(targets, temporaries, files.values(), strict=True):
            at = target
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for target, temporary in zip(targets, temporaries, strict=True):
            at = target
            temporary.replace(target)
    except OSError as wrong:
        advice = _ADVICE.get(wrong.errno or 0, f"{wrong.strerror}; choose another output folder")
        raise OutputError(f"cannot write {at}: {advice}") from wrong
    finally:
        for temporary in temporaries:
            _remove(temporary)
    return targets


def temporary_path(target: Path) -> Path:
    """Where a file or folder is made before it takes its place.

    The same for the same target, so that what a killed call left behind is taken away by the call
    that goes on; short, as a long stem with a suffix more could exceed what the disk allows.
    """
    name = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]
    return target.with_name(f".{name}.tenglu")


def _remove(temporary: Path) -> None:
    try:
        temporary.unlink(missing_ok=True)
    except NotADirectoryError:  # the folder never came to be, so neither did the file
        return
