"""Options that several commands have."""

import logging
from pathlib import Path

import click


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
        logging.getLogger().addHandler(logging.NullHandler())  # or Python prints for libraries


path = click.Path(path_type=Path)
verbose = click.option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    callback=_set_up_log,
    help="Show where an error came from.",
)
engine_dir = click.option(
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
