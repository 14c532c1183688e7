"""The view of a document for the browser, and the changes since an earlier view."""

import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tenglu.model import Cell, Check, Document, EvidenceSource, Table
from tenglu.review.core.apply import Draft
from tenglu.review.core.editable_table import At, CellState
from tenglu.review.core.errors import DomainError
from tenglu.review.core.events import LogRecord

Json = dict[str, Any]
_NOT_SHOWN = {
    EvidenceSource.REVIEWER,  # shown as a decision
    EvidenceSource.BORDER_TOP,  # BORDERS, which is shown, is the least of the four
    EvidenceSource.BORDER_RIGHT,
    EvidenceSource.BORDER_BOTTOM,
    EvidenceSource.BORDER_LEFT,
}
NS_PER_MS = 1_000_000


class Shown(NamedTuple):
    """A version of a document for the browser, with the tick of the last change of each part."""

    number: int  # of the last entry in this version
    first: int  # tick of the first version; an earlier one is of another server or result
    tick: int  # tick of this version
    document: Document
    tables: dict[str, Json]  # by id; "cells" by position
    ticks: dict[str, dict[At, int]]  # last change of each cell, by table id and position
    forms: dict[str, int]  # last change of the shape, by table id
    checks: dict[str, int]  # last change of the checks, by table id
    conflicts: list[Json]


def show(begun: Draft, now: Document, entries: Sequence[LogRecord], before: Shown | None) -> Shown:
    """Build the next version of a document, and mark what differs from the one before."""
    # Ticks start at the clock, so that they are newer than those of an earlier server.
    tick = time.time_ns() // NS_PER_MS if before is None else before.tick + 1
    first = tick if before is None else before.first
    tables, ticks, forms, checks = {}, {}, {}, {}
    for table in now.tables:
        states = begun.sheets[table.id].states
        reshaped = begun.sheets[table.id].reshaped
        seen = {
            (cell.row, cell.col): _cell(cell, states[cell.row, cell.col]) for cell in table.cells
        }
        laid = _table(table) | {"reshaped": reshaped, "cells": seen}
        old = None if before is None else before.tables.get(table.id)
        same = old is not None and _form(old) == _form(laid)
        earlier = before.ticks[table.id] if before is not None and same else {}
        old_cells = old["cells"] if old is not None and same else {}
        tables[table.id] = laid
        forms[table.id] = before.forms[table.id] if before is not None and same else tick
        kept = before is not None and same and old is not None and old["checks"] == laid["checks"]
        checks[table.id] = before.checks[table.id] if before is not None and kept else tick
        ticks[table.id] = {
            at: earlier.get(at, tick) if old_cells.get(at) == cell else tick
            for at, cell in seen.items()
        }
    number = entries[-1].number if entries else 0
    conflicts = [_conflict(c.entry, c.why) for c in begun.conflicts]
    return Shown(number, first, tick, now, tables, ticks, forms, checks, conflicts)


def whole(shown: Shown) -> Json:
    """Return all of a document."""
    return _head(shown) | {
        "source": shown.document.source.name,
        "pages": [_page(page.model_dump(mode="json")) for page in shown.document.pages],
        "tables": [_listed(shown.tables[table.id]) for table in shown.document.tables],
    }


def news(shown: Shown, since: int) -> Json:
    """Return the changes since a tick, or all of the document if the tick is unknown."""
    if not shown.first <= since <= shown.tick:
        return whole(shown)
    changed = []
    for table in shown.document.tables:
        name, laid = table.id, shown.tables[table.id]
        if shown.forms[name] > since:
            changed.append(_listed(laid))
            continue
        cells = [laid["cells"][at] for at, tick in shown.ticks[name].items() if tick > since]
        part: Json = {"id": name, "changed": cells}
        if shown.checks[name] > since:
            part["checks"] = laid["checks"]
        if len(part) > 2 or cells:  # noqa: PLR2004 - more than its id and an empty list
            changed.append(part)
    pages = [{"number": p.number, "flags": p.flags} for p in shown.document.pages]
    order = [table.id for table in shown.document.tables]
    return _head(shown) | {"changed": changed, "order": order, "pageFlags": pages}


def _head(shown: Shown) -> Json:
    flags = [flag.model_dump(mode="json") for flag in shown.document.flags]
    return {
        "number": shown.number,
        "tick": shown.tick,
        "flags": flags,
        "conflicts": shown.conflicts,
    }


def _page(page: Json) -> Json:
    return {name: page[name] for name in ("number", "width", "height", "rotation", "flags")}


def _listed(laid: Json) -> Json:
    return laid | {"cells": list(laid["cells"].values())}


def _form(laid: Json) -> Json:
    return {name: laid[name] for name in ("n_rows", "n_cols", "header_rows", "reshaped")}


def _table(table: Table) -> Json:
    return {
        "id": table.id,
        "title": table.title,
        "code": table.code,
        "unit": table.unit,
        "pages": list(table.pages),
        "n_rows": table.n_rows,
        "n_cols": table.n_cols,
        "header_rows": table.header_rows,
        "checks": [_check(check) for check in table.checks],
    }


def _check(check: Check) -> Json:
    return check.model_dump(mode="json")


def _cell(cell: Cell, states: CellState) -> Json:
    shown: Json = {
        "row": cell.row,
        "col": cell.col,
        "rowspan": cell.rowspan,
        "colspan": cell.colspan,
        "text": cell.text,
        "value": cell.value,
        "kind": cell.kind,
        "vertical": cell.vertical,
        "confidence": cell.confidence,
        "open": cell.needs_review,
        "flags": [str(code) for code in cell.flags],
        "page": cell.page,
        "polygon": cell.polygon,
    }
    shown["readings"] = list(_readings(cell))
    if states.settled is not None:
        shown["settled"] = {
            name: getattr(states.settled, name) for name in ("number", "kind", "who", "at", "why")
        }
    if states.comments:
        shown["comments"] = [comment._asdict() for comment in states.comments]
    return shown


def _readings(cell: Cell) -> Iterable[Json]:
    """Yield the readings of a cell, and the scores if it needs review."""
    for evidence in cell.evidence:
        if evidence.source in _NOT_SHOWN or (evidence.text is None and not cell.needs_review):
            continue
        yield {
            "source": evidence.source,
            "role": evidence.role,
            "text": evidence.text,
            "confidence": evidence.confidence,
        }


def error_fields(refusal: DomainError) -> Json:
    """Return the key and the values of an error text for the browser."""
    return {"why": refusal.why, "facts": {name: str(fact) for name, fact in refusal.facts.items()}}


def _conflict(entry: LogRecord, refusal: DomainError) -> Json:
    event = entry.event
    return {
        "number": entry.number,
        "who": event.who,
        "at": entry.at,
        "kind": event.kind,
        "table": event.table,
        "row": event.row,
        "col": event.col,
        "page": event.detail.get("page"),
        "before": event.before,
        "after": event.after,
        "reason": str(refusal),
        "refusal": error_fields(refusal),
    }
