"""Read one page; whatever goes wrong is an outcome of that page, and the others go on."""

import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tenglu.engines.interface import Engine
from tenglu.errors import EngineError, InputError
from tenglu.pipeline import read_page
from tenglu.settings import Settings
from tenglu.stages.ingest import IngestOptions, Scan, load_scan
from tenglu.workers import PageDone, PageFailed, PageOutcome, PageTask
from tenglu.workers.codec import encode

MEMORY = Path("/proc/self/statm")

Result = TypeVar("Result")


def read_task(task: PageTask, engine: Engine, settings: Settings) -> PageOutcome:
    """Read one page.

    Raises:
        EngineError: the engine is broken, which is no fault of the page.
    """
    start = time.monotonic()
    page = work_on(task, settings.ingest, lambda scan: encode(read_page(scan, engine, settings)))
    return page if isinstance(page, PageFailed) else PageDone(page, time.monotonic() - start)


def work_on(
    task: PageTask, options: IngestOptions, work: Callable[[Scan], Result]
) -> Result | PageFailed:
    """Load one page and do something with it; whatever happens, it is an outcome.

    Raises:
        EngineError: the engine is broken, which is no fault of the page.
    """
    try:
        return work(load_scan(task.path, task.number, options, task.password))
    except EngineError:
        raise
    except InputError as unreadable:
        return PageFailed(str(unreadable), "input", traceback.format_exc())
    except MemoryError:
        reason = "more memory is needed than there is for one process; lower --jobs"
        return PageFailed(reason, "process", traceback.format_exc())
    except Exception as fault:  # noqa: BLE001 - the page boundary: one page never costs the others
        reason = f"{type(fault).__name__}: {' '.join(str(fault).split())}"
        return PageFailed(reason, "fault", traceback.format_exc())


def memory() -> int | None:
    """Return the bytes that this process holds now; None: unknown."""
    if not sys.platform.startswith("linux"):
        return None
    return int(MEMORY.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
