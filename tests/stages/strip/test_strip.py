"""Marks go, ink stays, and a page without marks is left alone."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paint
import sample
from tenglu.imaging.ink import Ink
from tenglu.stages.strip import DEFAULTS, StripOptions, Stripped, strip
from tenglu.stages.strip.tones import Tones
from tenglu.stages.strip.watermark import find_tonal_mark

TITLE = "收入支出决算总表"
PAPER = 245  # tone; lighter is paper
INK = 130  # tone; darker is ink, also at the blurred edge of a stroke
SEEN = 12  # levels of tone that a mark takes from paper before it counts


def table(seed: int = 1, n_rows: int = 9, n_cols: int = 5) -> paint.Painted:
    layout = paint.random_layout(np.random.default_rng(seed), n_rows, n_cols, 4)
    return paint.paint_table(layout, TITLE)


def tone(image: np.ndarray) -> np.ndarray:
    """Luminance, which is what the later stages look at."""
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(int)


def gone(clean: np.ndarray, marked: np.ndarray, stripped: Stripped) -> float:
    """Share of the mark's pixels on bare paper that are paper again."""
    mark = (tone(clean) > PAPER) & (tone(clean) - tone(marked) > SEEN)
    return float((tone(stripped.image)[mark] > 255 - SEEN).mean())


def lost(clean: np.ndarray, stripped: Stripped) -> float:
    """Share of the ink that is no longer dark."""
    ink = clean.max(axis=2) < INK
    return float((stripped.image.max(axis=2)[ink] > INK + 30).mean())


def assert_left_alone(page: np.ndarray) -> None:
    before = page.copy()
    stripped = strip(page)
    assert np.array_equal(stripped.image, before)
    assert not stripped.removed.any()
    assert stripped.marks == []
    assert stripped.seals == []


# --- pages without marks --------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_a_page_without_marks_is_left_alone(seed):
    assert_left_alone(table(seed).image)


@pytest.mark.parametrize(
    "worsen",
    [
        lambda image: paint.noise(image, 1),
        lambda image: paint.jpeg(image, 40),
        paint.shade,
        lambda image: paint.jpeg(paint.noise(paint.shade(image), 2), 60),
        lambda image: paint.streak(image, 300),
        lambda image: cv2.GaussianBlur(image, (0, 0), 1.2),
    ],
    ids=["noise", "jpeg", "shade", "scan", "streak", "blur"],
)
def test_a_bad_scan_without_marks_is_left_alone(worsen):
    assert_left_alone(worsen(table(2).image))


def test_a_blank_page_is_left_alone():
    assert_left_alone(np.full((1754, 1240, 3), 255, np.uint8))


@pytest.mark.parametrize("ink", [paint.RED, (20, 40, 180), (0, 120, 60)])
def test_coloured_print_stays(ink):
    layout = paint.random_layout(np.random.default_rng(4), 8, 5, 3)
    assert_left_alone(paint.paint_table(layout._replace(ink=ink), TITLE).image)


