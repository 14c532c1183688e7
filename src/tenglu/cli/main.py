"""The command line: parse -> call -> print -> exit code."""

from typing import Any

import click

from tenglu import __version__
from tenglu.cli.audit import audit
from tenglu.cli.check import check
from tenglu.cli.clean import clean
from tenglu.cli.convert import convert
from tenglu.cli.doctor import doctor
from tenglu.cli.evaluate import evaluate
from tenglu.cli.export import export
from tenglu.cli.review import review
from tenglu.cli.schema import schema
from tenglu.cli.stage import stage
from tenglu.cli.status import status
from tenglu.cli.upgrade import upgrade
from tenglu.cli.watch import watch
from tenglu.errors import ExitCode, TengluError
from tenglu.jobs.console import complain


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
    evaluate,
    clean,
    stage,
    upgrade,
    schema,
    doctor,
):
    main.add_command(command)
