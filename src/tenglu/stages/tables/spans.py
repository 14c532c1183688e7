"""From the lattice to cells: what no drawn edge parts is one cell."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.geometry import Box, Polygon
from tenglu.stages.tables.lattice import Lattice
from tenglu.stages.tables.result import Grid, GridCell, Sides

PLAIN, BARE = 0.75, 0.25  # drawn share above and below which an edge is told beyond doubt
EVEN = 0.5  # drawn share at which it may as well be the other way
MOST_DOUBT = 0.3  # of such an edge: what was decided is still the likelier
GUESSED = 0.7  # for each cell whose shape is a guess
UNDRAWN_SIDE = 0.97  # for each side of the table that is not drawn
UNSURE = 0.1  # doubt from which on a cell is pointed at

Labels = NDArray[np.int_]  # (R, C) number of the cell that each field of the lattice belongs to


class _Walls(NamedTuple):
    """Which edges part cells."""

    rows: NDArray[np.bool_]  # (R + 1, C)
    cols: NDArray[np.bool_]  # (R, C + 1)


class _Edges(NamedTuple):
    """Drawn shares as lists, which are faster than arrays for a cell at a time."""

    rows: list[list[float]]  # R + 1 lists of C
    cols: list[list[float]]  # C + 1 lists of R


class _Block(NamedTuple):
    row: int
    col: int
    rowspan: int
    colspan: int


def lattice_to_grid(lattice: Lattice, min_support: float) -> Grid:
    """Merge fields of the lattice into cells.

    A merged shape that is no rectangle cannot be a cell; it is parted along its best drawn edges
    and its parts are named doubtful.

    Args:
        lattice: boundaries and edges.
        min_support: share of an edge that must be drawn to part two fields.
    """
    lattice, walls = _without_bare_lines(lattice, min_support)
    labels = _fields(walls)
    doubtful: set[tuple[int, int]] = set()
    while (odd := _first_odd(labels)) is not None:
        fields = labels == odd
        doubtful |= {(int(r), int(c)) for r, c in np.argwhere(fields)}
        walls = _parted(walls, lattice, fields)
        labels = _fields(walls)
    blocks = list(_blocks(labels))
    joints = lattice.joints
    edges = _Edges(lattice.row_edges.tolist(), lattice.col_edges.T.tolist())
    doubts = [_doubt(block, edges) for block in blocks]
    n_guessed = sum((block.row, block.col) in doubtful for block in blocks)
    sure = float(np.prod([1 - doubt for doubt in doubts])) * GUESSED**n_guessed
    return Grid(
        n_rows=labels.shape[0],
        n_cols=labels.shape[1],
        cells=[_cell(block, joints, edges) for block in blocks],
        box=_outline(joints),
        row_edges=[float(y) for y in joints[:, 0, 1]],
        col_edges=[float(x) for x in joints[0, :, 0]],
        doubtful=[(b.row, b.col) for b in blocks if (b.row, b.col) in doubtful],
        structure=sure * UNDRAWN_SIDE ** sum(lattice.open_sides),
        unsure=tuple(
            (b.row, b.col) for b, doubt in zip(blocks, doubts, strict=True) if doubt >= UNSURE
        ),
    )


def _doubt(block: _Block, edges: _Edges) -> float:
    """How likely it is that a side of a cell, or an edge inside it, was told wrong, 0 to 1."""
    row, col, rowspan, colspan = block
    end_row, end_col = row + rowspan, col + colspan
    sides, inside = [1.0], [0.0]
    if end_row < len(edges.rows) - 1:
        sides += edges.rows[end_row][col:end_col]
    if end_col < len(edges.cols) - 1:
        sides += edges.cols[end_col][row:end_row]
    for between in edges.rows[row + 1 : end_row]:
        inside += between[col:end_col]
    for between in edges.cols[col + 1 : end_col]:
        inside += between[row:end_row]
    least = (PLAIN - min(sides)) / (PLAIN - EVEN)
    most = (max(inside) - BARE) / (EVEN - BARE)
    return MOST_DOUBT * min(1.0, max(0.0, least, most))


def _without_bare_lines(lattice: Lattice, min_support: float) -> tuple[Lattice, _Walls]:
    """Leave out inner boundaries that part nothing."""
    walls = _walls(lattice, min_support)
    rows = np.r_[True, walls.rows[1:-1].any(axis=1), True]
    cols = np.r_[True, walls.cols[:, 1:-1].any(axis=0), True]
    if rows.all() and cols.all():
        return lattice, walls
    kept = Lattice(
        lattice.joints[rows][:, cols],
        _pooled(lattice.row_edges, lattice.joints[:, :, 0], cols)[rows],
        _pooled(lattice.col_edges.T, lattice.joints[:, :, 1].T, rows)[cols].T,
        lattice.open_sides,
    )
    return kept, _walls(kept, min_support)


def _pooled(
    edges: NDArray[np.float64], places: NDArray[np.float64], kept: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Drawn share of edges that are joined end to end where a boundary is left out."""
    lengths = np.maximum(np.diff(places, axis=1), 1e-6)
    starts = np.flatnonzero(kept)[:-1]
    drawn: NDArray[np.float64] = np.add.reduceat(edges * lengths, starts, axis=1)
    share: NDArray[np.float64] = drawn / np.add.reduceat(lengths, starts, axis=1)
    return share


