"""Estimate how many of the cells that are not for review are wrong."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from tenglu.model import Table

SIDE = 0.025  # probability beyond each end of the interval


class Expected(NamedTuple):
    """Cells for review, and the expected number of wrong cells among the others."""

    cells: int
    to_review: int
    wrong: float  # mean
    low: int  # lower end of the 95 % interval
    high: int  # upper end

    def __str__(self) -> str:
        cells = "cell" if self.cells == 1 else "cells"
        about = round(self.wrong)
        wrong = "cell" if about == 1 else "cells"
        return (
            f"{self.cells} {cells}, {self.to_review} to review, about {about} wrong {wrong} "
            f"expected among those not flagged (95 %: {self.low} to {self.high})"
        )


def expected_wrong(tables: Sequence[Table]) -> Expected:
    """Sum 1 - confidence over the cells that are not for review.

    The interval is that of a Poisson count: many cells, each rarely wrong. It takes the confidences
    as exact.
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
    """Return the least count that a Poisson variable exceeds with probability 1 - share or less."""
    if mean <= 0:
        return 0
    count, below = 0, math.exp(-mean)
    while below < share and count < mean + 10 * math.sqrt(mean) + 20:
        count += 1
        below += math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    return count
