"""What a rule is: its names, and the function that proposes constraints.

A rule of one table sees that table; a rule of the document sees all tables and the text. They have
two signatures on purpose: most rules need one table, and a rule that sees no other table cannot
compare it with one by accident.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tenglu.model import Page
from tenglu.plugins import nothing_else
from tenglu.stages.check.rules.constraint import ConstraintGroup
from tenglu.stages.check.rules.numeric_table import NumericTable, Region, regions_of
from tenglu.stages.check.rules.sides import Side, sides_of


class RuleName(NamedTuple):
    """The name that a constraint carries in the result, and its labels."""

    name: str
    zh: str
    en: str


class Part(NamedTuple):
    """A region of a table with its sides."""

    region: Region
    sides: list[Side]

    def contains(self, group: ConstraintGroup) -> bool:
        """Whether all totals of a group are in this region."""
        return all(
            constraint.total[0] in self.region.rows and constraint.total[1] in self.region.cols
            for constraint in group.constraints
        )


class TableView(NamedTuple):
    """A table as rules see it."""

    numeric: NumericTable
    parts: list[Part]

    @property
    def sides(self) -> list[Side]:
        """The sides of all regions."""
        return [side for part in self.parts for side in part.sides]


class DocumentView(NamedTuple):
    """All tables of a document, and its pages for the text outside tables."""

    tables: Sequence[TableView]
    pages: Sequence[Page]


class Rule(NamedTuple):
    """A rule of one table. One rule may use several names: a rate is no growth."""

    names: tuple[RuleName, ...]
    propose: Callable[[TableView, "Known"], Iterable[ConstraintGroup]]
    fingerprint: Callable[[], Sequence[str]] = nothing_else


class DocumentRule(NamedTuple):
    """A rule over several tables, or over tables and text."""

    names: tuple[RuleName, ...]
    propose: Callable[[DocumentView], Iterable[ConstraintGroup]]
    fingerprint: Callable[[], Sequence[str]] = nothing_else


class Known:
    """What other rules propose for a table, computed once."""

    def __init__(self) -> None:
        self._groups: dict[tuple[Rule, str], list[ConstraintGroup]] = {}

    def groups(self, rule: Rule, view: TableView) -> list[ConstraintGroup]:
        """Return the groups that a rule proposes for a table."""
        key = rule, view.numeric.source.id
        if key not in self._groups:
            self._groups[key] = list(rule.propose(view, self))
        return self._groups[key]


def to_view(numeric: NumericTable) -> TableView:
    """Split a table into regions and sides."""
    return TableView(numeric, [Part(r, sides_of(numeric, r)) for r in regions_of(numeric)])
