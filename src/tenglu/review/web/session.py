"""A document under review: its log entries, its current state, and new events."""

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tenglu.imaging.geometry import Polygon
from tenglu.model import Cell, Document
from tenglu.review.core import structure_edits
from tenglu.review.core.apply import Draft, copied, draft, in_force, put, reshape, shape_of
from tenglu.review.core.editable_table import At, EditableTable, anchor, find
from tenglu.review.core.errors import NoSuchError, ShapeError
from tenglu.review.core.events import SHAPE_KINDS, Event, LogRecord, is_shape
from tenglu.review.core.folder import Result
from tenglu.review.core.log import Log
from tenglu.review.core.reviewed import doubts, finish
from tenglu.review.core.sample import Drawn
from tenglu.review.web.schemas import (
    CellRequest,
    EventRequest,
    PageRequest,
    ShapeRequest,
    UndoRequest,
)
from tenglu.review.web.view import Shown, show

ReadCells = Callable[[Sequence[tuple[int, Polygon]]], list[dict[str, Any]]]
"""A function that reads places on pages again, in the format of the log."""


class LoggedEvent(NamedTuple):
    """What the log stores of a change of shape."""

    detail: dict[str, Any]
    before: str  # texts or table ids
    after: str


class DocumentSession:
    """A document under review, safe to share between threads."""

    def __init__(self, result: Result, document: Document, log: Log, read: ReadCells) -> None:
        """Open a result for review.

        Args:
            result: the result on the disk.
            document: its content.
            log: review log of the folder.
            read: function that reads cells of a new shape.
        """
        self.result = result
        self.document = document
        self._log = log
        self._read = read
        self._entries: list[LogRecord] = []
        self._draft: Draft = draft(document, [])
        self._shown: Shown | None = None
        self._one_at_a_time = threading.RLock()
        self._checking = threading.Lock()  # always acquired before the other one

    @property
    def number(self) -> int:
        """Number of the last known entry, or 0."""
        return self._entries[-1].number if self._entries else 0

    def shown(self) -> Shown:
        """Return the current version of the document; check it again if there are new entries.

        The check of a long document takes a second, during which cells can be shown and decided.
        """
        with self._checking:
            with self._one_at_a_time:
                self._catch_up()
                before = self._shown
                if before is not None and before.number == self.number:
                    return before
                begun, entries = copied(self._draft), tuple(self._entries)
            now = finish(begun) if entries else self.document
            self._shown = show(begun, now, entries, before)
            return self._shown

    def cell(self, table: str, row: int, col: int) -> Cell:
        """Return the current state of a cell.

        Raises:
            NoSuchError: there is no such cell.
        """
        with self._one_at_a_time:
            self._catch_up()
            sheet = self._sheet(table)
            if (row, col) not in sheet.states:
                raise NoSuchError("no-cell", row=row + 1, col=col + 1)
            return sheet.states[row, col].cell

    def find(self, drawn: Drawn) -> tuple[str, int, int] | None:
        """Find a sampled cell by its place; return table, row and column, or None."""
        with self._one_at_a_time:
            self._catch_up()
            where = {"page": drawn.page, "polygon": drawn.polygon}
            found = find(self._draft.sheets, drawn.table, (drawn.row, drawn.col), where)
            return None if found is None else (found[0].table.id, *found[1])

    def record(self, requests: Sequence[EventRequest], who: str, seen: int) -> list[LogRecord]:
        """Append the events of a reviewer to the log, all of them or none.

        Args:
            requests: the events.
            who: name of the reviewer.
            seen: number of the last entry that the reviewer knew of.

        Returns:
            the stored entries.

        Raises:
            NoSuchError: a cell, table or entry does not exist.
            ShapeError: a table cannot be changed in this way.
            StaleError: someone else has changed the same in the meantime.
        """
        if any(isinstance(request, PageRequest) for request in requests):
            self.shown()  # the check finds the open flags
        with self._one_at_a_time:
            self._catch_up()
            if stored := self._stored(requests, who):
                return stored
            batch = [self._to_event(request, who) for request in requests]
            entries = self._log.append(batch, seen)
            self._catch_up()
            return entries

    def _stored(self, requests: Sequence[EventRequest], who: str) -> list[LogRecord]:
        """Return the entries of a request that was stored before, but whose response was lost."""
        stored = self._log.stored([request.key for request in requests])
        if stored and sorted(map(_identity, (e.event for e in stored))) != sorted(
            (request.key, self.result.name, who, _kind(request)) for request in requests
        ):
            raise ShapeError("key-taken")
        return stored

    def _catch_up(self) -> None:
        """Apply the entries that were appended since, here or by another process."""
        news = self._log.entries(self.result.name, self.number)
        self._entries += news
        if any(entry.event.kind in {"undo", "redo"} for entry in news):
            self._draft = draft(self.document, self._entries)
            return
        for entry in news:
            put(self._draft, entry)

    def _sheet(self, table: str) -> EditableTable:
        if table not in self._draft.sheets:
            raise NoSuchError("no-table", table=table)
        return self._draft.sheets[table]

    def _to_event(self, request: EventRequest, who: str) -> Event:
        if isinstance(request, CellRequest):
            return self._cell_event(request, who)
        if isinstance(request, ShapeRequest):
            return self._shape_event(request, who)
        nothing = Event(
            key=request.key,
            who=who,
            document=self.result.name,
            sha256=self.document.source.sha256,
            kind="page",
            table="",
            row=None,
            col=None,
            before=None,
            after=None,
            why="",
            detail={},
        )
        if isinstance(request, PageRequest):
            if not self._is_doubted(request):
                raise NoSuchError("no-doubt", page=request.page)
            detail = {"page": request.page, "flag": request.flag}
            return nothing._replace(before=request.flag, why=request.why, detail=detail)
        return self._undo_event(request, nothing)

    def _is_doubted(self, request: PageRequest) -> bool:
        """Return whether a flag of a page, or of tables on it, is open."""
        return self._shown is not None and (request.page, request.flag) in doubts(
            self._shown.document
        )

    def _cell_event(self, request: CellRequest, who: str) -> Event:
        cell = self.cell(request.table, request.row, request.col)
        after = {
            "accept": cell.text,
            "unreadable": "",
            "edit": request.text or "",
            "source-wrong": cell.text if request.text is None else request.text,
            "comment": None,
        }[request.kind]
        # A new text is checked again; accepting a text also accepts the flags that were shown.
        knew = self._doubts(request.table, (request.row, request.col)) if after == cell.text else ()
        return Event(
            key=request.key,
            who=who,
            document=self.result.name,
            sha256=self.document.source.sha256,
            kind=request.kind,
            table=request.table,
            row=request.row,
            col=request.col,
            before=None if request.kind == "comment" else cell.text,
            after=after,
            why=request.why,
            detail={**anchor(cell), "flags": list(knew)},
        )

    def _doubts(self, table: str, at: At) -> Sequence[str]:
        """Return the flags of a cell as last shown."""
        shown = {} if self._shown is None else self._shown.tables.get(table, {}).get("cells", {})
        cell = shown.get(at)
        if cell is None:
            return tuple(self._draft.sheets[table].states[at].cell.flags)
        flags: Sequence[str] = cell["flags"]
        return flags

    def _shape_event(self, request: ShapeRequest, who: str) -> Event:
        sheet = self._sheet(request.table)
        change = (
            self._joined(sheet, request)
            if request.kind in {"join", "part"}
            else self._reshaped(sheet, request)
        )
        return Event(
            key=request.key,
            who=who,
            document=self.result.name,
            sha256=self.document.source.sha256,
            kind=request.kind,
            table=request.table,
            row=None,
            col=None,
            before=change.before,
            after=change.after,
            why=request.why,
            detail=shape_of(sheet) | change.detail,
        )

    def _reshaped(self, sheet: EditableTable, request: ShapeRequest) -> LoggedEvent:
        """Try a change of shape, and read the cells that have a new place."""
        changed = reshape(sheet, request.kind, request.asked)
        states = changed.sheet.states
        pages = {page.number: page for page in self.document.pages}
        for at in (*changed.fresh, *changed.blank):
            structure_edits.check_place(pages[states[at].cell.page], states[at].cell.polygon)
        places = [(states[at].cell.page, states[at].cell.polygon) for at in changed.fresh]
        gone = [h.cell for at, h in sorted(sheet.states.items()) if states.get(at) != h]
        if request.kind == "merge" and len({cell.page for cell in gone}) > 1:
            readings = [_joined_texts(gone)]  # the parts are on different pages
        else:
            readings = self._read(places) if places else []
        named = {
            f"{r},{c}": reading for (r, c), reading in zip(changed.fresh, readings, strict=True)
        }
        after = [reading["text"] for reading in readings]
        return LoggedEvent(
            {**request.asked, "readings": named},
            _listed([cell.text for cell in gone]),
            _listed(after),
        )

    def _joined(self, sheet: EditableTable, request: ShapeRequest) -> LoggedEvent:
        if request.kind == "join":
            lower, skip = self._sheet(request.asked["lower"]), request.asked["skip"]
            structure_edits.join(sheet, lower, skip)
            names = f"{sheet.table.id} {lower.table.id}"
            change = {"lower": {"table": lower.table.id, **shape_of(lower)}, "skip": skip}
            return LoggedEvent(change | {"readings": {}}, names, sheet.table.id)
        row, name = request.asked["row"], self._free_name(sheet.table.id)
        structure_edits.part(sheet, row, name)
        change = {"row": row, "name": name, "readings": {}}
        return LoggedEvent(change, sheet.table.id, f"{sheet.table.id} {name}")

    def _free_name(self, table: str) -> str:
        taken = set(self._draft.sheets) | {t.id for t in self.document.tables}
        return next(name for n in range(2, 10_000) if (name := f"{table}.{n}") not in taken)

    def _undo_event(self, request: UndoRequest, nothing: Event) -> Event:
        entry = next((e for e in self._entries if e.number == request.of), None)
        forced = {e.number for e in in_force(self._entries)}
        usable = entry is not None and entry.event.kind not in {"undo", "redo"}
        if entry is None or not usable or (request.of in forced) != (request.on == "undo"):
            raise NoSuchError("no-entry", n=request.of)
        event = entry.event
        later = [e for e in in_force(self._entries) if e.number > request.of]
        fits = all(conflict.entry.number != request.of for conflict in self._draft.conflicts)
        if fits and any(_depends_on(other.event, event) for other in later):
            raise ShapeError("later-changes")
        before, after = event.before, event.after
        return nothing._replace(
            kind=request.on,
            table=event.table,
            row=event.row,
            col=event.col,
            before=after if request.on == "undo" else before,
            after=before if request.on == "undo" else after,
            detail={"of": request.of, "shape": is_shape(event)},
        )


def _identity(event: Event) -> tuple[str, str, str, str]:
    return event.key, event.document, event.who, event.kind


def _kind(request: EventRequest) -> str:
    """Return the kind of the event for a request."""
    return request.kind if isinstance(request, CellRequest | ShapeRequest) else request.on


def _depends_on(later: Event, event: Event) -> bool:
    """Return whether a later event is about the same cell or table, so that it blocks an undo."""
    if event.kind in SHAPE_KINDS or later.kind in SHAPE_KINDS:
        tables = {event.table, event.detail.get("name"), event.detail.get("lower", {}).get("table")}
        return later.table in tables
    return (later.table, later.row, later.col) == (event.table, event.row, event.col)


def _joined_texts(cells: Sequence[Cell]) -> dict[str, Any]:
    """Join the texts of cells on several pages, without evidence, so that it needs review."""
    return {"text": "".join(cell.text for cell in cells), "vertical": False, "evidence": []}


def _listed(texts: Sequence[str]) -> str:
    return " | ".join(texts)
