"""Draw the grids of the tables stage on its page."""

from pathlib import Path

from tenglu.imaging.arrays import Rgb
from tenglu.overlay.canvas import CELL, DOUBT, HIGHLIGHT, MERGED, Canvas, pen_for
from tenglu.stages.tables import Grid


def draw_grids(page: Rgb, grids: list[Grid], font: Path | None) -> Rgb:
    """Outline every cell, label merged cells with their spans, and highlight doubtful ones.

    Args:
        page: (H, W, 3), upright, on which the grids were found.
        grids: of this page.
        font: for labels; None: Pillow's built-in font.

    Returns:
        (H, W, 3) copy of the page with the drawing.
    """
    canvas = Canvas(page, pen_for(page, font))
    for grid in grids:
        _draw_grid(canvas, grid)
    return canvas.image()


def _draw_grid(canvas: Canvas, grid: Grid) -> None:
    merged = [cell for cell in grid.cells if cell.rowspan > 1 or cell.colspan > 1]
    guessed = [cell for cell in grid.cells if (cell.row, cell.col) in grid.doubtful]
    for cell in merged:
        canvas.highlight(cell.polygon, MERGED)
    for cell in guessed:
        canvas.highlight(cell.polygon, HIGHLIGHT)
    for cell in grid.cells:
        canvas.outline(cell.polygon, CELL, 2)
    for cell in guessed:
        canvas.outline(cell.polygon, DOUBT, 3)
    for cell in merged:
        canvas.badge(f"{cell.rowspan}x{cell.colspan}", cell.polygon, CELL)
    canvas.caption(f"{grid.n_rows} x {grid.n_cols}", grid.box.polygon, CELL)
