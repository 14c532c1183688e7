"""Draw the result of one page on its scan."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tenglu.export.labels import flag_words, printable, share
from tenglu.imaging.arrays import Matrix, Rgb
from tenglu.imaging.geometry import map_polygon, quarter_turn
from tenglu.model import Cell, Document, FlagCode, Page, TableBlock
from tenglu.overlay.canvas import (
    CELL,
    DOUBT,
    HIGHLIGHT,
    PAPER,
    REMOVED,
    Canvas,
    Line,
    pen_for,
    with_band,
)

BLANK = (300, 1240, 3)  # shape in px of the image for a page that cannot be loaded
EMPTY = "（空白）"  # label of an empty cell


class _Placed(NamedTuple):
    """A cell and the name of its table."""

    table: str
    cell: Cell


def draw_page(document: Document, page: Page, scan: Rgb, font: Path | None) -> Rgb:
    """Draw cells, removed marks and flagged cells on a scan, with a legend below it.

    Args:
        document: the result.
        page: of the document.
        scan: (H, W, 3), as delivered.
        font: with Chinese glyphs; None: only ASCII text is drawn.

    Returns:
        (H + legend, W, 3); the scan is in the upper H rows.
    """
    height, width = scan.shape[:2]
    # Draw on the upright page, so that labels run along the print, and rotate back.
    to_upright = np.asarray(np.linalg.inv(quarter_turn(width, height, page.rotation)), np.float64)
    pen = pen_for(scan, font)
    canvas = Canvas(np.ascontiguousarray(np.rot90(scan, page.rotation // 90)), pen)
    placed = [
        _Placed(table.id, cell)
        for table in document.tables
        for cell in table.cells
        if cell.page == page.number
    ]
    _draw_cells(canvas, [each.cell for each in placed], to_upright)
    # Write readings first: later labels avoid them.
    _write_readings(canvas, [each for each in placed if each.cell.needs_review], to_upright)
    _draw_tables(canvas, document, page, to_upright)
    _draw_removed(canvas, page, to_upright)
    drawn = np.rot90(canvas.image(), -page.rotation // 90)
    return with_band(drawn, list(_band(document, page, placed)), pen)


def draw_failure(document: Document, number: int, reason: str, font: Path | None) -> Rgb:
    """Return an image that states why a page is not shown."""
    blank = np.full(BLANK, PAPER, np.uint8)
    pen = pen_for(blank, font)
    canvas = Canvas(blank, pen)
    height, width = BLANK[:2]
    for start, end in (((0, 0), (width, height)), ((width, 0), (0, height))):
        canvas.outline((start, end, end, start), DOUBT, 2)
    name = document.source.name
    lines = [
        Line(f"{name} · 第 {number} 页：{flag_words([FlagCode.PAGE_FAILED])}", DOUBT),
        Line(f"page {number}: {reason}" if pen.has(reason) else f"page {number} failed"),
    ]
    return with_band(canvas.image(), lines, pen)


def _draw_cells(canvas: Canvas, cells: Sequence[Cell], to_upright: Matrix) -> None:
    polygons = [map_polygon(to_upright, cell.polygon) for cell in cells]
    for cell, polygon in zip(cells, polygons, strict=True):
        if cell.needs_review:
            canvas.highlight(polygon, HIGHLIGHT)
    for polygon in polygons:
        canvas.outline(polygon, CELL)
    for cell, polygon in zip(cells, polygons, strict=True):  # over the lines of its neighbours
        if cell.needs_review:
            canvas.outline(polygon, DOUBT, 3)


def _draw_removed(canvas: Canvas, page: Page, to_upright: Matrix) -> None:
    named = [("水印已去除", mark.polygon) for mark in page.watermarks]
    named += [("印章已去除", seal.polygon) for seal in page.seals]
    for name, polygon in named:
        moved = map_polygon(to_upright, polygon)
        canvas.outline(moved, REMOVED)
        canvas.caption(name, moved, REMOVED)


def _draw_tables(canvas: Canvas, document: Document, page: Page, to_upright: Matrix) -> None:
    codes = {table.id: table.code for table in document.tables}
    for block in page.blocks:
        if isinstance(block, TableBlock):
            polygon = map_polygon(to_upright, block.polygon)
            canvas.outline(polygon, CELL, 2)
            canvas.caption(f"{block.table} {codes[block.table]}".strip(), polygon, CELL)


def _write_readings(canvas: Canvas, doubtful: Sequence[_Placed], to_upright: Matrix) -> None:
    polygons = [map_polygon(to_upright, placed.cell.polygon) for placed in doubtful]
    for number, polygon in enumerate(polygons, 1):
        canvas.badge(str(number), polygon, DOUBT)
    for placed, polygon in zip(doubtful, polygons, strict=True):
        canvas.note(printable(placed.cell.text) or EMPTY, polygon, DOUBT)


def _band(document: Document, page: Page, placed: Sequence[_Placed]) -> Iterator[Line]:
    """Yield the lines of the legend: a summary, the colours, and every numbered doubtful cell."""
    doubtful = [each for each in placed if each.cell.needs_review]
    facts = [
        f"{document.source.name} · 第 {page.number} 页",
        f"{len(placed)} 格",
        f"待核 {len(doubtful)} 格" if doubtful else "无待核单元格",
    ]
    if page.watermarks or page.seals:
        facts.append(f"已去除水印 {len(page.watermarks)} 处、印章 {len(page.seals)} 处")
    yield Line(" · ".join(facts))
    if placed:
        yield Line("识别出的单元格与表格", CELL)
    if page.watermarks or page.seals:
        yield Line("识别前去除的水印、印章（原件未改动）", REMOVED)
    for flag in document.flags:
        if flag.page == page.number and flag.row is None:
            yield Line(f"{flag_words([flag.code])}：{flag.message}", DOUBT)
    if doubtful:
        yield Line("待核单元格（编号、位置、识别结果、缘由）：", HIGHLIGHT)
    for number, (table, cell) in enumerate(doubtful, 1):
        where = f"{table} 第 {cell.row + 1} 行第 {cell.col + 1} 列"
        reading = printable(cell.text).replace("\n", " ") or EMPTY
        why = flag_words(cell.flags) or f"置信度：{share(cell.confidence)}"
        yield Line(f"{number}.  {where}：{reading}  〔{why}〕")
