"""Take marks off whole files: a scan in, the same scan without watermarks and seals out.

A PDF or a TIFF of several pages becomes a PDF of pictures alone, any other picture a PNG. Pages
keep their size, their resolution and the way they lie.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pypdfium2 as pdfium
from PIL import Image
from pypdfium2 import raw

from tenglu.errors import InputError, OutputError
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
from tenglu.imaging.arrays import Rgb
from tenglu.jobs.events import PageFinished
from tenglu.jobs.inputs import Input, PageRange, select_pages
from tenglu.jobs.output_paths import Target, plan_targets
from tenglu.jobs.run import run
from tenglu.settings import Settings
from tenglu.stages.ingest import Kind, Scan, identify, load_scan
from tenglu.stages.strip import FoundMark, FoundSeal, Marks, Stripped, learn_marks, strip
from tenglu.workers import PageFailed, PageTask
from tenglu.workers.page import work_on

POINTS = 72  # an inch
USUAL_DPI = 200  # of pictures that do not tell theirs; a PDF page must have a size
JPEG_QUALITY = 92  # at 200 dpi the strokes of small characters stay without a halo
LEAST_PAGES = 3  # fewer do not tell what is the same on all of them
N_LEARNT = 8  # pages that a document's marks are learnt from; all are in memory at once
MASKS_SUFFIX = ".masks"  # of the folder beside the result


class RequestError(ValueError):
    """A request that cannot be met; the message is one line."""


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


def name_results(inputs: Sequence[Input], request: CleanRequest) -> list[Target]:
    """Name what is written for each input, without its suffix.

    Raises:
        RequestError: several inputs, or a folder, for one file.
    """
    if not is_file_name(request.out):
        return plan_targets([(item.path, item.folder) for item in inputs], request.out, ())
    if len(inputs) > 1:
        raise RequestError(
            f"{request.out} is one file for {len(inputs)} inputs; give a folder with -o"
        )
    return [Target(request.out.parent, request.out.stem)] * len(inputs)


def is_file_name(out: Path) -> bool:
    """Tell whether a result is named, and not a folder for results."""
    return out.suffix.lower() in {".pdf", ".png"} and not out.is_dir()


def open_job(path: Path, target: Target, request: CleanRequest, settings: Settings) -> Job:
    """Open an input before anything is written.

    Raises:
        InputError: it cannot be read.
        PagesError: it has not the pages that are asked for.
        RequestError: the result would be of another kind than it is named.
    """
    source = identify(path, settings.ingest, request.password)
    numbers = select_pages(request.pages, source.n_pages)
    suffix = ".pdf" if source.media_type == Kind.PDF or source.n_pages > 1 else ".png"
    if is_file_name(request.out) and request.out.suffix.lower() != suffix:
        raise RequestError(f"{path} gives a {suffix[1:].upper()}: end {request.out} with {suffix}")
    named = request.out if is_file_name(request.out) else target.folder / f"{target.stem}{suffix}"
    masks = target.folder / f"{target.stem}{MASKS_SUFFIX}" if request.masks else None
    kind, n_pages = source.media_type, source.n_pages
    return Job(path, kind, n_pages, numbers, named, masks, request.password)


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


class Cleaned(NamedTuple):
    """A page as delivered, and without its marks."""

    scan: Scan
    stripped: Stripped

    def facts(self) -> CleanPage:
        """What was taken off."""
        scan, stripped = self
        height, width = scan.image.shape[:2]
        changed = float(stripped.removed.mean())
        found = (stripped.marks, stripped.seals)
        return CleanPage(scan.number, width, height, scan.dpi, changed, *found)


class _Cleaner:
    """Take marks off pages, in this process and in their order."""

    def __init__(self, settings: Settings, marks: Marks | None) -> None:
        self._settings = settings
        self._marks = marks

    def run(self, tasks: Iterable[PageTask]) -> Iterator[tuple[PageTask, Cleaned | PageFailed]]:
        for task in tasks:
            yield task, work_on(task, self._settings.ingest, self._clean)

    def _clean(self, scan: Scan) -> Cleaned:
        return Cleaned(scan, strip(scan.image, self._settings.strip, self._marks))


OnPage = Callable[[PageFinished[Job, Cleaned]], None]


def clean(job: Job, settings: Settings, on_page: OnPage) -> list[CleanPage]:
    """Write one input without its marks; tell what was found.

    One page at a time is in memory, but for those that the marks are learnt from.

    Args:
        job: see :func:`open_job`.
        settings: limits, and what counts as a mark.
        on_page: called with each page once it is written.

    Raises:
        InputError: a page cannot be read; nothing is written.
        OutputError: the result cannot be written.
    """
    pages: list[CleanPage] = []

    def cleaned() -> Iterator[Cleaned]:
        for event in run([job], _Cleaner(settings, _learn(job, settings)), job.password):
            if isinstance(event, PageFinished):
                if isinstance(event.outcome, PageFailed):
                    raise InputError(event.outcome.reason)
                pages.append(event.outcome.facts())
                yield event.outcome
                on_page(event)

    if job.masks is None:
        _write(job, cleaned())
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


def _with_masks(pages: Iterator[Cleaned], folder: Path) -> Iterator[Cleaned]:
    for page in pages:
        file = BytesIO()
        white = page.stripped.removed.astype(np.uint8) * 255
        Image.fromarray(white).convert("1").save(file, "PNG")
        write_files(folder, {picture_name(page.scan.number): file.getvalue()})
        yield page


def _write(job: Job, pages: Iterator[Cleaned]) -> None:
    if job.result.suffix.lower() == ".png":
        for scan, stripped in pages:
            data = _to_png(stripped.image, scan.dpi)
            write_files(job.result.parent, {job.result.name: data})
        return
    with _written(job.result) as file:
        document = ImagePdf(file)
        for scan, stripped in pages:
            size, jpeg = _look_up(job, scan)
            if stripped.removed.any():
                document.add(pack_scan(stripped.image, JPEG_QUALITY), size)
            elif jpeg is not None:
                document.add(jpeg_picture(jpeg, _opened_jpeg(jpeg)), size)
            else:
                document.add(pack_lossless(stripped.image), size)
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
