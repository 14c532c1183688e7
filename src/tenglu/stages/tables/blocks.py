"""Blocks of lines that keep the same gutters white: what may be the body of a table.

A page is parted into blocks so that the lines of each keep as many gutters free as they can. Prose
keeps none, whatever stands above and below it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.stages.tables.words import Words

STEP = 0.1  # text heights; so fine are gutters told
GUTTER = 0.5  # text heights of white that all lines keep; a space between words is narrower
LINE_GAP = 3.0  # text heights between two lines of a table, at most
CROSSED = 0.08  # share of the lines that may cross a gutter: heads over several columns, notes
ONE_CROSSES = 5  # lines of which one may, whatever its share: the head
CROSSING = 1.5  # what a line that crosses a gutter costs, in columns that another line fills
PITCH = 1.5  # times the usual white between the lines of a block: the next line is a row of it
COLUMN = 2.0  # what a column costs: two lines alone may share a gap
MIN_ROWS, MIN_COLUMNS = 3, 2


class Line(NamedTuple):
    """A line of words."""

    words: Words
    y0: float
    y1: float


class Block(NamedTuple):
    """Some lines and the gutters between their columns."""

    first: int
    last: int  # included
    gutters: list[tuple[float, float]]  # px
    score: float


def make_lines(words: Words, groups: Sequence[NDArray[np.intp]]) -> list[Line]:
    """Lines of words, with what they cover from top to bottom."""
    lines = []
    for group in groups:
        some = words.some(group)
        lines.append(Line(some, float(some.y0.min()), float(some.y1.max())))
    return lines


class _Covers:
    """Which places across the page the words of each line cover."""

    def __init__(self, lines: Sequence[Line], text_height: float) -> None:
        self.unit = STEP * text_height
        right = max(float(line.words.x1.max()) for line in lines)
        self.covers = np.zeros((len(lines), int(right / self.unit) + 2), dtype=bool)
        for row, line in zip(self.covers, lines, strict=True):
            for x0, x1 in zip(line.words.x0, line.words.x1, strict=True):
                row[int(x0 / self.unit) : int(np.ceil(x1 / self.unit))] = True

    def gutters(
        self, count: NDArray[np.intp], allowed: int, least: float
    ) -> list[tuple[float, float]]:
        """White stretches between what lines cover, px."""
        inked = count > allowed
        places = np.flatnonzero(inked)
        if not len(places):
            return []
        steps = np.diff(places)
        wide = np.flatnonzero((steps - 1) * self.unit >= least)
        return [((places[i] + 1) * self.unit, places[i + 1] * self.unit) for i in wide.tolist()]


def find_blocks(lines: Sequence[Line], text_height: float) -> list[Block]:
    """Part the lines of a page into blocks of the best score in all; blocks without gutters go.

    Args:
        lines: from top to bottom.
        text_height: px.
    """
    if not lines:
        return []
    covers = _Covers(lines, text_height)
    best = np.zeros(len(lines) + 1)
    chosen: list[Block | None] = [None] * (len(lines) + 1)
    for end in range(1, len(lines) + 1):
        best[end] = best[end - 1]
        count = np.zeros(covers.covers.shape[1], dtype=np.intp)
        for start in range(end - 1, -1, -1):
            if start < end - 1 and _apart(lines[start], lines[start + 1], text_height):
                break
            count += covers.covers[start]
            if end - start < MIN_ROWS:
                continue
            allowed = _allowed(end - start)
            gutters = covers.gutters(count, allowed, GUTTER * text_height)
            if len(gutters) + 1 < MIN_COLUMNS:
                continue
            score = _score(covers, start, end, gutters)
            if best[start] + score > best[end]:
                best[end] = best[start] + score
                chosen[end] = Block(start, end - 1, gutters, score)
    blocks = _followed(chosen, best)
    taken = {i for block in blocks for i in range(block.first, block.last + 1)}
    return [_grown(block, lines, taken) for block in blocks]


def _grown(block: Block, lines: Sequence[Line], taken: set[int]) -> Block:
    """The block with the head above and the last lines below it that keep its columns.

    A head may narrow the gutters, a last line may fill one column: neither adds to the score.
    """
    gaps = [b.y0 - a.y1 for a, b in pairwise(lines[block.first : block.last + 1])]
    usual = PITCH * float(np.median(gaps))
    first, last = block.first, block.last
    if _may_join(first - 1, block, lines, taken) and len(lines[first - 1].words) > len(
        block.gutters
    ):
        first -= 1
    while _may_join(last + 1, block, lines, taken) and lines[last + 1].y0 - lines[last].y1 <= usual:
        last += 1
    return block._replace(first=first, last=last)


def _may_join(number: int, block: Block, lines: Sequence[Line], taken: set[int]) -> bool:
    """Whether a line is free and none of its words runs over a gutter."""
    if not 0 <= number < len(lines) or number in taken:
        return False
    words = lines[number].words
    return not any(((words.x0 < a) & (words.x1 > b)).any() for a, b in block.gutters)


def _followed(chosen: Sequence[Block | None], best: NDArray[np.float64]) -> list[Block]:
    """The blocks of the best way to part the lines, from top to bottom."""
    blocks = []
    end = len(chosen) - 1
    while end:
        block = chosen[end]
        if block is None or best[end] == best[end - 1]:
            end -= 1
        else:
            blocks.append(block)
            end = block.first
    return blocks[::-1]


def _allowed(n_lines: int) -> int:
    """How many lines may cross a gutter."""
    return max(int(CROSSED * n_lines), int(n_lines >= ONE_CROSSES))


def _apart(upper: Line, lower: Line, text_height: float) -> bool:
    return lower.y0 - upper.y1 > LINE_GAP * text_height


def _score(covers: _Covers, start: int, end: int, gutters: Sequence[tuple[float, float]]) -> float:
    """Columns that lines fill beyond the first, less what crosses gutters and what columns cost."""
    unit = covers.unit
    some = covers.covers[start:end]
    count = some.sum(axis=0)
    inner = [_freest(count, round(a / unit), round(b / unit)) for a, b in gutters]
    cuts = [0, *inner, some.shape[1]]
    held = np.stack([some[:, a:b].any(axis=1) for a, b in pairwise(cuts)])
    crossing = sum(count[cut] for cut in inner)
    filled = np.maximum(held.sum(axis=0) - 1, 0).sum()
    return float(filled) - CROSSING * float(crossing) - COLUMN * len(gutters)


def _freest(count: NDArray[np.intp], first: int, end: int) -> int:
    """The place that fewest lines cover, the one nearest to the middle of them."""
    inside = count[first:end]
    least = np.flatnonzero(inside == inside.min())
    return first + int(least[np.abs(least - len(inside) / 2).argmin()])
