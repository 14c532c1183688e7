"""Options of the check stage."""

from pydantic import Field

from tenglu.model import Frozen


class CheckOptions(Frozen):
    """What a person is asked to look at."""

    target_silent_errors: float = Field(
        default=3e-4,
        ge=0,
        le=1,
        description="share of the cells nobody is asked to look at that may be wrong",
    )
    max_covered: float = Field(
        default=0.05, ge=0, le=1, description="share under a mark that explains a doubtful reading"
    )
    min_runner_up: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="probability of a second reading that replaces the first where sums ask for it",
    )


DEFAULTS = CheckOptions()
