"""tenglu schema."""

import click

from tenglu.jobs.console import say

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the engine.
# ruff: noqa: PLC0415


@click.command()
def schema() -> None:
    """Print the JSON Schema (draft 2020-12) of the JSON result."""
    from tenglu.export.canonical import schema as result_schema

    say(result_schema().rstrip("\n"))
