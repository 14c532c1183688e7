"""Drawing primitives: outlines, highlights and labels that avoid the print."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont

from tenglu.imaging.arrays import Rgb
from tenglu.imaging.geometry import Point, Polygon

Colour = tuple[int, int, int]
Face = ImageFont.FreeTypeFont | ImageFont.ImageFont

PAPER: Colour = (255, 255, 255)
TEXT: Colour = (40, 40, 40)
CELL: Colour = (0, 110, 230)
REMOVED: Colour = (190, 0, 190)
DOUBT: Colour = (220, 0, 0)
HIGHLIGHT: Colour = (255, 232, 80)
MERGED: Colour = (190, 220, 255)

MIN_TEXT = 16  # px; smaller Chinese text is illegible
TEXT_SHARE = 0.011  # of the shorter side; larger images are viewed at a smaller scale
LINE_SHARE = 1 / 1600  # of the shorter side, for the thinnest line
MAX_FACES = 20  # per font collection
PAD = 2  # px between the text of a label and its border
LEADING = 1.2  # line spacing, in text sizes
DARK = 0.72  # of the paper tone; darker pixels are print that labels avoid, including pale strokes
RULE = 5  # thinnest lines; width of the band around an outline that labels may cover
FREE = 0.03  # share of dark pixels under a label that is ignored as dust


class Pen(NamedTuple):
    """Font and size of labels."""

    font: Path | None  # None: Pillow's built-in font, which has no Chinese glyphs
    size: int  # px

    @property
    def face(self) -> Face:
        """Loaded font."""
        return _face(self.font, self.size)

    def has(self, text: str) -> bool:
        """Return whether the font has the glyphs of a text."""
        return self.font is not None or text.isascii()

    def wrapped(self, text: str, width: float) -> list[str]:
        """Break a text into lines of at most ``width`` px at any character, as in Chinese."""
        lines = [""]
        for character in text:
            if character == "\n":
                lines.append("")
            elif lines[-1] and self.face.getlength(lines[-1] + character) > width:
                lines.append(character)
            else:
                lines[-1] += character
        return lines


@lru_cache(maxsize=8)
def _face(font: Path | None, size: int) -> Face:
    if font is None:
        return ImageFont.load_default(size)
    faces = []
    for index in range(MAX_FACES):
        try:
            faces.append(ImageFont.truetype(font, size, index=index))
        except OSError:  # no such face
            break
    # A collection may contain Japanese, Korean and Chinese variants of a glyph.
    simplified = [face for face in faces if "SC" in (face.getname()[0] or "").split()]
    return [*simplified, *faces, ImageFont.load_default(size)][0]


def pen_for(image: Rgb, font: Path | None) -> Pen:
    """Return a pen with a legible text size for an (H, W, 3) image."""
    return Pen(font, max(MIN_TEXT, round(TEXT_SHARE * min(image.shape[:2]))))


class Canvas:
    """An image to draw on, in px with the origin at the top left."""

    def __init__(self, image: Rgb, pen: Pen) -> None:
        self.pen = pen
        self.line = max(1, round(LINE_SHARE * min(image.shape[:2])))  # px, the thinnest
        self._picture = Image.fromarray(image)
        self._draw = ImageDraw.Draw(self._picture)
        gray = np.asarray(self._picture.convert("L"))
        self._taken = Image.fromarray(gray < DARK * np.median(gray))  # by print and by labels
        self._take = ImageDraw.Draw(self._taken)

    def image(self) -> Rgb:
        """Return the image with the drawing so far."""
        return np.array(self._picture)

    def outline(self, polygon: Polygon, colour: Colour, lines: int = 1) -> None:
        """Draw a polygon, ``lines`` times the thinnest line wide."""
        around = [*polygon, polygon[0]]
        self._draw.line(around, fill=colour, width=lines * self.line)
        self._take.line(around, fill=0, width=RULE * self.line)

    def highlight(self, polygon: Polygon, colour: Colour) -> None:
        """Colour the paper inside a polygon and preserve the print."""
        xs, ys = zip(*polygon, strict=True)
        left, top = max(0, int(min(xs))), max(0, int(min(ys)))
        right, bottom = int(max(xs)) + 1, int(max(ys)) + 1
        part = self._picture.crop((left, top, right, bottom))
        stencil = Image.new("L", part.size, 0)
        ImageDraw.Draw(stencil).polygon([(x - left, y - top) for x, y in polygon], fill=255)
        ink = ImageChops.multiply(part, Image.new("RGB", part.size, colour))
        self._picture.paste(ink, (left, top), stencil)

    def note(self, text: str, polygon: Polygon, colour: Colour) -> None:
        """Write a text inside a polygon if it fits without covering print."""
        left, top, right, bottom = self._inside(polygon)
        lines = self.pen.wrapped(text, right - left - 2 * PAD)
        size = self._size(lines)
        if self.pen.has(text) and size[0] <= right - left and size[1] <= bottom - top:
            cost, corner = self._best(_corners_inside((left, top, right, bottom), size), size)
            if cost <= FREE:
                self._write(lines, corner, _Ground(colour, PAPER))

    def caption(self, text: str, polygon: Polygon, colour: Colour) -> None:
        """Write a text beside a corner of a polygon if it fits without covering print."""
        if self.pen.has(text):
            width, height = size = self._size([text])
            around = [
                (x + dx, y + dy) for x, y in polygon for dy in (-height, 0) for dx in (0, -width)
            ]
            cost, corner = self._best(around, size)
            if cost <= FREE:
                self._write([text], corner, _Ground(colour, PAPER))

    def badge(self, text: str, polygon: Polygon, colour: Colour) -> None:
        """Write a few ASCII characters on a coloured box in or over a corner of a polygon."""
        width, height = size = self._size([text])
        left, top, right, bottom = self._inside(polygon)
        over = [
            (x - width / 2, y - height / 2)
            for x, y in ((left, top), (right, top), (left, bottom), (right, bottom))
        ]
        inside = _corners_inside((left, top, right, bottom), size)
        cost, corner = self._best(inside, size)
        if cost > FREE:  # a badge over a corner is less clearly assigned to its cell
            _, corner = self._best([*inside, *over], size)
        self._write([text], corner, _Ground(PAPER, colour))

    def _inside(self, polygon: Polygon) -> tuple[float, float, float, float]:
        """Return the largest upright box in a nearly upright polygon, without its outline."""
        xs, ys = (sorted(values) for values in zip(*polygon, strict=True))
        rim = 2 * self.line
        return xs[1] + rim, ys[1] + rim, xs[2] - rim, ys[2] - rim

    def _size(self, lines: Sequence[str]) -> tuple[float, float]:
        """Return width and height of a label, px."""
        width = max(self.pen.face.getlength(line) for line in lines)
        return width + 4 * PAD, len(lines) * self.pen.size * LEADING + 2 * PAD

    def _best(self, corners: Sequence[Point], size: tuple[float, float]) -> tuple[float, Point]:
        """Return the least covered share and its corner; the first one of equals."""
        return min(((self._hidden(at, size), at) for at in corners), key=lambda found: found[0])

    def _hidden(self, corner: Point, size: tuple[float, float]) -> float:
        """Return the share of a label that covers print, 0 to 1; 2 if it exceeds the image.

        It is the maximum over squares of the label, so that a long label covers no single letter.
        """
        x, y = corner
        right, bottom = x + size[0], y + size[1]
        if x < 0 or y < 0 or right >= self._picture.width or bottom >= self._picture.height:
            return 2.0
        part = np.asarray(self._taken.crop((int(x), int(y), int(right) + 1, int(bottom) + 1)))
        squares = np.array_split(part, max(1, round(size[0] / size[1])), axis=1)
        return max(float(square.mean()) for square in squares)

    def _write(self, lines: Sequence[str], corner: Point, ground: "_Ground") -> None:
        width, height = self._size(lines)
        x, y = (round(value) for value in corner)
        right, bottom = round(x + width), round(y + height)
        self._draw.rectangle((x, y, right, bottom), fill=ground.paper, outline=ground.ink)
        self._take.rectangle((x, y, right, bottom), fill=1)
        for number, line in enumerate(lines):
            middle = y + PAD + (number + 0.5) * self.pen.size * LEADING
            place = (x + 2 * PAD, middle)
            self._draw.text(place, line, fill=ground.ink, font=self.pen.face, anchor="lm")


class _Ground(NamedTuple):
    """Colours of a label."""

    ink: Colour
    paper: Colour


def _corners_inside(
    box: tuple[float, float, float, float], size: tuple[float, float]
) -> list[Point]:
    """Return the four positions of a label in the corners of a box."""
    left, top, right, bottom = box
    return [(x, y) for y in (top, bottom - size[1]) for x in (left, right - size[0])]


class Line(NamedTuple):
    """A line of the legend below an image, with the colour that it explains."""

    text: str
    swatch: Colour | None = None


def with_band(image: Rgb, lines: Sequence[Line], pen: Pen) -> Rgb:
    """Append a legend below an image, and wrap its lines to the width of the image."""
    written = [line for line in lines if pen.has(line.text)]
    if not written:
        return image
    indent = 2 * pen.size
    room = max(image.shape[1] - indent - pen.size, pen.size)
    rows = [
        line._replace(text=text, swatch=line.swatch if number == 0 else None)
        for line in written
        for number, text in enumerate(pen.wrapped(line.text, room))
    ]
    step = round(1.5 * pen.size)
    band = Image.new("RGB", (image.shape[1], step * (len(rows) + 1)), PAPER)
    draw = ImageDraw.Draw(band)
    draw.line((0, 0, image.shape[1], 0), fill=TEXT, width=2)
    for number, (text, swatch) in enumerate(rows):
        middle = (number + 1) * step
        if swatch is not None:
            half = 0.4 * pen.size
            x = pen.size
            square = (x - half, middle - half, x + half, middle + half)
            draw.rectangle(square, fill=swatch, outline=TEXT)
        draw.text((indent, middle), text, fill=TEXT, font=pen.face, anchor="lm")
    return np.vstack([image, np.asarray(band)])
