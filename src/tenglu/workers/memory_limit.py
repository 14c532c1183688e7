"""How much memory a process that reads pages may take. A page that wants more ends alone."""

import os
from contextlib import suppress
from pathlib import Path

BASE = 1_200_000_000  # bytes; the engine and a usual page take .7 thousand million
PER_PIXEL = 40  # bytes; pages of 35 to 64 million pixels took 25 to 37
LEAST = 3_500_000_000  # bytes; A3 at 600 dpi is to be read beside others on any machine
SHARE = 0.75  # of the memory of the machine, for all processes together
LEAST_ILL = 500  # thousandths of the memory; whom the system ends first when there is none left
CONTAINER = Path("/sys/fs/cgroup/memory.max")


def memory_limit(max_pixels: int, n_processes: int) -> int:
    """Bytes for each of some processes: for the largest page that may be read, or what there is."""
    machine = _memory()
    wanted = BASE + PER_PIXEL * max_pixels
    share = wanted if machine is None else int(machine * SHARE) // n_processes
    return min(wanted, max(LEAST, share))


def limit_memory(n_bytes: int) -> None:
    """Have this process fail and not the machine where it asks for more; as far as systems can."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on Windows

        # Not the address space: libraries reserve much more of it than they use.
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (n_bytes, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a picture of it would fill the disk
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(LEAST_ILL), "ascii")


def _memory() -> int | None:
    """Bytes of memory of the machine or the container; None: the system does not tell."""
    found = []
    with suppress(AttributeError, OSError, ValueError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(OSError, ValueError):  # "max": no limit
        found.append(int(CONTAINER.read_text("ascii")))
    return min(found, default=None)
