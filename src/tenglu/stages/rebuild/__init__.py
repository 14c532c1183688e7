"""From the leaves of all pages to a document: captions, notes, tables that run over pages."""

from collections.abc import Sequence
from typing import NamedTuple

from tenglu.model import Flag, FlagCode, Page, Seal, Table
from tenglu.model import Mark as PageMark
from tenglu.stages.rebuild.blocks import page_to_blocks
from tenglu.stages.rebuild.doubts import table_flags
from tenglu.stages.rebuild.join import parts_to_tables
from tenglu.stages.rebuild.leaf import Failure, Leaf, leaf_to_parts
from tenglu.stages.rebuild.options import DEFAULTS, RebuildOptions
from tenglu.stages.rebuild.page_lines import find_running_lines
from tenglu.stages.rebuild.tables import LogicalTable, to_table

__all__ = ["DEFAULTS", "Failure", "Join", "Leaf", "RebuildOptions", "Rebuilt", "rebuild"]


class Join(NamedTuple):
    """A part that was joined to the table on the page before."""

    table: str
    page: int  # of the part that was joined, 1-based
    repeated_header_rows: int  # that were left out
    reason: str
    doubt: str  # "": none


class Rebuilt(NamedTuple):
    """What the pages hold together."""

    pages: tuple[Page, ...]
    tables: tuple[Table, ...]  # texts and evidence; not yet scored
    flags: tuple[Flag, ...]
    joins: tuple[Join, ...] = ()  # what was joined over page breaks, and why


def rebuild(
    leaves: Sequence[Leaf | Failure], witness: str, options: RebuildOptions = DEFAULTS
) -> Rebuilt:
    """Put a document together.

    Args:
        leaves: of all pages, in order.
        witness: name of the engine in the evidence of the cells.
        options: see :class:`RebuildOptions`.
    """
    readable = [leaf for leaf in leaves if isinstance(leaf, Leaf)]
    parts = [part for leaf in readable for part in leaf_to_parts(leaf)]
    running = find_running_lines([leaf.lines for leaf in readable])
    logical = parts_to_tables(parts, options, running)
    tables = tuple(to_table(table, f"t{i}", witness) for i, table in enumerate(logical, 1))
    pages = tuple(
        _page(leaf, logical) if isinstance(leaf, Leaf) else _blank_page(leaf) for leaf in leaves
    )
    joins = tuple(
        Join(f"t{i}", *seam) for i, table in enumerate(logical, 1) for seam in table.seams
    )
    return Rebuilt(pages, tables, tuple(_flags(leaves, logical)), joins)


def _page(leaf: Leaf, logical: Sequence[LogicalTable]) -> Page:
    return Page(
        number=leaf.number,
        width=leaf.width,
        height=leaf.height,
        dpi=leaf.dpi,
        rotation=leaf.rotation,
        skew=leaf.skew,
        watermarks=tuple(
            PageMark(text=mark.text, confidence=mark.confidence, polygon=leaf.on_scan(mark.polygon))
            for mark in leaf.marks
        ),
        seals=tuple(
            Seal(
                shape=found.shape,
                color=found.color,
                polygon=leaf.on_scan(found.polygon),
                text=text,
                confidence=confidence,
            )
            for found, text, confidence in leaf.seals
        ),
        blocks=page_to_blocks(leaf, logical),
        flags=tuple(flag.code for flag in leaf.flags),
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


def _flags(leaves: Sequence[Leaf | Failure], logical: Sequence[LogicalTable]) -> list[Flag]:
    flags: list[Flag] = []
    for leaf in leaves:
        if isinstance(leaf, Leaf):
            flags.extend(leaf.flags)
        else:
            message = f"the page could not be read: {leaf.reason}"
            flags.append(Flag(code=FlagCode.PAGE_FAILED, message=message, page=leaf.number))
    for i, table in enumerate(logical, 1):
        flags += table_flags(table, f"t{i}")
    return flags
