"""tenglu watch."""

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
    password_file,
    path,
    ray_address_option,
    to_settings,
    verbose,
)
from tenglu.engines.runtime_env import limit_threads

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the engine.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.jobs.plan import ExecutorName


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
    help="A file that has not changed for so long is whole [default: 3].",
)
@formats_option
@jobs_option
@config_option
@assignments_option
@page_timeout_option
@executor_option
@ray_address_option
@password_file
@engine_dir_option
@log_json
@verbose
def watch(  # noqa: PLR0913 - click hands over every option
    *,
    folder: Path,
    out: Path,
    steady: float,
    formats: list[str],
    jobs: int | None,
    config: Path | None,
    assignments: tuple[str, ...],
    page_timeout: float | None,
    executor: "ExecutorName",
    ray_address: str | None,
    password: str | None,
    engine_dir: Path | None,
) -> None:
    """Convert what is laid into FOLDER, now and later, until Ctrl-C.

    A file is taken when it is whole: when its size and its time have not changed for some seconds.
    The engine stays open between files. A file that changes later is converted again.
    """
    limit_threads()
    from tenglu.jobs.plan import JobRequest
    from tenglu.jobs.watch import watch as watch_folder

    settings = to_settings(config, assignments, engine_dir)
    order = JobRequest(
        inputs=(folder,),
        out=out,
        formats=formats,
        pages=None,
        jobs=jobs,
        password=password,
        page_timeout=page_timeout,
        executor=executor,
        ray_address=ray_address,
    )
    watch_folder(order, settings, steady)
