"""Read image files with Pillow."""

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
from tenglu.stages.ingest.scan import (
    MAX_STRETCH,
    IngestOptions,
    Kind,
    Scan,
    check_number,
    check_size,
)

# Use the classes instead of Image.open: no other format is tried, and only our size limit applies.
# JPEG files with several images contain previews or depth maps after the first one, not pages.
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
"""Exceptions that Pillow raises on damaged files."""

BITS, PHOTOMETRIC, BLACK_IS_ZERO = 258, 262, 1  # TIFF tags, and a value of the latter
PILLOW_STATE = Lock()  # the size limit and the warning filters are global to all threads
MIN_DPI = 73  # cameras and drawing programs write 72 for an unknown resolution
MAX_DPI = 2400  # optical resolution of the best flatbed scanners


def count_pages(path: Path, kind: Kind, options: IngestOptions) -> int:
    """Count the frames of a file, and check the size of a single frame.

    Raises:
        InputError: the file is damaged, or its only frame is too small or too large.
    """
    with _opened(path, kind) as picture:
        n_pages = _count_frames(path, picture)
        if n_pages == 1:
            check_size(str(path), *picture.size, options)
        return n_pages


def load_frame(path: Path, kind: Kind, number: int, options: IngestOptions) -> Scan:
    """Decode one frame.

    Raises:
        InputError: it is damaged, too small, too large, or of an unsupported pixel format.
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
            raise InputError(f"{path} has an unusual pixel format; save it with 8 bits per channel")
        if kind is Kind.TIFF:
            _load_strict(picture)
        return Scan(_picture_to_rgb(picture), number, _info_to_dpi(picture.info))


@contextmanager
def _opened(path: Path, kind: Kind) -> Iterator[ImageFile]:
    try:
        with _without_pillow_limits(), path.open("rb") as stream, OPENERS[kind](stream) as picture:
            yield picture
    except FAULTS as damage:
        raise InputError(
            f"{path} is damaged ({_first_line(damage)}); copy or scan it again"
        ) from damage


@contextmanager
def _without_pillow_limits() -> Iterator[None]:
    """Suspend Pillow's size limit, which is below ours, and its warnings about metadata."""
    with PILLOW_STATE, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _load_strict(picture: ImageFile) -> None:
    """Decode a TIFF; libtiff reports damaged rows only on standard error, and continues.

    Raises:
        OSError: libtiff reported an error.
    """
    standard_error = 2
    with TemporaryFile() as captured:
        saved = os.dup(standard_error)
        os.dup2(captured.fileno(), standard_error)
        try:
            picture.load()
        finally:
            os.dup2(saved, standard_error)
            os.close(saved)
        captured.seek(0)
        if error := captured.readline().decode("utf-8", "replace").strip():
            raise OSError(error)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _count_frames(path: Path, picture: ImageFile) -> int:
    if isinstance(picture, TiffImageFile):
        return picture.n_frames
    if getattr(picture, "n_frames", 1) > 1:
        raise InputError(f"{path} is an animation; save each of its frames as a file")
    return 1


def _has_known_white(picture: ImageFile) -> bool:
    """Return whether the range of tones is known: 8 bits, or 16 bits with black at 0."""
    if isinstance(picture, TiffImageFile) and picture.mode.startswith("I;16"):
        tags = picture.tag_v2
        return (tags.get(PHOTOMETRIC), tags.get(BITS)) == (BLACK_IS_ZERO, (16,))
    return picture.mode not in {"I", "F"}


def _picture_to_rgb(picture: ImageFile) -> Rgb:
    """Convert any mode to RGB, with transparent pixels as white paper."""
    if picture.mode.startswith("I;16"):
        tone = (np.asarray(picture) >> 8).astype(np.uint8)
        return np.repeat(tone[:, :, None], 3, axis=2)
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return np.array(Image.alpha_composite(paper, layer).convert("RGB"))
    return np.array(picture.convert("RGB"))


def _info_to_dpi(info: Mapping[Any, Any]) -> int | None:
    """Return the horizontal resolution; None: missing or implausible."""
    dpi = info.get("dpi")
    if dpi is None:
        return None
    across, down = (float(value) for value in dpi)
    if not (isfinite(across) and isfinite(down) and min(across, down) > 0):
        return None
    if max(across, down) > MAX_STRETCH * min(across, down):
        return None
    return round(across) if MIN_DPI <= round(across) <= MAX_DPI else None
