"""How many of the cells that nobody looks at are expected to be wrong."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from tenglu.model import Table

SIDE = 0.025  # probability beyond each end of the interval


class Expected(NamedTuple):
    """What a review of a document leaves."""

    cells: int
    to_review: int
    wrong: float  # among the rest, on average
    low: int  # with 95 % probability no fewer
    high: int  # and no more

    def __str__(self) -> str:
        return (
            f"{self.cells} cells, {self.to_review} to review, "
            f"{self.wrong:.2g} expected wrong among the rest ({self.low} to {self.high})"
        )


def expected_wrong(tables: Sequence[Table]) -> Expected:
    """Add up the doubts of the cells that are not for review.

    The interval is that of a Poisson count: many cells, each of them hardly ever wrong. It takes
    the confidences as they are.
    """
    cells = [cell for table in tables for cell in table.cells]
    rest = [cell for cell in cells if not cell.needs_review]
    wrong = sum(1 - (cell.confidence or 0.0) for cell in rest)
    return Expected(
        len(cells),
        len(cells) - len(rest),
        wrong,
        _quantile(wrong, SIDE),
        _quantile(wrong, 1 - SIDE),
    )


def _quantile(mean: float, share: float) -> int:
    """The least count that a Poisson variable does not exceed with this probability."""
    if mean <= 0:
        return 0
    count, below = 0, math.exp(-mean)
    while below < share and count < mean + 10 * math.sqrt(mean) + 20:
        count += 1
        below += math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    return count
