"""Grids that are no tables: pictures with lines in them, and boxes that lines join."""

import numpy as np

from tenglu.imaging.arrays import Gray
from tenglu.imaging.ink import Ink
from tenglu.stages.tables.result import Grid

STEP = 3  # px; a ninth of the pixels show what ground a cell has
TINTED = 0.1  # of the darkness of ink; half of a table on paper is lighter
EVEN = 0.12  # of the darkness of ink, between the quartiles of an even ground
PLAIN = 0.5  # of the cells of a table on grounds that are even
LEAST = 4  # sampled pixels of a cell that tell its ground
DRAWN = 0.5  # share of a side from which it closes a cell
OPEN = 0.25  # share of a side of the table that is drawn at most where it is open
GUESSED = 0.5  # of the cells have a shape that is a guess: grain and texture, no rules
CLOSED = 0.5  # of the cells of a table are closed, and more


def is_table(found: Grid, dark: Gray, ink: Ink) -> bool:
    """Whether a grid of rules may be a table.

    Args:
        found: from rules.
        dark: (H, W) darkness of the page.
        ink: of the page.
    """
    guessed = len(found.doubtful) > GUESSED * len(found.cells)
    return not guessed and _is_closed(found) and not _is_picture(found, dark, ink)


def _is_closed(found: Grid) -> bool:
    """Whether most cells are closed; a side of the table that is open throughout closes them."""
    ends = {
        "top": [cell for cell in found.cells if cell.row == 0],
        "left": [cell for cell in found.cells if cell.col == 0],
        "bottom": [c for c in found.cells if c.row + c.rowspan == found.n_rows],
        "right": [c for c in found.cells if c.col + c.colspan == found.n_cols],
    }
    unclosed: set[tuple[int, int]] = set()
    for side, cells in ends.items():
        drawn = [getattr(cell.support, side) for cell in cells]
        if np.mean(drawn) > OPEN:
            unclosed |= {
                (cell.row, cell.col)
                for cell, share in zip(cells, drawn, strict=True)
                if share < DRAWN
            }
    return len(unclosed) < (1 - CLOSED) * len(found.cells)


def _is_picture(found: Grid, dark: Gray, ink: Ink) -> bool:
    """Whether the ground is dark and uneven in most cells."""
    box = found.box
    whole = dark[max(0, box.y0) : box.y1 : STEP, max(0, box.x0) : box.x1 : STEP]
    if not whole.size or np.median(whole) < TINTED * ink.level:
        return False
    return bool(np.mean([_is_even(cell.polygon, dark, ink) for cell in found.cells]) < PLAIN)


def _is_even(polygon: tuple[tuple[float, float], ...], dark: Gray, ink: Ink) -> bool:
    corners = np.maximum(np.array(polygon), 0).astype(int)
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    inside = dark[y0 + STEP : y1 - STEP : STEP, x0 + STEP : x1 - STEP : STEP]
    if inside.size < LEAST:
        return True
    low, high = np.percentile(inside, [25, 75])
    return bool(high - low <= EVEN * ink.level)
