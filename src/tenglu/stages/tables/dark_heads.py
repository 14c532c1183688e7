"""Heads in light type on dark grounds: a black rule cannot be seen there, but texts stand apart."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask
from tenglu.imaging.ink import Ink
from tenglu.stages.tables.lattice import Lattice
from tenglu.stages.tables.result import Grid
from tenglu.stages.tables.shaded_regions import ground_limit

LEAST = 90  # darkness of a ground that rules may hide on; on a lighter one type is dark
LIGHT = 0.7  # of the darkness of a ground; thin type on it is lighter, though blurred
TYPE = 0.15  # squares of the text height that type covers at least
INSET = 0.2  # text heights; rules and the edge of the ground
APART = 0.12  # text heights on each side of a boundary without type
GAP = 0.8  # text heights of both together; a full stop in a line leaves less
ROW_GAP = 0.5  # text heights between the lines of two rows; those of one text are nearer
PARTED = 0.75  # drawn share of an edge that is set so


def part_heads(lattice: Lattice, dark: Gray, ink: Ink) -> Lattice:
    """Part rows that differ in their ground, and neighbours on a dark one whose texts stand apart.

    Two fields on a dark ground are two cells if both hold type and none crosses their boundary. A
    head over several columns has its type in the middle: across a boundary, or beside fields
    without any.

    Args:
        lattice: boundaries and edges.
        dark: (H, W) darkness of the page, as it is.
        ink: of the page.
    """
    fields = _fields(lattice, dark, ink)
    rows, cols = lattice.row_edges.copy(), lattice.col_edges.copy()
    rows[1:-1][fields.on_ground[1:] != fields.on_ground[:-1]] = 1.0
    both = fields.typed[:, 1:] & fields.typed[:, :-1] & (cols[:, 1:-1] < PARTED)
    for row, col in np.argwhere(both).tolist():
        if _is_free(lattice, row, col + 1, dark, ink):
            cols[row, col + 1] = PARTED
    return lattice._replace(row_edges=rows, col_edges=cols)


def doubt_heads(found: Grid, dark: Gray, ink: Ink) -> Grid:
    """Name the cells of a dark head that may be of several rows, with rules that cannot be seen.

    So they may if light type stands in lines further apart than those of one text, and in line with
    each other in all cells of the row.
    """
    doubtful = list(found.doubtful)
    for row in range(found.n_rows):
        cells = [cell for cell in found.cells if cell.row == row]
        parts = [_inside(np.array(cell.polygon), dark, ink) for cell in cells]
        limit = max(LEAST, ground_limit(ink))
        on_ground = [part.size > 0 and float(np.median(part)) > limit for part in parts]
        height = min((len(part) for part in parts), default=0)
        if height == 0 or not all(on_ground):
            continue
        typed = np.any([_light(part)[:height].any(axis=1) for part in parts], axis=0)
        if _n_bands(typed, ROW_GAP * ink.text_height) > 1:
            doubtful += [(c.row, c.col) for c in cells if (c.row, c.col) not in doubtful]
    return found._replace(doubtful=doubtful)


def _n_bands(typed: Mask, apart: float) -> int:
    """Lines of type with so many px between them."""
    places = np.flatnonzero(typed)
    return int((np.diff(places) > apart).sum()) + 1 if len(places) else 0


class _Fields(NamedTuple):
    """What fields of the lattice show, (R, C)."""

    on_ground: Mask  # a dark one
    typed: Mask  # and light type on it


def _fields(lattice: Lattice, dark: Gray, ink: Ink) -> _Fields:
    limit = max(LEAST, ground_limit(ink))
    fields = _Fields(*np.zeros((2, *(side - 1 for side in lattice.joints.shape[:2])), dtype=bool))
    for row, col in np.ndindex(fields.typed.shape):
        part = _inside(lattice.joints[row : row + 2, col : col + 2].reshape(-1, 2), dark, ink)
        if part.size and float(np.median(part)) > limit:
            fields.on_ground[row, col] = True
            fields.typed[row, col] = _light(part).sum() >= TYPE * ink.text_height**2
    return fields


def _inside(corners: NDArray[np.float64], dark: Gray, ink: Ink) -> Gray:
    """What lies between four corners, without the rules."""
    inset = round(INSET * ink.text_height)
    x0, y0 = np.maximum(corners.min(axis=0).astype(int) + inset, 0)
    x1, y1 = corners.max(axis=0).astype(int) - inset
    return dark[y0:y1, x0:x1]


def _is_free(lattice: Lattice, row: int, col: int, dark: Gray, ink: Ink) -> bool:
    """Whether no type crosses a boundary along an edge."""
    (x0, y0), (x1, y1) = lattice.joints[row, col], lattice.joints[row + 1, col]
    inset, reach = round(INSET * ink.text_height), round(GAP * ink.text_height)
    middle = round(float(x0 + x1) / 2)
    band = dark[int(y0) + inset : int(y1) - inset, max(0, middle - reach) : middle + reach + 1]
    if not band.size:
        return False
    typed = np.flatnonzero(_light(band).any(axis=0)) - min(reach, middle)
    before = -int(typed[typed <= 0].max(initial=-reach))
    after = int(typed[typed >= 0].min(initial=reach))
    bent = abs(float(x1 - x0)) / 2
    apart = APART * ink.text_height + bent
    return min(before, after) >= apart and before + after >= GAP * ink.text_height


def _light(dark: Gray) -> Mask:
    """Type that is lighter than its ground."""
    light: Mask = dark < LIGHT * float(np.median(dark))
    return light
