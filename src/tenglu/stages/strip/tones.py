"""What the strip stage has to know of a page: paper, grounds, grain and ink."""

from typing import NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask
from tenglu.imaging.ink import Ink, paper_tone
from tenglu.imaging.page_image import PageImage

STEP = 4  # px; grounds and repetitions are looked for on a picture as much smaller
SMOOTHING = 1.2  # px, sigma; closes a halftone without reaching over a stroke
GRAIN = 6.0, 14.0  # darkness, least and most; below is the grain of paper
GRAIN_DEVIATIONS = 5.0  # of the paper, above its median
INK_HALO = 0.14  # text heights round ink where its own blurred edge is mid-toned
THIN = 0.22  # text heights; the thin strokes of type are no wider
THIN_CONTRAST = 0.16  # of full ink, over what is beside the stroke
GLYPH_REACH = 0.5  # text heights from a thin stroke to the darker ones of its glyph
DASH = 0.7  # text heights; a thin level stroke as long may be a dash that stands alone
RULE = 2.0  # text heights; a thin stroke as long, level or upright, is a rule
MAX_STROKE = 1.4  # text heights; broader shapes are grounds of cells, shadows and pictures
SOLID = 0.5  # of the light of paper; a ground that lets less through is no tint

Floats = NDArray[np.float32]
T = TypeVar("T", bound=np.generic)


class Tones(NamedTuple):
    """A page as darkness, over the ground that lies behind its print."""

    dark: Gray  # (H, W) 0 is paper or the tinted ground of a cell, 255 is black
    smooth: Gray  # dark, without grain
    near_ink: Mask  # (H, W) ink and its blurred edge
    rules: Mask  # (H, W) thin strokes as long as rules, however light; part of near_ink
    grain: float  # darkness up to which a pixel of smooth may be paper
    ink: Ink


def measure_tones(page: PageImage) -> Tones:
    """Measure a page."""
    gray, ink = page.gray, page.ink
    dark = over_background(gray, background(shrunk(gray, STEP), ink.text_height))
    smooth = cv2.GaussianBlur(dark, (0, 0), SMOOTHING)
    halo = max(2, round(INK_HALO * ink.text_height))
    strokes = _thin_strokes(dark, ink)
    rules = _rules(strokes, ink.text_height)
    printed = _ink(dark, strokes, ink) | rules | _dashes(strokes, ink.text_height)
    near_ink = cv2.dilate(printed, disc(halo)) > 0
    return Tones(dark, smooth, near_ink, rules > 0, measure_grain(smooth, near_ink), ink)


def measure_grain(dark: Gray | Floats, near_ink: Mask) -> float:
    """Darkness that paper alone does not reach."""
    paper = dark[::3, ::3][~near_ink[::3, ::3]].astype(np.float32)
    if paper.size == 0:
        return GRAIN[1]
    usual = float(np.median(paper))
    spread = 1.48 * float(np.median(np.abs(paper - usual)))
    return float(np.clip(usual + GRAIN_DEVIATIONS * spread, *GRAIN))


def disc(radius: int) -> NDArray[np.uint8]:
    """A round kernel."""
    kernel: NDArray[np.uint8] = cv2.getStructuringElement(
        cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)
    )
    return kernel


def shrunk(picture: NDArray[T], step: int) -> NDArray[T]:
    """A picture ``step`` times smaller."""
    height, width = picture.shape[:2]
    size = max(1, width // step), max(1, height // step)
    small: NDArray[T] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return small


def ground_tone(small: Gray, text_height: float) -> Gray:
    """Tone behind the print, from a picture STEP times smaller.

    What is dark all over, wider than any stroke, is ground; print on it is narrower.
    """
    reach = max(3, round(MAX_STROKE * text_height / STEP)) | 1
    kernel = np.ones((reach, reach), np.uint8)
    ground: Gray = cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel)
    return ground


def background(small: Gray, text_height: float) -> Gray:
    """Tone of paper and of tinted cells, from a picture STEP times smaller."""
    ground, paper = ground_tone(small, text_height), paper_tone(small)
    solid = ground < SOLID * paper.astype(np.float32)  # print, a picture, the lid of a scanner
    behind: Gray = np.where(solid, paper, ground)
    return behind


def over_background(gray: Gray, behind: Gray) -> Gray:
    """Darkness of a page over its background, which may be a smaller picture."""
    full = cv2.resize(behind, gray.shape[::-1], interpolation=cv2.INTER_LINEAR)
    dark: Gray = cv2.bitwise_not(cv2.divide(gray, full, scale=255))
    return dark


def _thin_strokes(dark: Gray, ink: Ink) -> Gray:
    reach = max(3, round(THIN * ink.text_height)) | 1
    thin = cv2.morphologyEx(dark, cv2.MORPH_TOPHAT, np.ones((reach, reach), np.uint8))
    strokes: Gray = (thin > THIN_CONTRAST * ink.level).astype(np.uint8)
    return strokes


def _ink(dark: Gray, strokes: Gray, ink: Ink) -> Gray:
    """Ink, with its thin strokes: they are as light as a veil, but a veil has none so thin."""
    solid: Gray = (dark > ink.threshold).astype(np.uint8)
    # A thin stroke is ink if the rest of its glyph is near.
    reach = 2 * round(GLYPH_REACH * ink.text_height) + 1
    near = cv2.dilate(solid, np.ones((reach, reach), np.uint8))
    found: Gray = solid | (strokes & near)
    return found


def _dashes(strokes: Gray, text_height: float) -> Gray:
    """Level strokes as thin as no veil has them: no glyph near tells a dash from a veil."""
    length = max(3, round(DASH * text_height))
    dashes: Gray = cv2.morphologyEx(strokes, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    return dashes


def _rules(strokes: Gray, text_height: float) -> Gray:
    length = max(3, round(RULE * text_height))
    thick = cv2.dilate(strokes, np.ones((3, 3), np.uint8))
    rows = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    cols = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    rules: Gray = rows | cols
    return rules
