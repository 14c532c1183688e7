"""Time of the grid and rebuild stages by the number of cells of a page.

    python benchmarks/grids.py [--repeat 5]

Paints ruled pages of A4 at 200 dpi (the largest on A3, so that type keeps its size), with one cell
in ten merged, and prints the best of some runs on one core. Reading is left out: its texts are
empty.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tenglu.imaging.arrays import Rgb
from tenglu.imaging.geometry import Box
from tenglu.stages.assemble import PageResult, assemble
from tenglu.stages.ocr import CellText
from tenglu.stages.tables import Grids, find_tables

A4, A3 = (1654, 2339), (2339, 3307)  # px at 200 dpi
MARGIN = 120  # px
LOWEST, NARROWEST = 34, 40  # px of a cell; below, the page must be larger
SIZES = ((10, 10), (20, 12), (40, 16), (50, 20), (60, 34), (80, 50))
MERGED = 0.1  # of the cells grow over the next row
PAPER, INK = 255, 30


class Timing(NamedTuple):
    """Milliseconds of one page."""

    cells: int
    found: int
    grid: float
    rebuild: float


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="time of grid and rebuild by number of cells")
    parser.add_argument("--repeat", type=int, default=5, help="runs, of which the best counts")
    repeat = parser.parse_args(arguments).repeat
    cv2.setNumThreads(1)
    print("cells  found  megapixels  grid ms  rebuild ms  us a cell")
    for n_rows, n_cols in SIZES:
        page = paint(n_rows, n_cols)
        timing = measure(page, n_rows, n_cols, repeat)
        each = 1000 * (timing.grid + timing.rebuild) / timing.cells
        area = page.shape[0] * page.shape[1] / 1e6
        print(
            f"{timing.cells:5d}  {timing.found:5d}  {area:10.1f}  {timing.grid:7.0f}"
            f"  {timing.rebuild:10.0f}  {each:9.0f}"
        )


def paint(n_rows: int, n_cols: int) -> Rgb:
    """A ruled page of that many rows and columns with figures in its cells."""
    fits = all(
        (side - 2 * MARGIN) / count >= least
        for side, count, least in zip(A4, (n_cols, n_rows), (NARROWEST, LOWEST), strict=True)
    )
    width, height = A4 if fits else A3
    rng = np.random.default_rng(n_rows * n_cols)
    picture = Image.new("L", (width, height), PAPER)
    draw, face = ImageDraw.Draw(picture), ImageFont.load_default(20)
    xs = np.linspace(MARGIN, width - MARGIN, n_cols + 1).round().astype(int).tolist()
    ys = np.linspace(MARGIN, height - MARGIN, n_rows + 1).round().astype(int).tolist()
    for row in range(n_rows + 1):
        for col in range(n_cols):
            if row in (0, n_rows) or rng.random() >= MERGED:
                draw.line((xs[col], ys[row], xs[col + 1], ys[row]), INK, 2)
    for x in xs:
        draw.line((x, ys[0], x, ys[-1]), INK, 2)
    for top, bottom in pairwise(ys):
        for right in xs[1:]:
            draw.text((right - 5, (top + bottom) / 2), f"{rng.integers(100)}", INK, face, "rm")
    return np.repeat(np.array(picture)[:, :, None], 3, axis=2)


def measure(page: Rgb, n_rows: int, n_cols: int, repeat: int) -> Timing:
    grids = find_tables(page)
    page_result = _leaf(page, grids)
    found = sum(len(one.cells) for one in grids.grids)
    return Timing(
        n_rows * n_cols,
        found,
        _best(lambda: find_tables(page), repeat),
        _best(lambda: assemble([page_result], "none"), repeat),
    )


def _best(work: Callable[[], object], repeat: int) -> float:
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return min(times)


def _leaf(page: Rgb, grids: Grids) -> PageResult:
    height, width = page.shape[:2]
    return PageResult(
        number=1,
        width=width,
        height=height,
        dpi=200,
        rotation=0,
        skew=0.0,
        to_scan=np.eye(3),
        upright=Box(0, 0, width, height),
        text_height=grids.ink.text_height,
        grids=grids.grids,
        cells=[
            [CellText(text="", vertical=False, readings=[], stray=0.0) for _ in one.cells]
            for one in grids.grids
        ],
        covered=[[0.0] * len(one.cells) for one in grids.grids],
        lines=[],
        marks=[],
        seals=[],
        flags=(),
    )


if __name__ == "__main__":
    main()
