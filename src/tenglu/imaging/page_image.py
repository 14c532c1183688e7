"""A page, and what several stages measure on it."""

from functools import cached_property

from tenglu.imaging.arrays import Gray, Rgb, check_rgb
from tenglu.imaging.ink import Ink, darkness, measure_ink, to_gray


class PageImage:
    """A page that does not change; each measure is taken once, when it is first asked for."""

    def __init__(self, rgb: Rgb) -> None:
        """Wrap a page, (H, W, 3)."""
        self.rgb = check_rgb(rgb)

    @classmethod
    def of(cls, page: "Rgb | PageImage") -> "PageImage":
        """Wrap a page, unless it is wrapped: stages take both."""
        return page if isinstance(page, PageImage) else cls(page)

    def replaced(self, rgb: Rgb) -> "PageImage":
        """Wrap what a stage made of this page; if it is the very same picture, measures stay."""
        return self if rgb is self.rgb else PageImage(rgb)

    @cached_property
    def gray(self) -> Gray:
        """(H, W) luminance."""
        return to_gray(self.rgb)

    @cached_property
    def darkness(self) -> Gray:
        """(H, W) how much darker than its paper each pixel is."""
        return darkness(self.gray)

    @cached_property
    def ink(self) -> Ink:
        """How dark the ink is and how tall the type."""
        return measure_ink(self.darkness)
