"""A document set on pages: where each cell stands, and layers of ground, rules and ink."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from drawing.faces import Colour, Face, draw_line, length, printable, tokens, widest, wrap
from drawing.sheets import Content, Item, Line, Sheet

Json = dict[str, Any]
A4 = (210.0, 297.0)  # mm
INCH = 25.4  # mm
WHITE: Colour = (255, 255, 255)
RED: Colour = (205, 25, 30)
SMALLEST = 6.5  # pt, for tables of many columns
PADS = (0.45, 0.3, 0.18, 0.1)  # type sizes above and below a line, tried in turn
CAP = 13  # characters a column likes to be wide at most


class Style(NamedTuple):
    """How a document is set. Lengths in px where they do not say otherwise."""

    dpi: int
    points: float
    face: Face
    strong: Face
    margin: float  # mm
    rule: int
    outer: int  # rules around the table
    rule_tone: int  # 0 to 255
    ink: Colour
    pad: float  # type sizes above and below a line
    bold_header: bool
    header_ground: Colour | None
    striped: Colour | None  # ground of every second row
    reversed_header: bool  # light type on a dark ground
    rules: str  # "all", "level" (no upright ones), "sides" (none at left and right)
    red_head: bool


class Layers(NamedTuple):
    """One page: colours of the ground (RGB), tone of rules (H, W), ink (RGB); uint8."""

    ground: np.ndarray
    rules: np.ndarray
    ink: np.ndarray


class SetPage(NamedTuple):
    """A page and its truth but for the scan."""

    layers: Layers
    blocks: list[Json]
    rows: tuple[int, int]  # of the table, both included
    xs: list[int]  # edges of columns, px
    ys: list[int]  # edges of the rows on this page, px


class Measures(NamedTuple):
    """The table before it is cut into pages."""

    size: int  # of type, px
    widths: list[int]
    heights: list[int]


class Canvas:
    """A page while it is set."""

    def __init__(self, style: Style, shape: tuple[int, int]) -> None:
        self.style = style
        self.width, self.height = shape
        self.margin = round(style.margin / INCH * style.dpi)
        self.ground = Image.new("RGB", shape, WHITE)
        self.rules = Image.new("L", shape, 255)
        self.ink = Image.new("RGB", shape, WHITE)
        self.blocks: list[Json] = []
        self.y = float(self.margin)
        self.rows, self.xs, self.ys = (0, 0), [0], [0]

    def line(self, line: Line, size: int) -> None:
        """Three texts on one line."""
        left, middle, right = map(printable, line)
        face, ink, y = self.style.face, self.style.ink, self.y + size * 0.6
        draw_line(self.ink, (self.margin, y), left, face, size, ink)
        x = (self.width - length(middle, face, size)) / 2
        draw_line(self.ink, (x, y), middle, face, size, ink)
        x = self.width - self.margin - length(right, face, size)
        draw_line(self.ink, (x, y), right, face, size, ink)
        self.blocks.append({"type": "line", "left": left, "center": middle, "right": right})
        self.y += size * 1.5

    def centred(self, text: str, size: int, colour: Colour, kind: str) -> None:
        text, face = printable(text), self.style.strong
        room = self.width - 2 * self.margin
        size = min(size, int(size * room / max(1.0, length(text, face, size))))
        x = (self.width - length(text, face, size)) / 2
        draw_line(self.ink, (x, self.y + size * 0.6), text, face, size, colour)
        self.blocks.append({"type": kind, "text": text})
        self.y += size * 1.6

    def number(self, text: str, size: int) -> None:
        x = (self.width - length(text, self.style.face, size)) / 2
        y = self.height - self.margin * 0.6
        draw_line(self.ink, (x, y), text, self.style.face, size, self.style.ink)
        self.blocks.append({"type": "page_number", "text": text})

    def page(self) -> SetPage:
        layers = Layers(*(np.array(one) for one in (self.ground, self.rules, self.ink)))
        return SetPage(layers, self.blocks, self.rows, self.xs, self.ys)


def typeset(content: Content, style: Style) -> list[SetPage]:
    """Set a document; a table that is too tall goes on, between rows, on further pages."""
    mm = A4[::-1] if content.wide else A4
    shape = (round(mm[0] / INCH * style.dpi), round(mm[1] / INCH * style.dpi))
    canvas = Canvas(style, shape)
    room = canvas.width - 2 * canvas.margin
    small = round(style.points / 72 * style.dpi)
    _head(canvas, content, small)
    free = canvas.height - canvas.y - 1.6 * canvas.margin - small * 3
    measures = _measure(content.sheet, style, room, free)
    pages, row = [canvas], 0
    while True:
        row = _table(canvas, content.sheet, measures, row)
        if row == content.sheet.n_rows:
            break
        canvas = Canvas(style, shape)
        pages.append(canvas)
    canvas.y += small * 0.4
    for line in content.below:
        canvas.line(line, small)
    for note in content.notes:
        canvas.line((note, "", ""), small)
        canvas.blocks[-1] = {"type": "note", "text": printable(note)}
    for number, page in enumerate(pages, 1):
        page.number(f"- {number} -", small)
    return [page.page() for page in pages]


def _head(canvas: Canvas, content: Content, small: int) -> None:
    if canvas.style.red_head:
        canvas.centred(f"{content.unit}文件", round(small * 2.6), RED, "heading")
        y = round(canvas.y)
        draw = ImageDraw.Draw(canvas.ink)
        draw.rectangle((canvas.margin, y, canvas.width - canvas.margin, y + small // 6), fill=RED)
        canvas.y += small * 1.2
    canvas.centred(content.heading, round(small * 1.7), canvas.style.ink, "heading")
    for line in content.above:
        canvas.line(line, small)
    canvas.y += small * 0.2


def _measure(sheet: Sheet, style: Style, room: float, free: float) -> Measures:
    """Type as large as asked for unless the columns need less; rows as airy as a page allows."""
    points = style.points
    while True:
        size = max(1, round(points / 72 * style.dpi))
        least, liked = _wishes(sheet, style, size)
        if sum(least) <= room or points <= SMALLEST:
            break
        points -= 0.5
    spare, wanted = room - sum(least), sum(liked) - sum(least)
    share = spare / wanted if wanted > spare or wanted <= 0 else 1.0
    widths = [a + (b - a) * share for a, b in zip(least, liked, strict=True)]
    widths = [w * room / sum(widths) for w in widths]
    edges = [round(v) for v in np.cumsum([0.0, *widths])]
    whole = [b - a for a, b in pairwise(edges)]
    heights: list[int] = []
    for pad in (style.pad, *(p for p in PADS if p < style.pad)):
        heights = _heights(sheet, style, size, whole, pad)
        if sum(heights) <= free:
            break
    return Measures(size, whole, heights)


def _wishes(sheet: Sheet, style: Style, size: int) -> tuple[list[float], list[float]]:
    """Width of each column that keeps words and numbers whole, and the width it likes."""
    least, liked = [size * 1.8] * sheet.n_cols, [size * 2.2] * sheet.n_cols
    for item in sheet.items:
        if item.colspan > 1 or item.vertical:
            continue
        text, face, pad = printable(item.text), _face_of(item, sheet, style), 2 * _side(size)
        words = widest(tokens(text), face, size) + pad
        whole = min(length(text, face, size), CAP * size) + pad
        least[item.col] = max(least[item.col], words)
        liked[item.col] = max(liked[item.col], words, whole)
    return least, liked


def _side(size: int) -> float:
    return size * 0.35  # between a rule and text that stands left or right


def _face_of(item: Item, sheet: Sheet, style: Style) -> Face:
    strong = item.row in sheet.bold_rows or (item.row < sheet.header_rows and style.bold_header)
    return style.strong if strong else style.face


def _lines(item: Item, sheet: Sheet, style: Style, size: int, width: float) -> list[str]:
    text = printable(item.text)
    if item.vertical:
        return list(text)
    return wrap(text, width - 2 * _side(size), _face_of(item, sheet, style), size)


def _heights(sheet: Sheet, style: Style, size: int, widths: list[int], pad: float) -> list[int]:
    heights = [size * (1.25 + 2 * pad)] * sheet.n_rows
    for item in sorted(sheet.items, key=lambda one: one.rowspan):
        width = sum(widths[item.col : item.col + item.colspan])
        lines = len(_lines(item, sheet, style, size, width))
        need = size * (1.25 * lines + 2 * pad)
        rows = range(item.row, item.row + item.rowspan)
        if (lacking := need - sum(heights[row] for row in rows)) > 0:
            for row in rows:
                heights[row] += lacking / item.rowspan
    return [round(height) for height in heights]


def _table(canvas: Canvas, sheet: Sheet, measures: Measures, first: int) -> int:
    """Set rows from ``first`` on as far as the page reaches; returns the row that comes next."""
    end = canvas.height - 1.6 * canvas.margin
    straddled = {
        row for item in sheet.items for row in range(item.row + 1, item.row + item.rowspan)
    }
    y, last = canvas.y, first
    for row in range(first, sheet.n_rows):
        y += measures.heights[row]
        if y > end and last > first:
            break
        if row + 1 not in straddled:
            last = row + 1
    canvas.rows = (first, last - 1)
    canvas.xs = [canvas.margin + int(v) for v in np.cumsum([0, *measures.widths])]
    tops = np.cumsum([round(canvas.y), *measures.heights[first:last]])
    canvas.ys = [int(v) for v in tops]
    for item in sheet.items:
        if first <= item.row < last:
            _cell(canvas, sheet, item, measures.size)
    canvas.blocks.append({"type": "table", "table": "t1", "rows": [first, last - 1]})
    canvas.y = float(canvas.ys[-1])
    return last


def _cell(canvas: Canvas, sheet: Sheet, item: Item, size: int) -> None:
    style, row = canvas.style, item.row - canvas.rows[0]
    x0, x1 = canvas.xs[item.col], canvas.xs[item.col + item.colspan]
    y0, y1 = canvas.ys[row], canvas.ys[row + item.rowspan]
    header = item.row < sheet.header_rows
    ink = style.ink
    if header and style.reversed_header:
        ImageDraw.Draw(canvas.ink).rectangle((x0, y0, x1, y1), fill=(45, 60, 95))
        ink = WHITE
    elif header and style.header_ground:
        ImageDraw.Draw(canvas.ground).rectangle((x0, y0, x1, y1), fill=style.header_ground)
    elif style.striped and item.row % 2:
        ImageDraw.Draw(canvas.ground).rectangle((x0, y0, x1, y1), fill=style.striped)
    _frame(canvas, sheet, item, (x0, y0, x1, y1))
    face = _face_of(item, sheet, style)
    lines = _lines(item, sheet, style, size, x1 - x0)
    step = size * 1.22
    y = (y0 + y1) / 2 - step * (len(lines) - 1) / 2
    for number, line in enumerate(lines):
        width = length(line, face, size)
        x = {
            "left": x0 + _side(size),
            "center": (x0 + x1 - width) / 2,
            "right": x1 - _side(size) - width,
        }[item.align]
        draw_line(canvas.ink, (x, y + number * step), line, face, size, ink)


def _frame(canvas: Canvas, sheet: Sheet, item: Item, box: tuple[int, int, int, int]) -> None:
    style, pen = canvas.style, ImageDraw.Draw(canvas.rules)
    x0, y0, x1, y1 = box
    first, last = canvas.rows
    top, bottom = item.row == first, item.row + item.rowspan == last + 1
    left, right = item.col == 0, item.col + item.colspan == sheet.n_cols
    under_head = item.row + item.rowspan == sheet.header_rows
    edges = []
    if style.rules != "level" or top:
        edges.append((x0, y0, x1, y0, top))
    if style.rules != "level" or bottom or under_head:
        edges.append((x0, y1, x1, y1, bottom))
    if style.rules == "all" or (style.rules == "sides" and not left):
        edges.append((x0, y0, x0, y1, left))
    if style.rules == "all" or (style.rules == "sides" and not right):
        edges.append((x1, y0, x1, y1, right))
    for ax, ay, bx, by, outer in edges:
        before = (style.outer if outer else style.rule) // 2
        after = (style.outer if outer else style.rule) - before - 1
        pen.rectangle((ax - before, ay - before, bx + after, by + after), fill=style.rule_tone)
