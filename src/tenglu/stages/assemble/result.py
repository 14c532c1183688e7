"""What the assemble stage gives: pages, and tables that nobody has judged yet."""

from typing import NamedTuple

from tenglu.imaging.geometry import Polygon
from tenglu.model import Decider, Evidence, Flag, Page


class RawCell(NamedTuple):
    """A cell as it was read."""

    row: int
    col: int
    rowspan: int
    colspan: int
    text: str  # "" is an empty cell
    vertical: bool  # set top to bottom, a character a line
    page: int  # 1-based
    polygon: Polygon  # px of the scan as delivered
    evidence: tuple[Evidence, ...]
    decided_by: Decider = "machine"


class RawTable(NamedTuple):
    """A logical table as it was read; one that runs over a page break is one table."""

    id: str
    title: str
    code: str
    unit: str
    pages: tuple[int, ...]
    n_rows: int
    n_cols: int
    header_rows: int
    structure: float | None  # how sure rows, columns and merged cells are, 0 to 1; None: not judged
    notes: tuple[str, ...]
    cells: tuple[RawCell, ...]  # they tile the grid


class Join(NamedTuple):
    """A part that was joined to the table on the page before."""

    table: str
    page: int  # of the part that was joined, 1-based
    repeated_header_rows: int  # that were left out
    reason: str
    doubt: str  # "": none


class Assembled(NamedTuple):
    """What the pages hold together."""

    pages: tuple[Page, ...]
    tables: tuple[RawTable, ...]
    flags: tuple[Flag, ...]
    joins: tuple[Join, ...] = ()  # what was joined over page breaks, and why
