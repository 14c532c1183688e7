import numpy as np

from tenglu.errors import InputError
from tenglu.stages.ingest import InputFile, Reader, Scan


def media_type(head: bytes) -> str | None:
    return "image/x-portable-graymap" if head.startswith(b"P5\n") else None


def count_pages(_: InputFile) -> int:
    return 1


def load_page(file: InputFile, number: int) -> Scan:
    try:
        _, size, _, tones = file.path.read_bytes().split(b"\n", 3)
        width, height = (int(side) for side in size.split())
        gray = np.frombuffer(tones, np.uint8).reshape(height, width)
    except ValueError as torn:
        raise InputError(f"{file.path} is damaged; copy it again") from torn
    return Scan(np.repeat(gray[:, :, None], 3, axis=2), number, dpi=None)


READER = Reader(media_type, count_pages, load_page, suffixes=(".pgm",))
