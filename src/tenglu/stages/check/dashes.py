"""A lone level stroke in a column of figures is a dash, not the figure 一: they look alike."""

from collections.abc import Sequence

from tenglu.model import Cell, Evidence, Table

FIGURE_ONE = "一"
STROKES = (FIGURE_ONE, "-", "－", "–", "─")
DASH = "—"
FIGURE_SHARE = 0.5  # of the other texts of the column
FEW = 2  # other texts, before a column is judged


def with_dashes(table: Table) -> Table:
    """Read 一 in columns of figures as a dash; the first reading stays as evidence.

    What was read as a dash of any make stays as it was read.
    """
    figures = {
        col
        for col in {cell.col for cell in table.cells if cell.text == FIGURE_ONE}
        if _holds_figures(_column(table, col))
    }
    if not figures:
        return table
    return table.amended(
        cells=tuple(
            _dashed(cell) if cell.text == FIGURE_ONE and cell.col in figures else cell
            for cell in table.cells
        )
    )


def _column(table: Table, col: int) -> list[str]:
    return [c.text for c in table.cells if c.col == col and c.row >= table.header_rows and c.text]


def _holds_figures(texts: Sequence[str]) -> bool:
    others = [text for text in texts if text not in (*STROKES, DASH)]
    figures = sum(any(character.isdigit() for character in text) for text in others)
    return len(others) >= FEW and figures >= FIGURE_SHARE * len(others)


def _dashed(cell: Cell) -> Cell:
    column = Evidence(witness="column-of-figures", text=DASH, confidence=None)
    return cell.amended(text=DASH, evidence=(*cell.evidence, column))
