"""Pictures for people who check: what is doubtful is seen, and the print stays legible."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

import hostile
import paint
from calls import CARD, card_pdf, empty_table, replaying, results, tenglu
from tenglu.engines.interface import Crop, Engine
from tenglu.errors import ExitCode, OutputError
from tenglu.export import write
from tenglu.imaging.arrays import Mask, Rgb
from tenglu.imaging.fonts import find_font
from tenglu.imaging.geometry import Box, Polygon
from tenglu.model import Cell, Document, Flag, FlagCode, Mark, Page, Seal, Source, Table, TableBlock
from tenglu.overlay import Original, draw_page, write_overlays
from tenglu.overlay.canvas import CELL, DOUBT, REMOVED
from tenglu.stages.ingest import IngestOptions

FONT = find_font()
needs_font = pytest.mark.skipif(FONT is None, reason="no Chinese font on this machine")
LAYOUT = paint.Layout(
    row_heights=(80, 80, 80),
    col_widths=(300, 300),
    slots=(
        paint.Slot(0, 0, 1, 2, "基本支出"),
        paint.Slot(1, 0, text="2648.11", align="right"),
        paint.Slot(1, 1, text="12.51", align="right"),
        paint.Slot(2, 0),
        paint.Slot(2, 1, text="375.44"),
    ),
)
DOUBTFUL = {(1, 0), (2, 0)}


def to_document(painted: paint.Painted, rotation: int = 0, **page_more) -> Document:
    """A document that says what is painted, and doubts two cells."""
    height, width = painted.image.shape[:2]
    cells = tuple(
        Cell(
            row=cell.row,
            col=cell.col,
            rowspan=cell.rowspan,
            colspan=cell.colspan,
            text=cell.text,
            kind="text" if cell.text else "empty",
            confidence=0.4,
            needs_review=(cell.row, cell.col) in DOUBTFUL,
            flags=(FlagCode.INK_LEFT,) if (cell.row, cell.col) in DOUBTFUL else (),
            page=1,
            polygon=cell.polygon,
        )
        for cell in painted.cells
    )
    xs, ys = zip(*(corner for cell in cells for corner in cell.polygon), strict=True)
    around = Box(int(min(xs)), int(min(ys)), int(max(xs)), int(max(ys))).polygon
    block = TableBlock(kind="table", table="t1", rows=(0, 2), polygon=around)
    page = Page(
        number=1,
        width=width,
        height=height,
        dpi=200,
        rotation=rotation,
        skew=0.0,
        blocks=(block,),
        **page_more,
    )
    table = Table(id="t1", code="公开03表", pages=(1,), n_rows=3, n_cols=2, cells=cells)
    return document(pages=(page,), tables=(table,))


def document(**parts) -> Document:
    source = Source(name="a.pdf", sha256="0" * 64, media_type="application/pdf", n_pages=9)
    return Document(tenglu_version="0", source=source, engine="none", **parts)


def plain_page(number: int, **more) -> Page:
    size = {"width": 600, "height": 400, "dpi": 200, "rotation": 0, "skew": 0.0}
    return Page(number=number, **size | more)


def inside(image: Rgb, polygon: Polygon, rim: int = 8) -> Rgb:
    xs, ys = zip(*polygon, strict=True)
    return image[
        round(min(ys)) + rim : round(max(ys)) - rim, round(min(xs)) + rim : round(max(xs)) - rim
    ]


def yellow(image: Rgb) -> Mask:
    red, blue = image[..., 0].astype(int), image[..., 2].astype(int)
    return red - blue > 100


def near(image: Rgb, colour: tuple[int, int, int]) -> Mask:
    return (np.abs(image.astype(int) - colour) < 40).all(axis=2)


def along(image: Rgb, polygon: Polygon, colour: tuple[int, int, int]) -> float:
    """Share of the points of an outline at or beside which there is a colour."""
    corners = np.array([*polygon, polygon[0]])
    points = np.concatenate([np.linspace(a, b, 50) for a, b in pairwise(corners)])
    seen = near(image, colour)
    hits = [
        seen[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].any()
        for x, y in points.round().astype(int)
    ]
    return float(np.mean(hits))


@pytest.fixture(params=[0, 90, 180, 270])
def painted(request) -> tuple[paint.Painted, int]:
    upright = paint.paint_table(LAYOUT)
    return (paint.turn(upright, request.param) if request.param else upright), request.param


class TestPicture:
    def test_what_is_doubtful_is_coloured_and_nothing_else(self, painted):
        page, rotation = painted
        drawn = draw_page(to_document(page, rotation), plain(page, rotation), page.image, FONT)
        for cell in page.cells:
            share = yellow(inside(drawn, cell.polygon)).mean()
            if (cell.row, cell.col) in DOUBTFUL:
                assert share > 0.6
                assert along(drawn, cell.polygon, DOUBT) > 0.9
            else:
                assert share < 0.01
                assert along(drawn, cell.polygon, CELL) > 0.5  # neighbours may share a red side

    def test_no_print_is_hidden(self, painted):
        page, rotation = painted
        drawn = draw_page(to_document(page, rotation), plain(page, rotation), page.image, FONT)
        for cell in page.cells:
            before, after = inside(page.image, cell.polygon), inside(drawn, cell.polygon)
            lost = (before.max(axis=2) < 100) & (after.max(axis=2) > 130)
            assert lost.mean() < 0.002

    def test_a_cell_full_of_print_gets_no_more_than_its_number(self):
        two_lines = "8"  # the second of a single character
        while len(paint.wrap(two_lines, 300 - 2 * paint.PAD, paint.font(26))) == 1:
            two_lines += "8"
        full = LAYOUT._replace(
            row_heights=(80, 80, 44),
            slots=(
                paint.Slot(0, 0, 1, 2),
                paint.Slot(1, 0, text=two_lines),
                paint.Slot(1, 1),
                paint.Slot(2, 0, text="66666666666666666"),
                paint.Slot(2, 1),
            ),
        )
        page = paint.paint_table(full)
        drawn = draw_page(to_document(page), plain(page, 0), page.image, FONT)
        for cell in page.cells:
            if (cell.row, cell.col) in DOUBTFUL:
                before, after = inside(page.image, cell.polygon), inside(drawn, cell.polygon)
                print_ = before.max(axis=2) < 100
                assert (after.max(axis=2)[print_] > 130).mean() < 0.02

    def test_the_scan_keeps_its_pixels_where_nothing_is_drawn(self):
        rng = np.random.default_rng(3)
        scan = rng.integers(200, 255, (400, 600, 3)).astype(np.uint8)
        for rotation in (0, 90, 180, 270):
            page = plain_page(1, rotation=rotation)
            drawn = draw_page(document(pages=(page,), tables=()), page, scan, FONT)
            assert np.array_equal(drawn[:400], scan)

    def test_marks_and_seals_are_outlined(self):
        scan = np.full((400, 600, 3), 250, np.uint8)
        mark = ((50.0, 60.0), (250.0, 160.0), (240.0, 190.0), (40.0, 90.0))
        seal = ((400.0, 220.0), (440.0, 220.0), (440.0, 260.0), (400.0, 260.0))
        page = plain_page(
            1,
            watermarks=(Mark(text=None, confidence=None, polygon=mark),),
            seals=(Seal(shape="round", color="red", polygon=seal),),
        )
        drawn = draw_page(document(pages=(page,), tables=()), page, scan, FONT)
        assert along(drawn, mark, REMOVED) > 0.9
        assert along(drawn, seal, REMOVED) > 0.9
        bare = draw_page(document(pages=(page,), tables=()), page, scan, None)
        named = near(drawn[:400], REMOVED).sum() > near(bare[:400], REMOVED).sum() + 50
        assert named == (FONT is not None)

    def test_without_a_font_the_boxes_are_drawn_and_nothing_fails(self):
        page = paint.paint_table(LAYOUT)
        drawn = draw_page(to_document(page), plain(page, 0), page.image, None)
        for cell in page.cells:
            doubtful = (cell.row, cell.col) in DOUBTFUL
            assert (yellow(inside(drawn, cell.polygon)).mean() > 0.6) == doubtful

    @needs_font
    @pytest.mark.filterwarnings("default")
    def test_what_was_read_is_written_large_enough_to_be_read(self, engine: Engine):
        page = paint.paint_table(LAYOUT)
        result = to_document(page)
        reread = result.tables[0].cells[1].amended(text="办公费一二三")
        table = result.tables[0]
        cells = (table.cells[0], reread, *table.cells[2:])
        result = result.amended(tables=(table.amended(cells=cells),))
        drawn = draw_page(result, result.pages[0], page.image, FONT)
        band = drawn[page.image.shape[0] :]
        lines = lines_of(band)
        crops = [Crop(line, 1, Box(0, 0, line.shape[1], line.shape[0])) for line in lines]
        text = "\n".join(reading.text.replace(" ", "") for reading in engine.read(crops))
        assert "待核2格" in text
        assert "第2行第1列" in text
        assert "办公费一二三" in text
        assert "有墨迹未读出" in text
        assert "空白" in text

    @needs_font
    def test_what_was_read_stands_in_the_cell_where_there_is_room(self):
        page = paint.paint_table(LAYOUT)
        drawn = draw_page(to_document(page), plain(page, 0), page.image, FONT)
        bare = draw_page(to_document(page), plain(page, 0), page.image, None)
        empty = next(cell for cell in page.cells if (cell.row, cell.col) == (2, 0))
        red = [near(inside(image, empty.polygon), DOUBT).sum() for image in (drawn, bare)]
        assert red[0] > red[1] + 100

    def test_other_flags_of_the_page_are_told(self):
        scan = np.full((400, 1600, 3), 250, np.uint8)
        page = plain_page(1, width=1600)
        quiet = document(pages=(page,), tables=())
        flag = Flag(code=FlagCode.ORIENTATION, message="turned on weak evidence", page=1)
        elsewhere = flag.amended(page=2)
        heights = [
            len(draw_page(quiet.amended(flags=flags), page, scan, FONT))
            for flags in ((), (flag,), (elsewhere,))
        ]
        assert (heights[1] > heights[0]) == (FONT is not None)
        assert heights[2] == heights[0]

    def test_a_grey_page_of_any_size_is_drawn(self):
        for height, width in ((40, 40), (40, 3000), (3000, 40)):
            scan = np.full((height, width, 3), 90, np.uint8)
            page = plain_page(1, width=width, height=height)
            drawn = draw_page(document(pages=(page,), tables=()), page, scan, FONT)
            assert drawn.shape[1] == width
            assert np.array_equal(drawn[:height], scan)


def plain(painted: paint.Painted, rotation: int) -> Page:
    return to_document(painted, rotation).pages[0]


def lines_of(band: Rgb) -> list[Rgb]:
    """Cut a band at its empty rows."""
    inked = (band[4:].min(axis=2) < 160).any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inked.astype(int), [0]])))
    spans = zip(edges[::2], edges[1::2], strict=True)
    return [
        np.ascontiguousarray(band[4:][max(0, top - 3) : end + 3])
        for top, end in spans
        if end - top > 8
    ]


class TestFiles:
    @pytest.fixture
    def original(self, tmp_path) -> Original:
        return Original(card_pdf(tmp_path / "in" / "a.pdf", 3), IngestOptions())

    @pytest.fixture(autouse=True)
    def folder_of_inputs(self, tmp_path):
        (tmp_path / "in").mkdir()

    def test_a_picture_a_page(self, original, tmp_path):
        pages = (plain_page(1), plain_page(3))
        paths = write_overlays(document(pages=pages, tables=()), original, tmp_path / "out", "a")
        assert results(tmp_path / "out") == ["a.overlay/p001.png", "a.overlay/p003.png"]
        assert [path.name for path in paths] == ["p001.png", "p003.png"]
        with Image.open(paths[0]) as image:
            assert image.width == 600
            assert image.height >= 400
            assert round(image.info["dpi"][0]) == 200

    def test_pictures_of_an_earlier_call_do_not_stay(self, original, tmp_path):
        for number in (1, 2):
            one = document(pages=(plain_page(number),), tables=())
            write_overlays(one, original, tmp_path / "out", "a")
        assert results(tmp_path / "out") == ["a.overlay/p002.png"]

    def test_what_a_person_put_there_is_not_thrown_away(self, original, tmp_path):
        folder = tmp_path / "out" / "a.overlay"
        folder.mkdir(parents=True)
        (folder / "notes.txt").write_text("mine")
        with pytest.raises(OutputError, match=r"notes\.txt.*move it away"):
            write_overlays(
                document(pages=(plain_page(1),), tables=()), original, folder.parent, "a"
            )
        assert results(tmp_path / "out") == ["a.overlay/notes.txt"]

    def test_a_file_in_the_way(self, original, tmp_path):
        (tmp_path / "a.overlay").write_text("mine")
        with pytest.raises(OutputError, match=r"a\.overlay"):
            write_overlays(document(pages=(plain_page(1),), tables=()), original, tmp_path, "a")
        assert (tmp_path / "a.overlay").read_text() == "mine"

    def test_no_room_on_the_disk_leaves_the_old_pictures_whole(self, original, tmp_path):
        pytest.importorskip("resource")
        out = tmp_path / "out"
        result = document(pages=(plain_page(1), plain_page(2)), tables=())
        write_overlays(result, original, out, "a")
        (source,) = write(result, tmp_path / "json", "a", ["json"])
        before = {name: (out / name).read_bytes() for name in results(out)}
        done = subprocess.run(
            [sys.executable, "-c", WITH_LITTLE_ROOM, source, original.path, out],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "larger than allowed" in done.stderr
        assert {name: (out / name).read_bytes() for name in results(out)} == before
        assert [path.name for path in out.iterdir()] == ["a.overlay"]

    @pytest.mark.parametrize("font", [FONT, None])
    def test_a_failed_page_says_so(self, original, tmp_path, font):
        failed = plain_page(2, width=1, height=1, dpi=None, flags=(FlagCode.PAGE_FAILED,))
        flag = Flag(code=FlagCode.PAGE_FAILED, message="page 2 of 甲.pdf is damaged", page=2)
        result = document(pages=(plain_page(1), failed), tables=(), flags=(flag,))
        paths = write_overlays(result, original, tmp_path / "out", "a")
        with Image.open(paths[1]) as image:
            assert near(np.array(image.convert("RGB")), DOUBT).any()
        assert font is None or image.height > 300

    def test_a_scan_that_went_away(self, original, tmp_path):
        result = document(pages=(plain_page(1),), tables=())
        original.path.unlink()
        paths = write_overlays(result, original, tmp_path / "out", "a")
        with Image.open(paths[0]) as image:
            assert near(np.array(image.convert("RGB")), DOUBT).any()


WITH_LITTLE_ROOM = """
import resource, sys
from pathlib import Path
from tenglu.errors import OutputError
from tenglu.export.canonical import load
from tenglu.overlay import Original, write_overlays
from tenglu.stages.ingest import IngestOptions

