"""A folder of the worst, and disks that refuse: everything is told, and the rest is done."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hostile
from calls import CARD, card_pdf, empty_table, replaying, results, tenglu
from tenglu.errors import ExitCode
from tenglu.export.canonical import load

PAGE = hostile.scanned(empty_table(), CARD)
SECRET = "k9"  # noqa: S105 - locks a file of this test
N_GOOD = 40
MAX_MEMORY = 1_170_000  # KiB, of the parent and of each worker: the 1.2 GB that are promised
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
    "claims.pdf": many_objects(),
    "absurd-box.pdf": hostile.pdf([hostile.Sheet(b"", {}, (9e7, 9e7))]),
    "flat-box.pdf": hostile.pdf([hostile.Sheet(b"", {}, (0.0, 0.0))]),
    "pixels.png": hostile.png(60_000, 60_000),
    "speck.png": hostile.png(1, 1, bytes(2)),
    "torn.png": hostile.png(600, 400, bytes(9)),
    "huge.bmp": hostile.bmp(60_000, 60_000),
    "huge.tif": hostile.tiff(60_000, 60_000),
    "half.jpg": b"\xff\xd8\xff\xe0 no more",
    "half.webp": b"RIFF\x10\0\0\0WEBPVP8 ",
    "header.pdf": b"%PDF-1.7\n",
}


LYING = {"claims.pdf", "absurd-box.pdf", "flat-box.pdf"}  # what they say is not believed


@needs_posix
def test_a_folder_of_the_worst(tmp_path):
    scans, out = tmp_path / "scans", tmp_path / "out"
    for number in range(N_GOOD - 1):
        path = scans / f"{number % 5}" / f"good{number}.pdf"
        path.parent.mkdir(parents=True, exist_ok=True)
        card_pdf(path)
    long = "长" * 66  # 198 bytes
    card_pdf(scans / f"{long}.pdf")
    for name, data in HOSTILE.items():
        (scans / name).write_bytes(data)
    (scans / "loop.pdf").symlink_to(scans / "loop.pdf")
    (scans / "0" / "round").symlink_to(scans)
    os.mkfifo(scans / "pipe.pdf")
    done = subprocess.run(
        [
            *("/usr/bin/env", sys.executable, "-c", MEASURED, "convert", scans, "-o", out),
            *replaying(tmp_path),
            *("--jobs", "2", "--page-timeout", "60", "--set", "ingest.max_pixels=20_000_000"),
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == ExitCode.INPUT, done.stderr
    good = [name for name in results(out) if "good" in name or long in name]
    assert len(good) == N_GOOD
    assert set(results(out)) - set(good) == {f"{Path(name).stem}.json" for name in LYING}
    told = [line for line in (done.stdout + done.stderr).splitlines() if " pages (" not in line]
    for name in {*HOSTILE, "loop.pdf", "pipe.pdf"} - LYING:
        assert sum(name in line for line in told) == 1, name
    peak = max(int(line.split()[1]) for line in done.stderr.splitlines() if line.startswith("peak"))
    assert peak < MAX_MEMORY


MEASURED = """
import atexit, resource, sys
from tenglu.cli import main
def tell():
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    print("peak", max(resource.getrusage(kind).ru_maxrss for kind in kinds), file=sys.stderr)
if __name__ == "__main__":
    atexit.register(tell)
    main(prog_name="tenglu")
"""

LIMITED = """
import resource, signal, sys
from tenglu.cli import main
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
