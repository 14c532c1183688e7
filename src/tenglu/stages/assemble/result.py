"""The result of the assemble stage: pages, and tables that are not checked yet."""

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
    vertical: bool  # set top to bottom, one character per line
    page: int  # 1-based
    polygon: Polygon  # px of the scan
    evidence: tuple[Evidence, ...]
    decided_by: Decider = "machine"


class RawTable(NamedTuple):
    """A logical table as it was read; it may span several pages."""

    id: str
    title: str
    code: str
    unit: str
    pages: tuple[int, ...]
    n_rows: int
    n_cols: int
    header_rows: int
    structure: float | None  # confidence of rows, columns and merged cells, 0 to 1; None: unknown
    notes: tuple[str, ...]
    cells: tuple[RawCell, ...]  # tile the grid


class Join(NamedTuple):
    """A join of a part to the table on the page before."""

    table: str
    page: int  # of the lower part, 1-based
    repeated_header_rows: int  # left out of the table
    reason: str
    doubt: str  # why the join is doubtful; "": it is not


class Assembled(NamedTuple):
    """An assembled document, before the check."""

    pages: tuple[Page, ...]
    tables: tuple[RawTable, ...]
    flags: tuple[Flag, ...]
    joins: tuple[Join, ...] = ()  # across page breaks
