"""What speaks for and against a whole lattice: its rules, and the text that stands in its cells."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.geometry import Box
from tenglu.imaging.ruling_line import Rule
from tenglu.stages.tables.page_text import PageText
from tenglu.stages.tables.result import Grid, GridCell

CUT = 0.25  # text heights of a word that stand out of its cell: a boundary runs through it
APART = 1.0  # text heights of white in a line of a cell: two things, perhaps
NEAR_LINE = 1.6  # text heights between a table and a line that may be a row of it
DRAWN, BARE = 0.75, 0.25  # share of a side that is drawn, or not
ON_BOUNDARY = 0.5  # text heights between a rule and the boundary that it is
LEAST_RULE = 3.0  # text heights; shorter rules tell nothing

Judged = Mapping[str, float]


class Held(NamedTuple):
    """Which cell each word of the page stands in, and how it stands there."""

    cell: NDArray[np.intp]  # (N,) number of the cell; -1: none
    cut: NDArray[np.bool_]  # (N,) a boundary runs through it


def held_words(cells: Sequence[GridCell], boxes: NDArray[np.float64], text_height: float) -> Held:
    """Find the cell of each word.

    Args:
        cells: of one table.
        boxes: (N, 4) of the words of the page.
        text_height: px.
    """
    polygons = np.array([cell.polygon for cell in cells])
    low, high = polygons.min(axis=1), polygons.max(axis=1)
    middle = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2], axis=1)
    owner = np.full(len(boxes), -1)
    # Cells are upright but for a degree or two: their sides are near those of a box.
    left = (polygons[:, 0, 0] + polygons[:, 3, 0]) / 2
    right = (polygons[:, 1, 0] + polygons[:, 2, 0]) / 2
    cut = np.zeros(len(boxes), dtype=bool)
    for k in range(len(cells)):
        inside = np.flatnonzero(
            (middle[:, 0] >= low[k, 0])
            & (middle[:, 0] < high[k, 0])
            & (middle[:, 1] >= low[k, 1])
            & (middle[:, 1] < high[k, 1])
        )
        for i in inside.tolist():
            if owner[i] < 0 or left[k] <= middle[i, 0] < right[k]:
                owner[i] = k
    found = owner >= 0
    own = owner[found]
    out = np.maximum(left[own] - boxes[found, 0], boxes[found, 2] - right[own])
    cut[found] = out > CUT * text_height
    return Held(owner, cut)


def lattice_features(
    grid: Grid, text: PageText, rules: Sequence[Sequence[Rule]], own: float
) -> Judged:
    """Weigh up one lattice.

    Args:
        grid: a candidate.
        text: of the page.
        rules: horizontal and vertical ones of the page.
        own: how sure its finder was, 0 to 1.
    """
    height = text.text_height
    boxes = text.boxes()
    held = held_words(grid.cells, boxes, height)
    inside = held.cell >= 0
    n_words = max(1, int(inside.sum()))
    per_cell = [boxes[held.cell == k] for k in range(len(grid.cells))]
    single = [(cell, some) for cell, some in zip(grid.cells, per_cell, strict=True) if len(some)]
    gaps = [_widest_gap(some) / height for _, some in single]
    lines = [_n_lines(some, height) for _, some in single]
    support = _support(grid)
    n_rows, n_cols = _blank(grid, per_cell)
    return {
        "own_rules": own if grid.finder == "rules" else 1.0,
        "own_level": own if grid.finder == "level-rules" else 1.0,
        "own_text": own if grid.finder == "text" else 1.0,
        "own_learned": own if grid.finder == "learned" else 1.0,
        "from_text": float(grid.finder == "text"),
        "from_level": float(grid.finder == "level-rules"),
        "from_learned": float(grid.finder == "learned"),
        "ruled": float(grid.basis == "rules"),
        "drawn": float(np.mean(support > DRAWN)),
        "between": float(np.mean((support <= DRAWN) & (support >= BARE))),
        "bare": float(np.mean(support < BARE)),
        "cut": float(held.cut.sum()) / n_words,
        "any_cut": math.log1p(float(held.cut.sum())),
        "apart": float(np.mean(np.array(gaps) > APART)) if gaps else 0.0,
        "any_apart": math.log1p(float(np.sum(np.array(gaps) > APART))),
        "lines": float(np.mean(np.minimum(lines, 4))) if lines else 0.0,
        "several": float(np.mean(np.array(lines) > 1)) if lines else 0.0,
        "most_lines": math.log1p(max(lines, default=0)),
        "blank_rows": n_rows / grid.n_rows,
        "blank_cols": n_cols / grid.n_cols,
        "filled": len(single) / len(grid.cells),
        "rows": math.log(grid.n_rows),
        "cols": math.log(grid.n_cols),
        "spans": float(np.mean([c.rowspan * c.colspan > 1 for c in grid.cells])),
        "beside": _n_beside(grid, text),
        "sideways": _sideways(grid, boxes, n_words),
        "rules_left": _rules_left(grid, rules, height),
        "guessed": len(grid.doubtful) / len(grid.cells),
        "unsure": len(grid.unsure) / len(grid.cells),
        "any_unsure": math.log1p(len(grid.unsure) + len(grid.doubtful)),
        **_of_boundaries(grid),
        **_of_ends(grid, per_cell),
    }


def odd_cells(grid: Grid, text: PageText, white: float) -> list[tuple[int, int]]:
    """Return the cells whose words a boundary cuts, or that hold two things far apart.

    Args:
        grid: a lattice.
        text: of the page.
        white: text heights between two words of a line from which on they are two things.
    """
    height = text.text_height
    boxes = text.boxes()
    held = held_words(grid.cells, boxes, height)
    odd = {int(k) for k in held.cell[held.cut]}
    # What stands out of its cell stands in the one beside it as well.
    for k, cell in enumerate(grid.cells):
        if _widest_gap(boxes[held.cell == k]) > white * height:
            odd.add(k)
        if any(_lies_over(boxes[i], cell) for i in np.flatnonzero(held.cut)):
            odd.add(k)
    return [(grid.cells[k].row, grid.cells[k].col) for k in sorted(odd)]


def _lies_over(box: NDArray[np.float64], cell: GridCell) -> bool:
    (x0, y0), _, (x1, y1), _ = cell.polygon
    middle = (box[1] + box[3]) / 2
    return bool(y0 < middle < y1 and box[0] < x1 and box[2] > x0)


def _of_boundaries(grid: Grid) -> dict[str, float]:
    """How the boundaries of rows, and those of columns, are drawn: all alike, or some not."""
    rows, cols = np.full(grid.n_rows + 1, np.nan), np.full(grid.n_cols + 1, np.nan)
    total = np.zeros(grid.n_rows + 1), np.zeros(grid.n_cols + 1)
    drawn = np.zeros(grid.n_rows + 1), np.zeros(grid.n_cols + 1)
    for cell in grid.cells:
        total[0][cell.row + cell.rowspan] += cell.colspan
        drawn[0][cell.row + cell.rowspan] += cell.colspan * cell.support.bottom
        total[1][cell.col + cell.colspan] += cell.rowspan
        drawn[1][cell.col + cell.colspan] += cell.rowspan * cell.support.right
    rows = drawn[0][1:-1] / np.maximum(total[0][1:-1], 1)
    cols = drawn[1][1:-1] / np.maximum(total[1][1:-1], 1)
    seen: dict[str, float] = {}
    for name, shares, count in (("row", rows, total[0][1:-1]), ("col", cols, total[1][1:-1])):
        ruled = float(np.mean(shares > DRAWN)) if len(shares) else 1.0
        bare = float(np.mean(shares < BARE)) if len(shares) else 0.0
        seen[f"{name}_mixed"] = ruled * float(bare > 0)
        seen[f"{name}_bare"] = bare
        least = float((count / max(1, count.max(initial=1))).min(initial=1.0))
        seen[f"{name}_short"] = math.exp(-least * 4)
    return seen


def _of_ends(grid: Grid, per_cell: Sequence[NDArray[np.float64]]) -> dict[str, float]:
    """How full the first and the last row are, beside the others."""
    filled = np.zeros((grid.n_rows, grid.n_cols), dtype=bool)
    for cell, some in zip(grid.cells, per_cell, strict=True):
        filled[cell.row, cell.col : cell.col + cell.colspan] |= bool(len(some))
    share = filled.mean(axis=1)
    usual = max(float(np.median(share)), 1 / grid.n_cols)
    return {
        "first_filled": min(float(share[0]) / usual, 2.0),
        "last_filled": min(float(share[-1]) / usual, 2.0),
    }


def _support(grid: Grid) -> NDArray[np.float64]:
    """Drawn shares of the inner sides, one side of each pair."""
    inner = [
        share
        for cell in grid.cells
        for share, is_inner in (
            (cell.support.right, cell.col + cell.colspan < grid.n_cols),
            (cell.support.bottom, cell.row + cell.rowspan < grid.n_rows),
        )
        if is_inner
    ]
    return np.array(inner or [1.0])


def _widest_gap(boxes: NDArray[np.float64]) -> float:
    """White between two words of one line, px."""
    widest = 0.0
    order = np.argsort(boxes[:, 0])
    some = boxes[order]
    for i in range(len(some) - 1):
        level = np.minimum(some[i, 3], some[i + 1 :, 3]) - np.maximum(some[i, 1], some[i + 1 :, 1])
        beside = np.flatnonzero(level > 0)
        if len(beside):
            widest = max(widest, float(some[i + 1 + beside[0], 0] - some[i, 2]))
    return widest


def _n_lines(boxes: NDArray[np.float64], text_height: float) -> int:
    middles = np.sort((boxes[:, 1] + boxes[:, 3]) / 2)
    return 1 + int((np.diff(middles) > text_height * 0.6).sum())


def _blank(grid: Grid, per_cell: Sequence[NDArray[np.float64]]) -> tuple[int, int]:
    rows, cols = np.zeros(grid.n_rows, dtype=bool), np.zeros(grid.n_cols, dtype=bool)
    for cell, some in zip(grid.cells, per_cell, strict=True):
        if len(some):
            rows[cell.row : cell.row + cell.rowspan] = True
            cols[cell.col : cell.col + cell.colspan] = True
    return int((~rows).sum()), int((~cols).sum())


def _n_beside(grid: Grid, text: PageText) -> float:
    """Lines of several words just above and below that stand in no cell, up to two each."""
    count = 0.0
    words, height = text.words, text.text_height
    shift = words.slope * (grid.box.x0 + grid.box.x1) / 2
    top, bottom = grid.box.y0 - shift, grid.box.y1 - shift
    for line in text.lines:
        near = (bottom - height < line.y0 < bottom + NEAR_LINE * height) or (
            top - NEAR_LINE * height < line.y1 < top + height
        )
        if near:
            over = (line.words.x1 > grid.box.x0) & (line.words.x0 < grid.box.x1)
            out = (line.words.middle < top) | (line.words.middle > bottom)
            count += int((over & out).sum() > 1)
    return count


def _sideways(grid: Grid, boxes: NDArray[np.float64], n_words: int) -> float:
    """Words level with the table, to its left and right, for each one inside."""
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    level = (middle > grid.box.y0) & (middle < grid.box.y1)
    out = (boxes[:, 2] <= grid.box.x0) | (boxes[:, 0] >= grid.box.x1)
    return math.log1p(float((level & out).sum()) / n_words)


def _rules_left(grid: Grid, rules: Sequence[Sequence[Rule]], text_height: float) -> float:
    """Rules inside a table that are no boundary of it, in widths and heights of the table."""
    box, near = grid.box, ON_BOUNDARY * text_height
    polygons = np.array([cell.polygon for cell in grid.cells])
    total = 0.0
    for axis, direction in enumerate(rules):
        first, last = (box.x0, box.x1) if axis == 0 else (box.y0, box.y1)
        low, high = (box.y0, box.y1) if axis == 0 else (box.x0, box.x1)
        sides = polygons.reshape(-1, 2)[:, 1 - axis]
        for rule in direction:
            length = min(rule.end, last) - max(rule.start, first)
            at = float(rule.across.mean())
            if length < LEAST_RULE * text_height or not low + near < at < high - near:
                continue
            ends = float(rule.across.min()) - near, float(rule.across.max()) + near
            if not ((sides >= ends[0]) & (sides <= ends[1])).any():
                total += length / max(1, last - first)
    return math.log1p(total)


def overlap(a: Box, b: Box) -> float:
    """Share of the smaller of two boxes that lies in the other."""
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    return max(0, width) * max(0, height) / max(1, min(a.area, b.area))
