"""Put what reviewers said on a result: pure functions of the document and the entries.

An entry names a cell by table, row and column, and by its place on the scan. Where the scan was
converted again since, the place counts; where the machine reads something else there now, or no
cell is there, the entry stands among the conflicts and a person decides again.
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
from tenglu.review.core.events import CELL_KINDS, TELLING, Event, LogRecord


class Conflict(NamedTuple):
    """An entry that does not fit the result any more."""

    entry: LogRecord
    why: DomainError

    @property
    def reason(self) -> str:
        """Why, in one line of English."""
        return str(self.why)


class Draft(NamedTuple):
    """A document under review; grows entry by entry."""

    document: Document
    sheets: dict[str, EditableTable]
    seen_pages: set[tuple[int, str]]  # page and doubt that a person has settled
    conflicts: list[Conflict]


def start(document: Document) -> Draft:
    """A document of which nothing was said yet."""
    return Draft(document, {table.id: to_editable(table) for table in document.tables}, set(), [])


def copied(begun: Draft) -> Draft:
    """A draft that stays as it is while the other one grows."""
    sheets = {name: sheet._replace(held=dict(sheet.held)) for name, sheet in begun.sheets.items()}
    return Draft(begun.document, sheets, set(begun.seen_pages), list(begun.conflicts))


def draft(document: Document, entries: Sequence[LogRecord]) -> Draft:
    """A document with everything on it that was said and not taken back."""
    begun = start(document)
    for entry in in_force(entries):
        put(begun, entry)
    return begun


def in_force(entries: Iterable[LogRecord]) -> list[LogRecord]:
    """The entries but for those that were taken back."""
    said, undone = [], set()
    for entry in entries:
        if entry.said.kind == "undo":
            undone.add(entry.said.detail["of"])
        elif entry.said.kind == "redo":
            undone.discard(entry.said.detail["of"])
        else:
            said.append(entry)
    return [entry for entry in said if entry.number not in undone]


def put(onto: Draft, entry: LogRecord) -> None:
    """Put one entry on a draft; one that does not fit goes to its conflicts."""
    said = entry.said
    if said.sha256 != onto.document.source.sha256:
        onto.conflicts.append(Conflict(entry, ShapeError("other-scan")))
        return
    try:
        if said.kind in CELL_KINDS:
            _put_on_cell(onto, entry)
        elif said.kind == "page":
            onto.seen_pages.add((said.detail["page"], said.detail["flag"]))
        else:
            _put_on_shape(onto, entry)
    except (ShapeError, ValidationError, KeyError, TypeError) as wrong:
        why = wrong if isinstance(wrong, ShapeError) else ShapeError("does-not-fit")
        onto.conflicts.append(Conflict(entry, why))


def _put_on_cell(onto: Draft, entry: LogRecord) -> None:
    said = entry.said
    found = find(onto.sheets, said.table, (said.row or 0, said.col or 0), said.detail)
    if found is None:
        raise ShapeError("cell-gone")
    sheet, at = found
    held = sheet.held[at]
    if said.kind == "comment":
        comment = Comment(said.who, entry.at, said.why)
        sheet.held[at] = held._replace(comments=(*held.comments, comment))
        return
    if held.cell.text not in {said.before, said.after}:
        raise ShapeError("reads-otherwise", text=held.cell.text)
    settled = Settled(
        entry.number, said.kind, said.who, entry.at, said.why, frozenset(said.detail["flags"])
    )
    cell = _settled_cell(held.cell, settled, said.after or "")
    sheet.held[at] = held._replace(cell=cell, settled=settled)
    onto.conflicts[:] = [c for c in onto.conflicts if not _is_answered(c.entry.said, cell)]


def _is_answered(said: Event, cell: Cell) -> bool:
    """Whether a person has decided again of what no longer fitted."""
    if said.kind not in TELLING or said.detail["page"] != cell.page:
        return False
    return overlap(said.detail["polygon"], cell.polygon) >= SAME_PLACE


def _settled_cell(cell: Cell, settled: Settled, text: str) -> Cell:
    """The cell as a person left it; the check tells its kind and value."""
    earlier = tuple(e for e in cell.evidence if e.source is not EvidenceSource.REVIEWER)
    said = Evidence(
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
        evidence=(*earlier, said),
    )


TRUSTED = 0.999  # a careful typist gets one cell of a thousand wrong


def shape_of(sheet: EditableTable) -> dict[str, Any]:
    """What an entry of a shape remembers of the table that it was said of."""
    page, box = extent(held.cell for held in sheet.held.values())
    return {"page": page, "box": list(box), "form": form(sheet), "shape": True}


def _put_on_shape(onto: Draft, entry: LogRecord) -> None:
    said, detail = entry.said, entry.said.detail
    sheet = _find_sheet(onto, said.table, detail)
    if said.kind == "join":
        lower = _find_sheet(onto, detail["lower"]["table"], detail["lower"])
        changed = structure_edits.join(sheet, lower, detail["skip"])
        del onto.sheets[lower.table.id]
    elif said.kind == "part":
        upper, second = structure_edits.part(sheet, detail["row"], detail["name"])
        onto.sheets[detail["name"]] = second._replace(reshaped=entry.number)
        changed = structure_edits.Reshaped(upper, ())
    else:
        changed = reshape(sheet, said.kind, detail)
    held = dict(changed.sheet.held)
    for at in (*changed.fresh, *changed.blank):
        held[at] = read_anew(held[at], detail["readings"].get(f"{at[0]},{at[1]}"))
    onto.sheets[sheet.table.id] = changed.sheet._replace(held=held, reshaped=entry.number)
    _in_order(onto)


def _in_order(onto: Draft) -> None:
    """Tables stand in the order of the scan, whatever was made of them."""
    ordered = sorted(onto.sheets.items(), key=lambda item: _place(item[1]))
    onto.sheets.clear()
    onto.sheets.update(ordered)


def _place(sheet: EditableTable) -> tuple[int, int]:
    page, box = extent(held.cell for held in sheet.held.values())
    return page, box.y0


def _find_sheet(onto: Draft, table: str, detail: dict[str, Any]) -> EditableTable:
    named = onto.sheets.get(table)
    candidates = [named] if named is not None else []
    candidates += [sheet for sheet in onto.sheets.values() if sheet is not named]
    for sheet in candidates:
        page, box = extent(held.cell for held in sheet.held.values())
        near = page == detail["page"] and box_iou(box, Box(*detail["box"])) >= SAME_PLACE
        if near and form(sheet) == detail["form"]:
            return sheet
    raise ShapeError("other-form")


def reshape(sheet: EditableTable, kind: str, detail: dict[str, Any]) -> structure_edits.Reshaped:
    """Change the shape of one table.

    Raises:
        ShapeError: it cannot be changed so.
    """
    return _RESHAPERS[kind](sheet, detail)


def to_polygon(corners: Sequence[Sequence[float]]) -> Polygon:
    """Four corners out of JSON."""
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


def read_anew(held: CellState, reading: dict[str, Any] | None) -> CellState:
    """A cell with what the engine read in its new place; without a reading it is for a person."""
    reading = reading or {"text": "", "vertical": False, "evidence": []}
    cell = held.cell.amended(
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
    return CellState(cell, None, held.comments)
