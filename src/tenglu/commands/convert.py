"""tenglu convert."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenglu.commands.options import engine_dir as engine_dir_option
from tenglu.commands.options import password_file, path, verbose

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the engine.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.export import Format
    from tenglu.inputs import PageRange

CONVERT_HELP = """
Turn scans into tables.

INPUT is a PDF, TIFF, PNG, JPEG, BMP or WebP, or a folder of them, searched recursively. What a
file is, is told by its bytes, not by its name. Inputs are never written to.

\b
Examples:
  tenglu convert report.pdf -o out
  tenglu convert report.pdf -o out --to json,xlsx,csv --pages 3-12,15
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
"""


def _parse_formats(_: click.Context, __: click.Parameter, value: str) -> "list[Format]":
    from tenglu.export import FORMATS

    words = [word.strip().lower() for word in value.split(",")]
    if unknown := [word for word in words if word not in FORMATS]:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(FORMATS)}")
    return [name for name in FORMATS if name in words]


def _parse_pages(
    _: click.Context, __: click.Parameter, value: str | None
) -> "list[PageRange] | None":
    from tenglu.inputs import PagesError, parse_pages

    try:
        return None if value is None else parse_pages(value)
    except PagesError as wrong:
        raise click.BadParameter(str(wrong)) from wrong


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
@click.option(
    "--to",
    "formats",
    default="json",
    metavar="json,xlsx,csv,html,md",
    callback=_parse_formats,
    help="What to write [default: json].",
)
@click.option("--pages", metavar="3-12,15", callback=_parse_pages, help="Pages of each input.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Pages read at the same time; each takes a core and about 0.6 GB [default: all cores].",
)
@click.option("--config", type=path, metavar="TOML", help="Settings: a table a stage.")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="STAGE.OPTION=VALUE",
    help="One setting; wins over --config. May be given again.",
)
@password_file
@engine_dir_option
@verbose
@click.pass_context
def convert(  # noqa: PLR0913 - click hands over every option
    ctx: click.Context,
    *,
    inputs: tuple[Path, ...],
    out: Path,
    formats: "list[Format]",
    pages: "list[PageRange] | None",
    jobs: int | None,
    config: Path | None,
    assignments: tuple[str, ...],
    password: str | None,
    engine_dir: Path | None,
) -> None:
    from tenglu import batch
    from tenglu.config import SettingsError, load_settings

    try:
        settings = load_settings(config, assignments, engine_dir)
    except SettingsError as wrong:
        raise click.UsageError(str(wrong)) from wrong
    order = batch.Order(inputs, out, formats, pages, jobs, password)
    ctx.exit(batch.convert(order, settings))
