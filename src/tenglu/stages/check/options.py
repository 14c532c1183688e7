"""Options of the check stage."""

from pydantic import Field

from tenglu.model import Frozen


class CheckOptions(Frozen):
    """What a person is asked to look at."""

    min_confidence: float = Field(default=0.8, ge=0, le=1, description="cells below are for review")
    min_ink_read: float = Field(
        default=0.8, ge=0, le=1, description="witness no-ink-left below this is for review"
    )
    min_ink_read_empty: float = Field(
        default=0.93, ge=0, le=1, description="the same in an empty cell, where a dash may be lost"
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
