"""Measure the tones of a page: paper, shaded regions, grain and ink."""

from typing import NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask
from tenglu.imaging.ink import Ink, paper_tone
from tenglu.imaging.page_image import PageImage

STEP = 4  # downscaling factor for the search of shading and repetition, which need no detail
SMOOTHING = 1.2  # px, Gaussian sigma; closes a halftone and is narrower than a stroke
GRAIN = 6.0, 14.0  # darkness, lower and upper limit of the grain threshold
GRAIN_DEVIATIONS = 5.0  # standard deviations of paper above its median
INK_HALO = 0.14  # text heights around ink; its blurred edge is mid-toned
THIN = 0.22  # text heights; the thin strokes of type are no wider
THIN_CONTRAST = 0.16  # of full ink, over the surroundings of the stroke
GLYPH_REACH = 0.5  # text heights from a thin stroke to the darker strokes of its glyph
DASH = 0.7  # text heights; a thin horizontal stroke of this length may be an isolated dash
RULE = 2.0  # text heights; a thin horizontal or vertical stroke of this length is a rule
MAX_STROKE = 1.4  # text heights; broader shapes are shaded cells, shadows and pictures
SOLID = 0.5  # of the paper tone; darker regions are print or pictures, not a tint

Floats = NDArray[np.float32]
T = TypeVar("T", bound=np.generic)


class Tones(NamedTuple):
    """Darkness of a page relative to the background behind its print."""

    dark: Gray  # (H, W) 0 is paper or the shading of a cell, 255 is black
    smooth: Gray  # (H, W) dark, with the grain smoothed
    near_ink: Mask  # (H, W) ink and its blurred edge
    rules: Mask  # (H, W) thin strokes as long as rules, of any tone; part of near_ink
    grain: float  # darkness up to which a pixel of ``smooth`` may be paper
    ink: Ink


def measure_tones(page: PageImage) -> Tones:
    """Measure the tones of a page."""
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
    """Return the darkness that the grain of bare paper does not exceed."""
    paper = dark[::3, ::3][~near_ink[::3, ::3]].astype(np.float32)
    if paper.size == 0:
        return GRAIN[1]
    usual = float(np.median(paper))
    spread = 1.48 * float(np.median(np.abs(paper - usual)))
    return float(np.clip(usual + GRAIN_DEVIATIONS * spread, *GRAIN))


def disc(radius: int) -> NDArray[np.uint8]:
    """Return a round structuring element."""
    kernel: NDArray[np.uint8] = cv2.getStructuringElement(
        cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)
    )
    return kernel


def shrunk(picture: NDArray[T], step: int) -> NDArray[T]:
    """Return an image ``step`` times smaller, averaged over areas."""
    height, width = picture.shape[:2]
    size = max(1, width // step), max(1, height // step)
    small: NDArray[T] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return small


def shading_tone(small: Gray, text_height: float) -> Gray:
    """Return the tone behind the print, from an image STEP times smaller.

    Dark regions wider than any stroke are background; print on them is narrower.
    """
    reach = max(3, round(MAX_STROKE * text_height / STEP)) | 1
    kernel = np.ones((reach, reach), np.uint8)
    shading: Gray = cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel)
    return shading


def background(small: Gray, text_height: float) -> Gray:
    """Return the tone of paper and of tinted cells, from an image STEP times smaller."""
    shading, paper = shading_tone(small, text_height), paper_tone(small)
    solid = shading < SOLID * paper.astype(np.float32)  # print, pictures, the scanner lid
    behind: Gray = np.where(solid, paper, shading)
    return behind


def over_background(gray: Gray, behind: Gray) -> Gray:
    """Return the darkness of a page over its background, which may be of lower resolution."""
    full = cv2.resize(behind, gray.shape[::-1], interpolation=cv2.INTER_LINEAR)
    dark: Gray = cv2.bitwise_not(cv2.divide(gray, full, scale=255))
    return dark


def _thin_strokes(dark: Gray, ink: Ink) -> Gray:
    reach = max(3, round(THIN * ink.text_height)) | 1
    thin = cv2.morphologyEx(dark, cv2.MORPH_TOPHAT, np.ones((reach, reach), np.uint8))
    strokes: Gray = (thin > THIN_CONTRAST * ink.level).astype(np.uint8)
    return strokes


def _ink(dark: Gray, strokes: Gray, ink: Ink) -> Gray:
    """Find ink with its thin strokes, which may be as light as a mark but are thinner."""
    solid: Gray = (dark > ink.threshold).astype(np.uint8)
    # A thin stroke is ink if a darker part of its glyph is near.
    reach = 2 * round(GLYPH_REACH * ink.text_height) + 1
    near = cv2.dilate(solid, np.ones((reach, reach), np.uint8))
    found: Gray = solid | (strokes & near)
    return found


def _dashes(strokes: Gray, text_height: float) -> Gray:
    """Find horizontal strokes too thin for a mark: dashes, which have no glyph beside them."""
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
