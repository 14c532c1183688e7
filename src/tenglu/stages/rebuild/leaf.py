"""What one page gives to the document."""

from typing import NamedTuple

from tenglu.arrays import Matrix
from tenglu.geometry import Box, Polygon, map_polygon
from tenglu.model import Flag
from tenglu.stages.grid import Grid, GridCell
from tenglu.stages.orient import Rotation
from tenglu.stages.read import CellText, TextLine
from tenglu.stages.strip import FoundSeal

LEAST_WIDTH = 1e-6  # of a column, as a share of the table


class LeafMark(NamedTuple):
    """A watermark and what it reads."""

    text: str | None  # None: not read
    confidence: float | None  # 0 to 1
    polygon: Polygon  # px of the upright page


class LeafSeal(NamedTuple):
    """A seal and what it reads."""

    found: FoundSeal
    text: str | None  # None: not read
    confidence: float | None  # 0 to 1


class Leaf(NamedTuple):
    """A page that was read: plain values only, so that it travels between processes."""

    number: int  # 1-based
    width: int  # px of the scan as delivered
    height: int
    dpi: int | None
    rotation: Rotation
    skew: float
    to_scan: Matrix  # upright px -> scan px
    upright: Box  # the upright page, px
    text_height: float  # px
    grids: list[Grid]
    cells: list[list[CellText]]  # for each grid one text a cell
    covered: list[list[float]]  # the same: share of the cell that lay under a mark, 0 to 1
    lines: list[TextLine]
    marks: list[LeafMark]
    seals: list[LeafSeal]
    flags: tuple[Flag, ...]

    def on_scan(self, polygon: Polygon) -> Polygon:
        """Carry a polygon from the upright page to the scan as delivered."""
        return map_polygon(self.to_scan, polygon)


class Failure(NamedTuple):
    """A page that could not be read."""

    number: int
    reason: str


class PartCell(NamedTuple):
    """A cell on its page."""

    leaf: Leaf
    cell: GridCell
    text: CellText
    covered: float


class Part(NamedTuple):
    """A table as far as it stands on one page."""

    leaf: Leaf
    grid: Grid
    cells: list[PartCell]

    @property
    def columns(self) -> list[float]:
        """(n_cols + 1,) places of the column boundaries, ascending, 0 left and 1 right.

        On a bent page, edges that are carried on to the top side may cross there.
        """
        left, right = self.grid.col_edges[0], self.grid.col_edges[-1]
        places: list[float] = []
        for x in sorted(self.grid.col_edges):
            place = (x - left) / (right - left)
            places.append(max(place, places[-1] + LEAST_WIDTH) if places else place)
        return places

    @property
    def column_slack(self) -> float:
        """How far columns may be apart and still be one, as a share of the width."""
        width = self.grid.col_edges[-1] - self.grid.col_edges[0]
        return 0.4 * self.leaf.text_height / width


def leaf_to_parts(leaf: Leaf) -> list[Part]:
    """The tables of a page, from top to bottom."""
    return [
        Part(
            leaf,
            grid,
            [
                PartCell(leaf, cell, text, covered)
                for cell, text, covered in zip(grid.cells, texts, shares, strict=True)
            ],
        )
        for grid, texts, shares in zip(leaf.grids, leaf.cells, leaf.covered, strict=True)
    ]
