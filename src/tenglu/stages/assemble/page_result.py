"""The result of reading one page."""

from typing import NamedTuple

from tenglu.imaging.arrays import Matrix
from tenglu.imaging.geometry import Box, Polygon, map_polygon
from tenglu.model import Flag
from tenglu.stages.ocr import CellText, TextLine
from tenglu.stages.orient import Rotation
from tenglu.stages.strip import FoundSeal
from tenglu.stages.tables import Grid, GridCell

LEAST_WIDTH = 1e-6  # least width of a column, as a share of the table width


class MarkReading(NamedTuple):
    """A watermark and its text."""

    text: str | None  # None: not read
    confidence: float | None  # 0 to 1
    polygon: Polygon  # px of the upright page


class SealReading(NamedTuple):
    """A seal and its text."""

    found: FoundSeal
    text: str | None  # None: not read
    confidence: float | None  # 0 to 1


class PageResult(NamedTuple):
    """A page that was read; it has plain values only, so it can be sent between processes."""

    number: int  # 1-based
    width: int  # of the scan, px
    height: int  # of the scan, px
    dpi: int | None
    rotation: Rotation
    skew: float  # degrees, counter-clockwise
    to_scan: Matrix  # upright px -> scan px
    upright: Box  # the upright page, px
    text_height: float  # px
    grids: list[Grid]
    cells: list[list[CellText]]  # the text of each cell of each grid
    covered: list[list[float]]  # share of each cell that was under a mark, 0 to 1
    lines: list[TextLine]
    marks: list[MarkReading]
    seals: list[SealReading]
    flags: tuple[Flag, ...]

    def on_scan(self, polygon: Polygon) -> Polygon:
        """Map a polygon from px of the upright page to px of the scan."""
        return map_polygon(self.to_scan, polygon)


class Failure(NamedTuple):
    """A page that could not be read."""

    number: int
    reason: str


class PartCell(NamedTuple):
    """A cell on its page."""

    page_result: PageResult
    cell: GridCell
    text: CellText
    covered: float


class Part(NamedTuple):
    """The part of a table that is on one page."""

    page_result: PageResult
    grid: Grid
    cells: list[PartCell]

    @property
    def columns(self) -> list[float]:
        """(n_cols + 1,) column boundaries, ascending, as shares of the width from left to right.

        On a bent page, edges that are extended to the top side may cross there.
        """
        left, right = self.grid.col_edges[0], self.grid.col_edges[-1]
        places: list[float] = []
        for x in sorted(self.grid.col_edges):
            place = (x - left) / (right - left)
            places.append(max(place, places[-1] + LEAST_WIDTH) if places else place)
        return places

    @property
    def column_slack(self) -> float:
        """Largest distance of equal column boundaries, as a share of the width."""
        width = self.grid.col_edges[-1] - self.grid.col_edges[0]
        return 0.4 * self.page_result.text_height / width


def page_to_parts(page_result: PageResult) -> list[Part]:
    """Return the tables of a page, from top to bottom."""
    return [
        Part(
            page_result,
            grid,
            [
                PartCell(page_result, cell, text, covered)
                for cell, text, covered in zip(grid.cells, texts, shares, strict=True)
            ],
        )
        for grid, texts, shares in zip(
            page_result.grids, page_result.cells, page_result.covered, strict=True
        )
    ]
