"""Cells that a person has decided, in the review app or by editing the result."""

from collections.abc import Sequence

from tenglu.model import Cell, FlagCode, Role, Table
from tenglu.stages.check.confidence.model import At


def find_settled(tables: Sequence[Table]) -> dict[At, Cell]:
    """Return the cells that a person has edited, confirmed or removed from review."""
    return {
        (table.id, cell.row, cell.col): cell
        for table in tables
        for cell in table.cells
        if cell.decided_by == "reviewer" or _is_removed(cell) or _is_edited(cell)
    }


def settle(before: Cell, found: Cell, *, is_suspect: bool) -> Cell:
    """Return a settled cell as the person left it, for review again if a new sum fails.

    Args:
        before: the cell in the result.
        found: the cell with the kind and value of its text, without scores of sums.
        is_suspect: whether the cell is a suspect of a failing sum.
    """
    is_edited = _is_edited(before)
    was_suspect = FlagCode.SUM_FAILS in before.flags
    is_new_suspect = is_suspect and (is_edited or not was_suspect)
    is_open = before.needs_review and (is_edited or is_suspect or not was_suspect)
    kept = () if is_edited else tuple(c for c in before.flags if c is not FlagCode.SUM_FAILS)
    return found.amended(
        confidence=before.confidence,
        flags=(*kept, FlagCode.SUM_FAILS) if is_suspect else kept,
        needs_review=is_new_suspect or is_open or before.confidence is None,
        decided_by="reviewer" if is_edited else before.decided_by,
    )


def _is_removed(cell: Cell) -> bool:
    """Return whether a person has marked a flagged cell as reviewed."""
    return not cell.needs_review and bool(cell.flags)


def _is_edited(cell: Cell) -> bool:
    """Return whether the text differs from the last reading in the evidence."""
    if cell.decided_by == "reviewer" or not cell.evidence:
        return False
    readings = [e.text for e in cell.evidence if e.role is Role.READING]
    return cell.text != (readings[-1] if readings else "")
