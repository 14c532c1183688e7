"""Mask the surroundings of a photographed sheet, such as a desk, which contain no text."""

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray, Mask

SMALL = 4  # px, text height at the scale of the search
STROKE = 2.5  # text heights; wider than any stroke
MOST_SHARE = 0.6  # of the image; a larger region is the background of a dark page
DARKER = 0.55  # of the paper tone; desks have .35 to .49, lamp shadows .9, tints .6
EDGE = 0.7  # text heights; width of the edge of the sheet with its shadow


def outside_paper(gray: Gray, text_height: float) -> Mask | None:
    """Find the region outside the sheet of paper.

    The tone without type is split by Otsu's threshold (Otsu, "A Threshold Selection Method from
    Gray-Level Histograms", 1979). The darker part is not paper if it is much darker and touches
    the border of the image.

    Args:
        gray: (H, W), 0 is black, 255 is white.
        text_height: px.

    Returns:
        (H, W) mask, True outside the sheet and on its edge; None: the sheet fills the image.
    """
    scale = min(1.0, SMALL / text_height)
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    side = round(STROKE * text_height * scale) | 1
    tone = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    limit, _ = cv2.threshold(tone, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    dark = tone <= limit
    if not dark.any() or dark.all() or tone[dark].mean() > DARKER * tone[~dark].mean():
        return None
    around = _touching_the_border(dark)
    if not 0 < around.mean() <= MOST_SHARE:
        return None
    edge = 2 * max(1, round(EDGE * text_height * scale)) + 1
    grown = cv2.dilate(around.astype(np.uint8), np.ones((edge, edge), np.uint8))
    height, width = gray.shape
    full: Mask = cv2.resize(grown, (width, height), interpolation=cv2.INTER_NEAREST) > 0
    return full


def _touching_the_border(dark: Mask) -> Mask:
    _, labels = cv2.connectedComponents(dark.astype(np.uint8), connectivity=4)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    around: Mask = np.isin(labels, np.unique(border[border > 0]))
    return around
