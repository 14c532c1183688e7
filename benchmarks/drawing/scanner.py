"""What becomes of a page under a scanner, on a fax line and before a telephone's camera."""

from typing import NamedTuple

import cv2
import numpy as np

from drawing.faces import Colour
from drawing.words import Rng, chance, pick

Rgb = np.ndarray  # (H, W, 3) uint8
Points = list[list[float]]


class Pose(NamedTuple):
    """How the page lies in the picture. The sheet bends first, then the homography moves it."""

    homography: np.ndarray  # (3, 3), edges of pixels, upright page to scan
    curl: tuple[float, float] | None  # height in px of the page, and phase
    page: tuple[int, int]  # width, height px
    scan: tuple[int, int]

    def to_scan(self, points: Points) -> Points:
        """Points of the upright page in px of the scan."""
        at = np.array(points, float)
        at[:, 1] += self._lift(at[:, 0])
        moved = cv2.perspectiveTransform(at[None], self.homography)[0]
        return [[round(float(x), 2), round(float(y), 2)] for x, y in moved]

    def warp(self, picture: np.ndarray, border: Colour | int) -> np.ndarray:
        """The page, or a cover of it, as the scan sees it; ``border`` lies around the page."""
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # cv2 counts middles of pixels
        if self.curl:
            x, y = np.meshgrid(np.arange(self.page[0]), np.arange(self.page[1]))
            sources = y - self._lift(x + 0.5)
            picture = cv2.remap(
                picture, x.astype(np.float32), sources.astype(np.float32), cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )  # fmt: skip
        matrix = np.linalg.inv(half) @ self.homography @ half
        return cv2.warpPerspective(
            picture, matrix, self.scan, flags=cv2.INTER_CUBIC, borderValue=border
        )

    def _lift(self, x: np.ndarray) -> np.ndarray:
        if self.curl is None:
            return np.zeros_like(x, float)
        height, phase = self.curl
        return height * np.sin(np.pi * x / self.page[0] + phase)


class Look(NamedTuple):
    """How a scan looks. Lengths in px of the scan."""

    paper: Colour
    around: Colour  # what lies beside the page
    shade: float  # share of light lost at the darkest place
    blur: float
    noise: float  # levels of tone
    streaks: int
    specks: int
    fax: bool
    quality: int | None  # of JPEG; None: nothing is lost


def still(page: tuple[int, int], rotation: int) -> Pose:
    """A page that lies straight, turned clockwise by quarters."""
    width, height = page
    turns = {
        0: ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], page),
        90: ([[0, -1, height], [1, 0, 0], [0, 0, 1]], (height, width)),
        180: ([[-1, 0, width], [0, -1, height], [0, 0, 1]], page),
        270: ([[0, 1, 0], [-1, 0, width], [0, 0, 1]], (height, width)),
    }
    matrix, scan = turns[rotation]
    return Pose(np.array(matrix, float), None, page, scan)


def scanned(rng: Rng, straight: Pose, tilt: float = 1.5) -> Pose:
    """A page on the glass: turned by up to ``tilt`` degrees, the faintest perspective."""
    pull = rng.uniform(0, 0.003, (4, 2))
    return _moved(straight, rng.uniform(-tilt, tilt), pull, straight.scan)


def photographed(rng: Rng, straight: Pose) -> Pose:
    """A page on a table: perspective, a slight curl, room around it."""
    width, height = straight.scan
    room = (round(width * 1.06), round(height * 1.06))
    posed = _moved(straight, rng.uniform(-2, 2), rng.uniform(0.005, 0.03, (4, 2)), room)
    curl = (float(rng.uniform(-1, 1) * 0.007 * straight.page[1]), float(rng.uniform(-0.1, 0.1)))
    return posed._replace(curl=curl)


def _moved(straight: Pose, degrees: float, pull: np.ndarray, size: tuple[int, int]) -> Pose:
    """Turn about the middle, pull each corner inwards by shares of the page."""
    width, height = straight.scan
    middle = (width / 2, height / 2)
    turn = np.vstack([cv2.getRotationMatrix2D(middle, degrees, 1.0), [0, 0, 1]])
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    inwards = np.sign(np.array(middle) - corners) * pull * (width, height)
    bend = cv2.getPerspectiveTransform(corners, (corners + inwards).astype(np.float32))
    shift = np.eye(3)
    shift[:2, 2] = (size[0] - width) / 2, (size[1] - height) / 2
    homography = shift @ turn @ bend @ straight.homography
    return straight._replace(homography=homography / homography[2, 2], scan=size)


