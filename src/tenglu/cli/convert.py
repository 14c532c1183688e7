"""tenglu convert."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tenglu.cli.options import job_options, pages_option, path, settings_options, target_option

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the engine.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.jobs.inputs import PageRange
    from tenglu.settings import Settings

CONVERT_HELP = """
Turn scans into tables.

INPUT is a PDF, TIFF, PNG, JPEG, BMP or WebP, or a folder of them, searched recursively. The file
type is detected from the content, not from the name. Inputs are never written to.

\b
Examples:
  tenglu convert report.pdf -o out
  tenglu convert report.pdf -o out --to json,xlsx --pages 3-12,15 --overlay
  tenglu convert scans/ -o out --jobs 2 --set ingest.vector_dpi=300

Results are named after the input: out/report.json, out/report.xlsx, ... Results of a folder mirror
its tree. Inputs that would give the same name get longer ones: a.pdf and a.png give a.pdf.json and
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

Progress is kept in OUT_DIR/.tenglu: the same command continues where it was stopped, and repeats
only what changed. tenglu status OUT_DIR shows how far it is.
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
@job_options
@click.option(
    "--overlay",
    is_flag=True,
    help="Also draw each page with its cells, removed marks and doubts: OUT_DIR/report.overlay/.",
)
@pages_option
@target_option
@settings_options
@click.pass_context
def convert(
    ctx: click.Context,
    /,
    *,
    inputs: tuple[Path, ...],
    out: Path,
    overlay: bool,
    pages: "list[PageRange] | None",
    settings: "Settings",
    **options: Any,  # noqa: ANN401 - fields of a JobRequest
) -> None:
    from tenglu.jobs import batch

    request = batch.JobRequest(inputs=inputs, out=out, pages=pages, overlay=overlay, **options)
    ctx.exit(batch.convert(request, settings))
