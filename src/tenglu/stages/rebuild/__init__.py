"""From the leaves of all pages to a document: captions, notes, tables that run over pages."""

from collections.abc import Sequence
from typing import NamedTuple

from tenglu.model import Flag, FlagCode, Page, Seal, Table
from tenglu.model import Mark as PageMark
from tenglu.stages.rebuild.blocks import page_to_blocks
from tenglu.stages.rebuild.join import parts_to_tables
from tenglu.stages.rebuild.leaf import Failure, Leaf, leaf_to_parts
from tenglu.stages.rebuild.options import DEFAULTS, RebuildOptions
from tenglu.stages.rebuild.tables import LogicalTable, to_table

__all__ = ["DEFAULTS", "Failure", "Leaf", "RebuildOptions", "Rebuilt", "rebuild"]


class Rebuilt(NamedTuple):
    """What the pages hold together."""

    pages: tuple[Page, ...]
    tables: tuple[Table, ...]  # texts and evidence; not yet scored
    flags: tuple[Flag, ...]


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
    logical = parts_to_tables(parts, options)
    tables = tuple(to_table(table, f"t{i}", witness) for i, table in enumerate(logical, 1))
    pages = tuple(
        _page(leaf, logical) if isinstance(leaf, Leaf) else _blank_page(leaf) for leaf in leaves
    )
    return Rebuilt(pages, tables, tuple(_flags(leaves, logical)))


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
            Seal(shape=seal.shape, color=seal.color, polygon=leaf.on_scan(seal.polygon))
            for seal in leaf.seals
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
        for part in table.parts:
            if part.grid.basis == "white-space":
                message = "columns and rows are told from white space, no rules part them"
                flags.append(_structure_flag(message, part.leaf.number, f"t{i}"))
        for row, col, page in table.doubtful:
            message = "the shape of this cell is a guess: its rules do not close"
            flag = _structure_flag(message, page, f"t{i}")
            flags.append(flag.amended(row=row, col=col))
    return flags


def _structure_flag(message: str, page: int, table: str) -> Flag:
    return Flag(code=FlagCode.STRUCTURE, message=message, page=page, table=table)
