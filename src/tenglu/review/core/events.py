"""One thing that a reviewer said: who, when, of what, before, after and why."""

import hashlib
import json
from typing import Any, Final, Literal, NamedTuple, get_args

CellKind = Literal["accept", "edit", "unreadable", "source-wrong", "comment"]
ShapeKind = Literal[
    "merge",
    "split",
    "divide",
    "boundary",
    "add-line",
    "delete-line",
    "header",
    "join",
    "part",
    "redraw",
]
Kind = Literal[CellKind, ShapeKind, "page", "undo", "redo"]
CELL_KINDS: Final = frozenset(get_args(CellKind))
SHAPE_KINDS: Final = frozenset(get_args(ShapeKind))
KINDS: Final = CELL_KINDS | SHAPE_KINDS | {"page", "undo", "redo"}
TELLING: Final = CELL_KINDS - {"comment"}  # what says whether a reading is right

FIRST = "0" * 64
"""What the first entry of a log follows."""


class Event(NamedTuple):
    """What is to be written down; the log adds number, time and hash."""

    key: str  # made up by the client: the same again is the same entry
    who: str
    document: str  # path of the result below the folder, with /
    sha256: str  # of the scan
    kind: Kind
    table: str  # "" where no table is meant
    row: int | None
    col: int | None
    before: str | None
    after: str | None
    why: str
    detail: dict[str, Any]  # where it stood, and what its kind needs


class LogRecord(NamedTuple):
    """One line of the log."""

    number: int  # from 1, without gaps
    at: str  # ISO 8601, UTC
    said: Event
    hash: str


def link(previous: str, number: int, at: str, said: Event) -> str:
    """The hash of an entry: of everything in it and of the hash before it."""
    content = json.dumps([number, at, *said], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(f"{previous}\n{content}".encode()).hexdigest()


def is_shape(said: Event) -> bool:
    """Whether it changes rows, columns or merged cells, or takes such a change back."""
    return said.kind in SHAPE_KINDS or bool(said.detail.get("shape"))
