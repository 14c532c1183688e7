"""Options of the assemble stage."""

from typing import Literal

from pydantic import Field

from tenglu.model import Frozen


class AssembleOptions(Frozen):
    """Options for joining the parts of tables."""

    join: Literal["same-columns", "never"] = Field(
        default="same-columns",
        description="join a table with its continuation at the top of the next page",
    )


DEFAULTS = AssembleOptions()
