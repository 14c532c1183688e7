"""Options of the assemble stage."""

from typing import Literal

from pydantic import Field

from tenglu.model import Frozen


class AssembleOptions(Frozen):
    """Limits for joining the parts of a table across pages."""

    join: Literal["same-columns", "never"] = Field(
        default="same-columns",
        description="join a table with the one that goes on at the top of the next page",
    )


DEFAULTS = AssembleOptions()
