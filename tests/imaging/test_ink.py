"""Paper, ink and type are told from each other on any scan."""

import cv2
import numpy as np
import pytest

import paint
from tenglu.imaging.ink import MIN_INK, darkness, measure_ink, paper_tone, to_gray

WORDS = "财政拨款收入支出决算表的编制说明以及各项指标"


def text_page(size: int = 26, n_lines: int = 20) -> np.ndarray:
    captions = [paint.Caption(WORDS, (620, 120 + 60 * i), size) for i in range(n_lines)]
    return paint.paint_page([], captions).image


def dark_of(image: np.ndarray) -> np.ndarray:
    return darkness(to_gray(image))


def test_paper_is_light_and_ink_is_dark():
    page = text_page()
    dark = dark_of(page)
    assert dark[page.min(axis=2) == 255].max() == 0
    assert dark[page.max(axis=2) == paint.INK[0]].min() > 200


@pytest.mark.parametrize("paper", [(250, 245, 225), (200, 200, 200), (120, 120, 120)])
def test_the_tone_of_the_paper_does_not_matter(paper):
    page = text_page()
    toned = np.rint(page / 255.0 * paper).astype(np.uint8)
    assert np.abs(dark_of(toned).astype(int) - dark_of(page)).max() < 12


def test_shading_is_taken_out():
    shaded = paint.shade(np.full((800, 600, 3), 255, np.uint8), 0.4)
    assert dark_of(shaded).max() < MIN_INK / 2
    assert np.abs(paper_tone(to_gray(shaded)).astype(int) - to_gray(shaded)).mean() < 4


@pytest.mark.parametrize("size", [14, 18, 26, 34])
def test_the_size_of_type_is_measured(size):
    height = measure_ink(dark_of(text_page(size))).text_height
    assert 0.65 * size < height < 1.1 * size


def test_a_scan_of_twice_the_resolution_has_type_of_twice_the_size():
    page = text_page(26)
    double = cv2.resize(page, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    before, after = (measure_ink(dark_of(p)).text_height for p in (page, double))
    assert after == pytest.approx(2 * before, rel=0.1)


def test_a_title_does_not_change_the_size_of_type():
    plain = text_page(26)
    titled = plain.copy()
    titled[:90] = paint.paint_page([], [paint.Caption("收入支出决算总表", (620, 45), 60)]).image[
        :90
    ]
    before, after = (measure_ink(dark_of(page)).text_height for page in (plain, titled))
    assert after == pytest.approx(before, rel=0.1)


def test_a_part_of_a_page_has_the_type_of_the_page():
    page = text_page(26)
    whole, part = (measure_ink(dark_of(p)).text_height for p in (page, page[100:400, 300:1000]))
    assert part == pytest.approx(whole, rel=0.15)


def test_marks_and_noise_do_not_change_the_ink():
    page = text_page()
    before = measure_ink(dark_of(page))
    after = measure_ink(dark_of(paint.noise(paint.watermark(page, opacity=0.3), 1)))
    assert after.level == pytest.approx(before.level, abs=25)
    assert after.text_height == pytest.approx(before.text_height, rel=0.15)


def test_faint_print_has_a_faint_level():
    page = text_page()
    faint = (255 - (255 - page.astype(int)) * 0.35).astype(np.uint8)
    assert measure_ink(dark_of(faint)).level == pytest.approx(235 * 0.35, abs=15)


def test_a_page_without_text_has_the_fallback_text_height():
    ink = measure_ink(np.zeros((600, 400), np.uint8))
    assert ink.text_height == pytest.approx(3.7 / 25.4 * 200, rel=0.01)
    assert ink.level == ink.threshold == MIN_INK


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (16, 16), (33, 500)])
def test_pictures_of_any_size(shape):
    for tone in (0, 90, 255):
        gray = np.full(shape, tone, np.uint8)
        assert darkness(gray).shape == shape
        assert measure_ink(darkness(gray)).text_height > 0


@pytest.mark.parametrize("sigma", [1.4, 1.6, 1.8])
def test_blurred_type_is_not_measured_by_its_pieces(sigma):
    """As on a phone picture: thin strokes fade and break, heavy rules and headings stay dark."""
    page = text_page(24)
    sharp = measure_ink(dark_of(page)).text_height
    blurred = cv2.GaussianBlur(page, (0, 0), sigma)
    cv2.rectangle(blurred, (100, 1400), (1100, 1600), paint.INK, 8)
    blurred = paint.noise(blurred, 3, 8)
    assert measure_ink(dark_of(blurred)).text_height == pytest.approx(sharp, rel=0.2)
