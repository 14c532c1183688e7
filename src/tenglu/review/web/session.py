"""A document on the desk: what was said of it, how it stands now, and what is said next."""

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
from tenglu.review.web.schemas import BackWord, CellWord, PageWord, ShapeWord, Word
from tenglu.review.web.view import Shown, show

ReadCells = Callable[[Sequence[tuple[int, Polygon]]], list[dict[str, Any]]]
"""Reads places on pages again: what the log keeps of each."""


class LoggedEvent(NamedTuple):
    """Everything that an entry of a shape remembers."""

    detail: dict[str, Any]
    before: str
    after: str


class DocumentSession:
    """May be shared by threads."""

    def __init__(self, result: Result, document: Document, log: Log, read: ReadCells) -> None:
        """Put a result on the desk."""
        self.result = result
        self.document = document
        self._log = log
        self._read = read
        self._entries: list[LogRecord] = []
        self._draft: Draft = draft(document, [])
        self._shown: Shown | None = None
        self._one_at_a_time = threading.RLock()
        self._checking = threading.Lock()  # taken before the other one

    @property
    def number(self) -> int:
        """Of the last entry that is known here."""
        return self._entries[-1].number if self._entries else 0

    def shown(self) -> Shown:
        """The document as it stands now, checked; found anew where something was said.

        The check of a long document takes a second. Cells are settled and looked at meanwhile.
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
        """A cell as it stands now.

        Raises:
            NoSuchError: there is none.
        """
        with self._one_at_a_time:
            self._catch_up()
            sheet = self._sheet(table)
            if (row, col) not in sheet.held:
                raise NoSuchError("no-cell", row=row + 1, col=col + 1)
            return sheet.held[row, col].cell

    def find(self, drawn: Drawn) -> tuple[str, int, int] | None:
        """Table, row and column of a cell of a sample, by its place; None: it is gone."""
        with self._one_at_a_time:
            self._catch_up()
            where = {"page": drawn.page, "polygon": drawn.polygon}
            found = find(self._draft.sheets, drawn.table, (drawn.row, drawn.col), where)
            return None if found is None else (found[0].table.id, *found[1])

    def say(self, words: Sequence[Word], who: str, seen: int) -> list[LogRecord]:
        """Write down what a reviewer says, all of it or nothing.

        Args:
            words: what is said.
            who: says it.
            seen: number of the last entry that the reviewer knew of.

        Raises:
            NoSuchError: a cell, table or entry is not there.
            ShapeError: a table cannot be changed so.
            StaleError: somebody else has said something of the same meanwhile.
        """
        if any(isinstance(word, PageWord) for word in words):
            self.shown()  # what is doubted is told by the check
        with self._one_at_a_time:
            self._catch_up()
            if stored := self._stored(words, who):
                return stored
            batch = [self._said(word, who) for word in words]
            entries = self._log.append(batch, seen)
            self._catch_up()
            return entries

    def _stored(self, words: Sequence[Word], who: str) -> list[LogRecord]:
        """What was written already: its answer got lost, and the browser says it again."""
        stored = self._log.stored([word.key for word in words])
        if stored and sorted(map(_told, (e.said for e in stored))) != sorted(
            (word.key, self.result.name, who, _kind(word)) for word in words
        ):
            raise ShapeError("key-taken")
        return stored

    def _catch_up(self) -> None:
        """Take in what was written down, here or by another process."""
        news = self._log.entries(self.result.name, self.number)
        self._entries += news
        if any(entry.said.kind in {"undo", "redo"} for entry in news):
            self._draft = draft(self.document, self._entries)
            return
        for entry in news:
            put(self._draft, entry)

    def _sheet(self, table: str) -> EditableTable:
        if table not in self._draft.sheets:
            raise NoSuchError("no-table", table=table)
        return self._draft.sheets[table]

    def _said(self, word: Word, who: str) -> Event:
        if isinstance(word, CellWord):
            return self._said_of_cell(word, who)
        if isinstance(word, ShapeWord):
            return self._said_of_shape(word, who)
        nothing = Event(
            key=word.key,
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
        if isinstance(word, PageWord):
            if not self._is_doubted(word):
                raise NoSuchError("no-doubt", page=word.page)
            detail = {"page": word.page, "flag": word.flag}
            return nothing._replace(before=word.flag, why=word.why, detail=detail)
        return self._said_back(word, nothing)

    def _is_doubted(self, word: PageWord) -> bool:
        """Whether a doubt about a page, or about tables on it, is open."""
        return self._shown is not None and (word.page, word.flag) in doubts(self._shown.document)

    def _said_of_cell(self, word: CellWord, who: str) -> Event:
        cell = self.cell(word.table, word.row, word.col)
        after = {
            "accept": cell.text,
            "unreadable": "",
            "edit": word.text or "",
            "source-wrong": cell.text if word.text is None else word.text,
            "comment": None,
        }[word.kind]
        # A new text is tested afresh; what a person accepts, they accept with the doubts they see.
        knew = self._doubts(word.table, (word.row, word.col)) if after == cell.text else ()
        return Event(
            key=word.key,
            who=who,
            document=self.result.name,
            sha256=self.document.source.sha256,
            kind=word.kind,
            table=word.table,
            row=word.row,
            col=word.col,
            before=None if word.kind == "comment" else cell.text,
            after=after,
            why=word.why,
            detail={**anchor(cell), "flags": list(knew)},
        )

    def _doubts(self, table: str, at: At) -> Sequence[str]:
        """The doubts of a cell as they were last shown."""
        shown = {} if self._shown is None else self._shown.tables.get(table, {}).get("cells", {})
        cell = shown.get(at)
        if cell is None:
            return tuple(self._draft.sheets[table].held[at].cell.flags)
        flags: Sequence[str] = cell["flags"]
        return flags

    def _said_of_shape(self, word: ShapeWord, who: str) -> Event:
        sheet = self._sheet(word.table)
        told = (
            self._joined(sheet, word)
            if word.kind in {"join", "part"}
            else self._reshaped(sheet, word)
        )
        return Event(
            key=word.key,
            who=who,
            document=self.result.name,
            sha256=self.document.source.sha256,
            kind=word.kind,
            table=word.table,
            row=None,
            col=None,
            before=told.before,
            after=told.after,
            why=word.why,
            detail=shape_of(sheet) | told.detail,
        )

    def _reshaped(self, sheet: EditableTable, word: ShapeWord) -> LoggedEvent:
        """Try the change, and read what has a new place."""
        changed = reshape(sheet, word.kind, word.asked)
        held = changed.sheet.held
        pages = {page.number: page for page in self.document.pages}
        for at in (*changed.fresh, *changed.blank):
            structure_edits.check_place(pages[held[at].cell.page], held[at].cell.polygon)
        places = [(held[at].cell.page, held[at].cell.polygon) for at in changed.fresh]
        gone = [h.cell for at, h in sorted(sheet.held.items()) if held.get(at) != h]
        if word.kind == "merge" and len({cell.page for cell in gone}) > 1:
            readings = [_joined_texts(gone)]  # no picture shows both parts
        else:
            readings = self._read(places) if places else []
        named = {
            f"{r},{c}": reading for (r, c), reading in zip(changed.fresh, readings, strict=True)
        }
        after = [reading["text"] for reading in readings]
        return LoggedEvent(
            {**word.asked, "readings": named}, _listed([cell.text for cell in gone]), _listed(after)
        )

    def _joined(self, sheet: EditableTable, word: ShapeWord) -> LoggedEvent:
        if word.kind == "join":
            lower, skip = self._sheet(word.asked["lower"]), word.asked["skip"]
            structure_edits.join(sheet, lower, skip)
            names = f"{sheet.table.id} {lower.table.id}"
            told = {"lower": {"table": lower.table.id, **shape_of(lower)}, "skip": skip}
            return LoggedEvent(told | {"readings": {}}, names, sheet.table.id)
        row, name = word.asked["row"], self._free_name(sheet.table.id)
        structure_edits.part(sheet, row, name)
        told = {"row": row, "name": name, "readings": {}}
        return LoggedEvent(told, sheet.table.id, f"{sheet.table.id} {name}")

    def _free_name(self, table: str) -> str:
        taken = set(self._draft.sheets) | {t.id for t in self.document.tables}
        return next(name for n in range(2, 10_000) if (name := f"{table}.{n}") not in taken)

    def _said_back(self, word: BackWord, nothing: Event) -> Event:
        entry = next((e for e in self._entries if e.number == word.of), None)
        forced = {e.number for e in in_force(self._entries)}
        usable = entry is not None and entry.said.kind not in {"undo", "redo"}
        if entry is None or not usable or (word.of in forced) != (word.on == "undo"):
            raise NoSuchError("no-entry", n=word.of)
        said = entry.said
        later = [e for e in in_force(self._entries) if e.number > word.of]
        fits = all(conflict.entry.number != word.of for conflict in self._draft.conflicts)
        if fits and any(_stands_on(other.said, said) for other in later):
            raise ShapeError("later-changes")
        before, after = said.before, said.after
        return nothing._replace(
            kind=word.on,
            table=said.table,
            row=said.row,
            col=said.col,
            before=after if word.on == "undo" else before,
            after=before if word.on == "undo" else after,
            detail={"of": word.of, "shape": is_shape(said)},
        )


def _told(said: Event) -> tuple[str, str, str, str]:
    return said.key, said.document, said.who, said.kind


def _kind(word: Word) -> str:
    """What the log calls it."""
    return word.kind if isinstance(word, CellWord | ShapeWord) else word.on


def _stands_on(later: Event, said: Event) -> bool:
    """Whether what was said later would lose its ground."""
    if said.kind in SHAPE_KINDS or later.kind in SHAPE_KINDS:
        tables = {said.table, said.detail.get("name"), said.detail.get("lower", {}).get("table")}
        return later.table in tables
    return (later.table, later.row, later.col) == (said.table, said.row, said.col)


def _joined_texts(cells: Sequence[Cell]) -> dict[str, Any]:
    """What stands in cells of several pages, for a person to see: nobody has read it as one."""
    return {"text": "".join(cell.text for cell in cells), "vertical": False, "evidence": []}


def _listed(texts: Sequence[str]) -> str:
    return " | ".join(texts)
