"""Picture files, by Pillow."""

import os
import struct
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from tenglu.errors import InputError
from tenglu.imaging.arrays import Rgb
from tenglu.stages.ingest.scan import IngestOptions, Kind, Scan, check_number, check_size

# The classes and not Image.open: no guess by another format, and no limit on the size but our own.
# JPEG files with several pictures hold previews or depth beside the first one, no pages.
OPENERS: dict[Kind, type[ImageFile]] = {
    Kind.TIFF: TiffImageFile,
    Kind.PNG: PngImageFile,
    Kind.JPEG: JpegImageFile,
    Kind.BMP: BmpImageFile,
    Kind.WEBP: WebPImageFile,
}
FAULTS = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, KeyError, IndexError),
    *(OverflowError, struct.error),
)
"""What Pillow raises on broken files."""

BITS, PHOTOMETRIC, BLACK_IS_ZERO = 258, 262, 1  # tags of TIFF, and a value
PILLOW_STATE = Lock()  # limit and warnings are one for all threads
MIN_DPI = 73  # cameras and drawing programs write 72 when they do not know
MAX_DPI = 2400
MAX_STRETCH = 1.1  # of horizontal to vertical dpi; above it one number would be a lie


def count_pages(path: Path, kind: Kind, options: IngestOptions) -> int:
    """Count the frames; a file with one is also checked for its size.

    Raises:
        InputError: damaged, or the only picture is too small or too large.
    """
    with _opened(path, kind) as picture:
        n_pages = _count_frames(path, picture)
        if n_pages == 1:
            check_size(str(path), *picture.size, options)
        return n_pages


def load_frame(path: Path, kind: Kind, number: int, options: IngestOptions) -> Scan:
    """Decode one picture.

    Raises:
        InputError: damaged, too small or too large, or of a kind without a place in RGB.
    """
    with _opened(path, kind) as picture:
        n_pages = _count_frames(path, picture)
        check_number(path, number, n_pages)
        if n_pages > 1:
            picture.seek(number - 1)
        check_size(
            str(path) if n_pages == 1 else f"page {number} of {path}", *picture.size, options
        )
        if not _has_known_white(picture):
            raise InputError(f"{path} has tones of an unusual kind; save it with 8 bits a colour")
        if kind is Kind.TIFF:
            _load_aloud(picture)
        return Scan(_picture_to_rgb(picture), number, _info_to_dpi(picture.info))


@contextmanager
def _opened(path: Path, kind: Kind) -> Iterator[ImageFile]:
    try:
        with _by_own_rules(), path.open("rb") as stream, OPENERS[kind](stream) as picture:
            yield picture
    except FAULTS as damage:
        raise InputError(
            f"{path} is damaged ({_first_line(damage)}); copy or scan it again"
        ) from damage


@contextmanager
def _by_own_rules() -> Iterator[None]:
    """Lift Pillow's limit, which lies below our own, and its warnings on odd metadata."""
    with PILLOW_STATE, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _load_aloud(picture: ImageFile) -> None:
    """Decode a TIFF; libtiff tells of damaged rows on standard error only, and goes on.

    Raises:
        OSError: libtiff complained.
    """
    standard_error = 2
    with TemporaryFile() as heard:
        kept = os.dup(standard_error)
        os.dup2(heard.fileno(), standard_error)
        try:
            picture.load()
        finally:
            os.dup2(kept, standard_error)
            os.close(kept)
        heard.seek(0)
        if complaint := heard.readline().decode("utf-8", "replace").strip():
            raise OSError(complaint)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _count_frames(path: Path, picture: ImageFile) -> int:
    if isinstance(picture, TiffImageFile):
        return picture.n_frames
    if getattr(picture, "n_frames", 1) > 1:
        raise InputError(f"{path} is an animation; save each of its pictures as a file")
    return 1


def _has_known_white(picture: ImageFile) -> bool:
    """Tell whether deep tones run from black at 0 to white at 65535."""
    if isinstance(picture, TiffImageFile) and picture.mode.startswith("I;16"):
        tags = picture.tag_v2
        return (tags.get(PHOTOMETRIC), tags.get(BITS)) == (BLACK_IS_ZERO, (16,))
    return picture.mode not in {"I", "F"}


def _picture_to_rgb(picture: ImageFile) -> Rgb:
    """Convert any mode; what is transparent shows white paper."""
    if picture.mode.startswith("I;16"):
        tone = (np.asarray(picture) >> 8).astype(np.uint8)
        return np.repeat(tone[:, :, None], 3, axis=2)
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return np.array(Image.alpha_composite(paper, layer).convert("RGB"))
    return np.array(picture.convert("RGB"))


def _info_to_dpi(info: Mapping[Any, Any]) -> int | None:
    """Return the horizontal resolution; None where the file tells none, or an absurd one."""
    told = info.get("dpi")
    if told is None:
        return None
    across, down = (float(value) for value in told)
    if not (isfinite(across) and isfinite(down) and min(across, down) > 0):
        return None
    if max(across, down) > MAX_STRETCH * min(across, down):
        return None
    return round(across) if MIN_DPI <= round(across) <= MAX_DPI else None
