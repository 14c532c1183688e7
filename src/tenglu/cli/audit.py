"""tenglu audit."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenglu.cli.options import path, verbose
from tenglu.errors import InputError
from tenglu.jobs.console import say

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the engine.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.review.core.events import LogRecord

LONGEST = 120  # characters of a text before and after, on a line for people

AUDIT_HELP = """
List everything that was said in a review, and prove that nothing of it was changed since.

Each entry carries a hash of itself and of the entry before it. An entry that was changed, taken out
or put in breaks the chain. Cutting off its end leaves a whole chain: keep the last hash elsewhere,
and --head says whether it is still there.

\b
Exit codes:
    0  the chain is whole
    2  wrong usage
    3  the chain is broken, or does not hold the hash of --head
    5  there is no review in OUT
"""


@click.command(help=AUDIT_HELP)
@click.argument("out", metavar="OUT", type=path)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with every detail.")
@click.option("--head", metavar="HASH", help="A last hash of earlier, which must be in the chain.")
@verbose
def audit(*, out: Path, as_json: bool, head: str | None) -> None:
    from tenglu.review.core.events import FIRST
    from tenglu.review.core.log import read_log

    with read_log(out) as log:
        verified = log.verify()
        entries = log.entries() if verified.fault is None else []
    for entry in entries:
        say(json.dumps(_record(entry), ensure_ascii=False) if as_json else _line(entry))
    if verified.fault is not None:
        raise InputError(
            f"{out}: {verified.fault}; {verified.n_entries} entries before it are as they were "
            "written: compare with a copy of review.sqlite"
        )
    if head is not None and head not in {FIRST, *(entry.hash for entry in entries)}:
        raise InputError(f"{out}: the chain does not hold {head}: entries were taken away")
    if not as_json:
        say(f"{verified.n_entries} entries, the chain is whole, the last hash is {verified.head}")


def _line(entry: "LogRecord") -> str:
    event = entry.event
    place = event.document + (f" {event.table}" if event.table else "")
    if event.row is not None and event.col is not None:
        place += f" row {event.row + 1} column {event.col + 1}"
    change = (
        "" if event.before == event.after else f" {_short(event.before)} -> {_short(event.after)}"
    )
    back = f" of entry {event.detail['of']}" if event.kind in {"undo", "redo"} else ""
    why = f" ({_on_one_line(event.why)})" if event.why else ""
    return f"{entry.number} {entry.at} {event.who}: {event.kind}{back} {place}{change}{why}"


def _short(text: str | None) -> str:
    """A text as Python writes it; of a column that was read again the beginning, --json has all."""
    shown = repr(text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def _on_one_line(text: str) -> str:
    """A remark as it is, but for characters that would draw lines of their own."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _record(entry: "LogRecord") -> dict[str, object]:
    return {"number": entry.number, "at": entry.at, **entry.event._asdict(), "hash": entry.hash}
