"""Makers of files that a converter meets in the wild: odd, torn, locked, lying. Bytes by hand."""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

A4 = (595.44, 842.04)  # points; at 200 dpi 1654 × 2339 px
HUGE = 60_000  # px
PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
"""What PDF passwords are filled up with."""


class Sheet(NamedTuple):
    """A PDF page: its content stream, and the pictures (stream objects) that it may name."""

    content: bytes
    pictures: dict[str, bytes] = {}  # noqa: RUF012 - never written to
    size: tuple[float, float] = A4
    rotate: int = 0
    extra: bytes = b""  # further entries of the page


def picture(image: np.ndarray, extra: bytes = b"") -> bytes:
    """A lossless picture; 2 dimensions are grey, 3 are RGB."""
    height, width = image.shape[:2]
    space = b"DeviceGray" if image.ndim == 2 else b"DeviceRGB"
    head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/%s/BitsPerComponent 8" % (
        width,
        height,
        space,
    )
    return stream(zlib.compress(image.tobytes(), 1), head + b"/Filter/FlateDecode" + extra)


def jpeg_picture(data: bytes, width: int, height: int) -> bytes:
    head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB" % (width, height)
    return stream(data, head + b"/BitsPerComponent 8/Filter/DCTDecode")


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def shown(width: float, height: float, x: float = 0, y: float = 0) -> bytes:
    """Content that shows the picture /P upright."""
    return placed((width, 0, 0, height, x, y))


def placed(matrix: Sequence[float], name: str = "P") -> bytes:
    return f"q {' '.join(f'{value:.6f}' for value in matrix)} cm /{name} Do Q\n".encode()


def scanned(image: np.ndarray, size: tuple[float, float] = A4) -> Sheet:
    """A page that is one picture."""
    return Sheet(shown(*size), {"P": picture(image)}, size)


def pdf(
    sheets: Sequence[Sheet], n_claimed: int | None = None, password: str | None = None
) -> bytes:
    """A sound PDF 1.4, but for the number of pages it claims.

    Args:
        sheets: its pages.
        n_claimed: pages by its own account; None: the truth.
        password: locks it, "" for the lock that opens without one; None: no lock.
    """
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    kids = []
    for sheet in sheets:
        first = len(objects) + 3  # page, content, then its pictures
        names = b"".join(
            b"/%s %d 0 R" % (name.encode(), first + index)
            for index, name in enumerate(sheet.pictures)
        )
        kids.append(b"%d 0 R" % (first - 2))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.6f %.6f]/Rotate %d/Contents %d 0 R"
            b"/Resources<</XObject<<%s>>/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
            b">>%s>>" % (*sheet.size, sheet.rotate, first - 1, names, sheet.extra)
        )
        objects += [stream(sheet.content), *sheet.pictures.values()]
    count = len(sheets) if n_claimed is None else n_claimed
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(kids), count)
    return assembled(objects) if password is None else _locked(objects, password)


def assembled(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    out = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Root 1 0 R/Size %d%s>>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, table, size, trailer, len(out))
    )


def nested_forms(depth: int, width: int) -> bytes:
    """A page whose content draws itself again and again: ``width ** (depth - 1)`` lines."""
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</XObject<</F 5 0 R>>>>>>"
    )
    pages = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", pages, page, stream(b"/F Do\n")]
    kind = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]"
    for number in range(6, 5 + depth):
        below = b"/Resources<</XObject<</F %d 0 R>>>>" % number
        objects.append(stream(b"/F Do\n" * width, kind + below))
    objects.append(stream(b"0 0 m 9 9 l S\n", kind))
    return assembled(objects)


def object_stream(megabytes: int) -> bytes:
    """A PDF whose catalogue lies in a stream that unpacks to so much."""
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>> ",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>> ",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>> ",
    )
    index = b"1 0 2 %d 3 %d " % (len(parts[0]), len(parts[0] + parts[1]))
    packer = zlib.compressobj(1)
    data = packer.compress(index + b"".join(parts))
    data += b"".join(packer.compress(b" " * 1_000_000) for _ in range(megabytes)) + packer.flush()
    entries = b"/Type/ObjStm/N 3/First %d/Filter/FlateDecode" % len(index)
    out = b"%PDF-1.5\n"
    first, out = len(out), out + b"4 0 obj\n" + stream(data, entries) + b"\nendobj\n"
    inside = [(2, 4, n) for n in range(3)]
    rows = [(0, 0, 65535), *inside, (1, first, 0), (1, len(out), 0)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    head = b"/Type/XRef/Size 6/W[1 4 2]/Root 1 0 R"
    index_at = len(out)
    out += b"5 0 obj\n" + stream(table, head) + b"\nendobj\n"
    return out + b"startxref\n%d\n%%%%EOF\n" % index_at


def early_trailer(sheet: Sheet, keep: float) -> bytes:
    """A PDF whose index stands before its page, torn: pdfium still opens it.

    Args:
        sheet: the only page.
        keep: share of the last object that is left.
    """
    [content_picture] = sheet.pictures.values()
    out = b"%PDF-1.4\ntrailer\n<</Root 1 0 R/Size 6>>\n"
    for number, content in enumerate(
        (
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %f %f]/Contents 4 0 R"
            b"/Resources<</XObject<</P 5 0 R>>>>>>" % sheet.size,
            stream(sheet.content),
        ),
        1,
    ):
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    last = b"5 0 obj\n%s\nendobj\n" % content_picture
    return out + last[: int(len(last) * keep)]


def _locked(objects: Sequence[bytes], password: str) -> bytes:
    """Lock by RC4 with 40 bits, the oldest scheme."""
    filled = (password.encode("latin-1") + PAD)[:32]
    owner = _rc4(hashlib.md5(filled).digest()[:5], filled)  # noqa: S324 - the format's own
    rights, identity = struct.pack("<i", -4), b"0123456789abcdef"
    key = hashlib.md5(filled + owner + rights + identity).digest()[:5]  # noqa: S324
    user = _rc4(key, PAD)
    lock = b"<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P -4>>" % (
        owner.hex().encode(),
        user.hex().encode(),
    )
    sealed = [_sealed(content, key, number) for number, content in enumerate(objects, 1)]
    identities = b"/ID[<%s><%s>]" % ((identity.hex().encode(),) * 2)
    return assembled([*sealed, lock], b"/Encrypt %d 0 R%s" % (len(sealed) + 1, identities))


def _sealed(content: bytes, key: bytes, number: int) -> bytes:
    head, mark, rest = content.partition(b">>stream\n")
    if not mark:
        return content
    own = hashlib.md5(key + struct.pack("<I", number)[:3] + b"\0\0").digest()[:10]  # noqa: S324
    return head + mark + _rc4(own, rest.removesuffix(b"\nendstream")) + b"\nendstream"


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def png(width: int, height: int, rows: bytes = b"") -> bytes:
    """A PNG of one bit a pixel, whatever its rows hold."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def bmp(width: int, height: int) -> bytes:
    """The header of a BMP without its pixels."""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 64, 0, 0, 54) + info + bytes(64)


def tiff(width: int, height: int) -> bytes:
    """The header of a TIFF without its pixels."""
    entries = (
        (256, 4, width),
        (257, 4, height),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, height),
        (279, 4, 16),
    )
    table = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<I", 24) + bytes(16) + struct.pack("<H", 9) + table + bytes(4)
