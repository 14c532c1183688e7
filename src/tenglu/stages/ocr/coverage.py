"""Whether all that stands on a page was read, and all its tables were taken.

Pages fail in silence where a table is not found or type on a coloured ground is not seen: what is
left over is looked at after everything was read.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.geometry import Box
from tenglu.model import Flag, FlagCode
from tenglu.stages.ocr.result import PageText, TextLine
from tenglu.stages.tables import Grids

FIGURE = re.compile(r"[-+(（]?[¥￥$]?\d[\d,.]*%?[)）]?|[-—–]+")
LEAST_ROWS = 3  # of figures below each other
LEAST_COLUMNS = 2  # of figures: the page numbers of contents are one
ALIGNED = 0.8  # text heights between the right ends, or the left ends, of figures of a column
NEXT_ROW = 3.0  # text heights between two rows
TALL = 0.6  # text heights; lower shapes are dust, points and dashes
COVERED = 0.3  # of a word that a line or a cell that was read covers
LEAST_UNREAD = 3  # words; fewer are specks and strokes of marks
UNREAD_SHARE = 0.02  # of the words of a page, for the same reason
BESIDE = 4.0  # text heights between two words of a line that was not read


def coverage_flags(grids: Grids, text: PageText, number: int) -> Iterator[Flag]:
    """Tell of tables that may be missed, and of type that was seen and not read.

    Args:
        grids: of the page, with the words that were seen.
        text: that was read in them and around them.
        number: of the page, 1-based.
    """
    height = grids.ink.text_height
    taken = [grid.box for grid in grids.grids]
    places = [box for box in grids.missed if not _inside(box, taken)]
    places += _figures(text.lines, height)
    if places:
        top, left = min((box.y0, box.x0) for box in places)
        message = f"there may be a table at {left}, {top} that was not taken as one"
        yield Flag(code=FlagCode.TABLE_MISSED, message=message, page=number)
    unread = unread_words(grids, text)
    if len(unread) >= max(LEAST_UNREAD, UNREAD_SHARE * len(grids.words)):
        first = min(unread, key=lambda box: (box.y0, box.x0))
        message = f"{len(unread)} words were seen and not read, the first at {first.x0}, {first.y0}"
        yield Flag(code=FlagCode.TEXT_UNREAD, message=message, page=number)


def _inside(box: Box, others: Sequence[Box]) -> bool:
    return any(
        other.x0 <= box.x0 and other.y0 <= box.y0 and other.x1 >= box.x1 and other.y1 >= box.y1
        for other in others
    )


def _figures(lines: Sequence[TextLine], text_height: float) -> list[Box]:
    """Where figures stand in columns, outside all tables."""
    figures = [line.box for line in lines if FIGURE.fullmatch(line.reading.text.replace(" ", ""))]
    rows: list[list[Box]] = []
    for box in sorted(figures, key=lambda box: box.y0 + box.y1):
        if rows and (box.y0 + box.y1) / 2 < max(other.y1 for other in rows[-1]):
            rows[-1].append(box)
        else:
            rows.append([box])
    several = [row for row in rows if len(row) >= LEAST_COLUMNS]
    found = []
    for start in range(len(several) - LEAST_ROWS + 1):
        some = several[start : start + LEAST_ROWS]
        close = all(
            below[0].y0 - above[0].y1 <= NEXT_ROW * text_height for above, below in pairwise(some)
        )
        if close and _n_aligned(some, text_height) >= LEAST_COLUMNS:
            found.append(some[0][0])
    return found


def _n_aligned(rows: Sequence[Sequence[Box]], text_height: float) -> int:
    near = ALIGNED * text_height
    return sum(
        all(
            any(min(abs(box.x1 - other.x1), abs(box.x0 - other.x0)) <= near for other in row)
            for row in rows[1:]
        )
        for box in rows[0]
    )


def unread_words(grids: Grids, text: PageText) -> list[Box]:
    """Words that lie in no line and no cell of which something was read.

    A single shape is no word: only those that stand beside another count.
    """
    height = grids.ink.text_height
    words = [word for word in grids.words if word.height >= TALL * height]
    if not words:
        return []
    boxes = [line.box for line in text.lines if line.reading.text.strip()]
    boxes += [
        _around(cell.polygon)
        for grid, cells in zip(grids.grids, text.tables, strict=True)
        for cell, seen in zip(grid.cells, cells, strict=True)
        if seen.text.strip()
    ]
    covered = _covered(np.array(words, dtype=np.float64), np.array(boxes, dtype=np.float64))
    left = [word for word, share in zip(words, covered.tolist(), strict=True) if share < COVERED]
    return [word for word in left if any(_beside(word, other, height) for other in left)]


def _around(polygon: Sequence[tuple[float, float]]) -> Box:
    xs, ys = zip(*polygon, strict=True)
    return Box(int(min(xs)), int(min(ys)), int(max(xs)) + 1, int(max(ys)) + 1)


def _covered(words: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) share of each word that the fullest box covers."""
    if not len(boxes):
        return np.zeros(len(words))
    low = np.maximum(words[:, None, :2], boxes[None, :, :2])
    high = np.minimum(words[:, None, 2:], boxes[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2).max(axis=1)
    area = np.prod(words[:, 2:] - words[:, :2], axis=1)
    share: NDArray[np.float64] = shared / np.maximum(area, 1)
    return share


def _beside(word: Box, other: Box, text_height: float) -> bool:
    if word is other:
        return False
    level = min(word.y1, other.y1) - max(word.y0, other.y0) > min(word.height, other.height) / 2
    gap = max(word.x0, other.x0) - min(word.x1, other.x1)
    return level and gap <= BESIDE * text_height
