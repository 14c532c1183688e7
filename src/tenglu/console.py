"""What the command line says: results on standard output, complaints on standard error."""

import logging
import os
import sys

import click

logger = logging.getLogger(__name__)


def say(text: str) -> None:
    """Print a result; a reader that went away does not stop the work."""
    try:
        click.echo(text)
    except BrokenPipeError:
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - no path of the user's
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


def complain(message: str, error: Exception | None = None) -> None:
    """Print one line, and with --verbose where it came from."""
    click.echo(f"error: {' '.join(message.split())}", err=True)
    if error is not None:
        logger.debug("raised here:", exc_info=error)
