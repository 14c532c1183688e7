"""One worker against two, what store and scheduling cost, and the memory of each worker.

    python benchmarks/workers.py speed folder scans/*.pdf    # an empty folder, and documents
    python benchmarks/workers.py memory curve.png folder 30 scans/*.pdf    # read 30 times over

Nothing else may run beside it. Copies of a document differ in their last bytes: all are read.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

PAGE = 4096  # bytes of memory
SIZE = (900, 420)  # px, of the curve
LIMIT = 1.2  # GB, promised
MARGIN = 60  # px


class Run(NamedTuple):
    n_pages: int
    seconds: float  # from when all workers had a page behind them to the last page
    reading: float  # seconds that workers spent on these pages


def copies(folder: Path, n_times: int, documents: list[Path]) -> Path:
    """Copy documents so that no two are the same."""
    folder.mkdir(parents=True)
    for number in range(n_times):
        for path in documents:
            data = path.read_bytes() + f"\n%{number}\n".encode()
            (folder / f"{number:04d}-{path.name}").write_bytes(data)
    return folder


def started(scans: Path, out: Path, jobs: int) -> subprocess.Popen[str]:
    """Convert in a process of its own."""
    words = [str(scans), "-o", str(out), "--jobs", str(jobs), "--page-timeout", "600", "--log-json"]
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "tenglu", "convert", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def pages(process: subprocess.Popen[str]) -> Iterator[tuple[float, float]]:
    """When each page was done, and how long its reading took."""
    assert process.stderr is not None  # noqa: S101
    for line in process.stderr:
        event = json.loads(line)
        if event["event"] == "page":
            yield time.monotonic(), event["seconds"]


def measured(scans: Path, out: Path, jobs: int) -> Run:
    """Convert, from the moment on when all workers are at work."""
    with started(scans, out, jobs) as process:
        done = list(pages(process))
    start, end = done[jobs - 1][0], done[-1][0]
    return Run(len(done) - jobs, end - start, sum(seconds for _, seconds in done[jobs:]))


def speed(folder: Path, documents: list[Path]) -> None:
    """Measure in turn, twice, and print what came out."""
    scans = copies(folder / "scans", 1, documents)
    rates: dict[int, list[float]] = {1: [], 2: []}
    for number in range(2):
        for jobs in (1, 2):
            run = measured(scans, folder / f"out{number}-{jobs}", jobs)
            rates[jobs].append(run.n_pages / run.seconds)
            lost = 1 - run.reading / (jobs * run.seconds)
            print(
                f"{jobs} workers: {run.n_pages} pages in {run.seconds:.1f} s, "
                f"{rates[jobs][-1]:.3f} a second, {lost:.1%} of the time not spent reading",
                flush=True,
            )
    print(f"two against one: {sum(rates[2]) / sum(rates[1]):.2f} times")


def workers(parent: int) -> Iterator[tuple[int, float]]:
    """Number and memory in GB of each process that reads pages."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            is_child = int(path.read_text().rpartition(")")[2].split()[1]) == parent
            if is_child and b"spawn_main" in path.with_name("cmdline").read_bytes():
                held = int(path.with_name("statm").read_text().split()[1]) * PAGE / 1e9
                yield int(path.parent.name), held
        except OSError:  # it has just ended
            continue


def memory(picture: Path, scans: Path, out: Path) -> None:
    """Follow the memory of two workers over all pages, and draw it."""
    curves: dict[int, list[tuple[int, float]]] = {}
    with started(scans, out, 2) as process:
        for number, _ in zip(count(1), pages(process), strict=False):
            for worker, held in workers(process.pid):
                curves.setdefault(worker, []).append((number, held))
    peaks = [max(held for _, held in curve) for curve in curves.values()]
    print(f"{number} pages, {len(curves)} workers, {max(peaks):.2f} GB at most")
    picture.write_bytes(cv2.imencode(".png", drawn(list(curves.values()), number))[1].tobytes())


def drawn(curves: list[list[tuple[int, float]]], n_pages: int) -> np.ndarray:
    """A curve for each worker, under the limit."""
    width, height = SIZE
    image = np.full((height, width, 3), 255, np.uint8)

    def at(number: float, held: float) -> tuple[int, int]:
        x = MARGIN + (width - 2 * MARGIN) * number / n_pages
        return round(x), round(height - MARGIN - (height - 2 * MARGIN) * held / LIMIT)

    def write(text: str, place: tuple[int, int]) -> None:
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (60, 60, 60), 1, cv2.LINE_AA)

    for held in np.arange(0, LIMIT + 0.01, 0.2):
        cv2.line(image, at(0, held), at(n_pages, held), (220, 220, 220), 1)
        write(f"{held:.1f} GB", (8, at(0, held)[1] + 4))
    for number in range(0, n_pages + 1, max(1, n_pages // 5)):
        write(f"{number}", (at(number, 0)[0] - 8, height - MARGIN + 18))
    write("pages read by both workers", (width // 2 - 80, height - 15))
    cv2.line(image, at(0, LIMIT), at(n_pages, LIMIT), (0, 0, 200), 1)
    colours = ((160, 90, 0), (0, 120, 60), (150, 0, 120), (0, 110, 200))
    for colour, curve in zip((colours[i % 4] for i in count()), curves, strict=False):
        line = np.array([at(*point) for point in curve])
        cv2.polylines(image, [line], isClosed=False, color=colour, thickness=1)
    return image


def main() -> None:
    """Do what the first word says."""
    what, *words = sys.argv[1:]
    if what == "speed":
        speed(Path(words[0]), [Path(word) for word in words[1:]])
    else:
        picture, folder, n_times, *documents = words
        scans = copies(Path(folder) / "scans", int(n_times), [Path(word) for word in documents])
        memory(Path(picture), scans, Path(folder) / "out")


if __name__ == "__main__":
    main()
