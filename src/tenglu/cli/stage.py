"""tenglu stage."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from tenglu.cli.options import engine_dir_option, path, settings_options
from tenglu.jobs.console import say

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the engine.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.imaging.arrays import Rgb
    from tenglu.settings import Settings
    from tenglu.stages.ingest import Scan
    from tenglu.stages.tables import Grid

Stage = Literal["strip", "orient", "tables"]
STAGES: tuple[Stage, ...] = ("strip", "orient", "tables")

STAGE_HELP = """
Run one stage on one page and write the picture that comes out.

\b
  strip   the page without watermarks and seals, turned as it was delivered
  orient  the page upright: quarter turn, skew and perspective taken out
  tables  the page upright, without marks, and every table cell outlined: merged cells blue with
          their rows x columns, cells whose shape is a guess yellow and red

PAGE is a PNG, JPEG, BMP, WebP, TIFF or PDF; it is never written to. The picture is a PNG, in
pixels of the scan; orient and tables may turn and enlarge it.

\b
Examples:
  tenglu stage strip page.png -o page.clean.png
  tenglu stage orient photo.jpg -o upright.png
  tenglu stage tables report.pdf --page 5 -o cells.png
  tenglu stage tables report.pdf --page 5 -o cells.png --set tables.min_support=0.3

Use strip to clean pages for another OCR system, and tables to see why a table came out with wrong
cells. To see what was read, use tenglu convert --overlay.

\b
Exit codes:
    0  the picture is written
    2  wrong usage
    3  the page cannot be read
    4  engine or weights are missing (orient and tables read a few lines): run tenglu doctor
    5  the picture cannot be written
  130  interrupted
"""


def _check_name(_: click.Context, __: click.Parameter, value: Path) -> Path:
    if value.suffix.lower() != ".png":
        raise click.BadParameter(f"{value} should end with .png: that is what is written")
    return value


@click.command(help=STAGE_HELP)
@click.argument("stage", metavar="|".join(STAGES), type=click.Choice(STAGES))
@click.argument("page", metavar="PAGE", type=path)
@click.option(
    "-o",
    "--out",
    required=True,
    type=path,
    metavar="X.png",
    callback=_check_name,
    help="The picture to write; one that is there is replaced.",
)
@click.option(
    "--page",
    "number",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Which page of a PDF or TIFF, counted from 1 [default: 1].",
)
@engine_dir_option
@settings_options
def stage(
    *,
    stage: Stage,
    page: Path,
    out: Path,
    number: int,
    password: str | None,
    settings: "Settings",
) -> None:
    if out.exists() and page.exists() and out.samefile(page):
        raise click.UsageError(f"{out} is the page itself, which is never written to")
    from tenglu.files.atomic import write_files
    from tenglu.overlay import to_png
    from tenglu.stages.ingest import load_scan

    scan = load_scan(page, number, settings.ingest, password)
    image, facts = _strip(scan, settings) if stage == "strip" else _turn(stage, scan, settings)
    write_files(out.parent, {out.name: to_png(image, scan.dpi if stage == "strip" else None)})
    say(f"{page}: page {number}, {facts} -> {out}")


def _strip(scan: "Scan", settings: "Settings") -> "tuple[Rgb, str]":
    from tenglu.stages.strip import strip

    stripped = strip(scan.image, settings.strip)
    found = f"{len(stripped.marks)} watermarks and {len(stripped.seals)} seals"
    return stripped.image, f"{found} removed, {stripped.removed.mean():.1%} of the page changed"


def _turn(stage: Stage, scan: "Scan", settings: "Settings") -> "tuple[Rgb, str]":
    from tenglu.engines.registry import open_engine
    from tenglu.stages.orient import orient

    upright = orient(scan.image, open_engine(settings.engine), settings.orient)
    if stage == "tables":
        return _grid(upright.image, settings)
    turn = f"turned {upright.rotation} degrees clockwise, skew {upright.skew} degrees"
    return upright.image, f"{turn}, both taken out"


def _grid(upright: "Rgb", settings: "Settings") -> "tuple[Rgb, str]":
    from tenglu.imaging.fonts import find_font
    from tenglu.overlay import draw_grids
    from tenglu.stages.strip import strip
    from tenglu.stages.tables import find_tables

    image = strip(upright, settings.strip).image
    grids = find_tables(image, settings.tables).grids
    facts = [f"{len(grids)} tables", *(_table_words(found) for found in grids)]
    return draw_grids(image, grids, find_font()), "; ".join(facts)


def _table_words(found: "Grid") -> str:
    n_merged = sum(cell.rowspan > 1 or cell.colspan > 1 for cell in found.cells)
    words = f"{found.n_rows} rows x {found.n_cols} columns, {len(found.cells)} cells"
    return f"{words}, {n_merged} merged"
