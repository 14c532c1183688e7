"""The result after review: corrected texts, and the values, checks and flags that follow."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from tenglu.imaging.geometry import enclosing_box
from tenglu.model import Block, Document, Flag, FlagCode, Page, TableBlock
from tenglu.review.core.apply import Conflict, Draft, draft
from tenglu.review.core.editable_table import EditableTable, Settled, bounds, to_table
from tenglu.review.core.events import LogRecord
from tenglu.stages.check import OWN_FLAGS, recheck


class Reviewed(NamedTuple):
    """A document after review."""

    document: Document
    conflicts: tuple[Conflict, ...] = ()
    settled: Mapping[tuple[str, int, int], Settled] = MappingProxyType({})  # by table, row, column


def reviewed(document: Document, entries: Sequence[LogRecord]) -> Reviewed:
    """Apply log entries to a document, and recompute kinds, values, checks and flags.

    Args:
        document: the result as converted.
        entries: its log entries, in order.

    Raises:
        InputError: the document has check settings of another version.
    """
    if not entries:
        return Reviewed(document)
    begun = draft(document, entries)
    settled = {
        (sheet.table.id, *at): state.settled
        for sheet in begun.sheets.values()
        for at, state in sheet.states.items()
        if state.settled is not None
    }
    return Reviewed(finish(begun), tuple(begun.conflicts), settled)


def finish(begun: Draft) -> Document:
    """Return the document of a draft, checked again."""
    document = begun.document
    tables = tuple(to_table(sheet) for sheet in begun.sheets.values())
    pages = tuple(_page(page, begun) for page in document.pages)
    flags = tuple(_flags(document.flags, begun))
    return recheck(document.amended(tables=tables, pages=pages, flags=flags))


def _flags(flags: Iterable[Flag], begun: Draft) -> Iterable[Flag]:
    """Yield the flags of earlier stages that are still open; the check recomputes its own."""
    for flag in flags:
        if (flag.page, flag.code) in begun.seen_pages and flag.row is None:
            continue
        sheet = None if flag.table is None else begun.sheets.get(flag.table)
        if flag.table is not None and (sheet is None or sheet.reshaped):
            continue  # a person has decided the shape of this table, and its rows have moved
        if sheet is not None and flag.row is not None and flag.col is not None:
            state = sheet.states.get((flag.row, flag.col))
            if flag.code not in OWN_FLAGS and state is not None and state.settled is not None:
                continue
        yield flag


def _page(page: Page, begun: Draft) -> Page:
    left = tuple(code for code in page.flags if (page.number, code) not in begun.seen_pages)
    reshaped = [sheet for sheet in begun.sheets.values() if sheet.reshaped]
    if left == page.flags and not reshaped:
        return page
    blocks: list[Block] = []
    for block in page.blocks:
        if not isinstance(block, TableBlock):
            blocks.append(block)
            continue
        heirs = [sheet for sheet in reshaped if block.table in sheet.origins]
        placed = {other.table for other in blocks if isinstance(other, TableBlock)}
        new = [_block(sheet, page.number) for sheet in heirs if sheet.table.id not in placed]
        blocks += [b for b in new if b is not None] if heirs else [block]
    return page.amended(flags=left, blocks=tuple(blocks))


def _block(sheet: EditableTable, page: int) -> TableBlock | None:
    cells = [state.cell for state in sheet.states.values() if state.cell.page == page]
    if not cells:
        return None
    box = enclosing_box([bounds(cell.polygon) for cell in cells])
    rows = min(c.row for c in cells), max(c.row + c.rowspan - 1 for c in cells)
    return TableBlock(kind="table", table=sheet.table.id, rows=rows, polygon=box.polygon)


def doubts(document: Document) -> set[tuple[int, FlagCode]]:
    """Return page number and code of each flag of a whole page or table."""
    of_pages = {(page.number, code) for page in document.pages for code in page.flags}
    return of_pages | {
        (flag.page, flag.code)
        for flag in document.flags
        if flag.row is None and flag.page is not None
    }


def open_cells(document: Document) -> int:
    """Count the cells that need review."""
    return sum(cell.needs_review for table in document.tables for cell in table.cells)
