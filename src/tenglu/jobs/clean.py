"""Take marks off whole files: a scan in, the same scan without watermarks and seals out.

A PDF or a TIFF of several pages becomes a PDF of pictures alone, any other picture a PNG. Pages
keep their size, their resolution and the way they lie.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pypdfium2 as pdfium
from PIL import Image
from pypdfium2 import raw

from tenglu.errors import OutputError
from tenglu.files.atomic import temporary_path, write_files
from tenglu.files.image_pdf import (
    ImagePdf,
    Size,
    jpeg_picture,
    pack_lossless,
    pack_scan,
    to_compact,
)
from tenglu.files.picture_folder import picture_name, replaced
from tenglu.imaging.arrays import Mask, Rgb
from tenglu.jobs.inputs import Input, PageRange, select_pages
from tenglu.jobs.output_paths import Target, plan_targets
from tenglu.settings import Settings
from tenglu.stages.ingest import Kind, Scan, identify, load_scan
from tenglu.stages.strip import FoundMark, FoundSeal, Marks, learn_marks, strip

POINTS = 72  # an inch
USUAL_DPI = 200  # of pictures that do not tell theirs; a PDF page must have a size
JPEG_QUALITY = 92  # at 200 dpi the strokes of small characters stay without a halo
LEAST_PAGES = 3  # fewer do not tell what is the same on all of them
N_LEARNT = 8  # pages that a document's marks are learnt from; all are in memory at once
MASKS_SUFFIX = ".masks"  # of the folder beside the result


class RequestError(ValueError):
    """What is asked for cannot be; the message is one line."""


class CleanRequest(NamedTuple):
    """What a call asks for."""

    out: Path  # a folder, or for one input the file itself
    pages: Sequence[PageRange] | None = None  # of each input; None: all
    password: str | None = None
    masks: bool = False  # also write the masks of what was changed


class Job(NamedTuple):
    """One input to clean."""

    path: Path
    kind: str  # media type
    n_pages: int
    numbers: tuple[int, ...]  # of the pages to clean
    result: Path
    masks: Path | None  # folder; None: not asked for
    password: str | None


class CleanPage(NamedTuple):
    """What was taken off a page."""

    number: int
    width: int  # px
    height: int  # px
    dpi: int | None
    changed: float  # share of the pixels
    marks: list[FoundMark]
    seals: list[FoundSeal]

    def to_record(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        marks = [mark._asdict() for mark in self.marks]
        seals = [seal._asdict() for seal in self.seals]
        return {**self._asdict(), "marks": marks, "seals": seals}


def name_results(inputs: Sequence[Input], order: CleanRequest) -> list[Target]:
    """Name what is written for each input, without its suffix.

    Raises:
        RequestError: several inputs, or a folder, for one file.
    """
    if not is_file_name(order.out):
        return plan_targets([(item.path, item.folder) for item in inputs], order.out, ())
    if len(inputs) > 1:
        raise RequestError(
            f"{order.out} is one file for {len(inputs)} inputs; give a folder with -o"
        )
    return [Target(order.out.parent, order.out.stem)] * len(inputs)


def is_file_name(out: Path) -> bool:
    """Tell whether a result is named, and not a folder for results."""
    return out.suffix.lower() in {".pdf", ".png"} and not out.is_dir()


def open_job(path: Path, target: Target, order: CleanRequest, settings: Settings) -> Job:
    """Look at an input before anything is done.

    Raises:
        InputError: it cannot be read.
        PagesError: it has not the pages that are asked for.
        RequestError: the result would be of another kind than it is named.
    """
    source = identify(path, settings.ingest, order.password)
    numbers = select_pages(order.pages, source.n_pages)
    suffix = ".pdf" if source.media_type == Kind.PDF or source.n_pages > 1 else ".png"
    if is_file_name(order.out) and order.out.suffix.lower() != suffix:
        raise RequestError(f"{path} gives a {suffix[1:].upper()}: end {order.out} with {suffix}")
    named = order.out if is_file_name(order.out) else target.folder / f"{target.stem}{suffix}"
    masks = target.folder / f"{target.stem}{MASKS_SUFFIX}" if order.masks else None
    kind, n_pages = source.media_type, source.n_pages
    return Job(path, kind, n_pages, numbers, named, masks, order.password)


def check_apart(inputs: Sequence[Path], results: Sequence[Path]) -> None:
    """Make sure that no result is written over an input, or over another result.

    Raises:
        RequestError: one would be.
    """
    taken = {_identity(path) for path in inputs} - {None}
    for result in results:
        if _identity(result) in taken:
            raise RequestError(f"{result} is an input, which is never written to; give another -o")
        if results.count(result) > 1:
            raise RequestError(f"{result} is named twice as a result; give them different names")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:  # not there
        return None
    return found.st_dev, found.st_ino


def clean(job: Job, settings: Settings, on_page: Callable[[], None]) -> list[CleanPage]:
    """Write one input without its marks; tell what was found.

    One page at a time is in memory, but for those that the marks are learnt from.

    Args:
        job: see :func:`open_job`.
        settings: limits, and what counts as a mark.
        on_page: called after each page.

    Raises:
        InputError: a page cannot be read; nothing is written.
        OutputError: the result cannot be written.
    """
    marks = _learn(job, settings)
    pages: list[CleanPage] = []

    def cleaned() -> Iterator[tuple[Scan, Rgb, Mask]]:
        for number in job.numbers:
            scan = load_scan(job.path, number, settings.ingest, job.password)
            stripped = strip(scan.image, settings.strip, marks)
            height, width = scan.image.shape[:2]
            changed = float(stripped.removed.mean())
            found = (stripped.marks, stripped.seals)
            pages.append(CleanPage(number, width, height, scan.dpi, changed, *found))
            yield scan, stripped.image, stripped.removed
            on_page()

    if job.masks is None:
        _write(job, ((scan, image, mask.any()) for scan, image, mask in cleaned()))
        return pages
    with replaced(job.masks) as folder:
        _write(job, _with_masks(cleaned(), folder))
    return pages


def _learn(job: Job, settings: Settings) -> Marks | None:
    """Learn from pages that are spread evenly over all of the input, asked for or not."""
    if job.n_pages < LEAST_PAGES:
        return None
    n = min(N_LEARNT, job.n_pages)
    numbers = [1 + round(i * (job.n_pages - 1) / (n - 1)) for i in range(n)]
    scans = [load_scan(job.path, i, settings.ingest, job.password).image for i in numbers]
    return learn_marks(scans, settings.strip)


_Cleaned = tuple[Scan, Rgb, Any]
"""The scan, the picture without marks, and whether they differ."""


def _with_masks(pages: Iterator[tuple[Scan, Rgb, Mask]], folder: Path) -> Iterator[_Cleaned]:
    for scan, image, mask in pages:
        file = BytesIO()
        Image.fromarray(mask.astype(np.uint8) * 255).convert("1").save(file, "PNG")
        write_files(folder, {picture_name(scan.number): file.getvalue()})
        yield scan, image, mask.any()


def _write(job: Job, pages: Iterator[_Cleaned]) -> None:
    if job.result.suffix.lower() == ".png":
        for scan, image, _ in pages:
            write_files(job.result.parent, {job.result.name: _to_png(image, scan.dpi)})
        return
    with _written(job.result) as file:
        document = ImagePdf(file)
        for scan, image, is_changed in pages:
            size, jpeg = _look_up(job, scan)
            if is_changed:
                document.add(pack_scan(image, JPEG_QUALITY), size)
            elif jpeg is not None:
                document.add(jpeg_picture(jpeg, _opened_jpeg(jpeg)), size)
            else:
                document.add(pack_lossless(image), size)
        document.close()


def _to_png(image: Rgb, dpi: int | None) -> bytes:
    file = BytesIO()
    resolution = {} if dpi is None else {"dpi": (dpi, dpi)}
    to_compact(image).save(file, "PNG", **resolution)
    return file.getvalue()


@contextmanager
def _written(target: Path) -> Iterator[BinaryIO]:
    """A file that takes its place when all of it is written.

    Raises:
        OutputError: it cannot be written.
    """
    temporary = temporary_path(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as wrong:
        raise OutputError(
            f"cannot write {target}: {wrong.strerror}; choose another output folder"
        ) from wrong
    finally:
        if temporary.exists():
            temporary.unlink()


def _look_up(job: Job, scan: Scan) -> tuple[Size, bytes | None]:
    """Size of a page in points, and the JPEG that lies in it, if that is the scan itself."""
    if job.kind != Kind.PDF:
        height, width = scan.image.shape[:2]
        dpi = scan.dpi or USUAL_DPI
        return (POINTS * width / dpi, POINTS * height / dpi), None
    with _opened_pdf(job) as document:
        page = document[scan.number - 1]
        pictures = page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE])
        files = (bytes(p.get_data()) for p in pictures if p.get_filters() == ["DCTDecode"])
        return page.get_size(), next((data for data in files if _shows(data, scan.image)), None)


@contextmanager
def _opened_pdf(job: Job) -> Iterator[pdfium.PdfDocument]:
    with job.path.open("rb") as stream:  # pypdfium2 takes no paths with odd bytes
        try:
            document = pdfium.PdfDocument(stream)
        except pdfium.PdfiumError:
            document = pdfium.PdfDocument(stream, password=job.password)
        with document:
            yield document


def _opened_jpeg(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data), formats=["JPEG"])


def _shows(data: bytes, image: Rgb) -> bool:
    """Tell whether a JPEG is a scan, pixel by pixel: then it can be passed on as it is."""
    try:
        with _opened_jpeg(data) as picture:
            if (picture.height, picture.width) != image.shape[:2]:
                return False
            is_plain = picture.mode in {"L", "RGB"}
            return is_plain and np.array_equal(np.asarray(picture.convert("RGB")), image)
    except (OSError, SyntaxError, Image.DecompressionBombError):  # pdfium forgives more
        return False
