"""The result: a document of pages and tables. Its JSON is the file format (docs/format.md).

All models are frozen and validated. The cells of a table must tile its grid.
"""

from collections import Counter
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenglu.imaging.geometry import Polygon

SCHEMA_VERSION: Final = "2.0"

Confidence = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Index = Annotated[int, Field(ge=0)]
Place = tuple[Index, Index]
Kind = Literal["empty", "text", "number", "percent", "date", "code"]
CheckKind = Literal["sum", "product", "balance", "share", "equal"]
Outcome = Literal["holds", "rounding", "fails", "not-computable"]
BlockKind = Literal["heading", "line", "paragraph", "note", "page-number"]
Decider = Literal["machine", "rule", "reviewer"]


class FlagCode(StrEnum):
    """The reasons why a cell, table or page needs review; a closed list."""

    LOW_CONFIDENCE = "low-confidence"
    UNREADABLE = "unreadable"
    INK_LEFT = "ink-left"
    NUMBER_FORMAT = "number-format"
    UNDER_MARK = "under-mark"
    STRUCTURE = "structure"
    ORIENTATION = "orientation"
    LOW_RESOLUTION = "low-resolution"
    TABLE_JOIN = "table-join"
    SUM_FAILS = "sum-fails"
    TABLE_MISSED = "table-missed"
    TEXT_UNREAD = "text-unread"
    PAGE_FAILED = "page-failed"


