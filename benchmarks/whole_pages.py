"""Read whole pages as an OCR engine does that knows nothing of tables: find lines, read lines.

What others get from ``tenglu clean``: the characters of a page that PaddleOCR, alone, reads wrong
without marks, with them, and with them stripped. Detector and recogniser are those whose weights
the package rapidocr brings.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from tenglu.engines.interface import Crop, Engine
from tenglu.engines.paddle import PaddleSpec
from tenglu.engines.registry import open_engine
from tenglu.engines.weights import DETECTOR, find_weights
from tenglu.evaluation.matching import distance, fold
from tenglu.imaging.arrays import Rgb
from tenglu.imaging.geometry import Box

LONG_SIDE = 1600  # px that the detector sees
THRESHOLDS = {"thresh": 0.2, "box_thresh": 0.45, "unclip_ratio": 1.4, "max_candidates": 3000}
MEAN, SPREAD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]  # of the pictures it has learnt from

Place = tuple[np.ndarray, str]
"""Polygon of a cell, px of the page, and what is printed in it."""


class WholePages:
    """An engine for whole pages."""

    def __init__(self) -> None:
        """Load detector and recogniser."""
        os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
        from paddleocr import TextDetection  # noqa: PLC0415 - five seconds

        with _detector_folder() as folder:
            self._detector = TextDetection(
                model_name=DETECTOR.name,
                model_dir=str(folder),
                engine="onnxruntime",
                engine_config={"intra_op_num_threads": 1, "inter_op_num_threads": 1},
                device="cpu",
            )
        self._recogniser: Engine = open_engine(PaddleSpec())

    def read(self, page: Rgb) -> list[tuple[Box, str]]:
        """Lines of a page (H, W, 3), where they lie and what they say."""
        bgr = np.ascontiguousarray(page[:, :, ::-1])
        [found] = self._detector.predict(bgr, batch_size=1)
        boxes = [_box(np.asarray(polygon), page) for polygon in found["dt_polys"]]
        crops = [Crop(page[b.y0 : b.y1, b.x0 : b.x1], 1, b) for b in boxes if b.width and b.height]
        readings = self._recogniser.read(crops)
        return [(crop.box, r.text) for crop, r in zip(crops, readings, strict=True)]


def character_errors(lines: Iterable[tuple[Box, str]], places: list[Place]) -> tuple[int, int]:
    """Characters read wrong, left out or made up in the cells of a page, and those printed."""
    said: list[list[tuple[Box, str]]] = [[] for _ in places]
    for box, text in lines:
        middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
        for lines_of_cell, (polygon, _) in zip(said, places, strict=True):
            if cv2.pointPolygonTest(polygon.astype(np.float32), middle, measureDist=False) >= 0:
                lines_of_cell.append((box, text))
                break
    wrong = sum(
        distance(_joined(lines_of_cell), fold(text))
        for lines_of_cell, (_, text) in zip(said, places, strict=True)
    )
    return wrong, sum(len(fold(text)) for _, text in places)


def _joined(lines: list[tuple[Box, str]]) -> str:
    """From top to bottom, and from left to right where lines are level."""
    rows: list[list[tuple[Box, str]]] = []
    for line in sorted(lines, key=lambda line: line[0].y0 + line[0].y1):
        last = rows[-1][-1][0] if rows else None
        if last is not None and (line[0].y0 + line[0].y1) / 2 < last.y1:
            rows[-1].append(line)
        else:
            rows.append([line])
    return fold("".join(t for row in rows for _, t in sorted(row, key=lambda line: line[0].x0)))


def _box(polygon: np.ndarray, page: Rgb) -> Box:
    x0, y0 = np.maximum(polygon.min(axis=0), 0).astype(int).tolist()
    x1, y1 = polygon.max(axis=0).astype(int).tolist()
    return Box(x0, y0, min(x1 + 1, page.shape[1]), min(y1 + 1, page.shape[0]))


@contextmanager
def _detector_folder() -> Iterator[Path]:
    transforms: list[dict[str, Any]] = [
        {"DetResizeForTest": {"resize_long": LONG_SIDE}},
        {"NormalizeImage": {"scale": "1./255.", "mean": MEAN, "std": SPREAD, "order": "hwc"}},
        {"ToCHWImage": None},
    ]
    config = {
        "Global": {"model_name": DETECTOR.name},
        "PreProcess": {"transform_ops": transforms},
        "PostProcess": {"name": "DBPostProcess", **THRESHOLDS},
    }
    with tempfile.TemporaryDirectory(prefix="tenglu-") as name:
        folder = Path(name)
        (folder / "inference.onnx").symlink_to(find_weights(DETECTOR))
        (folder / "inference.yml").write_text(yaml.safe_dump(config), "utf-8")
        yield folder


def places_of(truth: dict[str, Any], number: int) -> list[Place]:
    """Cells of a page and what is printed in them; upright cells set in lines alone."""
    cells = {
        (table["id"], cell["row"], cell["col"]): cell
        for table in truth["tables"]
        for cell in table["cells"]
    }
    page = next(page for page in truth["pages"] if page["number"] == number)
    places = []
    for part in page["scan"]["parts"]:
        for placed in part["cells"]:
            cell = cells.get((part["table"], placed["row"], placed["col"]))
            if cell is not None and not cell.get("vertical"):
                places.append((np.array(placed["polygon"]), cell["text"]))
    return places
