"""Load scans from files, page by page.

The file type is detected from the content, never from the name. Input files are never modified.

A scan keeps the pixels of the file. A PDF page that consists of one image yields the pixels of that
image, with the page's /Rotate and the image's flips applied as in a viewer; any other PDF page is
rendered. EXIF orientation is ignored: it is unreliable for phones held over a table, and polygons
must refer to the raster in the file. The orient stage finds the rotation from the print.
"""

import hashlib
import os
import stat
from pathlib import Path

from tenglu.errors import InputError
from tenglu.model import Source
from tenglu.stages.ingest.reader import InputFile, Reader, find_reader
from tenglu.stages.ingest.scan import DEFAULTS, IngestOptions, Kind, Scan

__all__ = [
    "DEFAULTS",
    "IngestOptions",
    "InputFile",
    "Kind",
    "Reader",
    "Scan",
    "count_pages",
    "describe",
    "find_media_type",
    "identify",
    "load_scan",
    "require_media_type",
]

HEAD = 1024  # bytes; a PDF header may stand anywhere within them


def identify(path: Path, options: IngestOptions = DEFAULTS, password: str | None = None) -> Source:
    """Return name, hash, media type and number of pages of a file, without decoding pages.

    Args:
        path: of the file.
        options: limits.
        password: of a PDF; tried after the empty one.

    Raises:
        InputError: the file is missing, damaged, locked or of an unsupported type.
    """
    return describe(path, *count_pages(path, options, password))


def count_pages(
    path: Path, options: IngestOptions = DEFAULTS, password: str | None = None
) -> tuple[str, int]:
    """Find the media type of a file and count its pages.

    Raises:
        InputError: the file is missing, damaged, locked or of an unsupported type.
    """
    reader, media_type = _require_reader(path)
    return media_type, reader.count_pages(InputFile(path, media_type, options, password))


def describe(path: Path, media_type: str, n_pages: int) -> Source:
    """Describe an input file for the result.

    Raises:
        InputError: the file cannot be read completely.
    """
    name = os.fsencode(path.name).decode("utf-8", "replace")  # file names may not be UTF-8
    return Source(name=name, sha256=_sha256(path), media_type=media_type, n_pages=n_pages)


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
    reader, media_type = _require_reader(path)
    return reader.load_page(InputFile(path, media_type, options, password), number)


def find_media_type(path: Path) -> str | None:
    """Detect the type of a file from its content; None: not a supported type.

    Raises:
        InputError: not a regular file, or it cannot be opened.
    """
    found = find_reader(_head(path))
    return None if found is None else found[1]


def require_media_type(path: Path) -> str:
    """Detect the type of a file that must be of a supported type.

    Raises:
        InputError: it is empty, of an unsupported type, or cannot be opened.
    """
    return _require_reader(path)[1]


def _require_reader(path: Path) -> tuple[Reader, str]:
    head = _head(path)
    if not head:
        raise InputError(f"{path} is empty (0 bytes); copy or scan it again")
    found = find_reader(head)
    if found is None:
        raise InputError(
            f"{path} is not a PDF, TIFF, PNG, JPEG, BMP or WebP, whatever its name says; "
            "save it as one of these"
        )
    return found


def _head(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputError(f"{path} is a folder; give the files in it")
        if not stat.S_ISREG(mode):  # opening a pipe or a device may block
            raise InputError(f"{path} is not a regular file; copy what it holds into one")
        with path.open("rb") as stream:
            return stream.read(HEAD)
    except FileNotFoundError as missing:
        raise InputError(f"{path} does not exist; check the path") from missing
    except OSError as refused:
        raise InputError(
            f"{path} cannot be opened: {refused.strerror}; check the path and the rights"
        ) from refused


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as broken:
        raise InputError(f"{path} cannot be read: {broken.strerror}; copy it again") from broken
