"""tenglu check."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenglu.cli.options import path, verbose
from tenglu.errors import ExitCode, InputError
from tenglu.jobs.console import say

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the engine.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.model import Document

CHECK_HELP = """
Test the sums of a result again, also of one that was corrected by hand.

RESULT is the JSON that tenglu convert wrote. A text that a person changed stays as it is, and so
does a cell that a person has taken off the list: its needs_review was set to false. Everything
that follows from the texts is found anew: kinds, values, sums and what they say of the cells.

Without -o nothing is written: the outcome is printed, and each sum that does not hold.

\b
Exit codes:
    0  nothing to review
   10  cells or pages wait for review
    2  wrong usage
    3  the file cannot be read, or is no result of this version
    5  the result cannot be written
"""


@click.command(help=CHECK_HELP)
@click.argument("result", metavar="RESULT.json", type=path)
@click.option("-o", "--out", type=path, metavar="FILE", help="Where to write the checked result.")
@verbose
@click.pass_context
def check(ctx: click.Context, *, result: Path, out: Path | None) -> None:
    from tenglu.export.canonical import dump, load
    from tenglu.files.atomic import write_files
    from tenglu.stages.check import recheck

    document = recheck(load(_read(result)))
    if out is not None:
        write_files(out.parent, {out.name: dump(document)})
    say(_summary(document, result, out))
    for line in _failing(document):
        say(line)
    ctx.exit(ExitCode.REVIEW if _is_open(document) else ExitCode.OK)


def _read(result: Path) -> bytes:
    try:
        return result.read_bytes()
    except OSError as refused:
        raise InputError(
            f"cannot read {result}: {refused.strerror}; name the JSON that tenglu convert wrote"
        ) from refused


def _summary(document: "Document", result: Path, out: Path | None) -> str:
    from tenglu.stages.check import expected_wrong

    outcomes = Counter(check.outcome for table in document.tables for check in table.checks)
    n_checks = sum(outcomes.values())
    counts = (
        f"{n_checks} checks: {outcomes['holds']} hold, {outcomes['rounding']} within rounding, "
        f"{outcomes['fails']} fail, {outcomes['not-computable']} not computable"
    )
    where = f" -> {out}" if out is not None else ""
    return f"{result}: {expected_wrong(document.tables)}; {counts}{where}"


def _failing(document: "Document") -> list[str]:
    """One line a check that does not hold; rows and columns are counted from 1."""
    from tenglu.export.terms import KINDS, rule_term

    return [
        f"  {table.id} {table.title}: row {check.total[0] + 1}, column {check.total[1] + 1}: "
        f"{check.found} instead of {check.expected} "
        f"({KINDS[check.kind].en}, {rule_term(check.rule).en})"
        for table in document.tables
        for check in table.checks
        if check.outcome == "fails"
    ]


def _is_open(document: "Document") -> bool:
    review = any(cell.needs_review for table in document.tables for cell in table.cells)
    return review or bool(document.flags) or any(page.flags for page in document.pages)
