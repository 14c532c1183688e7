"""A lone level stroke in a column of figures is a dash, not the figure 一: they look alike."""

from collections.abc import Sequence

from tenglu.model import Cell, Evidence, Table

STROKES = ("一", "-", "－", "–", "─")
DASH = "—"
FIGURE_SHARE = 0.5  # of the other texts of the column
FEW = 2  # other texts, before a column is judged


def with_dashes(table: Table) -> Table:
    """Read lone strokes in columns of figures as dashes; the first reading stays as evidence."""
    figures = {col for col in range(table.n_cols) if _holds_figures(_column(table, col))}
    if not any(cell.text in STROKES and cell.col in figures for cell in table.cells):
        return table
    return table.amended(
        cells=tuple(
            _dashed(cell) if cell.text in STROKES and cell.col in figures else cell
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
