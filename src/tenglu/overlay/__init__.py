"""Pictures for people who check: a scan, or an upright page, with what was found drawn in."""

from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from tenglu.errors import InputError
from tenglu.files.atomic import write_files
from tenglu.files.picture_folder import OVERLAY_SUFFIX, is_overlay, picture_name, replaced
from tenglu.imaging.arrays import Rgb
from tenglu.imaging.fonts import find_font
from tenglu.model import Document, FlagCode, Page
from tenglu.overlay.grid_page import draw_grids
from tenglu.overlay.scan_page import draw_failure, draw_page
from tenglu.stages.ingest import IngestOptions, load_scan

__all__ = ["Original", "draw_grids", "draw_page", "is_overlay", "to_png", "write_overlays"]

COMPRESSION = 4  # zlib's; beyond it noisy scans take twice the time for a hundredth of the bytes


class Original(NamedTuple):
    """Where the pictures of the pages are."""

    path: Path
    options: IngestOptions
    password: str | None = None


def write_overlays(document: Document, original: Original, folder: Path, stem: str) -> list[Path]:
    """Write ``folder/<stem>.overlay/p001.png``, … for each page and return the paths.

    A page that cannot be shown gets a picture that says why. One page at a time is in memory.

    Raises:
        OutputError: a picture cannot be written; an earlier folder is left as it was.
    """
    font = find_font()
    target = folder / f"{stem}{OVERLAY_SUFFIX}"
    names = [picture_name(page.number) for page in document.pages]
    with replaced(target) as fresh:
        for name, page in zip(names, document.pages, strict=True):
            write_files(fresh, {name: to_png(_draw(document, page, original, font), page.dpi)})
    return [target / name for name in names]


def _draw(document: Document, page: Page, original: Original, font: Path | None) -> Rgb:
    if FlagCode.PAGE_FAILED in page.flags:
        return draw_failure(document, page.number, _reason(document, page), font)
    try:
        scan = load_scan(original.path, page.number, original.options, original.password)
    except InputError as gone:  # since it was read
        return draw_failure(document, page.number, str(gone), font)
    return draw_page(document, page, scan.image, font)


def _reason(document: Document, page: Page) -> str:
    failures = (flag for flag in document.flags if flag.code is FlagCode.PAGE_FAILED)
    return next((flag.message for flag in failures if flag.page == page.number), "")


def to_png(image: Rgb, dpi: int | None) -> bytes:
    """Pack a picture; ``dpi`` None: unknown."""
    file = BytesIO()
    resolution = {} if dpi is None else {"dpi": (dpi, dpi)}
    Image.fromarray(image).save(file, "PNG", compress_level=COMPRESSION, **resolution)
    return file.getvalue()
