"""Judge a document: kinds and values, confidence from the evidence, what a person is to look at."""

from collections.abc import Sequence

from tenglu.model import Cell, Flag, FlagCode, Table
from tenglu.stages.check.confidence import cell_confidence
from tenglu.stages.check.dashes import with_dashes
from tenglu.stages.check.options import DEFAULTS, CheckOptions
from tenglu.stages.check.values import is_odd_number, to_typed
from tenglu.stages.rebuild import Rebuilt

__all__ = ["DEFAULTS", "CheckOptions", "check"]

MESSAGES = {
    FlagCode.LOW_CONFIDENCE: "read with doubt",
    FlagCode.UNREADABLE: "there is ink, but nothing could be read",
    FlagCode.INK_LEFT: "there is ink that was not read",
    FlagCode.NUMBER_FORMAT: "looks like a number, but is none",
    FlagCode.UNDER_MARK: "lay under a mark that was taken off",
}


def check(rebuilt: Rebuilt, options: CheckOptions = DEFAULTS) -> Rebuilt:
    """Score every cell, give it a kind and a value, and flag what is doubtful.

    Args:
        rebuilt: pages and tables with the evidence of the earlier stages.
        options: see :class:`CheckOptions`.
    """
    guessed = {
        (flag.table, flag.row, flag.col)
        for flag in rebuilt.flags
        if flag.code is FlagCode.STRUCTURE
    }
    dashed = [with_dashes(table) for table in rebuilt.tables]
    tables = tuple(
        table.amended(cells=tuple(_judged(cell, table, guessed, options) for cell in table.cells))
        for table in dashed
    )
    doubts = [flag for table in tables for flag in _flags(table)]
    return Rebuilt(rebuilt.pages, tables, (*rebuilt.flags, *doubts))


def _judged(
    cell: Cell,
    table: Table,
    guessed: set[tuple[str | None, int | None, int | None]],
    options: CheckOptions,
) -> Cell:
    typed = to_typed(cell.text, in_header=cell.row < table.header_rows)
    confidence = cell_confidence(cell)
    codes = list(_doubts(cell, confidence, options))
    if (table.id, cell.row, cell.col) in guessed:
        codes.append(FlagCode.STRUCTURE)
    return cell.amended(
        kind=typed.kind,
        value=typed.value,
        confidence=confidence,
        needs_review=confidence is None or bool(codes),
        flags=tuple(codes),
    )


def _doubts(cell: Cell, confidence: float | None, options: CheckOptions) -> Sequence[FlagCode]:
    seen = {evidence.witness: evidence.confidence for evidence in cell.evidence}
    doubts = []
    if not cell.text and any(evidence.text is not None for evidence in cell.evidence):
        doubts.append(FlagCode.UNREADABLE)
    least = options.min_ink_read if cell.text else options.min_ink_read_empty
    if (seen.get("no-ink-left") or 0.0) < least:
        doubts.append(FlagCode.INK_LEFT)
    if is_odd_number(cell.text):
        doubts.append(FlagCode.NUMBER_FORMAT)
    if confidence is not None and confidence < options.min_confidence:
        clear = seen.get("clear-of-marks")
        under = clear is not None and 1 - clear > options.max_covered
        doubts.append(FlagCode.UNDER_MARK if under else FlagCode.LOW_CONFIDENCE)
    return doubts


def _flags(table: Table) -> list[Flag]:
    """One flag a doubt, but for doubts that an earlier stage has flagged."""
    return [
        Flag(
            code=code,
            message=MESSAGES[code],
            page=cell.page,
            table=table.id,
            row=cell.row,
            col=cell.col,
        )
        for cell in table.cells
        for code in cell.flags
        if code in MESSAGES
    ]
