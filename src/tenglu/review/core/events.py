"""Events of a review: who changed what, when, from what to what, and why."""

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
DECISIONS: Final = CELL_KINDS - {"comment"}  # events that decide whether a reading is right

FIRST = "0" * 64
"""The hash before the first entry of a log."""


class Event(NamedTuple):
    """An event to append; the log adds number, time and hash."""

    key: str  # chosen by the client; an event sent twice is stored once
    who: str
    document: str  # path of the result below the folder, with /
    sha256: str  # of the scan
    kind: Kind
    table: str  # "" if the event is not about a table
    row: int | None
    col: int | None
    before: str | None
    after: str | None
    why: str
    detail: dict[str, Any]  # the place on the scan, and what the kind needs


class LogRecord(NamedTuple):
    """A stored event: one entry of the log."""

    number: int  # from 1, without gaps
    at: str  # ISO 8601, UTC
    event: Event
    hash: str


def link(previous: str, number: int, at: str, event: Event) -> str:
    """Return the SHA-256 of an entry, from its content and the previous hash."""
    content = json.dumps([number, at, *event], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(f"{previous}\n{content}".encode()).hexdigest()


def is_shape(event: Event) -> bool:
    """Return whether an event changes rows, columns or merged cells, or undoes such a change."""
    return event.kind in SHAPE_KINDS or bool(event.detail.get("shape"))
