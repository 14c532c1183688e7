"""Polygons around watermarks, aligned with their lines of text."""

from collections.abc import Sequence

import cv2
import numpy as np

from tenglu.imaging.arrays import Gray, Mask
from tenglu.imaging.geometry import Polygon
from tenglu.stages.strip.places import Pattern, Place

OUTLINE_STEP = 4  # px; outlines need no finer resolution
LEAST_MARK = 2.0  # text heights on a side; smaller shapes are fragments of a mark
WORD_GAP = 1.2  # text heights; wider than the gap between the letters of one mark

CORE = 0.5  # of the maximum tone of a pattern: its strokes without their soft edges
ROOM = 0.15  # of the line height; margin around the rectified mark for the recogniser

Rectangle = tuple[tuple[float, float], tuple[float, float], float]


def outline_marks(mask: Mask, text_height: float) -> list[Polygon]:
    """Return polygons around the lines of a mark, from top to bottom.

    Args:
        mask: (H, W) True on the mark.
        text_height: px.
    """
    height, width = mask.shape
    small = cv2.resize(
        mask.astype(np.uint8),
        (max(1, width // OUTLINE_STEP), max(1, height // OUTLINE_STEP)),
        interpolation=cv2.INTER_NEAREST,
    )
    reach = round(WORD_GAP * text_height / OUTLINE_STEP)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    joined = cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel)
    contours, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    least = (LEAST_MARK * text_height / OUTLINE_STEP) ** 2
    polygons = [
        along(cv2.minAreaRect(contour * OUTLINE_STEP))
        for contour in contours
        if cv2.contourArea(contour) > least
    ]
    return sorted(polygons, key=lambda polygon: (polygon[0][1], polygon[0][0]))


def outline_places(pattern: Pattern, places: Sequence[Place]) -> list[Polygon]:
    """Return polygons around the places of a pattern, from top to bottom."""
    y, x = np.nonzero(pattern.tone > CORE * pattern.tone.max())
    points = np.column_stack([x, y, np.ones(len(x))])
    polygons = [
        along(cv2.minAreaRect((points @ place.to_page.T).astype(np.float32))) for place in places
    ]
    return sorted(polygons, key=lambda polygon: (polygon[0][1], polygon[0][0]))


def upright_pattern(pattern: Pattern) -> Gray:
    """Return the mark black on white, rotated to horizontal, for recognition."""
    y, x = np.nonzero(pattern.tone > CORE * pattern.tone.max())
    corners = np.array(along(cv2.minAreaRect(np.column_stack([x, y]).astype(np.float32))))
    width = float(np.linalg.norm(corners[1] - corners[0]))
    height = float(np.linalg.norm(corners[3] - corners[0]))
    room = ROOM * height
    level = np.array([[room, room], [room + width, room], [room, room + height]], dtype=np.float32)
    matrix = cv2.getAffineTransform(corners[[0, 1, 3]].astype(np.float32), level)
    size = max(1, round(width + 2 * room)), max(1, round(height + 2 * room))
    tone = cv2.warpAffine(pattern.tone, matrix, size)
    full = max(float(np.percentile(pattern.tone[y, x], 75)), 1.0)
    black: Gray = (255 - np.clip(tone / full, 0, 1) * 255).astype(np.uint8)
    return black


def along(rectangle: Rectangle) -> Polygon:
    """Return the corners of a rectangle in reading order, with its long side as the text line."""
    (x, y), (width, height), angle = rectangle
    if width < height:
        width, height, angle = height, width, angle + 90
    angle = (angle + 90) % 180 - 90  # text runs to the right
    u = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * width / 2
    v = np.array([-np.sin(np.radians(angle)), np.cos(np.radians(angle))]) * height / 2
    centre = np.array([x, y])
    corners = (centre - u - v, centre + u - v, centre + u + v, centre - u + v)
    a, b, c, d = ((round(float(p[0]), 1), round(float(p[1]), 1)) for p in corners)
    return a, b, c, d
