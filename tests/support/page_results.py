"""Pages as the read stage leaves them, made by hand, and what a rebuilt document holds."""

import numpy as np

from tenglu.engines.interface import Character, Reading
from tenglu.imaging.geometry import Box
from tenglu.stages.assemble import Assembled, PageResult
from tenglu.stages.ocr import CellText, TextLine
from tenglu.stages.tables import Grid, GridCell, Sides

TEXT = 20  # px, height of type
ROW = 40  # px
PAGE = Box(0, 0, 1000, 1400)
LEFT, WIDTH = 100, 800  # of tables, px


def reading(text: str, probability: float = 0.99, rival: tuple[str, float] = ("", 0.0)) -> Reading:
    return Reading(text, tuple(Character(c, probability, *rival) for c in text))


def written(text: str, readings: list[Reading], stray: float = 0.0) -> CellText:
    return CellText(text, vertical=False, readings=readings, stray=stray)


def line(text: str, middle: float, top: int, height: int = TEXT) -> TextLine:
    half = len(text) * height / 2
    return TextLine(
        reading(text), Box(round(middle - half), top, round(middle + half), top + height)
    )


def table(rows, top: int = 200, merged=(), edges=None) -> tuple[Grid, list[CellText]]:
    """Rows of texts; None is covered by a cell of ``merged``: row, col, rowspan, colspan."""
    n_rows, n_cols = len(rows), len(rows[0])
    xs = edges or np.linspace(LEFT, LEFT + WIDTH, n_cols + 1).tolist()
    ys = [float(top + ROW * i) for i in range(n_rows + 1)]
    spans = {(row, col): (rowspan, colspan) for row, col, rowspan, colspan in merged}
    cells, texts = [], []
    for row, row_texts in enumerate(rows):
        for col, text in enumerate(row_texts):
            if text is None:
                continue
            rowspan, colspan = spans.get((row, col), (1, 1))
            x0, x1, y0, y1 = xs[col], xs[col + colspan], ys[row], ys[row + rowspan]
            polygon = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
            cells.append(GridCell(row, col, rowspan, colspan, polygon, Sides(1.0, 1.0, 1.0, 1.0)))
            texts.append(written(text, [reading(text)] if text else []))
    box = Box(int(xs[0]), int(ys[0]), int(xs[-1]), int(ys[-1]))
    return Grid(n_rows, n_cols, cells, box, ys, xs, []), texts


def page_result(number: int, tables=(), lines=(), **more) -> PageResult:
    usual = PageResult(
        number=number,
        width=PAGE.width,
        height=PAGE.height,
        dpi=200,
        rotation=0,
        skew=0.0,
        to_scan=np.eye(3),
        upright=PAGE,
        text_height=float(TEXT),
        grids=[grid for grid, _ in tables],
        cells=[texts for _, texts in tables],
        covered=[[0.0] * len(texts) for _, texts in tables],
        lines=list(lines),
        marks=[],
        seals=[],
        flags=(),
    )
    return usual._replace(**more)


def rows_of(found) -> list[list[str]]:
    """The texts of a table row by row; covered places hold None."""
    rows = [[None] * found.n_cols for _ in range(found.n_rows)]
    for cell in found.cells:
        rows[cell.row][cell.col] = cell.text
    return rows


def blocks_of(rebuilt: Assembled, number: int) -> list[tuple]:
    [page] = [page for page in rebuilt.pages if page.number == number]
    return [
        (b.kind, (b.table, *b.rows)) if b.kind == "table" else (b.kind, b.text) for b in page.blocks
    ]


HEAD = ["项目", "行次", "决算数"]
FIRST = [HEAD, ["一、财政拨款", "1", "2648.11"], ["二、事业收入", "2", "12.50"]]
SECOND = [["三、其他收入", "3", "0.30"], ["合计", "4", "2660.91"]]
CAPTIONS = [
    line("第二部分 决算表", 300, 40, 34),
    line("收入支出决算总表", 500, 90, 34),
    line("公开01表", 840, 135),
    line("部门：某某局", 200, 165),
    line("金额单位：万元", 800, 165),
]
