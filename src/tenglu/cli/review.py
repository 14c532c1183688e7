"""tenglu review."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenglu.cli.options import engine_dir_option, path, settings_options
from tenglu.jobs.console import say

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the server.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.settings import Settings

REVIEW_HELP = """
Review flagged cells beside the scan, in a browser.

OUT is the folder that tenglu convert wrote to. The review app is served on this machine only
and opens in the browser; press Ctrl-C to stop it. Every entry is written to OUT/review.sqlite
at once, and never changed. tenglu export writes the reviewed results, tenglu audit lists every
change.

\b
Examples:
  tenglu review out
  tenglu review out --sample 200
  tenglu review out --scans /archive/2024 --no-browser --port 8080

\b
Exit codes:
    0  ended by Ctrl-C
    2  wrong usage
    3  OUT is no folder, or a result in it is of an older tenglu
    5  OUT/review.sqlite cannot be written, or the port is taken
"""


@click.command(help=REVIEW_HELP)
@click.argument("out", metavar="OUT", type=path)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    help="Also draw N cells at random of those that nobody was asked to look at.",
)
@click.option(
    "--scans",
    type=path,
    metavar="DIR",
    help="Folder to look for the scans in, where they are not where convert found them.",
)
@click.option("--name", metavar="NAME", help="Who reviews [default: the name of the user].")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Where to listen; any but this machine asks for a token.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="Where to listen [default: one that belongs to OUT, if it is free]; 0: any that is free.",
)
@click.option(
    "--token", metavar="WORD", help="What the browser must know [default with --host: made up]."
)
@click.option("--no-browser", is_flag=True, help="Print the address alone.")
@engine_dir_option
@settings_options
def review(  # noqa: PLR0913 - click hands over every option
    *,
    out: Path,
    sample: int | None,
    scans: Path | None,
    name: str | None,
    host: str,
    port: int | None,
    token: str | None,
    no_browser: bool,
    password: str | None,
    settings: "Settings",
) -> None:
    from tenglu.review.web.documents import Sources
    from tenglu.review.web.server import ServerOptions, open_browser, serve

    def ready(address: str) -> None:
        say(f"the review app is at {address} (press Ctrl-C to stop)")
        if not no_browser:
            open_browser(address)

    sources = Sources(settings, scans, password)
    serve(out, sources, ServerOptions(host, port, token, name or _user(), sample), ready)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may know no names
        return "reviewer"
