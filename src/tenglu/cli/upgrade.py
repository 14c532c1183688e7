"""tenglu upgrade."""

from collections.abc import Iterator
from pathlib import Path

import click

from tenglu.cli.options import path, verbose
from tenglu.errors import ExitCode, InputError
from tenglu.jobs.console import complain, say

# Imported where it is used: `tenglu --help` must not wait for numpy, OpenCV and the engine.
# ruff: noqa: PLC0415

UPGRADE_HELP = """
Bring results and review logs of tenglu 0.1 (schema 1.0) to schema 2.0.

PATH is a result, a review.sqlite, or a folder: then everything in it. Files are replaced, each in
one step; with -o they are written there, and PATH stays as it is. A review log whose entries have
to be written anew gets new hashes: the former log is kept beside it as review-1.0.sqlite.

\b
Exit codes:
    0  everything is of schema 2.0 now
    2  wrong usage
    3  a file cannot be read, or is nothing that tenglu 0.1 wrote
    5  a file cannot be written
"""


@click.command(help=UPGRADE_HELP)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=path)
@click.option("-o", "--out", type=path, metavar="DIR", help="Where to write, instead of in place.")
@verbose
@click.pass_context
def upgrade(ctx: click.Context, *, paths: tuple[Path, ...], out: Path | None) -> None:
    from tenglu.export.upgrade import ForeignFileError

    code = ExitCode.OK
    for given in paths:
        for source, below in _files(given):
            target = source if out is None else out / below
            try:
                say(f"{source}: {_upgrade(source, target)}")
            except InputError as refused:
                if isinstance(refused, ForeignFileError) and source != given:
                    say(f"{source}: {refused}, left as it is")  # a report of tenglu clean, say
                    continue
                complain(f"{source}: {refused}", refused)
                code = ExitCode.INPUT
    ctx.exit(code)


def _files(given: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the files to upgrade, and the place of each below the folder that was given."""
    from tenglu.review.core.folder import find_results
    from tenglu.review.core.log import FILE

    if not given.is_dir():
        yield given, Path(given.name)
        return
    for result in find_results(given).values():
        yield result.path, result.path.relative_to(given)
    if (given / FILE).is_file():
        yield given / FILE, Path(FILE)


def _upgrade(source: Path, target: Path) -> str:
    """Upgrade one file; say in one line what was done."""
    from tenglu.review.core.log import FILE

    where = f" -> {target}" if target != source else ""
    return (_upgrade_log if source.name == FILE else _upgrade_result)(source, target) + where


def _upgrade_result(source: Path, target: Path) -> str:
    from tenglu.export.upgrade import upgrade as upgraded
    from tenglu.export.upgrade import version_of
    from tenglu.files.atomic import write_files
    from tenglu.model import SCHEMA_VERSION

    try:
        data = source.read_bytes()
    except OSError as refused:
        raise InputError(f"cannot be read: {refused.strerror}") from refused
    version = version_of(data)
    if version == SCHEMA_VERSION:
        if target != source:
            write_files(target.parent, {target.name: data})
        return f"of schema {version} already"
    write_files(target.parent, {target.name: upgraded(data)})
    return f"schema {version} -> {SCHEMA_VERSION}"


def _upgrade_log(source: Path, target: Path) -> str:
    from tenglu.review.core.upgrade_log import FORMER, upgrade_log

    done = upgrade_log(source, target)
    if done is None:
        return "a log of this version already"
    told = f"{done.n_entries} entries, {done.n_rewritten} of them written anew"
    if done.head == done.former_head:
        return f"{told}, the last hash is {done.head} as before"
    kept = f", the former log is kept as {FORMER}" if target == source else ""
    return f"{told}, the last hash is {done.head} and was {done.former_head}{kept}"
