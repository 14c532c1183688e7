"""Separate black ink from a coloured ink by optical density.

Colour deconvolution of two inks as in Ruifrok and Johnston, "Quantification of histochemical
staining by color deconvolution" (2001), with one of the two black. Black ink absorbs all channels
alike; the ink of a seal absorbs some more than others.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask, Rgb
from tenglu.imaging.ink import paper_tone
from tenglu.stages.strip.tones import Floats, over_background, shading_tone

DENSITY = -np.log(np.maximum(1 - np.arange(256) / 255, 1 / 255)).astype(np.float32)
TINT = 0.7  # of the paper tone in each channel; the shading of a cell is lighter
PURE = 70  # percentile of chroma in a stroke; above it lies its core, not its blurred edge
LEAST_SPREAD = 0.15  # of the maximum density, between channels; an ink with less is gray
HUES = ("red", "yellow", "green", "cyan", "blue", "magenta")


class Colour(NamedTuple):
    """A chromatic ink."""

    densities: tuple[float, float, float]  # optical, in red, green and blue; the largest is 1
    name: str


def channel_darkness(page: Rgb, behind: Rgb) -> Rgb:
    """Return the (H, W, 3) darkness of each channel over its background."""
    pairs = zip(cv2.split(page), cv2.split(behind), strict=True)
    dark: Rgb = cv2.merge([over_background(tone, paper) for tone, paper in pairs])
    return dark


def channel_background(small: Rgb, text_height: float) -> Rgb:
    """Return the tone of paper and tinted cells per channel, from an image STEP times smaller."""
    shadings = [shading_tone(tone, text_height) for tone in cv2.split(small)]
    papers = [paper_tone(tone) for tone in cv2.split(small)]
    # A star or a thick rim is as wide as a shaded region, but more saturated than any shading.
    pairs = zip(shadings, papers, strict=True)
    weakest = np.min([s / np.maximum(p, 1) for s, p in pairs], axis=0)
    solid = weakest < TINT
    chosen = [np.where(solid, p, s) for s, p in zip(shadings, papers, strict=True)]
    behind: Rgb = cv2.merge(chosen)
    return behind


def chroma(picture: Rgb) -> Gray:
    """Return the (H, W) difference between the highest and the lowest channel, 0 to 255."""
    red, green, blue = cv2.split(picture)
    most = cv2.max(cv2.max(red, green), blue)
    difference: Gray = cv2.subtract(most, cv2.min(cv2.min(red, green), blue))
    return difference


def measure_colour(dark: NDArray[np.uint8], mask: Mask) -> Colour | None:
    """Measure the ink of the strokes under a mask; None: it is gray.

    Args:
        dark: (H, W, 3) darkness of each channel.
        mask: (H, W) True on the strokes.
    """
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
    """Separate each pixel into black ink and a coloured ink.

    Args:
        dark: (H, W, 3) darkness of each channel, 0 to 255.
        colour: of the coloured ink.

    Returns:
        Optical density of the black and of the coloured ink, (H, W) each, 0 or more.
    """
    order = np.argsort(colour.densities)
    clear, full = colour.densities[order[0]], colour.densities[order[2]]
    density = DENSITY[dark]
    lightest, darkest = density[:, :, order[0]], density[:, :, order[2]]
    coloured: Floats = np.maximum((darkest - lightest) / (full - clear), 0)
    black: Floats = np.maximum(lightest - clear * coloured, 0)
    return black, coloured
