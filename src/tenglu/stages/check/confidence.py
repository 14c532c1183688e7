"""How likely the text of a cell is right, from what the stages saw of it.

Provisional: the least probable character decides, lowered by what may have been lost. The mean,
which engines report, hides one bad digit among good ones.
"""

from tenglu.model import Cell

EMPTY = 0.995  # an empty cell without a speck of ink: what remains is ink too faint to see


def cell_confidence(cell: Cell) -> float | None:
    """Probability that the text of a cell is exactly right; None: no witness has spoken."""
    seen = {
        evidence.witness: evidence.confidence
        for evidence in cell.evidence
        if evidence.confidence is not None
    }
    if not seen:
        return None
    ink_read = seen.get("no-ink-left", 1.0)
    readings = [
        evidence.confidence
        for evidence in cell.evidence
        if evidence.text is not None
        and evidence.confidence is not None
        and not evidence.witness.endswith("/runner-up")
    ]
    if not readings:
        return round(EMPTY * ink_read, 4)
    nothing_lost = seen.get("no-letter-lost", 1.0)
    return round(min(readings) * nothing_lost * ink_read, 4)
