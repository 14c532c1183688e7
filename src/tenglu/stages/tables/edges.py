"""Which edges of a lattice part cells: a fitted judge of edges.

An edge that is drawn from joint to joint and stands free parts two cells. A stroke of type that
runs from rule to rule in a low row is drawn as well, but has ink on both sides, is alone on its
line, and its neighbours in the row are rules of other lines. Weights lie in edges.json beside this
file, which benchmarks/fit_edges.py writes.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray
from tenglu.imaging.ink import Ink
from tenglu.stages.tables.lattice import Lattice

MODEL_FILE = "edges.json"
POINTS = 32  # places along an edge that are looked at
INSET = 0.12  # of an edge at each end, where other rules are
CLEAR = 3  # px beside a rule that its blur covers
BESIDE = 0.14  # text heights further, where nothing stands beside a rule
HIGHEST = 40.0  # exponent
FAR = 6.0  # text heights; longer edges are alike

Floats = NDArray[np.float64]
NAMES = (
    "drawn",
    "drawn_half",
    "length",
    "low",
    "line",
    "line_edges",
    "along",
    "row",
    "ends",
    "one_side",
    "both_sides",
    "mixed",
    "tone",
    "short_line",
)


class Chances(NamedTuple):
    """How likely each edge of a lattice parts two cells."""

    rows: Floats  # (R + 1, C)
    cols: Floats  # (R, C + 1)


def edge_chances(lattice: Lattice, dark: Gray, ink: Ink) -> Chances:
    """Judge all edges of a lattice.

    Args:
        lattice: boundaries and drawn shares.
        dark: (H, W) darkness of the page.
        ink: of the page.
    """
    bias, weights = _model()
    rows, cols = edge_features(lattice, dark, ink)
    return Chances(_logistic(rows @ weights + bias), _logistic(cols @ weights + bias))


def with_chances(lattice: Lattice, dark: Gray, ink: Ink) -> Lattice:
    """The same with the chance that an edge parts two cells in place of its drawn share."""
    chances = edge_chances(lattice, dark, ink)
    return lattice._replace(row_edges=chances.rows, col_edges=chances.cols)


def edge_features(lattice: Lattice, dark: Gray, ink: Ink) -> tuple[Floats, Floats]:
    """(R + 1, C, F) and (R, C + 1, F) features of the level and of the plumb edges."""
    joints = lattice.joints
    level = _features(lattice.row_edges, lattice.col_edges, joints, dark, ink)
    turned = joints.transpose(1, 0, 2)[:, :, ::-1]
    plumb = _features(lattice.col_edges.T, lattice.row_edges.T, turned, dark.T, ink)
    return level, plumb.transpose(1, 0, 2)


def _features(own: Floats, across: Floats, joints: Floats, dark: Gray, ink: Ink) -> Floats:
    """(N, M, F) for edges along x: ``own`` (N, M) drawn shares, ``across`` (N - 1, M + 1)."""
    start, end = joints[:, :-1], joints[:, 1:]
    length = np.hypot(*np.moveaxis(end - start, 2, 0)) / ink.text_height
    weight = np.maximum(length, 1e-6)
    line = (own * weight).sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
    drawn_length = (own * weight).sum(axis=1, keepdims=True)
    padded = np.pad(own, ((0, 0), (1, 1)), mode="edge")
    along = np.maximum(padded[:, :-2], padded[:, 2:])
    reach = np.pad(across, ((1, 1), (0, 0)))
    touching = np.maximum(reach[:-1], reach[1:])  # (N, M + 1) drawn across at each joint
    ends = np.minimum(touching[:, :-1], touching[:, 1:])
    beside = _beside(start, end, dark, ink)
    usual = np.percentile(beside.tone[own > 0.5], 50) if (own > 0.5).any() else 1.0  # noqa: PLR2004
    others = (own > 0.5).sum(axis=1, keepdims=True) - (own > 0.5)  # noqa: PLR2004
    columns = own.mean(axis=0, keepdims=True)
    shape = own.shape
    values = [
        own,
        (own > 0.5).astype(float),  # noqa: PLR2004
        np.minimum(length, FAR) / FAR,
        1 / np.maximum(length, 0.3),
        line * np.ones(shape),
        np.log1p(others),
        along,
        columns * np.ones(shape),
        ends,
        np.maximum(beside.before, beside.after),
        np.minimum(beside.before, beside.after),
        np.minimum(beside.before, beside.after) / np.maximum(length, 0.5),
        np.minimum(beside.tone / max(usual, 1.0), 1.5),
        np.exp(-drawn_length / 2) * np.ones(shape),
    ]
    return np.stack(values, axis=2)


class _Beside(NamedTuple):
    before: Floats  # share of an edge with ink close by, on one side
    after: Floats
    tone: Floats  # usual darkness along it


def _beside(start: Floats, end: Floats, dark: Gray, ink: Ink) -> _Beside:
    share = np.linspace(INSET, 1 - INSET, POINTS)[:, None]
    places = start[:, :, None] + share * (end - start)[:, :, None]  # (N, M, P, 2)
    x = np.clip(np.rint(places[..., 0]).astype(np.intp), 0, dark.shape[1] - 1)
    y = np.rint(places[..., 1]).astype(np.intp)
    depth = CLEAR + max(1, round(BESIDE * ink.text_height))
    offsets = np.arange(-depth, depth + 1)
    rows = np.clip(y[..., None] + offsets, 0, dark.shape[0] - 1)
    seen = dark[rows, x[..., None]]
    inked = seen > ink.threshold
    before = inked[..., : depth - CLEAR + 1].any(axis=-1).mean(axis=-1)
    after = inked[..., depth + CLEAR :].any(axis=-1).mean(axis=-1)
    tone = np.median(seen[..., depth - 2 : depth + 3].max(axis=-1), axis=-1)
    return _Beside(before, after, tone.astype(np.float64))


def _logistic(score: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-np.clip(score, -HIGHEST, HIGHEST)))
    return chance


@cache
def _model() -> tuple[float, Floats]:
    text = files("tenglu.stages.tables").joinpath(MODEL_FILE).read_text(encoding="utf-8")
    kept: dict[str, Any] = json.loads(text)
    return float(kept["bias"]), np.array([kept["weights"][name] for name in NAMES])
