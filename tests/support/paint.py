"""Pages painted from a description, so that what stands on them is known by construction.

Nothing here draws from a global random state: every draw comes from a seed or a generator. What
is returned as text is what was painted: on a machine without a Chinese font each Chinese character
becomes a Latin letter (see ``printable``), and the truth says so.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tenglu.imaging.arrays import Mask, Matrix, Rgb
from tenglu.imaging.geometry import Box, Point, Polygon, map_polygon, quarter_turn

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

PAPER: Colour = (255, 255, 255)
INK: Colour = (20, 20, 20)
GREY: Colour = (120, 120, 120)
RED: Colour = (200, 30, 40)

MARGIN = 120  # px around a table that has the page to itself
PAD = 6  # px between a rule and text that stands left or right
LEADING = 1.15  # from line to line, in text sizes

CHINESE_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSerifCJK-Regular.ttc",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "msyh.ttc",
    "PingFang.ttc",
)
CHINESE_WORDS = ("合计", "基本支出", "其他收入", "办公费", "行政运行", "住房公积金", "项目", "备注")
LATIN_WORDS = ("Total", "Budget", "Other", "Office", "Grants", "Housing", "Item", "Notes")


class Slot(NamedTuple):
    """A cell to be painted."""

    row: int
    col: int
    rowspan: int = 1
    colspan: int = 1
    text: str = ""
    align: Literal["left", "centre", "right"] = "centre"
    vertical: bool = False  # one character a line


class Layout(NamedTuple):
    """A ruled table. Lengths in px, from the middle of a rule to the middle of the next."""

    row_heights: tuple[int, ...]
    col_widths: tuple[int, ...]
    slots: tuple[Slot, ...]
    corner: tuple[int, int] = (MARGIN, MARGIN)  # x, y where the outer rules meet
    rule: int = 2  # px
    text_size: int = 26  # px
    rule_colour: Colour = INK
    ink: Colour = INK


class Caption(NamedTuple):
    """A line of text outside tables; ``middle`` is the centre of the line on the page."""

    text: str
    middle: Point
    text_size: int = 26


class PaintedCell(NamedTuple):
    """A cell that was painted; the polygon runs along the middle of its rules, px of the image."""

    row: int
    col: int
    rowspan: int
    colspan: int
    text: str
    polygon: Polygon

    @property
    def box(self) -> Box:
        """The upright rectangle around the polygon."""
        xs, ys = zip(*self.polygon, strict=True)
        return Box(math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)), math.ceil(max(ys)))


class PaintedLine(NamedTuple):
    """A caption that was painted; the polygon is tight around its ink."""

    text: str
    polygon: Polygon


class Painted(NamedTuple):
    """A picture and what stands on it."""

    image: Rgb
    tables: tuple[tuple[PaintedCell, ...], ...]
    captions: tuple[PaintedLine, ...]
    to_image: Matrix  # px of the page as first painted to px of ``image``

    @property
    def cells(self) -> tuple[PaintedCell, ...]:
        """The cells of the first table."""
        return self.tables[0]


@cache
def chinese_font() -> str | None:
    """The first Chinese font that this machine has; None: it has none."""
    for name in CHINESE_FONTS:
        try:
            ImageFont.truetype(name, 10)
        except OSError:
            continue
        return name
    return None


@cache
def font(size: int) -> Font:
    """A font of ``size`` px, Chinese where there is one, else the Latin one inside Pillow."""
    name = chinese_font()
    return ImageFont.load_default(size) if name is None else ImageFont.truetype(name, size)


def printable(text: str) -> str:
    """What can be painted of a text here: itself, or Latin letters for what no font holds."""
    if chinese_font() is not None:
        return text
    return "".join(c if c.isascii() else chr(ord("A") + ord(c) % 26) for c in text)


def paint_table(layout: Layout, title: str = "") -> Painted:
    """Paint one table on a page that fits around it, with a title in the margin above."""
    x, y = layout.corner
    width, height = sum(layout.col_widths), sum(layout.row_heights)
    captions = [Caption(title, (x + width / 2, y / 2), 40)] if title else []
    return paint_page([layout], captions, (x + width + MARGIN, y + height + MARGIN))


def paint_page(
    layouts: Sequence[Layout],
    captions: Sequence[Caption] = (),
    size: tuple[int, int] = (1240, 1754),
) -> Painted:
    """Paint tables and captions on a white page of ``size`` (width, height) px.

    Raises:
        ValueError: a text does not fit its cell, so the truth would not be what is seen.
    """
    picture = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(picture)
    tables = tuple(_paint_layout(draw, layout) for layout in layouts)
    lines = tuple(_paint_caption(draw, caption) for caption in captions)
    return Painted(np.array(picture), tables, lines, np.eye(3))


def _paint_layout(draw: ImageDraw.ImageDraw, layout: Layout) -> tuple[PaintedCell, ...]:
    xs = np.cumsum([layout.corner[0], *layout.col_widths]).tolist()
    ys = np.cumsum([layout.corner[1], *layout.row_heights]).tolist()
    cells = []
    for slot in layout.slots:
        box = Box(
            xs[slot.col], ys[slot.row], xs[slot.col + slot.colspan], ys[slot.row + slot.rowspan]
        )
        _paint_frame(draw, box, layout)
        text = printable(slot.text)
        _paint_text(draw, box, slot._replace(text=text), layout)
        place = (slot.row, slot.col, slot.rowspan, slot.colspan)
        cells.append(PaintedCell(*place, text, box.polygon))
    return tuple(cells)


def _paint_frame(draw: ImageDraw.ImageDraw, box: Box, layout: Layout) -> None:
    before = layout.rule // 2
    after = layout.rule - before - 1
    x0, y0, x1, y1 = box
    for ax, ay, bx, by in ((x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1)):
        edge = (ax - before, ay - before, bx + after, by + after)
        draw.rectangle(edge, fill=layout.rule_colour)


def _paint_text(draw: ImageDraw.ImageDraw, box: Box, slot: Slot, layout: Layout) -> None:
    face = font(layout.text_size)
    step = layout.text_size * LEADING
    room = box.width - 2 * PAD
    lines = list(slot.text) if slot.vertical else wrap(slot.text, room, face)
    if step * len(lines) > box.height or any(face.getlength(line) > room for line in lines):
        raise ValueError(f"text does not fit its cell: {slot.text!r} in {box.width}x{box.height}")
    anchor, x = {
        "left": ("lm", box.x0 + PAD),
        "centre": ("mm", (box.x0 + box.x1) / 2),
        "right": ("rm", box.x1 - PAD),
    }[slot.align]
    top = (box.y0 + box.y1) / 2 - step * (len(lines) - 1) / 2
    for number, line in enumerate(lines):
        draw.text((x, top + number * step), line, fill=layout.ink, font=face, anchor=anchor)


def wrap(text: str, room: float, face: Font) -> list[str]:
    """Break a text into lines no wider than ``room`` px, as Chinese is: anywhere; also at \\n."""
    lines = []
    for paragraph in text.split("\n") if text else []:
        line = ""
        for character in paragraph:
            if line and face.getlength(line + character) > room:
                lines.append(line)
                line = ""
            line += character
        lines.append(line)
    return lines


def _paint_caption(draw: ImageDraw.ImageDraw, caption: Caption) -> PaintedLine:
    text, face = printable(caption.text), font(caption.text_size)
    draw.text(caption.middle, text, fill=INK, font=face, anchor="mm")
    x0, y0, x1, y1 = draw.textbbox(caption.middle, text, font=face, anchor="mm")
    return PaintedLine(text, ((x0, y0), (x1, y0), (x1, y1), (x0, y1)))


def random_layout(rng: np.random.Generator, n_rows: int, n_cols: int, merges: int = 0) -> Layout:
    """A table of random sizes and texts with up to ``merges`` merged cells.

    Cells tile the grid, and every inner line of the grid keeps a piece of rule: what is painted
    shows the number of rows and columns.
    """
    owner = np.arange(n_rows * n_cols).reshape(n_rows, n_cols)
    for _ in range(merges):
        row, col = int(rng.integers(n_rows)), int(rng.integers(n_cols))
        height, width = (int(v) for v in rng.integers(1, 4, size=2))
        merged = owner.copy()
        merged[row : row + height, col : col + width] = owner[row, col]
        if _is_sound(merged):
            owner = merged
    heights = tuple(int(v) for v in rng.integers(62, 90, size=n_rows))
    widths = tuple(int(v) for v in rng.integers(110, 240, size=n_cols))
    slots = tuple(_random_slot(rng, owner == mark) for mark in np.unique(owner))
    return Layout(heights, widths, slots)


def _is_sound(owner: np.ndarray) -> bool:
    """True where every cell is a rectangle and every line of the grid shows somewhere."""
    rectangles = True
    for mark in np.unique(owner):
        rows, cols = np.nonzero(owner == mark)
        rectangles &= (np.ptp(rows) + 1) * (np.ptp(cols) + 1) == len(rows)
    rows_show = (owner[1:] != owner[:-1]).any(axis=1).all()
    cols_show = (owner[:, 1:] != owner[:, :-1]).any(axis=0).all()
    return bool(rectangles and rows_show and cols_show)


def _random_slot(rng: np.random.Generator, place: Mask) -> Slot:
    rows, cols = np.nonzero(place)
    row, col = int(rows.min()), int(cols.min())
    spans = (int(rows.max()) - row + 1, int(cols.max()) - col + 1)
    words = CHINESE_WORDS if chinese_font() is not None else LATIN_WORDS
    kind = rng.integers(3)
    if kind == 0:
        return Slot(row, col, *spans)
    if kind == 1:
        return Slot(row, col, *spans, f"{rng.integers(100_000) / 100:.2f}", "right")
    return Slot(row, col, *spans, str(rng.choice(words)), "left")


def turn(painted: Painted, rotation: int) -> Painted:
    """Turn the picture clockwise by 90, 180 or 270 degrees (0 leaves it)."""
    image = np.ascontiguousarray(np.rot90(painted.image, -rotation // 90))
    height, width = image.shape[:2]
    return _moved(painted, image, quarter_turn(width, height, rotation))


def skew(painted: Painted, degrees: float) -> Painted:
    """Turn the picture counter-clockwise by some degrees; it grows so that nothing is cut."""
    height, width = painted.image.shape[:2]
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    out_width, out_height = width * c + height * abs(s), width * abs(s) + height * c
    x = (out_width - width * c - height * s) / 2
    y = (out_height + width * s - height * c) / 2
    return _warped(painted, np.array([[c, s, x], [-s, c, y], [0, 0, 1]]), (out_width, out_height))


def perspective(painted: Painted, seed: int, strength: float = 0.02) -> Painted:
    """Pull the four corners inwards, each by up to ``strength`` of the page's size."""
    height, width = painted.image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    inwards = np.sign(np.array([width, height]) / 2 - corners)
    pulls = np.random.default_rng(seed).uniform(0, strength, (4, 2)) * (width, height)
    matrix = cv2.getPerspectiveTransform(corners, (corners + inwards * pulls).astype(np.float32))
    return _warped(painted, matrix, (width, height))


