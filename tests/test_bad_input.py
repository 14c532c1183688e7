"""What cannot be read: one line that says so, the right exit code, and the others go on."""

import os
from pathlib import Path

import numpy as np
import pytest

import hostile
from calls import CARD, Call, card_pdf, empty_table, replaying, results, tenglu
from tenglu.errors import ExitCode
from tenglu.export.canonical import load
from tenglu.model import Document, FlagCode

SECRET = "k9 7"  # noqa: S105 - locks files of these tests
PAGE = hostile.scanned(empty_table(), CARD)


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def folder_without_documents(path: Path) -> None:
    put(path / "notes.txt", "没有".encode())


def nothing(path: Path) -> None:
    assert not path.exists()


def linked_to_itself(path: Path) -> None:
    path.symlink_to(path)


BAD = {
    "missing file": (nothing, "does not exist"),
    "folder without documents": (folder_without_documents, "holds no PDF"),
    "empty folder": (Path.mkdir, "holds no PDF"),
    "zero bytes": (lambda path: put(path, b""), "empty"),
    "text renamed": (lambda path: put(path, "只是文字".encode()), "is not a PDF"),
    "no pages": (lambda path: put(path, hostile.pdf([])), "has no pages"),
    "torn": (lambda path: put(path, hostile.pdf([PAGE])[:-300]), "is damaged"),
    "torn but it opens": (lambda path: put(path, hostile.early_trailer(PAGE, 0.5)), "is damaged"),
    "locked": (lambda path: put(path, hostile.pdf([PAGE], password=SECRET)), "--password-file"),
    "1 × 1": (lambda path: put(path, hostile.png(1, 1, bytes(2))), "too small"),
    "60,000 × 60,000": (lambda path: put(path, hostile.png(60_000, 60_000)), "max_pixels"),
    "torn picture": (lambda path: put(path, hostile.png(600, 400, bytes(9))), "is damaged"),
    "pipe": (os.mkfifo, "not a regular file"),
    "link to itself": (linked_to_itself, "cannot be opened"),
}


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def engine(tmp_path) -> list[str]:
    return [*replaying(tmp_path), "--jobs", "1"]  # one start is enough to wait for


def document(path: Path) -> Document:
    return load(path.read_bytes())


def check_one_error(call: Call, name: str, says: str) -> None:
    [error] = call.errors
    assert name in error
    assert says in error


@pytest.mark.parametrize(("make", "says"), BAD.values(), ids=BAD)
def test_one_line_and_the_others_go_on(tmp_path, out, engine, capfd, make, says):
    bad = tmp_path / "决算〔2023〕9号.pdf"
    make(bad)
    good, last = card_pdf(tmp_path / "good.pdf"), card_pdf(tmp_path / "last.pdf")
    call = tenglu("convert", good, bad, last, "-o", out, *engine)
    assert call.code == ExitCode.INPUT == 3
    check_one_error(call, bad.name, says)
    assert [line.split(":")[0] for line in call.summaries if "skipped" not in line] == [
        str(good),
        str(last),
    ]
    assert results(out) == ["good.json", "last.json"]
    assert document(out / "good.json").source.name == "good.pdf"
    assert capfd.readouterr() == ("", "")  # nor does a library speak up


@pytest.mark.parametrize(("make", "says"), BAD.values(), ids=BAD)
def test_alone_it_leaves_nothing_behind(tmp_path, out, engine, make, says):
    bad = tmp_path / "bad.pdf"
    make(bad)
    call = tenglu("convert", bad, "-o", out / "deep", *engine)
    assert call.code == ExitCode.INPUT
    check_one_error(call, bad.name, says)
    assert not out.exists()


def test_the_first_failure_gives_the_code(tmp_path, out, engine):
    short = card_pdf(tmp_path / "short.pdf")
    missing = tmp_path / "missing.pdf"
    pages = ("--pages", "1-2", "-o", out, *engine)
    assert tenglu("convert", short, missing, *pages).code == ExitCode.USAGE == 2
    assert tenglu("convert", missing, short, *pages).code == ExitCode.INPUT


def test_a_bad_file_in_a_folder_is_an_error_and_other_files_are_not(tmp_path, out, engine):
    folder = tmp_path / "scans"
    put(folder / "torn.pdf", hostile.pdf([PAGE])[:-300])
    put(folder / "renamed.pdf", b"no document at all")
    put(folder / "zero.pdf", b"")
    put(folder / "notes.txt", b"no document at all")
    put(folder / "zero", b"")
    card_pdf(folder / "good.pdf")
    call = tenglu("convert", folder, "-o", out, *engine)
    assert call.code == ExitCode.INPUT
    told = sorted(call.errors)
    assert len(told) == 3
    for error, name, says in zip(
        told,
        ("renamed.pdf", "torn.pdf", "zero.pdf"),
        ("whatever its name says", "is damaged", "is empty"),
        strict=True,
    ):
        assert name in error
        assert says in error
    assert any("skipped 2 files" in s and "notes.txt, zero" in s for s in call.summaries)
    assert results(out) == ["good.json"]