def draw_look(rng: Rng, profile: str, dpi: int) -> Look:
    """The look that goes with a profile."""
    if profile in {"clean", "watermark"}:
        return Look((255, 255, 255), (255, 255, 255), 0, 0, 0, 0, 0, fax=False, quality=None)
    if profile == "fax":
        specks = int(rng.integers(200, 3000))
        streaks = int(chance(rng, 0.4))
        return Look(
            (255, 255, 255), (255, 255, 255), 0, 0.7, 22, streaks, specks, fax=True, quality=None
        )
    if profile == "picture":
        white, quality = (255, 255, 255), int(rng.integers(50, 95))
        return Look(white, white, 0, rng.uniform(0, 0.5), 0, 0, 0, fax=False, quality=quality)
    photo = profile == "photo"
    yellow = rng.uniform(0, 26)
    light = rng.uniform(232, 255)
    paper = (int(light), int(light - yellow * 0.25), int(light - yellow))
    desks = ((96, 68, 45), (70, 72, 78), (150, 140, 128))
    beside = pick(rng, desks) if photo else pick(rng, (paper, paper, (40, 38, 36), (215, 214, 210)))
    return Look(
        paper=paper,
        around=beside,
        shade=float(rng.uniform(0.15, 0.4) if photo else rng.uniform(0, 0.12)),
        blur=float(rng.uniform(0.3, 0.9) * dpi / 200 + (0.2 if photo else 0)),
        noise=float(rng.uniform(1, 6)),
        streaks=int(not photo and chance(rng, 0.12)),  # of a feeder
        specks=int(rng.integers(0, 40)),
        fax=False,
        quality=int(rng.integers(60, 88)),
    )


def lay_on_paper(page: Rgb, look: Look) -> Rgb:
    """The tint of the paper under all that is printed."""
    if look.paper == (255, 255, 255):
        return page
    scale = np.array(look.paper, np.float32) / 255
    table = [np.rint(np.arange(256) * s).astype(np.uint8) for s in scale]
    return np.stack([cv2.LUT(page[..., i], table[i]) for i in range(3)], axis=2)


def degrade(scan: Rgb, look: Look, rng: Rng) -> Rgb:
    """Light, blur, dirt and grain; on a fax line also one bit a pixel."""
    height, width = scan.shape[:2]
    picture = scan
    if look.blur:
        picture = cv2.GaussianBlur(picture, (0, 0), look.blur)
    light = _light(rng, look, width, height)
    if look.noise:
        grain = np.zeros((height, width), np.float32)
        cv2.setRNGSeed(int(rng.integers(2**31 - 1)))
        cv2.randn(grain, 0, look.noise)
        if not look.fax:
            grain = cv2.GaussianBlur(grain, (0, 0), 0.6) * 1.6  # grain of a sensor is not white
        picture = np.clip(picture * light[..., None] + grain[..., None], 0, 255).astype(np.uint8)
    picture = _dirty(picture, look, rng)
    if not look.fax:
        return picture
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    bits = np.where(grey > int(rng.integers(120, 165)), 255, 0).astype(np.uint8)
    for value in (0, 255):
        y, x = rng.integers(0, height, look.specks), rng.integers(0, width, look.specks)
        bits[y, x] = value
    return np.repeat(bits[..., None], 3, axis=2)


def _light(rng: Rng, look: Look, width: int, height: int) -> np.ndarray:
    """Share of the light at each pixel: falls to one side and into the corners."""
    angle = rng.uniform(0, 2 * np.pi)
    x, y = np.linspace(-1, 1, width)[None], np.linspace(-1, 1, height)[:, None]
    slope = (np.cos(angle) * x + np.sin(angle) * y) / 1.42
    fall = (slope + 1) / 2 * 0.7 + (x**2 + y**2) / 2 * 0.3
    return (1 - look.shade * fall).astype(np.float32)


def _dirty(picture: Rgb, look: Look, rng: Rng) -> Rgb:
    """Streaks from top to bottom and specks of dust."""
    height, width = picture.shape[:2]
    dirty = picture.copy()
    for _ in range(look.streaks):
        x, tone = int(rng.integers(0, width - 2)), int(rng.integers(90, 200))
        part = dirty[:, x : x + int(rng.integers(1, 3))]
        np.minimum(part, tone, out=part)
    if not look.fax:
        for _ in range(look.specks):
            at = (int(rng.integers(0, width)), int(rng.integers(0, height)))
            tone = int(rng.integers(60, 190))
            cv2.circle(dirty, at, int(rng.integers(0, 2)), (tone, tone, tone), -1, cv2.LINE_AA)
    return dirty


def jpeg(picture: Rgb, quality: int) -> bytes:
    """The picture as a JPEG file."""
    _, code = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return code.tobytes()


def from_jpeg(code: bytes) -> Rgb:
    picture = cv2.imdecode(np.frombuffer(code, np.uint8), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(picture[..., ::-1])
