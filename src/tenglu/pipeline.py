"""The pipeline: orient, strip, tables and ocr for each page, then assemble and check."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from tenglu import __version__
from tenglu.engines.interface import Engine
from tenglu.imaging.arrays import Mask
from tenglu.imaging.geometry import Box, Polygon
from tenglu.imaging.page_image import PageImage
from tenglu.model import Document, Flag, FlagCode, Source, Step
from tenglu.settings import Settings
from tenglu.stages.assemble import Failure, Join, PageResult, assemble
from tenglu.stages.assemble.page_result import MarkReading, SealReading
from tenglu.stages.check import check
from tenglu.stages.ingest import Scan
from tenglu.stages.ocr import PageText, read_text
from tenglu.stages.ocr.coverage import coverage_flags
from tenglu.stages.ocr.marks import MarkText, read_mark
from tenglu.stages.ocr.seals import SealText, read_seals
from tenglu.stages.ocr.turned_tables import turn_tables
from tenglu.stages.orient import Upright, orient
from tenglu.stages.strip import Stripped, strip
from tenglu.stages.tables import Grids, find_tables

LEAST_MARGIN = 0.15  # margin (0 to 1) below which a rotation is flagged
LEAST_DPI = 150  # resolution below which small type has too few pixels


def read_page(scan: Scan, engine: Engine, settings: Settings) -> PageResult:
    """Read one page.

    Args:
        scan: the page, with (H, W, 3) pixels.
        engine: the OCR engine.
        settings: settings of all stages.

    Returns:
        plain values, which can be sent between processes.
    """
    upright = orient(PageImage(scan.image), engine, settings.orient)
    stripped = strip(upright.page, settings.strip)
    removed = _read_removed(stripped, engine, scan.number)
    grids = find_tables(stripped.page, settings.tables)
    text = read_text(stripped.page, grids, engine, scan.number)
    grids, text = turn_tables(stripped.page, grids, text, engine, scan.number, settings.tables)
    return _to_result(scan, upright, removed, grids, text)


class _Removed(NamedTuple):
    """Marks and seals that were removed from a page, with their texts."""

    mask: Mask  # (H, W) changed pixels
    marks: list[MarkReading]
    seals: list[SealReading]


def _read_removed(stripped: Stripped, engine: Engine, number: int) -> _Removed:
    mark = None if stripped.pattern is None else read_mark(stripped.pattern, engine, number)
    seals = read_seals(stripped.impressions, engine, number)
    return _Removed(stripped.removed, _marks(stripped, mark), _seals(stripped, seals))


def _to_result(
    scan: Scan, upright: Upright, removed: _Removed, grids: Grids, text: PageText
) -> PageResult:
    height, width = upright.image.shape[:2]
    return PageResult(
        number=scan.number,
        width=scan.image.shape[1],
        height=scan.image.shape[0],
        dpi=scan.dpi,
        rotation=upright.rotation,
        skew=upright.skew,
        to_scan=upright.to_scan,
        upright=Box(0, 0, width, height),
        text_height=grids.ink.text_height,
        grids=grids.grids,
        cells=text.tables,
        covered=[[_covered(removed.mask, c.polygon) for c in g.cells] for g in grids.grids],
        lines=text.lines,
        marks=removed.marks,
        seals=removed.seals,
        flags=(*_page_flags(scan, upright), *coverage_flags(grids, text, scan.number)),
    )


def to_document(
    source: Source,
    page_results: Iterable[PageResult | Failure],
    engine_name: str,
    settings: Settings,
) -> Document:
    """Assemble the pages of one input, and check the document.

    The page results are not kept during the check if they come from an iterator, which saves a
    third of the memory.

    Args:
        source: the input file.
        page_results: results of all pages, in order.
        engine_name: name of the engine, as "engine / model".
        settings: settings of all stages.
    """
    model = engine_name.split(" / ")[1] if " / " in engine_name else engine_name
    assembled = assemble(list(page_results), model, settings.assemble)
    checked = check(assembled, settings.check)
    return Document(
        tenglu_version=__version__,
        source=source,
        engine=engine_name,
        pages=assembled.pages,
        tables=checked.tables,
        flags=checked.flags,
        steps=tuple(_steps(settings, assembled.joins)),
    )


def _steps(settings: Settings, joins: Sequence[Join]) -> Iterator[Step]:
    """Yield the stages with their settings, and the joins of the assemble stage after it."""
    for name, options in settings.model_dump(mode="json", exclude={"engine"}).items():
        yield Step(name=name, version=__version__, settings=options)
        if name == "assemble":
            for join in joins:
                yield Step(name="join", version=__version__, settings=join._asdict())


def _covered(removed: Mask, polygon: Polygon) -> float:
    """Return the share of a cell (0 to 1) that was under a mark."""
    corners = np.array(polygon)
    (x0, y0), (x1, y1) = (
        np.maximum(corners.min(axis=0), 0).astype(int),
        corners.max(axis=0).astype(int),
    )
    part = removed[y0:y1, x0:x1]
    return float(part.mean()) if part.size else 0.0


def _marks(stripped: Stripped, reading: MarkText | None) -> list[MarkReading]:
    """Return the marks of a page; all repetitions of the pattern have its text."""
    return [
        MarkReading(reading.text, reading.confidence, mark.polygon)
        if reading is not None and mark.repeats
        else MarkReading(None, None, mark.polygon)
        for mark in stripped.marks
    ]


def _seals(stripped: Stripped, texts: Sequence[SealText | None]) -> list[SealReading]:
    """Return the seals of a page; those that were not removed have no text."""
    return [
        SealReading(found, None, None)
        if text is None
        else SealReading(found, text.text, text.confidence)
        for found, text in zip_longest(stripped.seals, texts)
    ]


def _page_flags(scan: Scan, upright: Upright) -> tuple[Flag, ...]:
    flags = []
    if upright.margin is not None and upright.margin < LEAST_MARGIN:
        message = f"turned by {upright.rotation} degrees on weak evidence"
        flags.append(Flag(code=FlagCode.ORIENTATION, message=message, page=scan.number))
    if scan.dpi is not None and scan.dpi < LEAST_DPI:
        message = f"scanned at {scan.dpi} dpi; 300 is advised for small type, 200 is the least"
        flags.append(Flag(code=FlagCode.LOW_RESOLUTION, message=message, page=scan.number))
    return tuple(flags)
