"""What a fax strews over a page is softened before it is read; other pages are read as they are."""

import cv2
import numpy as np
import pytest

import paint
from tenglu.engines.interface import Crop, Reading
from tenglu.imaging.ink import darkness, measure_ink, to_gray
from tenglu.stages.ocr import read_text
from tenglu.stages.ocr.denoise import reduce_noise
from tenglu.stages.tables import find_tables

pytestmark = pytest.mark.skipif(
    paint.chinese_font() is None, reason="no Chinese font to paint with"
)
WORDS = "财政拨款收入支出决算表的编制说明以及各项指标"
GRAINS = 0.006  # of all pixels, each way


class Keeping:
    """An engine that keeps what it is given to read."""

    name = "keeping"

    def __init__(self) -> None:
        self.crops: list[Crop] = []

    def read(self, crops: list[Crop]) -> list[Reading]:
        self.crops += crops
        return [Reading("", ()) for _ in crops]


def written_page() -> np.ndarray:
    slots = tuple(paint.Slot(r, c, text="财政拨款") for r in (0, 1) for c in (0, 1))
    layout = paint.Layout((240, 240), (80, 80), slots, corner=(120, 420))
    lines = [paint.Caption(WORDS, (620, 80 + 45 * i)) for i in range(6)]
    return paint.paint_page([layout], lines).image


def faxed(page: np.ndarray) -> np.ndarray:
    """Two tones, and grains of both on either."""
    tones = np.where(to_gray(page) < 128, 0, 255).astype(np.uint8)
    draw = np.random.default_rng(3).random(tones.shape)
    tones[draw < GRAINS] = 0
    tones[draw > 1 - GRAINS] = 255
    return np.dstack([tones] * 3)


def turned(page: np.ndarray, degrees: float) -> np.ndarray:
    height, width = page.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(
        page, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=(255,) * 3
    )


def noisy(page: np.ndarray) -> np.ndarray:
    """As a scanner delivers it: soft edges and grain of all tones."""
    soft = cv2.GaussianBlur(page, (0, 0), 0.8).astype(np.float64)
    return np.clip(soft + np.random.default_rng(4).normal(0, 9, page.shape), 0, 255).astype(
        np.uint8
    )


def softened(page: np.ndarray) -> np.ndarray:
    dark = darkness(to_gray(page))
    return reduce_noise(page, dark, measure_ink(dark))


@pytest.mark.parametrize("degrees", [0.0, 0.7])
def test_grains_fade_and_holes_close(degrees):
    page = written_page()
    fax = turned(faxed(page), degrees)
    printed = to_gray(turned(page, degrees))
    paper = cv2.erode(printed, np.ones((9, 9))) == 255
    ink = cv2.dilate(printed, np.ones((3, 3))) < 128
    before, after = (to_gray(image) for image in (fax, softened(fax)))
    assert (after[paper] < 128).mean() < 0.1 * (before[paper] < 128).mean()
    assert (after[ink] > 128).mean() < 0.2 * (before[ink] > 128).mean()


@pytest.mark.parametrize("deliver", [np.copy, noisy, lambda page: turned(page, 0.7)], ids=str)
def test_other_pages_are_read_as_they_are(deliver):
    page = deliver(written_page())
    assert softened(page) is page


def test_two_tones_without_grains_are_read_as_they_are():
    page = np.where(written_page() < 128, 0, 255).astype(np.uint8)
    assert softened(page) is page


def test_the_engine_gets_the_softened_lines_and_none_of_grains():
    page = faxed(written_page())
    engine = Keeping()
    read_text(page, find_tables(page), engine, 1)
    first = [crop for crop in engine.crops if not crop.way]
    assert len(first) == 4 * 2 + 6  # the text of a cell takes two lines
    for crop in engine.crops:
        assert len(np.unique(crop.image)) > 30


def test_dots_of_a_table_of_contents_are_no_grains():
    leaders = " . " * 24
    lines = [paint.Caption(f"财政{leaders}{n}", (420, 80 + 45 * n)) for n in range(1, 9)]
    layout = paint.Layout((80,), (240,), (paint.Slot(0, 0, text="财政"),), corner=(120, 500))
    page = paint.paint_page([layout], lines).image
    assert softened(page) is page
