"""How far the work is: a bar on a terminal, lines anywhere else."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hostile
from calls import CARD, card_pdf, empty_table, replaying, tenglu
from tenglu.jobs import progress

CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@pytest.fixture
def scans(tmp_path) -> Path:
    """Four pages, one of them damaged, in a file with a long name."""
    page = hostile.scanned(empty_table(), CARD)
    torn = {"P": hostile.jpeg_picture(b"\xff\xd8 no more", 600, 400)}
    damaged = hostile.Sheet(hostile.shown(*CARD), torn, CARD)
    path = tmp_path / f"{'年度决算公开报表及说明' * 4}.pdf"
    path.write_bytes(hostile.pdf([page, damaged, page, page]))
    return path


def on_terminal(width: int, *words: object) -> tuple[str, list[str]]:
    """Standard output of a call, and what a terminal of so many columns showed of its errors."""
    termios = pytest.importorskip("termios", reason="needs a terminal of posix")
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, width))
    with subprocess.Popen(
        [sys.executable, "-m", "tenglu", *(str(word) for word in words)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        stdin=theirs,
        env=os.environ | {"TERM": "xterm"},
    ) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        assert process.stdout is not None
        said = process.stdout.read().decode()
    os.close(ours)
    return said, CONTROL.sub("", shown.decode()).replace("\r", "\n").splitlines()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux tells that nobody writes any more
        return b""


def test_a_bar_with_all_numbers_whole_however_long_the_name(tmp_path, scans):
    words = ("convert", scans, "-o", tmp_path / "out", "--jobs", 1, *replaying(tmp_path))
    said, shown = on_terminal(80, *words)
    bars = [line for line in shown if "to review" in line]
    assert any(re.search(r" 4/4 \S+ pages/s \S+ 0 to review, 1 failed", bar) for bar in bars)
    assert all(re.search(r"(pages/s|/4) +[-\d:]+ ", bar) for bar in bars)
    assert sum(line.startswith("error: ") for line in shown) == 1
    [summary] = said.splitlines()  # and nothing of the bar
    assert "4 pages" in summary


def test_a_line_a_tenth(tmp_path):
    path = card_pdf(tmp_path / "a.pdf", 30)
    call = tenglu("convert", path, "-o", tmp_path / "out", "--jobs", 1, *replaying(tmp_path))
    lines = [line for line in call.err.splitlines() if " pages (" in line]
    assert [line.split()[0] for line in lines] == [str(n) for n in range(3, 31, 3)]
    assert all(
        re.search(r" a second, \d+:\d\d:\d\d left, 0 to review, 0 failed$", s) for s in lines
    )


def test_more_lines_where_it_takes_long(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "QUIET", 0.0)
    path = card_pdf(tmp_path / "a.pdf", 30)
    call = tenglu("convert", path, "-o", tmp_path / "out", "--jobs", 1, *replaying(tmp_path))
    assert sum(" pages (" in line for line in call.err.splitlines()) == 30
