"""Remove boundaries that words cross: they are strokes of type below each other, not lines."""

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Mask
from tenglu.stages.tables.lattice import Lattice
from tenglu.stages.tables.page_text import PageText

OVER = 0.3  # text heights that a word stands out on both sides of what it crosses
BESIDE = 5  # px beside a boundary in which a stroke has ink on both sides, and a rule has not
DRAWN = 0.5  # share of an edge
MOST = 0.5  # of the drawn edges of a boundary


def uncrossed(lattice: Lattice, text: PageText) -> Lattice:
    """Return a lattice without the boundaries that words cross.

    Args:
        lattice: boundaries and edges.
        text: of the page.
    """
    boxes, over = text.boxes(), OVER * text.text_height
    cols = _crossed(lattice.joints, boxes, text.mask, over)
    turned = lattice.joints.transpose(1, 0, 2)[:, :, ::-1]
    rows = _crossed(turned, boxes[:, [1, 0, 3, 2]], text.mask.T, over)
    return lattice._replace(
        row_edges=_without(lattice.row_edges.T, rows).T,
        col_edges=_without(lattice.col_edges, cols),
    )


def _crossed(
    joints: NDArray[np.float64], boxes: NDArray[np.float64], mask: Mask, over: float
) -> NDArray[np.bool_]:
    """(R, C + 1) whether a word crosses each plumb edge, its ink on both sides of it at once."""
    n_rows, n_cols = joints.shape[0] - 1, joints.shape[1]
    crossed = np.zeros((n_rows, n_cols), dtype=bool)
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    for i in range(n_rows):
        top, bottom = joints[i, :, 1].min(), joints[i + 1, :, 1].max()
        own = boxes[(middle > top) & (middle < bottom)]
        at = (joints[i, :, 0] + joints[i + 1, :, 0]) / 2
        over_it = (own[:, :1] < at - over) & (own[:, 2:3] > at + over)
        for k, j in np.argwhere(over_it).tolist():
            y0, y1, x = int(own[k, 1]), int(own[k, 3]) + 1, round(float(at[j]))
            before, after = mask[y0:y1, max(0, x - BESIDE) : x], mask[y0:y1, x + 1 : x + BESIDE + 1]
            crossed[i, j] |= bool((before.any(axis=1) & after.any(axis=1)).any())
    return crossed


def _without(edges: NDArray[np.float64], crossed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Edges (R, C + 1); none of a boundary that words cross wherever it is drawn, or nearly so."""
    drawn = edges > DRAWN
    share = (crossed & drawn).sum(axis=0) / np.maximum(drawn.sum(axis=0), 1)
    left: NDArray[np.float64] = np.where(share > MOST, 0.0, edges)
    left[:, [0, -1]] = edges[:, [0, -1]]
    return left