def _warped(painted: Painted, matrix: Matrix, size: tuple[float, float]) -> Painted:
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # cv2 counts from middles of pixels
    centred = np.linalg.inv(half) @ matrix @ half
    size = (math.ceil(size[0]), math.ceil(size[1]))
    image = cv2.warpPerspective(painted.image, centred, size, borderValue=PAPER)
    return _moved(painted, image, matrix)


def _moved(painted: Painted, image: Rgb, matrix: Matrix) -> Painted:
    def move(thing):
        return thing._replace(polygon=map_polygon(matrix, thing.polygon))

    tables = tuple(tuple(move(cell) for cell in table) for table in painted.tables)
    captions = tuple(move(line) for line in painted.captions)
    return Painted(image, tables, captions, matrix @ painted.to_image)


def watermark(
    image: Rgb,
    text: str = "仅供内部审核",
    opacity: float = 0.3,
    angle: float = 35.0,
    spacing: int = 700,
    colour: Colour = GREY,
) -> Rgb:
    """Lay a text over the page again and again, in staggered rows.

    ``opacity`` runs from 0 (unseen) to 1 (hides the ink); the text falls to the right by ``angle``
    degrees; from mark to mark are ``spacing`` px, of which the text leaves two characters free.
    """
    height, width = image.shape[:2]
    text = printable(text)
    side = math.ceil(math.hypot(width, height)) + spacing
    stencil = Image.new("L", (side, side), 0)
    draw, face = ImageDraw.Draw(stencil), font(spacing // (len(text) + 2))
    for number, y in enumerate(range(spacing // 4, side, spacing // 2)):
        for x in range(number % 2 * spacing // 2, side + spacing, spacing):
            draw.text((x, y), text, fill=255, font=face, anchor="mm")
    stencil = stencil.rotate(-angle, Image.Resampling.BICUBIC)
    left, top = (side - width) // 2, (side - height) // 2
    cover = np.asarray(stencil, np.float32)[top : top + height, left : left + width]
    share = cover[..., None] / 255 * opacity
    return np.rint(image * (1 - share) + np.asarray(colour) * share).astype(np.uint8)


def seal(
    image: Rgb,
    centre: tuple[int, int],
    radius: int,
    colour: Colour = RED,
    text: str = "测试专用章",
) -> Rgb:
    """Stamp a round seal (ring, pentagon, text), wholly on the page; ink shows through."""
    side = 2 * radius + 1
    stencil = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(stencil)
    draw.ellipse((0, 0, side - 1, side - 1), outline=255, width=max(2, radius // 14))
    draw.regular_polygon((radius, radius, radius * 0.3), 5, fill=255)
    text, face, top = printable(text), font(radius // 3), (radius, radius * 0.32)
    for number, character in enumerate(text):
        degrees = (number - (len(text) - 1) / 2) * 230 / len(text)
        glyph = Image.new("L", (side, side), 0)
        ImageDraw.Draw(glyph).text(top, character, fill=255, font=face, anchor="mm")
        stencil.paste(255, mask=glyph.rotate(-degrees, Image.Resampling.BICUBIC))
    cover = np.zeros(image.shape[:2], np.float32)
    x, y = centre[0] - radius, centre[1] - radius
    cover[y : y + side, x : x + side] = np.asarray(stencil, np.float32) / 255
    light = 1 - cover[..., None] * (1 - np.asarray(colour, np.float32) / 255)
    return np.rint(image * light).astype(np.uint8)


def streak(image: Rgb, column: int, width: int = 2, colour: Colour = GREY) -> Rgb:
    """Draw the line that dirt on a scanner's glass leaves from top to bottom."""
    streaked = image.copy()
    streaked[:, column : column + width] = colour
    return streaked


def noise(image: Rgb, seed: int, sigma: float = 6.0) -> Rgb:
    """Add grain: a normal deviation of ``sigma`` levels of tone, the same for all channels."""
    grain = np.random.default_rng(seed).normal(0, sigma, (*image.shape[:2], 1))
    return np.clip(np.rint(image + grain), 0, 255).astype(np.uint8)


def jpeg(image: Rgb, quality: int = 70) -> Rgb:
    """What is left of the picture after JPEG, quality 1 to 100."""
    _, code = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(code, cv2.IMREAD_COLOR)[..., ::-1])


def shade(image: Rgb, strength: float = 0.15) -> Rgb:
    """Light that falls off towards the bottom right, by up to ``strength`` of the tone."""
    height, width = image.shape[:2]
    fall = np.linspace(0, 0.5, height)[:, None] + np.linspace(0, 0.5, width)[None]
    return np.rint(image * (1 - strength * fall[..., None])).astype(np.uint8)
