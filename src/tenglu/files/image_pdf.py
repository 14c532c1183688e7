"""Write a PDF with one image per page, page by page, with one image in memory at a time."""

from io import BytesIO
from typing import BinaryIO, NamedTuple

from PIL import Image

from tenglu.imaging.arrays import Rgb

BLACK, WHITE = 0, 255
COMPRESSION = 4  # zlib level; higher ones double the time on noisy scans and save 1 % of the bytes
CATALOG, PAGES = 1, 2  # object numbers of the catalog and the page tree

Size = tuple[float, float]
"""Width and height of a page, points."""


class Picture(NamedTuple):
    """Compressed pixels of a PDF image."""

    data: bytes
    width: int  # px
    height: int  # px
    n_colours: int  # channels; 1: gray, 3: RGB
    n_bits: int  # per channel
    filters: str  # PDF dictionary entries for decoding the data


def to_compact(image: Rgb) -> Image.Image:
    """Convert to the smallest lossless mode: bilevel, gray or RGB."""
    grey = image[:, :, 0]
    if not ((grey == image[:, :, 1]).all() and (grey == image[:, :, 2]).all()):
        return Image.fromarray(image)
    picture = Image.fromarray(grey)
    if ((grey == BLACK) | (grey == WHITE)).all():
        return picture.convert("1", dither=Image.Dither.NONE)
    return picture


def pack_lossless(image: Rgb) -> Picture:
    """Compress an image losslessly."""
    picture = to_compact(image)
    file = BytesIO()
    picture.save(file, "PNG", compress_level=COMPRESSION)
    n_colours, n_bits = len(picture.getbands()), 1 if picture.mode == "1" else 8
    # PDF supports the row predictors of PNG.
    filters = (
        f"/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors {n_colours}"
        f"/BitsPerComponent {n_bits}/Columns {picture.width}>>"
    )
    data = _png_rows(file.getvalue())
    return Picture(data, picture.width, picture.height, n_colours, n_bits, filters)


def pack_scan(image: Rgb, quality: int) -> Picture:
    """Compress bilevel images losslessly, others as JPEG of ``quality`` 1 to 95."""
    picture = to_compact(image)
    if picture.mode == "1":
        return pack_lossless(image)
    file = BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return jpeg_picture(file.getvalue(), picture)


def jpeg_picture(data: bytes, picture: Image.Image) -> Picture:
    """Embed a JPEG file without recoding; ``picture`` is that file opened, gray or RGB."""
    n_colours = len(picture.getbands())
    return Picture(data, picture.width, picture.height, n_colours, 8, "/Filter/DCTDecode")


def _png_rows(png: bytes) -> bytes:
    """Return the compressed pixels of a PNG file."""
    parts = []
    at = 8  # after the signature
    while at < len(png):
        length, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        if kind == b"IDAT":
            parts.append(png[at + 8 : at + 8 + length])
        at += length + 12
    return b"".join(parts)


class ImagePdf:
    """A PDF that is written page by page and completed by :meth:`close`."""

    def __init__(self, file: BinaryIO) -> None:
        """Write the header.

        Args:
            file: empty, open for writing; it is not closed.
        """
        self._file = file
        self._at = 0
        self._places: dict[int, int] = {}  # object number -> byte offset
        self._pages: list[int] = []
        self._write(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")  # the second line marks the file as binary

    def add(self, picture: Picture, size: Size) -> None:
        """Add a page of ``size`` points that the image fills."""
        width, height = (f"{side:.4f}" for side in size)
        first = PAGES + 1 + 3 * len(self._pages)
        space = "DeviceGray" if picture.n_colours == 1 else "DeviceRGB"
        entries = (
            f"/Type/XObject/Subtype/Image/Width {picture.width}/Height {picture.height}"
            f"/ColorSpace/{space}/BitsPerComponent {picture.n_bits}{picture.filters}"
        )
        self._object(
            first,
            f"<</Type/Page/Parent {PAGES} 0 R/MediaBox[0 0 {width} {height}]"
            f"/Resources<</XObject<</P {first + 2} 0 R>>>>/Contents {first + 1} 0 R>>".encode(),
        )
        self._stream(first + 1, "", f"q {width} 0 0 {height} 0 0 cm /P Do Q\n".encode())
        self._stream(first + 2, entries, picture.data)
        self._pages.append(first)

    def close(self) -> None:
        """Write the catalog, the page tree and the cross-reference table."""
        kids = " ".join(f"{number} 0 R" for number in self._pages)
        self._object(CATALOG, f"<</Type/Catalog/Pages {PAGES} 0 R>>".encode())
        self._object(PAGES, f"<</Type/Pages/Count {len(self._pages)}/Kids[{kids}]>>".encode())
        table = self._at
        size = len(self._places) + 1
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        for number in sorted(self._places):
            self._write(b"%010d 00000 n \n" % self._places[number])
        self._write(b"trailer\n<</Size %d/Root %d 0 R>>\n" % (size, CATALOG))
        self._write(b"startxref\n%d\n%%%%EOF\n" % table)

    def _stream(self, number: int, entries: str, data: bytes) -> None:
        head = f"<<{entries}/Length {len(data)}>>stream\n".encode()
        self._object(number, head + data + b"\nendstream")

    def _object(self, number: int, body: bytes) -> None:
        self._places[number] = self._at
        self._write(b"%d 0 obj\n" % number + body + b"\nendobj\n")

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._at += len(data)
