"""Options of the grid stage."""

from typing import Literal

from pydantic import Field

from tenglu.model import Frozen


class TableOptions(Frozen):
    """How rules become tables."""

    min_support: float = Field(
        default=0.5, gt=0, le=1, description="share of an edge that must be drawn to part two cells"
    )
    min_cells: int = Field(
        default=2, ge=1, description="a single box is a frame round text or a stamp field, no table"
    )
    bare: Literal["figures", "never"] = Field(
        default="figures",
        description="tables without rules: columns of figures; never: only what rules show",
    )


DEFAULTS = TableOptions()
