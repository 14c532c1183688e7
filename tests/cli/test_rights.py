"""Files and folders that may not be opened: told by name, and the others go on."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from calls import Call, card_pdf, replaying, results, tenglu, tenglu_alone
from rights import dropper
from tenglu.errors import ExitCode

if not sys.platform.startswith("linux"):
    pytest.skip("takes rights from the superuser as Linux does", allow_module_level=True)


def tenglu_without_privilege(*words: object) -> Call:
    """Call in a process that keeps to the rights of files."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tenglu", *(str(word) for word in words)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            preexec_fn=dropper(),
            check=False,
        )
    except subprocess.SubprocessError:
        pytest.skip("may not give up privileges")
    return Call(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def engine(tmp_path) -> list[str]:
    return [*replaying(tmp_path), "--jobs", "1"]


@pytest.fixture
def closed():
    """Takes the rights of files and folders, and gives them back for the clean-up."""
    changed: list[tuple[Path, int]] = []

    def close(path: Path, mode: int = 0) -> Path:
        changed.append((path, path.stat().st_mode))
        path.chmod(mode)
        return path

    yield close
    for path, mode in reversed(changed):
        path.chmod(mode)


def test_what_may_not_be_read_in_a_folder(tmp_path, out, engine, closed):
    scans = tmp_path / "scans"
    for name in ("good", "secret", "shut/inside", "listed/a"):
        (scans / name).parent.mkdir(parents=True, exist_ok=True)
        card_pdf(scans / f"{name}.pdf")
    (scans / "listed" / "notes").write_text("no document, for all one can tell")
    closed(scans / "secret.pdf")
    closed(scans / "shut")
    closed(scans / "listed", 0o444)  # names are shown, files are not
    call = tenglu_without_privilege("convert", scans, "-o", out, *engine)
    assert call.code == ExitCode.INPUT
    told = [name for error in call.errors for name in error.split() if str(scans) in name]
    bad = ("listed/a.pdf", "listed/notes", "secret.pdf", "shut")
    assert sorted(told) == [str(scans / name) for name in bad]
    assert all("Permission denied" in error for error in call.errors)
    assert results(out) == ["good.json"]
    failures = json.loads(tenglu("status", out, "--json").out)["failures"]
    assert [failure["input"] for failure in failures] == sorted(told)


def test_what_may_not_be_reached(tmp_path, out, engine, closed):
    hidden, good = tmp_path / "hidden", card_pdf(tmp_path / "good.pdf")
    hidden.mkdir()
    card_pdf(hidden / "a.pdf")
    closed(hidden)
    call = tenglu_without_privilege("convert", hidden / "a.pdf", good, "-o", out, *engine)
    assert call.code == ExitCode.INPUT
    [error] = call.errors
    assert f"{hidden / 'a.pdf'} cannot be opened: Permission denied" in error
    assert results(out) == ["good.json"]
    call = tenglu_without_privilege("convert", good, "-o", hidden / "out", *engine)
    assert call.code == ExitCode.OUTPUT
    [error] = call.errors
    assert "Permission denied" in error
    assert "choose another folder" in error
    for words in (("status", hidden / "out"), ("watch", hidden / "in", "-o", out, *engine)):
        call = tenglu_without_privilege(*words)
        assert call.code in (ExitCode.OUTPUT, ExitCode.INPUT)
        assert len(call.errors) == 1


def test_who_may_only_look_sees_how_far_it_is(tmp_path, out, engine, closed):
    path = card_pdf(tmp_path / "a.pdf", 400)
    with tenglu_alone("convert", path, "-o", out, *engine) as process:
        assert " pages (" in process.stderr.readline()
        for place in (*(out / ".tenglu").iterdir(), out / ".tenglu", out):
            closed(place, 0o555 if place.is_dir() else 0o444)
        process.send_signal(signal.SIGSTOP)
        call = tenglu_without_privilege("status", out, "--json")
        process.kill()
    assert call.code == 0, call.err
    state = json.loads(call.out)
    assert (state["running"], state["is_running"]) == (process.pid, True)
    assert state["pages_done"] >= 40
    call = tenglu_without_privilege("status", out, "--json")
    assert not json.loads(call.out)["is_running"]
    assert json.loads(call.out)["pages_done"] >= state["pages_done"]


def test_a_folder_of_results_without_the_right_to_write(tmp_path, out, engine, closed):
    good = card_pdf(tmp_path / "good.pdf")
    out.mkdir()
    closed(out, 0o555)
    call = tenglu_without_privilege("convert", good, "-o", out, *engine)
    assert call.code == ExitCode.OUTPUT
    [error] = call.errors
    assert "choose another folder with -o" in error
    assert results(out) == []
