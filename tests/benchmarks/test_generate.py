"""Drawn scans: what they show is what their truth says, pixel by pixel and sum by sum."""

from decimal import Decimal

import cv2
import numpy as np
import pypdfium2
import pytest

from drawing.words import capital
from generate import KINDS, Drawing, draw_document, draw_page, write_pdf
from tenglu.evaluation.scoring import score

pytestmark = pytest.mark.slow

SEEDS = {kind: number for number, kind in enumerate(KINDS, 11)}
INSET = 0.12  # of a cell's sides, beyond which rules and their blur lie


def part(drawn):
    return drawn.truth["pages"][0]["scan"]["parts"][0]


def inside(polygon, shape):
    corners = np.array(polygon)
    corners = corners + (corners.mean(axis=0) - corners) * INSET
    mask = np.zeros(shape, np.uint8)
    return cv2.fillPoly(mask, [corners.round().astype(np.int32)], 1) > 0


def test_a_seed_draws_one_page():
    once, again, other = (draw_page(seed, "watermark_scan", "sides") for seed in (3, 3, 4))
    assert np.array_equal(once.rgb, again.rgb)
    assert once.truth == again.truth
    assert once.truth["tables"] != other.truth["tables"]


@pytest.mark.parametrize("kind", KINDS)
def test_cells_tile_the_table(kind):
    truth = draw_page(SEEDS[kind], "fax", kind).truth
    table = truth["tables"][0]
    cover = np.zeros((table["n_rows"], table["n_cols"]), int)
    for cell in table["cells"]:
        rows = slice(cell["row"], cell["row"] + cell["rowspan"])
        cover[rows, cell["col"] : cell["col"] + cell["colspan"]] += 1
    assert (cover == 1).all()
    assert all(verdict.right for verdict in score(truth, {"tables": truth["tables"]}).verdicts)


@pytest.mark.parametrize(("profile", "kind"), [("photo", "roster"), ("watermark_scan", "payroll")])
def test_text_stands_in_its_polygon(profile, kind):
    drawn = draw_page(7, profile, kind)
    dark = drawn.clean.min(axis=2) < 128
    texts = {(c["row"], c["col"]): c["text"] for c in drawn.truth["tables"][0]["cells"]}
    for cell in part(drawn)["cells"]:
        ink = dark[inside(cell["polygon"], dark.shape)].any()
        assert ink == bool(texts[cell["row"], cell["col"]])


def test_the_mark_lies_where_its_mask_says():
    drawn = draw_page(5, "watermark", "ledger")
    changed = np.abs(drawn.rgb.astype(int) - drawn.clean).max(axis=2) > 0
    near = cv2.dilate(drawn.mark_mask.astype(np.uint8), np.ones((5, 5))) > 0
    assert drawn.mark_mask.any()
    assert not changed[~near].any()


def test_seals_are_coloured_where_their_mask_says():
    drawn = draw_page(2, "stamp", "purchase")
    colour = np.ptp(drawn.rgb.astype(int), axis=2)
    assert drawn.seal_mask.any()
    assert np.median(colour[drawn.seal_mask]) > 2 * np.median(colour[~drawn.seal_mask])
    assert drawn.truth["pages"][0]["scan"]["overlays"]


def test_sums_are_true():
    table = draw_document(9, "fax", "expenditure").truth["tables"][0]
    texts = {(c["row"], c["col"]): c["text"] for c in table["cells"]}

    def figure(row, col):
        return Decimal(texts[row, col].replace(",", "").replace("-", "") or 0)

    first = table["header_rows"]
    rows = range(first + 1, table["n_rows"])
    for col in range(2, table["n_cols"]):
        classes = (figure(row, col) for row in rows if len(texts[row, 0]) == len("201"))
        assert figure(first, col) == sum(classes)
    for row in range(first, table["n_rows"]):
        assert figure(row, 2) == sum(figure(row, col) for col in range(3, table["n_cols"]))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (100, "壹元整"),
        (1_050_030, "壹万零伍佰元叁角整"),
        (20_000_005, "贰拾万元零伍分"),
        (123_456_789, "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分"),
    ],
)
def test_amounts_in_words(value, words):
    assert capital(value) == words


def test_a_long_table_goes_on_over_pages_and_each_page_has_a_truth_of_its_own():
    drawing = draw_document(10, "fax", "register")
    whole, pages = drawing.truth["tables"][0], [p.truth["tables"][0] for p in drawing.pages]
    assert len(pages) > 1
    assert sum(page["n_rows"] for page in pages) == whole["n_rows"]
    texts = [cell["text"] for page in pages for cell in page["cells"]]
    assert texts == [cell["text"] for cell in whole["cells"]]


@pytest.mark.parametrize("profile", ["watermark_scan", "fax"])
def test_the_pdf_holds_the_picture_and_no_text(profile, tmp_path):
    drawn = draw_page(6, profile, "assay")
    write_pdf(Drawing("one", (drawn,), drawn.truth), tmp_path / "one.pdf")
    with pypdfium2.PdfDocument(tmp_path / "one.pdf") as document:
        page = document[0]
        assert page.get_width() == pytest.approx(drawn.rgb.shape[1] / drawn.dpi * 72, abs=0.1)
        assert page.get_textpage().count_chars() == 0
        (image,) = page.get_objects()
        picture = image.get_bitmap().to_numpy()[..., ::-1]
    assert picture.shape == drawn.rgb.shape
    assert np.abs(picture.astype(int) - drawn.rgb).mean() < 3
