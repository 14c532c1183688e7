"""Every relation between the numbers of a document that its numbers, labels and forms show."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from tenglu.model import Page, Table
from tenglu.stages.check.rules.accept import accept
from tenglu.stages.check.rules.accounts import account_groups
from tenglu.stages.check.rules.addend_runs import (
    chain_groups,
    field_groups,
    of_which_groups,
    run_groups,
)
from tenglu.stages.check.rules.code_hierarchy import tree_groups
from tenglu.stages.check.rules.column_sums import down_groups, sides_of
from tenglu.stages.check.rules.constraint import (
    HELD,
    At,
    Constraint,
    ConstraintGroup,
    EvidenceLevel,
    mending,
)
from tenglu.stages.check.rules.equal_amounts import (
    keyed_columns,
    shared_groups,
    twin_groups,
    words_groups,
)
from tenglu.stages.check.rules.formulas import formula_groups
from tenglu.stages.check.rules.head_relations import line_groups
from tenglu.stages.check.rules.numeric_table import NumericTable, regions_of, to_numeric_table
from tenglu.stages.check.rules.prose_amounts import prose_groups
from tenglu.stages.check.rules.ratios import ratio_groups
from tenglu.stages.check.rules.row_sums import across_groups
from tenglu.stages.check.rules.running_balance import running_groups
from tenglu.stages.check.rules.statutory import Parted, form_groups, link_groups

LONG_ENOUGH = 100  # units; what a shorter number lacks can be mended by a slip in anything
RANK = {"named": 0, "labelled": 1, "found": 2}


def find_constraints(
    tables: Sequence[Table], pages: Sequence[Page]
) -> tuple[list[Constraint], dict[str, NumericTable]]:
    """Test what can be tested.

    Args:
        tables: their cells have kinds and values.
        pages: for amounts in the text.

    Returns:
        what was tested, each relation once, and the numbers of the tables by their ids.
    """
    parted = [_parted(to_numeric_table(table)) for table in tables]
    sheets = {table.sheet.table.id: table.sheet for table in parted}
    groups = [
        family
        for table in parted
        for family in (*form_groups(table), *_general(table), *words_groups(table.sheet))
    ]
    groups += link_groups(parted)
    groups += shared_groups(
        [column for table in parted for column in keyed_columns(table.sheet, table.sides)]
    )
    groups += prose_groups(pages, parted)
    groups.sort(key=lambda family: RANK[family.standing])  # stable: the first one stays
    kept: dict[tuple[object, ...], tuple[Constraint, EvidenceLevel]] = {}
    open_trials: list[tuple[Constraint, EvidenceLevel]] = []
    for accepted in accept(groups, sheets):
        for constraint in accepted.constraints:
            kept.setdefault(_key(constraint, sheets), (constraint, accepted.standing))
        open_trials += [(constraint, accepted.standing) for constraint in accepted.open]
    failed = [constraint for constraint, _ in kept.values() if constraint.outcome == "fails"]
    for constraint, standing in _crossing(open_trials, failed, sheets):
        kept.setdefault(_key(constraint, sheets), (constraint, standing))
    return _without_strangers(list(kept.values())), sheets


def _parted(sheet: NumericTable) -> Parted:
    regions = regions_of(sheet)
    return Parted(sheet, regions, [side for region in regions for side in sides_of(sheet, region)])


def _general(table: Parted) -> Iterator[ConstraintGroup]:
    sheet = table.sheet
    yield from field_groups(sheet)
    for region in table.regions:
        sides = sides_of(sheet, region)
        codes = list(tree_groups(sheet, sides))
        yield from codes
        formulas = list(formula_groups(sheet, region, sides))
        yield from formulas
        yield from across_groups(sheet, region, formulas)
        lines = list(line_groups(sheet, region, sides))
        yield from lines
        told = {
            col
            for family in lines
            for constraint in family.constraints
            for _, _, col in constraint.cells
        }
        yield from ratio_groups(sheet, region, told)
        yield from account_groups(sheet, region, sides)
        running = list(running_groups(sheet, region))
        yield from running
        balances = {constraint.total[1] for family in running for constraint in family.constraints}
        yield from twin_groups(sheet, sides)
        for side in sides:
            chains = [*chain_groups(sheet, side), *of_which_groups(sheet, side)]
            runs = list(run_groups(sheet, side))
            # Where codes tell what a total adds, the rows next to it do not.
            if not any(
                constraint.outcome in HELD for family in codes for constraint in family.constraints
            ):
                added = tuple(col for col in side.cols if col not in balances)
                yield from down_groups(sheet, side._replace(cols=added), _details([*chains, *runs]))
            yield from chains
            yield from runs


def _details(groups: Sequence[ConstraintGroup]) -> set[int]:
    """Rows that others are known to add up."""
    return {
        row
        for family in groups
        for constraint in family.constraints
        if constraint.outcome in HELD
        for row, _ in constraint.parts
    }


def _key(constraint: Constraint, sheets: Mapping[str, NumericTable]) -> tuple[object, ...]:
    """The same for relations that say the same; blank addends do not tell them apart."""
    of_parts = sheets[constraint.parts_table or constraint.table]
    parts = frozenset(
        (of_parts.table.id, *part, sign)
        for part, sign in zip(constraint.parts, constraint.signs, strict=True)
        if of_parts.numbers[part[0]][part[1]] != 0
    )
    total = (constraint.table, *constraint.total, 1)
    if constraint.kind == "equal" and len(parts) == 1:
        return frozenset((total, *parts)), constraint.quote
    return total, parts, constraint.kind == "product", constraint.quote


def _crossing(
    open_trials: Sequence[tuple[Constraint, EvidenceLevel]],
    failed: Sequence[Constraint],
    sheets: Mapping[str, NumericTable],
) -> list[tuple[Constraint, EvidenceLevel]]:
    """Those that ask for the same value in the same cell as another one that fails.

    A row and a column that agree to the digit on what a cell should read are right, however far
    off it is: it may have been lost altogether.
    """
    asked: dict[tuple[At, Decimal], list[Constraint]] = {}
    for constraint in (*(constraint for constraint, _ in open_trials), *failed):
        is_known = any(constraint is other for other in failed)
        for at, meant in mending(constraint, sheets):
            if is_known or abs(meant) >= LONG_ENOUGH * constraint.unit:
                asked.setdefault((at, meant), []).append(constraint)
    believed = [
        constraint
        for (at, _), constraints in asked.items()
        if len({other.total for other in constraints}) > 1
        for constraint in constraints
        # Nobody is asked to read differently by totals that all stand in its own cell.
        if any((other.table, *other.total) != at for other in constraints)
    ]
    return [
        (constraint, standing)
        for constraint, standing in open_trials
        if any(constraint is other for other in believed)
    ]


def _without_strangers(constraints: Sequence[tuple[Constraint, str]]) -> list[Constraint]:
    """Leave out what fails though each of its cells stands in sums that hold: it is no relation."""
    proven = {
        at
        for constraint, _ in constraints
        if constraint.is_exact and (constraint.n_addends > 1 or constraint.kind == "equal")
        for at in constraint.cells
    }
    return [
        constraint
        for constraint, standing in constraints
        if constraint.outcome != "fails"
        or standing == "named"
        or not proven.issuperset(constraint.cells)
    ]
