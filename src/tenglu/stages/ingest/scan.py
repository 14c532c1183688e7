"""Result type, options and limits of the ingest stage."""

from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from tenglu.errors import InputError
from tenglu.imaging.arrays import Rgb
from tenglu.model import Frozen

MAX_STRETCH = 1.1  # horizontal over vertical dpi; beyond it one resolution does not describe a scan
MIN_SIDE = 16  # px; the least size of one legible character


class Kind(StrEnum):
    """Supported file types; the value is the media type."""

    PDF = "application/pdf"
    TIFF = "image/tiff"
    PNG = "image/png"
    JPEG = "image/jpeg"
    BMP = "image/bmp"
    WEBP = "image/webp"


class IngestOptions(Frozen):
    """Limits and resolution of page images."""

    max_pixels: int = Field(
        default=200_000_000,
        ge=MIN_SIDE * MIN_SIDE,
        description="maximum number of pixels of a page; A0 at 300 dpi has 140 million, and much "
        "larger images are a mistake or an attack that would exhaust the memory",
    )
    vector_dpi: int = Field(
        default=200,
        ge=50,
        le=1200,
        description="resolution at which PDF pages that are not plain scans are rendered",
    )


DEFAULTS = IngestOptions()


class Scan(NamedTuple):
    """The image of one page as delivered."""

    image: Rgb  # (H, W, 3)
    number: int  # of the page, 1-based
    dpi: int | None  # None: the file has no valid resolution


def check_size(what: str, width: int, height: int, options: IngestOptions) -> None:
    """Check the size of an image before it is decoded.

    Args:
        what: name of the image in the message.
        width: px.
        height: px.
        options: the limits.

    Raises:
        InputError: the image is too small for text or exceeds ``max_pixels``.
    """
    if min(width, height) < MIN_SIDE:
        raise InputError(
            f"{what} is {width} × {height} pixels, too small to hold text; scan it again"
        )
    check_room(what, width, height, options)


def check_room(what: str, width: int, height: int, options: IngestOptions) -> None:
    """Check that an image does not exceed ``max_pixels``; see :func:`check_size`.

    Raises:
        InputError: it does.
    """
    if width * height > options.max_pixels:
        raise InputError(
            f"{what} is {width} × {height} pixels, more than ingest.max_pixels "
            f"({options.max_pixels}); scan it at a lower resolution or raise that setting"
        )


def check_number(path: Path, number: int, n_pages: int) -> None:
    """Check that a page exists.

    Raises:
        InputError: it does not.
    """
    if not 1 <= number <= n_pages:
        raise InputError(f"{path} has no page {number}; its pages are 1 to {n_pages}")
