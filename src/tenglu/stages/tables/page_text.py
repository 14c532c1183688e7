"""The text of a page, as the finders of tables and their judge see it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask
from tenglu.imaging.ink import Ink
from tenglu.imaging.ruling_line import Rule
from tenglu.stages.tables.blocks import Block, Line, find_blocks, make_lines
from tenglu.stages.tables.words import Words, find_words, group_lines, text_mask, without_rules

MOST_WORDS = 6000  # specks of a photo or of grain; no page holds as many words


class PageText(NamedTuple):
    """Words, lines and blocks of a page."""

    words: Words
    lines: list[Line]
    blocks: list[Block]
    mask: Mask  # (H, W) type, without rules
    text_height: float

    def boxes(self) -> NDArray[np.float64]:
        """(N, 4) x0, y0, x1, y1 of the words on the page as it is, px."""
        words = self.words
        shift = words.slope * (words.x0 + words.x1) / 2
        return np.stack([words.x0, words.y0 + shift, words.x1, words.y1 + shift], axis=1)


def read_layout(gray: Gray, rules: Sequence[Sequence[Rule]], ink: Ink) -> PageText:
    """Find where text stands.

    Args:
        gray: (H, W) luminance of the upright page.
        rules: horizontal and vertical rules, which are no text.
        ink: of the page.
    """
    height = ink.text_height
    mask = without_rules(text_mask(gray, ink), rules, height)
    words = find_words(mask, height)
    if len(words) > MOST_WORDS:
        words = words.some(np.zeros(len(words), dtype=bool))
    lines = make_lines(words, group_lines(words, height))
    return PageText(words, lines, find_blocks(lines, height), mask, height)
