"""A hundred thousand inputs of one page: how long planning and going on take, and how much memory.

Run it with the number of inputs and an empty folder: python benchmarks/scale.py 100000 folder

Pages are not read: the executor stops the run before the first one. So what is measured is what
tenglu does before it, which is all that grows with the number of inputs.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

# Imported where it is measured.
# ruff: noqa: PLC0415
PER_FOLDER = 1000


class StoppedError(Exception):
    """The first page would be read now."""


class NoExecutor:
    """Takes no page."""

    engine_name = "none"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def run(self, tasks: Iterable[object]) -> Iterator[tuple[object, object]]:
        next(iter(tasks))
        raise StoppedError
        yield


def make_inputs(folder: Path, n_inputs: int) -> None:
    """Write pictures that differ in their last bytes."""
    import cv2
    import numpy as np

    data = cv2.imencode(".png", np.full((32, 32), 255, np.uint8))[1].tobytes()
    for number in range(n_inputs):
        path = folder / f"{number // PER_FOLDER:04d}" / f"{number:07d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data + str(number).encode())


def plan(folder: Path) -> None:
    """Do what a call does before the first page, and print what it took."""
    start = time.perf_counter()
    from tenglu.engines.replay import ReplaySpec
    from tenglu.jobs.batch import Session
    from tenglu.jobs.inputs import find_inputs
    from tenglu.jobs.plan import InputIndex, JobRequest
    from tenglu.jobs.store import open_store
    from tenglu.settings import Settings
    from tenglu.workers.probe import FileProbe

    recording = folder / "recording.json"
    recording.write_text('{"name": "replay", "witness": "replay", "recorded": []}')
    settings = Settings(engine=ReplaySpec(recording=recording))
    out = folder / "out"
    out.mkdir(exist_ok=True)
    order = JobRequest((folder / "in",), out, ["json"], None, 1, None)
    try:
        with open_store(out) as store, FileProbe(settings.ingest, None) as opener:
            store.has_results = lambda: True  # type: ignore[method-assign] # or it is removed
            ledger = InputIndex(store, opener.identify)
            found = find_inputs(order.inputs, out, ledger.is_known)
            print(f"found {len(found)} inputs after {time.perf_counter() - start:.1f} s")
            Session(order, settings, ledger, NoExecutor()).convert(found)
    except StoppedError:
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"first page after {time.perf_counter() - start:.1f} s, {memory:.0f} MB at most")


def main() -> None:
    """Make inputs, plan, and plan again, each in a process of its own."""
    n_inputs, folder = int(sys.argv[1]), Path(sys.argv[2])
    make_inputs(folder / "in", n_inputs)
    for name in ("planning", "going on"):
        print(name, flush=True)
        subprocess.run([sys.executable, __file__, "plan", str(folder)], check=True, env=os.environ)  # noqa: S603


if __name__ == "__main__":
    if sys.argv[1] == "plan":
        plan(Path(sys.argv[2]))
    else:
        main()
