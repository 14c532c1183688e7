"""Lattices that the learned witness proposes, as grids: candidates like any other."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Rgb
from tenglu.imaging.geometry import Box, Polygon
from tenglu.imaging.ink import Ink
from tenglu.stages.tables.learned import Proposal, propose, separators
from tenglu.stages.tables.result import Grid, GridCell, Sides

POINTS = 24  # places along a side that are looked at
NEAR = 0.2  # text heights beside a side, where its rule may lie
FAINT = 0.5  # of the darkness of ink: a rule may be fainter than type
INSET = 0.1  # of a side at each end
RULED = 0.5  # drawn share of the inner sides from which on rules part the cells
MIN_CELLS = 4


def find_learned_tables(page: Rgb, dark: Gray, ink: Ink) -> list[Grid]:
    """Propose lattices by the network.

    Args:
        page: (H, W, 3), upright.
        dark: (H, W) darkness of the page.
        ink: of the page.
    """
    grids = (proposal_to_grid(found, dark, ink) for found in propose(separators(page), page))
    return [grid for grid in grids if len(grid.cells) >= MIN_CELLS]


def proposal_to_grid(found: Proposal, dark: Gray, ink: Ink) -> Grid:
    """Set a proposal on the page, and measure which of its sides are drawn."""
    joints = _joints(found)
    polygons = [_polygon(joints, span) for span in found.spans]
    shares = drawn_sides(polygons, dark, ink)
    cells = [
        GridCell(*span, polygon, Sides(*share))
        for span, polygon, share in zip(found.spans, polygons, shares.tolist(), strict=True)
    ]
    inner = [
        share
        for cell in cells
        for share, is_inner in (
            (cell.support.right, cell.col + cell.colspan < found.n_cols),
            (cell.support.bottom, cell.row + cell.rowspan < found.n_rows),
        )
        if is_inner
    ]
    low, high = joints.min(axis=(0, 1)), joints.max(axis=(0, 1))
    sure = [*found.row_probability, *found.col_probability]
    return Grid(
        n_rows=found.n_rows,
        n_cols=found.n_cols,
        cells=cells,
        box=Box(*np.maximum(low, 0).astype(int).tolist(), *np.ceil(high).astype(int).tolist()),
        row_edges=[float(y) for y in joints[:, 0, 1]],
        col_edges=[float(x) for x in joints[0, :, 0]],
        doubtful=[],
        basis="rules" if inner and float(np.mean(inner)) >= RULED else "white-space",
        structure=float(min(sure)),
        finder="learned",
    )


def _joints(found: Proposal) -> NDArray[np.float64]:
    """(R + 1, C + 1, 2) where boundaries cross."""
    xs, ys = np.array(found.col_edges), np.array(found.row_edges)
    middle_x, middle_y = (xs[0] + xs[-1]) / 2, (ys[0] + ys[-1]) / 2
    fall, shift = found.lean
    y = ys[:, None] + fall * (xs[None, :] - middle_x)
    x = xs[None, :] + shift * (ys[:, None] - middle_y)
    return np.stack([x, y], axis=2)


def _polygon(joints: NDArray[np.float64], span: tuple[int, int, int, int]) -> Polygon:
    row, col, rowspan, colspan = span
    corners = (row, col), (row, col + colspan), (row + rowspan, col + colspan), (row + rowspan, col)
    a, b, c, d = ((float(joints[i, j, 0]), float(joints[i, j, 1])) for i, j in corners)
    return a, b, c, d


def drawn_sides(polygons: Sequence[Polygon], dark: Gray, ink: Ink) -> NDArray[np.float64]:
    """(N, 4) share of the top, right, bottom and left side of each cell that a rule runs along."""
    if not polygons:
        return np.zeros((0, 4))
    reach = 2 * max(2, round(NEAR * ink.text_height)) + 1
    spread = cv2.dilate(dark, np.ones((reach, reach), np.uint8))
    corners = np.array(polygons)  # (N, 4, 2)
    start, end = corners, np.roll(corners, -1, axis=1)
    share = np.linspace(INSET, 1 - INSET, POINTS)[:, None]
    places = start[:, :, None] + share * (end - start)[:, :, None]
    x = np.clip(np.rint(places[..., 0]).astype(np.intp), 0, dark.shape[1] - 1)
    y = np.clip(np.rint(places[..., 1]).astype(np.intp), 0, dark.shape[0] - 1)
    drawn: NDArray[np.float64] = (spread[y, x] > FAINT * ink.threshold).mean(axis=-1)
    return drawn
