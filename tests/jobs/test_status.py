"""What tenglu status tells, while another process works and after."""

import json
import os
import signal

import pytest

import hostile
from calls import CARD, card_pdf, empty_table, replaying, results, tenglu, tenglu_alone
from tenglu.errors import ExitCode


@pytest.fixture
def engine(tmp_path) -> list[str]:
    return [*replaying(tmp_path), "--jobs", "1"]


def state(out) -> dict:
    call = tenglu("status", out, "--json")
    assert call.code == 0, call.err
    return json.loads(call.out)


def test_after_a_call_it_counts_and_names_what_failed(tmp_path, engine):
    broken = hostile.Sheet(
        hostile.shown(*CARD), {"P": hostile.jpeg_picture(b"\xff\xd8 no more", 600, 400)}, CARD
    )
    page = hostile.scanned(empty_table(), CARD)
    (tmp_path / "a.pdf").write_bytes(hostile.pdf([page, broken, page]))
    out, missing = tmp_path / "out", tmp_path / "missing.pdf"
    tenglu("convert", tmp_path / "a.pdf", missing, "-o", out, *engine)
    found = state(out)
    assert (found["pages_done"], found["pages_failed"], found["pages_waiting"]) == (2, 1, 0)
    assert (found["documents_done"], found["documents_failed"]) == (1, 1)
    cells = [c for t in json.loads((out / "a.json").read_text())["tables"] for c in t["cells"]]
    assert found["cells"] == len(cells) > 0
    assert found["cells_to_review"] == sum(cell["needs_review"] for cell in cells)
    assert not found["is_running"]
    assert found["pages_per_second"] > 0
    page_failed, input_failed = sorted(found["failures"], key=lambda failure: failure["input"])
    assert (page_failed["input"], page_failed["page"]) == (str(tmp_path / "a.pdf"), 2)
    assert (input_failed["input"], input_failed["page"]) == (str(missing), None)
    assert "does not exist" in input_failed["reason"]
    lines = tenglu("status", out).summaries
    assert lines[0] == "not running"
    assert any(line.split() == ["pages", "2", "1", "0"] for line in lines)
    assert sum(line.startswith("failed: ") for line in lines) == 2
    assert results(out) == ["a.json"]


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_while_it_runs_and_when_it_was_killed(tmp_path, engine):
    out, path = tmp_path / "out", card_pdf(tmp_path / "a.pdf", 400)
    with tenglu_alone("convert", path, "-o", out, *engine) as process:
        assert " pages (" in process.stderr.readline()
        running = state(out)
        assert (running["running"], running["is_running"]) == (process.pid, True)
        assert running["pages_done"] >= 40
        assert running["pages_done"] + running["pages_waiting"] == 400
        assert running["seconds_left"] > 0
        assert tenglu("status", out).summaries[0] == f"running (process {process.pid})"
        process.send_signal(signal.SIGKILL)
    killed = state(out)
    assert (killed["is_running"], killed["seconds_left"]) == (False, None)
    assert killed["pages_done"] >= running["pages_done"]
    assert killed["documents_waiting"] == 1


def test_a_folder_without_a_store(tmp_path):
    call = tenglu("status", tmp_path)
    assert call.code == ExitCode.OUTPUT
    assert "no job store" in call.err
    assert list(tmp_path.iterdir()) == []
