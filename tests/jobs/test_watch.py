"""A hot folder: whole files are converted, once, until Ctrl-C."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import hostile
from calls import CARD, card_pdf, empty_table, replaying, results, tenglu, tenglu_alone
from tenglu.errors import ExitCode
from tenglu.export.canonical import load

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals")
PATIENCE = 60.0


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def speed_stays(out: Path) -> bool:
    """Whether the speed that is told does not sink while there is nothing to do."""
    first = tenglu("status", out, "--json").out
    time.sleep(0.2)
    return first == tenglu("status", out, "--json").out


def test_files_that_come_grow_and_change(tmp_path):
    scans, out = tmp_path / "scans", tmp_path / "out"
    (scans / "north").mkdir(parents=True)
    card_pdf(scans / "there.pdf")
    (scans / "notes.txt").write_text("no document")
    (scans / "loop.pdf").symlink_to(scans / "loop.pdf")
    words = ("watch", scans, "-o", out, "--steady", 3.0, "--jobs", 1, *replaying(tmp_path))
    with tenglu_alone(*words) as process:
        try:
            wait_for(lambda: results(out) == ["there.json"])
            wait_for(lambda: speed_stays(out))
            data = hostile.pdf([hostile.scanned(empty_table(), CARD)] * 3)
            growing = scans / "north" / "growing.pdf"
            for end in range(
                0, len(data), len(data) // 4
            ):  # slower than a look, faster than steady
                growing.write_bytes(data[:end])
                time.sleep(0.8)
                assert results(out) == ["there.json"]
            growing.write_bytes(data)
            wait_for(lambda: "north/growing.json" in results(out))
            assert len(load((out / "north" / "growing.json").read_bytes()).pages) == 3
            card_pdf(scans / "there.pdf", 2)
            wait_for(lambda: len(load((out / "there.json").read_bytes()).pages) == 2)
        finally:
            process.send_signal(signal.SIGINT)
        said, complaints = process.communicate(timeout=PATIENCE)
    assert process.returncode == ExitCode.INTERRUPTED
    refused, end = [line for line in complaints.splitlines() if " pages (" not in line]
    assert str(scans / "loop.pdf") in refused
    assert end == "error: interrupted; the same command goes on from here"
    assert sum(line.startswith(str(growing)) for line in said.splitlines()) == 1
    assert sum("notes.txt" in line for line in said.splitlines()) == 1
    assert results(out) == ["north/growing.json", "there.json"]


def test_a_folder_that_is_not_there(tmp_path):
    call = tenglu("watch", tmp_path / "nowhere", "-o", tmp_path / "out", *replaying(tmp_path))
    assert call.code == ExitCode.INPUT
    assert "is no folder" in call.err
    assert not (tmp_path / "out").exists()
