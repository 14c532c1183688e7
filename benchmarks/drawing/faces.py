"""The fonts that this machine has, and lines of text set in them."""

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import groupby
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Place = tuple[str, int]  # file and number of the face in it

CHINESE: tuple[tuple[Place, Place], ...] = (  # regular, bold
    (("NotoSansCJK-Regular.ttc", 2), ("NotoSansCJK-Bold.ttc", 2)),
    (("NotoSerifCJK-Regular.ttc", 2), ("NotoSerifCJK-Bold.ttc", 2)),
    (("DroidSansFallbackFull.ttf", 0), ("DroidSansFallbackFull.ttf", 0)),
    (("SourceHanSansSC-Regular.otf", 0), ("SourceHanSansSC-Bold.otf", 0)),
    (("simsun.ttc", 0), ("simhei.ttf", 0)),
    (("simfang.ttf", 0), ("simhei.ttf", 0)),
    (("simkai.ttf", 0), ("simhei.ttf", 0)),
    (("msyh.ttc", 0), ("msyhbd.ttc", 0)),
    (("wqy-zenhei.ttc", 0), ("wqy-zenhei.ttc", 0)),
    (("wqy-microhei.ttc", 0), ("wqy-microhei.ttc", 0)),
    (("uming.ttc", 0), ("wqy-zenhei.ttc", 0)),
    (("ukai.ttc", 0), ("wqy-zenhei.ttc", 0)),
    (("gbsn00lp.ttf", 0), ("wqy-zenhei.ttc", 0)),
    (("gkai00mp.ttf", 0), ("wqy-zenhei.ttc", 0)),
    (("LXGWWenKai-Regular.ttf", 0), ("LXGWWenKai-Bold.ttf", 0)),
    (("PingFang.ttc", 2), ("PingFang.ttc", 5)),
)
HAIRLINE = ("uming.ttc", "gbsn00lp.ttf")  # of which a fax keeps too little for anybody to read
LATIN: tuple[tuple[Place, Place], ...] = (
    (("LiberationSerif-Regular.ttf", 0), ("LiberationSerif-Bold.ttf", 0)),
    (("LiberationSans-Regular.ttf", 0), ("LiberationSans-Bold.ttf", 0)),
    (("times.ttf", 0), ("timesbd.ttf", 0)),
    (("arial.ttf", 0), ("arialbd.ttf", 0)),
    (("DejaVuSans.ttf", 0), ("DejaVuSans-Bold.ttf", 0)),
)
NOT_FIRST = "，。、；：）〕％%)”’"  # of a line


class Face(NamedTuple):
    """Type of a document; ``squeeze`` is the width of a letter, 1 as designed."""

    chinese: Place | None  # None: this machine has none
    latin: Place | None  # letters and figures; None: those of the Chinese font
    squeeze: float = 1.0


@cache
def there(pairs: tuple[tuple[Place, Place], ...]) -> list[tuple[Place, Place]]:
    """Those of some pairs of which this machine has both files."""
    return [pair for pair in pairs if all(_opens(*place) for place in pair)]


@cache
def _opens(name: str, index: int) -> bool:
    try:
        ImageFont.truetype(name, 10, index)
    except OSError:
        return False
    return True


@lru_cache(maxsize=24)  # each holds its whole file, some 20 MB
def font(place: Place | None, size: int) -> Font:
    """A font of ``size`` px; the Latin one inside Pillow for None."""
    if place is None:
        return ImageFont.load_default(size)
    return ImageFont.truetype(place[0], size, place[1])


def printable(text: str) -> str:
    """What can be drawn of a text here: itself, or Latin letters where no font is Chinese."""
    if there(CHINESE):
        return text
    return "".join(c if c.isascii() else chr(ord("A") + ord(c) % 26) for c in text)


@cache
def holds(place: Place, character: str) -> bool:
    """Whether a font has a shape for a character."""
    face = font(place, 24)
    return bytes(face.getmask(character)) != bytes(face.getmask("\U0010fffe"))


@cache
def place_for(text: str, chinese: Place | None, latin: Place | None) -> Place | None:
    """The first font that holds all of a text: letters' own, the Chinese one, any other."""
    wanted = [latin] if text.isascii() else []
    others = [regular for regular, _ in (*there(CHINESE), *there(LATIN))]
    for place in (*wanted, chinese, *others):
        if place is not None and all(c.isspace() or holds(place, c) for c in text):
            return place
    return chinese


def runs(text: str, face: Face) -> list[tuple[str, Place | None]]:
    """A line in pieces of one font each."""

    def place(character: str) -> Place | None:
        return place_for(character, face.chinese, face.latin)

    return [("".join(part), where) for where, part in groupby(text, key=place)]


def length(text: str, face: Face, size: int) -> float:
    """Width of a line, px."""
    natural = sum(font(place, size).getlength(part) for part, place in runs(text, face))
    return natural * face.squeeze


def draw_line(
    picture: Image.Image,
    at: tuple[float, float],
    text: str,
    face: Face,
    size: int,
    colour: Colour,
) -> None:
    """Set a line whose left end is at x and whose middle is at height y."""
    width = length(text, face._replace(squeeze=1.0), size)
    if not text or width < 1:
        return
    stencil = Image.new("L", (round(width) + 2, round(size * 1.6)), 0)
    pen, x = ImageDraw.Draw(stencil), 0.0
    for part, place in runs(text, face):
        face_font = font(place, size)
        # From the line on which all letters stand, which two fonts share; "m" differs in each.
        pen.text((x, size * 1.18), part, fill=255, font=face_font, anchor="ls")
        x += face_font.getlength(part)
    if face.squeeze != 1:
        squeezed = (max(1, round(stencil.width * face.squeeze)), stencil.height)
        stencil = stencil.resize(squeezed, Image.Resampling.LANCZOS)
    picture.paste(colour, (round(at[0]), round(at[1] - size * 0.8)), stencil)


def tokens(text: str) -> list[str]:
    """Pieces between which a line may end: Chinese anywhere, words and numbers nowhere."""
    pieces: list[str] = []
    for character in text:
        word = character.isascii() and character != " "
        glued = pieces and word and pieces[-1][-1].isascii() and pieces[-1][-1] != " "
        if glued or (pieces and character in NOT_FIRST):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def wrap(text: str, room: float, face: Face, size: int) -> list[str]:
    """Lines no wider than ``room`` px; a piece that is wider is cut where it must."""
    lines = [""]
    for piece in tokens(text):
        if length(lines[-1] + piece, face, size) <= room:
            lines[-1] += piece
        elif length(piece, face, size) <= room:
            lines.append(piece.lstrip(" "))
        else:
            _cut(lines, piece, room, face, size)
    return [line for line in lines if line]


def _cut(lines: list[str], piece: str, room: float, face: Face, size: int) -> None:
    for character in piece:
        if lines[-1] and length(lines[-1] + character, face, size) > room:
            lines.append("")
        lines[-1] += character


def widest(pieces: Sequence[str], face: Face, size: int) -> float:
    return max((length(piece, face, size) for piece in pieces), default=0.0)
