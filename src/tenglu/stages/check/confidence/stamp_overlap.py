"""Flag figures under a seal: its removal may delete or leave a point or a stroke."""

from collections.abc import Sequence

from tenglu.imaging.geometry import Polygon
from tenglu.model import Cell, EvidenceSource, FlagCode, Page, Table

LEFT = "grey"  # colour of a seal that could not be removed
FIGURES = {"number", "percent", "date", "code"}
TOUCHED = 0.01  # changed share of a cell; less is the edge of a seal on a ruling line


def with_stamp_overlap(table: Table, pages: Sequence[Page]) -> Table:
    """Flag the figures of a table that are under a seal, whatever their confidence."""
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
    """Return whether a figure was under a removed seal, or any text is under a remaining one."""
    seals = [seal for page in pages if page.number == cell.page for seal in page.seals]
    over = [seal for seal in seals if _meet(cell.polygon, seal.polygon)]
    if any(seal.color == LEFT for seal in over):
        return bool(cell.text)
    clear = [e.confidence for e in cell.evidence if e.source is EvidenceSource.CLEAR_OF_MARKS]
    if cell.kind not in FIGURES or not clear or 1 - (clear[0] or 0.0) < TOUCHED:
        return False
    return bool(over)


def _meet(first: Polygon, second: Polygon) -> bool:
    """Return whether the bounding boxes of two polygons overlap."""
    return all(
        min(p[axis] for p in first) < max(p[axis] for p in second)
        and min(p[axis] for p in second) < max(p[axis] for p in first)
        for axis in (0, 1)
    )
