"""What ingest gives, and the limits it keeps."""

from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from tenglu.errors import InputError
from tenglu.imaging.arrays import Rgb
from tenglu.model import Frozen

MIN_SIDE = 16  # px; one printed character needs as much


class Kind(StrEnum):
    """What can be read; the value is the media type."""

    PDF = "application/pdf"
    TIFF = "image/tiff"
    PNG = "image/png"
    JPEG = "image/jpeg"
    BMP = "image/bmp"
    WEBP = "image/webp"


class IngestOptions(Frozen):
    """Limits and resolution."""

    max_pixels: int = Field(
        default=200_000_000,
        ge=MIN_SIDE * MIN_SIDE,
        description="of one page; A0 at 300 dpi has 140 million, and what is far above it is a "
        "mistake or an attack that would take all memory",
    )
    vector_dpi: int = Field(
        default=200, ge=50, le=1200, description="for PDF pages that are drawn and no plain scans"
    )


DEFAULTS = IngestOptions()


class Scan(NamedTuple):
    """One page as delivered."""

    image: Rgb
    number: int  # 1-based position in the input
    dpi: int | None  # None: the file does not tell


def check_size(what: str, width: int, height: int, options: IngestOptions) -> None:
    """Refuse a picture before it is decoded.

    Args:
        what: words for the message: which picture of which file.
        width: px.
        height: px.
        options: the limits.

    Raises:
        InputError: too small to hold text, or too large for memory.
    """
    if min(width, height) < MIN_SIDE:
        raise InputError(
            f"{what} is {width} × {height} pixels, too small to hold text; scan it again"
        )
    check_room(what, width, height, options)


def check_room(what: str, width: int, height: int, options: IngestOptions) -> None:
    """Refuse a picture that would take all memory; see ``check_size``.

    Raises:
        InputError: too large.
    """
    if width * height > options.max_pixels:
        raise InputError(
            f"{what} is {width} × {height} pixels, more than ingest.max_pixels "
            f"({options.max_pixels}); scan it at a lower resolution or raise that setting"
        )


def check_number(path: Path, number: int, n_pages: int) -> None:
    """Refuse a page that is not there.

    Raises:
        InputError: no such page.
    """
    if not 1 <= number <= n_pages:
        raise InputError(f"{path} has no page {number}; its pages are 1 to {n_pages}")
