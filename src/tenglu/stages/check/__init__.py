"""Judge a document: kinds and values, sums, confidence, what a person is to look at."""

from collections.abc import Sequence

from tenglu.model import FlagCode, Page, Table
from tenglu.stages.assemble import Rebuilt
from tenglu.stages.check.confidence.expected import Expected, expected_wrong
from tenglu.stages.check.confidence.stamp_overlap import with_stamp_overlap
from tenglu.stages.check.options import DEFAULTS, CheckOptions
from tenglu.stages.check.rules.constraint import Constraint
from tenglu.stages.check.rules.diagnose import Verdict, judge
from tenglu.stages.check.rules.find import find_constraints
from tenglu.stages.check.tables import (
    flags_of,
    unsound_flag,
    with_cells,
    with_checks,
    with_types,
)
from tenglu.stages.check.values.dashes import with_dashes
from tenglu.stages.check.verdict import judged, mended, weigh

__all__ = ["DEFAULTS", "CheckOptions", "Expected", "check", "expected_wrong"]

UNSOUND = 0.2  # structure of a table, a page; of 173 tables that were right none was below .7

_Guessed = set[tuple[str | None, int | None, int | None]]


def check(rebuilt: Rebuilt, options: CheckOptions = DEFAULTS) -> Rebuilt:
    """Score every cell, give it a kind and a value, test the sums, and flag what is doubtful.

    Args:
        rebuilt: pages and tables with the evidence of the earlier stages.
        options: see :class:`CheckOptions`.
    """
    guessed = {
        (flag.table, flag.row, flag.col)
        for flag in rebuilt.flags
        if flag.code is FlagCode.STRUCTURE
    }
    unsound = [table for table in rebuilt.tables if _is_unsound(table)]
    guessed |= {(table.id, cell.row, cell.col) for table in unsound for cell in table.cells}
    typed = [_typed(with_dashes(table), guessed) for table in rebuilt.tables]
    marked = [with_stamp_overlap(table, rebuilt.pages) for table in typed]
    tables, constraints, verdict = _tested(marked, rebuilt.pages, options)
    trust = weigh(tables, verdict, options)
    done = [
        with_cells(table, [judged(cell, verdict, trust, table.id, options) for cell in table.cells])
        for table in tables
    ]
    checked = with_checks(done, constraints)
    doubts = [unsound_flag(table) for table in unsound]
    doubts += [flag for table in checked for flag in flags_of(table, verdict)]
    return Rebuilt(rebuilt.pages, checked, (*rebuilt.flags, *doubts), rebuilt.joins)


def _is_unsound(table: Table) -> bool:
    """Whether rows and columns are so hard to tell that a text may be of two cells, or half."""
    return table.structure is not None and table.structure < UNSOUND ** len(table.pages)


def _tested(
    tables: Sequence[Table], pages: Sequence[Page], options: CheckOptions
) -> tuple[Sequence[Table], list[Constraint], Verdict]:
    """Test the sums; where two ask for a second reading that the ink allows, take it."""
    constraints, numerics = find_constraints(tables, pages)
    verdict = judge(constraints, numerics)
    places = {(table.id, cell.row, cell.col): cell for table in tables for cell in table.cells}
    better = {
        at: cell
        for at, suspicion in verdict.suspects.items()
        if (cell := mended(places[at], suspicion, options)) is not None
    }
    if not better:
        return tables, constraints, verdict
    changed = [
        table.model_copy(
            update={
                "cells": tuple(
                    better.get((table.id, cell.row, cell.col), cell) for cell in table.cells
                )
            }
        )
        for table in tables
    ]
    constraints, numerics = find_constraints(changed, pages)
    return changed, constraints, judge(constraints, numerics)


def _typed(table: Table, guessed: _Guessed) -> Table:
    """Kinds and values; of the flags that which an earlier stage has raised."""
    cells = tuple(
        cell.model_copy(update={"flags": (FlagCode.STRUCTURE,)})
        if (table.id, cell.row, cell.col) in guessed
        else cell.model_copy(update={"flags": ()})
        if cell.flags
        else cell
        for cell in table.cells
    )
    return with_types(table.model_copy(update={"cells": cells}))