source, scan, folder = map(Path, sys.argv[1:])
document = load(source.read_bytes())
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
try:
    write_overlays(document, Original(scan, IngestOptions()), folder, "a")
except OutputError as error:
    sys.exit(str(error))
"""


class TestConvert:
    def test_pictures_lie_beside_the_results(self, tmp_path):
        path = card_pdf(tmp_path / "a.pdf", 2)
        words = ("-o", tmp_path / "out", "--overlay", "--jobs", 1, *replaying(tmp_path))
        call = tenglu("convert", path, *words)
        assert call.code in (ExitCode.OK, ExitCode.REVIEW)
        assert results(tmp_path / "out") == ["a.json", "a.overlay/p001.png", "a.overlay/p002.png"]

    def test_no_pictures_unless_they_are_asked_for(self, tmp_path):
        path = card_pdf(tmp_path / "a.pdf")
        tenglu("convert", path, "-o", tmp_path / "out", "--jobs", 1, *replaying(tmp_path))
        assert results(tmp_path / "out") == ["a.json"]

    def test_a_locked_document(self, tmp_path):
        sheet = hostile.scanned(empty_table(), CARD)
        (tmp_path / "a.pdf").write_bytes(hostile.pdf([sheet], password="k9 7"))  # noqa: S106
        (tmp_path / "key").write_text("k9 7\n")
        words = ("-o", tmp_path / "out", "--overlay", "--jobs", 1, *replaying(tmp_path))
        tenglu("convert", tmp_path / "a.pdf", *words, "--password-file", tmp_path / "key")
        with Image.open(tmp_path / "out" / "a.overlay" / "p001.png") as image:
            assert not near(np.array(image.convert("RGB")), DOUBT).any()
            assert near(np.array(image.convert("RGB")), CELL).any()

    def test_pictures_are_no_inputs_of_the_next_call(self, tmp_path):
        scans = tmp_path / "scans"
        (scans / "mine.overlay").mkdir(parents=True)
        card_pdf(scans / "a.pdf")
        card_pdf(scans / "mine.overlay" / "b.pdf")
        words = ("-o", scans, "--overlay", "--jobs", 1, *replaying(tmp_path))
        for _ in range(2):
            tenglu("convert", scans, *words)
        assert {name for name in results(scans) if name.endswith(".json")} == {
            "a.json",
            "mine.overlay/b.json",
        }

    def test_pictures_that_cannot_be_written_are_an_error_of_their_document(self, tmp_path):
        for name in "ab":
            card_pdf(tmp_path / f"{name}.pdf")
        out = tmp_path / "out"
        (out / "a.overlay").mkdir(parents=True)
        (out / "a.overlay" / "notes.txt").write_text("mine")
        words = ("-o", out, "--overlay", "--jobs", 1, *replaying(tmp_path))
        call = tenglu("convert", tmp_path / "a.pdf", tmp_path / "b.pdf", *words)
        assert call.code == ExitCode.OUTPUT
        [error] = call.errors
        assert "notes.txt" in error
        assert "b.overlay/p001.png" in results(out)
