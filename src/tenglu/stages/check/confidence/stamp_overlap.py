"""Figures under a seal: a point or a stroke may have gone with it, or have come from it."""

from collections.abc import Sequence

from tenglu.imaging.geometry import Polygon
from tenglu.model import Cell, EvidenceSource, FlagCode, Page, Table

LEFT = "grey"  # colour of a seal that could not be taken off
FIGURES = {"number", "percent", "date", "code"}
TOUCHED = 0.01  # share of the cell that was changed; less is the edge of a seal on a rule


def with_stamp_overlap(table: Table, pages: Sequence[Page]) -> Table:
    """Figures under a seal are for a person to see, however sure the recogniser is."""
    pages = [page for page in pages if page.seals]
    if not pages:
        return table
    cells = tuple(
        cell.model_copy(update={"flags": (*cell.flags, FlagCode.UNDER_MARK)})
        if _under_seal(cell, pages)
        else cell
        for cell in table.cells
    )
    return table.model_copy(update={"cells": cells})


def _under_seal(cell: Cell, pages: Sequence[Page]) -> bool:
    """Whether a figure lay under a seal, or any text lies under a seal that is still there."""
    seals = [seal for page in pages if page.number == cell.page for seal in page.seals]
    over = [seal for seal in seals if _meet(cell.polygon, seal.polygon)]
    if any(seal.color == LEFT for seal in over):
        return bool(cell.text)
    clear = [e.confidence for e in cell.evidence if e.source is EvidenceSource.CLEAR_OF_MARKS]
    if cell.kind not in FIGURES or not clear or 1 - (clear[0] or 0.0) < TOUCHED:
        return False
    return bool(over)


def _meet(one: Polygon, other: Polygon) -> bool:
    """Whether the boxes round two polygons overlap."""
    return all(
        min(p[axis] for p in one) < max(p[axis] for p in other)
        and min(p[axis] for p in other) < max(p[axis] for p in one)
        for axis in (0, 1)
    )
