"""tenglu doctor."""

from pathlib import Path

import click

from tenglu.cli.options import engine_dir_option, verbose
from tenglu.errors import ExitCode
from tenglu.jobs.console import say

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the engine.
# ruff: noqa: PLC0415


@click.command()
@engine_dir_option
@verbose
@click.pass_context
def doctor(ctx: click.Context, *, engine_dir: Path | None) -> None:
    """Check the installation and its plug-ins, and say how to mend what is missing.

    Exit code 4 if tenglu cannot convert as it is installed.
    """
    from tenglu.cli.diagnosis import State, diagnose

    findings = diagnose(engine_dir)
    for finding in findings:
        say(f"{finding.state:<8}{finding.name}: {finding.detail}")
        if finding.remedy:
            say(f"{'':<8}-> {finding.remedy}")
    if any(finding.state is State.FAILED for finding in findings):
        ctx.exit(ExitCode.ENGINE)
