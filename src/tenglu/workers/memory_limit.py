"""How much memory a process that reads pages may take; a page that needs more fails alone."""

import os
from contextlib import suppress
from pathlib import Path

BASE = 1_200_000_000  # bytes; the engine and a usual page take 0.7 GB
PER_PIXEL = 40  # bytes; pages of 35 to 64 million pixels took 25 to 37
LEAST = 3_500_000_000  # bytes; enough for A3 at 600 dpi, which any machine must read
SHARE = 0.75  # of the memory of the machine, for all processes together
OOM_SCORE = 500  # of 1000; when memory runs out, the system ends these processes first
CONTAINER = Path("/sys/fs/cgroup/memory.max")


def memory_limit(max_pixels: int, n_processes: int) -> int:
    """Return the bytes for each process: for the largest page that may be read, or its share."""
    machine = _memory()
    wanted = BASE + PER_PIXEL * max_pixels
    share = wanted if machine is None else int(machine * SHARE) // n_processes
    return min(wanted, max(LEAST, share))


def limit_memory(n_bytes: int) -> None:
    """Let this process fail, and not the machine, if it needs more; not all systems can."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on Windows

        # Not the address space: libraries reserve much more of it than they use.
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (n_bytes, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would fill the disk
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE), "ascii")


def _memory() -> int | None:
    """Return the bytes of memory of the machine or the container; None: unknown."""
    found = []
    with suppress(AttributeError, OSError, ValueError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(OSError, ValueError):  # "max": no limit
        found.append(int(CONTAINER.read_text("ascii")))
    return min(found, default=None)
