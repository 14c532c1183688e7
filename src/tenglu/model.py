"""The result: a document of pages and tables. Its JSON is the file format (docs/format.md).

Everything is frozen. A table whose cells do not tile its grid refuses to exist.
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
    """The closed list of doubts that a person must settle."""

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
    PAGE_FAILED = "page-failed"


class Frozen(BaseModel):
    """A value that never changes; unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def amended(self, **changes: Any) -> Self:  # noqa: ANN401 - field values are of any type
        """Return a copy with other field values, validated again."""
        return type(self).model_validate({**dict(self), **changes})


class EvidenceSource(StrEnum):
    """The closed list of who says something of a cell."""

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
    """What a piece of evidence is to the text of its cell."""

    READING = "reading"
    ALTERNATIVE = "alternative"
    REREADING = "rereading"
    ORIGINAL = "original"
    SCORE = "score"


class Evidence(Frozen):
    """What one source says of one cell."""

    source: EvidenceSource
    name: str | None = Field(
        default=None, description="of the engine or the reviewer; null: a source of tenglu itself"
    )
    role: Role
    text: str | None = Field(description="what it reads; null: it gives a score alone")
    confidence: Confidence | None = Field(description="null: the source gives none")


class Flag(Frozen):
    """A doubt, where it stands, in plain words."""

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
    text: str = Field(description='what is printed; "" is an empty cell')
    value: str | None = Field(default=None, description="number: a decimal string, no grouping")
    kind: Kind
    vertical: bool = Field(default=False, description="set top to bottom, a character a line")
    confidence: Confidence | None = Field(
        default=None, description="probability that text is exactly right; null: not scored"
    )
    needs_review: bool
    flags: tuple[FlagCode, ...] = ()
    page: Count
    polygon: Polygon = Field(description="px of the scan as delivered")
    decided_by: Decider = Field(default="machine", description="who chose the text that stands")
    evidence: tuple[Evidence, ...] = ()

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.confidence is None and not self.needs_review:
            raise ValueError(f"cell {self.row},{self.col}: not scored, so it needs review")
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
                raise ValueError(f"cell {self.row},{self.col}: no number {self.value!r}")
        return self


class Check(Frozen):
    """One tested relation between cells of a table."""

    kind: CheckKind
    rule: str = Field(default="", description="what asked for it")
    total: Place
    parts: tuple[Place, ...]
    signs: tuple[Literal[1, -1], ...] = Field(default=(), description="one a part; (): all added")
    parts_table: str | None = Field(default=None, description="null: the table of the total")
    quote: str | None = Field(default=None, description="words outside tables that were compared")
    expected: str | None
    found: str | None
    tolerance: str
    outcome: Outcome


class Table(Frozen):
    """A logical table; one that runs over a page break is one table."""

    id: str
    title: str = ""
    code: str = ""
    unit: str = ""
    pages: tuple[Count, ...]
    n_rows: Count
    n_cols: Count
    header_rows: Index = 0
    structure: Confidence | None = Field(
        default=None, description="how sure rows, columns and merged cells are; null: not judged"
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
    """A watermark that was found on a page."""

    text: str | None
    confidence: Confidence | None
    polygon: Polygon


class Seal(Frozen):
    """A seal or stamp that was found on a page."""

    shape: Literal["round", "oval", "rectangle", "other"]
    color: str = Field(description="grey: on a scan without colour, where it cannot be taken off")
    polygon: Polygon
    text: str | None = Field(
        default=None, description="what it says, its arc first, a line a line; null: not read"
    )
    confidence: Confidence | None = Field(default=None, description="of the text")


class TextBlock(Frozen):
    """Text outside tables."""

    kind: BlockKind
    text: str
    confidence: Confidence | None
    polygon: Polygon


class TableBlock(Frozen):
    """The rows of a table that stand on this page; ``rows`` is first and last, both included."""

    kind: Literal["table"]
    table: str
    rows: tuple[Index, Index]
    polygon: Polygon


Block = Annotated[TextBlock | TableBlock, Field(discriminator="kind")]


class Page(Frozen):
    """One page of the input, as it was delivered."""

    number: Count
    width: Count = Field(description="px of the scan as delivered")
    height: Count = Field(description="px of the scan as delivered")
    dpi: int | None = Field(description="null: the file does not tell")
    rotation: Literal[0, 90, 180, 270] = Field(description="clockwise turn of the scan, degrees")
    skew: float = Field(description="what remains after the turn, degrees, counter-clockwise")
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
    """A stage that ran, for provenance."""

    name: str
    version: str
    settings: dict[str, Any]


class Document(Frozen):
    """Everything that came out of one input."""

    schema_version: Literal["2.0"] = SCHEMA_VERSION
    tenglu_version: str
    source: Source
    engine: str
    pages: tuple[Page, ...]
    tables: tuple[Table, ...]
    flags: tuple[Flag, ...] = ()
    steps: tuple[Step, ...] = ()

    @model_validator(mode="after")
    def _tables_have_names_of_their_own(self) -> Self:
        names = [table.id for table in self.tables]
        if len(set(names)) < len(names):
            raise ValueError(f"two tables of one id: {sorted(names)}")
        return self
