"""Find tables that are rotated against their page, and read them upright.

A table that is illegible, or whose cells are mostly vertical, is cropped, rotated by each quarter
turn and read again. The rotation with the most certain characters is used if it has clearly more
than the orientation of the page.
"""

from collections.abc import Sequence

import numpy as np

from tenglu.engines.interface import Engine
from tenglu.imaging.arrays import Matrix, Rgb
from tenglu.imaging.geometry import Box, map_points, map_polygon, quarter_turn
from tenglu.imaging.page_image import PageImage
from tenglu.stages.ocr import CellText, PageText, read_text
from tenglu.stages.tables import Grid, Grids, TableOptions, find_tables

LEGIBLE = 0.8  # mean character probability; tables of faxes and faint scans have .9
SURE = 0.8  # least probability of a certain character
BETTER = 1.3  # times the certain characters in the orientation of the page
UPENDED = 0.5  # share of vertical cells of a rotated table; upright forms have less than .2
FEW = 8  # characters; fewer are no evidence
MARGIN = 1.0  # text heights around a cropped table
TURNS = (90, 270, 180)


def turn_tables(
    page: Rgb | PageImage,
    grids: Grids,
    text: PageText,
    engine: Engine,
    number: int,
    options: TableOptions,
) -> tuple[Grids, PageText]:
    """Reread tables that are rotated against their page.

    Args:
        page: (H, W, 3), upright, without marks.
        grids: of the page.
        text: of these grids.
        engine: recognises line crops.
        number: of the page, 1-based.
        options: of the tables stage.

    Returns:
        Grids and texts. Rotated tables have rows and columns in reading direction; their polygons
        are in px of the page.

    Raises:
        EngineError: the engine failed.
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
    """Rotate the crop of a table and read it; None: no table is found in the rotated crop."""
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
    """Map polygons and box of a grid to the page; its rows and columns stay as they are."""
    cells = [c._replace(polygon=map_polygon(to_page, c.polygon)) for c in table.cells]
    x, y = np.rint(map_points(to_page, table.box.polygon)).astype(int).T.tolist()
    return table._replace(cells=cells, box=Box(min(x), min(y), max(x), max(y)))


def _probabilities(cells: Sequence[CellText]) -> list[float]:
    return [c.probability for cell in cells for r in cell.readings for c in r.characters]


def _mean(cells: Sequence[CellText]) -> float:
    """Return the mean character probability of a table; 1 if it has too few characters."""
    seen = _probabilities(cells)
    return float(np.mean(seen)) if len(seen) >= FEW else 1.0


def _columns(cells: Sequence[CellText]) -> float:
    """Return the share of non-empty cells that were read vertically, as rotated lines are."""
    written = [cell.vertical for cell in cells if cell.readings]
    return sum(written) / len(written) if written else 0.0


def _sure(cells: Sequence[CellText]) -> int:
    return sum(probability >= SURE for probability in _probabilities(cells))
