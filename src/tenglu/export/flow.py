"""The document in reading order, for the formats that show it as a text."""

from collections.abc import Iterator
from typing import NamedTuple

from tenglu.model import Document, Page, Table, TextBlock


class Continuation(NamedTuple):
    """A table goes on here that was shown whole where it began."""

    table: Table


def flow(document: Document) -> Iterator[Page | TextBlock | Table | Continuation]:
    """Yield each page before its blocks, and each table once, at its first block.

    Tables that no block names come last.
    """
    tables = {table.id: table for table in reversed(document.tables)}
    shown: dict[str, Table] = {}
    for page in document.pages:
        yield page
        for block in page.blocks:
            if isinstance(block, TextBlock):
                yield block
            elif block.table in shown:
                yield Continuation(shown[block.table])
            elif block.table in tables:
                shown[block.table] = tables[block.table]
                yield shown[block.table]
    yield from (table for table in document.tables if shown.get(table.id) is not table)


def texts_on_pages(document: Document, table: Table) -> set[str]:
    """Texts outside tables on the table's pages: a title or note among them is not repeated."""
    return {
        block.text
        for page in document.pages
        if page.number in table.pages
        for block in page.blocks
        if isinstance(block, TextBlock)
    }
