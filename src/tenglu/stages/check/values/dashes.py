"""Read a single horizontal stroke as a dash and not as the numeral 一, which looks alike."""

from collections.abc import Sequence

from tenglu.model import Evidence, EvidenceSource, Role
from tenglu.stages.assemble import RawCell, RawTable

FIGURE_ONE = "一"
STROKES = (FIGURE_ONE, "-", "－", "–", "─")
DASH = "—"
FIGURE_SHARE = 0.5  # share of the other texts that contain digits in a numeric column
FEW = 2  # other texts needed to classify a column
NUMERALS = frozenset("二三四五六七八九十")  # 一 beside one of them is a numeral


def with_dashes(table: RawTable) -> RawTable:
    """Read 一 as a dash in numeric columns, and where its row and column have no other numeral.

    Other kinds of dash keep their text. The original reading is kept as evidence.
    """
    strokes = [cell for cell in table.cells if cell.text == FIGURE_ONE]
    if not strokes:
        return table
    dashes = {(cell.row, cell.col) for cell in strokes if _is_dash(cell, table)}
    return table._replace(
        cells=tuple(
            _dashed(cell) if (cell.row, cell.col) in dashes else cell for cell in table.cells
        )
    )


def _is_dash(cell: RawCell, table: RawTable) -> bool:
    column = _column(table, cell.col)
    if _holds_figures(column):
        return True
    row = {other.text for other in table.cells if other.row == cell.row}
    is_numeral = not NUMERALS.isdisjoint(row.union(column))
    return cell.row >= table.header_rows and len(column) > FEW and not is_numeral


def _column(table: RawTable, col: int) -> list[str]:
    return [c.text for c in table.cells if c.col == col and c.row >= table.header_rows and c.text]


def _holds_figures(texts: Sequence[str]) -> bool:
    others = [text for text in texts if text not in (*STROKES, DASH)]
    figures = sum(any(character.isdigit() for character in text) for text in others)
    return len(others) >= FEW and figures >= FIGURE_SHARE * len(others)


def _dashed(cell: RawCell) -> RawCell:
    column = Evidence(source=EvidenceSource.COLUMN, role=Role.READING, text=DASH, confidence=None)
    return cell._replace(text=DASH, evidence=(*cell.evidence, column), decided_by="rule")