def _walls(lattice: Lattice, min_support: float) -> _Walls:
    rows = lattice.row_edges >= min_support
    cols = lattice.col_edges >= min_support
    rows[[0, -1]] = True  # the outline parts the table from the page, drawn or not
    cols[:, [0, -1]] = True
    return _Walls(rows, cols)


def _fields(walls: _Walls) -> Labels:
    """Number the sets of fields that no wall parts."""
    n_rows, n_cols = walls.cols.shape[0], walls.rows.shape[1]
    labels = np.arange(n_rows * n_cols).reshape(n_rows, n_cols)
    below, beside = ~walls.rows[1:-1], ~walls.cols[:, 1:-1]
    while True:
        spread = labels.copy()
        spread[1:] = np.where(below, np.minimum(spread[1:], spread[:-1]), spread[1:])
        spread[:-1] = np.where(below, np.minimum(spread[1:], spread[:-1]), spread[:-1])
        spread[:, 1:] = np.where(beside, np.minimum(spread[:, 1:], spread[:, :-1]), spread[:, 1:])
        spread[:, :-1] = np.where(beside, np.minimum(spread[:, 1:], spread[:, :-1]), spread[:, :-1])
        if np.array_equal(spread, labels):
            return labels
        labels = spread


def _extents(labels: Labels) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Sets of fields: (N, 4) row, column and their numbers, and (N,) how many fields each has."""
    names, own, counts = np.unique(labels, return_inverse=True, return_counts=True)
    rows, cols = np.indices(labels.shape)
    low = np.full((len(names), 2), max(labels.shape))
    high = np.zeros((len(names), 2), dtype=int)
    for axis, places in enumerate((rows, cols)):
        np.minimum.at(low[:, axis], own.ravel(), places.ravel())
        np.maximum.at(high[:, axis], own.ravel(), places.ravel())
    return np.hstack([low, high - low + 1]), counts


def _blocks(labels: Labels) -> Iterator[_Block]:
    extents, _ = _extents(labels)
    for extent in extents.tolist():
        yield _Block(*extent)


def _first_odd(labels: Labels) -> int | None:
    """A set of fields that is no rectangle."""
    extents, counts = _extents(labels)
    odd = np.flatnonzero(extents[:, 2] * extents[:, 3] != counts)
    return int(np.unique(labels)[odd[0]]) if len(odd) else None


def _parted(walls: _Walls, lattice: Lattice, fields: NDArray[np.bool_]) -> _Walls:
    """Draw the best drawn of the missing edges inside a set of fields."""
    rows, cols = walls.rows.copy(), walls.cols.copy()
    open_rows = np.zeros_like(rows)
    open_cols = np.zeros_like(cols)
    open_rows[1:-1] = ~rows[1:-1] & fields[1:] & fields[:-1]
    open_cols[:, 1:-1] = ~cols[:, 1:-1] & fields[:, 1:] & fields[:, :-1]
    best_row = np.where(open_rows, lattice.row_edges, -1.0)
    best_col = np.where(open_cols, lattice.col_edges, -1.0)
    best = max(best_row.max(), best_col.max())
    # Edges that are drawn alike fall together: a whole line of them, not one at a time.
    rows |= open_rows & (best_row >= best)
    if not (best_row >= best).any() or best > 0:
        cols |= open_cols & (best_col >= best)
    return _Walls(rows, cols)


def _cell(block: _Block, joints: NDArray[np.float64], edges: _Edges) -> GridCell:
    row, col, rowspan, colspan = block
    corners = (
        (row, col),
        (row, col + colspan),
        (row + rowspan, col + colspan),
        (row + rowspan, col),
    )
    a, b, c, d = ((float(joints[i, j, 0]), float(joints[i, j, 1])) for i, j in corners)
    polygon: Polygon = (a, b, c, d)
    end_row, end_col = row + rowspan, col + colspan
    support = Sides(
        top=sum(edges.rows[row][col:end_col]) / colspan,
        right=sum(edges.cols[end_col][row:end_row]) / rowspan,
        bottom=sum(edges.rows[end_row][col:end_col]) / colspan,
        left=sum(edges.cols[col][row:end_row]) / rowspan,
    )
    return GridCell(row, col, rowspan, colspan, polygon, support)


def _outline(joints: NDArray[np.float64]) -> Box:
    low, high = joints.min(axis=(0, 1)), joints.max(axis=(0, 1))
    x0, y0 = (int(v) for v in np.floor(low))
    x1, y1 = (int(v) for v in np.ceil(high))
    return Box(x0, y0, x1, y1)
