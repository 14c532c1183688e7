"""tenglu watch."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tenglu.cli.options import job_options, path, settings_options

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the engine.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.settings import Settings


@click.command()
@click.argument("folder", metavar="FOLDER", type=path)
@click.option(
    "-o", "--out", required=True, type=path, metavar="OUT_DIR", help="Folder for results."
)
@click.option(
    "--steady",
    type=click.FloatRange(min=0),
    default=3.0,
    metavar="SECONDS",
    help="A file that has not changed for so long is complete [default: 3].",
)
@job_options
@settings_options
def watch(
    *,
    folder: Path,
    out: Path,
    steady: float,
    settings: "Settings",
    **options: Any,  # noqa: ANN401 - fields of a JobRequest
) -> None:
    """Convert the files in FOLDER, and each that arrives later, until Ctrl-C.

    A file is complete once its size and time have not changed for some seconds. The engine stays
    open between files. A file that changes later is converted again.
    """
    from tenglu.jobs.plan import JobRequest
    from tenglu.jobs.watch import watch as watch_folder

    watch_folder(JobRequest(inputs=(folder,), out=out, pages=None, **options), settings, steady)
