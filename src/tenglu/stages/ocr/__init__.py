"""Recognise the text of every cell and outside tables, in one batch of line crops per page."""

from collections.abc import Sequence

from tenglu.engines.interface import Crop, Engine, Reading
from tenglu.imaging.arrays import Rgb
from tenglu.imaging.geometry import Box
from tenglu.imaging.ink import Ink
from tenglu.imaging.page_image import PageImage
from tenglu.stages.ocr.cells import cell_to_lines
from tenglu.stages.ocr.denoise import reduce_noise
from tenglu.stages.ocr.outside import page_to_lines
from tenglu.stages.ocr.points import Settled, settle_points
from tenglu.stages.ocr.rereading import least_of, read_again, weighed
from tenglu.stages.ocr.result import Again, AtFirst, CellText, CutCell, Line, PageText, TextLine
from tenglu.stages.ocr.scripts import find_script, in_script
from tenglu.stages.ocr.text import join_lines
from tenglu.stages.tables import Grids

__all__ = ["Again", "AtFirst", "CellText", "PageText", "TextLine", "read_text"]


def read_text(page: Rgb | PageImage, grids: Grids, engine: Engine, number: int) -> PageText:
    """Recognise the text of a page.

    Args:
        page: (H, W, 3) uint8 RGB, upright, without marks.
        grids: tables found on this page.
        engine: recognises line crops.
        number: of the page, 1-based; passed to the engine with each crop.

    Returns:
        One text per cell of each table, in the order of its cells, and the lines outside tables.

    Raises:
        EngineError: the engine failed.
        TypeError: the page is not an array of uint8.
        ValueError: the page is empty or not of shape (H, W, 3).
    """
    page = PageImage.of(page)
    page = page.replaced(reduce_noise(page.rgb, page.darkness, grids.ink))
    image, dark = page.rgb, page.darkness
    cut = [[cell_to_lines(image, dark, cell, grids.ink) for cell in g.cells] for g in grids.grids]
    outside = page_to_lines(image, dark, [g.box for g in grids.grids], grids.ink)
    inside = [line for table in cut for cell in table for line in cell.lines]
    readings = engine.read([Crop(line.image, number, line.box) for line in inside + outside])
    script = find_script(readings)
    readings = [in_script(reading, script) for reading in readings]
    settled = settle_points(inside, readings[: len(inside)], engine, number, grids.ink)
    further = [
        [in_script(reading, script) for reading in others]
        for others in read_again(inside, settled, engine, number)
    ]
    read_lines = iter(
        (line, *weighed(first, others))
        for line, first, others in zip(inside, settled, further, strict=True)
    )
    tables = [
        [_cell_text(cell, [next(read_lines) for _ in cell.lines], grids.ink) for cell in table]
        for table in cut
    ]
    beside = zip(outside, readings[len(inside) :], strict=True)
    text_lines = [TextLine(reading, line.box) for line, reading in beside]
    return PageText(tables, text_lines)


def _cell_text(
    cell: CutCell, lines: Sequence[tuple[Line, Settled, list[Reading]]], ink: Ink
) -> CellText:
    text = join_lines([(line.box, c.reading.text) for line, c, _ in lines], ink.text_height)
    readings = [c.reading for _, c, _ in lines]
    at_first = _at_first([(line, c) for line, c, _ in lines], ink)
    again = tuple(
        _again([(line.box, _nth(n, c.reading, others)) for line, c, others in lines], ink)
        for n in range(max((len(others) for *_, others in lines), default=0))
    )
    return CellText(text, cell.vertical, readings, cell.stray, at_first, again)


def _nth(n: int, first: Reading, others: Sequence[Reading]) -> Reading:
    """Return the n-th rereading of a line, or its last one."""
    return [first, *others][min(n + 1, len(others))]


def _again(lines: Sequence[tuple[Box, Reading]], ink: Ink) -> Again:
    text = join_lines([(box, reading.text) for box, reading in lines], ink.text_height)
    return Again(text, least_of([reading for _, reading in lines]))


def _at_first(lines: Sequence[tuple[Line, Settled]], ink: Ink) -> AtFirst | None:
    if all(c.at_first is None for _, c in lines):
        return None
    readings = [(line.box, c.at_first or c.reading) for line, c in lines]
    text = join_lines([(box, reading.text) for box, reading in readings], ink.text_height)
    return AtFirst(text, least_of([reading for _, reading in readings]))
