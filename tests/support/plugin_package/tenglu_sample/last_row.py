from collections.abc import Iterator

from tenglu.stages.check.rules.constraint import ConstraintGroup, Sum, try_sums
from tenglu.stages.check.rules.rule import Known, Rule, RuleName, TableView

LAST_ROW = RuleName("last-row", "末行合计", "the last row adds up the others")


def propose(view: TableView, _: Known) -> Iterator[ConstraintGroup]:
    """Take the last row of figures for the sum of the rows above it."""
    for side in view.sides:
        *parts, last = side.rows
        sums = (Sum((last, col), [(row, col) for row in parts]) for col in side.cols)
        yield ConstraintGroup("named", try_sums(view.numeric, sums, LAST_ROW.name))


RULE = Rule((LAST_ROW,), propose)
