"""What a network learns from a drawn page: the picture as a scanner gives it, and its separators.

Pages come from ``tables_html.py``. Everything is in px of a picture whose type is ``TYPE`` px tall.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from tenglu.imaging.ink import darkness, measure_ink

TYPE = 8.0  # px; as the network sees type
RULE = 1.5  # px on each side of a drawn line
MARGIN = 0.35  # type heights around the text of a table that is drawn by nothing
LEAST_GAP = 1.6  # px of white between two texts; narrower, the edge of the cell counts
FAR = 1.6  # times; where the measured height of type is further off, it is wrong
TOUCH = 4  # px of CSS; a cell that near to the side of the table stands at it
SIDES = ((3, 0), (0, 1), (1, 2), (2, 3))  # of a border and of a box: left, top, right, bottom
CLEAR = "rgba(0, 0, 0, 0)"


class Drawn(NamedTuple):
    """A page and its truth, in px of the page as the network sees it."""

    gray: np.ndarray  # (H, W) uint8
    table: np.ndarray  # (H, W) uint8, 0 or 255
    rows: np.ndarray
    cols: np.ndarray


def load(stem: Path, zoom: float) -> Drawn:
    """The page in type of ``zoom * TYPE`` px with its maps."""
    gray = cv2.imread(str(stem.with_suffix(".png")), cv2.IMREAD_GRAYSCALE)
    truth = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
    height = type_height(stem, gray, truth)
    scale = zoom * TYPE / height
    size = (max(32, round(gray.shape[1] * scale)), max(32, round(gray.shape[0] * scale)))
    scaled = cv2.resize(gray, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    maps = [np.zeros(scaled.shape, np.uint8) for _ in range(3)]
    for table in truth["tables"]:
        if table["cells"]:
            _draw(maps, table, truth["scale"] * scale)
    return Drawn(scaled, *maps)


def type_height(stem: Path, gray: np.ndarray, truth: dict[str, Any]) -> float:
    """Height of the type in px of the picture, measured once and kept beside it."""
    kept = stem.with_suffix(".type")
    if kept.exists():
        return float(kept.read_text())
    height = measure_ink(darkness(gray)).text_height
    lines = [c["text"][3] - c["text"][1] for t in truth["tables"] for c in t["cells"] if c["text"]]
    if lines:  # where the measure is far off, the size that was set counts
        usual = float(np.percentile(lines, 20)) * truth["scale"] * 0.95
        height = height if 1 / FAR < height / usual < FAR else usual
    kept.write_text(f"{height:.2f}")
    return height


def _draw(maps: Sequence[np.ndarray], table: dict[str, Any], scale: float) -> None:
    """Draw one table into the maps of table, rows and columns."""
    area, rows, cols = maps
    box = _outline(table, scale)
    x0, y0, x1, y1 = (round(v) for v in box)
    cv2.rectangle(area, (x0, y0), (x1, y1), 255, -1)
    _draw_levels(rows, table, scale, box)
    turned = np.ascontiguousarray(cols.T)
    _draw_levels(turned, _turned(table), scale, (box[1], box[0], box[3], box[2]))
    cols[:] = turned.T


def _turned(table: dict[str, Any]) -> dict[str, Any]:
    """The table with x and y changed about."""

    def swap(four: Sequence[float] | None) -> list[float] | None:
        return four and [four[1], four[0], four[3], four[2]]

    cells = [
        {
            **c, "row": c["col"], "col": c["row"], "rowspan": c["colspan"], "colspan": c["rowspan"],
            "box": swap(c["box"]), "text": swap(c["text"]),
            "border": [c["border"][3], c["border"][2], c["border"][1], c["border"][0]],
        }
        for c in table["cells"]
    ]  # fmt: skip
    border = table["border"]
    return {**table, "cells": cells, "border": [border[3], border[2], border[1], border[0]]}


def _outline(table: dict[str, Any], scale: float) -> tuple[float, float, float, float]:
    """The box of a table: its drawn sides, else a margin around its text."""
    cells = table["cells"]
    bounds = table["box"]
    texts = np.array([c["text"] for c in cells if c["text"]] or [bounds]) * scale
    margin = MARGIN * TYPE
    tight = (*(texts[:, :2].min(axis=0) - margin), *(texts[:, 2:].max(axis=0) + margin))
    x0, y0, x1, y1 = (side * scale for side in bounds)
    left, top, right, bottom = (_drawn_side(table, number, side) for number, side in SIDES)
    return (
        x0 if left else max(x0, tight[0]), y0 if top else max(y0, tight[1]),
        x1 if right else min(x1, tight[2]), y1 if bottom else min(y1, tight[3]),
    )  # fmt: skip


def _drawn_side(table: dict[str, Any], number: int, side: int) -> bool:
    edge = table["box"][side]
    outer = [c for c in table["cells"] if abs(c["box"][side] - edge) < TOUCH]
    grounds = [c["ground"] != CLEAR for c in outer]
    lines = [c["border"][number] > 0 for c in outer]
    return bool(
        table["border"][number] > 0 or table["ground"] != CLEAR
        or any(lines) or sum(grounds) > 0.3 * max(1, len(grounds))
    )  # fmt: skip


def _draw_levels(
    rows: np.ndarray, table: dict[str, Any], scale: float, box: Sequence[float]
) -> None:
    """Draw the separators between the rows of a table."""
    cells = table["cells"]
    n_rows = max(c["row"] + c["rowspan"] for c in cells)
    n_cols = max(c["col"] + c["colspan"] for c in cells)
    owner = np.full((n_rows, n_cols), -1)
    for index, c in enumerate(cells):
        owner[c["row"] : c["row"] + c["rowspan"], c["col"] : c["col"] + c["colspan"]] = index
    edges = _edges(cells, n_cols)
    for row in range(n_rows + 1):
        _draw_level(rows, table, owner, row, [x * scale for x in edges], (scale, *box))


def _edges(cells: Sequence[dict[str, Any]], n_cols: int) -> list[float]:
    """The edges of the columns."""
    edges = [np.nan] * (n_cols + 1)
    for c in sorted(cells, key=lambda c: -c["colspan"]):
        edges[c["col"]] = c["box"][0]
        edges[c["col"] + c["colspan"]] = c["box"][2]
    known = [i for i, x in enumerate(edges) if not np.isnan(x)]
    return [float(x) for x in np.interp(range(n_cols + 1), known, [edges[i] for i in known])]


def _draw_level(
    rows: np.ndarray, table: dict[str, Any], owner: np.ndarray, row: int,
    edges: Sequence[float], place: Sequence[float],
) -> None:  # fmt: skip
    """Draw one separator, cell by cell, but for where a cell runs across it."""
    cells, scale, left, right = table["cells"], place[0], place[1], place[3]
    n_rows, n_cols = owner.shape
    above = [c for c in cells if c["row"] + c["rowspan"] == row]
    below = [c for c in cells if c["row"] == row]
    ends = [c["text"][3] for c in above if c["text"]]
    starts = [c["text"][1] for c in below if c["text"]]
    gap = (max(ends) * scale, min(starts) * scale) if ends and starts else (0.0, 0.0)
    outer = row in (0, n_rows)
    for col in range(n_cols):
        up = cells[owner[row - 1, col]] if row > 0 and owner[row - 1, col] >= 0 else None
        down = cells[owner[row, col]] if row < n_rows and owner[row, col] >= 0 else None
        if up is down:
            continue
        drawn = _drawn(table, up, down)
        if outer and not drawn:
            continue
        band = _band(up, down, scale, gap, drawn=drawn)
        x0, x1 = max(edges[col], left), min(edges[col + 1], right)
        if x1 > x0:
            y0, y1 = round(band[0]), max(round(band[0]) + 2, round(band[1]))
            rows[max(0, y0) : max(0, y1), round(x0) : round(x1)] = 255


def _drawn(table: dict[str, Any], up: dict[str, Any] | None, down: dict[str, Any] | None) -> bool:
    """Whether a line or the edge of a ground is seen between two cells."""
    ground = table["ground"]
    tones = [
        ground if c and c["ground"] == CLEAR else c["ground"] if c else CLEAR for c in (up, down)
    ]
    line = (up["border"][2] if up else table["border"][0]) > 0
    line = line or (down["border"][0] if down else table["border"][2]) > 0
    return line or tones[0] != tones[1]


def _band(
    up: dict[str, Any] | None, down: dict[str, Any] | None, scale: float,
    gap: tuple[float, float], *, drawn: bool,
) -> tuple[float, float]:  # fmt: skip
    """From where to where a separator reaches."""
    upper = up["box"][3] * scale if up else down["box"][1] * scale if down else 0.0
    lower = down["box"][1] * scale if down else upper
    middle, half = (upper + lower) / 2, abs(lower - upper) / 2 + RULE
    if drawn or gap[1] - gap[0] < LEAST_GAP:
        return middle - half, middle + half
    return gap
