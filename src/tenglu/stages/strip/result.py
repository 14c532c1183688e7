"""What the strip stage gives."""

from typing import Literal, NamedTuple

from tenglu.imaging.arrays import Gray, Mask, Rgb
from tenglu.imaging.geometry import Polygon
from tenglu.imaging.page_image import PageImage
from tenglu.stages.strip.places import Pattern


class FoundMark(NamedTuple):
    """One piece of a watermark: a line of it, as far as it hangs together."""

    polygon: Polygon  # px of the page, along the mark
    darkness: float  # of the mark on paper, 0 to 255
    repeats: bool  # a place of the pattern, and not found by its tone alone


Shape = Literal["round", "oval", "rectangle", "other"]


class FoundSeal(NamedTuple):
    """A seal or stamp."""

    shape: Shape
    color: str  # red, blue, …; grey on a scan without colour, where it is left
    polygon: Polygon  # px of the page


class Impression(NamedTuple):
    """A seal by itself, without the ink and the paper it was pressed on."""

    image: Gray  # black on white
    shape: Shape
    outline: tuple[tuple[float, float], tuple[float, float], float]  # middle, sides, degrees; px


class Marks(NamedTuple):
    """The watermarks of a document, as far as they were learnt."""

    patterns: tuple[Pattern, ...]


class Stripped(NamedTuple):
    """A page without marks."""

    page: PageImage
    removed: Mask  # (H, W) True where the picture was changed
    marks: list[FoundMark]
    seals: list[FoundSeal]
    pattern: Pattern | None  # the mark alone, where it repeats
    impressions: list[Impression]  # one a seal that was taken off; none on a scan without colour

    @property
    def image(self) -> Rgb:
        """The pixels of the page, (H, W, 3); the very input where nothing was found."""
        return self.page.rgb
