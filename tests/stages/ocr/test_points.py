"""Dust beside figures is no point, a point is no comma, and what was read at first is not lost."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

import paint
from tenglu.engines.interface import Character, Crop, Engine, Reading
from tenglu.engines.paddle import PaddleSpec
from tenglu.engines.registry import open_engine
from tenglu.imaging.arrays import Rgb
from tenglu.stages.assemble.evidence import text_evidence
from tenglu.stages.ocr import CellText, read_text
from tenglu.stages.tables import find_tables

pytestmark = pytest.mark.skipif(
    paint.chinese_font() is None, reason="no Chinese font to paint with"
)
FIGURES = ("809.29", "1,203.43", "-46.19", "32.49", "12.51", "0.07", "5,280", "30", "0.84")
POINT = 2  # px, half of a painted point
INK = (30, 30, 30)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine(PaddleSpec())


def figures_page() -> paint.Painted:
    slots = tuple(paint.Slot(i // 3, i % 3, text=text) for i, text in enumerate(FIGURES))
    layout = paint.Layout((60,) * 3, (220,) * 3, slots, corner=(120, 120))
    return paint.paint_page([layout])


def ink_box(painted: paint.Painted, place: int) -> tuple[int, int, int, int]:
    """Left, top, right and foot of the ink in a cell."""
    box = painted.cells[place].box
    inner = painted.image[box.y0 + 6 : box.y1 - 6, box.x0 + 6 : box.x1 - 6].min(axis=2) < 128
    ys, xs = np.flatnonzero(inner.any(axis=1)), np.flatnonzero(inner.any(axis=0))
    left, top = box.x0 + 6, box.y0 + 6
    return int(xs[0]) + left, int(ys[0]) + top, int(xs[-1]) + left, int(ys[-1]) + top


def dusty(painted: paint.Painted, place: int, right: int, above_foot: int, radius: int) -> Rgb:
    """The page with a grain of dust: px right of the ink of a cell and above its foot."""
    image = painted.image.copy()
    _, _, x, foot = ink_box(painted, place)
    cv2.circle(image, (x + right, foot - above_foot), radius, INK, -1, cv2.LINE_AA)
    return image


def texts(page: Rgb, engine: Engine) -> list[CellText]:
    grids = find_tables(page)
    [cells] = read_text(page, grids, engine, 1).tables
    return cells


def test_printed_points_commas_and_signs_stay(engine):
    cells = texts(figures_page().image, engine)
    assert [cell.text for cell in cells] == list(FIGURES)
    assert all(cell.at_first is None for cell in cells)


@pytest.mark.parametrize(
    ("place", "right", "above_foot", "radius"),
    [(0, 6, 9, POINT), (3, 7, -4, POINT), (7, 6, 10, POINT), (8, 6, 8, POINT)],
)
def test_what_stands_off_the_level_of_the_points_is_dust(engine, place, right, above_foot, radius):
    cells = texts(dusty(figures_page(), place, right, above_foot, radius), engine)
    assert [cell.text for cell in cells] == list(FIGURES)
    at_first = cells[place].at_first
    assert at_first is not None
    assert at_first.text != FIGURES[place]


def test_dust_over_a_point_makes_no_colon(engine):
    """A speck right above a point, as of ``2,241,961:56``."""
    painted = figures_page()
    x0, y0, x1, y1 = painted.cells[1].box  # 1,203.43
    inner = painted.image[y0 + 6 : y1 - 6, x0 + 6 : x1 - 6].min(axis=2) < 128
    _, _, stats, middles = cv2.connectedComponentsWithStats(inner.astype("u1"))
    small = [i for i in range(1, len(stats)) if stats[i, cv2.CC_STAT_HEIGHT] <= 6]
    point = max(small, key=lambda i: middles[i][0])
    x, y = middles[point]
    image = painted.image.copy()
    cv2.circle(image, (round(x) + x0 + 6, round(y) + y0 - 3), POINT, INK, -1, cv2.LINE_AA)
    cell = texts(image, engine)[1]
    assert cell.text == "1,203.43"


def test_what_was_read_at_first_stands_in_the_evidence(engine):
    cells = texts(dusty(figures_page(), 0, 6, 9, POINT), engine)
    said = {e.role: e.text for e in text_evidence(cells[0], "engine")}
    assert said["reading"] == "809.29"
    assert said["original"] == "809.29."


class TakesPointsForCommas:
    """A recogniser on a poor fax: where it sees a point, a comma is as likely."""

    name = witness = "poor"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def read(self, crops: Sequence[Crop]) -> list[Reading]:
        return [self._mistaken(reading) for reading in self.engine.read(crops)]

    def _mistaken(self, reading: Reading) -> Reading:
        if reading.text not in MISREAD:
            return reading
        characters = tuple(
            Character(",", 0.6, ".", 0.4) if c.text == "." else c for c in reading.characters
        )
        return Reading("".join(c.text for c in characters), characters)


MISREAD = ("32.49", "0.07")


def test_a_comma_printed_as_the_points_are_is_a_point(engine):
    cells = texts(figures_page().image, TakesPointsForCommas(engine))
    assert [cell.text for cell in cells] == list(FIGURES)
    again = [cell.at_first.text for cell in cells if cell.at_first is not None]
    assert again == [text.replace(".", ",") for text in MISREAD]


class SeesPointsForCommas(TakesPointsForCommas):
    """A recogniser that takes the comma of 1,203.43 for a comma, but only just."""

    def _mistaken(self, reading: Reading) -> Reading:
        characters = tuple(
            Character(",", 0.6, ".", 0.4) if c.text == "," else c for c in reading.characters
        )
        return Reading(reading.text, characters)


def test_a_printed_comma_stays_one(engine):
    cells = texts(figures_page().image, SeesPointsForCommas(engine))
    assert [cell.text for cell in cells] == list(FIGURES)


def test_a_line_of_figures_with_a_pale_point_keeps_it(engine):
    painted = figures_page()
    image = painted.image.copy()
    x0, y0, x1, y1 = painted.cells[4].box  # 12.51
    inner = image[y0 + 6 : y1 - 6, x0 + 6 : x1 - 6].astype(np.float64)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((inner.min(axis=2) < 160).astype("u1"))
    [point] = [i for i in range(1, len(stats)) if stats[i, cv2.CC_STAT_HEIGHT] < 8]
    around = cv2.dilate((labels == point).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    inner[around] = 255 - (255 - inner[around]) * 0.45
    image[y0 + 6 : y1 - 6, x0 + 6 : x1 - 6] = inner.round().astype(np.uint8)
    assert texts(image, engine)[4].text == "12.51"


class LosesTheColon:
    """A recogniser that is sure of a colon, and sees none where its dots are painted over."""

    name = witness = "sure"

    def read(self, crops: Sequence[Crop]) -> list[Reading]:
        return [self._reading("支出情况" if crop.way == "swept" else "支出情况:") for crop in crops]

    def _reading(self, text: str) -> Reading:
        return Reading(text, tuple(Character(letter, 0.999, "", 0.0) for letter in text))


def test_a_sure_colon_among_words_is_no_dust():
    """Thin type has dots of less than half of the area of a decimal point."""
    slots = tuple(paint.Slot(i // 2, i % 2, text="支出情况") for i in range(4))
    layout = paint.Layout((60, 60), (220, 220), slots)
    painted = paint.paint_page([layout])
    engine = LosesTheColon()
    cell = texts(dusty(painted, 0, 6, 4, 1), engine)[0]
    assert cell.text == "支出情况:"
    assert cell.at_first is None


def test_hyphens_of_small_type_are_no_dust(engine):
    said = ("2012-2016", "2012.3-2012.10")
    slots = tuple(paint.Slot(i, 0, text=text) for i, text in enumerate(said))
    layout = paint.Layout((44,) * 2, (220,), slots, corner=(60, 60), text_size=14)
    cells = texts(paint.paint_page([layout]).image, engine)
    assert [cell.text for cell in cells] == list(said)
    assert all(cell.at_first is None for cell in cells)


class SeesLessWhereSwept:
    """A recogniser that is not sure of a mark, and loses what is painted over, or more."""

    name = witness = "unsure"

    def __init__(self, first: str, swept: str) -> None:
        self.first, self.swept = first, swept

    def read(self, crops: Sequence[Crop]) -> list[Reading]:
        return [self._reading(self.swept if crop.way == "swept" else self.first) for crop in crops]

    def _reading(self, text: str) -> Reading:
        return Reading(text, tuple(Character(letter, 0.97, "", 0.0) for letter in text))


@pytest.mark.parametrize(
    ("first", "swept", "kept"),
    [
        ("237.98", "37.98", "237.98"),  # a figure is no dust
        ("12.51", "1251", "12.51"),  # a decimal keeps its point
        ("W/(m·K)", "W/(mK)", "W/(m·K)"),  # a point between letters
        ("·W12", "W12", "W12"),
        ("W12.", "W12", "W12"),
        ("809.29.", "809.29", "809.29"),
        ("-12.51", "12.51", "12.51"),
    ],
)
def test_what_may_be_swept_away(first, swept, kept):
    slots = tuple(paint.Slot(i // 2, i % 2, text="809.29") for i in range(4))
    painted = paint.paint_page([paint.Layout((60, 60), (220, 220), slots)])
    engine = SeesLessWhereSwept(first, swept)
    cell = texts(dusty(painted, 0, 6, 9, POINT), engine)[0]
    assert cell.text == kept


def test_a_sure_minus_is_no_dust():
    slots = tuple(paint.Slot(i // 2, i % 2, text="809.29") for i in range(4))
    painted = paint.paint_page([paint.Layout((60, 60), (220, 220), slots)])

    class Sure(SeesLessWhereSwept):
        def _reading(self, text: str) -> Reading:
            return Reading(text, tuple(Character(letter, 0.999, "", 0.0) for letter in text))

    cell = texts(dusty(painted, 0, 6, 9, POINT), Sure("-12.51", "12.51"))[0]
    assert cell.text == "-12.51"
