"""Tables that lie on their side, or upside down, on a page whose other text is upright.

A table of which hardly anything can be read, or that seems to be set in columns throughout, is cut
out, turned each way and read again; the turn in which most is read with certainty holds, if it is
much more than the page's own.
"""

from collections.abc import Sequence

import numpy as np

from tenglu.engines.interface import Engine
from tenglu.imaging.arrays import Matrix, Rgb
from tenglu.imaging.geometry import Box, map_points, map_polygon, quarter_turn
from tenglu.imaging.page_image import PageImage
from tenglu.stages.ocr import CellText, PageText, read_text
from tenglu.stages.tables import Grid, Grids, TableOptions, find_tables

LEGIBLE = 0.8  # mean probability of its characters; tables of faxes and faint scans have .9
SURE = 0.8  # probability from which a character counts
BETTER = 1.3  # times the sure characters that the page's own turn has
UPENDED = 0.5  # of its written cells are columns; of forms less than a fifth are
FEW = 8  # characters; less says nothing
MARGIN = 1.0  # text heights around a table that is cut out
TURNS = (90, 270, 180)


def turn_tables(
    page: Rgb | PageImage,
    grids: Grids,
    text: PageText,
    engine: Engine,
    number: int,
    options: TableOptions,
) -> tuple[Grids, PageText]:
    """Read tables again that are turned against their page.

    Args:
        page: (H, W, 3), upright, without marks.
        grids: of the page.
        text: what was read in them.
        engine: reads lines.
        number: of the page, 1-based.
        options: of the grid stage.

    Returns:
        Grids and texts, turned tables with rows and columns as they are read; polygons stay on the
        page.
    """
    image = PageImage.of(page).rgb
    found, texts = list(grids.grids), list(text.tables)
    for i, (table, cells) in enumerate(zip(grids.grids, text.tables, strict=True)):
        if _mean(cells) >= LEGIBLE and _columns(cells) <= UPENDED:
            continue
        tried = [_turned(image, table, turn, grids, (engine, number, options)) for turn in TURNS]
        found[i], texts[i] = max(
            [t for t in tried if t is not None and _sure(t[1]) >= BETTER * max(FEW, _sure(cells))],
            key=lambda t: _sure(t[1]),
            default=(table, cells),
        )
    return grids._replace(grids=found), text._replace(tables=texts)


def _turned(
    page: Rgb, table: Grid, turn: int, grids: Grids, how: tuple[Engine, int, TableOptions]
) -> tuple[Grid, list[CellText]] | None:
    """The table read after a turn of its part of the page; None: it is no table then."""
    engine, number, options = how
    margin = round(MARGIN * grids.ink.text_height)
    height, width = page.shape[:2]
    x0, y0 = max(0, table.box.x0 - margin), max(0, table.box.y0 - margin)
    x1, y1 = min(width, table.box.x1 + margin), min(height, table.box.y1 + margin)
    part = PageImage(np.ascontiguousarray(np.rot90(page[y0:y1, x0:x1], turn // 90)))
    inside = find_tables(part, options)
    if not inside.grids:
        return None
    largest = max(inside.grids, key=lambda g: g.box.width * g.box.height)
    [texts] = read_text(part, inside._replace(grids=[largest]), engine, number).tables
    shift = np.array([[1, 0, x0], [0, 1, y0], [0, 0, 1]], dtype=np.float64)
    return _on_page(largest, shift @ quarter_turn(x1 - x0, y1 - y0, turn)), texts


def _on_page(table: Grid, to_page: Matrix) -> Grid:
    """The grid with its polygons and its box on the page; its edges stay those of the reader."""
    cells = [c._replace(polygon=map_polygon(to_page, c.polygon)) for c in table.cells]
    x, y = np.rint(map_points(to_page, table.box.polygon)).astype(int).T.tolist()
    return table._replace(cells=cells, box=Box(min(x), min(y), max(x), max(y)))


def _probabilities(cells: Sequence[CellText]) -> list[float]:
    return [c.probability for cell in cells for r in cell.readings for c in r.characters]


def _mean(cells: Sequence[CellText]) -> float:
    """Mean probability of the characters of a table; 1 where there are too few to tell."""
    seen = _probabilities(cells)
    return float(np.mean(seen)) if len(seen) >= FEW else 1.0


def _columns(cells: Sequence[CellText]) -> float:
    """Share of the written cells that were read as columns: lines on their side look like them."""
    written = [cell.vertical for cell in cells if cell.readings]
    return sum(written) / len(written) if written else 0.0


def _sure(cells: Sequence[CellText]) -> int:
    return sum(probability >= SURE for probability in _probabilities(cells))
