"""Processes that must keep to the rights of files, whoever runs the tests."""

import ctypes
import os
from collections.abc import Callable

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2  # what lets the superuser into every file


def is_superuser() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def dropper() -> Callable[[], None] | None:
    """What a new process does first; None: nothing needs to be done.

    A superuser without these two capabilities is refused like anybody else, and still finds an
    interpreter that lies in a home of its own.
    """
    if not is_superuser():
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def drop() -> None:
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "prctl")

    return drop
