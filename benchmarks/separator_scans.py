"""Parts of drawn pages as a scanner, a fax line or a camera may give them."""

import cv2
import numpy as np

from drawing.words import Rng, chance, pick
from separator_pages import Drawn

SIZES = (
    (576, 576), (480, 704), (704, 480), (384, 864), (864, 384), (800, 416), (320, 480),
)  # fmt: skip
CLEAN, FAXED = 0.25, 0.1  # shares of the pages
TRIES = 4  # places, before a part without a table is taken


def spoil(page: Drawn, rng: Rng) -> Drawn:
    """A part of the page as a scanner, a fax or a camera may give it."""
    page = _tilted(_part(page, rng), rng)
    draw = rng.random()
    clean, faxed = draw < CLEAN, draw > 1 - FAXED
    if clean:
        return page
    spoilt = _faded(page.gray, rng)
    return page._replace(gray=_faxed(spoilt, rng) if faxed else _grainy(spoilt, rng))


def _part(page: Drawn, rng: Rng) -> Drawn:
    """A part, rather one with a table."""
    height, width = pick(rng, SIZES)
    full_height, full_width = page.gray.shape
    for _ in range(TRIES):
        y = int(rng.integers(0, max(1, full_height - height + 1)))
        x = int(rng.integers(0, max(1, full_width - width + 1)))
        if page.table[y : y + height, x : x + width].any():
            break
    return Drawn(*(np.ascontiguousarray(m[y : y + height, x : x + width]) for m in page))


def _tilted(page: Drawn, rng: Rng) -> Drawn:
    """Turned by a little: pages are straightened before the network sees them."""
    if chance(rng, 0.4):
        return page
    height, width = page.gray.shape
    angle = rng.normal(0, 0.2) if chance(rng, 0.7) else rng.uniform(-1.3, 1.3)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    matrix[:, :2] += rng.normal(0, 0.002, (2, 2))
    edge = int(np.median(page.gray[0])) if chance(rng, 0.8) else int(rng.integers(0, 256))
    gray = cv2.warpAffine(
        page.gray, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=edge
    )
    maps = [cv2.warpAffine(m, matrix, (width, height), flags=cv2.INTER_LINEAR) for m in page[1:]]
    return Drawn(gray, *maps)


def _faded(gray: np.ndarray, rng: Rng) -> np.ndarray:
    """Faded, with other half tones, unevenly lit and blurred."""
    height, width = gray.shape
    picture = gray.astype(np.float32)
    if chance(rng, 0.3):
        picture = 255 - (255 - picture) * rng.uniform(0.35, 1)
    if chance(rng, 0.4):
        picture = 255 * (np.clip(picture, 0, 255) / 255) ** rng.uniform(0.5, 1.8)
    if chance(rng, 0.5):
        x, y = np.linspace(-1, 1, width)[None], np.linspace(-1, 1, height)[:, None]
        slope = rng.uniform(-0.12, 0.12, 2)
        picture *= rng.uniform(0.8, 1.0) + slope[0] * x + slope[1] * y
    if chance(rng, 0.6):
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.25, 1.1))
    return picture


def _grainy(picture: np.ndarray, rng: Rng) -> np.ndarray:
    """With grain, compressed, now and then inverted."""
    if chance(rng, 0.7):
        grain = rng.standard_normal(picture.shape, np.float32)
        picture = picture + cv2.GaussianBlur(grain, (0, 0), 0.5) * rng.uniform(1, 12)
    levels = np.clip(picture, 0, 255).astype(np.uint8)
    if chance(rng, 0.5):
        quality = int(rng.integers(25, 95))
        _, code = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        levels = cv2.imdecode(code, cv2.IMREAD_GRAYSCALE)
    return 255 - levels if chance(rng, 0.02) else levels


def _faxed(picture: np.ndarray, rng: Rng) -> np.ndarray:
    """One bit a pixel, with specks."""
    height, width = picture.shape
    fine = cv2.resize(picture, (width * 2, height * 2), interpolation=cv2.INTER_CUBIC)
    fine += rng.standard_normal(fine.shape, np.float32) * rng.uniform(5, 25)
    bits = np.where(fine > rng.uniform(120, 200), 255, 0).astype(np.uint8)
    count = int(rng.integers(0, 1500))
    bits[rng.integers(0, 2 * height, count), rng.integers(0, 2 * width, count)] = 0
    return cv2.resize(bits, (width, height), interpolation=cv2.INTER_AREA)
