import hashlib
import io
import os
import resource
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

import hostile
from tenglu.errors import ExitCode, InputError
from tenglu.stages.ingest import IngestOptions, Scan, identify, load_scan

FORMATS = {
    "PNG": "image/png",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
    "JPEG": "image/jpeg",
}
SECRET = "k9-7"  # noqa: S105 - locks files of these tests
SMALL = (72.0, 108.0)  # points; 200 × 300 px at 200 dpi
WHITE, INK = 255, 20


def page(width: int = 200, height: int = 300) -> np.ndarray:
    """A picture without any symmetry: each corner and each side tells where it is."""
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 4, height // 6), fill=(200, 0, 0))
    draw.rectangle((width // 2, 0, width, height // 12), fill=(0, 120, 0))
    draw.rectangle((0, height * 3 // 4, width // 8, height), fill=(0, 0, 160))
    draw.line((width // 2, height // 2, width, height), fill=(INK, INK, INK), width=3)
    return np.array(image)


def saved(path: Path, image: np.ndarray | Image.Image, form: str, **options) -> Path:
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(path, form, **options)
    return path


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def drawn_by_pdfium(path: Path, size: tuple[int, int]) -> np.ndarray:
    """The page in a viewer's eyes, at about the size in px."""
    with pdfium.PdfDocument(path) as document:
        sheet = document[0]
        image = sheet.render(scale=size[0] / sheet.get_width(), rev_byteorder=True).to_pil()
        return np.array(image.resize(size).convert("RGB"))


def load_all(path: Path, password: str | None) -> list[Scan]:
    n_pages = identify(path, password=password).n_pages
    return [load_scan(path, number, password=password) for number in range(1, n_pages + 1)]


def refusal(path: Path, password: str | None = None) -> str:
    """The message of the error that the file ends in."""
    with pytest.raises(InputError) as caught:
        load_all(path, password)
    assert caught.value.exit_code == ExitCode.INPUT == 3
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


class TestPictures:
    @pytest.mark.parametrize("form", FORMATS)
    def test_kind_is_told_by_the_bytes_and_pixels_are_kept(self, tmp_path, form):
        options = {"lossless": True} if form == "WEBP" else {}
        path = saved(tmp_path / "〔2023〕9号 决算.pdf", page(), form, **options)
        source, scan = identify(path), load_scan(path, 1)
        assert (source.name, source.media_type, source.n_pages) == (path.name, FORMATS[form], 1)
        expected = np.array(Image.open(path)) if form == "JPEG" else page()
        np.testing.assert_array_equal(scan.image, expected)
        assert scan.number == 1

    def test_sha256_is_of_the_file(self, tmp_path):
        data = hostile.png(100, 100, bytes(14 * 100))
        source = identify(written(tmp_path / "a.png", data))
        assert source.sha256 == hashlib.sha256(data).hexdigest()

    def test_tiff_pages_keep_their_order_size_and_colour(self, tmp_path):
        sheets = [
            Image.fromarray(page()),
            Image.new("1", (50, 40)),
            Image.fromarray(page(80, 60)).convert("L"),
        ]
        path = tmp_path / "fax.tif"
        sheets[0].save(path, "TIFF", save_all=True, append_images=sheets[1:])
        assert identify(path).n_pages == 3
        for number, sheet in enumerate(sheets, 1):
            np.testing.assert_array_equal(load_scan(path, number).image, sheet.convert("RGB"))

    @pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "YCbCr"])
    def test_any_mode_becomes_rgb(self, tmp_path, mode):
        picture = Image.fromarray(page()).convert(mode)
        path = saved(tmp_path / "a", picture, "TIFF")
        np.testing.assert_array_equal(load_scan(path, 1).image, np.array(picture.convert("RGB")))

    @pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
    def test_what_is_transparent_shows_white_paper(self, tmp_path, mode):
        picture = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
        ImageDraw.Draw(picture).rectangle((0, 0, 29, 39), fill=(0, 0, 0, 255))
        path = saved(tmp_path / "a", picture.convert(mode), "TIFF" if mode == "PA" else "PNG")
        image = load_scan(path, 1).image
        assert (image[:, :30] == 0).all()
        assert (image[:, 30:] == WHITE).all()

    def test_a_transparent_colour_of_a_palette_shows_white_paper(self, tmp_path):
        picture = Image.new("P", (60, 40), 1)
        picture.putpalette([0, 0, 0, 9, 9, 9])
        path = saved(tmp_path / "a", picture, "PNG", transparency=1)
        assert (load_scan(path, 1).image == WHITE).all()

    @pytest.mark.parametrize("form", ["PNG", "TIFF"])
    def test_sixteen_bits_become_eight(self, tmp_path, form):
        tones = np.linspace(0, 65535, 60 * 40).astype(np.uint16).reshape(40, 60)
        path = saved(tmp_path / "a", tones, form)
        np.testing.assert_array_equal(load_scan(path, 1).image[:, :, 1], tones >> 8)

    def test_an_exif_turn_is_left_to_the_orient_stage(self, tmp_path):
        exif = Image.Exif()
        exif[274] = 6  # turn by 90° to look at
        path = saved(tmp_path / "phone.jpg", page(), "JPEG", exif=exif)
        assert load_scan(path, 1).image.shape == (300, 200, 3)

    @pytest.mark.parametrize("form", FORMATS)
    def test_the_limit_holds_for_every_format(self, tmp_path, form):
        path = saved(tmp_path / "a", page(), form)
        assert load_scan(path, 1, IngestOptions(max_pixels=200 * 300)).image.shape == (300, 200, 3)
        tight = IngestOptions(max_pixels=200 * 300 - 1)
        for refuse in (lambda: identify(path, tight), lambda: load_scan(path, 1, tight)):
            with pytest.raises(InputError, match=r"200 × 300 pixels, more than ingest\.max_pixels"):
                refuse()

    @pytest.mark.parametrize(
        ("form", "told", "expected"),
        [
            ("PNG", (300, 300), 300),
            ("JPEG", (200, 200), 200),
            ("TIFF", (600, 600), 600),
            ("BMP", (150, 150), 150),
            ("WEBP", (300, 300), None),  # the format has no place for it
            ("JPEG", (72, 72), None),  # what is written for want of better knowledge
            ("JPEG", (1, 1), None),
            ("PNG", (30_000, 30_000), None),
            ("TIFF", (204, 98), None),
            ("TIFF", (0, 0), None),
        ],
    )
    def test_dpi(self, tmp_path, form, told, expected):
        assert load_scan(saved(tmp_path / "a", page(), form, dpi=told), 1).dpi == expected

    def test_dpi_is_none_where_the_file_tells_none(self, tmp_path):
        assert load_scan(saved(tmp_path / "a", page(), "PNG"), 1).dpi is None

    @pytest.mark.parametrize("form", FORMATS)
    def test_the_limit_is_ours_and_not_that_of_pillow(self, tmp_path, monkeypatch, form):
        path = saved(tmp_path / "a", page(), form)
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
        assert load_scan(path, 1).image.shape == (300, 200, 3)
        assert Image.MAX_IMAGE_PIXELS == 100


MATRICES = {
    "upright": (72, 0, 0, 108, 0, 0),
    "mirrored": (-72, 0, 0, 108, 72, 0),
    "upside down": (-72, 0, 0, -108, 72, 108),
    "flipped": (72, 0, 0, -108, 0, 108),
    "turned left": (0, 72, -108, 0, 108, 0),
    "turned right": (0, -72, 108, 0, 0, 72),
    "transposed": (0, -72, -108, 0, 108, 72),
    "transposed back": (0, 72, 108, 0, 0, 0),
}


class TestPlainPdf:
    @pytest.mark.parametrize("rotate", [0, 90, 180, 270])
    @pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)
    def test_own_pixels_stand_as_a_viewer_shows_them(self, tmp_path, matrix, rotate):
        size = SMALL if matrix[0] else SMALL[::-1]
        sheet = hostile.Sheet(hostile.placed(matrix), {"P": hostile.picture(page())}, size, rotate)
        path = written(tmp_path / "a.pdf", hostile.pdf([sheet]))
        scan = load_scan(path, 1)
        height, width = scan.image.shape[:2]
        shown = drawn_by_pdfium(path, (width, height))
        assert np.abs(scan.image.astype(int) - shown).mean() < 2  # tones: the right way round
        own = page().reshape(-1, 3)
        assert sorted(map(bytes, scan.image.reshape(-1, 3))) == sorted(map(bytes, own))
        assert scan.dpi == 200

    def test_noise_comes_out_bit_by_bit_at_sizes_that_do_not_divide(self, tmp_path):
        rng = np.random.default_rng(1)
        for width, height, points in [(1654, 2339, hostile.A4), (867, 588, (312.0, 212.0))]:
            image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
            path = written(tmp_path / "a.pdf", hostile.pdf([hostile.scanned(image, points)]))
            np.testing.assert_array_equal(load_scan(path, 1).image, image)

    def test_grey_pictures_become_rgb(self, tmp_path):
        grey = page()[:, :, 1]
        path = written(tmp_path / "a.pdf", hostile.pdf([hostile.scanned(grey, SMALL)]))
        np.testing.assert_array_equal(load_scan(path, 1).image, np.dstack([grey] * 3))

    def test_jpeg_pictures_are_decoded_as_everybody_does(self, tmp_path):
        file = io.BytesIO()
        Image.fromarray(page()).save(file, "JPEG")
        sheet = hostile.Sheet(
            hostile.shown(*SMALL), {"P": hostile.jpeg_picture(file.getvalue(), 200, 300)}, SMALL
        )
        path = written(tmp_path / "a.pdf", hostile.pdf([sheet]))
        np.testing.assert_array_equal(load_scan(path, 1).image, np.array(Image.open(file)))

    def test_a_margin_around_the_picture_and_an_earlier_text_layer_change_nothing(self, tmp_path):
        layer = b"BT /F 9 Tf 3 Tr 5 50 Td (read by another program) Tj ET\n"
        content = b"1 1 1 rg 0 0 72 108 re f\n" + hostile.shown(70.5, 106, 1, 1) + layer
        sheet = hostile.Sheet(content, {"P": hostile.picture(page())}, SMALL)
        path = written(tmp_path / "a.pdf", hostile.pdf([sheet]))
        np.testing.assert_array_equal(load_scan(path, 1).image, page())

    def test_pages_are_counted_from_one(self, tmp_path):
        sheets = [hostile.scanned(np.full((40, 30, 3), tone, np.uint8), SMALL) for tone in (9, 99)]
        path = written(tmp_path / "a.pdf", hostile.pdf(sheets))
        assert identify(path).n_pages == 2
        assert [int(load_scan(path, number).image.max()) for number in (1, 2)] == [9, 99]
        for number in (0, 3):
            with pytest.raises(InputError, match=f"no page {number}; its pages are 1 to 2"):
                load_scan(path, number)


def with_over(over: bytes, extra: bytes = b"", pictures: dict[str, bytes] | None = None) -> bytes:
    content = hostile.shown(*SMALL) + over
    own = {"P": hostile.picture(page())}
    return hostile.pdf([hostile.Sheet(content, own | (pictures or {}), SMALL, 0, extra)])


ANNOTATION = (
    b"/Annots[<</Type/Annot/Subtype/Square/Rect[10 10 60 40]/C[0 0 0]/IC[0 0 0]/F 4"
    b"/AP<</N %d 0 R>>>>]"
)


class TestDrawnPdf:
    def black_share(self, path: Path) -> float:
        scan = load_scan(path, 1)
        assert scan.image.shape == (300, 200, 3)  # still at the resolution of the picture
        assert scan.dpi == 200
        return float((scan.image.max(axis=2) < 60).mean())

    def test_what_is_drawn_over_the_picture_shows(self, tmp_path):
        plain = written(tmp_path / "plain.pdf", with_over(b""))
        for name, over in {
            "path": b"0 0 0 rg 20 40 30 30 re f\n",
            "text": b"BT /F 40 Tf 5 50 Td (HMM) Tj ET\n",
            "picture": hostile.placed((40, 0, 0, 40, 20, 40), "Q"),
        }.items():
            black = {"Q": hostile.picture(np.zeros((20, 20, 3), np.uint8))}
            path = written(tmp_path / f"{name}.pdf", with_over(over, b"", black))
            assert self.black_share(path) > self.black_share(plain) + 0.05

    def test_an_annotation_shows(self, tmp_path):
        form = hostile.stream(
            b"0 0 0 rg 0 0 50 30 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 50 30]"
        )
        # objects: 1 catalogue, 2 pages, 3 page, 4 content, 5 picture, 6 the look of the annotation
        data = with_over(b"", ANNOTATION % 6, {"A": form})
        assert self.black_share(written(tmp_path / "a.pdf", data)) > 0.15

    def test_a_mask_and_a_clip_show_white_paper(self, tmp_path):
        mask = np.zeros((300, 200), np.uint8)
        mask[:150] = 255
        black = np.zeros((300, 200, 3), np.uint8)
        masked = hostile.Sheet(
            hostile.shown(*SMALL),
            {"P": hostile.picture(black, b"/SMask 6 0 R"), "M": hostile.picture(mask)},
            SMALL,
        )
        clipped = hostile.Sheet(
            b"0 54 72 54 re W n\n" + hostile.shown(*SMALL), {"P": hostile.picture(black)}, SMALL
        )
        for sheet in (masked, clipped):
            path = written(tmp_path / "a.pdf", hostile.pdf([sheet]))
            assert self.black_share(path) == pytest.approx(0.5, abs=0.01)
            assert load_scan(path, 1).image[10, 10].max() < 60
            assert load_scan(path, 1).image[290, 10].min() == WHITE

    def test_a_stencil_shows_its_ink(self, tmp_path):
        rows = np.full((300, 25), 0xFF, np.uint8)
        rows[30:60] = 0
        stencil = hostile.stream(
            rows.tobytes(),
            b"/Type/XObject/Subtype/Image/Width 200/Height 300/ImageMask true/BitsPerComponent 1",
        )
        sheet = hostile.Sheet(b"0 0 0 rg\n" + hostile.shown(*SMALL), {"P": stencil}, SMALL)
        path = written(tmp_path / "a.pdf", hostile.pdf([sheet]))
        assert self.black_share(path) == pytest.approx(0.1, abs=0.01)
        assert load_scan(path, 1).image[45, 100].max() == 0

    def test_a_page_in_strips_is_drawn_at_their_resolution(self, tmp_path):
        whole = page(400, 600)
        content, strips = b"", {}
        for index in range(6):
            strips[f"S{index}"] = hostile.picture(whole[index * 100 : index * 100 + 100])
            content += hostile.placed((72, 0, 0, 18, 0, 90 - 18 * index), f"S{index}")
        path = written(tmp_path / "a.pdf", hostile.pdf([hostile.Sheet(content, strips, SMALL)]))
        scan = load_scan(path, 1)
        assert (scan.image.shape, scan.dpi) == ((600, 400, 3), 400)
        assert np.abs(scan.image.astype(int) - whole).mean() < 2

    def test_a_page_without_pictures_is_drawn_at_the_resolution_asked_for(self, tmp_path):
        sheet = hostile.Sheet(b"BT /F 40 Tf 5 50 Td (HMM) Tj ET", {}, SMALL)
        path = written(tmp_path / "a.pdf", hostile.pdf([sheet]))
        assert load_scan(path, 1).image.shape == (300, 200, 3)
        scan = load_scan(path, 1, IngestOptions(vector_dpi=400))
        assert (scan.image.shape, scan.dpi) == ((600, 400, 3), 400)
        assert scan.image.min() < INK

    def test_text_over_a_coarse_background_is_drawn_fine(self, tmp_path):
        sheet = hostile.Sheet(
            hostile.shown(*SMALL) + b"BT /F 9 Tf 5 50 Td (HMM) Tj ET",
            {"P": hostile.picture(page(40, 60))},
            SMALL,
        )
        assert load_scan(written(tmp_path / "a.pdf", hostile.pdf([sheet])), 1).dpi == 200

    def test_a_small_fine_logo_does_not_set_the_resolution(self, tmp_path):
        logo = hostile.Sheet(
            hostile.shown(15, 15, 50, 80), {"P": hostile.picture(page(300, 300))}, SMALL
        )
        assert load_scan(written(tmp_path / "a.pdf", hostile.pdf([logo])), 1).dpi == 200

    def test_pixels_that_are_not_square_are_drawn_square(self, tmp_path):
        sheet = hostile.scanned(page(200, 150), SMALL)  # 200 dpi across, 100 down, as faxes are
        scan = load_scan(written(tmp_path / "a.pdf", hostile.pdf([sheet])), 1)
        assert (scan.image.shape, scan.dpi) == ((300, 200, 3), 200)

    def test_a_large_page_is_drawn_within_the_limit(self, tmp_path):
        sheet = hostile.Sheet(b"0 0 0 rg 0 0 600 1200 re f", {}, (1200.0, 1200.0))
        path = written(tmp_path / "a.pdf", hostile.pdf([sheet]))
        scan = load_scan(path, 1, IngestOptions(max_pixels=1_000_000))
        assert scan.image.shape == (1000, 1000, 3)
        assert scan.dpi == 60

    def test_a_page_of_absurd_size_is_refused(self, tmp_path):
        sheet = hostile.Sheet(b"0 0 0 rg 0 0 7200 14400 re f", {}, (14_400.0, 14_400.0))
        path = written(tmp_path / "a.pdf", hostile.pdf([sheet]))
        with pytest.raises(
            InputError, match=r"page 1 of .*a\.pdf declares a size of 200 × 200 inches"
        ):
            load_scan(path, 1, IngestOptions(max_pixels=1_000_000))


def tiff_that_goes_round() -> bytes:
    data = bytearray(hostile.tiff(100, 100))
    data[-4:] = (24).to_bytes(4, "little")
    return bytes(data)


def torn(form: str) -> bytes:
    file = io.BytesIO()
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (300, 200, 3), dtype=np.uint8)).save(file, form)
    return file.getvalue()[: len(file.getvalue()) // 2]


NOISE = np.random.default_rng(3).integers(0, 256, (300, 200, 3), dtype=np.uint8)
SHEET = hostile.scanned(page(), SMALL)
BAD = {
    "empty": (b"", "empty"),
    "text": ("不是PDF".encode(), "not a PDF"),
    "text that begins with BM": (b"BMW 530, 2019, Beijing", "not a PDF"),
    "no pages": (hostile.pdf([]), "no pages"),
    "more pages than bytes": (hostile.pdf([SHEET], n_claimed=500_000), "damaged"),
    "torn pdf": (hostile.pdf([SHEET])[:-200], "damaged"),
    "torn pdf that opens, without its picture": (hostile.early_trailer(SHEET, 0.0), "damaged"),
    "header alone": (b"%PDF-1.7\n", "damaged"),
    "1 × 1": (hostile.png(1, 1, bytes(2)), "too small"),
    "1 × 1 in a pdf": (
        hostile.pdf([hostile.scanned(np.zeros((1, 1, 3), np.uint8), (72.0, 72.0))]),
        "too small",
    ),
    "page of a hair's breadth": (hostile.pdf([hostile.Sheet(b"", {}, (1.0, 800.0))]), "too small"),
    "huge png": (hostile.png(hostile.HUGE, hostile.HUGE), "60000 × 60000"),
    "huge bmp": (hostile.bmp(hostile.HUGE, hostile.HUGE), "60000 × 60000"),
    "huge tiff": (hostile.tiff(hostile.HUGE, hostile.HUGE), "60000 × 60000"),
    "huge in a pdf": (
        hostile.pdf([SHEET]).replace(b"/Width 200/Height 300", b"/Width 60000/Height 60000"),
        "60000 × 60000",
    ),
    "tiff that goes round": (tiff_that_goes_round(), "damaged"),
    **{f"torn {form}": (torn(form), "damaged") for form in FORMATS},
}


class TestRefusals:
    @pytest.mark.parametrize(("data", "says"), BAD.values(), ids=BAD)
    def test_one_line_names_the_file(self, tmp_path, data, says):
        assert says in refusal(written(tmp_path / "决算.pdf", data))

    def test_a_jpeg_that_ends_early_in_a_pdf_that_opens(self, tmp_path):
        file = io.BytesIO()
        Image.fromarray(NOISE).save(file, "JPEG")
        cut = file.getvalue()[:-3000]
        sheet = hostile.Sheet(
            hostile.shown(*SMALL), {"P": hostile.jpeg_picture(cut, 200, 300)}, SMALL
        )
        path = written(tmp_path / "a.pdf", hostile.early_trailer(sheet, 1.0))
        assert "ends early" in refusal(path)

    def test_a_picture_that_cannot_be_decoded_is_not_left_out_in_silence(self, tmp_path):
        broken = hostile.jpeg_picture(b"\xff\xd8 no jpeg at all", 200, 300)
        sheet = hostile.Sheet(hostile.shown(*SMALL), {"P": broken}, SMALL)
        assert "damaged" in refusal(written(tmp_path / "a.pdf", hostile.pdf([sheet])))

    def test_a_fax_with_damaged_rows_is_not_filled_in_in_silence(self, tmp_path, capfd):
        picture = Image.fromarray(NOISE).convert("1")
        path = saved(tmp_path / "fax.tif", picture, "TIFF", compression="group4")
        data = bytearray(path.read_bytes())
        data[2000:2040] = b"\xff" * 40
        assert "damaged" in refusal(written(path, bytes(data)))
        assert capfd.readouterr() == ("", "")

    def test_nothing_there_and_folders(self, tmp_path):
        assert "does not exist" in refusal(tmp_path / "没有.pdf")
        assert "is a folder" in refusal(tmp_path)
        assert "name too long" in refusal(tmp_path / ("长" * 200)).lower()

    def test_a_pipe_is_not_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.pdf")
        assert "not a regular file" in refusal(tmp_path / "pipe.pdf")

    def test_an_animation(self, tmp_path):
        frames = [Image.fromarray(page()), Image.fromarray(255 - page())]
        path = tmp_path / "a.webp"
        frames[0].save(path, "WEBP", save_all=True, append_images=frames[1:])
        assert "animation" in refusal(path)

    @pytest.mark.parametrize("mode", ["F", "I"])
    def test_tones_of_which_none_is_known_to_be_white(self, tmp_path, mode):
        picture = Image.fromarray(page()).convert("L").convert(mode)
        assert "8 bits" in refusal(saved(tmp_path / "a", picture, "TIFF"))

    def test_locks(self, tmp_path):
        open_lock = written(tmp_path / "a.pdf", hostile.pdf([SHEET], password=""))
        for password in (None, "not needed"):
            np.testing.assert_array_equal(load_scan(open_lock, 1, password=password).image, page())
        locked = written(tmp_path / "b.pdf", hostile.pdf([SHEET], password=SECRET))
        assert "--password-file" in refusal(locked)
        assert "does not open with the password" in refusal(locked, "wrong")
        assert identify(locked, password=SECRET).n_pages == 1
        np.testing.assert_array_equal(load_scan(locked, 1, password=SECRET).image, page())


class TestRobustness:
    @settings(
        max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(data=st.data())
    def test_broken_files_load_or_are_refused_and_nothing_else(self, tmp_path, data):
        kind = data.draw(st.sampled_from(["PDF", *FORMATS]))
        file = io.BytesIO()
        if kind == "PDF":
            file.write(hostile.pdf([SHEET]))
        else:
            Image.fromarray(page(40, 30)).save(file, kind)
        content = bytearray(file.getvalue())
        for _ in range(data.draw(st.integers(0, 8))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        del content[data.draw(st.integers(len(content) // 2, len(content))) :]
        path = written(tmp_path / "a", bytes(content))
        try:
            said, image = "", load_scan(path, 1).image
        except InputError as error:
            said, image = str(error), None
        if image is None:
            assert str(path) in said
            assert "\n" not in said
        else:
            assert (image.dtype, image.ndim) == (np.uint8, 3)

    def test_the_input_is_only_read(self, tmp_path):
        for name, data in (
            ("a.pdf", hostile.pdf([SHEET])),
            ("b.png", hostile.png(40, 40, bytes(240))),
        ):
            path = written(tmp_path / name, data)
            path.chmod(0o444)
            before = path.stat().st_mtime_ns
            identify(path)
            load_scan(path, 1)
            assert path.read_bytes() == data
            assert path.stat().st_mtime_ns == before
        assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pdf", "b.png"]

    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
    def test_many_pages_leak_neither_files_nor_memory(self, tmp_path):
        good = written(tmp_path / "a.pdf", hostile.pdf([SHEET] * 3))
        locked = written(tmp_path / "b.pdf", hostile.pdf([SHEET], password=SECRET))

        def load(times: int) -> tuple[int, int]:
            for turn in range(times):
                load_scan(good, turn % 3 + 1)
                with pytest.raises(InputError):
                    identify(locked)
            return len(list(Path("/proc/self/fd").iterdir())), peak()

        files, memory = load(30)
        files_later, memory_later = load(300)
        assert files_later == files
        assert memory_later - memory < 300 * 200 * 300 * 3 / 10  # a tenth of the pixels loaded

    def test_names_that_are_not_unicode(self, tmp_path):
        name = os.fsdecode("决算".encode("gbk"))
        try:
            path = written(tmp_path / name, hostile.pdf([SHEET]))
        except OSError:
            pytest.skip("this file system takes Unicode names only")
        np.testing.assert_array_equal(load_scan(path, 1).image, page())
        assert identify(path).model_dump_json()


def peak() -> int:
    """Bytes of memory at the most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
