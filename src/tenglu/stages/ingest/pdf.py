"""Read PDF files with pdfium, which is not thread-safe: use one thread per process."""

import ctypes
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pypdfium2 as pdfium
from pypdfium2 import raw

from tenglu.errors import InputError
from tenglu.imaging.arrays import Rgb
from tenglu.stages.ingest.scan import (
    MAX_STRETCH,
    IngestOptions,
    Scan,
    check_number,
    check_room,
    check_size,
)

POINTS = 72  # per inch
LEAST_DPI = 50  # of a large page that is rendered smaller; below it type is illegible
WHOLE_PAGE = 0.95  # of the page; an image that covers as much is the page itself
SCANNED_PAGE = 0.5  # of the page; images that cover as much determine the resolution
SPECK = 0.01  # of the page; smaller images do not determine the resolution
TAIL = 1024  # bytes at the end of a PDF that contain its end marker
JPEG_END = b"\xff\xd9"

PREVIEW = 256  # px, long side of the rendering that the pixels of an image are compared with
PREVIEW_CELLS = 24  # per side; means over cells this large do not depend on the resampling
PREVIEW_TOLERANCE = 24  # tones; a mask, a clip or a blend mode changes far more

SILENT_ANNOTATIONS = {raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP}
INVISIBLE_TEXT = {raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP}


Bounds = tuple[float, float, float, float]
"""Left, bottom, right and top, in points."""


class _Picture(NamedTuple):
    """An image on a page."""

    handle: pdfium.PdfImage
    matrix: tuple[float, float, float, float, float, float]  # unit square -> points of the page
    width: int  # px
    height: int  # px

    @property
    def bounds(self) -> Bounds:
        """Bounding box on the page."""
        a, b, c, d, e, f = self.matrix
        xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
        return min(xs), min(ys), max(xs), max(ys)

    @property
    def dpi(self) -> tuple[float, float]:
        """Resolution along rows and columns; 0 if the image has no extent."""
        a, b, c, d, _, _ = self.matrix
        sides = ((self.width, math.hypot(a, b)), (self.height, math.hypot(c, d)))
        across, down = (POINTS * pixels / points if points else 0.0 for pixels, points in sides)
        return across, down


class _Content(NamedTuple):
    """Visible content of a page."""

    pictures: tuple[_Picture, ...]  # in drawing order
    has_other: bool  # text, lines, shadings or annotations
    is_covered: bool  # something is drawn over the last image


def count_pages(path: Path, password: str | None) -> int:
    """Count the pages of a file.

    Raises:
        InputError: the file is damaged, locked or has no pages.
    """
    with _opened(path, password) as document:
        return len(document)


def load_page(path: Path, number: int, options: IngestOptions, password: str | None) -> Scan:
    """Extract the image that is the page, or render the page.

    Raises:
        InputError: the file or the page is damaged, or its size exceeds the limits.
    """
    what = f"page {number} of {path}"
    with _opened(path, password) as document:
        check_number(path, number, len(document))
        document.init_forms()  # must precede loading the page, or its fields stay empty
        try:
            page = document[number - 1]
            content = _page_to_content(page)
        except pdfium.PdfiumError as damage:
            raise InputError(f"{what} is damaged; copy or scan the file again") from damage
        for picture in content.pictures:
            check_room(f"a picture on {what}", picture.width, picture.height, options)
        if _is_cut_short(path):
            _check_whole(what, content)
        image = _own_pixels(what, page, content)
        if image is not None:
            check_size(what, image.shape[1], image.shape[0], options)
            return Scan(image, number, round(content.pictures[-1].dpi[0]))
        return _drawn(what, page, content, options)._replace(number=number)


@contextmanager
def _opened(path: Path, password: str | None) -> Iterator[pdfium.PdfDocument]:
    name = os.fsencode(path.absolute()) + b"\0"
    handle = raw.FPDF_LoadDocument(name, None)
    if not handle and raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD and password is not None:
        handle = raw.FPDF_LoadDocument(name, password.encode() + b"\0")
    if not handle:
        raise InputError(_refusal(path, password, raw.FPDF_GetLastError()))
    with pdfium.PdfDocument(handle) as document:  # closes its pages too
        n_pages = len(document)
        if n_pages == 0:
            raise InputError(f"{path} has no pages; save or scan it again")
        if n_pages > path.stat().st_size:  # a page takes more than a byte
            raise InputError(f"{path} is damaged (it claims {n_pages} pages); copy it again")
        yield document


