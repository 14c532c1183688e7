"""A folder of the worst, and disks that refuse: everything is told, and the rest is done."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import hostile
from calls import CARD, card_pdf, empty_table, replaying, results, tenglu
from rights import dropper
from tenglu.errors import ExitCode
from tenglu.export.canonical import load
from tenglu.model import FlagCode
from tenglu.workers.memory_limit import memory_limit

pytestmark = pytest.mark.slow

PAGE = hostile.scanned(empty_table(), CARD)
SECRET = "k9"  # noqa: S105 - locks a file of this test
N_GOOD = 40
MAX_MEMORY = 1_200_000_000  # bytes, of the parent
MAX_PIXELS = 20_000_000
SHARED = 200_000_000  # bytes of libraries, which all processes share
needs_posix = pytest.mark.skipif(os.name != "posix", reason="posix limits and links")


def cyclic() -> bytes:
    """A page tree that holds itself."""
    return hostile.assembled(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Pages/Kids[2 0 R]/Count 1/Parent 2 0 R>>",
        ]
    )


def many_objects() -> bytes:
    """Pages by the million that are all one, by claim."""
    return hostile.pdf([PAGE], n_claimed=10_000_000)


HOSTILE = {
    "torn.pdf": hostile.pdf([PAGE])[:-300],
    "early.pdf": hostile.early_trailer(PAGE, 0.5),
    "locked.pdf": hostile.pdf([PAGE], password=SECRET),
    "empty.pdf": b"",
    "renamed.pdf": "只是文字".encode(),
    "no-pages.pdf": hostile.pdf([]),
    "cyclic.pdf": cyclic(),
    "forms.pdf": hostile.nested_forms(depth=9, width=10),
    "objects.pdf": hostile.object_stream(900),
    "absurd-box.pdf": hostile.pdf([hostile.Sheet(b"", {}, (9e7, 9e7))]),
    "pixels.png": hostile.png(60_000, 60_000),
    "speck.png": hostile.png(1, 1, bytes(2)),
    "torn.png": hostile.png(600, 400, bytes(9)),
    "huge.bmp": hostile.bmp(60_000, 60_000),
    "huge.tif": hostile.tiff(60_000, 60_000),
    "half.jpg": b"\xff\xd8\xff\xe0 no more",
    "half.webp": b"RIFF\x10\0\0\0WEBPVP8 ",
    "header.pdf": b"%PDF-1.7\n",
}
LYING = {
    "claims.pdf": many_objects(),
    "flat-box.pdf": hostile.pdf([hostile.Sheet(b"", {}, (0.0, 0.0))]),
}
"""What they say is not believed, and costs nothing."""


@needs_posix
def test_a_folder_of_the_worst(tmp_path):
    scans, out = tmp_path / "scans", tmp_path / "out"
    for number in range(N_GOOD - 1):
        path = scans / f"{number % 5}" / f"good{number}.pdf"
        path.parent.mkdir(parents=True, exist_ok=True)
        card_pdf(path)
    long = "长" * 66  # 198 bytes
    card_pdf(scans / f"{long}.pdf")
    for name, data in (HOSTILE | LYING).items():
        (scans / name).write_bytes(data)
    card_pdf(scans / "secret.pdf").chmod(0)
    (scans / "loop.pdf").symlink_to(scans / "loop.pdf")
    (scans / "0" / "round").symlink_to(scans)
    os.mkfifo(scans / "pipe.pdf")
    (scans / "last").mkdir()
    gone = card_pdf(scans / "last" / "gone.pdf", 300)  # read when all others are
    code, complaints = measured(
        *("convert", scans, "-o", out, *replaying(tmp_path), "--jobs", "2"),
        *("--page-timeout", "60", "--set", f"ingest.max_pixels={MAX_PIXELS}"),
        on_page=lambda: gone.unlink(missing_ok=True),
    )
    assert code == ExitCode.INPUT, complaints
    good = [name for name in results(out) if "good" in name or long in name]
    assert len(good) == N_GOOD
    assert set(results(out)) - set(good) == {"claims.json", "flat-box.json", "forms.json"}
    errors = [line for line in complaints if line.startswith("error: ")]
    bad = {*HOSTILE, "secret.pdf", "loop.pdf", "pipe.pdf", "gone.pdf"}
    assert {name: sum(name in error for error in errors) for name in bad} == dict.fromkeys(bad, 1)
    assert len(errors) == len(bad)
    failures = json.loads(tenglu("status", out, "--json").out)["failures"]
    assert {Path(failure["input"]).name for failure in failures} == bad
    [flag] = load((out / "forms.json").read_bytes()).flags
    assert flag.code is FlagCode.PAGE_FAILED
    [peaks] = [line.split()[1:] for line in complaints if line.startswith("peak ")]
    parent, processes = (int(peak) * 1024 for peak in peaks)
    assert parent < MAX_MEMORY
    assert processes < memory_limit(MAX_PIXELS, 2) + SHARED


def measured(*words: object, on_page: Callable[[], object]) -> tuple[int, list[str]]:
    """Convert without the rights of a superuser; code, and lines of standard error."""
    with subprocess.Popen(
        [sys.executable, "-c", MEASURED, *(str(word) for word in words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        preexec_fn=dropper(),  # noqa: PLW1509
    ) as process:
        assert process.stderr is not None
        complaints = []
        for line in process.stderr:
            complaints.append(line.rstrip("\n"))
            if " pages (" in line:
                on_page()
    return process.returncode, complaints


MEASURED = """
import atexit, resource, sys
from tenglu.cli.main import main
def tell():
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    print("peak", *(resource.getrusage(kind).ru_maxrss for kind in kinds), file=sys.stderr)
if __name__ == "__main__":
    atexit.register(tell)
    main(prog_name="tenglu")
