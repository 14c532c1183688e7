"""What a browser may ask to be written down; anything else is refused."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from tenglu.imaging.geometry import Polygon
from tenglu.model import FlagCode, Frozen
from tenglu.review.core.events import CellKind, ShapeKind

MOST_WORDS = 500  # in one request: a page of crops that are accepted together
FARTHEST = 20.0  # times the size of a cell, that a boundary is moved
LONGEST = 10_000  # characters of a text or a remark
LAST = 2**53  # numbers that JSON carries exactly, and SQLite too

Key = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
Place = Annotated[int, Field(ge=0, lt=1_000_000)]
TableId = Annotated[str, Field(max_length=200)]
Axis = Literal["row", "col"]
Share = Annotated[float, Field(gt=0, lt=1)]
Remark = Annotated[str, Field(max_length=LONGEST)]


class CellWord(Frozen):
    """Something said of one cell."""

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


class ShapeWord(Frozen):
    """A change of the shape of a table; each kind asks for figures of its own."""

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
        kind = info.data.get("kind")  # None: refused already
        return asked if kind is None else _ASKED[kind].model_validate(asked).model_dump(mode="json")


class PageWord(Frozen):
    """A doubt about a page as a whole, or about tables on it, that is settled."""

    on: Literal["page"]
    key: Key
    page: Annotated[int, Field(ge=1, lt=1_000_000)]
    flag: FlagCode
    why: Remark = ""


class BackWord(Frozen):
    """Take an entry back, or put it in force again."""

    on: Literal["undo", "redo"]
    key: Key
    of: Annotated[int, Field(ge=1, lt=LAST)]


Word = Annotated[CellWord | ShapeWord | PageWord | BackWord, Field(discriminator="on")]


class Words(Frozen):
    """A request: all of it is written down, or nothing."""

    who: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
    seen: Annotated[int, Field(ge=0, lt=LAST)]
    words: Annotated[tuple[Word, ...], Field(min_length=1, max_length=MOST_WORDS)]

    @model_validator(mode="after")
    def _each_word_has_a_key_of_its_own(self) -> Self:
        if len({word.key for word in self.words}) < len(self.words):
            raise ValueError("two words have one key")
        return self
