"""What the read stage cuts and gives."""

from typing import NamedTuple

from tenglu.engines.interface import Reading
from tenglu.imaging.arrays import Rgb
from tenglu.imaging.geometry import Box


class Line(NamedTuple):
    """A line of text, cut and not yet read."""

    image: Rgb
    box: Box  # px of the upright page


class CutCell(NamedTuple):
    """The lines of one cell."""

    lines: list[Line]
    vertical: bool
    stray: float  # ink that belongs to no line, in squares of the text height


class AtFirst(NamedTuple):
    """What a cell was read as before the ink of its points was looked at again."""

    text: str
    confidence: float  # the least probability of a character


class Again(NamedTuple):
    """What a cell was read as in another way; it stands beside the first reading."""

    text: str
    confidence: float  # the least probability of a character


class CellText(NamedTuple):
    """What stands in one cell."""

    text: str  # "" is an empty cell
    vertical: bool
    readings: list[Reading]  # one a line, from top to bottom
    stray: float  # ink that belongs to no line, in squares of the text height
    at_first: AtFirst | None = None  # None: that stands
    again: tuple[Again, ...] = ()  # further readings; none where the first is sure


class TextLine(NamedTuple):
    """A line of text outside tables."""

    reading: Reading
    box: Box  # px of the upright page


class PageText(NamedTuple):
    """Everything read on a page."""

    tables: list[list[CellText]]  # for each grid one text a cell, in the order of its cells
    lines: list[TextLine]  # outside tables, from top to bottom
