"""Assemble page results to a document: captions, notes, and tables that span pages."""

from collections.abc import Sequence

from tenglu.model import Flag, FlagCode, Page, Seal
from tenglu.model import Mark as PageMark
from tenglu.stages.assemble.blocks import page_to_blocks
from tenglu.stages.assemble.doubts import table_flags
from tenglu.stages.assemble.join import parts_to_tables
from tenglu.stages.assemble.options import DEFAULTS, AssembleOptions
from tenglu.stages.assemble.page_lines import find_running_lines
from tenglu.stages.assemble.page_result import Failure, PageResult, page_to_parts
from tenglu.stages.assemble.result import Assembled, Join, RawCell, RawTable
from tenglu.stages.assemble.tables import LogicalTable, to_raw_table

__all__ = [
    "DEFAULTS",
    "AssembleOptions",
    "Assembled",
    "Failure",
    "Join",
    "PageResult",
    "RawCell",
    "RawTable",
    "assemble",
]


def assemble(
    page_results: Sequence[PageResult | Failure], engine: str, options: AssembleOptions = DEFAULTS
) -> Assembled:
    """Assemble a document.

    Args:
        page_results: results of all pages, in order.
        engine: name of the engine in the evidence.
        options: see :class:`AssembleOptions`.
    """
    readable = [page_result for page_result in page_results if isinstance(page_result, PageResult)]
    parts = [part for page_result in readable for part in page_to_parts(page_result)]
    running = find_running_lines([page_result.lines for page_result in readable])
    logical = parts_to_tables(parts, options, running)
    tables = tuple(to_raw_table(table, f"t{i}", engine) for i, table in enumerate(logical, 1))
    pages = tuple(
        _page(page_result, logical)
        if isinstance(page_result, PageResult)
        else _blank_page(page_result)
        for page_result in page_results
    )
    joins = tuple(
        Join(f"t{i}", *join) for i, table in enumerate(logical, 1) for join in table.joins
    )
    return Assembled(pages, tables, tuple(_flags(page_results, logical)), joins)


def _page(page_result: PageResult, logical: Sequence[LogicalTable]) -> Page:
    return Page(
        number=page_result.number,
        width=page_result.width,
        height=page_result.height,
        dpi=page_result.dpi,
        rotation=page_result.rotation,
        skew=page_result.skew,
        watermarks=tuple(
            PageMark(
                text=mark.text,
                confidence=mark.confidence,
                polygon=page_result.on_scan(mark.polygon),
            )
            for mark in page_result.marks
        ),
        seals=tuple(
            Seal(
                shape=found.shape,
                color=found.color,
                polygon=page_result.on_scan(found.polygon),
                text=text,
                confidence=confidence,
            )
            for found, text, confidence in page_result.seals
        ),
        blocks=page_to_blocks(page_result, logical),
        flags=tuple(flag.code for flag in page_result.flags),
    )


def _blank_page(failure: Failure) -> Page:
    return Page(
        number=failure.number,
        width=1,
        height=1,
        dpi=None,
        rotation=0,
        skew=0.0,
        flags=(FlagCode.PAGE_FAILED,),
    )


def _flags(
    page_results: Sequence[PageResult | Failure], logical: Sequence[LogicalTable]
) -> list[Flag]:
    flags: list[Flag] = []
    for page_result in page_results:
        if isinstance(page_result, PageResult):
            flags.extend(page_result.flags)
        else:
            message = f"the page could not be read: {page_result.reason}"
            flags.append(Flag(code=FlagCode.PAGE_FAILED, message=message, page=page_result.number))
    for i, table in enumerate(logical, 1):
        flags += table_flags(table, f"t{i}")
    return flags
