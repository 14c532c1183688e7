"""Path -> scans: the pictures as they were delivered, page by page.

What a file is, is told by its first bytes, never by its name. Nothing is ever written to it.

A scan keeps the pixels of the file. A PDF page that is one picture gives that picture's own
pixels, with the page's /Rotate and the picture's flips applied, as a viewer shows it; any other PDF
page is drawn. An EXIF turn is not applied: phones held over a table guess it wrong, and polygons
must fit the raster that lies in the file; the orient stage finds the turn from what is printed.
"""

import hashlib
import os
import stat
from pathlib import Path

from tenglu.errors import InputError
from tenglu.model import Source
from tenglu.stages.ingest.scan import DEFAULTS, IngestOptions, Kind, Scan

__all__ = [
    "DEFAULTS",
    "IngestOptions",
    "Kind",
    "Scan",
    "count_pages",
    "describe",
    "identify",
    "load_scan",
    "path_to_kind",
    "require_kind",
]

HEAD = 1024  # bytes; a PDF header may stand anywhere within them
STARTS = {
    b"\x89PNG\r\n\x1a\n": Kind.PNG,
    b"\xff\xd8\xff": Kind.JPEG,
    b"II*\0": Kind.TIFF,
    b"MM\0*": Kind.TIFF,
    b"II+\0": Kind.TIFF,  # BigTIFF
    b"MM\0+": Kind.TIFF,
}
BMP_HEADER_SIZES = {12, 40, 52, 56, 64, 108, 124}  # bytes, of all versions of the format


def identify(path: Path, options: IngestOptions = DEFAULTS, password: str | None = None) -> Source:
    """Tell what a file is, and how many pages it has, without decoding them.

    Raises:
        InputError: not a file that can be read.
    """
    return describe(path, *count_pages(path, options, password))


def count_pages(
    path: Path, options: IngestOptions = DEFAULTS, password: str | None = None
) -> tuple[Kind, int]:
    """Tell the kind of a file and count its pages.

    Raises:
        InputError: not a file that can be read.
    """
    kind = require_kind(path)
    if kind is Kind.PDF:
        from tenglu.stages.ingest import pdf  # noqa: PLC0415 - loads pdfium

        return kind, pdf.count_pages(path, password)
    from tenglu.stages.ingest import raster  # noqa: PLC0415 - loads Pillow

    return kind, raster.count_pages(path, kind, options)


def describe(path: Path, kind: Kind, n_pages: int) -> Source:
    """Say what the result says of its input.

    Raises:
        InputError: the file cannot be read to its end.
    """
    name = os.fsencode(path.name).decode("utf-8", "replace")  # names of old disks are not Unicode
    return Source(name=name, sha256=_sha256(path), media_type=kind, n_pages=n_pages)


def load_scan(
    path: Path, number: int, options: IngestOptions = DEFAULTS, password: str | None = None
) -> Scan:
    """Decode one page.

    Args:
        path: of the file.
        number: of the page, 1-based.
        options: limits and resolution.
        password: of a PDF; tried after the empty one.

    Raises:
        InputError: the file or this page of it cannot be read.
    """
    kind = require_kind(path)
    if kind is Kind.PDF:
        from tenglu.stages.ingest import pdf  # noqa: PLC0415 - loads pdfium

        return pdf.load_page(path, number, options, password)
    from tenglu.stages.ingest import raster  # noqa: PLC0415 - loads Pillow

    return raster.load_frame(path, kind, number, options)


def path_to_kind(path: Path) -> Kind | None:
    """Tell by its bytes what a file is; None: nothing that can be read.

    Raises:
        InputError: not a file, or it cannot be opened.
    """
    return _bytes_to_kind(_head(path))


def require_kind(path: Path) -> Kind:
    """The same, where nothing but a document will do.

    Raises:
        InputError: it is none, or cannot be opened.
    """
    head = _head(path)
    if not head:
        raise InputError(f"{path} is empty (0 bytes); copy or scan it again")
    kind = _bytes_to_kind(head)
    if kind is None:
        raise InputError(
            f"{path} is no PDF, TIFF, PNG, JPEG, BMP or WebP, whatever its name says; "
            "save it as one of these"
        )
    return kind


def _head(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputError(f"{path} is a folder; give the files in it")
        if not stat.S_ISREG(mode):  # opening a pipe or a device could wait for ever
            raise InputError(f"{path} is not a regular file; copy what it holds into one")
        with path.open("rb") as stream:
            return stream.read(HEAD)
    except FileNotFoundError as missing:
        raise InputError(f"{path} does not exist; check the path") from missing
    except OSError as refused:
        raise InputError(
            f"{path} cannot be opened: {refused.strerror}; check the path and the rights"
        ) from refused


def _bytes_to_kind(head: bytes) -> Kind | None:
    for start, kind in STARTS.items():
        if head.startswith(start):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Kind.WEBP
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in BMP_HEADER_SIZES:
        return Kind.BMP  # two letters alone would make a picture of any text that begins with BM
    return Kind.PDF if b"%PDF-" in head else None


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as broken:
        raise InputError(f"{path} cannot be read: {broken.strerror}; copy it again") from broken