def test_grey_print_stays():
    layout = paint.random_layout(np.random.default_rng(5), 8, 5, 3)
    grey = tuple(
        slot._replace(text=slot.text and "小计") for slot in layout.slots[: len(layout.slots) // 2]
    )
    dark = paint.paint_table(layout)
    light = paint.paint_table(layout._replace(slots=grey, ink=(140, 140, 140)))
    assert_left_alone(np.minimum(dark.image, light.image))


# --- watermarks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("opacity", [0.15, 0.2, 0.25])
@pytest.mark.parametrize("spacing", [450, 700])
def test_a_watermark_goes_and_the_ink_stays(opacity, spacing):
    clean = table(6).image
    marked = paint.watermark(clean, opacity=opacity, spacing=spacing)
    stripped = strip(marked)
    assert gone(clean, marked, stripped) > 0.8
    assert lost(clean, stripped) < 0.01


@pytest.mark.parametrize("angle", [0.0, -35.0, 60.0])
def test_the_angle_of_a_watermark_does_not_matter(angle):
    clean = table(7).image
    marked = paint.watermark(clean, opacity=0.25, spacing=600, angle=angle)
    stripped = strip(marked)
    assert gone(clean, marked, stripped) > 0.8
    assert lost(clean, stripped) < 0.01


@pytest.mark.parametrize("seed", range(3))
def test_a_watermark_goes_from_a_bad_scan(seed):
    page = table(10 + seed).image
    clean, marked = (
        paint.jpeg(paint.noise(cv2.GaussianBlur(image, (0, 0), 0.8), seed, sigma=3), 75)
        for image in (page, paint.watermark(page, opacity=0.25, spacing=600))
    )
    stripped = strip(marked)
    where = tone(page) - tone(paint.watermark(page, opacity=0.25, spacing=600)) > SEEN
    bare = where & (tone(page) > PAPER) & (tone(clean) > 230)
    assert (tone(stripped.image)[bare] > 235).mean() > 0.8
    assert lost(clean, stripped) < 0.01


@pytest.mark.parametrize("colour", [(190, 140, 140), (140, 150, 190)])
def test_no_colour_is_left_of_a_coloured_mark(colour):
    clean = (table(6).image * (0.95, 0.92, 0.88)).astype(np.uint8)
    marked = paint.watermark(clean, opacity=0.3, spacing=600, colour=colour)
    stripped = strip(marked)
    assert lost(clean, stripped) < 0.01
    mark = tone(clean) - tone(marked) > SEEN
    before, after = (
        np.abs(image[mark] - clean[mark].astype(int)) for image in (marked, stripped.image)
    )
    assert (np.median(after, axis=0) < 0.2 * np.median(before, axis=0).max()).all()


@pytest.mark.parametrize("angle", [0.0, 90.0])
def test_light_rules_that_cross_rows_of_marks_stay(angle):
    """Wherever a mark of a row stands, the same rule crosses it: it repeats as the mark does."""
    slots = tuple(
        paint.Slot(row, col, text=f"{row + 1}{col}.50") for row in range(14) for col in range(6)
    )
    pale = paint.Layout((90,) * 14, (170,) * 6, slots, rule_colour=(150, 150, 150))
    clean = paint.paint_table(pale, TITLE).image
    stripped = strip(paint.watermark(clean, opacity=0.25, spacing=340, angle=angle))
    rules = clean.max(axis=2) == 150
    assert (tone(stripped.image)[rules] < 200).mean() > 0.98


def test_a_dash_thinner_than_type_stays_beside_a_mark():
    """Alone in its cell and lighter than the other ink, as blur leaves it: as light as a mark."""
    clean = table(6).image
    spots = [(400, 330), (700, 500), (250, 620)]
    for x, y in spots:
        clean[y - 12 : y + 12, x - 14 : x + 40] = 255
        clean[y : y + 2, x : x + 26] = 165
    stripped = strip(paint.watermark(clean, opacity=0.3, spacing=500))
    assert stripped.marks
    for x, y in spots:
        assert (tone(stripped.image)[y : y + 2, x + 2 : x + 24] < 200).mean() > 0.9


def test_removed_tells_where_the_picture_was_changed_and_nowhere_else():
    clean = table(9).image
    marked = paint.watermark(clean, opacity=0.25, spacing=600)
    stripped = strip(marked)
    changed = (stripped.image != marked).any(axis=2)
    assert not (changed & ~stripped.removed).any()
    mark = (marked != clean).any(axis=2)
    near = cv2.dilate(mark.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert (stripped.removed & ~near).sum() < 0.02 * stripped.removed.sum()


def test_marks_lie_along_the_watermark():
    captions = [paint.Caption("决算编制说明" * 4, (600, y)) for y in (60, 110)]
    image = paint.paint_page([], captions, (1200, 1200)).image
    marked = paint.watermark(image, opacity=0.3, angle=30.0, spacing=700)
    stripped = strip(marked)
    assert stripped.marks
    mark = (marked != image).any(axis=2)
    covered = np.zeros(mark.shape, np.uint8)
    for found in stripped.marks:
        cv2.fillConvexPoly(covered, np.array(found.polygon).round().astype(np.int32), 1)
        assert 10 < found.darkness < 90
        (x0, y0), (x1, y1), *_ = found.polygon
        if np.hypot(x1 - x0, y1 - y0) > 400:  # whole, not cut by the edge of the page
            assert np.degrees(np.arctan2(y1 - y0, x1 - x0)) == pytest.approx(30, abs=4)
    assert mark[covered > 0].sum() > 0.9 * mark.sum()


# --- seals ----------------------------------------------------------------------------------------


def sealed(colour=paint.RED, radius: int = 95) -> tuple[paint.Painted, np.ndarray, tuple[int, int]]:
    """A table, the same with a seal over the text of one of its cells, and where the seal is."""
    painted = table(12)
    cell = next(c for c in painted.cells if c.text and c.row >= 4)
    x0, y0, x1, y1 = cell.box
    centre = ((x0 + x1) // 2, (y0 + y1) // 2)
    return painted, paint.seal(painted.image, centre, radius, colour), centre


def test_a_seal_on_a_bad_scan_is_found():
    _, stamped, (x, y) = sealed()
    scan = paint.jpeg(paint.noise(cv2.GaussianBlur(stamped, (0, 0), 0.8), 3, sigma=3), 75)
    [seal] = strip(scan).seals
    assert (seal.shape, seal.color) == ("round", "red")
    assert np.mean(seal.polygon, axis=0) == pytest.approx((x, y), abs=4)


def test_an_oval_seal_is_an_oval():
    painted = table(13)
    x, y = (int(v) for v in painted.cells[-1].polygon[0])
    image = painted.image.copy()
    cv2.ellipse(image, (x, y), (110, 70), 0, 0, 360, paint.RED, 6)
    cv2.putText(image, "2024.12.31", (x - 80, y + 8), cv2.FONT_HERSHEY_SIMPLEX, 0.9, paint.RED, 2)
    [seal] = strip(image).seals
    assert (seal.shape, seal.color) == ("oval", "red")


def test_a_circle_drawn_round_a_number_stays():
    painted = table(13)
    x, y = (int(v) for v in painted.cells[-1].polygon[0])
    image = painted.image.copy()
    cv2.ellipse(image, (x, y), (90, 60), 0, 0, 360, paint.RED, 4)
    assert_left_alone(image)


def test_all_of_a_seal_goes_and_the_ink_under_it_stays():
    painted, stamped, _ = sealed()
    stripped = strip(stamped)
    red = (stamped[:, :, 0].astype(int) - stamped[:, :, 1] > 60) & (tone(painted.image) > PAPER)
    assert (tone(stripped.image)[red] > 255 - SEEN).mean() > 0.95
    assert lost(painted.image, stripped) < 0.005


@pytest.mark.parametrize("ground", [(221, 235, 247), (255, 240, 200), (225, 225, 225)])
def test_tinted_cells_stay(ground):
    painted = table(14)
    image = painted.image.copy()
    for cell in painted.cells[::2]:
        x0, y0, x1, y1 = (int(v) for v in cell.box)
        part = image[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2]
        np.minimum(part, np.array(ground, np.uint8), out=part)
    assert_left_alone(image)


def test_a_seal_and_a_watermark_on_one_page():
    painted, stamped, _ = sealed()
    marked = paint.watermark(stamped, opacity=0.25, spacing=600)
    stripped = strip(marked)
    assert [seal.color for seal in stripped.seals] == ["red"]
    assert stripped.marks
    assert lost(painted.image, stripped) < 0.01


# --- options and manners --------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["内部资料", "国图", "回"])
def test_a_coloured_watermark_is_no_row_of_seals(text):
    """国 and 回 have a rim and something inside, as seals have."""
    clean = table(6).image
    marked = paint.watermark(clean, text, opacity=0.45, spacing=420, colour=(200, 60, 60))
    stripped = strip(marked)
    assert stripped.seals == []
    assert len(stripped.marks) > 3


def test_seals_smaller_than_asked_for_stay():
    _, stamped, _ = sealed()
    assert strip(stamped, StripOptions(min_seal=30)).seals == []


def test_the_page_is_not_written_to_and_the_same_page_gives_the_same_picture():
    _, stamped, _ = sealed()
    marked = paint.watermark(stamped, opacity=0.25, spacing=600)
    before = marked.copy()
    marked.flags.writeable = False
    first, second = strip(marked), strip(marked)
    assert np.array_equal(marked, before)
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.removed, second.removed)
    assert first.marks == second.marks
    assert first.seals == second.seals


def test_stripping_twice_finds_nothing_more_to_take():
    clean = table(14).image
    once = strip(paint.watermark(clean, opacity=0.25, spacing=600))
    twice = strip(once.image)
    assert twice.removed.mean() < 0.05 * once.removed.mean()


@pytest.mark.parametrize("number", [1, 8])
def test_a_page_of_the_sample_loses_its_marks_and_little_else(number):
    scan = sample.scan(number).image
    stripped = strip(scan)
    assert stripped.marks
    assert stripped.seals == []
    assert 0.01 < stripped.removed.mean() < 0.15
    ink = scan.max(axis=2) < 110
    assert (stripped.image.max(axis=2)[ink] < 160).mean() > 0.99


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (20, 2000), (3000, 20)])
def test_tiny_and_narrow_pictures(shape):
    for value in (0, 128, 255):
        assert_left_alone(np.full((*shape, 3), value, np.uint8))


@pytest.mark.parametrize(
    ("page", "wrong"),
    [(np.zeros((50, 50, 3), np.float32), TypeError), (np.zeros((50, 50), np.uint8), ValueError)],
)
def test_what_is_no_picture_is_refused(page, wrong):
    with pytest.raises(wrong, match=r"\(H, W, 3\)"):
        strip(page)


@pytest.mark.filterwarnings("error")
def test_hair_lines_are_no_veil():
    """Blur and noise can leave rings a pixel wide, as large as a mark: none has strokes so thin."""
    smooth = np.zeros((600, 600), np.uint8)
    for number in range(6):
        cv2.circle(smooth, (90 + 80 * number, 300), 70, 40, 1)
    near_ink = np.zeros(smooth.shape, bool)
    tones = Tones(smooth, smooth, near_ink, near_ink, 8.0, Ink(200.0, 100.0, 24.0))
    assert find_tonal_mark(tones, DEFAULTS) is None
