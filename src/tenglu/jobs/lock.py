"""One process at a time: a lock that ends with the process that holds it, however it ends."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

TRIES = 3
PAUSE = 0.1  # seconds; who only looks whether a lock is held, holds it for a moment
BEYOND = 1 << 20  # bytes; Windows locks bytes, and those at the start must stay readable


class HeldError(Exception):
    """Another process holds the lock."""

    def __init__(self, holder: str) -> None:
        """Keep the number of that process."""
        super().__init__(holder)
        self.holder = holder  # number of the process, or "" if it did not say


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock ``path``, a file that is made if need be and stays.

    Raises:
        HeldError: another process holds it.
        OSError: the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor)
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)  # which lets go


def holder(path: Path) -> str | None:
    """Return the process that holds a lock; None: none does."""
    try:
        descriptor = os.open(path, os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY)
    except OSError:  # never made, or not ours to look at
        return None
    try:
        return None if _try(descriptor) else _written(descriptor)
    finally:
        os.close(descriptor)


def _acquire(descriptor: int) -> None:
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
        if _try(descriptor):
            return
    raise HeldError(_written(descriptor))


def _written(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, 32).decode("ascii", "replace")


def _try(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, BEYOND, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
