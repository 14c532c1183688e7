"""Check a document: kinds and values, sums, confidence, and cells for review."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from tenglu.errors import InputError
from tenglu.model import Cell, Document, Flag, FlagCode, Page, Table
from tenglu.stages.assemble import Assembled, RawTable
from tenglu.stages.check.confidence.expected import Expected, expected_wrong
from tenglu.stages.check.confidence.model import At
from tenglu.stages.check.confidence.stamp_overlap import with_stamp_overlap
from tenglu.stages.check.options import DEFAULTS, CheckOptions
from tenglu.stages.check.rules.constraint import Constraint
from tenglu.stages.check.rules.diagnose import Verdict, judge
from tenglu.stages.check.rules.find import find_constraints
from tenglu.stages.check.settled import find_settled, settle
from tenglu.stages.check.tables import (
    OWN_FLAGS,
    Doubts,
    flags_of,
    to_raw,
    to_table,
    unsound_flag,
    with_cells,
    with_checks,
)
from tenglu.stages.check.values.dashes import with_dashes
from tenglu.stages.check.verdict import corrected, judged, weigh

__all__ = [
    "DEFAULTS",
    "OWN_FLAGS",
    "CheckOptions",
    "Checked",
    "Expected",
    "check",
    "expected_wrong",
    "recheck",
]

UNSOUND = 0.2  # structure confidence per page; none of 173 correct tables was below 0.7


class Checked(NamedTuple):
    """The result of the check stage."""

    tables: tuple[Table, ...]
    flags: tuple[Flag, ...]  # of all stages


class _Tested(NamedTuple):
    """Tables with kinds and values, and the constraints tested in them."""

    tables: Sequence[Table]
    constraints: list[Constraint]
    verdict: Verdict


def check(assembled: Assembled, options: CheckOptions = DEFAULTS) -> Checked:
    """Give every cell a kind, a value and a confidence, test the sums, and flag doubtful cells.

    Args:
        assembled: pages and tables with the evidence of the earlier stages.
        options: see :class:`CheckOptions`.

    Returns:
        tables whose cells have confidences (0 to 1 or None), and the flags of all stages.
    """
    unsound = [table for table in assembled.tables if _is_unsound(table)]
    guessed = {
        (flag.table, flag.row, flag.col)
        for flag in assembled.flags
        if flag.code is FlagCode.STRUCTURE
    }
    guessed |= {(table.id, cell.row, cell.col) for table in unsound for cell in table.cells}
    tables = []
    for table in map(with_dashes, assembled.tables):
        places = [(cell.row, cell.col) for cell in table.cells]
        doubts = {at: (FlagCode.STRUCTURE,) for at in places if (table.id, *at) in guessed}
        tables.append(_opened(table, doubts, assembled.pages))
    tested = _corrected(_tested(tables, assembled.pages), assembled.pages, options)
    found = _concluded(tested, options, {})
    earlier = (*assembled.flags, *map(unsound_flag, unsound))
    return Checked(found.tables, (*earlier, *found.flags))


def recheck(document: Document) -> Document:
    """Recompute kinds, values, sums and flags from the texts of a result.

    Cells that a person has edited or settled keep their text and confidence.

    Raises:
        InputError: the result has check settings of another version.
    """
    options = _options(document)
    tables = []
    for table in document.tables:
        doubts = {
            (cell.row, cell.col): tuple(code for code in cell.flags if code not in OWN_FLAGS)
            for cell in table.cells
        }
        tables.append(_opened(to_raw(table), doubts, document.pages))
    settled = find_settled(document.tables)
    found = _concluded(_tested(tables, document.pages), options, settled)
    kept = [flag for flag in document.flags if flag.code not in OWN_FLAGS]
    return document.amended(tables=found.tables, flags=(*kept, *found.flags))


def _options(document: Document) -> CheckOptions:
    settings = next((step.settings for step in document.steps if step.name == "check"), None)
    if settings is None:
        return DEFAULTS
    try:
        return CheckOptions.model_validate(settings)
    except ValidationError as error:
        raise InputError(
            "this result has check settings of another version of tenglu: convert the scan again"
        ) from error


def _is_unsound(table: RawTable) -> bool:
    """Return whether the structure confidence is so low that texts may be split or merged."""
    return table.structure is not None and table.structure < UNSOUND ** len(table.pages)


def _opened(table: RawTable, doubts: Doubts, pages: Sequence[Page]) -> Table:
    return with_stamp_overlap(to_table(table, doubts), pages)


def _tested(tables: Sequence[Table], pages: Sequence[Page]) -> _Tested:
    constraints, numerics = find_constraints(tables, pages)
    return _Tested(tables, constraints, judge(constraints, numerics))


def _corrected(tested: _Tested, pages: Sequence[Page], options: CheckOptions) -> _Tested:
    """Take the second reading where two sums need it and it is likely enough, and test again."""
    places = {(t.id, cell.row, cell.col): cell for t in tested.tables for cell in t.cells}
    replaced = {
        at: cell
        for at, suspicion in tested.verdict.suspects.items()
        if (cell := corrected(places[at], suspicion, options)) is not None
    }
    if not replaced:
        return tested
    changed = [
        with_cells(table, [replaced.get((table.id, c.row, c.col), c) for c in table.cells])
        for table in tested.tables
    ]
    return _tested(changed, pages)


def _concluded(tested: _Tested, options: CheckOptions, settled: Mapping[At, Cell]) -> Checked:
    """Score the cells that no person has settled, and flag the doubtful ones."""
    verdict = tested.verdict
    threshold = weigh(tested.tables, verdict, options, settled)
    done = []
    for table in tested.tables:
        cells = []
        for cell in table.cells:
            at = (table.id, cell.row, cell.col)
            before = settled.get(at)
            cells.append(
                judged(cell, verdict, threshold, table.id, options)
                if before is None
                else settle(before, cell, is_suspect=at in verdict.suspects)
            )
        done.append(with_cells(table, cells))
    tables = with_checks(done, tested.constraints)
    return Checked(tables, tuple(flag for table in tables for flag in flags_of(table, verdict)))