"""

LIMITED = """
import resource, signal, sys
from tenglu.cli.main import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
    main(prog_name="tenglu")
"""


@needs_posix
@pytest.mark.parametrize("limit", [6_000, 150_000])
def test_files_that_may_not_grow(tmp_path, limit):
    """Like a full disk, first for the store itself, then in the middle of the work."""
    path, out = card_pdf(tmp_path / "a.pdf", 50), tmp_path / "out"
    words = ["convert", str(path), "-o", str(out), *replaying(tmp_path), "--jobs", "1"]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(limit), *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ExitCode.OUTPUT, done.stderr
    errors = [line for line in done.stderr.splitlines() if " pages (" not in line]
    assert len(errors) == 1
    assert "cannot" in errors[0]
    assert results(out) == []
    call = tenglu(*words)
    assert call.code in (ExitCode.OK, ExitCode.REVIEW)
    assert len(load((out / "a.json").read_bytes()).pages) == 50


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MB, where the system lets us make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["/bin/mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        made = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        made = False
    if not made:
        pytest.skip("may not mount")
    yield folder
    subprocess.run(["/bin/umount", str(folder)], check=True)


def test_a_full_disk(tmp_path, small_disk):
    path, out = card_pdf(tmp_path / "a.pdf", 30), small_disk / "out"
    out.mkdir()
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(750_000))
    words = ["convert", path, "-o", out, *replaying(tmp_path), "--jobs", "1", "--to", "json,html"]
    call = tenglu(*words)
    assert call.code == ExitCode.OUTPUT
    [error] = call.errors
    assert "free some space" in error
    assert results(out) == []
    ballast.unlink()
    call = tenglu(*words)
    assert call.code in (ExitCode.OK, ExitCode.REVIEW), call.err
    assert results(out) == ["a.html", "a.json"]
    assert len(load((out / "a.json").read_bytes()).pages) == 30


def test_a_disk_that_is_read_only(tmp_path, small_disk):
    path, out = card_pdf(tmp_path / "a.pdf"), small_disk / "out"
    words = ["convert", path, "-o", out, *replaying(tmp_path), "--jobs", "1"]
    assert tenglu(*words).code in (ExitCode.OK, ExitCode.REVIEW)
    subprocess.run(["/bin/mount", "-o", "remount,ro", str(small_disk)], check=True)
    call = tenglu(*words)
    assert call.code == ExitCode.OUTPUT
    [error] = call.errors
    assert "choose another folder" in error
    assert tenglu("status", out).code == 0
