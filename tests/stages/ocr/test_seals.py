"""What a seal says is read, along its arc and in its lines; on a grey scan it is at least found."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

import paint
from tenglu.engines.interface import Engine
from tenglu.engines.paddle import PaddleSpec
from tenglu.engines.registry import open_engine
from tenglu.imaging.ink import to_gray
from tenglu.stages.ocr.seals import read_seals
from tenglu.stages.strip import strip

pytestmark = pytest.mark.skipif(
    paint.chinese_font() is None, reason="no Chinese font to paint with"
)
AUTHORITY, PURPOSE, DATE = "青山市财政局", "审核专用章", "2024年12月23日"
SIDE = 380  # px, of a seal 48 mm wide at 200 dpi


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine(PaddleSpec())


def figures_page() -> paint.Painted:
    texts = (
        "收入",
        "1,280.55",
        "支出",
        "976.20",
        "结余",
        "304.35",
        "备注",
        "",
        "合计",
        "",
        "",
        "8",
    )
    slots = tuple(paint.Slot(i // 2, i % 2, text=text) for i, text in enumerate(texts))
    return paint.paint_page([paint.Layout((70,) * 6, (420, 420), slots, corner=(160, 200))])


def pressed(
    page: np.ndarray, stencil: Image.Image, at: tuple[int, int], turned: float
) -> np.ndarray:
    """A stencil, 255 where it inks, in red on the page; what is printed shows through."""
    cover = np.zeros(page.shape[:2], np.float32)
    ink = np.asarray(stencil.rotate(-turned, Image.Resampling.BICUBIC), np.float32) / 255
    cover[at[1] : at[1] + ink.shape[0], at[0] : at[0] + ink.shape[1]] = ink
    light = 1 - cover[..., None] * (1 - np.array(paint.RED, np.float32) / 255)
    return np.rint(page * light).astype(np.uint8)


def round_stencil() -> Image.Image:
    """Rim, authority along the rim, star, purpose below it."""
    stencil = Image.new("L", (SIDE, SIDE), 0)
    draw, middle = ImageDraw.Draw(stencil), SIDE // 2
    draw.ellipse((2, 2, SIDE - 3, SIDE - 3), outline=255, width=7)
    draw.regular_polygon((middle, middle, SIDE * 0.13), 5, fill=255)
    face = paint.font(50)
    for number, character in enumerate(AUTHORITY):
        glyph = Image.new("L", (SIDE, SIDE), 0)
        ImageDraw.Draw(glyph).text((middle, 44), character, fill=255, font=face, anchor="mm")
        turned = (number - (len(AUTHORITY) - 1) / 2) * 36
        stencil.paste(255, mask=glyph.rotate(-turned, Image.Resampling.BICUBIC))
    draw.text((middle, middle + 88), PURPOSE, fill=255, font=paint.font(36), anchor="mm")
    return stencil


def oval_stencil() -> Image.Image:
    """Two rims and a date across."""
    width, height = SIDE, round(SIDE * 0.68)
    stencil = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(stencil)
    draw.ellipse((2, 2, width - 3, height - 3), outline=255, width=6)
    draw.ellipse((14, 14, width - 15, height - 15), outline=255, width=2)
    middle = width // 2, height // 2
    draw.text(middle, DATE, fill=255, font=paint.font(38), anchor="mm")
    draw.text((middle[0], middle[1] + 62), "已审", fill=255, font=paint.font(38), anchor="mm")
    return stencil


def box_stencil() -> Image.Image:
    stencil = Image.new("L", (300, 120), 0)
    draw = ImageDraw.Draw(stencil)
    draw.rectangle((4, 4, 295, 115), outline=255, width=6)
    draw.text((150, 60), "现金付讫", fill=255, font=paint.font(56), anchor="mm")
    return stencil


@pytest.mark.parametrize("turned", [0, -25, 40])
def test_a_round_seal_is_read_along_its_arc_and_below_its_star(engine, turned):
    page = pressed(figures_page().image, round_stencil(), (400, 240), turned)
    stripped = strip(page)
    [said] = read_seals(stripped.impressions, engine, 1)
    assert said is not None
    assert said.text == f"{AUTHORITY}\n{PURPOSE}"
    assert said.confidence > 0.5


def test_a_date_stamp_is_read_across(engine):
    page = pressed(figures_page().image, oval_stencil(), (400, 240), 6)
    [said] = read_seals(strip(page).impressions, engine, 1)
    assert said is not None
    assert said.text == f"{DATE}\n已审"


def test_a_box_is_read_without_its_frame(engine):
    box = box_stencil()
    wide = Image.new("L", (340, 340), 0)
    wide.paste(box, (20, 110))
    page = pressed(figures_page().image, wide, (420, 240), 12)
    stripped = strip(page)
    assert [seal.shape for seal in stripped.seals] == ["rectangle"]
    [said] = read_seals(stripped.impressions, engine, 1)
    assert said is not None
    assert said.text == "现金付讫"


def test_a_worn_seal_that_says_nothing_is_not_made_up(engine):
    stencil = Image.new("L", (SIDE, SIDE), 0)
    draw = ImageDraw.Draw(stencil)
    draw.ellipse((2, 2, SIDE - 3, SIDE - 3), outline=255, width=7)
    draw.regular_polygon((SIDE // 2, SIDE // 2, SIDE * 0.3), 5, fill=255)
    [said] = read_seals(
        strip(pressed(figures_page().image, stencil, (400, 240), 0)).impressions, engine, 1
    )
    assert said is None


# --- without colour -------------------------------------------------------------------------------


def grey(page: np.ndarray) -> np.ndarray:
    return np.repeat(to_gray(page)[:, :, None], 3, axis=2)


@pytest.mark.parametrize(("stencil", "shape"), [(round_stencil, "round"), (oval_stencil, "oval")])
def test_a_seal_on_a_grey_scan_is_found_and_stays(stencil, shape):
    page = grey(pressed(figures_page().image, stencil(), (400, 240), 8))
    stripped = strip(paint.noise(page, seed=1) if shape == "round" else page)
    [seal] = stripped.seals
    assert (seal.shape, seal.color) == (shape, "grey")
    middle = (400 + SIDE / 2, 240 + stencil().size[1] / 2)
    assert np.mean(seal.polygon, axis=0) == pytest.approx(middle, abs=6)
    assert stripped.impressions == []


def test_a_grey_page_without_seals_stays_byte_for_byte():
    page = grey(figures_page().image)
    cv2.circle(page, (900, 300), 30, (0, 0, 0), 2)  # a circle drawn round a figure
    stripped = strip(page)
    assert stripped.image is page
    assert stripped.seals == []
