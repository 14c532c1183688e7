"""Find the lines of text outside tables."""

from collections.abc import Sequence

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray, Rgb
from tenglu.imaging.geometry import Box, enclosing_box
from tenglu.imaging.ink import Ink, to_gray
from tenglu.stages.ocr.paper_mask import outside_paper
from tenglu.stages.ocr.result import Line

LETTER_GAP = 0.8  # text heights; letters of a line are nearer
LINE_GAP = 1.0  # line heights; segments of a letter-spaced line are nearer
SAME_LINE = 0.6  # of the lower of two segments; shared height of segments of one line
RULE = 3.0  # text heights; longer runs of ink are rules
LEAST = 0.35  # text heights; smaller shapes are dust
TALLEST = 4.5  # text heights; taller shapes are pictures, seals and signatures
MARGIN = 0.22  # of the line height; background kept around a line
TABLE_MARGIN = 0.15  # text heights around a table, masked because of its frame


def page_to_lines(page: Rgb, dark: Gray, tables: Sequence[Box], ink: Ink) -> list[Line]:
    """Crop the lines of text outside tables, from top to bottom and left to right.

    Args:
        page: (H, W, 3), upright, without marks.
        dark: (H, W) darkness of the page, 0 to 255.
        tables: boxes that are excluded.
        ink: of the page.
    """
    mask = (dark > ink.threshold).astype(np.uint8)
    grown = max(2, round(TABLE_MARGIN * ink.text_height))
    for box in tables:
        mask[max(0, box.y0 - grown) : box.y1 + grown, max(0, box.x0 - grown) : box.x1 + grown] = 0
    surroundings = outside_paper(to_gray(page), ink.text_height)
    if surroundings is not None:
        mask[surroundings] = 0
    boxes = _merged(_pieces(_without_rules(mask, ink.text_height), ink.text_height))
    return [Line(_cut(page, box), box) for box in _in_reading_order(boxes)]


def _without_rules(mask: Gray, text_height: float) -> Gray:
    length = max(3, round(RULE * text_height))
    for kernel in (np.ones((1, length), np.uint8), np.ones((length, 1), np.uint8)):
        runs = cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel)
        mask = cv2.subtract(mask, runs)
    return mask


def _pieces(mask: Gray, text_height: float) -> list[Box]:
    gap = np.ones((1, round(LETTER_GAP * text_height) | 1), np.uint8)
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, gap)
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    return [
        Box(x, y, x + width, y + height)
        for x, y, width, height, _ in stats[1:].tolist()
        if max(width, height) >= LEAST * text_height and height <= TALLEST * text_height
    ]


def _merged(pieces: list[Box]) -> list[Box]:
    """Join segments of one line until no more can be joined."""
    boxes = sorted(pieces, key=lambda b: (b.x0, b.y0))
    merged: list[Box] = []
    for box in boxes:
        partner = next((i for i, other in enumerate(merged) if _one_line(other, box)), None)
        if partner is None:
            merged.append(box)
        else:
            merged[partner] = enclosing_box([merged[partner], box])
    return merged if len(merged) == len(pieces) else _merged(merged)


def _one_line(a: Box, b: Box) -> bool:
    beside = max(a.x0, b.x0) - min(a.x1, b.x1)
    shared = min(a.y1, b.y1) - max(a.y0, b.y0)
    lower, higher = sorted((a.height, b.height))
    if higher > 2 * lower:  # a point or a dash beside a letter
        return beside <= LINE_GAP / 2 * higher and shared >= SAME_LINE * lower
    return beside <= LINE_GAP * higher and shared >= SAME_LINE * lower


def _in_reading_order(boxes: Sequence[Box]) -> list[Box]:
    """Sort boxes by rows from top to bottom, and from left to right within a row."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: (b.y0, b.x0)):
        middle = (box.y0 + box.y1) / 2
        if rows and middle <= rows[-1][0].y1:
            rows[-1].append(box)
        else:
            rows.append([box])
    return [box for row in rows for box in sorted(row, key=lambda b: b.x0)]


def _cut(page: Rgb, box: Box) -> Rgb:
    """Crop a line with a margin, and pad it above and below with the background colour."""
    margin = max(3, round(MARGIN * box.height))
    part = page[
        max(0, box.y0 - margin) : box.y1 + margin, max(0, box.x0 - margin) : box.x1 + margin
    ]
    background = np.median(part[::3, ::3].reshape(-1, 3), axis=0)
    line: Rgb = cv2.copyMakeBorder(
        part, margin, margin, 0, 0, cv2.BORDER_CONSTANT, value=[float(v) for v in background]
    )
    return line
