"""Watermarks and seals as covers: how much of each pixel they take, 0 to 255."""

import math
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from drawing.faces import Colour, Face, Place, font, length, place_for, printable
from drawing.words import MARK_TEXTS, Rng, chance, date, digits, pick

INCH = 25.4  # mm
LEVEL, UPRIGHT = 0.1, 0.05  # shares of the marks; the others lie across the page
GAPS = 0.45  # share of a screen that is no dot
Cover = np.ndarray  # (H, W) uint8


class MarkStyle(NamedTuple):
    """One watermark, once or again and again."""

    text: str
    place: Place | None  # the font
    size: float  # height of the letters, mm
    angle: float  # degrees, counter-clockwise
    gap: float | None  # mm from mark to mark; None: one, in the middle of the page
    shape: str  # "solid", "outline", "halftone"
    stacked: bool  # a character a line
    colour: Colour
    opacity: float
    over: bool  # the ink; else under it


class Seal(NamedTuple):
    """One seal; ``cover`` lies with its top left corner at ``at``."""

    kind: str  # "round", "oval", "square", "box"
    cover: Cover
    at: tuple[int, int]  # x, y px
    colour: Colour


def draw_mark_style(rng: Rng, unit: str, face: Face, *, dense: bool) -> MarkStyle:
    """A watermark of any make; ``unit`` is who made the document."""
    text = unit if unit and chance(rng, 0.2) else pick(rng, MARK_TEXTS)
    grey = int(rng.integers(60, 170))
    tints = ((200, 60, 60), (60, 90, 190), (70, 150, 90), (215, 150, 60))
    colour = pick(rng, tints) if chance(rng, 0.3 if dense else 0.2) else (grey, grey, grey)
    kind = rng.random()
    angle = float(rng.uniform(20, 55)) * (1 if chance(rng, 0.75) else -1)
    if kind < LEVEL:
        angle = 0.0
    elif kind < LEVEL + UPRIGHT:
        angle = 90.0
    size = rng.uniform(4, 7) if dense else rng.uniform(6, 16)
    length_mm = size * len(text) * (0.6 if text.isascii() else 1)
    gap = length_mm + rng.uniform(8, 30) if dense else length_mm + rng.uniform(15, 60)
    single = not dense and chance(rng, 0.15)
    return MarkStyle(
        text=printable(text),
        place=place_for(printable(text), face.chinese, None),
        size=float(rng.uniform(14, 16)) if single else float(size),
        angle=angle,
        gap=None if single else float(gap),
        shape=pick(rng, ("solid", "solid", "solid", "outline", "halftone")),
        stacked=angle == 0 and chance(rng, 0.3),
        colour=colour,
        opacity=float(rng.uniform(0.2, 0.5) if dense else rng.uniform(0.12, 0.4)),
        over=chance(rng, 0.5),
    )


