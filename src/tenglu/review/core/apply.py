"""Apply the entries of a review log to a result, as pure functions.

An entry refers to a cell by table, row and column, and by its place on the scan. If the scan was
converted again, the place decides. If the machine now reads something else there, or there is no
cell, the entry becomes a conflict for a person to decide.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from tenglu.imaging.geometry import Box, Polygon, box_iou
from tenglu.model import Cell, Document, Evidence, EvidenceSource, FlagCode, Role
from tenglu.review.core import structure_edits
from tenglu.review.core.editable_table import (
    SAME_PLACE,
    CellState,
    Comment,
    EditableTable,
    Settled,
    extent,
    find,
    form,
    overlap,
    to_editable,
)
from tenglu.review.core.errors import DomainError, ShapeError
from tenglu.review.core.events import CELL_KINDS, DECISIONS, Event, LogRecord


class Conflict(NamedTuple):
    """An entry that no longer fits the result."""

    entry: LogRecord
    why: DomainError

    @property
    def reason(self) -> str:
        """The reason, as one line of English."""
        return str(self.why)


class Draft(NamedTuple):
    """A document under review, to which entries are applied in place."""

    document: Document  # as converted
    sheets: dict[str, EditableTable]  # by table id
    seen_pages: set[tuple[int, str]]  # page numbers and flags that a person has settled
    conflicts: list[Conflict]


def start(document: Document) -> Draft:
    """Return the draft of a document without entries."""
    return Draft(document, {table.id: to_editable(table) for table in document.tables}, set(), [])


def copied(begun: Draft) -> Draft:
    """Return a copy of a draft that later entries do not change."""
    sheets = {
        name: sheet._replace(states=dict(sheet.states)) for name, sheet in begun.sheets.items()
    }
    return Draft(begun.document, sheets, set(begun.seen_pages), list(begun.conflicts))


def draft(document: Document, entries: Sequence[LogRecord]) -> Draft:
    """Return a draft with all entries that are in force."""
    begun = start(document)
    for entry in in_force(entries):
        put(begun, entry)
    return begun


def in_force(entries: Iterable[LogRecord]) -> list[LogRecord]:
    """Return the entries without undone ones, and without undo and redo entries."""
    events, undone = [], set()
    for entry in entries:
        if entry.event.kind == "undo":
            undone.add(entry.event.detail["of"])
        elif entry.event.kind == "redo":
            undone.discard(entry.event.detail["of"])
        else:
            events.append(entry)
    return [entry for entry in events if entry.number not in undone]


def put(onto: Draft, entry: LogRecord) -> None:
    """Apply an entry to a draft; add it to the conflicts if it does not fit."""
    event = entry.event
    if event.sha256 != onto.document.source.sha256:
        onto.conflicts.append(Conflict(entry, ShapeError("other-scan")))
        return
    try:
        if event.kind in CELL_KINDS:
            _put_on_cell(onto, entry)
        elif event.kind == "page":
            onto.seen_pages.add((event.detail["page"], event.detail["flag"]))
        else:
            _put_on_shape(onto, entry)
    except (ShapeError, ValidationError, KeyError, TypeError) as error:
        why = error if isinstance(error, ShapeError) else ShapeError("does-not-fit")
        onto.conflicts.append(Conflict(entry, why))


def _put_on_cell(onto: Draft, entry: LogRecord) -> None:
    event = entry.event
    found = find(onto.sheets, event.table, (event.row or 0, event.col or 0), event.detail)
    if found is None:
        raise ShapeError("cell-gone")
    sheet, at = found
    state = sheet.states[at]
    if event.kind == "comment":
        comment = Comment(event.who, entry.at, event.why)
        sheet.states[at] = state._replace(comments=(*state.comments, comment))
        return
    if state.cell.text not in {event.before, event.after}:
        raise ShapeError("reads-otherwise", text=state.cell.text)
    settled = Settled(
        entry.number, event.kind, event.who, entry.at, event.why, frozenset(event.detail["flags"])
    )
    cell = _settled_cell(state.cell, settled, event.after or "")
    sheet.states[at] = state._replace(cell=cell, settled=settled)
    onto.conflicts[:] = [c for c in onto.conflicts if not _is_answered(c.entry.event, cell)]


def _is_answered(event: Event, cell: Cell) -> bool:
    """Return whether a later decision on a cell settles a conflict."""
    if event.kind not in DECISIONS or event.detail["page"] != cell.page:
        return False
    return overlap(event.detail["polygon"], cell.polygon) >= SAME_PLACE


def _settled_cell(cell: Cell, settled: Settled, text: str) -> Cell:
    """Return the cell as a person left it; the check sets its kind and value."""
    earlier = tuple(e for e in cell.evidence if e.source is not EvidenceSource.REVIEWER)
    event = Evidence(
        source=EvidenceSource.REVIEWER,
        name=settled.who,
        role=Role.READING,
        text=text,
        confidence=None,
    )
    unreadable = settled.kind == "unreadable"
    flags = (FlagCode.UNREADABLE,) if unreadable else ()
    if settled.kind == "source-wrong" or FlagCode.SUM_FAILS in settled.knew:
        flags = (*flags, FlagCode.SUM_FAILS)
    return cell.amended(
        text=text,
        kind="text" if text else "empty",
        value=None,
        confidence=0.0 if unreadable else TRUSTED,
        needs_review=False,
        flags=flags,
        decided_by="reviewer",
        evidence=(*earlier, event),
    )


TRUSTED = 0.999  # confidence of a reviewed cell: a careful typist errs in one of a thousand


def shape_of(sheet: EditableTable) -> dict[str, Any]:
    """Return what the entry of a shape change stores to find its table again."""
    page, box = extent(state.cell for state in sheet.states.values())
    return {"page": page, "box": list(box), "form": form(sheet), "shape": True}


def _put_on_shape(onto: Draft, entry: LogRecord) -> None:
    event, detail = entry.event, entry.event.detail
    sheet = _find_sheet(onto, event.table, detail)
    if event.kind == "join":
        lower = _find_sheet(onto, detail["lower"]["table"], detail["lower"])
        changed = structure_edits.join(sheet, lower, detail["skip"])
        del onto.sheets[lower.table.id]
    elif event.kind == "part":
        upper, second = structure_edits.part(sheet, detail["row"], detail["name"])
        onto.sheets[detail["name"]] = second._replace(reshaped=entry.number)
        changed = structure_edits.Reshaped(upper, ())
    else:
        changed = reshape(sheet, event.kind, detail)
    states = dict(changed.sheet.states)
    for at in (*changed.fresh, *changed.blank):
        states[at] = read_anew(states[at], detail["readings"].get(f"{at[0]},{at[1]}"))
    onto.sheets[sheet.table.id] = changed.sheet._replace(states=states, reshaped=entry.number)
    _in_order(onto)


def _in_order(onto: Draft) -> None:
    """Sort the tables of a draft in the order of the scan."""
    ordered = sorted(onto.sheets.items(), key=lambda item: _place(item[1]))
    onto.sheets.clear()
    onto.sheets.update(ordered)


def _place(sheet: EditableTable) -> tuple[int, int]:
    page, box = extent(state.cell for state in sheet.states.values())
    return page, box.y0


def _find_sheet(onto: Draft, table: str, detail: dict[str, Any]) -> EditableTable:
    named = onto.sheets.get(table)
    candidates = [named] if named is not None else []
    candidates += [sheet for sheet in onto.sheets.values() if sheet is not named]
    for sheet in candidates:
        page, box = extent(state.cell for state in sheet.states.values())
        near = page == detail["page"] and box_iou(box, Box(*detail["box"])) >= SAME_PLACE
        if near and form(sheet) == detail["form"]:
            return sheet
    raise ShapeError("other-form")


def reshape(sheet: EditableTable, kind: str, detail: dict[str, Any]) -> structure_edits.Reshaped:
    """Change the shape of one table.

    Args:
        sheet: the table.
        kind: kind of the change, such as merge.
        detail: values that this kind needs.

    Raises:
        ShapeError: the table cannot be changed in this way.
    """
    return _RESHAPERS[kind](sheet, detail)


def to_polygon(corners: Sequence[Sequence[float]]) -> Polygon:
    """Convert four corners from JSON to a polygon."""
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    return a, b, c, d


_Reshaper = Callable[[EditableTable, dict[str, Any]], structure_edits.Reshaped]
_RESHAPERS: dict[str, _Reshaper] = {
    "merge": lambda s, d: structure_edits.merge(s, d["top"], d["left"], d["bottom"], d["right"]),
    "split": lambda s, d: structure_edits.split(s, d["row"], d["col"]),
    "divide": lambda s, d: structure_edits.divide(s, d["row"], d["col"], d["axis"], d["share"]),
    "boundary": lambda s, d: structure_edits.move_boundary(s, d["axis"], d["line"], d["share"]),
    "add-line": lambda s, d: structure_edits.add_line(s, d["axis"], d["line"], d["share"]),
    "delete-line": lambda s, d: structure_edits.delete_line(s, d["axis"], d["line"]),
    "header": lambda s, d: structure_edits.set_header(s, d["rows"]),
    "redraw": lambda s, d: structure_edits.redraw(s, d["row"], d["col"], to_polygon(d["polygon"])),
}


def read_anew(state: CellState, reading: dict[str, Any] | None) -> CellState:
    """Return a cell with a new reading, or an empty one without; both need review."""
    reading = reading or {"text": "", "vertical": False, "evidence": []}
    cell = state.cell.amended(
        text=reading["text"],
        kind="text" if reading["text"] else "empty",
        value=None,
        vertical=reading["vertical"],
        confidence=None,
        needs_review=True,
        flags=(),
        decided_by="machine",
        evidence=tuple(Evidence.model_validate(e) for e in reading["evidence"]),
    )
    return CellState(cell, None, state.comments)
