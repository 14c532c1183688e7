"""Charts as PNG: panels side by side, with what Pillow has and no font of the machine."""

import io
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

SCALE = 2  # drawn larger and shrunk, for smooth lines
MARGINS = 64, 34, 16, 46  # px: left, top, right, bottom
INK, GRID, WHITE = (60, 60, 60), (225, 225, 225), (255, 255, 255)
TEXT, SMALL = 12, 10  # px
DOT = 3.5  # px, radius
COLOURS = (
    (31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189), (140, 86, 75),
    (227, 119, 194), (127, 127, 127), (188, 189, 34), (23, 190, 207), (0, 0, 100), (255, 0, 255),
    (0, 90, 0),
)  # fmt: skip

Colour = tuple[int, int, int]
Point = tuple[float, float]


class Axis(NamedTuple):
    """One side of a panel."""

    label: str
    ticks: Sequence[tuple[float, str]]  # ascending; the first and the last are its ends
    scaled: Callable[[float], float]  # rises with the value

    def place(self, value: float) -> float:
        """0 at the first tick, 1 at the last; what lies beyond is drawn at the end."""
        low, high = (self.scaled(self.ticks[i][0]) for i in (0, -1))
        return min(1.0, max(0.0, (self.scaled(value) - low) / (high - low)))


def logarithmic(value: float) -> float:
    return math.log10(max(value, 1e-12))


def from_nought(value: float) -> float:
    """Even near nought, logarithmic beyond."""
    return math.asinh(2 * value)


class Panel:
    """A chart with two axes, drawn at once as it is told."""

    def __init__(self, size: tuple[int, int], title: str, x: Axis, y: Axis) -> None:
        self.image = Image.new("RGB", (size[0] * SCALE, size[1] * SCALE), WHITE)
        self._pen = ImageDraw.Draw(self.image)
        self._size, self._x, self._y = size, x, y
        left, top, right, bottom = MARGINS
        for value, text in x.ticks:
            across = self._at((value, y.ticks[0][0]))[0]
            self._line([(across, top), (across, size[1] - bottom)], GRID)
            self.write(text, (across, size[1] - bottom + 6), "mt", SMALL)
        for value, text in y.ticks:
            up = self._at((x.ticks[0][0], value))[1]
            self._line([(left, up), (size[0] - right, up)], GRID)
            self.write(text, (left - 6, up), "rm", SMALL)
        self.write(title, (left, 4), "lt", TEXT)
        self.write(x.label, ((left + size[0] - right) / 2, size[1] - 18), "mt", SMALL)
        self.write(y.label, (left - 40, top - 13), "lt", SMALL)

    def _at(self, point: Point) -> Point:
        left, top, right, bottom = MARGINS
        width, height = self._size[0] - left - right, self._size[1] - top - bottom
        return left + width * self._x.place(point[0]), top + height * (1 - self._y.place(point[1]))

    def _line(self, points: Sequence[Point], colour: Colour, width: float = 1.0) -> None:
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._pen.line(scaled, colour, round(width * SCALE), joint="curve")

    def line(self, points: Sequence[Point], colour: Colour, width: float = 1.3) -> None:
        """Join points, in the units of the axes."""
        self._line([self._at(point) for point in points], colour, width)

    def steps(self, points: Sequence[Point], colour: Colour) -> None:
        """A curve that holds each value up to the next point."""
        corners = [points[0]]
        for x, y in points[1:]:
            corners += [(x, corners[-1][1]), (x, y)]
        self.line(corners, colour)

    def dot(self, point: Point, colour: Colour) -> None:
        x, y = (value * SCALE for value in self._at(point))
        radius = DOT * SCALE
        self._pen.ellipse((x - radius, y - radius, x + radius, y + radius), colour)

    def note(self, text: str, point: Point) -> None:
        """Small print right below a point, in the units of the axes."""
        x, y = self._at(point)
        self.write(text, (x + 5, y + 4), "lt", SMALL)

    def legend(self, names: Sequence[str]) -> None:
        """Names in their colours, at the upper right."""
        for number, name in enumerate(names):
            place = (self._size[0] - MARGINS[2] - 4, MARGINS[1] + 6 + number * (SMALL + 3))
            self.write(name, place, "rt", SMALL, COLOURS[number % len(COLOURS)])

    def write(self, text: str, place: Point, anchor: str, size: int, colour: Colour = INK) -> None:
        x, y = place
        font = ImageFont.load_default(size * SCALE)
        self._pen.text((x * SCALE, y * SCALE), text, colour, font, anchor)


def beside(panels: Sequence[Panel]) -> bytes:
    """Panels side by side, as a PNG."""
    width = sum(panel.image.width for panel in panels)
    whole = Image.new("RGB", (width, panels[0].image.height), WHITE)
    left = 0
    for panel in panels:
        whole.paste(panel.image, (left, 0))
        left += panel.image.width
    small = whole.resize((whole.width // SCALE, whole.height // SCALE), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    small.quantize(256).save(data, "PNG", optimize=True)
    return data.getvalue()
