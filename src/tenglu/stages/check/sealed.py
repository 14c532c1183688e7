"""Figures that lay under a seal: a point or a stroke may have gone with it."""

from collections.abc import Sequence

from tenglu.geometry import Polygon
from tenglu.model import Cell, Page

FIGURES = {"number", "percent", "date", "code"}
TOUCHED = 0.01  # share of the cell that was changed; less is the edge of a seal on a rule


def under_seal(cell: Cell, pages: Sequence[Page]) -> bool:
    """Whether a cell holds a figure, and part of it was covered by a seal."""
    clear = [e.confidence for e in cell.evidence if e.witness == "clear-of-marks"]
    if cell.kind not in FIGURES or not clear or 1 - (clear[0] or 0.0) < TOUCHED:
        return False
    seals = (seal for page in pages if page.number == cell.page for seal in page.seals)
    return any(_meet(cell.polygon, seal.polygon) for seal in seals)


def _meet(one: Polygon, other: Polygon) -> bool:
    """Whether the boxes round two polygons overlap."""
    return all(
        min(p[axis] for p in one) < max(p[axis] for p in other)
        and min(p[axis] for p in other) < max(p[axis] for p in one)
        for axis in (0, 1)
    )
