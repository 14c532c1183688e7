"""Random ruled tables, clean and disturbed, and the share that the grid stage finds exactly.

    python benchmarks/random_grids.py [--n 300] [--seed 1]

Each table has 2 to 24 rows and 2 to 12 columns of random size, a fifth of its places in merged
cells, figures or words in most cells. Exact: one table, and every cell of it with its place and its
spans. The same tables are seen clean, skewed by up to a degree, with thin faint rules, blurred and
noisy, under a watermark, and under a seal.
"""

import argparse
from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tenglu.imaging.arrays import Rgb
from tenglu.stages.strip import strip
from tenglu.stages.tables import find_tables

MARGIN = 120  # px
HEIGHTS, WIDTHS = (40, 110), (60, 260)  # px of a row, of a column
MERGES = 0.2  # of the places lie in merged cells
TYPE = 22  # px
WRITTEN, FIGURES = 0.8, 0.7  # of the cells, of those
PAPER, INK = 255, 30
RED = (205, 40, 40)

Span = tuple[int, int, int, int]
"""Row, column, rows, columns."""


class Table(NamedTuple):
    """A table to be painted."""

    ys: list[int]
    xs: list[int]
    spans: list[Span]


def draw_table(rng: np.random.Generator) -> Table:
    """A random table."""
    n_rows, n_cols = int(rng.integers(2, 25)), int(rng.integers(2, 13))
    ys = MARGIN + np.append(0, np.cumsum(rng.integers(*HEIGHTS, n_rows)))
    xs = MARGIN + np.append(0, np.cumsum(rng.integers(*WIDTHS, n_cols)))
    return Table(ys.tolist(), xs.tolist(), _tiled(rng, n_rows, n_cols))


def _tiled(rng: np.random.Generator, n_rows: int, n_cols: int) -> list[Span]:
    """Spans that tile the table, and leave every boundary drawn somewhere."""
    while True:
        owner = np.full((n_rows, n_cols), -1)
        spans: list[Span] = []
        for row, col in product(range(n_rows), range(n_cols)):
            if owner[row, col] >= 0:
                continue
            rows, cols = (1, 1) if rng.random() > MERGES / 2 else rng.integers(1, 4, 2).tolist()
            rows, cols = min(rows, n_rows - row), min(cols, n_cols - col)
            if (owner[row : row + rows, col : col + cols] >= 0).any():
                rows = cols = 1
            owner[row : row + rows, col : col + cols] = len(spans)
            spans.append((row, col, rows, cols))
        across = (owner[:, 1:] != owner[:, :-1]).any(axis=0)
        down = (owner[1:] != owner[:-1]).any(axis=1)
        if across.all() and down.all():
            return spans


def paint(table: Table, rng: np.random.Generator, rule: int = 2, tone: int = INK) -> Rgb:
    """A page with the table."""
    picture = Image.new("L", (table.xs[-1] + MARGIN, table.ys[-1] + MARGIN), PAPER)
    draw, face = ImageDraw.Draw(picture), ImageFont.load_default(TYPE)
    for row, col, rows, cols in table.spans:
        x0, x1 = table.xs[col], table.xs[col + cols]
        y0, y1 = table.ys[row], table.ys[row + rows]
        draw.line((x0, y0, x1, y0, x1, y1, x0, y1, x0, y0), tone, rule)
        if rng.random() < WRITTEN:
            text = f"{rng.integers(10**4)}" if rng.random() < FIGURES else "Item"
            draw.text(((x0 + x1) / 2, (y0 + y1) / 2), text, INK, face, "mm")
    return np.repeat(np.array(picture)[:, :, None], 3, axis=2)


def _skewed(page: Rgb, rng: np.random.Generator) -> Rgb:
    height, width = page.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-1, 1)), 1)
    paper = (PAPER,) * 3
    return cv2.warpAffine(page, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=paper)


def _scanned(page: Rgb, rng: np.random.Generator) -> Rgb:
    soft = cv2.GaussianBlur(page, (0, 0), 1.2).astype(np.float64)
    grain = rng.normal(0, 6, page.shape[:2])[..., None]
    return np.clip(soft + grain, 0, 255).astype(np.uint8)


def _marked(page: Rgb, rng: np.random.Generator) -> Rgb:
    height, width = page.shape[:2]
    veil = Image.new("L", (width, height), 0)
    draw, face = ImageDraw.Draw(veil), ImageFont.load_default(90)
    for y, x in product(range(0, height, 360), range(0, width, 520)):
        draw.text((x, y), "INTERNAL", 255, face)
    turned = np.asarray(veil.rotate(30), np.float32)[..., None] / 255
    return (page * (1 - turned * float(rng.uniform(0.18, 0.35)))).astype(np.uint8)


def _sealed(page: Rgb, rng: np.random.Generator) -> Rgb:
    height, width = page.shape[:2]
    cover = np.zeros((height, width), np.uint8)
    middle = (
        int(rng.integers(200, max(201, width - 200))),
        int(rng.integers(200, max(201, height - 200))),
    )
    cv2.circle(cover, middle, 160, 255, 9)
    cv2.putText(cover, "SEAL", (middle[0] - 90, middle[1] + 20), 0, 2.4, 255, 8)
    share = cover[..., None] / 255
    return (page * (1 - share * (1 - np.array(RED) / 255))).astype(np.uint8)


def exact(table: Table, page: Rgb) -> bool:
    """Whether the page holds this table and no other."""
    found = find_tables(strip(page).image).grids
    if len(found) != 1:
        return False
    return sorted(table.spans) == sorted(
        (cell.row, cell.col, cell.rowspan, cell.colspan) for cell in found[0].cells
    )


LOOKS: dict[str, Callable[[Table, np.random.Generator], Rgb]] = {
    "clean": paint,
    "skewed": lambda table, rng: _skewed(paint(table, rng), rng),
    "thin, faint": lambda table, rng: paint(table, rng, 1, 150),
    "blurred, noisy": lambda table, rng: _scanned(paint(table, rng), rng),
    "watermark": lambda table, rng: _marked(paint(table, rng), rng),
    "seal": lambda table, rng: _sealed(paint(table, rng), rng),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line a look."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--n", type=int, default=300, help="tables")
    parser.add_argument("--seed", type=int, default=1, help="of the first table")
    chosen = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    for name, look in LOOKS.items():
        wrong = []
        for seed in range(chosen.seed, chosen.seed + chosen.n):
            rng = np.random.default_rng(seed)
            table = draw_table(rng)
            if not exact(table, look(table, rng)):
                wrong.append(seed)
        share = 1 - len(wrong) / chosen.n
        print(f"{name:<16}{share:8.4f} exact of {chosen.n}   wrong: {wrong[:12]}", flush=True)


if __name__ == "__main__":
    main()
