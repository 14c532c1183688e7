"""The formats that come with tenglu. What decodes them is imported when a file is opened."""

from tenglu.stages.ingest.reader import InputFile, Reader
from tenglu.stages.ingest.scan import Kind, Scan

# ruff: noqa: PLC0415 - pdfium and Pillow are not loaded to look at a file

STARTS = {
    b"\x89PNG\r\n\x1a\n": Kind.PNG,
    b"\xff\xd8\xff": Kind.JPEG,
    b"II*\0": Kind.TIFF,
    b"MM\0*": Kind.TIFF,
    b"II+\0": Kind.TIFF,  # BigTIFF
    b"MM\0+": Kind.TIFF,
}
BMP_HEADER_SIZES = {12, 40, 52, 56, 64, 108, 124}  # bytes, of all versions of the format


def _pdf_type(head: bytes) -> Kind | None:
    return Kind.PDF if b"%PDF-" in head else None


def _count_pdf_pages(file: InputFile) -> int:
    from tenglu.stages.ingest import pdf

    return pdf.count_pages(file.path, file.password)


def _load_pdf_page(file: InputFile, number: int) -> Scan:
    from tenglu.stages.ingest import pdf

    return pdf.load_page(file.path, number, file.options, file.password)


def _picture_type(head: bytes) -> Kind | None:
    for start, kind in STARTS.items():
        if head.startswith(start):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Kind.WEBP
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in BMP_HEADER_SIZES:
        return Kind.BMP  # two letters alone would make a picture of any text that begins with BM
    return None


def _count_frames(file: InputFile) -> int:
    from tenglu.stages.ingest import raster

    return raster.count_pages(file.path, Kind(file.media_type), file.options)


def _load_frame(file: InputFile, number: int) -> Scan:
    from tenglu.stages.ingest import raster

    return raster.load_frame(file.path, Kind(file.media_type), number, file.options)


PDF = Reader(_pdf_type, _count_pdf_pages, _load_pdf_page, (".pdf",))
PICTURES = Reader(
    _picture_type,
    _count_frames,
    _load_frame,
    (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".webp"),
)
