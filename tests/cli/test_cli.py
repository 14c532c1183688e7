import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

import hostile
import paint
from calls import CARD, card_pdf, empty_table, replaying, results, tenglu, tenglu_alone
from tenglu import __version__ as tenglu_version
from tenglu.cli.main import main
from tenglu.errors import ExitCode
from tenglu.export import format_names
from tenglu.export.canonical import load
from tenglu.jobs.console import counted
from tenglu.model import Document

MAX_HELP_SECONDS = 0.5  # of the processor
PROBE = """
import sys, time
from tenglu.cli.main import main
sys.argv = ["tenglu", "convert", "--help"]
try:
    main()
finally:
    heavy = ("numpy", "cv2", "pypdfium2", "rich", "paddleocr", "xlsxwriter")
    print("heavy:", *(name for name in heavy if name in sys.modules), sep="")
    print(time.process_time())
"""
FINISHED = (ExitCode.OK, ExitCode.REVIEW)


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def engine(tmp_path) -> list[str]:
    return [*replaying(tmp_path), "--jobs", "1"]  # one start is enough to wait for


def has_ended(group: int, patience: float = 10.0) -> bool:
    """Wait until no process of a group is left."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def document(path: Path) -> Document:
    return load(path.read_bytes())


class TestHelp:
    def test_it_tells_every_option_and_every_exit_code(self):
        call = tenglu("convert", "--help")
        assert call.code == 0
        for option in main.commands["convert"].params[1:]:
            assert all(word in call.out for word in option.opts)
            assert option.help in " ".join(call.out.split())
        for code in ExitCode:
            assert any(line.split()[:1] == [str(code.value)] for line in call.out.splitlines())
        assert all(name in call.out for name in format_names())

    def test_its_examples_are_understood(self, tmp_path, engine, monkeypatch):
        monkeypatch.chdir(tmp_path)
        card_pdf(tmp_path / "report.pdf", 15)
        (tmp_path / "scans").mkdir()
        card_pdf(tmp_path / "scans" / "a.pdf")
        lines = tenglu("convert", "--help").out.splitlines()
        examples = [line.split()[1:] for line in lines if line.strip().startswith("tenglu convert")]
        assert len(examples) == 3
        for words in examples:
            assert tenglu(*words, *engine).code in FINISHED
        assert {"report.json", "report.xlsx", "a.json"} <= set(results(tmp_path / "out"))

    def test_it_comes_at_once_and_without_the_heavy_parts(self):
        times = []
        for _ in range(3):
            done = subprocess.run(
                [sys.executable, "-c", PROBE], check=True, capture_output=True, text=True
            )
            *shown, heavy, seconds = done.stdout.splitlines()
            times.append(float(seconds))
            assert "Exit codes" in "\n".join(shown)
            assert heavy == "heavy:"
        assert min(times) < MAX_HELP_SECONDS

    def test_version(self):
        call = tenglu("--version")
        assert call.code == 0
        assert tenglu_version in call.out

    def test_schema(self):
        jsonschema = pytest.importorskip("jsonschema")
        call = tenglu("schema")
        assert call.code == 0
        jsonschema.Draft202012Validator.check_schema(json.loads(call.out))

    def test_doctor(self, tmp_path):
        call = tenglu("doctor", "--engine-dir", tmp_path / "nowhere")
        assert call.code == ExitCode.ENGINE
        assert str(tmp_path / "nowhere") in call.out
        assert "->" in call.out


class TestUsage:
    @pytest.mark.parametrize(
        ("words", "named"),
        [
            ([], "INPUT"),
            (["--to", "jsn"], "jsn"),
            (["--to", ""], "json, xlsx"),
            (["--pages", "3-1"], "3-1"),
            (["--pages", "x"], "x"),
            (["--jobs", "0"], "--jobs"),
            (["--set", "tables.nonsense=1"], "tables.nonsense"),
            (["--set", "nonsense.a=1"], "nonsense"),
            (["--set", "ingest.vector_dpi=many"], "ingest.vector_dpi"),
            (["--set", "ingest.vector_dpi=5"], "ingest.vector_dpi"),
            (["--set", "ingest.vector_dpi"], "stage.option=value"),
            (["--set", "engine.nonsense=1"], "nonsense"),
            (["--config", "nowhere.toml"], "nowhere.toml"),
            (["--nonsense"], "--nonsense"),
        ],
    )
    def test_what_is_wrong_is_named(self, tmp_path, out, words, named):
        inputs = [card_pdf(tmp_path / "a.pdf")] if words else []
        call = tenglu("convert", *inputs, "-o", out, *words)
        assert call.code == ExitCode.USAGE == 2
        assert named in call.err.splitlines()[-1]
        assert not out.exists()

    def test_a_wrong_setting_names_the_right_ones(self, tmp_path):
        call = tenglu("convert", tmp_path, "--set", "ingest.dpi=300")
        assert "vector_dpi" in call.err

    def test_settings_come_from_a_file_and_from_the_line_which_wins(self, tmp_path, out, engine):
        drawn = hostile.pdf([hostile.Sheet(b"1 0 0 1 0 0 cm", {}, CARD)])
        (tmp_path / "a.pdf").write_bytes(drawn)
        config = tmp_path / "tenglu.toml"
        config.write_text("[ingest]\nvector_dpi = 100\nmax_pixels = 1_000_000\n", "utf-8")
        call = tenglu("convert", tmp_path / "a.pdf", "-o", out, "--config", config, *engine)
        assert call.code in FINISHED
        assert document(out / "a.json").pages[0].dpi == 100
        words = ("--config", config, "--set", "ingest.vector_dpi=200", *engine)
        tenglu("convert", tmp_path / "a.pdf", "-o", out, *words)
        result = document(out / "a.json")
        assert result.pages[0].dpi == 200
        [ingest] = [step.settings for step in result.steps if step.name == "ingest"]
        assert (ingest["vector_dpi"], ingest["max_pixels"]) == (200, 1_000_000)

    def test_a_file_that_is_no_toml(self, tmp_path):
        config = tmp_path / "tenglu.toml"
        config.write_text("[ingest\n", "utf-8")
        call = tenglu("convert", tmp_path, "--config", config)
        assert call.code == ExitCode.USAGE
        assert str(config) in call.err


class TestConvert:
    def test_one_line_a_document_on_standard_output(self, tmp_path, out, engine):
        path = card_pdf(tmp_path / "a.pdf", 3)
        call = tenglu("convert", path, "-o", out, *engine)
        assert call.code in FINISHED
        [summary] = call.summaries
        tables = document(out / "a.json").tables
        n_cells = sum(len(table.cells) for table in tables)
        assert summary.startswith(
            f"{path}: 3 pages, {counted(len(tables), 'table')}, {n_cells} cells, "
        )
        assert summary.endswith(f"0 pages failed -> {out / 'a.json'}")
        assert "3 of 3 pages" in call.err

    def test_the_code_says_whether_something_waits_for_review(self, tmp_path, out, engine):
        coarse = hostile.scanned(empty_table(300, 200), CARD)  # 100 dpi, which is flagged
        (tmp_path / "coarse.pdf").write_bytes(hostile.pdf([coarse]))
        card_pdf(tmp_path / "plain.pdf")
        codes = {}
        for name in ("coarse", "plain"):
            codes[name] = tenglu("convert", tmp_path / f"{name}.pdf", "-o", out, *engine).code
            result = document(out / f"{name}.json")
            cells = [cell for table in result.tables for cell in table.cells]
            waits = bool(result.flags) or any(cell.needs_review for cell in cells)
            assert codes[name] == (ExitCode.REVIEW if waits else ExitCode.OK)
        assert codes["coarse"] == ExitCode.REVIEW == 10

    def test_all_formats(self, tmp_path, out, engine):
        path = card_pdf(tmp_path / "决算〔2023〕9号.pdf")
        call = tenglu("convert", path, "-o", out, "--to", "md, json,XLSX,csv,html", *engine)
        assert call.code in FINISHED
        suffixes = {Path(name).suffix for name in results(out)}
        assert suffixes == {".json", ".xlsx", ".csv", ".html", ".md"}
        assert f"{out / '决算〔2023〕9号.json'} and " in call.out

    def test_pages(self, tmp_path, out, engine):
        path = card_pdf(tmp_path / "a.pdf", 6)
        assert tenglu("convert", path, "-o", out, "--pages", "5,2-3", *engine).code in FINISHED
        result = document(out / "a.json")
        assert [page.number for page in result.pages] == [2, 3, 5]
        assert result.source.n_pages == 6

    def test_pages_beyond_the_end_fail_that_input_alone(self, tmp_path, out, engine):
        short, long = card_pdf(tmp_path / "short.pdf", 2), card_pdf(tmp_path / "long.pdf", 4)
        call = tenglu("convert", short, long, "-o", out, "--pages", "3-4", *engine)
        assert call.code == ExitCode.USAGE
        assert call.errors == [f"error: {short}: --pages asks for page 4, and there are 2"]
        assert results(out) == ["long.json"]

    def test_a_tree_is_mirrored_and_what_is_no_document_is_named(self, tmp_path, out, engine):
        scans = tmp_path / "scans"
        for name in ("a.pdf", "north/a.pdf", "north/b.bin"):
            (scans / name).parent.mkdir(parents=True, exist_ok=True)
            card_pdf(scans / name)
        (scans / "notes.txt").write_text("no document")
        call = tenglu("convert", scans, "-o", out, *engine)
        assert call.code in FINISHED
        assert results(out) == ["a.json", "north/a.json", "north/b.json"]
        [skipped] = [line for line in call.summaries if "skipped" in line]
        assert skipped == f"{scans}: skipped 1 files that are no documents: notes.txt"

    def test_like_names_do_not_overwrite_each_other(self, tmp_path, out, engine):
        pdf = card_pdf(tmp_path / "a.pdf", 2)
        png = tmp_path / "a.png"
        png.write_bytes(cv2.imencode(".png", empty_table())[1].tobytes())
        assert tenglu("convert", pdf, png, "-o", out, *engine).code in FINISHED
        assert results(out) == ["a.pdf.json", "a.png.json"]
        assert document(out / "a.pdf.json").source.n_pages == 2
        assert document(out / "a.png.json").source.media_type == "image/png"

    def test_an_earlier_result_is_replaced(self, tmp_path, out, engine):
        path = card_pdf(tmp_path / "a.pdf")
        out.mkdir()
        (out / "a.json").write_text("old")
        (out / "other.json").write_text("kept")
        assert tenglu("convert", path, "-o", out, *engine).code in FINISHED
        assert document(out / "a.json").source.name == "a.pdf"
        assert (out / "other.json").read_text() == "kept"
        assert results(out) == ["a.json", "other.json"]

    def test_results_do_not_depend_on_the_number_of_processes(self, tmp_path, engine):
        rng = np.random.default_rng(5)
        sheets = []
        for _ in range(4):
            noisy = paint.noise(empty_table(*rng.integers(500, 700, 2)), int(rng.integers(99)))
            sheets.append(hostile.scanned(noisy, CARD))
        path = tmp_path / "a.pdf"
        path.write_bytes(hostile.pdf(sheets))
        for jobs in (1, 2):
            words = ("-o", tmp_path / f"out{jobs}", *engine, "--jobs", jobs)
            assert tenglu("convert", path, *words).code in FINISHED
        first, second = ((tmp_path / f"out{jobs}" / "a.json").read_bytes() for jobs in (1, 2))
        assert first == second

    def test_a_painted_page_is_read(self, tmp_path, out):
        painted = paint.paint_table(paint.random_layout(np.random.default_rng(7), 4, 3))
        path = tmp_path / "painted.png"
        path.write_bytes(cv2.imencode(".png", painted.image[:, :, ::-1])[1].tobytes())
        assert tenglu("convert", path, "-o", out, "--jobs", 1).code in FINISHED
        [table] = document(out / "painted.json").tables
        read = {(cell.row, cell.col): cell.text for cell in table.cells}
        assert read == {(cell.row, cell.col): cell.text for cell in painted.cells}


class TestProcess:
    """What only a process of its own shows."""

    def test_a_reader_that_goes_away_does_not_stop_the_work(self, tmp_path, out, engine):
        paths = [card_pdf(tmp_path / f"{name}.pdf") for name in "abc"]
        with tenglu_alone("convert", *paths, "-o", out, *engine) as process:
            process.stdout.close()
            complaints = process.stderr.read()
        assert process.returncode in FINISHED
        assert results(out) == ["a.json", "b.json", "c.json"]
        assert "Traceback" not in complaints
        assert "Broken" not in complaints

    @pytest.mark.skipif(os.name != "posix", reason="sends signals to a process group")
    @pytest.mark.parametrize("jobs", [1, 2])
    def test_ctrl_c(self, tmp_path, out, jobs):
        words = [*replaying(tmp_path), "--jobs", jobs]
        first, long = card_pdf(tmp_path / "a.pdf", 2), card_pdf(tmp_path / "b.pdf", 400)
        call = ("convert", first, long, "-o", out, *words)
        with tenglu_alone(*call, start_new_session=True) as process:
            try:
                assert process.stdout.readline().startswith(f"{first}: 2 pages")
            finally:
                os.killpg(process.pid, signal.SIGINT)
            complaints = process.stderr.read()
        assert process.returncode == ExitCode.INTERRUPTED == 130
        errors = [line for line in complaints.splitlines() if " pages (" not in line]
        assert errors == ["error: interrupted; the same command goes on from here"]
        assert results(out) == ["a.json"]
        assert has_ended(process.pid)

    def test_errors_are_one_line_and_with_v_a_traceback(self, tmp_path):
        missing = tmp_path / "missing.pdf"
        with tenglu_alone("convert", missing) as plain:
            err = plain.stderr.read()
        assert (plain.returncode, len(err.splitlines())) == (3, 1)
        with tenglu_alone("convert", missing, "-v") as verbose:
            err = verbose.stderr.read()
        assert verbose.returncode == 3
        assert err.splitlines()[0].startswith("error: ")
        assert "Traceback" in err
        assert "FileNotFoundError" in err

    def test_with_v_a_failed_page_shows_where(self, tmp_path, out, engine):
        broken = {"P": hostile.jpeg_picture(b"\xff\xd8 no more", 600, 400)}
        sheets = [
            hostile.scanned(empty_table(), CARD),
            hostile.Sheet(hostile.shown(*CARD), broken, CARD),
        ]
        path = tmp_path / "a.pdf"
        path.write_bytes(hostile.pdf(sheets))
        with tenglu_alone("convert", path, "-o", out, "-v", *engine) as process:
            err = process.stderr.read()
        assert process.returncode == ExitCode.REVIEW
        assert "Traceback" in err
        assert "pdf.py" in err
