"""Ruled tables whose rows go on without rules: below a boxed head, or inside one high box."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.geometry import Box, Point
from tenglu.stages.tables.blocks import Line
from tenglu.stages.tables.page_text import PageText
from tenglu.stages.tables.result import Grid, GridCell, Sides
from tenglu.stages.tables.text_tables import group_rows, row_spans

NEXT_ROW = 1.6  # text heights between a table and a line that goes on with it
OUTSIDE = 0.8  # text heights that words of such a line stand out of the table
FITTING = 0.8  # of the words of such a line stand in one column each
FEW_COLUMNS = 2  # that such a line fills at least, or the line after it
HEAD = 1.0  # rows of the ruled part a row below it: a head is lower than its body; notes are few
LEAST_LINES = 3  # of a box that is parted into rows; heads have two
AGREE = 0.6  # of the columns with text have a line, on average over the lines
LEAST_COLUMNS = 3  # that agree
UNDRAWN = Sides(0.0, 0.0, 0.0, 0.0)


def with_open_rows(found: Grid, text: PageText) -> Grid:
    """The same with the lines below it that keep its columns as rows of it.

    Args:
        found: from rules.
        text: of the page.
    """
    edges = _bottom(found)
    slope, height = text.words.slope, text.text_height
    level = max(y - slope * x for x, y in edges)
    below = [line for line in text.lines if line.y0 > level - height / 2]
    xs = np.array([x for x, _ in edges])
    rows: list[Line] = []
    for row in group_rows(below):
        bottom = rows[-1].y1 if rows else level
        if row.y0 - bottom > NEXT_ROW * height or not _fits(row, xs, height):
            break
        rows.append(row)
    while rows and _n_filled(rows[-1], xs) < FEW_COLUMNS:
        rows.pop()
    if len(rows) < HEAD * found.n_rows:
        return found
    tops = [level, *((a.y1 + b.y0) / 2 for a, b in pairwise(rows)), rows[-1].y1 + height / 3]
    return _extended(found, edges, tops, rows, text)


def _bottom(found: Grid) -> list[Point]:
    """Where the boundaries of columns end at the bottom."""
    known: dict[int, Point] = {}
    for cell in found.cells:
        if cell.row + cell.rowspan == found.n_rows:
            known[cell.col] = cell.polygon[3]
            known[cell.col + cell.colspan] = cell.polygon[2]
    at = sorted(known)
    tops = np.array(found.col_edges)
    x = np.interp(tops, tops[at], [known[j][0] for j in at])
    y = np.interp(tops, tops[at], [known[j][1] for j in at])
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _fits(row: Line, xs: NDArray[np.float64], text_height: float) -> bool:
    """Whether the words of a line stand in the columns."""
    inside = (row.words.x0 >= xs[0] - OUTSIDE * text_height) & (
        row.words.x1 <= xs[-1] + OUTSIDE * text_height
    )
    if not inside.all():
        return False
    n_over = sum(
        span.last - span.first + 1 for span in row_spans(0, row.words, xs.tolist(), text_height)
    )
    return bool(n_over <= (1 - FITTING) * len(row.words))


def _n_filled(row: Line, xs: NDArray[np.float64]) -> int:
    middles = (row.words.x0 + row.words.x1) / 2
    return len(np.unique(np.searchsorted(xs, middles)))


def _extended(
    found: Grid, edges: Sequence[Point], tops: Sequence[float], rows: Sequence[Line], text: PageText
) -> Grid:
    slope = text.words.slope
    xs = [x for x, _ in edges]
    cells = list(found.cells)
    for i, (row, (top, bottom)) in enumerate(zip(rows, pairwise(tops), strict=True)):
        spans = {s.first: s for s in row_spans(i, row.words, xs, text.text_height)}
        taken = {c for s in spans.values() for c in range(s.first + 1, s.last + 1)}
        for col in range(found.n_cols):
            if col in taken:
                continue
            end = spans[col].last + 1 if col in spans else col + 1
            left, right = xs[col], xs[end]
            polygon = (
                (left, top + slope * left),
                (right, top + slope * right),
                (right, bottom + slope * right),
                (left, bottom + slope * left),
            )
            cells.append(GridCell(found.n_rows + i, col, 1, end - col, polygon, UNDRAWN))
    low = max(y for cell in cells for _, y in cell.polygon)
    return found._replace(
        n_rows=found.n_rows + len(rows),
        cells=cells,
        box=Box(found.box.x0, found.box.y0, found.box.x1, int(low) + 1),
        row_edges=[*found.row_edges, *(y + slope * xs[0] for y in tops[1:])],
    )


def with_parted_rows(found: Grid, text: PageText) -> Grid:
    """The same with rows parted where the lines of their cells are rows of their own."""
    cuts: dict[int, list[float]] = {}
    for row in range(found.n_rows):
        if levels := _levels(found, row, text):
            cuts[row] = levels
    return _parted(found, cuts, text.words.slope) if cuts else found


def _levels(found: Grid, row: int, text: PageText) -> list[float]:
    """Level y between the lines of a row that are rows of their own; none where they are not."""
    own = [cell for cell in found.cells if cell.row == row and cell.rowspan == 1]
    if len(own) < LEAST_COLUMNS:
        return []
    slope = text.words.slope
    top = max(y - slope * x for cell in own for x, y in cell.polygon[:2])
    bottom = min(y - slope * x for cell in own for x, y in cell.polygon[2:])
    middle = text.words.middle
    left, right = min(c.polygon[0][0] for c in own), max(c.polygon[1][0] for c in own)
    xs = np.array(sorted(cell.polygon[0][0] for cell in own))
    lines = []
    for line in text.lines:
        if line.y1 <= top or line.y0 >= bottom:
            continue
        inside = (line.words.middle > top) & (line.words.middle < bottom)
        inside &= (line.words.x0 > left - text.text_height) & (
            line.words.x1 < right + text.text_height
        )
        if inside.any():
            some = line.words.some(inside)
            lines.append(Line(some, float(some.y0.min()), float(some.y1.max())))
    rows = group_rows(lines)
    if len(rows) < LEAST_LINES or not len(middle):
        return []
    held = [set(np.searchsorted(xs, (r.words.x0 + r.words.x1) / 2).tolist()) for r in rows]
    filled = set().union(*held)
    if len(filled) < LEAST_COLUMNS:
        return []
    if float(np.mean([len(columns) / len(filled) for columns in held])) < AGREE:
        return []
    return [(a.y1 + b.y0) / 2 for a, b in pairwise(rows)]


def _parted(found: Grid, cuts: dict[int, list[float]], slope: float) -> Grid:
    starts = np.cumsum([0, *(1 + len(cuts.get(row, [])) for row in range(found.n_rows))])
    cells = []
    for cell in found.cells:
        first, end = int(starts[cell.row]), int(starts[cell.row + cell.rowspan])
        if cell.rowspan > 1 or cell.row not in cuts:
            cells.append(cell._replace(row=first, rowspan=end - first))
            continue
        a, b, c, d = cell.polygon
        ys = cuts[cell.row]
        left = [a, *((_between(a, d, y, slope)) for y in ys), d]
        right = [b, *((_between(b, c, y, slope)) for y in ys), c]
        for i, ((l0, l1), (r0, r1)) in enumerate(zip(pairwise(left), pairwise(right), strict=True)):
            support = cell.support._replace(
                top=cell.support.top if i == 0 else 0.0,
                bottom=cell.support.bottom if i == len(ys) else 0.0,
            )
            cells.append(cell._replace(row=first + i, polygon=(l0, r0, r1, l1), support=support))
    edges: list[float] = []
    for row in range(found.n_rows):
        edges += [
            found.row_edges[row],
            *(y + slope * found.col_edges[0] for y in cuts.get(row, [])),
        ]

    def moved(places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        return [(int(starts[row]), col) for row, col in places]

    return found._replace(
        n_rows=int(starts[-1]),
        cells=cells,
        row_edges=[*edges, found.row_edges[-1]],
        doubtful=moved(found.doubtful),
        unsure=tuple(moved(found.unsure)),
    )


def _between(top: Point, bottom: Point, level: float, slope: float) -> Point:
    y = level + slope * top[0]
    share = (y - top[1]) / max(bottom[1] - top[1], 1e-6)
    return top[0] + share * (bottom[0] - top[0]), y
