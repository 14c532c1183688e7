"""What store and scheduling cost, one worker against two, and the memory of each worker.

    python benchmarks/workers.py speed FOLDER 4 scans/*.pdf    # an empty folder; read 4 times over
    python benchmarks/workers.py memory curve.png FOLDER 220 scans/*.pdf

Nothing else may run beside it. Copies of a document differ in their last bytes, so all are read.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import NamedTuple

import cv2

from charts import COLOURS, Axis, Panel, beside

# Imported where it is measured.
# ruff: noqa: PLC0415
N_ROUNDS = 2
LOOP = 0  # in the place of a number of workers
SIZE = (900, 420)  # px, of the curve
LIMIT = 1.2  # GB, promised
TOLD = 200  # pages, after which a line says how far it is


class Run(NamedTuple):
    n_pages: int  # read after each worker had one behind it
    seconds: float  # from then on, to the last document that lay on the disk
    start: float  # seconds from the call to the end of the first page

    def told(self, name: str) -> str:
        """One line."""
        return (
            f"{name}: {self.n_pages} pages in {self.seconds:.1f} s, {self.rate:.3f} a second; "
            f"first page after {self.start:.1f} s"
        )

    @property
    def rate(self) -> float:
        return self.n_pages / self.seconds


def copies(folder: Path, n_times: int, documents: list[Path]) -> Path:
    """Copy documents so that no two are the same."""
    folder.mkdir(parents=True)
    for number in range(n_times):
        for path in documents:
            data = path.read_bytes() + f"\n%{number}\n".encode()
            (folder / f"{number:04d}-{path.name}").write_bytes(data)
    return folder


def converting(scans: Path, out: Path, jobs: int) -> subprocess.Popen[str]:
    """Convert in a process of its own."""
    words = [str(scans), "-o", str(out), "--jobs", str(jobs), "--log-json"]
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "tenglu", "convert", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def events(process: subprocess.Popen[str]) -> Iterator[tuple[str, float]]:
    """What has happened, and when."""
    assert process.stderr is not None  # noqa: S101
    for line in process.stderr:
        yield json.loads(line)["event"], time.monotonic()


def measured(scans: Path, out: Path, jobs: int) -> Run:
    """Convert, and count from the moment on when all workers are at work."""
    start = time.monotonic()
    with converting(scans, out, jobs) as process:
        told = list(events(process))
    pages = [moment for event, moment in told if event == "page"]
    begin, end = pages[jobs - 1], told[-1][1]
    return Run(len(pages) - jobs, end - begin, pages[0] - start)


def bare(scans: Path) -> Run:
    """Read the same pages in a loop, without store, processes and results."""
    words = [sys.executable, __file__, "loop", str(scans)]
    start = time.monotonic()
    done = subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603
    pages = [float(line) for line in done.stdout.splitlines()]
    return Run(len(pages) - 1, pages[-1] - pages[0], pages[0] - start)


def loop(scans: Path) -> None:
    """Print the moment at which each page was read."""
    from tenglu.engines.runtime_env import limit_threads

    limit_threads()
    from tenglu.engines.registry import open_engine
    from tenglu.pipeline import read_page
    from tenglu.settings import Settings
    from tenglu.stages.ingest import identify, load_scan

    cv2.setNumThreads(1)
    settings = Settings()
    engine = open_engine(settings.engine)
    for path in sorted(scans.iterdir()):
        for number in range(1, identify(path).n_pages + 1):
            read_page(load_scan(path, number), engine, settings)
            print(time.monotonic(), flush=True)


def speed(folder: Path, n_times: int, documents: list[Path]) -> None:
    """Measure in turn, and print what came out."""
    scans = copies(folder / "scans", n_times, documents)
    rates: dict[int, list[float]] = {LOOP: [], 1: [], 2: []}
    for number in range(N_ROUNDS):
        for jobs in list(rates)[:: 1 if number % 2 == 0 else -1]:
            is_loop = jobs == LOOP
            run = bare(scans) if is_loop else measured(scans, folder / f"{number}-{jobs}", jobs)
            rates[jobs].append(run.rate)
            print(run.told("bare loop" if is_loop else f"--jobs {jobs}"), flush=True)
    loose, one, two = (median(found) for found in rates.values())
    print(f"store, scheduling and results: {1 - one / loose:+.1%} of the time")
    print(f"two against one: {two / one:.2f} times")


def held(process: int) -> tuple[float, float]:
    """Memory that a process holds, and the most that it ever held, in GB.

    Raises:
        OSError: it has ended.
        KeyError: it is about to.
    """
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    values = dict(line.split(":\t", 1) for line in lines if line.startswith("Vm"))
    now, most = (int(values[name].split()[0]) * 1024 / 1e9 for name in ("VmRSS", "VmHWM"))
    return now, most


def workers(parent: int) -> list[int]:
    """Processes that read pages, and the small one that opens files."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            is_child = int(path.read_text().rpartition(")")[2].split()[1]) == parent
            if is_child and b"spawn_main" in path.with_name("cmdline").read_bytes():
                found.append(int(path.parent.name))
        except OSError:  # it has just ended
            continue
    return sorted(found)


def memory(picture: Path, scans: Path, out: Path) -> None:
    """Follow the memory of two workers over all pages, and draw it."""
    curves: dict[int, list[tuple[int, float]]] = {}
    most: dict[int, float] = {}
    parent = 0.0
    n_pages = 0
    start = time.monotonic()
    with converting(scans, out, 2) as process:
        for event, _ in events(process):
            n_pages += event == "page"
            try:
                parent = held(process.pid)[1]
                for worker in workers(process.pid):
                    now, most[worker] = held(worker)
                    curves.setdefault(worker, []).append((n_pages, now))
            except (OSError, KeyError):
                continue
            if event == "page" and most and n_pages % TOLD == 0:
                highest = max(most.values())
                print(f"{n_pages} pages: {highest:.2f} GB; the caller: {parent:.2f}", flush=True)
    seconds = time.monotonic() - start
    print(f"{n_pages} pages in {seconds:.0f} s, {len(curves)} processes beside the one that calls")
    print(f"most that one of them ever held: {max(most.values()):.2f} GB; the caller: {parent:.2f}")
    picture.write_bytes(drawn(list(curves.values()), n_pages))


def drawn(curves: list[list[tuple[int, float]]], n_pages: int) -> bytes:
    """A curve for each process, under the limit, as a PNG."""
    pages = [(round(n_pages * i / 5), f"{round(n_pages * i / 5):,}") for i in range(6)]
    gigabytes = [(0.2 * i, f"{0.2 * i:.1f}") for i in range(6)] + [(LIMIT, f"{LIMIT} promised")]
    x = Axis("pages read by both workers", pages, float)
    panel = Panel(SIZE, "Memory of each process, GB", x, Axis("", gigabytes, float))
    for colour, curve in zip(cycle(COLOURS), curves):
        panel.line(curve, colour)
    return beside([panel])


def main() -> None:
    """Do what the first word says."""
    what, *words = sys.argv[1:]
    if what == "loop":
        loop(Path(words[0]))
    elif what == "speed":
        folder, n_times, *documents = words
        speed(Path(folder), int(n_times), [Path(word) for word in documents])
    else:
        picture, folder, n_times, *documents = words
        scans = copies(Path(folder) / "scans", int(n_times), [Path(word) for word in documents])
        memory(Path(picture), scans, Path(folder) / "out")


if __name__ == "__main__":
    main()
