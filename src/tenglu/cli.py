"""The command line: parse -> call -> print -> exit code."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tenglu import __version__
from tenglu.console import complain, say
from tenglu.errors import ExitCode, TengluError

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


class _Commands(click.Group):
    """Turns what is raised on purpose into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        try:
            return super().invoke(ctx)
        except TengluError as error:
            complain(str(error), error)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            complain("interrupted; the results written so far are complete")
            ctx.exit(ExitCode.INTERRUPTED)


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


def _read_password(_: click.Context, __: click.Parameter, value: Path | None) -> str | None:
    if value is None:
        return None
    try:
        return value.read_text("utf-8-sig").partition("\n")[0].removesuffix("\r")
    except (OSError, UnicodeDecodeError) as wrong:
        raise click.BadParameter(f"cannot read {value}: {wrong}") from wrong


def _set_up_log(_: click.Context, __: click.Parameter, value: bool) -> None:  # noqa: FBT001
    if value:
        logging.basicConfig(format="%(name)s: %(message)s")
        logging.getLogger("tenglu").setLevel(logging.DEBUG)
    elif not logging.getLogger().handlers:
        logging.getLogger().addHandler(logging.NullHandler())  # or Python prints for libraries


_path = click.Path(path_type=Path)
_verbose = click.option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    callback=_set_up_log,
    help="Show where an error came from.",
)
_engine_dir = click.option(
    "--engine-dir",
    type=_path,
    metavar="DIR",
    help="PaddleOCR model folder (inference.onnx, inference.yml) instead of the bundled weights.",
)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Scanned, watermarked reports in; structured tables that can be trusted out."""


@main.command(help=CONVERT_HELP)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=_path)
@click.option(
    "-o",
    "--out",
    default=".",
    type=_path,
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
@click.option("--config", type=_path, metavar="TOML", help="Settings: a table a stage.")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="STAGE.OPTION=VALUE",
    help="One setting; wins over --config. May be given again.",
)
@click.option(
    "--password-file",
    "password",
    type=_path,
    metavar="F",
    callback=_read_password,
    help="Its first line opens locked PDFs.",
)
@_engine_dir
@_verbose
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


@main.command()
def schema() -> None:
    """Print the JSON Schema (draft 2020-12) of the JSON result."""
    from tenglu.export.canonical import schema as result_schema

    say(result_schema().rstrip("\n"))


@main.command()
@_engine_dir
@_verbose
@click.pass_context
def doctor(ctx: click.Context, *, engine_dir: Path | None) -> None:
    """Look at what tenglu stands on, and say how to mend what is missing.

    Exit code 4 if tenglu cannot convert as it is installed.
    """
    from tenglu.doctor import State, diagnose

    findings = diagnose(engine_dir)
    for finding in findings:
        say(f"{finding.state:<8}{finding.name}: {finding.detail}")
        if finding.remedy:
            say(f"{'':<8}-> {finding.remedy}")
    if any(finding.state is State.FAILED for finding in findings):
        ctx.exit(ExitCode.ENGINE)
