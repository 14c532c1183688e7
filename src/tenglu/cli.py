"""The command line: parse -> call -> print -> exit code."""

from typing import Any

import click

from tenglu import __version__
from tenglu.commands.audit import audit
from tenglu.commands.check import check
from tenglu.commands.clean import clean
from tenglu.commands.convert import convert
from tenglu.commands.doctor import doctor
from tenglu.commands.export import export
from tenglu.commands.review import review
from tenglu.commands.schema import schema
from tenglu.commands.stage import stage
from tenglu.commands.status import status
from tenglu.commands.watch import watch
from tenglu.console import complain
from tenglu.errors import ExitCode, TengluError


class _Commands(click.Group):
    """Turns what is raised on purpose into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        try:
            return super().invoke(ctx)
        except TengluError as error:
            complain(str(error), error)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            complain("interrupted; the same command goes on from here")
            ctx.exit(ExitCode.INTERRUPTED)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Scanned, watermarked reports in; structured tables that can be trusted out."""


for command in (
    convert,
    review,
    export,
    audit,
    watch,
    status,
    check,
    clean,
    stage,
    schema,
    doctor,
):
    main.add_command(command)