def _refusal(path: Path, password: str | None, code: int) -> str:
    if code == raw.FPDF_ERR_PASSWORD and password is None:
        return f"{path} is locked; write its password into a file and give --password-file"
    if code == raw.FPDF_ERR_PASSWORD:
        return f"{path} does not open with the password given; check --password-file"
    if code == raw.FPDF_ERR_SECURITY:
        return f"{path} is locked in an unknown way; save it without protection"
    return f"{path} is damaged and cannot be opened as a PDF; copy or scan it again"


def _page_to_content(page: pdfium.PdfPage) -> _Content:
    pictures = []
    has_other = is_covered = False
    for item in page.get_objects():
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            matrix, form = item.get_matrix(), item.container
            while form is not None:
                matrix, form = matrix.multiply(form.get_matrix()), form.container
            pictures.append(_Picture(item, matrix.get(), *item.get_px_size()))
            is_covered = False
        elif _is_visible(item):
            has_other = is_covered = True
    annotated = _has_annotations(page)
    return _Content(tuple(pictures), has_other or annotated, is_covered or annotated)


def _is_visible(item: pdfium.PdfObject) -> bool:
    """Return whether an object is visible, unlike the text layer of an earlier OCR or a clip."""
    if item.type == raw.FPDF_PAGEOBJ_TEXT:
        return raw.FPDFTextObj_GetTextRenderMode(item) not in INVISIBLE_TEXT
    if item.type == raw.FPDF_PAGEOBJ_PATH:
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        raw.FPDFPath_GetDrawMode(item, fill, stroke)
        return bool(fill.value or stroke.value)
    return bool(item.type == raw.FPDF_PAGEOBJ_SHADING)  # forms are visible by their content


def _has_annotations(page: pdfium.PdfPage) -> bool:
    for index in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        raw.FPDFPage_CloseAnnot(annotation)
        if kind not in SILENT_ANNOTATIONS:
            return True
    return False


def _is_cut_short(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - TAIL))
        return b"%%EOF" not in stream.read()


def _check_whole(what: str, content: _Content) -> None:
    """Check a page of a truncated file, which pdfium would silently render blank or half gray.

    Raises:
        InputError: the page is empty, or an image on it is truncated.
    """
    jpegs = [p.handle for p in content.pictures if p.handle.get_filters()[-1:] == ["DCTDecode"]]
    is_torn = any(JPEG_END not in bytes(jpeg.get_data())[-len(JPEG_END) - 2 :] for jpeg in jpegs)
    if is_torn or not (content.pictures or content.has_other):
        raise InputError(f"{what} is damaged (the file ends early); copy or scan it again")


def _own_pixels(what: str, page: pdfium.PdfPage, content: _Content) -> Rgb | None:
    """Return the pixels of the image that is the page; None: the page must be rendered.

    Raises:
        InputError: the image cannot be decoded.
    """
    if not content.pictures or content.is_covered:
        return None
    picture = content.pictures[-1]
    if not (_is_straight(picture) and _cover(picture.bounds, page.get_bbox()) >= WHOLE_PAGE):
        return None
    image = _turned(_decoded(what, picture), picture, page.get_rotation())
    # Compare with a rendering, which reveals masks, clips, blend modes and hidden layers alike.
    return image if _is_shown(page, picture, image) else None


def _is_straight(picture: _Picture) -> bool:
    """Return whether an image is parallel to the page and its pixels are about square."""
    a, b, c, d, _, _ = picture.matrix
    off = (b, c) if abs(a) > abs(b) else (a, d)
    pixel = min(picture.dpi)
    if pixel == 0 or max(picture.dpi) > MAX_STRETCH * pixel:
        return False
    return max(abs(points) for points in off) < POINTS / max(picture.dpi)  # less than a pixel


def _cover(a: Bounds, b: Bounds) -> float:
    """Return the intersection over union of two bounds, 0 to 1."""
    shared = _area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))
    union = _area(a) + _area(b) - shared
    return shared / union if union else 0.0


def _area(bounds: Bounds) -> float:
    left, bottom, right, top = bounds
    return max(0.0, right - left) * max(0.0, top - bottom)


