"""Rules: their names, and the function that proposes constraints.

A table rule gets one table; a document rule gets all tables and the text. The two signatures differ
on purpose: most rules need one table, and a table rule cannot compare tables by accident.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tenglu.model import Page
from tenglu.plugins import nothing_else
from tenglu.stages.check.rules.constraint import ConstraintGroup
from tenglu.stages.check.rules.numeric_table import NumericTable, Region, regions_of
from tenglu.stages.check.rules.sides import Side, sides_of


class RuleName(NamedTuple):
    """The name of a rule in the result, and its labels in Chinese and English."""

    name: str
    zh: str
    en: str


class Part(NamedTuple):
    """A region of a table with its sides."""

    region: Region
    sides: list[Side]

    def contains(self, group: ConstraintGroup) -> bool:
        """Return whether all totals of a group are in this region."""
        return all(
            constraint.total[0] in self.region.rows and constraint.total[1] in self.region.cols
            for constraint in group.constraints
        )


class TableView(NamedTuple):
    """A table prepared for rules: its numbers, regions and sides."""

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
    """A rule for one table. It may use several names, such as rate and growth rate."""

    names: tuple[RuleName, ...]
    propose: Callable[[TableView, "Known"], Iterable[ConstraintGroup]]
    fingerprint: Callable[[], Sequence[str]] = nothing_else


class DocumentRule(NamedTuple):
    """A rule across several tables, or across tables and text."""

    names: tuple[RuleName, ...]
    propose: Callable[[DocumentView], Iterable[ConstraintGroup]]
    fingerprint: Callable[[], Sequence[str]] = nothing_else


class Known:
    """A cache of the groups that rules propose, so that one rule can build on another."""

    def __init__(self) -> None:
        self._groups: dict[tuple[Rule, str], list[ConstraintGroup]] = {}

    def groups(self, rule: Rule, view: TableView) -> list[ConstraintGroup]:
        """Return the groups that a rule proposes for a table; compute them once."""
        key = rule, view.numeric.source.id
        if key not in self._groups:
            self._groups[key] = list(rule.propose(view, self))
        return self._groups[key]


def to_view(numeric: NumericTable) -> TableView:
    """Split a table into regions and sides."""
    return TableView(numeric, [Part(r, sides_of(numeric, r)) for r in regions_of(numeric)])
