"""tenglu convert."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenglu.cli.options import (
    assignments_option,
    config_option,
    engine_dir_option,
    executor_option,
    formats_option,
    jobs_option,
    log_json,
    page_timeout_option,
    pages_option,
    password_file,
    path,
    ray_address_option,
    target_option,
    to_settings,
    verbose,
)
from tenglu.engines.runtime_env import limit_threads

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the engine.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.jobs.inputs import PageRange
    from tenglu.jobs.plan import ExecutorName

CONVERT_HELP = """
Turn scans into tables.

INPUT is a PDF, TIFF, PNG, JPEG, BMP or WebP, or a folder of them, searched recursively. What a
file is, is told by its bytes, not by its name. Inputs are never written to.

\b
Examples:
  tenglu convert report.pdf -o out
  tenglu convert report.pdf -o out --to json,xlsx --pages 3-12,15 --overlay
  tenglu convert scans/ -o out --jobs 2 --set ingest.vector_dpi=300

Results are named after the input: out/report.json, out/report.xlsx, ... Results of a folder mirror
its tree. Inputs that would give the same name are told apart: a.pdf and a.png give a.pdf.json and
a.png.json; north/a.pdf and south/a.pdf give north_a.pdf.json and south_a.pdf.json.

\b
Exit codes:
    0  finished, nothing to review
   10  finished, cells or pages wait for review
    2  wrong usage
    3  an input cannot be read
    4  engine or weights are missing: run tenglu doctor
    5  a result cannot be written
  130  interrupted
If an input fails the others go on, and the code of the first that failed is returned.

What was done is kept in OUT_DIR/.tenglu: the same command goes on where it was stopped, and does
again only what changed. tenglu status OUT_DIR tells how far it is.
"""


@click.command(help=CONVERT_HELP)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=path)
@click.option(
    "-o",
    "--out",
    default=".",
    type=path,
    metavar="OUT_DIR",
    help="Folder for results [default: .].",
)
@formats_option
@click.option(
    "--overlay",
    is_flag=True,
    help="Also draw each page with its cells, removed marks and doubts: OUT_DIR/report.overlay/.",
)
@pages_option
@jobs_option
@config_option
@assignments_option
@target_option
@page_timeout_option
@executor_option
@ray_address_option
@password_file
@engine_dir_option
@log_json
@verbose
@click.pass_context
def convert(  # noqa: PLR0913 - click hands over every option
    ctx: click.Context,
    *,
    inputs: tuple[Path, ...],
    out: Path,
    formats: list[str],
    overlay: bool,
    pages: "list[PageRange] | None",
    jobs: int | None,
    config: Path | None,
    assignments: tuple[str, ...],
    target: tuple[str, ...],
    page_timeout: float | None,
    executor: "ExecutorName",
    ray_address: str | None,
    password: str | None,
    engine_dir: Path | None,
) -> None:
    limit_threads()
    from tenglu.jobs import batch

    settings = to_settings(config, (*assignments, *target), engine_dir)
    order = batch.JobRequest(
        inputs, out, formats, pages, jobs, password, overlay, page_timeout, executor, ray_address
    )
    ctx.exit(batch.convert(order, settings))
