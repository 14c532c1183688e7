"""Find the constraints between the numbers of a document."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from tenglu.model import Page, Table
from tenglu.stages.check.rules.accept import accept
from tenglu.stages.check.rules.constraint import (
    At,
    Constraint,
    ConstraintGroup,
    EvidenceLevel,
    mending,
)
from tenglu.stages.check.rules.numeric_table import NumericTable, to_numeric_table
from tenglu.stages.check.rules.registry import document_rules, table_rules
from tenglu.stages.check.rules.rule import DocumentView, Known, to_view

LONG_ENOUGH = 100  # units of the last place; two failures agree on a smaller value by accident
RANK = {"named": 0, "labelled": 1, "found": 2}  # evidence levels, the strongest first


def find_constraints(
    tables: Sequence[Table], pages: Sequence[Page]
) -> tuple[list[Constraint], dict[str, NumericTable]]:
    """Test every constraint that a rule proposes, and keep the accepted ones.

    Args:
        tables: tables whose cells have kinds and values.
        pages: pages whose text may quote amounts.

    Returns:
        the constraints without duplicates, and the numbers of each table by table id.
    """
    document = DocumentView([to_view(to_numeric_table(table)) for table in tables], pages)
    numerics = {view.numeric.source.id: view.numeric for view in document.tables}
    groups = sorted(_proposed(document), key=lambda group: RANK[group.evidence])  # stable
    kept: dict[tuple[object, ...], tuple[Constraint, EvidenceLevel]] = {}
    undecided: list[tuple[Constraint, EvidenceLevel]] = []
    for accepted in accept(groups, numerics):
        for constraint in accepted.constraints:
            kept.setdefault(_key(constraint, numerics), (constraint, accepted.evidence))
        undecided += [(constraint, accepted.evidence) for constraint in accepted.open]
    failed = [constraint for constraint, _ in kept.values() if constraint.outcome == "fails"]
    for constraint, evidence in _crossing(undecided, failed, numerics):
        kept.setdefault(_key(constraint, numerics), (constraint, evidence))
    return _without_unrelated(list(kept.values())), numerics


def _proposed(document: DocumentView) -> Iterator[ConstraintGroup]:
    known, rules = Known(), table_rules()
    for view in document.tables:
        for rule in rules:
            yield from known.groups(rule, view)
    for over_tables in document_rules():
        yield from over_tables.propose(document)


def _key(constraint: Constraint, numerics: Mapping[str, NumericTable]) -> tuple[object, ...]:
    """Return a key that is equal for equal constraints; blank and zero addends do not count."""
    of_parts = numerics[constraint.parts_table or constraint.table]
    parts = frozenset(
        (of_parts.source.id, *part, sign)
        for part, sign in zip(constraint.parts, constraint.signs, strict=True)
        if of_parts.numbers[part[0]][part[1]] != 0
    )
    total = (constraint.table, *constraint.total, 1)
    if constraint.kind == "equal" and len(parts) == 1:
        return frozenset((total, *parts)), constraint.quote
    return total, parts, constraint.kind == "product", constraint.quote


def _crossing(
    undecided: Sequence[tuple[Constraint, EvidenceLevel]],
    failed: Sequence[Constraint],
    numerics: Mapping[str, NumericTable],
) -> list[tuple[Constraint, EvidenceLevel]]:
    """Return the undecided constraints that agree with another failure on a corrected value.

    If a row and a column need the same value in the same cell, the cell is wrong, however large the
    difference is: the number may be missing.
    """
    corrections: dict[tuple[At, Decimal], list[Constraint]] = {}
    for constraint in (*(constraint for constraint, _ in undecided), *failed):
        is_known = any(constraint is other for other in failed)
        for at, meant in mending(constraint, numerics):
            if is_known or abs(meant) >= LONG_ENOUGH * constraint.unit:
                corrections.setdefault((at, meant), []).append(constraint)
    believed = [
        constraint
        for (at, _), constraints in corrections.items()
        if len({other.total for other in constraints}) > 1
        for constraint in constraints
        # Several constraints of which the cell is the total do not confirm each other.
        if any((other.table, *other.total) != at for other in constraints)
    ]
    return [
        (constraint, evidence)
        for constraint, evidence in undecided
        if any(constraint is other for other in believed)
    ]


def _without_unrelated(constraints: Sequence[tuple[Constraint, str]]) -> list[Constraint]:
    """Drop failing constraints whose cells are all in sums that hold: they are coincidences."""
    proven = {
        at
        for constraint, _ in constraints
        if constraint.is_exact and (constraint.n_addends > 1 or constraint.kind == "equal")
        for at in constraint.cells
    }
    return [
        constraint
        for constraint, evidence in constraints
        if constraint.outcome != "fails"
        or evidence == "named"
        or not proven.issuperset(constraint.cells)
    ]
