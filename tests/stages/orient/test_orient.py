"""A page comes back upright, and every pixel of it knows where it was on the scan."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
import pytest

import paint
import sample
from tenglu.engines.interface import Character, Crop, Reading
from tenglu.engines.replay import ReplayEngine
from tenglu.errors import EngineError
from tenglu.imaging.geometry import map_points, map_polygon, quarter_turn
from tenglu.imaging.page_image import PageImage
from tenglu.stages.orient import OrientOptions, Upright, orient

TURNS = (0, 90, 180, 270)
UNASKED = ReplayEngine("none", "none", [])  # an engine that fails if it is asked to read
AS_IS = OrientOptions(rotation=0)

needs_chinese = pytest.mark.skipif(
    paint.chinese_font() is None, reason="the letters painted instead are small and no words"
)


def table(seed: int = 1) -> paint.Painted:
    layout = paint.random_layout(np.random.default_rng(seed), 9, 5, 4)
    return paint.paint_table(layout, "收入支出决算总表")


def assert_upright(painted: paint.Painted, upright: Upright, near: float = 1.5) -> None:
    """Painted corners, carried onto the upright page, are ink in level rows and plumb columns."""
    to_upright = np.linalg.inv(upright.to_scan)
    rows: dict[int, list[float]] = {}
    cols: dict[int, list[float]] = {}
    for cell in painted.cells:
        corners = map_points(to_upright, cell.polygon)
        for (x, y), (row, col) in zip(corners, ((0, 0), (0, 1), (1, 1), (1, 0)), strict=True):
            rows.setdefault(cell.row + row * cell.rowspan, []).append(y)
            cols.setdefault(cell.col + col * cell.colspan, []).append(x)
            spot = upright.image[round(y) - 2 : round(y) + 2, round(x) - 2 : round(x) + 2]
            assert spot.min() < 90, "rules meet here"
    assert max(np.ptp(places) for places in (*rows.values(), *cols.values())) <= near
    for lines in (rows, cols):  # and they are in order: not mirrored, not turned
        middles = [np.mean(lines[number]) for number in sorted(lines)]
        assert middles == sorted(middles)


# --- skew -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [0.3, -0.9, -5.0, 5.0, 7.5])
def test_a_skewed_page_comes_back_level(degrees):
    skewed = paint.skew(table(), degrees)
    upright = orient(skewed.image, UNASKED, AS_IS)
    assert upright.skew == pytest.approx(degrees, abs=0.1)
    assert_upright(skewed, upright)


@pytest.mark.parametrize(("rotation", "degrees"), [(90, -1.3), (180, 2.2), (270, 0.7)])
def test_a_skewed_and_turned_page_comes_back_upright(rotation, degrees):
    moved = paint.turn(paint.skew(table(2), degrees), rotation)
    upright = orient(moved.image, UNASKED, OrientOptions(rotation=rotation))
    assert upright.rotation == rotation
    assert upright.skew == pytest.approx(degrees, abs=0.1)
    assert_upright(moved, upright)


@pytest.mark.parametrize("seed", range(2))
def test_the_skew_of_a_bad_scan_is_found(seed):
    skewed = paint.skew(table(seed), 1.4)
    worse = paint.jpeg(paint.noise(paint.watermark(skewed.image, opacity=0.25), seed), 60)
    upright = orient(worse, UNASKED, AS_IS)
    assert_upright(skewed, upright)


def test_the_skew_of_running_text_is_found():
    words = "财政拨款收入支出决算表的编制说明以及各项指标"
    captions = [paint.Caption(words, (600, 150 + 45 * i)) for i in range(30)]
    skewed = paint.skew(paint.paint_page([], captions), -1.6)
    upright = orient(skewed.image, UNASKED, AS_IS)
    assert upright.skew == pytest.approx(-1.6, abs=0.15)


@pytest.mark.parametrize("seed", range(3))
def test_slight_perspective_is_taken_out(seed):
    pulled = paint.perspective(table(seed), seed, strength=0.012)
    assert_upright(pulled, orient(pulled.image, UNASKED, AS_IS), near=2.0)


def test_nothing_at_the_edge_of_the_scan_is_lost():
    skewed = paint.skew(table(), 3.0)
    scan = skewed.image.copy()
    scan[:12, :12] = scan[-12:, -12:] = scan[:12, -12:] = scan[-12:, :12] = (0, 0, 255)
    upright = orient(scan, UNASKED, AS_IS)
    blue = (upright.image[..., 2] > 150) & (upright.image[..., 0] < 100)
    assert blue.sum() > 0.8 * 4 * 144
    height, width = scan.shape[:2]
    corners = map_points(
        np.linalg.inv(upright.to_scan), [(0, 0), (width, 0), (width, height), (0, height)]
    )
    assert corners.min() >= -1
    assert (corners.max(axis=0) <= np.array(upright.image.shape[1::-1]) + 1).all()


@pytest.mark.parametrize("degrees", [0.0, 1.1])
def test_small_type_is_enlarged_and_places_still_fit(degrees):
    small = paint.skew(table(6), degrees)
    half = np.diag([0.5, 0.5, 1.0])
    image = cv2.resize(small.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    cells = tuple(c._replace(polygon=map_polygon(half, c.polygon)) for c in small.cells)
    upright = orient(image, UNASKED, AS_IS)
    assert upright.image.shape[1] > 1.2 * image.shape[1]
    assert_upright(small._replace(image=image, tables=(cells,)), upright, near=2.5)


def banded() -> paint.Painted:
    """Three bands of rows, each with columns of its own: hardly a rule runs from top to bottom."""
    bands = ((0, 2, 4, 6), (0, 1, 3, 5, 6), (0, 2, 4, 6))
    slots = tuple(
        paint.Slot(6 * i + row, left, 1, right - left, text="预算数")
        for i, edges in enumerate(bands)
        for row in range(6)
        for left, right in pairwise(edges)
    )
    return paint.paint_table(paint.Layout((50,) * 18, (150,) * 6, slots), "项目支出绩效自评表")


@needs_chinese
@pytest.mark.parametrize("seed", [1, 2, 3, 5])
def test_a_blurred_picture_of_short_rules_loses_its_perspective(seed):
    seen = paint.perspective(banded(), seed, strength=0.03)
    blurred = cv2.GaussianBlur(seen.image, (0, 0), 1.6)
    upright = orient(blurred, UNASKED, AS_IS)
    assert_upright(
        seen, upright._replace(page=PageImage.of(orient_like(seen.image, upright))), near=3.0
    )


def orient_like(image: np.ndarray, upright: Upright) -> np.ndarray:
    """A sharp picture, turned as its blurred one was."""
    size = upright.image.shape[1], upright.image.shape[0]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(image, upright.to_scan, size, flags=flags)


# --- pages that are straight ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_a_straight_page_is_not_resampled(seed):
    page = table(seed).image
    upright = orient(page, UNASKED, AS_IS)
    assert np.array_equal(upright.image, page)
    assert np.array_equal(upright.to_scan, np.eye(3))
    assert (upright.rotation, upright.skew, upright.margin) == (0, 0.0, None)


@needs_chinese
@pytest.mark.parametrize("rotation", TURNS)
def test_a_straight_turned_page_comes_back_pixel_by_pixel(rotation):
    painted = table(3)
    turned = paint.turn(painted, rotation)
    upright = orient(turned.image, UNASKED, OrientOptions(rotation=rotation))
    assert np.array_equal(upright.image, painted.image)
    height, width = turned.image.shape[:2]
    assert np.array_equal(upright.to_scan, quarter_turn(width, height, rotation))
    assert_upright(turned, upright)


@pytest.mark.parametrize("shape", [(1754, 1240), (16, 16), (30, 900), (900, 30)])
def test_a_page_without_a_word_stays_and_gives_no_evidence(shape):
    for value in (255, 0):
        page = np.full((*shape, 3), value, np.uint8)
        upright = orient(page, UNASKED)
        assert np.array_equal(upright.image, page)
        assert (upright.rotation, upright.margin) == (0, None)


# --- the quarter turn -----------------------------------------------------------------------------


@needs_chinese
@pytest.mark.parametrize("rotation", TURNS)
def test_the_quarter_turn_is_found_by_reading(rotation, engine):
    moved = paint.turn(paint.skew(table(5), 0.8), rotation)
    upright = orient(moved.image, engine)
    assert upright.rotation == rotation
    assert upright.margin is not None
    assert 0.15 < upright.margin <= 1
    assert_upright(moved, upright)


@needs_chinese
@pytest.mark.parametrize("rotation", [90, 180])
def test_the_quarter_turn_of_a_page_with_nothing_but_text(rotation, engine):
    words = "财政拨款收入支出决算表的编制说明以及各项指标"
    captions = [paint.Caption(words, (600, 150 + 45 * i)) for i in range(12)]
    turned = paint.turn(paint.paint_page([], captions), rotation)
    assert orient(turned.image, engine).rotation == rotation


def test_a_sideways_page_of_the_sample_is_turned(engine):
    upright = orient(sample.scan(8).image, engine)
    assert upright.rotation == sample.rotation(8) == 90
    assert upright.margin > 0.3


def test_an_engine_that_fails_is_not_hidden():
    with pytest.raises(EngineError):
        orient(table().image, UNASKED)


# --- manners --------------------------------------------------------------------------------------


def test_the_scan_is_not_written_to_and_the_same_scan_gives_the_same_page():
    scan = paint.skew(table(), 1.0).image
    before = scan.copy()
    scan.flags.writeable = False
    first, second = orient(scan, UNASKED, AS_IS), orient(scan, UNASKED, AS_IS)
    assert np.array_equal(scan, before)
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.to_scan, second.to_scan)


def test_what_is_no_picture_is_refused():
    with pytest.raises(TypeError, match="uint8"):
        orient(np.zeros((50, 50, 3)), UNASKED, AS_IS)
    with pytest.raises(ValueError, match=r"\(H, W, 3\)"):
        orient(np.zeros((50, 50), np.uint8), UNASKED, AS_IS)


class Recalling:
    """An engine that reads each time it is asked with the next of some probabilities."""

    name = witness = "recalling"

    def __init__(self, probabilities: list[float]) -> None:
        self.probabilities = probabilities
        self.asked: list[int] = []

    def read(self, crops: Sequence[Crop]) -> list[Reading]:
        self.asked.append(len(crops))
        sure = self.probabilities[len(self.asked) - 1]
        return [Reading("预", (Character("预", sure, "", 0.0),)) for _ in crops]


@needs_chinese
def test_two_turns_that_read_about_alike_are_read_further():
    lines = [paint.Caption("财政拨款收入支出决算", (600, 100 + 60 * i)) for i in range(20)]
    page = paint.paint_page([], lines).image
    engine = Recalling([0.40, 0.45, 0.3, 0.8])  # upright, upside down; then further, the same back
    upright = orient(page, engine)
    assert upright.rotation == 0
    assert upright.margin == pytest.approx(1 - 0.3 / 0.8, abs=0.15)
    assert engine.asked[0] < engine.asked[-1]
