"""Options of the check stage."""

from pydantic import Field

from tenglu.model import Frozen


class CheckOptions(Frozen):
    """Options that decide which cells need review."""

    target_silent_errors: float = Field(
        default=3e-4,
        ge=0,
        le=1,
        description="share of the cells without review that may be wrong",
    )
    max_covered: float = Field(
        default=0.05, ge=0, le=1, description="covered share that explains a doubtful reading"
    )
    min_runner_up: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="least probability of a second reading to replace the first if two sums fit it",
    )


DEFAULTS = CheckOptions()
