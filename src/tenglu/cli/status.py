"""tenglu status."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenglu.cli.options import path, verbose
from tenglu.jobs.console import say

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the engine.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.jobs.status import State

N_SHOWN = 20  # failures; --json has all


@click.command()
@click.argument("out", metavar="OUT_DIR", type=path)
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every failure.")
@verbose
def status(*, out: Path, as_json: bool) -> None:
    """Tell how far the work in an output folder is, while it runs and after.

    Nothing is changed. Exit code 5 if the folder holds no job store.
    """
    from tenglu.jobs.status import read_status

    state = read_status(out)
    if as_json:
        say(state.model_dump_json(indent=2))
    else:
        for line in _lines(state):
            say(line)


def _lines(state: "State") -> list[str]:
    from tenglu.jobs.progress import clock

    who = "" if state.running is None else f" (process {state.running})"
    lines = [f"{'running' + who if state.is_running else 'not running'}"]
    lines.append(f"{'':<10}{'done':>9}{'failed':>9}{'waiting':>9}")
    counts = {
        "pages": (state.pages_done, state.pages_failed, state.pages_waiting),
        "documents": (state.documents_done, state.documents_failed, state.documents_waiting),
    }
    lines += [f"{name:<10}" + "".join(f"{n:>9}" for n in row) for name, row in counts.items()]
    lines.append(f"{'cells':<10}{state.cells:>9}, {state.cells_to_review} to review")
    if state.pages_per_second is not None:
        left = "" if state.seconds_left is None else f", {clock(state.seconds_left)} left"
        lines.append(f"{'speed':<10}{state.pages_per_second:>9.2f} pages a second{left}")
    for failure in state.failures[:N_SHOWN]:
        place = failure.input if failure.page is None else f"{failure.input}, page {failure.page}"
        lines.append(f"failed: {place}: {failure.reason}")
    if len(state.failures) > N_SHOWN:
        lines.append(f"and {len(state.failures) - N_SHOWN} more failures: see --json")
    return lines
