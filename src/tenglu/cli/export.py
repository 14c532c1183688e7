"""tenglu export."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenglu.cli.options import choose_formats, path, verbose
from tenglu.errors import ExitCode
from tenglu.jobs.console import say

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the engine.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.review.core.folder import Result
    from tenglu.review.core.log import Log

TRAINING = "training"

EXPORT_HELP = """
Write the reviewed results of a folder: the machine's results with everything that was said of them.

The results in OUT stay as they are. Beside each document lies NAME.origins.csv: for every cell
whether its text is the machine's, a rule's or a reviewer's, and who, when, from what and why.
--to training writes what benchmarks/fit_confidence.py learns from.

\b
Examples:
  tenglu export out --to xlsx,json
  tenglu export out --to training -o training

\b
Exit codes:
    0  nothing is left to review
   10  cells or pages wait for review, or entries no longer fit
    2  wrong usage
    3  OUT is no folder, or a result in it is of an older tenglu
    5  there is no review in OUT, or a result cannot be written
"""


def _parse(_: click.Context, __: click.Parameter, value: str) -> list[str]:
    return choose_formats(value, TRAINING)


@click.command(help=EXPORT_HELP)
@click.argument("out", metavar="OUT", type=path)
@click.option(
    "--to",
    "formats",
    default="json",
    metavar="json,xlsx,csv,html,md,training",
    callback=_parse,
    help="What to write [default: json].",
)
@click.option(
    "-o",
    "--out",
    "target",
    type=path,
    metavar="DIR",
    help="Folder for what is written [default: OUT-reviewed, beside OUT].",
)
@verbose
@click.pass_context
def export(ctx: click.Context, *, out: Path, formats: list[str], target: Path | None) -> None:
    from tenglu.review.core.folder import find_results, refuse_outdated
    from tenglu.review.core.log import read_log

    target = target or out.resolve().with_name(f"{out.resolve().name}-reviewed")
    if target.resolve().is_relative_to(out.resolve()):
        raise click.UsageError(f"{target} lies in {out}, whose results must stay as they are")
    is_open = False
    with read_log(out) as log:
        results = list(find_results(out).values())
        refuse_outdated(results)
        for result in results:
            folder = target / result.path.parent.relative_to(out)
            is_open |= _export(log, result, folder, formats)
    ctx.exit(ExitCode.REVIEW if is_open else ExitCode.OK)


def _export(log: "Log", result: "Result", folder: Path, formats: list[str]) -> bool:
    """Write one document; whether something of it is open."""
    from tenglu.errors import InputError
    from tenglu.export import render
    from tenglu.files.atomic import write_files
    from tenglu.review.core.folder import read_result
    from tenglu.review.core.results import origins, training
    from tenglu.review.core.reviewed import doubts, open_cells, reviewed

    try:
        document = read_result(result)
    except InputError:  # another JSON file, such as what tenglu clean --report wrote
        return False
    entries = log.entries(result.name)
    now = reviewed(document, entries)
    stem = result.path.name.removesuffix(".json")
    files = {f"{stem}.origins.csv": origins(now, entries)}
    for name in formats:
        if name == TRAINING:
            files[f"{stem}.training.json"] = training(document, entries)
            continue
        rendered = render(now.document, name)
        files |= {f"{stem}{suffix}": data for suffix, data in rendered.items()}
    write_files(folder, files)
    n_open, n_doubts = open_cells(now.document), len(doubts(now.document))
    n_conflicts = len(now.conflicts)
    left = f"{n_open} cells to review, {n_doubts} doubts about pages, {n_conflicts} conflicts"
    say(f"{result.name}: {len(entries)} entries, {left} -> {folder}")
    return bool(n_open or n_doubts or n_conflicts)
