"""Text on any ground: shapes of type, the words that they make, and lines of words."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask
from tenglu.imaging.geometry import Box
from tenglu.imaging.ink import Ink
from tenglu.imaging.ruling_line import Rule

SMALL_TYPE = 10.0  # px of the text height at which the ground is looked for
GROUND = 3.2  # text heights in which type covers less than half
CONTRAST = 0.4  # of the darkness of ink: lighter shades are grounds, marks and grain
MIN_CONTRAST = 36  # tone; below is grain
RUN = 3.5  # text heights; longer thin runs are rules
LETTER_GAP = 0.42  # text heights; letters of a word are nearer
SPECK = 0.22  # text heights; smaller shapes are dust
LETTER = 0.45  # text heights; small letters are .5 high
DASH = 2.5  # times as wide as high
COMPANY = 0.6  # text heights beside a word, where its points and small strokes stand
HIGHEST = 2.4  # text heights; higher shapes are titles, pictures and seals
TALL = 0.55  # text heights; lower shapes are dashes, points and 一
SAME_LINE = 0.45  # text heights between the middles of two words of a line
STEEPEST = 0.03  # of a line of type on an upright page
ALIKE = 0.1  # text heights between the heights of two words that tell how a line slants
FEW = 8  # pairs of words that tell how lines slant


class Words(NamedTuple):
    """Words of a page, one row each; y is set level: lines do not slant."""

    x0: NDArray[np.float64]
    y0: NDArray[np.float64]
    x1: NDArray[np.float64]
    y1: NDArray[np.float64]
    slope: float  # px down a px to the right, of lines of type

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.x0)

    @property
    def middle(self) -> NDArray[np.float64]:
        """Middle of each word, level y."""
        middle: NDArray[np.float64] = (self.y0 + self.y1) / 2
        return middle

    def some(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Words":
        """The chosen ones."""
        x0, y0, x1, y1 = (side[chosen] for side in (self.x0, self.y0, self.x1, self.y1))
        return Words(x0, y0, x1, y1, self.slope)

    def joined(self, other: "Words") -> "Words":
        """These and others of the same page."""
        return Words(
            np.r_[self.x0, other.x0],
            np.r_[self.y0, other.y0],
            np.r_[self.x1, other.x1],
            np.r_[self.y1, other.y1],
            self.slope,
        )


def text_mask(gray: Gray, ink: Ink) -> Mask:
    """Where a page differs from the ground around it, be that light or dark.

    Args:
        gray: (H, W) luminance.
        ink: of the page.
    """
    scale = min(1.0, SMALL_TYPE / ink.text_height)
    size = tuple(max(1, round(side * scale)) for side in gray.shape[::-1])
    small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    reach = round(GROUND * ink.text_height * scale) | 1
    ground = cv2.resize(cv2.medianBlur(small, reach), gray.shape[::-1])
    differs: Mask = cv2.absdiff(gray, ground) > max(MIN_CONTRAST, CONTRAST * ink.level)
    return differs


def without_rules(mask: Mask, rules: Sequence[Sequence[Rule]], text_height: float) -> Mask:
    """The same without the rules that were found, and without other long thin runs.

    Args:
        mask: (H, W) type and rules.
        rules: horizontal and vertical ones.
        text_height: px.
    """
    left = mask.copy()
    for direction, view in zip(rules, (left, left.T), strict=True):
        for rule in direction:
            reach = round(rule.thickness / 2) + 1
            along = np.arange(int(rule.start), int(rule.end) + 1)
            across = np.rint(rule.at(along.astype(np.float64))).astype(int)
            for offset in range(-reach, reach + 1):
                view[np.clip(across + offset, 0, len(view) - 1), along] = False
    length = max(3, round(RUN * text_height))
    cleaned = left.astype(np.uint8)
    for kernel in (np.ones((1, length), np.uint8), np.ones((length, 1), np.uint8)):
        cleaned = cv2.subtract(cleaned, cv2.morphologyEx(cleaned, cv2.MORPH_OPEN, kernel))
    found: Mask = cleaned > 0
    return found


def find_words(mask: Mask, text_height: float) -> Words:
    """Join shapes of type to words.

    Args:
        mask: (H, W) type without rules.
        text_height: px.
    """
    gap = max(1, round(LETTER_GAP * text_height))
    joined = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    x, y, width, height, area = stats[1:].T.astype(np.float64)
    kept = (np.maximum(width, height) >= SPECK * text_height) & (height <= HIGHEST * text_height)
    kept &= area >= (SPECK * text_height) ** 2
    words = Words(x[kept], y[kept], (x + width)[kept], (y + height)[kept], 0.0)
    return _level(_without_dust(words, text_height), text_height)


def _without_dust(words: Words, text_height: float) -> Words:
    """The same without small shapes that are no dashes and stand alone: what marks have left."""
    width, height = words.x1 - words.x0, words.y1 - words.y0
    letters = (height >= LETTER * text_height) | (width >= DASH * height)
    reach = COMPANY * text_height
    kept = letters.copy()
    for i in np.flatnonzero(~letters).tolist():
        near = (words.x0 <= words.x1[i] + reach) & (words.x1 >= words.x0[i] - reach)
        near &= (words.y0 <= words.y1[i]) & (words.y1 >= words.y0[i])
        kept[i] = bool((near & letters).any())
    return words.some(kept)


def _level(words: Words, text_height: float) -> Words:
    """Set lines level, by the slope from each word to the next one to its right."""
    slope = _slope(words, text_height)
    shift = slope * (words.x0 + words.x1) / 2
    return Words(words.x0, words.y0 - shift, words.x1, words.y1 - shift, slope)


def _slope(words: Words, text_height: float) -> float:
    tall = words.some(words.y1 - words.y0 >= TALL * text_height)
    middle = (tall.y0 + tall.y1) / 2
    height = tall.y1 - tall.y0
    slopes = []
    order = np.argsort(tall.x0)
    for i in order.tolist():
        beyond = (tall.x0 >= tall.x1[i]) & (np.abs(middle - middle[i]) < 0.5 * text_height)
        beyond &= np.abs(height - height[i]) <= ALIKE * text_height
        after = np.flatnonzero(beyond)
        if len(after):
            next_to = after[np.argmin(tall.x0[after])]
            run = (tall.x0[next_to] + tall.x1[next_to] - tall.x0[i] - tall.x1[i]) / 2
            slopes.append((float(middle[next_to] - middle[i]) / run, run))
    steady = [pair for pair in slopes if abs(pair[0]) <= STEEPEST]
    if len(steady) < FEW:
        return 0.0
    values, weights = np.array(steady).T
    order = np.argsort(values)
    half = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    return float(values[order][half])


def group_lines(words: Words, text_height: float) -> list[NDArray[np.intp]]:
    """Numbers of the words of each line, from top to bottom; words from left to right.

    Points and dashes go to the line whose height they lie in.
    """
    middle = words.middle
    tall = words.y1 - words.y0 >= TALL * text_height
    lines: list[list[int]] = []
    levels: list[float] = []
    for i in np.flatnonzero(tall)[np.argsort(middle[tall], kind="stable")].tolist():
        if levels and middle[i] - levels[-1] <= SAME_LINE * text_height:
            lines[-1].append(i)
            levels[-1] = float(np.mean(middle[lines[-1]]))
        else:
            lines.append([i])
            levels.append(float(middle[i]))
    places = np.array(levels)
    for i in np.flatnonzero(~tall).tolist():
        off = np.abs(places - middle[i])
        if len(off) and off.min() <= SAME_LINE * 1.5 * text_height:
            lines[int(off.argmin())].append(i)
    return [np.array(sorted(line, key=lambda i: words.x0[i])) for line in lines]


def box_of(words: Words) -> Box:
    """Around words, on level ground."""
    return Box(
        int(words.x0.min()), int(words.y0.min()), int(words.x1.max()) + 1, int(words.y1.max()) + 1
    )
