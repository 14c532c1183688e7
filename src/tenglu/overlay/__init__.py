"""Draw recognised structure on scans and pages, for visual inspection."""

from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from tenglu.errors import InputError
from tenglu.files.atomic import write_files
from tenglu.files.image_pdf import COMPRESSION
from tenglu.files.picture_folder import OVERLAY_SUFFIX, is_overlay, picture_name, replaced
from tenglu.imaging.arrays import Rgb
from tenglu.imaging.fonts import find_font
from tenglu.model import Document, FlagCode, Page
from tenglu.overlay.grid_page import draw_grids
from tenglu.overlay.scan_page import draw_failure, draw_page
from tenglu.stages.ingest import IngestOptions, load_scan

__all__ = ["Original", "draw_grids", "draw_page", "is_overlay", "to_png", "write_overlays"]


class Original(NamedTuple):
    """The input file from which page images are loaded."""

    path: Path
    options: IngestOptions
    password: str | None = None


def write_overlays(document: Document, original: Original, folder: Path, stem: str) -> list[Path]:
    """Write ``folder/<stem>.overlay/p001.png``, … for each page and return the paths.

    A page that cannot be loaded gets an image with the reason. One page is in memory at a time.

    Raises:
        OutputError: an image cannot be written; an existing folder is left unchanged.
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
    except InputError as gone:  # the file changed after it was read
        return draw_failure(document, page.number, str(gone), font)
    return draw_page(document, page, scan.image, font)


def _reason(document: Document, page: Page) -> str:
    failures = (flag for flag in document.flags if flag.code is FlagCode.PAGE_FAILED)
    return next((flag.message for flag in failures if flag.page == page.number), "")


def to_png(image: Rgb, dpi: int | None) -> bytes:
    """Encode an (H, W, 3) image as PNG; ``dpi`` None: unknown."""
    file = BytesIO()
    resolution = {} if dpi is None else {"dpi": (dpi, dpi)}
    Image.fromarray(image).save(file, "PNG", compress_level=COMPRESSION, **resolution)
    return file.getvalue()
