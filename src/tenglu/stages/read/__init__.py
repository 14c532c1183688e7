"""Read every cell and the text outside tables: crops of lines go to the engine, all at once."""

from collections.abc import Sequence

from tenglu.arrays import Rgb, check_rgb
from tenglu.engines import Crop, Engine, Reading
from tenglu.ink import Ink, darkness, to_gray
from tenglu.stages.grid import Grids
from tenglu.stages.read.cells import cell_to_lines
from tenglu.stages.read.outside import page_to_lines
from tenglu.stages.read.pepper import soften_pepper
from tenglu.stages.read.result import CellText, CutCell, Line, PageText, TextLine
from tenglu.stages.read.text import join_lines

__all__ = ["CellText", "PageText", "TextLine", "read"]


def read(page: Rgb, grids: Grids, engine: Engine, number: int) -> PageText:
    """Read a page.

    Args:
        page: (H, W, 3), upright, without marks.
        grids: the tables of the page.
        engine: reads lines.
        number: of the page, 1-based; goes to the engine with each crop.

    Raises:
        EngineError: the engine failed.
    """
    dark = darkness(to_gray(check_rgb(page)))
    softened = soften_pepper(page, dark, grids.ink)
    if softened is not page:
        page, dark = softened, darkness(to_gray(softened))
    cut = [[cell_to_lines(page, dark, cell, grids.ink) for cell in g.cells] for g in grids.grids]
    outside = page_to_lines(page, dark, [g.box for g in grids.grids], grids.ink)
    lines = [line for table in cut for cell in table for line in cell.lines] + outside
    readings = engine.read([Crop(line.image, number, line.box) for line in lines])
    read_lines = iter(zip(lines, readings, strict=True))
    tables = [
        [_cell_text(cell, [next(read_lines) for _ in cell.lines], grids.ink) for cell in table]
        for table in cut
    ]
    text_lines = [TextLine(reading, line.box) for line, reading in read_lines]
    return PageText(tables, text_lines)


def _cell_text(cell: CutCell, lines: Sequence[tuple[Line, Reading]], ink: Ink) -> CellText:
    text = join_lines([(line.box, reading.text) for line, reading in lines], ink.text_height)
    return CellText(text, cell.vertical, [reading for _, reading in lines], cell.stray)
