"""Result types of the strip stage."""

from typing import Literal, NamedTuple

from tenglu.imaging.arrays import Gray, Mask, Rgb
from tenglu.imaging.geometry import Polygon
from tenglu.imaging.page_image import PageImage
from tenglu.stages.strip.places import Pattern


class FoundMark(NamedTuple):
    """One connected line of a watermark."""

    polygon: Polygon  # px of the page, aligned with the mark
    darkness: float  # of the mark on bare paper, 0 to 255
    repeats: bool  # True: found by a repeated pattern; False: found by tone alone


OVAL = 1.2  # longer over shorter axis; a seal with more is oval, with less it is round
Shape = Literal["round", "oval", "rectangle", "other"]


class FoundSeal(NamedTuple):
    """A seal or stamp found on the page."""

    shape: Shape
    color: str  # red, blue, …; grey on a scan without colour, where the seal is not removed
    polygon: Polygon  # px of the page


class Impression(NamedTuple):
    """The ink of a seal, separated from the print and the paper under it."""

    image: Gray  # black on white
    shape: Shape
    outline: tuple[tuple[float, float], tuple[float, float], float]  # centre, sides, degrees; px


class Marks(NamedTuple):
    """Watermark patterns learnt from a document."""

    patterns: tuple[Pattern, ...]


class Stripped(NamedTuple):
    """A page with its watermarks and coloured seals removed."""

    page: PageImage
    removed: Mask  # (H, W) True where the image was changed
    marks: list[FoundMark]
    seals: list[FoundSeal]
    pattern: Pattern | None  # the mark itself, if it repeats
    impressions: list[Impression]  # one per removed seal; empty on a scan without colour

    @property
    def image(self) -> Rgb:
        """Pixels of the page, (H, W, 3); the input array itself if nothing was found."""
        return self.page.rgb
