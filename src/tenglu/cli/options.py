"""Options that several commands have."""

import logging
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tenglu.engines.runtime_env import limit_threads
from tenglu.jobs.console import JSON_LOG

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the engine.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.jobs.inputs import PageRange
    from tenglu.settings import Settings


def _read_password(_: click.Context, __: click.Parameter, value: Path | None) -> str | None:
    if value is None:
        return None
    try:
        return value.read_text("utf-8-sig").partition("\n")[0].removesuffix("\r")
    except (OSError, UnicodeDecodeError) as wrong:
        raise click.BadParameter(f"cannot read {value}: {wrong}") from wrong


def _set_up_log(_: click.Context, __: click.Parameter, value: bool) -> None:  # noqa: FBT001
    if value:
        logging.basicConfig(format="%(name)s: %(message)s")
        logging.getLogger("tenglu").setLevel(logging.DEBUG)
    elif not logging.getLogger().handlers:
        logging.getLogger().addHandler(logging.NullHandler())  # else Python prints for libraries


def _ask_for_json(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001
    if value:
        context.find_root().meta[JSON_LOG] = True


def _parse_formats(_: click.Context, __: click.Parameter, value: str) -> list[str]:
    return choose_formats(value)


def choose_formats(text: str, *others: str) -> list[str]:
    """Read ``json,xlsx``; the formats come in the order in which tenglu lists them.

    Raises:
        click.BadParameter: there is no such format.
    """
    from tenglu.export import format_names

    known = (*format_names(), *others)
    words = [word.strip() for word in text.lower().split(",")]
    if unknown := [word for word in words if word not in known]:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(known)}")
    return [name for name in known if name in words]


def _parse_pages(
    _: click.Context, __: click.Parameter, value: str | None
) -> "list[PageRange] | None":
    from tenglu.jobs.inputs import PagesError, parse_pages

    try:
        return None if value is None else parse_pages(value)
    except PagesError as wrong:
        raise click.BadParameter(str(wrong)) from wrong


def to_settings(
    config: Path | None, assignments: tuple[str, ...], engine_dir: Path | None
) -> "Settings":
    """Gather the settings of a call.

    Raises:
        click.UsageError: unknown or wrong.
    """
    from tenglu.settings import SettingsError, load_settings

    try:
        return load_settings(config, assignments, engine_dir)
    except SettingsError as wrong:
        raise click.UsageError(str(wrong)) from wrong


path = click.Path(path_type=Path)
verbose = click.option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    callback=_set_up_log,
    help="Show where an error came from.",
)
engine_dir_option = click.option(
    "--engine-dir",
    type=path,
    metavar="DIR",
    help="PaddleOCR model folder (inference.onnx, inference.yml) instead of the bundled weights.",
)

password_file = click.option(
    "--password-file",
    "password",
    type=path,
    metavar="F",
    callback=_read_password,
    help="Its first line opens locked PDFs.",
)

pages_option = click.option(
    "--pages", metavar="3-12,15", callback=_parse_pages, help="Pages of each input."
)
executor_option = click.option(
    "--executor",
    type=click.Choice(["local", "ray"]),
    default="local",
    help="Where pages are read: on this machine, or on a Ray cluster (pip install 'tenglu[ray]') "
    "whose machines see the inputs under the same paths [default: local].",
)

ray_address_option = click.option(
    "--ray-address",
    metavar="HOST:PORT",
    help="The Ray cluster [default: RAY_ADDRESS, or one of this machine alone].",
)

page_timeout_option = click.option(
    "--page-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="A page that takes longer is stopped, tried once more, and then counts as failed "
    "[default: 600].",
)

log_json = click.option(
    "--log-json",
    is_flag=True,
    expose_value=False,
    callback=_ask_for_json,
    help="Write progress and errors as JSON, one object a line.",
)

formats_option = click.option(
    "--to",
    "formats",
    default="json",
    metavar="json,xlsx,csv,html,md",
    callback=_parse_formats,
    help="Formats to write; tenglu doctor lists those of plug-ins [default: json].",
)

jobs_option = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Pages read at the same time; each takes a core and about 0.6 GB [default: all cores].",
)

config_option = click.option(
    "--config", type=path, metavar="TOML", help="Settings file with a table for each stage."
)


def _to_assignment(_: click.Context, __: click.Parameter, value: float | None) -> tuple[str, ...]:
    return () if value is None else (f"check.target_silent_errors={value!r}",)


target_option = click.option(
    "--target-silent-errors",
    "target",
    type=click.FloatRange(min=0, max=1),
    metavar="SHARE",
    callback=_to_assignment,
    help="Share of the cells not flagged that may be wrong [default: 0.0003].",
)

assignments_option = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="STAGE.OPTION=VALUE",
    help="One setting; overrides --config. May be repeated.",
)

Command = Callable[..., Any]


def settings_options(command: Command) -> Command:
    """Add --config, --set, --password-file and -v; the command gets ``settings``, ``password``.

    --engine-dir and --target-silent-errors become part of ``settings`` where a command has them.
    """

    @wraps(command)
    def with_settings(
        *args: object,
        config: Path | None,
        assignments: tuple[str, ...],
        target: tuple[str, ...] = (),
        engine_dir: Path | None = None,
        **values: object,
    ) -> object:
        limit_threads()  # before the settings, which import the numeric libraries
        settings = to_settings(config, (*assignments, *target), engine_dir)
        return command(*args, settings=settings, **values)

    return _with_options(with_settings, config_option, assignments_option, password_file, verbose)


def job_options(command: Command) -> Command:
    """Add what commands have that convert; the command gets fields of a ``JobRequest``."""
    return _with_options(
        command,
        formats_option,
        jobs_option,
        page_timeout_option,
        executor_option,
        ray_address_option,
        engine_dir_option,
        log_json,
    )


def _with_options(command: Command, *options: Callable[[Command], Command]) -> Command:
    for option in reversed(options):  # --help lists them in the order given here
        command = option(command)
    return command
