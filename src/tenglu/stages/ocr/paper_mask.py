"""Where the sheet ends on a picture that shows what it lies on: a desk has grain, and no text."""

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray, Mask

SMALL = 4  # px of a text height on the picture that is looked at
STROKE = 2.5  # text heights; nothing that is written is wider
MOST_SHARE = 0.6  # of the picture; more than that is the ground of a dark page
DARKER = 0.55  # of the tone of the paper; desks have .35 to .49, the shade of a lamp .9, tints .6
EDGE = 0.7  # text heights that the edge of the sheet is wide: its shadow, its frayed pixels


def off_the_sheet(gray: Gray, text_height: float) -> Mask | None:
    """Tell what lies around a sheet of paper from the sheet.

    The tone without type is parted in two (Otsu 1979); the darker part is no paper if it is much
    darker and reaches the border of the picture.

    Args:
        gray: (H, W).
        text_height: px.

    Returns:
        (H, W), True beside the sheet and on its edge; None: the sheet fills the picture.
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
