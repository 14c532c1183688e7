"""Test the sums of a finished result again, after a person has corrected it."""

from pydantic import ValidationError

from tenglu.errors import InputError
from tenglu.model import Cell, Document, FlagCode, Table
from tenglu.stages.check.confidence.stamp_overlap import with_stamp_overlap
from tenglu.stages.check.options import DEFAULTS, CheckOptions
from tenglu.stages.check.rules.diagnose import Verdict, judge
from tenglu.stages.check.rules.find import find_constraints
from tenglu.stages.check.tables import (
    MESSAGES,
    flags_of,
    with_cells,
    with_checks,
    with_types,
)
from tenglu.stages.check.verdict import RUNNER_UP, SUM, judged, weigh

REVIEWER = "reviewer/"  # begins the name of a witness who is a person
OWN_FLAGS = frozenset((*MESSAGES, FlagCode.SUM_FAILS))


def check_again(document: Document) -> Document:
    """Find anew what follows from the texts of a result: kinds, values, sums and flags.

    What a person wrote or settled stays: a text that no witness has read, and a cell with flags
    that is not for review any more.

    Raises:
        InputError: its settings are not of this version.
    """
    options = _options(document)
    former = [_without_sums(table) for table in document.tables]
    typed = [with_types(table) for table in former]
    constraints, numerics = find_constraints(typed, document.pages)
    verdict = judge(constraints, numerics)
    cleared = [with_stamp_overlap(_without_own_flags(table), document.pages) for table in typed]
    settled = {
        (table.id, cell.row, cell.col)
        for table in typed
        for cell in table.cells
        if _by_hand(cell) or _is_settled(cell)
    }
    trust = weigh(cleared, verdict, options, settled)
    done = [
        with_cells(
            table,
            [
                _of_a_person(cell, verdict, table.id)
                if (table.id, cell.row, cell.col) in settled
                else judged(fresh, verdict, trust, table.id, options)
                for cell, fresh in zip(table.cells, unjudged.cells, strict=True)
            ],
        )
        for table, unjudged in zip(typed, cleared, strict=True)
    ]
    checked = with_checks(done, constraints)
    doubts = [flag for table in checked for flag in flags_of(table, verdict)]
    kept = [flag for flag in document.flags if flag.code not in OWN_FLAGS]
    return document.amended(tables=checked, flags=(*kept, *doubts))


def _options(document: Document) -> CheckOptions:
    settings = next((step.settings for step in document.steps if step.name == "check"), None)
    if settings is None:
        return DEFAULTS
    try:
        return CheckOptions.model_validate(settings)
    except ValidationError as wrong:
        raise InputError(
            "the settings of the stage check in this result are not of this version of tenglu: "
            "convert the scan again"
        ) from wrong


def _without_sums(table: Table) -> Table:
    cells = tuple(
        cell.model_copy(
            update={"evidence": tuple(e for e in cell.evidence if e.witness != SUM or e.text)}
        )
        for cell in table.cells
    )
    return table.model_copy(update={"cells": cells, "checks": ()})


def _without_own_flags(table: Table) -> Table:
    cells = [
        cell.model_copy(update={"flags": tuple(c for c in cell.flags if c not in OWN_FLAGS)})
        for cell in table.cells
    ]
    return with_cells(table, cells)


def _by_hand(cell: Cell) -> bool:
    """Whether a person has changed the text without the desk."""
    readings = {
        evidence.text
        for evidence in cell.evidence
        if evidence.text is not None and not evidence.witness.endswith(RUNNER_UP)
    }
    return not _is_reviewed(cell) and cell.text not in readings and bool(cell.text or readings)


def _is_settled(cell: Cell) -> bool:
    return not cell.needs_review and (bool(cell.flags) or _is_reviewed(cell))


def _is_reviewed(cell: Cell) -> bool:
    return any(evidence.witness.startswith(REVIEWER) for evidence in cell.evidence)


def _of_a_person(cell: Cell, verdict: Verdict, table: str) -> Cell:
    """What a person has settled stays; a sum that fails anew is news."""
    suspected, by_hand = (table, cell.row, cell.col) in verdict.suspects, _by_hand(cell)
    is_news = suspected and (by_hand or FlagCode.SUM_FAILS not in cell.flags)
    left = () if by_hand else tuple(c for c in cell.flags if c is not FlagCode.SUM_FAILS)
    return cell.amended(
        flags=(*left, FlagCode.SUM_FAILS) if suspected else left,
        needs_review=is_news or cell.confidence is None or cell.needs_review,
    )
