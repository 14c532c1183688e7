"""tenglu clean: scans in, the same scans without marks out."""

import io
import json
import shlex
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image

import hostile
import paint
from calls import CARD, empty_table, results, tenglu
from tenglu.cli.main import main
from tenglu.errors import ExitCode
from tenglu.stages.ingest import load_scan
from tenglu.stages.strip import strip

DPI = 200
PAPER = 245  # tone; lighter is paper
SEEN = 12  # levels of tone that a mark takes from paper before it counts


def table(seed: int) -> np.ndarray:
    return paint.paint_table(paint.random_layout(np.random.default_rng(seed), 6, 4)).image


def points(image: np.ndarray) -> tuple[float, float]:
    return image.shape[1] * 72 / DPI, image.shape[0] * 72 / DPI


def to_pdf(path: Path, pages: list[np.ndarray]) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(hostile.pdf([hostile.scanned(page, points(page)) for page in pages]))
    return path


def sizes(path: Path) -> list[tuple[float, float]]:
    with pdfium.PdfDocument(path) as document:
        return [document[number].get_size() for number in range(len(document))]


def gone(clean: np.ndarray, marked: np.ndarray, cleaned: np.ndarray) -> float:
    """Share of the mark's pixels on bare paper that are paper again."""
    clean, marked, cleaned = (page.astype(int).min(axis=2) for page in (clean, marked, cleaned))
    mark = (clean > PAPER) & (clean - marked > SEEN)
    assert mark.sum() > 1000
    return float((cleaned[mark] > 255 - 2 * SEEN).mean())


