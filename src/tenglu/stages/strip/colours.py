"""Coloured inks: in optical density, ink takes light from all colours, a seal from some.

Separation of two inks as in Ruifrok and Johnston, "Quantification of histochemical staining by
color deconvolution" (2001), with one of the two black.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask, Rgb
from tenglu.imaging.ink import paper_tone
from tenglu.stages.strip.tones import Floats, ground_tone, over_background

DENSITY = -np.log(np.maximum(1 - np.arange(256) / 255, 1 / 255)).astype(np.float32)
TINT = 0.7  # of the light of paper in each colour; the ground of a cell lets more through
PURE = 70  # percentile of chroma in a stroke: its core, and not its blurred edge
LEAST_SPREAD = 0.15  # of the density of an ink between its channels; less is grey
HUES = ("red", "yellow", "green", "cyan", "blue", "magenta")


class Colour(NamedTuple):
    """An ink that is not black."""

    densities: tuple[float, float, float]  # in red, green and blue; the largest is 1
    name: str


def channel_darkness(page: Rgb, behind: Rgb) -> Rgb:
    """Darkness of each colour over its background, (H, W, 3)."""
    pairs = zip(cv2.split(page), cv2.split(behind), strict=True)
    dark: Rgb = cv2.merge([over_background(tone, ground) for tone, ground in pairs])
    return dark


def channel_background(small: Rgb, text_height: float) -> Rgb:
    """Tone of paper and of tinted cells in each colour, from a picture STEP times smaller."""
    grounds = [ground_tone(tone, text_height) for tone in cv2.split(small)]
    papers = [paper_tone(tone) for tone in cv2.split(small)]
    # A star or a thick rim is as wide as a ground, but no ground is as strong in one colour.
    pairs = zip(grounds, papers, strict=True)
    weakest = np.min([g / np.maximum(p, 1) for g, p in pairs], axis=0)
    solid = weakest < TINT
    chosen = [np.where(solid, p, g) for g, p in zip(grounds, papers, strict=True)]
    behind: Rgb = cv2.merge(chosen)
    return behind


def chroma(picture: Rgb) -> Gray:
    """Difference between the strongest and the weakest colour, (H, W)."""
    red, green, blue = cv2.split(picture)
    most = cv2.max(cv2.max(red, green), blue)
    difference: Gray = cv2.subtract(most, cv2.min(cv2.min(red, green), blue))
    return difference


def measure_colour(dark: NDArray[np.uint8], mask: Mask) -> Colour | None:
    """The ink of the strokes under a mask; None: it is grey."""
    pixels = dark[mask]
    if pixels.size == 0:
        return None
    spread = pixels.max(axis=1).astype(int) - pixels.min(axis=1)
    core = pixels[spread >= np.percentile(spread, PURE)]
    density = np.median(DENSITY[core], axis=0)
    density /= max(float(density.max()), 1e-6)
    if density.max() - density.min() < LEAST_SPREAD:
        return None
    light = (255 * np.exp(-density * 1.5)).astype(np.uint8).reshape(1, 1, 3)
    hue = int(cv2.cvtColor(light, cv2.COLOR_RGB2HSV)[0, 0, 0])
    r, g, b = (float(value) for value in density)
    return Colour((r, g, b), HUES[round(hue / 30) % 6])


def unmix(dark: NDArray[np.uint8], colour: Colour) -> tuple[Floats, Floats]:
    """Part each pixel into black ink and a coloured one.

    Args:
        dark: (H, W, 3) darkness of each colour.
        colour: the other ink.

    Returns:
        Density of the black ink and of the coloured one, (H, W), 0 or more.
    """
    order = np.argsort(colour.densities)
    clear, full = colour.densities[order[0]], colour.densities[order[2]]
    density = DENSITY[dark]
    lightest, darkest = density[:, :, order[0]], density[:, :, order[2]]
    coloured: Floats = np.maximum((darkest - lightest) / (full - clear), 0)
    black: Floats = np.maximum(lightest - clear * coloured, 0)
    return black, coloured
