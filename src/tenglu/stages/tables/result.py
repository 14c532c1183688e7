"""What the grid stage gives."""

from typing import Literal, NamedTuple

from tenglu.imaging.geometry import Box, Polygon
from tenglu.imaging.ink import Ink


class Sides(NamedTuple):
    """How much of each side of a cell is drawn, 0 to 1."""

    top: float
    right: float
    bottom: float
    left: float


class GridCell(NamedTuple):
    """A cell without its text."""

    row: int
    col: int
    rowspan: int
    colspan: int
    polygon: Polygon  # px of the upright page, the middle of the rules around it
    support: Sides


class Rival(NamedTuple):
    """Another lattice for the place of a table."""

    n_rows: int
    n_cols: int
    cells: list[GridCell]
    structure: float  # how likely it is exactly right, 0 to 1


class Grid(NamedTuple):
    """A table without its text; the cells tile the grid."""

    n_rows: int
    n_cols: int
    cells: list[GridCell]
    box: Box  # px of the upright page
    row_edges: list[float]  # (n_rows + 1,) y at the left side, px
    col_edges: list[float]  # (n_cols + 1,) x at the top side, px
    doubtful: list[tuple[int, int]]  # (row, col) of cells whose shape is a guess
    basis: Literal["rules", "white-space"] = "rules"  # what columns are told from
    structure: float = 1.0  # how sure rows, columns and spans are, 0 to 1
    unsure: tuple[tuple[int, int], ...] = ()  # (row, col) of cells with a side that may be there
    finder: Literal["rules", "level-rules", "text", "learned"] = "rules"  # who proposed it
    runner_up: Rival | None = None  # the next best lattice for the same place; None: no other


class Grids(NamedTuple):
    """All tables of a page."""

    grids: list[Grid]
    ink: Ink
    missed: tuple[Box, ...] = ()  # where there may be a table, and none was taken
    words: tuple[Box, ...] = ()  # type that was seen, on any ground
