"""Sides: numeric columns that share row labels."""

from typing import NamedTuple

from tenglu.stages.check.rules.constraint import ConstraintGroup
from tenglu.stages.check.rules.numeric_table import NumericTable, Region, blocks_of, row_labels
from tenglu.stages.check.values import label_words


class Side(NamedTuple):
    """Numeric columns of a region that share row labels."""

    rows: range
    cols: tuple[int, ...]
    labels: list[str]  # for each row of the table
    label_cols: tuple[int, ...]

    def contains(self, group: ConstraintGroup) -> bool:
        """Return whether all totals of a group are on this side."""
        return all(c.total[0] in self.rows and c.total[1] in self.cols for c in group.constraints)


def sides_of(numeric: NumericTable, region: Region) -> list[Side]:
    """Split a region into sides, left to right, each with its own labels."""
    blocks = blocks_of(numeric, region)
    return [
        Side(region.rows, cols, row_labels(numeric, blocks, index), labels)
        for index, (labels, cols) in enumerate(blocks)
    ]


def is_total(label: str) -> bool:
    """Return whether a label names a total, and not a part of one (其中)."""
    return bool(label_words.TOTAL.search(label)) and not label_words.OF_WHICH.search(label)