def _decoded(what: str, picture: _Picture) -> Rgb:
    try:
        pixels = picture.handle.get_bitmap().to_numpy()
    except pdfium.PdfiumError as damage:
        raise InputError(f"a picture on {what} is damaged; copy or scan it again") from damage
    if pixels.ndim == 2:  # noqa: PLR2004 - grey
        return np.repeat(pixels[:, :, None], 3, axis=2)
    return np.ascontiguousarray(pixels[:, :, 2::-1])  # from BGR, BGRx or BGRA


def _turned(image: Rgb, picture: _Picture, rotation: int) -> Rgb:
    """Show a picture as the page shows it: flipped, transposed, then turned clockwise."""
    a, b, c, d, _, _ = picture.matrix
    if abs(a) <= abs(b):
        image = image.transpose(1, 0, 2)
        a, d = c * -1, b * -1
    if a < 0:
        image = image[:, ::-1]
    if d < 0:
        image = image[::-1]
    return np.ascontiguousarray(np.rot90(image, -rotation // 90))


def _is_shown(page: pdfium.PdfPage, picture: _Picture, image: Rgb) -> bool:
    """Return whether a small rendering of the page shows just this image."""
    scale = PREVIEW / max(page.get_size())
    size = tuple(max(1, round(side * scale)) for side in page.get_size())
    left, bottom, right, top = picture.bounds
    corners = [_point_to_pixel(page, size, p) for p in ((left, bottom), (right, top))]
    (x0, x1), (y0, y1) = (sorted(values) for values in zip(*corners, strict=True))
    drawn = _render(page, size)[max(y0, 0) : y1, max(x0, 0) : x1]
    if drawn.size == 0:
        return False
    cells = (PREVIEW_CELLS, PREVIEW_CELLS)
    tones = [cv2.resize(p, cells, interpolation=cv2.INTER_AREA) for p in (drawn, image)]
    return int(cv2.absdiff(*tones).max()) <= PREVIEW_TOLERANCE


def _point_to_pixel(
    page: pdfium.PdfPage, size: tuple[int, ...], point: tuple[float, float]
) -> tuple[int, int]:
    x, y = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page, 0, 0, *size, 0, *point, x, y)
    return x.value, y.value


def _drawn(what: str, page: pdfium.PdfPage, content: _Content, options: IngestOptions) -> Scan:
    """Render a page with its annotations and form fields.

    Raises:
        InputError: an image on it cannot be decoded, or the page is too small or too large.
    """
    box = page.get_bbox()
    shares = [_area(picture.bounds) / _area(box) for picture in content.pictures]
    large = [p for p, share in zip(content.pictures, shares, strict=True) if share >= SPECK]
    for picture in large:
        _decoded(what, picture)  # pdfium would silently omit an image it cannot decode
    dpi = float(options.vector_dpi)
    if sum(shares) >= SCANNED_PAGE:
        own = max((max(picture.dpi) for picture in large), default=dpi)
        dpi = max(own, dpi) if content.has_other else own
    width, height = page.get_size()
    pixels = width * height * (dpi / POINTS) ** 2
    fit = math.sqrt(options.max_pixels / pixels)
    dpi *= min(1.0, fit)
    if fit < 1 and dpi < LEAST_DPI:
        raise InputError(
            f"{what} declares a size of {width / POINTS:.0f} × {height / POINTS:.0f} inches, "
            "too large to render; save it again with its paper size"
        )
    size = round(width * dpi / POINTS), round(height * dpi / POINTS)
    check_size(what, *size, options)
    return Scan(_render(page, size), 0, round(dpi))


def _render(page: pdfium.PdfPage, size: tuple[int, ...]) -> Rgb:
    bitmap = pdfium.PdfBitmap.new_native(*size, raw.FPDFBitmap_BGR, rev_byteorder=True)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, *size)
    place = (bitmap, page, 0, 0, *size, 0, raw.FPDF_ANNOT | raw.FPDF_REVERSE_BYTE_ORDER)
    raw.FPDF_RenderPageBitmap(*place)
    if page.formenv:
        raw.FPDF_FFLDraw(page.formenv, *place)
    pixels: Rgb = bitmap.to_numpy().copy()
    bitmap.close()
    return pixels
