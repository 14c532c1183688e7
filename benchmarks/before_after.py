"""Make docs/images/before-after.png: a scan as it came, what was found on it, its sheet.

    python benchmarks/before_after.py scans/yangquan-2024-sample.pdf 3 docs/images/before-after.png

Needs LibreOffice (soffice), which prints the sheet.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pypdfium2
from PIL import Image

from tenglu.engines.interface import Engine
from tenglu.engines.registry import open_engine
from tenglu.export import write
from tenglu.imaging.arrays import Rgb
from tenglu.pipeline import read_page, to_document
from tenglu.settings import Settings
from tenglu.stages.ingest import Scan, identify, load_scan
from tenglu.stages.orient import orient
from tenglu.stages.strip import strip
from tenglu.stages.tables import Grid, find_tables

SHOWN = 0.045, 0.6  # of the height of the page
PANEL = 740  # px, width of each page
GAP = 20  # px
SHEET_DPI = 170
SHEET_HEIGHT = 420  # px of the sheet that are shown
COLOURS = 28  # of the palette; the grain of the scan would fill the file
CELL = (0, 110, 220)
FILLS = ((225, 240, 255), (255, 255, 255))
RULE_PX = 3
WHITE = 255


class Panels(NamedTuple):
    """The three parts of the picture."""

    before: Rgb
    after: Rgb
    sheet: Rgb


def main(arguments: Sequence[str]) -> None:
    path, number, target = Path(arguments[0]), int(arguments[1]), Path(arguments[2])
    settings = Settings()
    engine = open_engine(settings.engine)
    scan = load_scan(path, number, settings.ingest)
    panels = Panels(
        _cut(scan.image), _found(scan, engine, settings), _sheet(path, scan, engine, settings)
    )
    picture = _assembled(panels)
    palette = Image.fromarray(picture).quantize(COLOURS, dither=Image.Dither.NONE)
    palette.save(target, optimize=True)
    print(f"{target}: {palette.width} × {palette.height} px, {target.stat().st_size // 1000} kB")


def _found(scan: Scan, engine: Engine, settings: Settings) -> Rgb:
    """The upright page without marks, its cells drawn in."""
    upright = orient(scan.image, engine, settings.orient)
    stripped = strip(upright.image, settings.strip)
    page = stripped.image.copy()
    for found in find_tables(stripped.image, settings.tables).grids:
        _draw(page, found)
    return _cut(page)


def _draw(page: Rgb, found: Grid) -> None:
    for cell in found.cells:
        corners = np.rint(np.array(cell.polygon)).astype(np.int32)
        x0, y0 = corners.min(axis=0)
        x1, y1 = corners.max(axis=0)
        # The ground of every other cell is tinted, so that merged cells are seen as one.
        tint = np.array(FILLS[(cell.row + cell.col) % 2], dtype=np.uint8)
        page[y0:y1, x0:x1] = np.minimum(page[y0:y1, x0:x1], tint)
        cv2.polylines(page, [corners], isClosed=True, color=CELL, thickness=RULE_PX)


def _sheet(path: Path, scan: Scan, engine: Engine, settings: Settings) -> Rgb:
    """The first table of the page as the workbook shows it."""
    page_result = read_page(scan, engine, settings)
    document = to_document(identify(path, settings.ingest), [page_result], engine.name, settings)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        [workbook] = write(document, folder, "sheet", ["xlsx"])
        command = ["soffice", "--headless", "--convert-to", "pdf", "--outdir", name, str(workbook)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own words
        with pypdfium2.PdfDocument(folder / "sheet.pdf") as printed:
            first_table = printed[1]  # the contents come first
            drawn = first_table.render(scale=SHEET_DPI / 72, rev_byteorder=True).to_numpy()
    return _without_margins(np.ascontiguousarray(drawn[:, :, :3]))


def _without_margins(picture: Rgb) -> Rgb:
    rows = np.flatnonzero((picture < WHITE).any(axis=(1, 2)))
    cols = np.flatnonzero((picture < WHITE).any(axis=(0, 2)))
    return picture[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]


def _cut(page: Rgb) -> Rgb:
    """The upper part, at the width of a panel."""
    top, bottom = (round(share * page.shape[0]) for share in SHOWN)
    part = page[top:bottom]
    height = round(part.shape[0] * PANEL / part.shape[1])
    return cv2.resize(part, (PANEL, height), interpolation=cv2.INTER_AREA)


def _assembled(panels: Panels) -> Rgb:
    """Before and after side by side, the sheet below them."""
    height = min(panels.before.shape[0], panels.after.shape[0])
    gap = np.full((height, GAP, 3), WHITE, np.uint8)
    pages = np.hstack([panels.before[:height], gap, panels.after[:height]])
    width = pages.shape[1]
    scale = width / panels.sheet.shape[1]
    sheet = cv2.resize(panels.sheet, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    below = np.full((GAP, width, 3), WHITE, np.uint8)
    return np.vstack([pages, below, sheet[:SHEET_HEIGHT, :width]])


if __name__ == "__main__":
    main(sys.argv[1:])
