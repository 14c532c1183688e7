"""What the strip stage gives."""

from typing import Literal, NamedTuple

from tenglu.arrays import Mask, Rgb
from tenglu.geometry import Polygon
from tenglu.stages.strip.places import Pattern


class FoundMark(NamedTuple):
    """One piece of a watermark: a line of it, as far as it hangs together."""

    polygon: Polygon  # px of the page, along the mark
    darkness: float  # of the mark on paper, 0 to 255
    repeats: bool  # a place of the pattern, and not found by its tone alone


class FoundSeal(NamedTuple):
    """A seal or stamp."""

    shape: Literal["round", "oval", "rectangle", "other"]
    color: str  # red, blue, …
    polygon: Polygon  # px of the page


class Marks(NamedTuple):
    """The watermarks of a document, as far as they were learnt."""

    patterns: tuple[Pattern, ...]


class Stripped(NamedTuple):
    """A page without marks."""

    image: Rgb  # (H, W, 3); the very input where nothing was found
    removed: Mask  # (H, W) True where the picture was changed
    marks: list[FoundMark]
    seals: list[FoundSeal]
    pattern: Pattern | None  # the mark alone, where it repeats
