"""tenglu evaluate."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tenglu.cli.options import path, verbose
from tenglu.errors import InputError
from tenglu.jobs.console import say

# Imported where it is used: `tenglu --help` must not wait for numpy.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.evaluation.scoring import Score

EVALUATE_HELP = """
Score results against truth: how many cells, numbers and tables are right, and how many errors
are flagged.

TRUTH is a JSON file with the tables as a person copied them; RESULT is the JSON that tenglu
convert wrote for the same scan. Give as many pairs as you like; the last line is all of them
together. docs/evaluate.md shows how to write a truth file and what each figure means.

\b
Examples:
  tenglu evaluate report.truth.json out/report.json
  tenglu evaluate a.truth.json out/a.json b.truth.json out/b.json --errors 20
  tenglu evaluate report.truth.json out/report.json --json > figures.json

\b
Exit codes:
    0  scored, whatever the figures are
    2  wrong usage
    3  a file cannot be read, or is no truth or result
"""


@click.command(help=EVALUATE_HELP)
@click.argument("files", metavar="TRUTH RESULT...", nargs=-1, required=True, type=path)
@click.option(
    "--errors", default=0, type=click.IntRange(0), metavar="N", help="List N wrong cells."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@verbose
def evaluate(files: tuple[Path, ...], *, errors: int, as_json: bool) -> None:
    from tenglu.evaluation.scoring import Figures, aligned, described, figures, together

    if len(files) % 2:
        raise click.BadParameter("give pairs of files: each truth with its result")
    scores = {
        str(result): _score(truth, result)
        for truth, result in zip(files[::2], files[1::2], strict=True)
    }
    wrong = {name: [v for v in one.verdicts if not v.right] for name, one in scores.items()}
    rows = {name: figures(one) for name, one in scores.items()}
    rows["all together"] = figures(together(scores.values()))
    if as_json:
        named = {name: row._asdict() for name, row in rows.items()}
        say(json.dumps(named, ensure_ascii=False, indent=2))
    else:
        table = [(name, *row) for name, row in rows.items()]
        say(aligned([("result", *Figures._fields), *table]))
        for name, verdicts in wrong.items():
            for verdict in verdicts[:errors]:
                say(f"{name}: {described(verdict)}")


def _score(truth: Path, result: Path) -> "Score":
    from tenglu.evaluation.scoring import score

    known, found = _read(truth), _read(result)
    try:
        return score(known, found)
    except (KeyError, TypeError, AttributeError, ValueError) as wrong:
        raise InputError(
            f"{truth} or {result} is no truth or result ({type(wrong).__name__}: {wrong}); "
            "docs/evaluate.md shows what a truth file holds"
        ) from wrong


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8-sig"))
    except OSError as refused:
        raise InputError(f"cannot read {path}: {refused.strerror}") from refused
    except ValueError as wrong:
        raise InputError(f"{path} is no JSON file: {wrong}") from wrong
    if not isinstance(data, dict):
        raise InputError(f"{path} holds no document: a JSON object with tables is expected")
    return data
