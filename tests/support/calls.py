"""Calls of the command line, and inputs for them that need no weights."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from click.testing import CliRunner

import hostile
from tenglu.cli.main import main

CARD = (216.0, 144.0)  # points; 600 × 400 px at 200 dpi


class Call(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """What standard error says beside how far the work is."""
        return [line for line in self.err.splitlines() if " pages (" not in line]

    @property
    def summaries(self) -> list[str]:
        return self.out.splitlines()


def tenglu(*words: object) -> Call:
    """Call in this process: fast."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception  # a fault of the program, which a user would see as a traceback
    return Call(result.exit_code, result.stdout, result.stderr)


def tenglu_alone(*words: object, **options) -> subprocess.Popen[str]:
    """Start in a process of its own, as a user does."""
    return subprocess.Popen(
        [sys.executable, "-m", "tenglu", *(str(word) for word in words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        preexec_fn=_heed_ctrl_c if os.name == "posix" else None,  # noqa: PLW1509
        **options,
    )


def _heed_ctrl_c() -> None:
    """As in a terminal: tests that run in the background inherit that it is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def replaying(folder: Path) -> list[str]:
    """Options for an engine that has nothing to say; inputs must hold no text."""
    recording = folder / "recording.json"
    recording.write_text(json.dumps({"name": "replay", "witness": "replay", "recorded": []}))
    return ["--set", "engine.kind=replay", "--set", f"engine.recording={recording}"]


def empty_table(width: int = 600, height: int = 400) -> np.ndarray:
    """A page with a ruled table of 3 rows and 2 columns without a word in it."""
    page = np.full((height, width, 3), 255, np.uint8)
    left, right, top, bottom = width // 10, width * 9 // 10, height // 10, height * 9 // 10
    for y in np.linspace(top, bottom, 4).astype(int):
        page[y : y + 3, left : right + 3] = 0
    for x in np.linspace(left, right, 3).astype(int):
        page[top : bottom + 3, x : x + 3] = 0
    return page


def card_pdf(path: Path, n_pages: int = 1) -> Path:
    """A document that can be converted, of pages with an empty table each."""
    path.write_bytes(hostile.pdf([hostile.scanned(empty_table(), CARD)] * n_pages))
    return path


def results(folder: Path) -> list[str]:
    """All files below a folder, by their paths from there, but for the job store."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(str(path) for path in found if path.parts[0] != ".tenglu")
