"""Calls that follow one another, or are cut off: nothing is done twice, and nothing is lost."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import hostile
import soak
from calls import CARD, card_pdf, empty_table, replaying, results, tenglu, tenglu_alone
from tenglu import __version__
from tenglu.errors import ExitCode
from tenglu.export.canonical import load
from tenglu.workers import cache_key as keys

FINISHED = (ExitCode.OK, ExitCode.REVIEW)
posix_only = pytest.mark.skipif(os.name != "posix", reason="sends signals")


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def engine(tmp_path) -> list[str]:
    return [*replaying(tmp_path), "--jobs", "1"]  # one start is enough to wait for


def pages_read(err: str) -> int:
    """How many pages a call has read, by its log."""
    lines = [json.loads(line) for line in err.splitlines()]
    return sum(line["event"] == "page" for line in lines)


@pytest.fixture
def convert(tmp_path, out, engine):
    """Convert and tell how many pages were read."""

    def call(*words: object) -> tuple[int, list[str]]:
        done = tenglu("convert", tmp_path / "scans", "-o", out, *engine, "--log-json", *words)
        assert done.code in FINISHED, done.err
        return pages_read(done.err), done.summaries

    (tmp_path / "scans" / "north").mkdir(parents=True)
    card_pdf(tmp_path / "scans" / "a.pdf", 3)
    sheet = hostile.scanned(empty_table(500, 300), CARD)
    (tmp_path / "scans" / "north" / "b.pdf").write_bytes(hostile.pdf([sheet] * 2))
    return call


class TestAgain:
    def test_nothing_is_done_twice_and_it_says_so(self, convert, out):
        assert convert()[0] == 5
        before = {name: (out / name).stat().st_mtime_ns for name in results(out)}
        n_read, [said] = convert()
        assert (n_read, said) == (0, "2 of 2 documents were finished before; nothing to do")
        assert {name: (out / name).stat().st_mtime_ns for name in results(out)} == before

    def test_the_code_stays_that_of_the_results(self, tmp_path, out, engine):
        coarse = hostile.scanned(empty_table(300, 200), CARD)  # 100 dpi, which is flagged
        (tmp_path / "coarse.pdf").write_bytes(hostile.pdf([coarse]))
        for _ in range(2):
            call = tenglu("convert", tmp_path / "coarse.pdf", "-o", out, *engine)
            assert call.code == ExitCode.REVIEW

    def test_a_changed_input_alone_is_read(self, convert, tmp_path, out):
        convert()
        card_pdf(tmp_path / "scans" / "a.pdf", 4)
        n_read, said = convert()
        assert n_read == 4
        assert said[0] == "1 of 2 documents were finished before"
        assert len(load((out / "a.json").read_bytes()).pages) == 4

    def test_an_input_that_was_only_touched_is_not_read(self, convert, tmp_path):
        convert()
        (tmp_path / "scans" / "a.pdf").touch()
        assert convert()[0] == 0

    def test_settings_of_later_stages_need_no_reading(self, convert, out):
        convert()
        n_read, said = convert("--set", "check.target_silent_errors=0.01")
        assert n_read == 0
        assert len([line for line in said if " -> " in line]) == 2
        steps = {step.name: step.settings for step in load((out / "a.json").read_bytes()).steps}
        assert steps["check"]["target_silent_errors"] == 0.01

    def test_other_formats_need_no_reading(self, convert, out):
        convert()
        assert convert("--to", "json,xlsx")[0] == 0
        assert {"a.json", "a.xlsx", "north/b.xlsx"} <= set(results(out))

    def test_settings_of_earlier_stages_do(self, convert):
        convert()
        assert convert("--set", "orient.max_skew=5")[0] == 5

    def test_another_version_does(self, convert, monkeypatch):
        convert()
        monkeypatch.setattr(keys.tenglu, "__version__", __version__ + "x")
        assert convert()[0] == 5

    def test_other_readings_of_the_engine_do(self, convert, tmp_path):
        convert()
        path = tmp_path / "recording.json"
        path.write_text(path.read_text().replace('"recorded"', ' "recorded"'))
        assert convert()[0] == 5

    def test_more_pages_are_more_reading(self, convert, out):
        assert convert("--pages", "1-2")[0] == 4
        assert convert()[0] == 1
        assert len(load((out / "a.json").read_bytes()).pages) == 3

    def test_a_result_that_was_removed_is_written_again(self, convert, out):
        convert()
        content = (out / "a.json").read_bytes()
        (out / "a.json").unlink()
        assert convert()[0] == 0
        assert (out / "a.json").read_bytes() == content

    def test_a_result_that_was_corrected_is_left_alone(self, convert, out):
        convert()
        (out / "a.json").write_text("corrected")
        convert()
        assert (out / "a.json").read_text() == "corrected"

    def test_two_files_of_one_content_are_read_once(self, tmp_path, out, engine):
        for name in ("a.pdf", "b.pdf"):
            card_pdf(tmp_path / name, 3)
        paths = (tmp_path / "a.pdf", tmp_path / "b.pdf")
        call = tenglu("convert", *paths, "-o", out, *engine, "--log-json")
        assert pages_read(call.err) == 3
        assert results(out) == ["a.json", "b.json"]
        assert load((out / "b.json").read_bytes()).source.name == "b.pdf"

    def test_an_input_that_comes_later_takes_no_name_away(self, tmp_path, out, engine):
        for folder in ("x", "y"):
            (tmp_path / folder).mkdir()
            card_pdf(tmp_path / folder / "a.pdf", 1 if folder == "x" else 2)
            tenglu("convert", tmp_path / folder / "a.pdf", "-o", out, *engine)
        assert results(out) == ["a.json", "a.pdf.json"]
        assert len(load((out / "a.json").read_bytes()).pages) == 1

    def test_a_file_that_failed_is_tried_again(self, tmp_path, out, engine):
        path = tmp_path / "a.pdf"
        whole = card_pdf(path).read_bytes()
        path.write_bytes(whole[:-300])
        for _ in range(2):
            call = tenglu("convert", path, "-o", out, *engine)
            assert call.code == ExitCode.INPUT
            assert len(call.errors) == 1
        path.write_bytes(whole)
        assert tenglu("convert", path, "-o", out, *engine).code in FINISHED

    def test_pages_that_were_too_slow_are_tried_again(self, tmp_path, out, engine):
        path = card_pdf(tmp_path / "a.pdf", 2)
        words = ("convert", path, "-o", out, *engine)
        call = tenglu(*words, "--page-timeout", "0.001")
        assert call.code == ExitCode.REVIEW
        assert "2 pages failed" in call.out
        assert all("--page-timeout" in error for error in call.errors)
        call = tenglu(*words)
        assert "0 pages failed" in call.out


class TestFolder:
    def test_one_call_at_a_time(self, tmp_path, out, engine):
        slow = card_pdf(tmp_path / "slow.pdf", 400)
        with tenglu_alone("convert", slow, "-o", out, *engine) as first:
            assert " pages (" in first.stderr.readline()
            call = tenglu("convert", slow, "-o", out, *engine)
            assert call.code == ExitCode.OUTPUT
            assert f"process {first.pid}" in call.err
            first.kill()
        assert tenglu("convert", slow, "-o", out, *engine, "--pages", "1").code in FINISHED

    def test_a_store_that_is_none(self, tmp_path, out, engine):
        (out / ".tenglu").mkdir(parents=True)
        (out / ".tenglu" / "jobs.sqlite").write_text("no database, and long enough to be one" * 99)
        call = tenglu("convert", card_pdf(tmp_path / "a.pdf"), "-o", out, *engine)
        assert call.code == ExitCode.OUTPUT
        [error] = call.errors
        assert "remove this folder" in error

    def test_a_store_of_a_newer_version(self, tmp_path, out, engine):
        path = card_pdf(tmp_path / "a.pdf")
        tenglu("convert", path, "-o", out, *engine)
        script = "PRAGMA user_version = 99"
        file = out / ".tenglu" / "jobs.sqlite"
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"import sqlite3; sqlite3.connect({str(file)!r}).execute({script!r})",
            ],
            check=True,
        )
        call = tenglu("convert", path, "-o", out, *engine)
        assert call.code == ExitCode.OUTPUT
        assert "newer tenglu" in call.err

    def test_a_file_that_changes_while_it_is_read(self, tmp_path, out, engine):
        path, other = card_pdf(tmp_path / "a.pdf", 300), card_pdf(tmp_path / "b.pdf")
        with tenglu_alone("convert", path, other, "-o", out, *engine) as process:
            assert " pages (" in process.stderr.readline()
            card_pdf(path, 2)
            errors = [line for line in process.stderr if line.startswith("error")]
        assert process.returncode == ExitCode.INPUT
        assert ["changed while it was read" in error for error in errors] == [True]
        assert results(out) == ["b.json"]
        assert tenglu("convert", path, "-o", out, *engine).code in FINISHED
        assert len(load((out / "a.json").read_bytes()).pages) == 2

    def test_a_file_that_goes_away_while_it_is_read_and_its_twin(self, tmp_path, out, engine):
        paths = [card_pdf(tmp_path / name, 120) for name in ("a.pdf", "b.pdf")]
        with tenglu_alone("convert", *paths, "-o", out, *engine) as process:
            assert " pages (" in process.stderr.readline()
            paths[0].unlink()
            errors = [line for line in process.stderr if line.startswith("error")]
        assert process.returncode == ExitCode.INPUT
        assert len(errors) == 2
        assert f"{paths[0]} went away while it was read" in errors[0]
        assert f"{paths[1]} holds the same as {paths[0]}, which went away" in errors[1]
        assert results(out) == []
        assert tenglu("convert", paths[1], "-o", out, *engine).code in FINISHED


@pytest.mark.slow
@posix_only
def test_what_was_opened_before_an_interruption_stays_known(tmp_path, out, engine):
    scans = tmp_path / "scans"
    scans.mkdir()
    for number in range(3000):
        (scans / f"{number}.png").write_bytes(hostile.png(60, 40, bytes(360)) + b"%d" % number)
    with tenglu_alone("convert", scans, "-o", out, *engine) as process:
        while not _n_known(out):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == ExitCode.INTERRUPTED
    assert _n_known(out)


def _n_known(out: Path) -> int:
    file = out / ".tenglu" / "jobs.sqlite"
    if not file.is_file():
        return 0
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as store:
        try:
            return store.execute("SELECT count(*) FROM input").fetchone()[0]
        except sqlite3.OperationalError:  # not made yet
            return 0


@pytest.mark.slow
@posix_only
class TestKilled:
    def test_at_random_moments_the_results_are_the_same(self, tmp_path):
        soak.soak(tmp_path, n_runs=5, n_files=9, seed=random.SystemRandom().randrange(10**6))

    def test_no_orphans(self, tmp_path, out):
        path = card_pdf(tmp_path / "a.pdf", 400)
        words = ("convert", path, "-o", out, *replaying(tmp_path), "--jobs", 2)
        with tenglu_alone(*words, start_new_session=True) as process:
            assert " pages (" in process.stderr.readline()
            os.kill(process.pid, signal.SIGKILL)
        assert soak.has_ended(process.pid)
