"""Runs that are killed at random moments and taken up again end like an undisturbed one."""

import os
import random
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import cv2
import numpy as np

import hostile
from calls import CARD, empty_table, replaying, results

MAX_KILLS = 5  # of one run
FINISHED = (0, 10)


class Moment(NamedTuple):
    n_lines: int  # of the log, after which it comes
    seconds: float  # past the last of them


def soak(folder: Path, n_runs: int, n_files: int, seed: int) -> None:
    """Kill runs and hold their ends against an undisturbed one.

    Raises:
        AssertionError: they differ.
    """
    rng = random.Random(seed)  # noqa: S311 - moments, no secrets
    scans = folder / "scans"
    make_scans(scans, n_files, rng)
    words = [str(scans), *replaying(folder), "--jobs", "2", "--to", "json,csv", "--log-json"]
    assert run(folder / "whole", words, None) in FINISHED
    expected = contents(folder / "whole")
    assert len(expected) >= n_files
    n_killed = 0
    for number in range(n_runs):
        out = folder / f"run{number}"
        for _ in range(MAX_KILLS):
            code = run(out, words, Moment(rng.randrange(n_files), rng.uniform(0.0, 0.2)))
            n_killed += code == -signal.SIGKILL
            if code in FINISHED:
                break
        else:
            assert run(out, words, None) in FINISHED
        assert contents(out) == expected, f"run {number}, seed {seed}"
    assert n_killed, "nothing was ever killed"


def make_scans(folder: Path, n_files: int, rng: random.Random) -> None:
    """Documents of one to four pages, all different, in a tree."""
    for number in range(n_files):
        path = folder / f"{number % 3}" / f"{number:03d}"
        path.parent.mkdir(parents=True, exist_ok=True)
        pages = [page(rng) for _ in range(rng.randrange(1, 5))]
        if len(pages) == 1:
            path.with_suffix(".png").write_bytes(cv2.imencode(".png", pages[0])[1].tobytes())
        else:
            sheets = [hostile.scanned(image, CARD) for image in pages]
            path.with_suffix(".pdf").write_bytes(hostile.pdf(sheets))


def page(rng: random.Random) -> np.ndarray:
    return empty_table(rng.randrange(400, 700), rng.randrange(300, 500))


def run(out: Path, words: list[str], moment: Moment | None) -> int:
    """Convert; at some moment kill one of the workers, and a little later the parent."""
    with subprocess.Popen(
        [sys.executable, "-m", "tenglu", "convert", *words, "-o", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        if moment is not None and has_come(moment, process):
            for worker in workers(process.pid)[-1:]:  # the last to start, which reads pages
                os.kill(worker, signal.SIGKILL)
            time.sleep(moment.seconds)
            process.kill()
        process.communicate()
    assert has_ended(process.pid), "a worker outlived its parent"
    return process.returncode


def has_come(moment: Moment, process: subprocess.Popen[bytes]) -> bool:
    """Wait for some lines of the log: a kill follows the run, however fast the machine is."""
    assert process.stderr is not None
    n_lines = sum(1 for _ in islice(process.stderr, moment.n_lines))
    time.sleep(moment.seconds)
    return n_lines == moment.n_lines


def workers(parent: int) -> list[int]:
    """Processes that read pages, as far as the system tells."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            is_child = (
                int(path.read_text("ascii", "replace").rpartition(")")[2].split()[1]) == parent
            )
            if is_child and b"spawn_main" in path.with_name("cmdline").read_bytes():
                found.append(int(path.parent.name))
        except OSError:  # it has just ended
            continue
    return sorted(found)


def has_ended(group: int, patience: float = 10.0) -> bool:
    """Wait until no process of a group is left."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def contents(folder: Path) -> dict[str, bytes]:
    """All results, to the byte; what is left of a cut-off write is no result."""
    return {name: (folder / name).read_bytes() for name in results(folder)}


if __name__ == "__main__":  # runs, files
    with TemporaryDirectory() as place:
        soak(Path(place), int(sys.argv[1]), int(sys.argv[2]), seed=int(time.time()))