def test_passwords(tmp_path, out, engine):
    locked = put(tmp_path / "locked.pdf", hostile.pdf([PAGE], password=SECRET))
    opens_without = put(tmp_path / "plain.pdf", hostile.pdf([PAGE], password=""))
    right = put(tmp_path / "right", f"{SECRET}\r\n".encode("utf-8-sig"))
    wrong = put(tmp_path / "wrong", b"other")
    call = tenglu("convert", locked, opens_without, "-o", out, "--password-file", wrong, *engine)
    assert call.code == ExitCode.INPUT
    check_one_error(call, "locked.pdf", "--password-file")
    assert results(out) == ["plain.json"]
    call = tenglu("convert", locked, opens_without, "-o", out, "--password-file", right, *engine)
    assert call.code in (ExitCode.OK, ExitCode.REVIEW)
    assert results(out) == ["locked.json", "plain.json"]
    nowhere = tmp_path / "nowhere"
    call = tenglu("convert", locked, "-o", out, "--password-file", nowhere, *engine)
    assert call.code == ExitCode.USAGE
    assert "nowhere" in call.err


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bad_page_is_flagged_and_the_others_are_read(tmp_path, out, engine, jobs):
    broken = hostile.Sheet(
        hostile.shown(*CARD), {"P": hostile.jpeg_picture(b"\xff\xd8 no more", 600, 400)}, CARD
    )
    path = put(tmp_path / "a.pdf", hostile.pdf([PAGE, broken, PAGE]))
    call = tenglu("convert", path, "-o", out, *engine, "--jobs", jobs)
    assert call.code == ExitCode.REVIEW == 10
    check_one_error(call, "a.pdf", "page 2 failed")
    assert "3 pages" in call.out
    assert "1 page failed" in call.out
    pages = document(out / "a.json").pages
    assert [page.number for page in pages] == [1, 2, 3]
    assert [FlagCode.PAGE_FAILED in page.flags for page in pages] == [False, True, False]


class TestOutput:
    def test_a_file_in_the_place_of_the_folder(self, tmp_path, engine):
        good, taken = card_pdf(tmp_path / "good.pdf"), put(tmp_path / "taken", b"mine")
        for out in (taken, taken / "below"):
            call = tenglu("convert", good, "-o", out, *engine)
            assert call.code == ExitCode.OUTPUT == 5
            check_one_error(call, str(out), "choose another folder with -o")
            assert " pages (" not in call.err  # told before any work
        assert taken.read_bytes() == b"mine"

    def test_a_result_that_cannot_be_replaced(self, tmp_path, out, engine):
        (out / "a.json" / "in the way").mkdir(parents=True)
        first, second = card_pdf(tmp_path / "a.pdf"), card_pdf(tmp_path / "b.pdf")
        call = tenglu("convert", first, second, "-o", out, *engine)
        assert call.code == ExitCode.OUTPUT
        check_one_error(call, "a.json", "cannot write")
        assert results(out) == ["b.json"]

    def test_inputs_stay_as_they_are_even_where_results_go(self, tmp_path, engine):
        odd = put(tmp_path / "a.json", hostile.pdf([PAGE]))  # a PDF by its bytes
        call = tenglu("convert", odd, "-o", tmp_path, *engine)
        assert call.code in (ExitCode.OK, ExitCode.REVIEW)
        assert odd.read_bytes() == hostile.pdf([PAGE])
        assert document(tmp_path / "a.json.json").source.name == "a.json"


class TestEngine:
    def test_weights_that_are_not_there_end_the_run(self, tmp_path, out):
        nowhere = tmp_path / "nowhere"
        files = [card_pdf(tmp_path / f"{name}.pdf", 2) for name in "ab"]
        call = tenglu("convert", *files, "-o", out, "--jobs", 1, "--engine-dir", nowhere)
        assert call.code == ExitCode.ENGINE == 4
        check_one_error(call, str(nowhere), "")
        assert not out.exists()

    def test_a_bad_input_is_told_even_then(self, tmp_path, out):
        call = tenglu(
            *("convert", tmp_path / "missing.pdf", card_pdf(tmp_path / "a.pdf")),
            *("-o", out, "--set", "engine.kind=replay", "--set", "engine.recording=nowhere"),
        )
        assert call.code == ExitCode.ENGINE
        assert [line.startswith("error: ") for line in call.errors] == [True, True]


def test_memory_stays_small_when_a_picture_claims_to_be_huge(tmp_path, out, engine):
    resource = pytest.importorskip("resource")
    tenglu("convert", card_pdf(tmp_path / "warm.pdf"), "-o", out, *engine)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = np.packbits(np.zeros((60_000, 64), bool), axis=1).tobytes()
    call = tenglu("convert", put(tmp_path / "a.png", hostile.png(60_000, 60_000, rows)), "-o", out)
    assert call.code == ExitCode.INPUT
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB
