"""Rules are found where they are drawn; type, dust and pictures are no rules."""

import cv2
import numpy as np
import pytest

import paint
from tenglu.imaging.dashed_lines import Thin, find_gapped_rules
from tenglu.imaging.ink import darkness, measure_ink, to_gray
from tenglu.imaging.ruling_line import Rule, Written
from tenglu.imaging.ruling_lines import Rules, find_rules
from tenglu.imaging.runs import pack

WORDS = "财政拨款收入支出决算表的编制说明以及各项指标"


def text_page(n_lines: int = 12) -> np.ndarray:
    captions = [paint.Caption(WORDS, (620, 120 + 60 * i)) for i in range(n_lines)]
    return paint.paint_page([], captions).image


def rules_of(image: np.ndarray) -> tuple[Rules, Rules]:
    dark = darkness(to_gray(image))
    return find_rules(dark, measure_ink(dark))


def test_type_is_no_rule():
    horizontal, vertical = rules_of(text_page(25))
    assert horizontal.long == []
    assert vertical.long == []


@pytest.mark.parametrize("thickness", [1, 2, 4])
def test_a_rule_is_found_where_it_is(thickness):
    page = text_page()
    page[1000 : 1000 + thickness, 200:1000] = 20
    page[900:1600, 300 : 300 + thickness] = 20
    horizontal, vertical = rules_of(page)
    [level], [plumb] = horizontal.long, vertical.long
    middle = (thickness - 1) / 2
    assert (level.start, level.end) == pytest.approx((200, 999), abs=3)
    assert level.at(500.0) == pytest.approx(1000 + middle, abs=0.6)
    assert (plumb.start, plumb.end) == pytest.approx((900, 1599), abs=3)
    assert plumb.at(1200.0) == pytest.approx(300 + middle, abs=0.6)
    assert level.contrast > 150


@pytest.mark.parametrize("slope", [-0.015, 0.01, 0.02])
def test_the_course_of_a_slanting_rule_is_followed(slope):
    page = text_page()
    left, right = (100, 1200), (1140, round(1200 + slope * 1040))
    cv2.line(page, left, right, paint.INK, 2, cv2.LINE_AA)
    [rule] = rules_of(page)[0].long
    for x in (200.0, 600.0, 1000.0):
        assert rule.at(x) == pytest.approx(1200 + slope * (x - 100), abs=1.0)


def test_a_curled_rule_is_followed():
    page = text_page()
    x = np.arange(150, 1100)
    y = np.rint(1300 + 6 * np.sin(x / 300)).astype(int)
    for step in range(3):
        page[y + step, x] = 20
    [rule] = rules_of(page)[0].long
    places = np.array([200.0, 500.0, 800.0, 1050.0])
    assert rule.at(places) == pytest.approx(1301 + 6 * np.sin(places / 300), abs=1.2)


def test_a_faint_rule_among_noise_is_found():
    page = text_page()
    page[1000:1002, 200:1000] = 190
    horizontal, _ = rules_of(paint.noise(page, 1))
    assert any(abs(float(r.at(500.0)) - 1000.5) < 1 and r.length > 700 for r in horizontal.long)


def test_bars_pictures_and_short_strokes_are_no_rules():
    page = text_page()
    page[1000:1060, 200:1000] = 60  # a bar
    cv2.circle(page, (400, 1300), 100, paint.INK, -1)
    page[1500:1502, 600:640] = 20  # less than two letters
    horizontal, vertical = rules_of(page)
    middles = [float(r.at((r.start + r.end) / 2)) for r in horizontal.long]
    assert all(abs(y - 1030) > 20 for y in middles)
    assert all(abs(y - 1501) > 5 for y in middles)
    assert vertical.long == []


def test_a_blank_page_has_no_rules():
    for horizontal_or_vertical in rules_of(np.full((500, 400, 3), 255, np.uint8)):
        assert horizontal_or_vertical[:3] == ([], [], [])


@pytest.mark.parametrize(("dash", "is_rule"), [(2, False), (8, True)])
def test_specks_at_even_distances_are_no_dashed_rule(dash, is_rule):
    """Serifs, and rules of rows that are cut, stand so where rows are of one height."""
    page = text_page()
    for top in range(1000, 1400, 20):
        page[top : top + dash, 500:502] = 20
    _, vertical = rules_of(page)
    assert bool(vertical.long) == is_rule


def test_specks_in_a_line_that_leaves_the_page_are_looked_at_without_harm():
    """And a shadow along the border of the scan, where it page_results."""
    tone = np.zeros((200, 1000), np.uint8)
    tone[199, :600:2] = 60  # paler than ink
    along = np.linspace(600, 760, 8)
    piece = Rule(along, 198.4 - 0.01 * (along - 600), contrast=200.0, thickness=1.0)
    for x in range(600, 760, 2):
        tone[round(float(piece.at(np.array([x]))[0])), x] = 200
    packed = pack(tone > 0)
    seen = Thin(packed, tone, Written.of(tone > 100, 10.0), 10.0)
    [found] = find_gapped_rules(seen, np.zeros_like(packed), [piece]).broken
    assert found.across.max() <= 199
    assert found.end >= 759
