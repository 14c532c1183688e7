"""Tables told from their text alone: columns by the white that their lines keep, rows by lines."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.geometry import Box, Point
from tenglu.stages.tables.blocks import MIN_ROWS, Block, Line
from tenglu.stages.tables.gutters import candidates, judged
from tenglu.stages.tables.page_text import PageText
from tenglu.stages.tables.result import Grid, GridCell, Sides
from tenglu.stages.tables.words import Words

SPANS = 0.15  # text heights that a word over a gutter reaches into both columns
OVERLAP = 0.3  # of the lower of two lines: lines that lie beside each other are one row
PROSE_WIDTH = 10.5  # text heights; columns of prose are as wide, and no figure is
PROSE_FILL = 0.75  # of a column that its lines fill
LEAST_COLUMNS = 3  # contents and lists with numbers have two
PROSE_SHARE = 0.5  # of the columns
MARGIN = 0.4  # text heights outside the first and the last word
UNDRAWN = Sides(0.0, 0.0, 0.0, 0.0)


class Placed(NamedTuple):
    """A word in the lattice: its row, and the first and last column that it stands in."""

    row: int
    first: int
    last: int


def find_text_tables(text: PageText) -> list[Grid]:
    """Give each block of a page that keeps at least three columns its cells."""
    grids = (block_to_grid(text.lines, block, text.text_height) for block in text.blocks)
    return [
        grid
        for grid in grids
        if grid.n_cols >= LEAST_COLUMNS and grid.n_rows >= MIN_ROWS and not is_prose(grid, text)
    ]


def is_prose(grid: Grid, text: PageText) -> bool:
    """Whether most columns are wide and their lines fill them: text set in columns."""
    words, height = text.words, text.text_height
    inside = (words.middle > grid.box.y0) & (words.middle < grid.box.y1)
    n_prose = 0
    for left, right in pairwise(grid.col_edges):
        own = inside & (words.x0 >= left) & (words.x1 <= right)
        lines = np.rint(words.middle[own] / height)
        filled = [
            float(words.x1[own][lines == line].max() - words.x0[own][lines == line].min())
            for line in np.unique(lines)
        ]
        width = float(words.x1[own].max() - words.x0[own].min()) if filled else 0.0
        n_prose += width >= PROSE_WIDTH * height and float(np.mean(filled)) >= PROSE_FILL * width
    return n_prose > PROSE_SHARE * grid.n_cols


def block_to_grid(lines: Sequence[Line], block: Block, text_height: float) -> Grid:
    """Give a block of lines rows, columns and cells over several columns.

    Args:
        lines: of the page.
        block: some of them.
        text_height: px.
    """
    rows = group_rows(lines[block.first : block.last + 1])
    white = candidates(rows, block.gutters, text_height)
    sure = judged(rows, white, [0.0] * len(white), text_height)
    gutters = [gutter for gutter, _ in sure]
    xs = column_edges(rows, gutters, text_height)
    ys = row_edges(rows, text_height)
    slope = rows[0].words.slope
    spans = [
        span for i, row in enumerate(rows) for span in row_spans(i, row.words, xs, text_height)
    ]
    least = min((chance for _, chance in sure), default=0.0)
    return make_grid(xs, ys, slope, spans)._replace(structure=least)


def group_rows(lines: Sequence[Line]) -> list[Line]:
    """Unite lines that lie beside each other: a cell of two lines beside one of a single line."""
    rows: list[Line] = []
    for line in lines:
        if rows:
            above = rows[-1]
            shared = above.y1 - line.y0
            if shared > OVERLAP * min(above.y1 - above.y0, line.y1 - line.y0):
                words = above.words.joined(line.words)
                rows[-1] = Line(words, min(above.y0, line.y0), max(above.y1, line.y1))
                continue
        rows.append(line)
    return rows


def column_edges(
    rows: Sequence[Line], gutters: Sequence[tuple[float, float]], text_height: float
) -> list[float]:
    """Boundaries of columns: the middles of gutters."""
    every = [word for row in rows for word in zip(row.words.x0, row.words.x1, strict=True)]
    margin = MARGIN * text_height
    left, right = min(x0 for x0, _ in every), max(x1 for _, x1 in every)
    sides = max(0.0, float(left) - margin), float(right) + margin
    return [sides[0], *(float(a + b) / 2 for a, b in gutters), sides[1]]


def row_edges(rows: Sequence[Line], text_height: float) -> list[float]:
    """Boundaries of rows: the middles of the white between them."""
    margin = MARGIN * text_height
    inner = [float(above.y1 + below.y0) / 2 for above, below in pairwise(rows)]
    return [max(0.0, rows[0].y0 - margin), *inner, rows[-1].y1 + margin]


def row_spans(row: int, words: Words, xs: Sequence[float], text_height: float) -> list[Placed]:
    """Columns that words stand in, where these are more than one, left to right."""
    edges = np.array(xs)
    reach = SPANS * text_height
    spans: list[list[int]] = []
    for x0, x1 in sorted(zip(words.x0.tolist(), words.x1.tolist(), strict=True)):
        first = int(np.searchsorted(edges[1:-1], x0 + reach))
        last = int(np.searchsorted(edges[1:-1], x1 - reach))
        if spans and first <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], last)
        else:
            spans.append([first, max(first, last)])
    return [Placed(row, first, last) for first, last in spans if last > first]


def make_grid(
    xs: Sequence[float], ys: Sequence[float], slope: float, spans: Sequence[Placed]
) -> Grid:
    """Cells between boundaries, some over several columns."""
    width = {(span.row, span.first): span.last - span.first + 1 for span in spans}
    taken = {(s.row, col) for s in spans for col in range(s.first + 1, s.last + 1)}

    def at(x: float, y: float) -> Point:
        return x, y + slope * x

    cells = []
    for row, (top, bottom) in enumerate(pairwise(ys)):
        for col in range(len(xs) - 1):
            if (row, col) in taken:
                continue
            colspan = width.get((row, col), 1)
            left, right = xs[col], xs[col + colspan]
            corners = at(left, top), at(right, top), at(right, bottom), at(left, bottom)
            cells.append(GridCell(row, col, 1, colspan, corners, UNDRAWN))
    corners_y: NDArray[np.float64] = np.array([[at(x, y)[1] for x in xs] for y in (ys[0], ys[-1])])
    return Grid(
        n_rows=len(ys) - 1,
        n_cols=len(xs) - 1,
        cells=cells,
        box=Box(int(xs[0]), int(corners_y.min()), int(xs[-1]) + 1, int(corners_y.max()) + 1),
        row_edges=[at(xs[0], y)[1] for y in ys],
        col_edges=list(xs),
        doubtful=[],
        basis="white-space",
        finder="text",
    )
