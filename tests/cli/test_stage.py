"""tenglu stage: one stage, one page, one picture."""

import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import hostile
import paint
from calls import CARD, card_pdf, empty_table, replaying, results, tenglu
from tenglu.cli.main import main
from tenglu.errors import ExitCode
from tenglu.overlay.canvas import CELL, MERGED
from tenglu.stages.strip import strip

STAGES = ("strip", "orient", "tables")
each_stage = pytest.mark.parametrize("name", STAGES)
LAYOUT = paint.Layout(
    row_heights=(80, 80, 80),
    col_widths=(260, 300),
    slots=(paint.Slot(0, 0, 1, 2), *(paint.Slot(r, c) for r in (1, 2) for c in (0, 1))),
)


@pytest.fixture
def engine(tmp_path) -> list[str]:
    return replaying(tmp_path)


@pytest.fixture
def table_page(tmp_path) -> Path:
    return save(paint.paint_table(LAYOUT).image, tmp_path / "page.png")


def save(image: np.ndarray, path: Path, **more) -> Path:
    Image.fromarray(image).save(path, **more)
    return path


def picture(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.array(image.convert("RGB"))


def near(image: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return (np.abs(image.astype(int) - colour) < 40).all(axis=2)


class TestPictures:
    def test_strip_takes_the_watermark_off(self, tmp_path):
        layout = paint.random_layout(np.random.default_rng(1), 6, 4)
        clean = paint.paint_table(layout).image
        page = save(paint.watermark(clean), tmp_path / "page.png", dpi=(200, 200))
        out = tmp_path / "out.png"
        call = tenglu("stage", "strip", page, "-o", out)
        assert call.code == 0, call.err
        assert call.out.startswith(f"{page}: page 1, ")
        assert call.out.rstrip().endswith(f"-> {out}")
        assert np.array_equal(picture(out), strip(paint.watermark(clean)).image)
        off = [np.abs(image.astype(int) - clean).mean() for image in (picture(page), picture(out))]
        assert off[1] < 0.4 * off[0]
        with Image.open(out) as image:
            assert round(image.info["dpi"][0]) == 200

    def test_strip_leaves_a_clean_page_as_it_was(self, tmp_path, table_page):
        assert tenglu("stage", "strip", table_page, "-o", tmp_path / "out.png").code == 0
        assert np.array_equal(picture(tmp_path / "out.png"), picture(table_page))

    def test_strip_needs_no_engine(self, tmp_path, table_page):
        words = ("-o", tmp_path / "out.png", "--engine-dir", tmp_path / "nowhere")
        assert tenglu("stage", "strip", table_page, *words).code == 0
        assert tenglu("stage", "tables", table_page, *words).code == ExitCode.ENGINE

    def test_orient_turns_the_page_upright(self, tmp_path, engine):
        upright = paint.paint_table(LAYOUT)
        page = save(paint.turn(upright, 90).image, tmp_path / "page.png")
        out = tmp_path / "out.png"
        call = tenglu("stage", "orient", page, "-o", out, *engine, "--set", "orient.rotation=90")
        assert call.code == 0, call.err
        assert "turned 90 degrees" in call.out
        turned = picture(out)
        assert (turned.shape[1] > turned.shape[0]) == (upright.image.shape[1] > len(upright.image))
        left = turned[:, : turned.shape[1] // 4]
        assert (turned < 128).sum() > (left < 128).sum() > 0

    def test_grid_outlines_cells_and_shows_spans(self, tmp_path, table_page, engine):
        out = tmp_path / "out.png"
        call = tenglu("stage", "tables", table_page, "-o", out, *engine)
        assert call.code == 0, call.err
        assert "1 tables; 3 rows x 2 columns, 5 cells, 1 merged" in call.out
        drawn = picture(out)
        scale = drawn.shape[1] / picture(table_page).shape[1]  # small pages are enlarged
        for cell in paint.paint_table(LAYOUT).cells:
            x0, y0, x1, y1 = (round(scale * value) for value in cell.box)
            middle = drawn[y0 + 10 : y1 - 10, x0 + 10 : x1 - 10]
            merged = cell.colspan > 1
            assert (near(middle, MERGED).mean() > 0.6) == merged
            for edge in (drawn[y0 - 3 : y0 + 4, x0 + 10 : x1 - 10], drawn[y0:y1, x0 - 3 : x0 + 4]):
                assert near(edge, CELL).mean() > 0.2

    def test_grid_on_a_page_without_tables(self, tmp_path, engine):
        page = save(np.full((400, 600, 3), 255, np.uint8), tmp_path / "page.png")
        call = tenglu("stage", "tables", page, "-o", tmp_path / "out.png", *engine)
        assert call.code == 0
        assert "page 1, 0 tables ->" in call.out
        assert not near(picture(tmp_path / "out.png"), CELL).any()


class TestPages:
    def test_a_page_of_a_pdf(self, tmp_path):
        sheets = [hostile.scanned(empty_table(600 + 30 * n, 400), CARD) for n in range(3)]
        path = tmp_path / "a.pdf"
        path.write_bytes(hostile.pdf(sheets))
        for number in (1, 3):
            out = tmp_path / f"{number}.png"
            assert tenglu("stage", "strip", path, "--page", number, "-o", out).code == 0
            assert picture(out).shape[1] == 570 + 30 * number

    def test_a_page_that_is_not_there(self, tmp_path):
        path = card_pdf(tmp_path / "a.pdf", 2)
        call = tenglu("stage", "strip", path, "--page", 3, "-o", tmp_path / "x.png")
        assert call.code == ExitCode.INPUT
        assert call.errors == [f"error: {path} has no page 3; its pages are 1 to 2"]

    def test_a_locked_pdf(self, tmp_path):
        path, key = tmp_path / "a.pdf", tmp_path / "key.txt"
        sheet = hostile.scanned(empty_table(), CARD)
        path.write_bytes(hostile.pdf([sheet], password="k9 7"))  # noqa: S106
        key.write_text("k9 7\n")
        out = tmp_path / "x.png"
        closed = tenglu("stage", "strip", path, "-o", out)
        assert closed.code == ExitCode.INPUT
        assert "--password-file" in closed.err
        assert tenglu("stage", "strip", path, "-o", out, "--password-file", key).code == 0
        assert out.exists()

    def test_settings_are_heard(self, tmp_path, table_page):
        words = ("-o", tmp_path / "x.png", "--set", "ingest.max_pixels=1000")
        call = tenglu("stage", "strip", table_page, *words)
        assert call.code == ExitCode.INPUT
        assert "max_pixels" in call.err
        (tmp_path / "a.toml").write_text("[ingest]\nmax_pixels = 1000\n")
        words = ("-o", tmp_path / "x.png", "--config", tmp_path / "a.toml")
        assert tenglu("stage", "strip", table_page, *words).code == ExitCode.INPUT
        assert not (tmp_path / "x.png").exists()


class TestFailures:
    @each_stage
    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (None, "does not exist"),
            (b"", "empty"),
            (b"\xe5\x8f\xaa", "is not a PDF"),
            (hostile.png(1, 1, bytes(2)), "too small"),
            (hostile.png(600, 400, bytes(9)), "is damaged"),
        ],
        ids=["missing", "empty", "text", "1x1", "torn"],
    )
    def test_what_cannot_be_read(self, tmp_path, engine, name, data, said):
        path = tmp_path / "in" / "page.png"
        path.parent.mkdir()
        if data is not None:
            path.write_bytes(data)
        call = tenglu("stage", name, path, "-o", tmp_path / "out" / "x.png", *engine)
        assert call.code == ExitCode.INPUT == 3
        [error] = call.errors
        assert said in error
        assert str(path) in error
        assert not (tmp_path / "out").exists()

    def test_a_folder(self, tmp_path):
        call = tenglu("stage", "strip", tmp_path, "-o", tmp_path / "x.png")
        assert call.code == ExitCode.INPUT
        assert "is a folder" in call.err

    @each_stage
    def test_what_cannot_be_written(self, tmp_path, table_page, engine, name):
        (tmp_path / "file").write_text("kept")
        call = tenglu("stage", name, table_page, "-o", tmp_path / "file" / "x.png", *engine)
        assert call.code == ExitCode.OUTPUT == 5
        [error] = call.errors
        assert str(tmp_path / "file") in error
        assert (tmp_path / "file").read_text() == "kept"

    def test_a_folder_of_that_name_stays(self, tmp_path, table_page):
        (tmp_path / "out" / "x.png").mkdir(parents=True)
        call = tenglu("stage", "strip", table_page, "-o", tmp_path / "out" / "x.png")
        assert call.code == ExitCode.OUTPUT
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["x.png"]

    def test_the_page_itself_is_never_written_to(self, tmp_path, table_page):
        before = table_page.read_bytes()
        (tmp_path / "link.png").symlink_to(table_page)
        for out in (table_page, tmp_path / "link.png"):
            call = tenglu("stage", "strip", table_page, "-o", out)
            assert call.code == ExitCode.USAGE == 2
            assert "never written to" in call.err
        assert table_page.read_bytes() == before

    def test_an_earlier_picture_is_replaced_and_no_other_file_is_left(self, tmp_path, table_page):
        out = tmp_path / "out" / "x.png"
        out.parent.mkdir()
        out.write_text("old")
        assert tenglu("stage", "strip", table_page, "-o", out).code == 0
        assert picture(out).shape == picture(table_page).shape
        assert results(out.parent) == ["x.png"]

    @pytest.mark.parametrize(
        ("words", "named"),
        [
            (["read", "page.png", "-o", "x.png"], "read"),
            (["strip", "page.png"], "--out"),
            (["strip", "page.png", "-o", "x.jpg"], "x.jpg"),
            (["strip", "page.png", "-o", "x.png", "--page", "0"], "--page"),
            (["strip", "page.png", "-o", "x.png", "--set", "strip.nonsense=1"], "strip.nonsense"),
        ],
    )
    def test_wrong_usage_is_named(self, words, named):
        call = tenglu("stage", *words)
        assert call.code == ExitCode.USAGE
        assert named in call.err


class TestHelp:
    def test_every_stage_option_and_code_is_told(self):
        call = tenglu("stage", "--help")
        words = " ".join(call.out.split())
        for option in main.commands["stage"].params[2:]:
            assert option.help in words
        assert all(name in words for name in STAGES)
        codes = set(ExitCode) - {ExitCode.REVIEW}
        for code in codes:
            assert any(line.split()[:1] == [str(code.value)] for line in call.out.splitlines())

    def test_its_examples_run(self, tmp_path, engine, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for name in ("page.png", "photo.jpg"):
            save(empty_table(), Path(name))
        card_pdf(tmp_path / "report.pdf", 5)
        lines = tenglu("stage", "--help").out.splitlines()
        examples = [line for line in lines if line.strip().startswith("tenglu stage")]
        assert len(examples) == 4
        for line in examples:
            assert tenglu(*shlex.split(line)[1:], *engine).code == 0
        assert {"page.clean.png", "upright.png", "cells.png"} <= set(results(tmp_path))
