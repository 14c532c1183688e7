"""What the command line prints: results on standard output, errors on standard error."""

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import click

JSON_LOG = "tenglu.json_log"  # in the context of a call: standard error is for programs

logger = logging.getLogger(__name__)


def say(text: str) -> None:
    """Print a result; a closed pipe does not stop the work."""
    try:
        click.echo(text)
    except BrokenPipeError:
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - no path of the user's
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless the number is 1."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def complain(message: str, error: Exception | None = None) -> None:
    """Print one line, and with --verbose where it came from."""
    line = " ".join(message.split())
    if wants_json():
        log("error", {"message": line})
    else:
        click.echo(f"error: {line}", err=True)
    if error is not None:
        logger.debug("raised here:", exc_info=error)


def wants_json() -> bool:
    """Tell whether this call has --log-json."""
    context = click.get_current_context(silent=True)
    return context is not None and JSON_LOG in context.find_root().meta


def log(event: str, fields: Mapping[str, object]) -> None:
    """Print what happened as one JSON object on a line of standard error."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    click.echo(json.dumps({"time": now, "event": event, **fields}), err=True)