def mark_cover(style: MarkStyle, shape: tuple[int, int], dpi: int, rng: Rng) -> Cover:
    """The watermark over a page of shape (height, width) px."""
    height, width = shape
    size = max(4, round(style.size / INCH * dpi))
    glyphs = _stencil(style, size, max(1, dpi // 100))
    side = math.ceil(math.hypot(width, height)) + 2 * max(glyphs.size)
    field = Image.new("L", (side, side), 0)
    if style.gap is None:
        places = [(side // 2, side // 2)]
    else:
        step = max(glyphs.width + size, round(style.gap / INCH * dpi))
        rise = max(glyphs.height + size, round(step * 0.5))
        start = int(rng.integers(0, rise))
        places = [
            (x + (row % 2) * step // 2, y)
            for row, y in enumerate(range(start, side, rise))
            for x in range(0, side, step)
        ]
    for x, y in places:
        field.paste(glyphs, (x - glyphs.width // 2, y - glyphs.height // 2), glyphs)
    turned = field.rotate(style.angle, Image.Resampling.BICUBIC)
    left, top = (side - width) // 2, (side - height) // 2
    cover = np.asarray(turned.crop((left, top, left + width, top + height)))
    return _screened(cover, dpi) if style.shape == "halftone" else cover


def _stencil(style: MarkStyle, size: int, stroke: int) -> Image.Image:
    face = font(style.place, size)
    text = "\n".join(style.text.replace(" ", "")) if style.stacked else style.text
    probe = ImageDraw.Draw(Image.new("L", (1, 1)))
    x0, y0, x1, y1 = probe.multiline_textbbox((0, 0), text, font=face, stroke_width=stroke)
    picture = Image.new("L", (math.ceil(x1 - x0) + 2, math.ceil(y1 - y0) + 2), 0)
    pen, at = ImageDraw.Draw(picture), (1 - x0, 1 - y0)
    if style.shape == "outline":
        pen.multiline_text(at, text, fill=255, font=face, stroke_width=stroke, stroke_fill=255)
        inner = Image.new("L", picture.size, 0)
        ImageDraw.Draw(inner).multiline_text(at, text, fill=255, font=face)
        return Image.fromarray(np.asarray(picture) - np.minimum(picture, inner))
    pen.multiline_text(at, text, fill=255, font=face)
    return picture


def _screened(cover: Cover, dpi: int) -> Cover:
    """Dots of a printer's screen of about 60 lines an inch, at 45 degrees."""
    step = dpi / 60
    y, x = np.mgrid[: cover.shape[0], : cover.shape[1]].astype(np.float32)
    a, b = (x + y) * (math.pi / step / 1.414), (x - y) * (math.pi / step / 1.414)
    dots = (np.cos(a) * np.cos(b) + 1) / 2 > GAPS
    return (cover * dots).astype(np.uint8)


def draw_seal(rng: Rng, unit: str, face: Face, dpi: int, box: tuple[int, int, int, int]) -> Seal:
    """A seal with its middle in ``box`` (x0, y0, x1, y1 px), turned a little, inked unevenly."""
    kind = pick(rng, ("round", "round", "oval", "square", "box"))
    mm = {"round": rng.uniform(36, 44), "oval": rng.uniform(40, 48)}.get(kind, rng.uniform(16, 22))
    side = round(float(mm) / INCH * dpi)
    unit = printable(unit or "专用章")
    drawn = {
        "round": lambda: _round(unit, face, side),
        "oval": lambda: _oval(unit, date(rng, "{y}.{m:02}.{d:02}"), face, side),
        "square": lambda: _square(printable(unit[:2] + "之印"), face, side),
        "box": lambda: _box(
            printable(pick(rng, ("已审核", "作废", "已付讫"))) + digits(rng, 2), face, side
        ),
    }[kind]()
    turned = drawn.rotate(float(rng.uniform(-20, 20)), Image.Resampling.BICUBIC, expand=True)
    cover = _inked(np.asarray(turned), rng)
    x = int(rng.integers(box[0], max(box[0] + 1, box[2]))) - turned.width // 2
    y = int(rng.integers(box[1], max(box[1] + 1, box[3]))) - turned.height // 2
    blue = chance(rng, 0.2)
    red = (int(rng.integers(185, 225)), int(rng.integers(20, 60)), int(rng.integers(25, 65)))
    colour = (int(rng.integers(30, 70)), int(rng.integers(50, 90)), 180) if blue else red
    return Seal(kind, cover, (x, y), colour)


def _arc(
    picture: Image.Image, text: str, face: Face, radii: tuple[float, float], size: int
) -> None:
    """Letters along the upper half of an ellipse, their feet inwards."""
    middle = (picture.width / 2, picture.height / 2)
    spread = min(250, 22 * len(text))
    for number, character in enumerate(text):
        degrees = (number - (len(text) - 1) / 2) * spread / max(1, len(text) - 1)
        glyph = Image.new("L", (size * 2, size * 2), 0)
        pen = ImageDraw.Draw(glyph)
        pen.text((size, size), character, fill=255, font=font(face.chinese, size), anchor="mm")
        glyph = glyph.rotate(-degrees, Image.Resampling.BICUBIC)
        angle = math.radians(degrees)
        x, y = middle[0] + radii[0] * math.sin(angle), middle[1] - radii[1] * math.cos(angle)
        picture.paste(255, (round(x) - size, round(y) - size), glyph)


def _round(unit: str, face: Face, side: int) -> Image.Image:
    picture = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((1, 1, side - 2, side - 2), outline=255, width=max(2, side // 32))
    pen.polygon(_star(side / 2, side * 0.17), fill=255)
    _arc(picture, unit[:16], face, (side * 0.38, side * 0.38), max(6, side // 9))
    words = printable("财务专用章")
    at = (side / 2, side * 0.76)
    pen.text(at, words, fill=255, font=font(face.chinese, max(6, side // 12)), anchor="mm")
    return picture


def _star(middle: float, radius: float) -> list[tuple[float, float]]:
    """Ten corners, outer and inner in turn."""
    return [
        (
            middle + radius * (1, 0.382)[i % 2] * math.sin(math.pi * i / 5),
            middle - radius * (1, 0.382)[i % 2] * math.cos(math.pi * i / 5),
        )
        for i in range(10)
    ]


def _oval(unit: str, day: str, face: Face, side: int) -> Image.Image:
    height = round(side * 0.68)
    picture = Image.new("L", (side, height), 0)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((1, 1, side - 2, height - 2), outline=255, width=max(2, side // 40))
    _arc(picture, unit[:12], face, (side * 0.4, height * 0.36), max(6, side // 12))
    middle = (side / 2, height * 0.55)
    pen.text(
        middle,
        day,
        fill=255,
        font=font(place_for(day, face.chinese, face.latin), side // 9),
        anchor="mm",
    )
    words, at = printable("收讫"), (side / 2, height * 0.78)
    pen.text(at, words, fill=255, font=font(face.chinese, side // 11), anchor="mm")
    return picture


def _square(text: str, face: Face, side: int) -> Image.Image:
    picture = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((1, 1, side - 2, side - 2), outline=255, width=max(2, side // 18))
    for number, character in enumerate(text[:4]):
        at = (side * (0.72, 0.28)[number // 2], side * (0.29 + 0.42 * (number % 2)))
        size = round(side * 0.4)
        pen.text(at, character, fill=255, font=font(face.chinese, size), anchor="mm")
    return picture


def _box(text: str, face: Face, side: int) -> Image.Image:
    size = max(6, side // 3)
    width = round(length(text, face._replace(latin=None, squeeze=1.0), size)) + size
    picture = Image.new("L", (width, size * 2), 0)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((1, 1, width - 2, size * 2 - 2), outline=255, width=max(2, size // 10))
    at = (width / 2, size)
    place = place_for(text, face.chinese, None)
    pen.text(at, text, fill=255, font=font(place, size), anchor="mm")
    return picture


def _inked(cover: Cover, rng: Rng) -> Cover:
    """Ink that took better here than there, and not at all at some grains."""
    height, width = cover.shape
    coarse = Image.fromarray(rng.integers(110, 256, (6, 6)).astype(np.uint8))
    patches = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), np.float32)
    grain = rng.normal(1.0, 0.12, cover.shape)
    inked = np.clip(cover * patches / 255 * grain, 0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(inked).filter(ImageFilter.GaussianBlur(0.6)))


def over(ground: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Ink on a ground: light that passes both."""
    return (ground.astype(np.uint16) * ink // 255).astype(np.uint8)


def tinted(picture: np.ndarray, cover: np.ndarray, mark: MarkStyle) -> np.ndarray:
    share = cover[..., None].astype(np.float32) * (mark.opacity / 255)
    colour = np.array(mark.colour, np.float32)
    return np.rint(picture * (1 - share) + colour * share).astype(np.uint8)


def stamp(picture: np.ndarray, stamped: np.ndarray, seal: Seal) -> tuple[np.ndarray, np.ndarray]:
    """Press a seal on a page; what reaches over its edge is lost. Ink shows through."""
    (x, y), (h, w) = seal.at, seal.cover.shape
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(stamped.shape[1], x + w), min(stamped.shape[0], y + h)
    if x1 <= x0 or y1 <= y0:
        return picture, stamped
    cover = seal.cover[y0 - y : y1 - y, x0 - x : x1 - x]
    picture, stamped = picture.copy(), stamped.copy()
    light = 1 - cover[..., None] / 255 * (1 - np.array(seal.colour) / 255)
    part = picture[y0:y1, x0:x1]
    picture[y0:y1, x0:x1] = np.rint(part * light).astype(np.uint8)
    stamped[y0:y1, x0:x1] = np.maximum(stamped[y0:y1, x0:x1], cover)
    return picture, stamped
