"""Schemas of the requests that append events to the log."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from tenglu.imaging.geometry import Polygon
from tenglu.model import FlagCode, Frozen
from tenglu.review.core.events import CellKind, ShapeKind

MOST_WORDS = 500  # events in one request: a page of crops that are accepted together
FARTHEST = 20.0  # sizes of a cell by which a boundary may be moved
LONGEST = 10_000  # characters of a text or a comment
LAST = 2**53  # integers below are exact in JSON and SQLite

Key = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
Place = Annotated[int, Field(ge=0, lt=1_000_000)]
TableId = Annotated[str, Field(max_length=200)]
Axis = Literal["row", "col"]
Share = Annotated[float, Field(gt=0, lt=1)]
Remark = Annotated[str, Field(max_length=LONGEST)]


class CellRequest(Frozen):
    """A decision or comment on one cell."""

    on: Literal["cell"] = "cell"
    key: Key
    kind: CellKind
    table: TableId
    row: Place
    col: Place
    text: Annotated[str, Field(max_length=LONGEST)] | None = None
    why: Remark = ""

    @model_validator(mode="after")
    def _an_edit_has_a_text(self) -> Self:
        if self.kind == "edit" and self.text is None:
            raise ValueError("an edit needs a text")
        return self


class _Area(Frozen):
    top: Place
    left: Place
    bottom: Place
    right: Place


class _At(Frozen):
    row: Place
    col: Place


class _Divide(_At):
    axis: Axis
    share: Share


class _Line(Frozen):
    axis: Axis
    line: Place


class _AddLine(_Line):
    share: Share | None


class _Boundary(_Line):
    share: Annotated[float, Field(ge=-FARTHEST, le=FARTHEST)]


class _Redraw(_At):
    polygon: Polygon


class _Header(Frozen):
    rows: Place


class _Part(Frozen):
    row: Place


class _Join(Frozen):
    lower: TableId
    skip: Place


_ASKED: dict[ShapeKind, type[Frozen]] = {
    "merge": _Area,
    "split": _At,
    "divide": _Divide,
    "boundary": _Boundary,
    "add-line": _AddLine,
    "delete-line": _Line,
    "header": _Header,
    "join": _Join,
    "part": _Part,
    "redraw": _Redraw,
}


class ShapeRequest(Frozen):
    """A change of the shape of a table; ``asked`` has the values that its kind needs."""

    on: Literal["shape"]
    key: Key
    kind: ShapeKind
    table: TableId
    asked: dict[str, Any]
    why: Remark = ""

    @field_validator("asked")
    @classmethod
    def _asks_for_what_its_kind_needs(
        cls, asked: dict[str, Any], info: ValidationInfo
    ) -> dict[str, Any]:
        kind = info.data.get("kind")  # None: the kind is invalid
        return asked if kind is None else _ASKED[kind].model_validate(asked).model_dump(mode="json")


class PageRequest(Frozen):
    """The decision that a flag of a whole page, or of tables on it, is settled."""

    on: Literal["page"]
    key: Key
    page: Annotated[int, Field(ge=1, lt=1_000_000)]
    flag: FlagCode
    why: Remark = ""


class UndoRequest(Frozen):
    """Undo an entry, or redo it."""

    on: Literal["undo", "redo"]
    key: Key
    of: Annotated[int, Field(ge=1, lt=LAST)]


EventRequest = Annotated[
    CellRequest | ShapeRequest | PageRequest | UndoRequest, Field(discriminator="on")
]


class BatchRequest(Frozen):
    """Several events of one reviewer, to be appended together or not at all."""

    who: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
    seen: Annotated[int, Field(ge=0, lt=LAST)]
    words: Annotated[tuple[EventRequest, ...], Field(min_length=1, max_length=MOST_WORDS)]

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Self:
        if len({request.key for request in self.words}) < len(self.words):
            raise ValueError("two events have the same key")
        return self
