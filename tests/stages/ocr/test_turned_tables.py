"""A table that lies on its side on an upright page is read as it is written."""

import numpy as np
import pytest

import paint
from tenglu.engines.interface import Crop, Engine, Reading
from tenglu.engines.paddle import PaddleSpec
from tenglu.engines.registry import open_engine
from tenglu.imaging.arrays import Rgb
from tenglu.stages.ocr import PageText, read_text
from tenglu.stages.ocr.turned_tables import turn_tables
from tenglu.stages.tables import DEFAULTS, Grids, find_tables

pytestmark = pytest.mark.skipif(
    paint.chinese_font() is None, reason="no Chinese font to paint with"
)
ROWS = (
    ("项目", "预算数", "决算数"),
    ("基本支出", "1,838.82", "1,770.15"),
    ("项目支出", "809.29", "795.04"),
    ("合计", "2,648.11", "2,565.19"),
)
TITLE = "一般公共预算财政拨款支出决算表"
PROSE = "本表反映部门本年度一般公共预算财政拨款支出情况"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine(PaddleSpec())


def page_with(turn: int) -> tuple[Rgb, paint.Painted]:
    """Upright text, and below it a table turned clockwise by so many degrees."""
    slots = tuple(
        paint.Slot(r, c, text=text) for r, row in enumerate(ROWS) for c, text in enumerate(row)
    )
    table = paint.turn(
        paint.paint_page([paint.Layout((64,) * 4, (200,) * 3, slots, corner=(40, 40))]), turn
    )
    ys, xs = np.nonzero(table.image.min(axis=2) < 128)
    part = table.image[ys.min() - 4 : ys.max() + 5, xs.min() - 4 : xs.max() + 5]
    lines = [paint.Caption(TITLE if i == 0 else PROSE, (620, 90 + 48 * i)) for i in range(8)]
    page = paint.paint_page([], lines).image.copy()
    page[560 : 560 + part.shape[0], 300 : 300 + part.shape[1]] = part
    return page, table


def digitised(page: Rgb, engine: Engine) -> tuple[Grids, PageText]:
    grids = find_tables(page)
    text = read_text(page, grids, engine, 1)
    return turn_tables(page, grids, text, engine, 1, DEFAULTS)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_table_turned_against_its_page_is_read(engine, turn):
    page, _ = page_with(turn)
    grids, text = digitised(page, engine)
    [found] = grids.grids
    assert (found.n_rows, found.n_cols) == (4, 3)
    [cells] = text.tables
    read_back = {(at.row, at.col): cell.text for at, cell in zip(found.cells, cells, strict=True)}
    assert read_back == {(r, c): t for r, row in enumerate(ROWS) for c, t in enumerate(row)}
    assert len(text.lines) == 8  # the page's own lines are read as before


def test_polygons_of_a_turned_table_stay_on_the_page(engine):
    page, _ = page_with(90)
    grids, _ = digitised(page, engine)
    [found] = grids.grids
    first = found.cells[0].polygon  # its top left is at the top right of the table on the page
    assert first[0][0] == pytest.approx(found.box.x1, abs=3)
    assert first[0][1] == pytest.approx(found.box.y0, abs=3)
    for cell in found.cells:
        xs, ys = zip(*cell.polygon, strict=True)
        assert found.box.x0 - 3 <= min(xs) < max(xs) <= found.box.x1 + 3
        assert found.box.y0 - 3 <= min(ys) < max(ys) <= found.box.y1 + 3


class Unsure:
    """An engine that reads nothing with certainty, whichever way it is turned."""

    name = witness = "unsure"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def read(self, crops: list[Crop]) -> list[Reading]:
        return [
            Reading(r.text, tuple(c._replace(probability=0.5) for c in r.characters))
            for r in self.engine.read(crops)
        ]


def test_a_table_that_is_illegible_each_way_stays_as_it_lies(engine):
    page, _ = page_with(0)
    unsure = Unsure(engine)
    grids = find_tables(page)
    text = read_text(page, grids, unsure, 1)
    assert turn_tables(page, grids, text, unsure, 1, DEFAULTS) == (grids, text)
