"""Build the tables of the result: cells with kinds and values, checks, and flags."""

from collections.abc import Iterable, Mapping, Sequence

from tenglu.model import Cell, Check, EvidenceSource, Flag, FlagCode, Place, Role, Table
from tenglu.stages.assemble import RawCell, RawTable
from tenglu.stages.check.rules.constraint import Constraint
from tenglu.stages.check.rules.diagnose import Verdict
from tenglu.stages.check.values.columns import typed_cells
from tenglu.stages.check.verdict import message, plain

MESSAGES = {
    FlagCode.LOW_CONFIDENCE: "the reading has a low confidence",
    FlagCode.UNREADABLE: "there is ink, but nothing could be read",
    FlagCode.INK_LEFT: "there is ink that was not read",
    FlagCode.NUMBER_FORMAT: "looks like a number, but is malformed",
    FlagCode.UNDER_MARK: "was under a mark that was removed, or is under a grey seal",
}
MENDED = "replaced by the second reading to satisfy two sums; the first is in the evidence"


OWN_FLAGS = frozenset((*MESSAGES, FlagCode.SUM_FAILS))
"""Flags that every check recomputes; the flags of earlier stages are kept."""

Doubts = Mapping[Place, tuple[FlagCode, ...]]
"""Flags of earlier stages, by the row and column of their cells."""


def to_table(raw: RawTable, doubts: Doubts) -> Table:
    """Return a table with kinds and values; its cells have no confidence yet and need review."""
    cells = tuple(
        Cell(
            **cell._asdict(),
            kind=typed.kind,
            value=typed.value,
            needs_review=True,
            flags=doubts.get((cell.row, cell.col), ()),
        )
        for cell, typed in zip(raw.cells, typed_cells(raw), strict=True)
    )
    return Table(**{**raw._asdict(), "cells": cells})


def to_raw(table: Table) -> RawTable:
    """Return a table as it was before the check, without the scores that sums gave its cells."""
    cells = tuple(
        RawCell(
            row=cell.row,
            col=cell.col,
            rowspan=cell.rowspan,
            colspan=cell.colspan,
            text=cell.text,
            vertical=cell.vertical,
            page=cell.page,
            polygon=cell.polygon,
            evidence=tuple(
                e
                for e in cell.evidence
                if e.source is not EvidenceSource.SUM or e.role is not Role.SCORE
            ),
            decided_by=cell.decided_by,
        )
        for cell in table.cells
    )
    facts = {name: getattr(table, name) for name in RawTable._fields if name != "cells"}
    return RawTable(**facts, cells=cells)


def with_cells(table: Table, cells: Iterable[Cell]) -> Table:
    return table.model_copy(update={"cells": tuple(cells)})


def with_checks(tables: Sequence[Table], constraints: Sequence[Constraint]) -> tuple[Table, ...]:
    by_table: dict[str, list[Check]] = {}
    for constraint in sorted(
        constraints, key=lambda constraint: (constraint.total, constraint.parts)
    ):
        by_table.setdefault(constraint.table, []).append(_check(constraint))
    return tuple(table.amended(checks=tuple(by_table.get(table.id, ()))) for table in tables)


def _check(constraint: Constraint) -> Check:
    expected, found = (
        None if value is None else plain(value, constraint.unit)
        for value in (constraint.expected, constraint.found)
    )
    return Check(
        kind=constraint.kind,
        rule=constraint.rule,
        total=constraint.total,
        parts=constraint.parts,
        signs=constraint.signs if -1 in constraint.signs else (),
        parts_table=constraint.parts_table,
        quote=constraint.quote,
        expected=expected,
        found=found,
        tolerance=f"{constraint.tolerance:f}",
        outcome=constraint.outcome,
    )


def unsound_flag(table: RawTable) -> Flag:
    """Flag a table with low structure confidence."""
    message = "the structure of this table has a low confidence: review every cell"
    return Flag(code=FlagCode.STRUCTURE, message=message, page=table.pages[0], table=table.id)


def flags_of(table: Table, verdict: Verdict) -> list[Flag]:
    """Return a flag for each doubt of a cell for review, unless an earlier stage flagged it."""
    flags = []
    for cell in table.cells:
        if not cell.needs_review:
            continue
        for code in cell.flags:
            text = MESSAGES.get(code)
            if code is FlagCode.SUM_FAILS:
                suspicion = verdict.suspects.get((table.id, cell.row, cell.col))
                text = message(cell, suspicion) if suspicion else MENDED
            if text:
                place = {"page": cell.page, "table": table.id, "row": cell.row, "col": cell.col}
                flags.append(Flag(code=code, message=text, **place))
    return flags
