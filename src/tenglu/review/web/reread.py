"""Read places on a page again, in the same way as the ocr stage: cleaned, deskewed and upright."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from tenglu.engines.interface import Crop, Engine
from tenglu.imaging.arrays import Rgb
from tenglu.imaging.geometry import Box, Polygon
from tenglu.imaging.ink import Ink, darkness, measure_ink, to_gray
from tenglu.review.core.editable_table import bounds
from tenglu.review.web.crops import Pictures, Where, cut_out
from tenglu.stages.assemble.evidence import text_evidence
from tenglu.stages.ocr import CellText
from tenglu.stages.ocr.cells import cell_to_lines
from tenglu.stages.ocr.text import join_lines
from tenglu.stages.tables import GridCell, Sides

AROUND = 0.5  # margin, in shorter sides of a cell, that separates ruling lines from its text
WHOLE = Sides(1.0, 1.0, 1.0, 1.0)


class Reader:
    """An engine that is opened when first needed, safe to share between threads."""

    def __init__(self, pictures: Pictures, open_engine: Callable[[], Engine]) -> None:
        """Store how to open the engine.

        Args:
            pictures: source of the page pixels.
            open_engine: function that opens the engine.
        """
        self._pictures = pictures
        self._open_engine = open_engine
        self._engine: Engine | None = None
        self._one_at_a_time = threading.Lock()

    def read(self, places: Sequence[tuple[Where, Polygon]]) -> list[dict[str, Any]]:
        """Read each place: text, whether it is set vertically, and evidence, as plain values.

        Raises:
            InputError: a page cannot be read.
            EngineError: the engine is missing or failed.
        """
        with self._one_at_a_time:
            if self._engine is None:
                self._engine = self._open_engine()
            inks: dict[Where, Ink] = {}
            return [self._read(self._engine, where, polygon, inks) for where, polygon in places]

    def _read(
        self, engine: Engine, where: Where, polygon: Polygon, inks: dict[Where, Ink]
    ) -> dict[str, Any]:
        page = self._pictures.pixels(where, "clean")
        if where not in inks:
            inks[where] = measure_ink(darkness(to_gray(page)))
        text = _read_cell(page, polygon, engine, (where.number, inks[where]))
        evidence = [e.model_dump(mode="json") for e in text_evidence(text, engine.witness)]
        return {"text": text.text, "vertical": text.vertical, "evidence": evidence}


def _read_cell(page: Rgb, polygon: Polygon, engine: Engine, of: tuple[int, Ink]) -> CellText:
    number, ink = of
    image, height = cut_out(page, polygon, AROUND)
    dark = darkness(to_gray(image))
    across = image.shape[0] - height  # margins above and below
    x0 = y0 = across / 2
    x1, y1 = image.shape[1] - x0, image.shape[0] - y0
    inner: Polygon = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    cut = cell_to_lines(image, dark, GridCell(0, 0, 1, 1, inner, WHOLE), ink)
    at = bounds(polygon)
    boxes = [_shifted(line.box, at.x0 - x0, at.y0 - y0) for line in cut.lines]
    crops = [Crop(line.image, number, box) for line, box in zip(cut.lines, boxes, strict=True)]
    readings = engine.read(crops) if crops else []
    pairs = [(line.box, r.text) for line, r in zip(cut.lines, readings, strict=True)]
    return CellText(join_lines(pairs, ink.text_height), cut.vertical, readings, cut.stray)


def _shifted(box: Box, x: float, y: float) -> Box:
    """Return a box moved to its approximate place on the page."""
    return Box(round(box.x0 + x), round(box.y0 + y), round(box.x1 + x), round(box.y1 + y))
