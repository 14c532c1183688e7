"""Crops and result types of the OCR stage."""

from typing import NamedTuple

from tenglu.engines.interface import Reading
from tenglu.imaging.arrays import Rgb
from tenglu.imaging.geometry import Box


class Line(NamedTuple):
    """A cropped line of text before recognition."""

    image: Rgb
    box: Box  # px of the upright page


class CutCell(NamedTuple):
    """The cropped lines of one cell."""

    lines: list[Line]
    vertical: bool  # True: one line of stacked characters
    stray: float  # area of ink outside all lines, in squares of the text height


class AtFirst(NamedTuple):
    """The original reading of a cell whose text was changed by a later check of the ink."""

    text: str
    confidence: float  # lowest probability of a character, 0 to 1


class Again(NamedTuple):
    """A rereading of a cell from an altered crop."""

    text: str
    confidence: float  # lowest probability of a character, 0 to 1


class CellText(NamedTuple):
    """The recognised text of one cell."""

    text: str  # "": the cell is empty
    vertical: bool  # True: one line of stacked characters
    readings: list[Reading]  # one per line, from top to bottom
    stray: float  # area of ink outside all lines, in squares of the text height
    at_first: AtFirst | None = None  # None: the original reading was kept
    again: tuple[Again, ...] = ()  # rereadings; empty if the original reading is certain


class TextLine(NamedTuple):
    """A line of text outside tables."""

    reading: Reading
    box: Box  # px of the upright page


class PageText(NamedTuple):
    """All recognised text of a page."""

    tables: list[list[CellText]]  # for each grid one text per cell, in the order of its cells
    lines: list[TextLine]  # outside tables, from top to bottom
