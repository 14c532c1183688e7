"""Tables without any rule: columns of figures that stand below one another.

Text alone is no table, however it is set: lists, contents pages and columns of prose stand in line
as well. At least three columns must run through all lines, and two of them must look like figures.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray, Mask
from tenglu.imaging.geometry import Box, enclosing_box
from tenglu.imaging.ink import Ink
from tenglu.imaging.ruling_line import Rule
from tenglu.stages.tables.result import Grid, GridCell, Sides

LETTER_GAP = 0.5  # text heights; letters of one word are nearer
GUTTER = 1.0  # text heights of white from top to bottom between two columns
LINE_GAP = 2.5  # text heights between two lines of a table, at most
LEAST, HIGHEST = 0.35, 2.2  # text heights of what can be a word
MIN_ROWS, MIN_COLUMNS = 3, 3
OCCUPIED = 0.6  # share of the lines that have a word in a column
PROSE_WIDTH = 8.0  # text heights; columns of prose are as wide
PROSE_FILL = 0.8  # of a column that a line of prose fills
MIN_FIGURES = 2  # columns of figures; the page numbers of contents are one
PLACES = 1.1  # mean width of figures over their height: more than one place
FIGURES = 0.65  # share of the words of a column that look like figures
FIGURE_WIDTH = 0.25, 0.8  # width of a figure over its height
FIGURE_HEIGHT = 0.8  # of the height of the word: points and commas are lower, and not counted
POINT = 0.45  # of the height of the word
MARGIN = 0.4  # text heights outside the first and the last word
STRUCTURE = 0.5  # how sure rows and columns are that nothing parts
UNDRAWN = Sides(0.0, 0.0, 0.0, 0.0)


class _Line(NamedTuple):
    """Words beside each other, from left to right."""

    words: list[Box]

    @property
    def box(self) -> Box:
        return enclosing_box(self.words)


def find_bare_tables(
    dark: Gray, rules: Sequence[Sequence[Rule]], taken: Sequence[Box], ink: Ink
) -> list[Grid]:
    """Find tables that are told from white space alone.

    Args:
        dark: (H, W) darkness of the upright page.
        rules: horizontal and vertical long rules of the page, which are no text.
        taken: tables that were found, where no other is looked for.
        ink: of the page.
    """
    mask = _text_mask(dark, rules, taken, ink)
    lines = _lines(_words(mask, ink.text_height), ink.text_height)
    grids: list[Grid] = []
    start = 0
    while start < len(lines):
        end, columns = _longest_block(lines, start, ink.text_height)
        block = lines[start:end]
        if columns and _is_table(mask, block, columns, ink.text_height):
            grids.append(_grid(block, columns, ink.text_height))
            start = end
        else:
            start += 1
    return grids


def _text_mask(dark: Gray, rules: Sequence[Sequence[Rule]], taken: Sequence[Box], ink: Ink) -> Mask:
    mask = dark > ink.threshold
    turned = [Box(box.y0, box.x0, box.y1, box.x1) for box in taken]
    for direction, view, boxes in zip(rules, (mask, mask.T), (taken, turned), strict=True):
        for rule in direction:
            if any(_holds(box, rule) for box in boxes):
                continue
            reach = round(rule.thickness / 2) + 2
            along = np.arange(int(rule.start), int(rule.end) + 1)
            across = np.rint(rule.at(along.astype(np.float64))).astype(int)
            for offset in range(-reach, reach + 1):
                view[np.clip(across + offset, 0, view.shape[0] - 1), along] = False
    for box in taken:
        mask[box.y0 : box.y1 + 1, box.x0 : box.x1 + 1] = False
    return mask


def _holds(box: Box, rule: Rule) -> bool:
    """Whether a rule along x lies in a box, and nothing of it needs to be taken off outside."""
    reach = round(rule.thickness / 2) + 2
    low, high = float(rule.across.min()) - reach, float(rule.across.max()) + reach
    return box.x0 <= rule.start and rule.end <= box.x1 and box.y0 <= low and high <= box.y1


def _words(mask: Mask, text_height: float) -> list[Box]:
    kernel = np.ones((1, max(3, round(LETTER_GAP * text_height) | 1)), np.uint8)
    joined = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.boundingRect(outline) for outline in outlines]
    return [
        Box(x, y, x + width, y + height)
        for x, y, width, height in boxes
        if LEAST * text_height <= height <= HIGHEST * text_height
    ]


def _lines(words: Sequence[Box], text_height: float) -> list[_Line]:
    """Words by lines, from top to bottom; what is nearer than a gutter is one word."""
    lines: list[list[Box]] = []
    for word in sorted(words, key=lambda box: box.y0 + box.y1):
        middle = (word.y0 + word.y1) / 2
        if lines and middle < enclosing_box(lines[-1]).y1:
            lines[-1].append(word)
        else:
            lines.append([word])
    merged = []
    for line in lines:
        joined: list[Box] = []
        for word in sorted(line, key=lambda box: box.x0):
            if joined and word.x0 - joined[-1].x1 < GUTTER * text_height:
                joined[-1] = enclosing_box([joined[-1], word])
            else:
                joined.append(word)
        merged.append(_Line(joined))
    return merged


def _longest_block(
    lines: Sequence[_Line], start: int, text_height: float
) -> tuple[int, list[tuple[int, int]]]:
    """The lines from one on that leave the same gutters white; their end, and the columns."""
    best: tuple[int, list[tuple[int, int]]] = (start + 1, [])
    for end in range(start + 1, len(lines) + 1):
        if len(lines[end - 1].words) == 1:
            break
        if end - start > 1:
            gap = lines[end - 1].box.y0 - lines[end - 2].box.y1
            if gap > LINE_GAP * text_height:
                break
        columns = _columns(lines[start:end], text_height)
        if len(columns) < MIN_COLUMNS:
            break
        if end - start >= MIN_ROWS:
            best = (end, columns)
    return best


def _columns(lines: Sequence[_Line], text_height: float) -> list[tuple[int, int]]:
    """(x0, x1) of what the words of some lines cover, parted by gutters."""
    columns: list[tuple[int, int]] = []
    for word in sorted((word for line in lines for word in line.words), key=lambda box: box.x0):
        if columns and word.x0 - columns[-1][1] < GUTTER * text_height:
            columns[-1] = (columns[-1][0], max(columns[-1][1], word.x1))
        else:
            columns.append((word.x0, word.x1))
    return columns


def _is_table(
    mask: Mask, lines: Sequence[_Line], columns: Sequence[tuple[int, int]], text_height: float
) -> bool:
    held = [
        [word for line in lines for word in line.words if x0 <= word.x0 < x1] for x0, x1 in columns
    ]
    if min(len(words) for words in held) < OCCUPIED * len(lines):
        return False
    prose = sum(
        x1 - x0 >= PROSE_WIDTH * text_height
        and float(np.mean([word.width for word in words])) >= PROSE_FILL * (x1 - x0)
        for words, (x0, x1) in zip(held, columns, strict=True)
    )
    if prose > 1:
        return False
    return sum(_are_figures(mask, words) for words in held) >= MIN_FIGURES


def _are_figures(mask: Mask, words: Sequence[Box]) -> bool:
    """Whether a column holds figures, and not only of one place: ordinals look like these."""
    wide = float(np.mean([word.width / word.height for word in words])) >= PLACES
    return wide and float(np.mean([_is_figure(mask, word) for word in words])) >= FIGURES


def _is_figure(mask: Mask, word: Box) -> bool:
    """Whether a word is a row of narrow shapes of one height, with points between."""
    part = mask[word.y0 : word.y1, word.x0 : word.x1].astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    width, height = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    letters = height > POINT * word.height
    if not letters.any():
        return False
    aspect = width[letters] / height[letters]
    narrow = (aspect >= FIGURE_WIDTH[0]) & (aspect <= FIGURE_WIDTH[1])
    return bool((narrow & (height[letters] >= FIGURE_HEIGHT * word.height)).all())


def _grid(lines: Sequence[_Line], columns: Sequence[tuple[int, int]], text_height: float) -> Grid:
    xs = _edges([(float(x0), float(x1)) for x0, x1 in columns], text_height)
    ys = _edges([(float(line.box.y0), float(line.box.y1)) for line in lines], text_height)
    cells = []
    for row, (top, bottom) in enumerate(pairwise(ys)):
        for col, (left, right) in enumerate(pairwise(xs)):
            corners = ((left, top), (right, top), (right, bottom), (left, bottom))
            cells.append(GridCell(row, col, 1, 1, corners, UNDRAWN))
    return Grid(
        n_rows=len(lines),
        n_cols=len(columns),
        cells=cells,
        box=Box(int(xs[0]), int(ys[0]), int(xs[-1]), int(ys[-1])),
        row_edges=ys,
        col_edges=xs,
        doubtful=[],
        basis="white-space",
        structure=STRUCTURE,
    )


def _edges(spans: Sequence[tuple[float, float]], text_height: float) -> list[float]:
    """Boundaries in the middle of the white between spans, and a little outside the first, last."""
    inner = [(before[1] + after[0]) / 2 for before, after in pairwise(spans)]
    margin = MARGIN * text_height
    return [max(0.0, spans[0][0] - margin), *inner, spans[-1][1] + margin]
