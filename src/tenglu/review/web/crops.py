"""Pictures of pages and cells for the browser, with a cache of decoded pages."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

import cv2
import numpy as np

from tenglu.errors import InputError
from tenglu.imaging.arrays import Rgb
from tenglu.imaging.geometry import Polygon
from tenglu.settings import Settings
from tenglu.stages.ingest import load_scan
from tenglu.stages.strip import strip

K = TypeVar("K")
V = TypeVar("V")

Look = Literal["scan", "clean"]
LOOKS: tuple[Look, ...] = ("scan", "clean")
KEPT_PAGES = 6  # decoded pages; an A4 page at 200 dpi takes 12 MB
KEPT_FILES = 48  # encoded pages; about 0.5 MB each
QUALITY = 88  # of JPEG, 0 to 100
Frame = Literal["wide", "tight"]
MARGINS: dict[Frame, float] = {"wide": 0.35, "tight": 0.06}  # of the shorter side of a cell
TALLEST = 280  # px; keeps the crop of a merged cell as high as a page to a few kilobytes


class Where(NamedTuple):
    """A page of a scan."""

    path: Path
    number: int
    rotation: int  # clockwise, degrees


class _Shelf:
    """The cache of one kind of picture, with its lock."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.pages: OrderedDict[Where, Rgb] = OrderedDict()
        self.files: OrderedDict[Where, bytes] = OrderedDict()


class Pictures:
    """Pages as scanned or cleaned of marks, safe to share between threads."""

    def __init__(self, settings: Settings, password: str | None) -> None:
        """Create an empty cache.

        Args:
            settings: how to read and clean pages.
            password: password of the scans, if any.
        """
        self._settings = settings
        self._password = password
        # Separate locks, so that showing a scan does not wait for the cleaning of a page.
        self._shelves = {look: _Shelf() for look in LOOKS}

    def page(self, where: Where, look: Look) -> bytes:
        """Return a page as JPEG, turned upright.

        Raises:
            InputError: it cannot be read.
        """

        def encode() -> bytes:
            turned = np.rot90(self.pixels(where, look), where.rotation // 90)
            return _jpeg(np.ascontiguousarray(turned))

        shelf = self._shelves[look]
        with shelf.lock:
            return _kept(shelf.files, where, KEPT_FILES, encode)

    def pixels(self, where: Where, look: Look) -> Rgb:
        """Return the pixels of a page, (H, W, 3), not turned.

        Raises:
            InputError: it cannot be read.
        """

        def decode() -> Rgb:
            if look == "clean":
                return strip(self.pixels(where, "scan"), self._settings.strip).image
            try:
                ingest = self._settings.ingest
                return load_scan(where.path, where.number, ingest, self._password).image
            except InputError:
                raise
            except Exception as fault:  # of any decoder: the browser needs a response
                raise InputError(f"{where.path}: page {where.number} cannot be read") from fault

        shelf = self._shelves[look]
        with shelf.lock:
            return _kept(shelf.pages, where, KEPT_PAGES, decode)

    def crop(self, where: Where, polygon: Polygon, frame: Frame) -> bytes:
        """Return a cell with a margin as JPEG, deskewed and upright.

        Raises:
            InputError: the page cannot be read.
        """
        image, height = cut_out(self.pixels(where, "scan"), polygon, MARGINS[frame])
        if height > TALLEST:
            scale = TALLEST / height
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        return _jpeg(image)


def cut_out(page: Rgb, polygon: Polygon, margin: float) -> tuple[Rgb, float]:
    """Cut a polygon out of a page, deskewed and upright, at its own size.

    Args:
        page: (H, W, 3) pixels.
        polygon: corners on the page, px, from the top left of its content.
        margin: margin on all sides, as a share of the shorter side.

    Returns:
        the picture, and the height of the polygon in it, px.
    """
    a, b, c, d = (np.array(point, np.float64) for point in polygon)
    width = max(2.0, float(np.linalg.norm(b - a)), float(np.linalg.norm(c - d)))
    height = max(2.0, float(np.linalg.norm(d - a)), float(np.linalg.norm(c - b)))
    around = margin * min(width, height)
    inner = np.array([[0, 0], [width, 0], [width, height], [0, height]]) + around
    corners = np.array([a, b, c, d], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, inner.astype(np.float32))
    size = (max(1, round(width + 2 * around)), max(1, round(height + 2 * around)))
    white = (255, 255, 255)
    image: Rgb = cv2.warpPerspective(page, matrix, size, flags=cv2.INTER_LINEAR, borderValue=white)
    return image, height


def _jpeg(image: Rgb) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    _, code = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    return bytes(code)


def _kept(kept: OrderedDict[K, V], key: K, most: int, make: Callable[[], V]) -> V:
    if key not in kept:
        kept[key] = make()
        while len(kept) > most:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return kept[key]