def picture(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.array(image.convert("RGB"))


@pytest.fixture(scope="module")
def clean_pages() -> list[np.ndarray]:
    return [table(seed) for seed in (1, 2, 3)]


@pytest.fixture(scope="module")
def done(tmp_path_factory, clean_pages) -> Path:
    """A document of two pages with watermarks and a clean one, cleaned with all that there is."""
    desk = tmp_path_factory.mktemp("desk")
    pages = [paint.watermark(page) for page in clean_pages[:2]]
    to_pdf(desk / "in" / "report.pdf", [*pages, clean_pages[2]])
    before = (desk / "in" / "report.pdf").read_bytes()
    out = desk / "out"
    words = ("-o", out, "--mask", "--report", out / "marks.json")
    call = tenglu("clean", desk / "in" / "report.pdf", *words)
    assert call.code == 0, call.err
    assert call.errors == []
    [summary] = call.summaries
    assert summary.startswith(f"{desk / 'in' / 'report.pdf'}: 3 pages, 2 changed, ")
    assert (desk / "in" / "report.pdf").read_bytes() == before
    return desk


class TestPdf:
    def test_what_is_written(self, done):
        masks = [f"report.masks/p00{number}.png" for number in (1, 2, 3)]
        assert results(done / "out") == ["marks.json", *masks, "report.pdf"]

    def test_pages_keep_their_size_and_resolution(self, done, clean_pages):
        before, after = (sizes(done / name / "report.pdf") for name in ("in", "out"))
        assert np.allclose(before, after, atol=0.01)
        for number, page in enumerate(clean_pages, 1):
            scan = load_scan(done / "out" / "report.pdf", number)
            assert scan.image.shape == page.shape
            assert scan.dpi == DPI

    def test_marks_are_gone_and_ink_is_left(self, done, clean_pages):
        for number, clean in enumerate(clean_pages[:2], 1):
            cleaned = load_scan(done / "out" / "report.pdf", number).image
            assert gone(clean, paint.watermark(clean), cleaned) > 0.95
            assert cleaned[clean.max(axis=2) < 60].mean() < 100

    def test_a_page_without_marks_keeps_its_pixels(self, done, clean_pages):
        cleaned = load_scan(done / "out" / "report.pdf", 3).image
        assert np.array_equal(cleaned, clean_pages[2])

    def test_the_report_tells_what_was_found(self, done):
        told = json.loads((done / "out" / "marks.json").read_text("utf-8"))
        [document] = told["documents"]
        assert document["input"].endswith("in/report.pdf")
        assert document["output"] == str(done / "out" / "report.pdf")
        assert [page["number"] for page in document["pages"]] == [1, 2, 3]
        for page in document["pages"][:2]:
            assert page["marks"]
            assert 0.001 < page["changed"] < 0.3
            for mark in page["marks"]:
                assert len(mark["polygon"]) >= 3
                assert 0 < mark["darkness"] < 255
        last = document["pages"][2]
        assert (last["marks"], last["seals"], last["changed"], last["dpi"]) == ([], [], 0, DPI)

    def test_masks_show_what_was_changed(self, done):
        told = json.loads((done / "out" / "marks.json").read_text("utf-8"))
        for page in told["documents"][0]["pages"]:
            mask = picture(done / "out" / "report.masks" / f"p00{page['number']}.png")
            assert mask.shape[:2] == (page["height"], page["width"])
            assert (mask > 0).mean() == pytest.approx(page["changed"])

    def test_a_clean_jpeg_is_passed_on_as_it_is(self, tmp_path):
        page = empty_table()
        file = io.BytesIO()
        Image.fromarray(paint.noise(page, 1)).save(file, "JPEG", quality=60)
        sheet = hostile.Sheet(
            hostile.shown(*CARD), {"P": hostile.jpeg_picture(file.getvalue(), 600, 400)}, CARD
        )
        (tmp_path / "a.pdf").write_bytes(hostile.pdf([sheet]))
        assert tenglu("clean", tmp_path / "a.pdf", "-o", tmp_path / "b.pdf").code == 0
        assert file.getvalue() in (tmp_path / "b.pdf").read_bytes()

    def test_turned_pages_stay_as_they_are_shown(self, tmp_path):
        sheet = hostile.scanned(empty_table(), CARD)._replace(rotate=90)
        (tmp_path / "a.pdf").write_bytes(hostile.pdf([sheet]))
        assert tenglu("clean", tmp_path / "a.pdf", "-o", tmp_path / "b.pdf").code == 0
        before, after = (load_scan(tmp_path / name, 1).image for name in ("a.pdf", "b.pdf"))
        assert np.array_equal(before, after)
        assert sizes(tmp_path / "b.pdf") == [pytest.approx(CARD[::-1])]

    def test_chosen_pages(self, tmp_path):
        pages = [empty_table(600 + 30 * n, 400) for n in range(4)]
        path = to_pdf(tmp_path / "a.pdf", pages)
        assert tenglu("clean", path, "-o", tmp_path / "b.pdf", "--pages", "2,4").code == 0
        assert sizes(tmp_path / "b.pdf") == [pytest.approx(points(pages[n])) for n in (1, 3)]
        call = tenglu("clean", path, "-o", tmp_path / "c.pdf", "--pages", "5")
        assert call.code == ExitCode.USAGE
        assert call.errors == [f"error: {path}: --pages asks for page 5, and there are 4"]
        assert not (tmp_path / "c.pdf").exists()

    def test_a_locked_file(self, tmp_path):
        sheet = hostile.scanned(empty_table(), CARD)
        (tmp_path / "a.pdf").write_bytes(hostile.pdf([sheet], password="k9 7"))  # noqa: S106
        (tmp_path / "key.txt").write_text("k9 7\n")
        words = ("clean", tmp_path / "a.pdf", "-o", tmp_path / "b.pdf")
        closed = tenglu(*words)
        assert closed.code == ExitCode.INPUT
        assert "--password-file" in closed.err
        assert tenglu(*words, "--password-file", tmp_path / "key.txt").code == 0
        assert len(sizes(tmp_path / "b.pdf")) == 1


class TestPictures:
    def test_a_picture_becomes_a_png(self, tmp_path):
        clean = table(1)
        marked = paint.watermark(clean)
        for name, more in (("a.png", {}), ("c.jpg", {"quality": 95})):
            Image.fromarray(marked).save(tmp_path / name, dpi=(DPI, DPI), **more)
        call = tenglu("clean", tmp_path / "a.png", tmp_path / "c.jpg", "-o", tmp_path / "out")
        assert call.code == 0, call.err
        assert results(tmp_path / "out") == ["a.png", "c.png"]
        assert np.array_equal(picture(tmp_path / "out" / "a.png"), strip(marked).image)
        assert gone(clean, marked, picture(tmp_path / "out" / "c.png")) > 0.95
        with Image.open(tmp_path / "out" / "a.png") as image:
            assert round(image.info["dpi"][0]) == DPI

    def test_a_tiff_of_several_pages_becomes_a_pdf(self, tmp_path):
        frames = [Image.fromarray(empty_table(600 + 30 * n, 400)) for n in range(2)]
        frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:], dpi=(300, 300))
        assert tenglu("clean", tmp_path / "a.tif", "-o", tmp_path / "out").code == 0
        assert results(tmp_path / "out") == ["a.pdf"]
        assert sizes(tmp_path / "out" / "a.pdf") == [
            pytest.approx((w * 0.24, 96)) for w in (600, 630)
        ]
        for number, frame in enumerate(frames, 1):
            scan = load_scan(tmp_path / "out" / "a.pdf", number)
            assert np.array_equal(scan.image, np.array(frame))
            assert scan.dpi == 300

    def test_a_folder_is_mirrored(self, tmp_path):
        (tmp_path / "scans" / "2024").mkdir(parents=True)
        Image.fromarray(empty_table()).save(tmp_path / "scans" / "2024" / "a.png")
        to_pdf(tmp_path / "scans" / "a.pdf", [empty_table()])
        (tmp_path / "scans" / "notes.txt").write_text("no scan")
        call = tenglu("clean", tmp_path / "scans", "-o", tmp_path / "out", "--mask")
        assert call.code == 0
        assert "skipped 1 files" in call.out
        assert results(tmp_path / "out") == [
            "2024/a.masks/p001.png",
            "2024/a.png",
            "a.masks/p001.png",
            "a.pdf",
        ]


