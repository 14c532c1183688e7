"""The page boundary: whatever happens in the reading of one page, the others go on."""

import os
import sys
import time
import traceback
from pathlib import Path

from tenglu.engines.interface import Engine
from tenglu.errors import EngineError, InputError
from tenglu.pipeline import read_page
from tenglu.settings import Settings
from tenglu.stages.ingest import load_scan
from tenglu.workers import PageDone, PageFailed, PageOutcome, PageTask
from tenglu.workers.codec import encode

MEMORY = Path("/proc/self/statm")


def read_task(task: PageTask, engine: Engine, settings: Settings) -> PageOutcome:
    """Read one page.

    Raises:
        EngineError: the engine is broken, which is no fault of the page.
    """
    start = time.monotonic()
    try:
        scan = load_scan(task.path, task.number, settings.ingest, task.password)
        page_result = encode(read_page(scan, engine, settings))
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
    return PageDone(page_result, time.monotonic() - start)


def memory() -> int | None:
    """Bytes that this process holds now; None: the system does not tell."""
    if not sys.platform.startswith("linux"):
        return None
    return int(MEMORY.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
