"""Run the network of separators over a page."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Rgb, check_rgb
from tenglu.imaging.ink import darkness, measure_ink, to_gray

if TYPE_CHECKING:
    import onnxruntime

WEIGHTS = Path(__file__).with_name("separators.onnx")
TYPE = 8.0  # px; the height of type that the network was trained on
LARGEST = 1.2e6  # px of the picture that the network sees: what a page may cost
MOST = 2.0  # times; type that is smaller still gains nothing from being enlarged
MULTIPLE = 16  # px; the network halves the picture four times
FINE = 2  # px of the picture for one of the maps
TONES = 0.5, 95  # percentiles that stand for full ink and for paper
LEAST_RANGE = 40.0  # levels between them; an empty page is not stretched into noise

Map = NDArray[np.float32]


class SeparatorMaps(NamedTuple):
    """What the network sees, as probabilities; all maps have one shape (h, w)."""

    table: Map  # inside a table
    rows: Map  # between two rows, or at the drawn edge of a table
    cols: Map
    scale: float  # px of the maps for one px of the page
    unit: float  # height of the type, px of the maps


def separators(page: Rgb, text_height: float | None = None) -> SeparatorMaps:
    """Find where a reader sees tables, and what parts their rows and columns.

    Args:
        page: (H, W, 3), upright to about two degrees.
        text_height: px of the page, as ``measure_ink`` finds it; None: measured here.
    """
    gray = to_gray(check_rgb(page))
    height = text_height or measure_ink(darkness(gray)).text_height
    scale = min(TYPE / height, MOST, (LARGEST / gray.size) ** 0.5)
    size = tuple(max(MULTIPLE, round(side * scale)) for side in gray.shape[::-1])
    shrunk = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    ink = _to_ink(cv2.resize(gray, size, interpolation=shrunk))
    down, right = (-side % MULTIPLE for side in ink.shape)
    padded = np.pad(ink, ((0, down), (0, right)))[None, None]
    found = _session().run(None, {"ink": padded})
    shape = (ink.shape[0] // FINE, ink.shape[1] // FINE)
    full = (padded.shape[3] // FINE, padded.shape[2] // FINE)
    table, rows, cols = (
        cv2.resize(m[0, 0], full, interpolation=cv2.INTER_LINEAR)[: shape[0], : shape[1]]
        for m in found
    )
    exact = ink.shape[0] / gray.shape[0]
    return SeparatorMaps(table, rows, cols, exact / FINE, height * exact / FINE)


def _to_ink(gray: Gray) -> Map:
    """Ink 0 to 1, by the darkest and the lightest tones of the picture."""
    low, high = np.percentile(gray[::2, ::2], TONES)
    stretched = (high - gray.astype(np.float32)) / max(high - low, LEAST_RANGE)
    ink: Map = np.clip(stretched, -0.2, 1.2).astype(np.float32)
    return ink


@cache
def _session() -> "onnxruntime.InferenceSession":
    import onnxruntime  # noqa: PLC0415 - slow, and not every run needs it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(WEIGHTS), options, providers=["CPUExecutionProvider"])