class TestFailures:
    def test_an_input_is_never_written_over(self, tmp_path, monkeypatch):
        path = to_pdf(tmp_path / "a.pdf", [empty_table()])
        (tmp_path / "link.pdf").symlink_to(path)
        before = path.read_bytes()
        monkeypatch.chdir(tmp_path)
        for words in (
            ("-o", "."),
            ("-o", path),
            ("-o", "link.pdf"),
            ("-o", "out", "--report", "a.pdf"),
        ):
            call = tenglu("clean", "a.pdf", *words)
            assert call.code == ExitCode.USAGE
            assert call.err.splitlines()[-1].endswith(
                "is an input, which is never written to; give another -o"
            )
        assert path.read_bytes() == before
        assert results(tmp_path) == ["a.pdf", "link.pdf"]

    def test_what_cannot_be_read_does_not_stop_the_others(self, tmp_path):
        good = to_pdf(tmp_path / "a.pdf", [empty_table()])
        (tmp_path / "b.png").write_bytes(hostile.png(600, 400, bytes(9)))
        words = (tmp_path / "gone.pdf", tmp_path / "b.png", good)
        call = tenglu("clean", *words, "-o", tmp_path / "out", "--report", tmp_path / "marks.json")
        assert call.code == ExitCode.INPUT == 3
        assert len(call.errors) == 2
        assert results(tmp_path / "out") == ["a.pdf"]
        told = json.loads((tmp_path / "marks.json").read_text("utf-8"))
        assert [document["input"] for document in told["documents"]] == [str(good)]

    def test_nothing_is_written_of_a_document_with_a_page_that_cannot_be_read(self, tmp_path):
        sheets = [hostile.scanned(empty_table(), CARD) for _ in range(2)]
        torn = hostile.stream(
            b"torn",
            b"/Type/XObject/Subtype/Image/Width 600/Height 400"
            b"/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode",
        )
        sheets[1] = sheets[1]._replace(pictures={"P": torn})
        (tmp_path / "a.pdf").write_bytes(hostile.pdf(sheets))
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "a.pdf").write_text("earlier")
        call = tenglu("clean", tmp_path / "a.pdf", "-o", tmp_path / "out", "--mask")
        assert call.code == ExitCode.INPUT
        assert results(tmp_path / "out") == ["a.pdf"]
        assert (tmp_path / "out" / "a.pdf").read_text() == "earlier"

    @pytest.mark.parametrize("kind", ["pdf", "png"])
    def test_what_cannot_be_written(self, tmp_path, kind):
        path = to_pdf(tmp_path / "a.pdf", [empty_table()])
        if kind == "png":
            path = tmp_path / "a.png"
            Image.fromarray(empty_table()).save(path)
        (tmp_path / "file").write_text("kept")
        call = tenglu("clean", path, "-o", tmp_path / "file")
        assert call.code == ExitCode.OUTPUT == 5
        [error] = call.errors
        assert str(tmp_path / "file") in error
        assert (tmp_path / "file").read_text() == "kept"

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["a.pdf"], "--out"),
            (["a.pdf", "-o", "x.png"], "end x.png with .pdf"),
            (["a.pdf", "b.pdf", "-o", "x.pdf"], "one file for 2 inputs"),
            (["a.pdf", "-o", "x", "--pages", "0"], "--pages"),
            (["a.pdf", "-o", "x", "--set", "strip.nonsense=1"], "strip.nonsense"),
            (["a.pdf", "-o", "x.pdf", "--report", "x.pdf"], "named twice"),
        ],
    )
    def test_wrong_usage_is_named(self, tmp_path, monkeypatch, words, said):
        monkeypatch.chdir(tmp_path)
        for name in ("a.pdf", "b.pdf"):
            to_pdf(Path(name), [empty_table()])
        call = tenglu("clean", *words)
        assert call.code == ExitCode.USAGE
        assert said in call.err
        assert results(tmp_path) == ["a.pdf", "b.pdf"]


class TestHelp:
    def test_every_option_and_code_is_told(self):
        call = tenglu("clean", "--help")
        words = " ".join(call.out.split())
        for option in main.commands["clean"].params[1:]:
            assert option.help in words
        for code in set(ExitCode) - {ExitCode.REVIEW, ExitCode.ENGINE}:
            assert any(line.split()[:1] == [str(code.value)] for line in call.out.splitlines())

    def test_its_examples_run(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        to_pdf(Path("report.pdf"), [empty_table(120, 80)] * 15)
        to_pdf(Path("scans/a.pdf"), [empty_table()])
        Image.fromarray(empty_table()).save("page.png")
        lines = tenglu("clean", "--help").out.splitlines()
        examples = [line for line in lines if line.strip().startswith("tenglu clean")]
        assert len(examples) == 4
        for line in examples:
            assert tenglu(*shlex.split(line)[1:]).code == 0
        assert {"clean.pdf", "out/marks.json", "out/page.png"} <= set(results(tmp_path))
