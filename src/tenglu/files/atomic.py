"""Write files atomically: each appears complete or not at all."""

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
    """Write ``files`` (name -> bytes) into ``folder``, which is created if necessary.

    No file is replaced before all of them are on the disk, and temporary files are removed.

    Raises:
        OutputError: one of them cannot be written.
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
    """Return the path at which a file or folder is built before it replaces ``target``.

    It is the same for the same target, so that the next call removes what a killed one left, and
    short, as a long name with a suffix could exceed the limit of the file system.
    """
    name = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]
    return target.with_name(f".{name}.tenglu")


def _remove(temporary: Path) -> None:
    try:
        temporary.unlink(missing_ok=True)
    except NotADirectoryError:  # the folder could not be created, so there is no file
        return
