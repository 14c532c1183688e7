"""One judge over whole lattices: of the tables that are proposed for a place the likeliest stays.

Two logistic models weigh the same features: how likely a lattice is exactly right, and, for one
that is told from text alone, whether there is a table at all. Weights lie in judge.json beside this
file, which benchmarks/fit_judge.py writes.
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from tenglu.imaging.geometry import Box
from tenglu.imaging.ruling_line import Rule
from tenglu.stages.tables.lattice_features import (
    held_words,
    lattice_features,
    odd_cells,
    overlap,
)
from tenglu.stages.tables.page_text import PageText
from tenglu.stages.tables.result import Grid, Rival

MODEL_FILE = "judge.json"
HIGHEST = 40.0  # exponent
RIVALS = 0.3  # share of the smaller of two tables in the other, where one of them must be wrong
PLACED = "rules", "level-rules", "learned", "text"  # along drawn lines, through white
CLOSE = 0.3  # of the chance of the best lattice: from there on another is worth a doubt
CLOSE_IF_UNSURE = 0.1  # the same, where the best is not sure itself
SETTLED = 0.8  # chance from which on a lattice is sure: nine of ten are right
PLAIN = 0.99  # of the sides of all cells, drawn or not: nothing is between the two
DRAWN = 0.5  # share of a side, and of the cells
SAME_PLACE = 0.8  # share of the smaller of two tables in the other
UNLIKELY = 0.05  # chance below which no lattice is likely: drawn lines then decide
LIKELY = 0.5  # chance from which on only words far apart make a cell doubtful
NEAR = 1.0  # text heights of white between two things in a cell
FAR = 2.6  # the same; a thin 一 and the 、 after it, which are no words, leave 2.4
A_TABLE = 0.5  # chance that text is a table, from which on it becomes one
PERHAPS = 0.2  # the same, from which on a person must be told


class Chosen(NamedTuple):
    """What the judge says of a page."""

    grids: list[Grid]  # from top to bottom
    missed: tuple[Box, ...]  # where there may be a table, and none was taken


class _Judged(NamedTuple):
    sure: float
    table: float
    grid: Grid


def choose(proposed: Sequence[Grid], text: PageText, rules: Sequence[Sequence[Rule]]) -> Chosen:
    """Keep the likeliest tables that do not overlap.

    Args:
        proposed: by all finders.
        text: of the page.
        rules: horizontal and vertical ones of the page.
    """
    ranked = sorted(
        (_judged(grid, text, rules) for grid in distinct(proposed)), key=_rank, reverse=True
    )
    kept: list[_Judged] = []
    for one in ranked:
        if max(one.table, one.sure) >= A_TABLE and _is_free(one.grid, kept):
            kept.append(_best_placed(_drawn_instead(one, ranked), ranked))
    missed = tuple(
        one.grid.box for one in ranked if one.table >= PERHAPS and _is_free(one.grid, kept)
    )
    grids = [_with_rival(one, ranked, text) for one in kept]
    return Chosen(sorted(grids, key=lambda g: (g.box.y0, g.box.x0)), missed)


def _judged(grid: Grid, text: PageText, rules: Sequence[Sequence[Rule]]) -> _Judged:
    seen = lattice_features(grid, text, rules, grid.structure)
    table = 1.0 if grid.finder == "rules" else probability("table", seen)
    return _Judged(probability("exact", seen), table, grid)


def _rank(judged: _Judged) -> tuple[int, float, float]:
    """Order lattices: likely ones, those that are plainly drawn on all sides, and the rest.

    White space must be sure where it contradicts plainly drawn lines: text on its side keeps white
    in line, too. Of plainly drawn lattices that with most cells comes first, since a line that is
    seen parts cells.
    """
    grid, sure = judged.grid, judged.sure
    if sure >= (LIKELY if grid.finder == "rules" else SETTLED):
        return 2, sure, 0.0
    if grid.finder == "rules" and grid.structure >= PLAIN:
        return 1, float(len(grid.cells)), sure
    if grid.finder == "rules" and sure < UNLIKELY:
        return 0, UNLIKELY, grid.structure
    return 0, sure, sure


def _drawn_instead(one: _Judged, ranked: Sequence[_Judged]) -> _Judged:
    """Return the plainly drawn net of cells that stands where text alone shows another table.

    Lines of text part the rows of a net only where the net is not sure.
    """
    if _is_net(one.grid):
        return one
    least = SETTLED if one.grid.finder == "rules" else 0.0
    nets = (
        other
        for other in ranked
        if _is_net(other.grid)
        and other.sure >= least
        and overlap(one.grid.box, other.grid.box) >= SAME_PLACE
    )
    return next(nets, one)


def _is_net(grid: Grid) -> bool:
    """Whether drawn lines close the cells of a grid of rows and columns."""
    if grid.finder != "rules" or grid.structure < PLAIN or min(grid.n_rows, grid.n_cols) < 2:  # noqa: PLR2004
        return False
    closed = sum(min(cell.support) > DRAWN for cell in grid.cells)
    return closed > DRAWN * len(grid.cells)


def distinct(proposed: Sequence[Grid]) -> list[Grid]:
    """Each lattice once."""
    seen = {(grid.box, grid.finder, shape(grid)): grid for grid in reversed(proposed)}
    return list(seen.values())


def _is_free(grid: Grid, kept: Sequence[_Judged]) -> bool:
    return all(
        overlap(grid.box, other.grid.box) < RIVALS
        or _is_nested(grid, other.grid)
        or _is_nested(other.grid, grid)
        for other in kept
    )


def _is_nested(inner: Grid, outer: Grid) -> bool:
    """Whether a ruled table stands inside one cell of another."""
    if inner.finder != "rules" or outer.finder != "rules":
        return False
    box = inner.box
    for cell in outer.cells:
        (x0, y0), _, (x1, y1), _ = cell.polygon
        if x0 <= box.x0 and y0 <= box.y0 and x1 >= box.x1 and y1 >= box.y1:
            return True
    return False


def _best_placed(one: _Judged, ranked: Sequence[_Judged]) -> _Judged:
    """Of lattices of one shape the one whose finder places boundaries best."""
    alike = [
        other
        for other in ranked
        if overlap(one.grid.box, other.grid.box) >= RIVALS and shape(other.grid) == shape(one.grid)
    ]
    placed = min(alike, key=lambda other: PLACED.index(other.grid.finder))
    return placed._replace(sure=max(other.sure for other in alike))


def shape(grid: Grid) -> tuple[tuple[int, int, int, int], ...]:
    """Rows, columns and spans of all cells."""
    return tuple(sorted((c.row, c.col, c.rowspan, c.colspan) for c in grid.cells))


def _with_rival(best: _Judged, ranked: Sequence[_Judged], text: PageText) -> Grid:
    """The table with its chance, and the cells that the next best lattice makes otherwise."""
    rival = next(
        (
            one
            for one in ranked
            if overlap(one.grid.box, best.grid.box) >= RIVALS
            and shape(one.grid) != shape(best.grid)
        ),
        None,
    )
    grid = best.grid._replace(structure=best.sure)
    if best.sure < SETTLED:
        odd = odd_cells(best.grid, text, FAR if best.sure >= LIKELY else NEAR)
        grid = grid._replace(unsure=tuple(sorted({*grid.unsure, *odd})))
    if rival is None:
        return grid
    grid = grid._replace(runner_up=_rival(rival))
    if rival.sure < (CLOSE if best.sure >= SETTLED else CLOSE_IF_UNSURE) * best.sure:
        return grid
    disputed = _disputed(best.grid, rival.grid, text)
    return grid._replace(unsure=tuple(sorted({*grid.unsure, *disputed})))


def _rival(other: _Judged) -> Rival:
    return Rival(other.grid.n_rows, other.grid.n_cols, other.grid.cells, other.sure)


def _disputed(best: Grid, rival: Grid, text: PageText) -> list[tuple[int, int]]:
    """Cells of the best lattice whose words are not together, or not alone, in the other one."""
    boxes = text.boxes()
    own, other = (
        held_words(grid.cells, boxes, text.text_height).cell.tolist() for grid in (best, rival)
    )
    sets: list[dict[int, set[int]]] = [{}, {}]
    for word, pair in enumerate(zip(own, other, strict=True)):
        for held, cell in zip(sets, pair, strict=True):
            if cell >= 0:
                held.setdefault(cell, set()).add(word)
    alike = {frozenset(words) for words in sets[1].values()}
    cells = (best.cells[k] for k, words in sets[0].items() if frozenset(words) not in alike)
    return [(cell.row, cell.col) for cell in cells]


@cache
def _model() -> Mapping[str, Mapping[str, float]]:
    text = files("tenglu.stages.tables").joinpath(MODEL_FILE).read_text(encoding="utf-8")
    kept = json.loads(text)
    return {name: {"bias": curve["bias"], **curve["weights"]} for name, curve in kept.items()}


def probability(question: str, seen: Mapping[str, float]) -> float:
    """How likely a lattice is exactly right, or a table.

    Args:
        question: "exact" or "table".
        seen: features of the lattice.
    """
    curve = _model()[question]
    score = sum(weight * seen.get(name, 1.0) for name, weight in curve.items())
    return 1 / (1 + math.exp(min(-score, HIGHEST)))
