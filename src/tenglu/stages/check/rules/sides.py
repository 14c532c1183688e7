"""Sides: columns of figures that share the labels of their rows."""

from typing import NamedTuple

from tenglu.stages.check.rules.constraint import ConstraintGroup
from tenglu.stages.check.rules.numeric_table import NumericTable, Region, blocks_of, row_labels
from tenglu.stages.check.values import label_words


class Side(NamedTuple):
    """Columns of figures that share their labels."""

    rows: range
    cols: tuple[int, ...]
    labels: list[str]  # of each row of the table
    label_cols: tuple[int, ...]

    def contains(self, group: ConstraintGroup) -> bool:
        """Whether all totals of a group are on this side."""
        return all(c.total[0] in self.rows and c.total[1] in self.cols for c in group.constraints)


def sides_of(numeric: NumericTable, region: Region) -> list[Side]:
    """Parts of a region that stand beside each other with labels of their own."""
    blocks = blocks_of(numeric, region)
    return [
        Side(region.rows, cols, row_labels(numeric, blocks, index), labels)
        for index, (labels, cols) in enumerate(blocks)
    ]


def is_total(label: str) -> bool:
    return bool(label_words.TOTAL.search(label)) and not label_words.OF_WHICH.search(label)