class Frozen(BaseModel):
    """Base of all models: immutable, without unknown fields, NaN and infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def amended(self, **changes: Any) -> Self:  # noqa: ANN401 - field values are of any type
        """Return a validated copy with other field values."""
        return type(self).model_validate({**dict(self), **changes})


class EvidenceSource(StrEnum):
    """The sources of evidence for a cell; a closed list."""

    ENGINE = "engine"
    REVIEWER = "reviewer"
    SUM = "sum"
    COLUMN = "column"
    BORDERS = "borders"
    BORDER_TOP = "border-top"
    BORDER_RIGHT = "border-right"
    BORDER_BOTTOM = "border-bottom"
    BORDER_LEFT = "border-left"
    NO_LETTER_LOST = "no-letter-lost"
    NO_INK_LEFT = "no-ink-left"
    CLEAR_OF_MARKS = "clear-of-marks"


class Role(StrEnum):
    """The role of a piece of evidence for the text of its cell."""

    READING = "reading"
    ALTERNATIVE = "alternative"
    REREADING = "rereading"
    ORIGINAL = "original"
    SCORE = "score"


class Evidence(Frozen):
    """A reading or a score of one source for one cell."""

    source: EvidenceSource
    name: str | None = Field(
        default=None, description="name of the engine or the reviewer; null: another source"
    )
    role: Role
    text: str | None = Field(description="text of a reading; null: a score")
    confidence: Confidence | None = Field(description="0 to 1; null: unknown")


class Flag(Frozen):
    """A doubt about a cell, table or page, with a message in English."""

    code: FlagCode
    message: str
    page: Count | None = None
    table: str | None = None
    row: Index | None = None
    col: Index | None = None


class Cell(Frozen):
    """One cell of a table, merged or not."""

    row: Index
    col: Index
    rowspan: Count = 1
    colspan: Count = 1
    text: str = Field(description='printed text; "": an empty cell')
    value: str | None = Field(default=None, description="decimal string without grouping")
    kind: Kind
    vertical: bool = Field(default=False, description="set top to bottom, one character per line")
    confidence: Confidence | None = Field(
        default=None, description="probability that text is exactly right; null: not scored"
    )
    needs_review: bool
    flags: tuple[FlagCode, ...] = ()
    page: Count
    polygon: Polygon = Field(description="four corners, px of the scan")
    decided_by: Decider = Field(default="machine", description="who decided the text")
    evidence: tuple[Evidence, ...] = ()

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.confidence is None and not self.needs_review:
            raise ValueError(f"cell {self.row},{self.col}: without confidence it needs review")
        if (self.kind == "empty") != (self.text == ""):
            raise ValueError(
                f"cell {self.row},{self.col}: kind {self.kind} with text {self.text!r}"
            )
        if self.kind == "number":
            try:
                finite = Decimal(self.value or "").is_finite()
            except InvalidOperation:
                finite = False
            if not finite:
                raise ValueError(f"cell {self.row},{self.col}: not a number: {self.value!r}")
        return self


class Check(Frozen):
    """One tested relation between cells of a table."""

    kind: CheckKind
    rule: str = Field(default="", description="name of the rule that proposed it")
    total: Place
    parts: tuple[Place, ...]
    signs: tuple[Literal[1, -1], ...] = Field(
        default=(), description="sign of each part; (): all 1"
    )
    parts_table: str | None = Field(
        default=None, description="id of the table of the parts; null: that of the total"
    )
    quote: str | None = Field(
        default=None, description="text outside tables that the total was compared with"
    )
    expected: str | None
    found: str | None
    tolerance: str
    outcome: Outcome


class Table(Frozen):
    """A logical table, which may span several pages."""

    id: str
    title: str = ""
    code: str = ""
    unit: str = ""
    pages: tuple[Count, ...]
    n_rows: Count
    n_cols: Count
    header_rows: Index = 0
    structure: Confidence | None = Field(
        default=None, description="confidence of rows, columns and merged cells; null: unknown"
    )
    notes: tuple[str, ...] = ()
    cells: tuple[Cell, ...]
    checks: tuple[Check, ...] = ()

    @model_validator(mode="after")
    def _cells_tile_the_grid(self) -> Self:
        cover = Counter(
            (row, col)
            for cell in self.cells
            for row in range(cell.row, cell.row + cell.rowspan)
            for col in range(cell.col, cell.col + cell.colspan)
        )
        cover.subtract((row, col) for row in range(self.n_rows) for col in range(self.n_cols))
        if wrong := sorted(place for place, times in cover.items() if times):
            raise ValueError(f"table {self.id}: not covered exactly once: {wrong[:3]}")
        return self


class Mark(Frozen):
    """A watermark on a page."""

    text: str | None
    confidence: Confidence | None
    polygon: Polygon


class Seal(Frozen):
    """A seal or stamp on a page."""

    shape: Literal["round", "oval", "rectangle", "other"]
    color: str = Field(description="grey: on a scan without colour, where it cannot be removed")
    polygon: Polygon
    text: str | None = Field(
        default=None, description="text of the arc, then the other lines; null: not read"
    )
    confidence: Confidence | None = Field(default=None, description="of the text")


class TextBlock(Frozen):
    """Text outside tables."""

    kind: BlockKind
    text: str
    confidence: Confidence | None
    polygon: Polygon


class TableBlock(Frozen):
    """The rows of a table that are on this page; ``rows`` is first and last, both included."""

    kind: Literal["table"]
    table: str
    rows: tuple[Index, Index]
    polygon: Polygon


Block = Annotated[TextBlock | TableBlock, Field(discriminator="kind")]


class Page(Frozen):
    """One page of the input, in coordinates of the scan."""

    number: Count
    width: Count = Field(description="px of the scan")
    height: Count = Field(description="px of the scan")
    dpi: int | None = Field(description="resolution of the scan; null: unknown")
    rotation: Literal[0, 90, 180, 270] = Field(description="clockwise turn of the scan, degrees")
    skew: float = Field(description="skew after the rotation, degrees, counter-clockwise")
    watermarks: tuple[Mark, ...] = ()
    seals: tuple[Seal, ...] = ()
    blocks: tuple[Block, ...] = Field(default=(), description="in reading order")
    flags: tuple[FlagCode, ...] = ()


class Source(Frozen):
    """The input file."""

    name: str
    sha256: str
    media_type: str
    n_pages: Count


class Step(Frozen):
    """A stage of the conversion with its settings, for provenance."""

    name: str
    version: str
    settings: dict[str, Any]


class Document(Frozen):
    """The result of one input file."""

    schema_version: Literal["2.0"] = SCHEMA_VERSION
    tenglu_version: str
    source: Source
    engine: str
    pages: tuple[Page, ...]
    tables: tuple[Table, ...]
    flags: tuple[Flag, ...] = ()
    steps: tuple[Step, ...] = ()

    @model_validator(mode="after")
    def _table_ids_are_unique(self) -> Self:
        names = [table.id for table in self.tables]
        if len(set(names)) < len(names):
            raise ValueError(f"tables with the same id: {sorted(names)}")
        return self
