"""Test the sums of a finished result again, after a person has corrected it."""

from pydantic import ValidationError

from tenglu.errors import InputError
from tenglu.model import Cell, Document, FlagCode, Table
from tenglu.stages.check.blame import Verdict, judge
from tenglu.stages.check.judged import RUNNER_UP, SUM
from tenglu.stages.check.options import DEFAULTS, CheckOptions
from tenglu.stages.check.sums import find_trials
from tenglu.stages.check.tables import (
    MESSAGES,
    flags_of,
    scored,
    with_cells,
    with_checks,
    with_types,
)

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
    trials, sheets = find_trials(typed, document.pages)
    verdict = judge(trials, sheets)
    done = [
        with_cells(
            table,
            [_again(cell, verdict, table.id, options) for cell in table.cells],
        )
        for table in typed
    ]
    checked = with_checks(done, trials)
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


def _again(cell: Cell, verdict: Verdict, table: str, options: CheckOptions) -> Cell:
    """Judge a cell again, but for what a person has settled."""
    readings = {
        evidence.text
        for evidence in cell.evidence
        if evidence.text is not None and not evidence.witness.endswith(RUNNER_UP)
    }
    reviewed = any(evidence.witness.startswith(REVIEWER) for evidence in cell.evidence)
    by_hand = not reviewed and cell.text not in readings and bool(cell.text or readings)
    settled = not cell.needs_review and (bool(cell.flags) or reviewed)
    if not (by_hand or settled):
        earlier = tuple(code for code in cell.flags if code not in OWN_FLAGS)
        return scored(cell.model_copy(update={"flags": earlier}), verdict, table, options)
    suspected = (table, cell.row, cell.col) in verdict.suspects
    is_news = suspected and (by_hand or FlagCode.SUM_FAILS not in cell.flags)
    left = () if by_hand else tuple(c for c in cell.flags if c is not FlagCode.SUM_FAILS)
    return cell.amended(
        flags=(*left, FlagCode.SUM_FAILS) if suspected else left,
        needs_review=is_news or cell.confidence is None or cell.needs_review,
    )
