"""Every relation between the numbers of a document that its numbers, labels and forms show."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from tenglu.model import Page, Table
from tenglu.stages.check.accept import accept
from tenglu.stages.check.accounts import account_families
from tenglu.stages.check.across import across_families
from tenglu.stages.check.down import down_families, sides_of
from tenglu.stages.check.equal import (
    keyed_columns,
    shared_families,
    twin_families,
    words_families,
)
from tenglu.stages.check.formulas import formula_families
from tenglu.stages.check.lines import line_families
from tenglu.stages.check.prose import prose_families
from tenglu.stages.check.ratios import ratio_families
from tenglu.stages.check.relation import HELD, At, Family, Standing, Trial, mending
from tenglu.stages.check.running import running_families
from tenglu.stages.check.runs import chain_families, field_families, of_which_families, run_families
from tenglu.stages.check.sheet import Sheet, regions_of, to_sheet
from tenglu.stages.check.statutory import Parted, form_families, link_families
from tenglu.stages.check.tree import tree_families

LONG_ENOUGH = 100  # units; what a shorter number lacks can be mended by a slip in anything
RANK = {"named": 0, "labelled": 1, "found": 2}


def find_trials(
    tables: Sequence[Table], pages: Sequence[Page]
) -> tuple[list[Trial], dict[str, Sheet]]:
    """Test what can be tested.

    Args:
        tables: their cells have kinds and values.
        pages: for amounts in the text.

    Returns:
        what was tested, each relation once, and the numbers of the tables by their ids.
    """
    parted = [_parted(to_sheet(table)) for table in tables]
    sheets = {table.sheet.table.id: table.sheet for table in parted}
    families = [
        family
        for table in parted
        for family in (*form_families(table), *_general(table), *words_families(table.sheet))
    ]
    families += link_families(parted)
    families += shared_families(
        [column for table in parted for column in keyed_columns(table.sheet, table.sides)]
    )
    families += prose_families(pages, parted)
    families.sort(key=lambda family: RANK[family.standing])  # stable: the first one stays
    kept: dict[tuple[object, ...], tuple[Trial, Standing]] = {}
    open_trials: list[tuple[Trial, Standing]] = []
    for accepted in accept(families, sheets):
        for trial in accepted.trials:
            kept.setdefault(_key(trial, sheets), (trial, accepted.standing))
        open_trials += [(trial, accepted.standing) for trial in accepted.open]
    failed = [trial for trial, _ in kept.values() if trial.outcome == "fails"]
    for trial, standing in _crossing(open_trials, failed, sheets):
        kept.setdefault(_key(trial, sheets), (trial, standing))
    return _without_strangers(list(kept.values())), sheets


def _parted(sheet: Sheet) -> Parted:
    regions = regions_of(sheet)
    return Parted(sheet, regions, [side for region in regions for side in sides_of(sheet, region)])


def _general(table: Parted) -> Iterator[Family]:
    sheet = table.sheet
    yield from field_families(sheet)
    for region in table.regions:
        sides = sides_of(sheet, region)
        codes = list(tree_families(sheet, sides))
        yield from codes
        formulas = list(formula_families(sheet, region, sides))
        yield from formulas
        yield from across_families(sheet, region, formulas)
        lines = list(line_families(sheet, region, sides))
        yield from lines
        told = {col for family in lines for trial in family.trials for _, _, col in trial.cells}
        yield from ratio_families(sheet, region, told)
        yield from account_families(sheet, region, sides)
        running = list(running_families(sheet, region))
        yield from running
        balances = {trial.total[1] for family in running for trial in family.trials}
        yield from twin_families(sheet, sides)
        for side in sides:
            chains = [*chain_families(sheet, side), *of_which_families(sheet, side)]
            runs = list(run_families(sheet, side))
            # Where codes tell what a total adds, the rows next to it do not.
            if not any(trial.outcome in HELD for family in codes for trial in family.trials):
                added = tuple(col for col in side.cols if col not in balances)
                yield from down_families(
                    sheet, side._replace(cols=added), _details([*chains, *runs])
                )
            yield from chains
            yield from runs


def _details(families: Sequence[Family]) -> set[int]:
    """Rows that others are known to add up."""
    return {
        row
        for family in families
        for trial in family.trials
        if trial.outcome in HELD
        for row, _ in trial.parts
    }


def _key(trial: Trial, sheets: Mapping[str, Sheet]) -> tuple[object, ...]:
    """The same for relations that say the same; blank addends do not tell them apart."""
    of_parts = sheets[trial.parts_table or trial.table]
    parts = frozenset(
        (of_parts.table.id, *part, sign)
        for part, sign in zip(trial.parts, trial.signs, strict=True)
        if of_parts.numbers[part[0]][part[1]] != 0
    )
    total = (trial.table, *trial.total, 1)
    if trial.kind == "equal" and len(parts) == 1:
        return frozenset((total, *parts)), trial.quote
    return total, parts, trial.kind == "product", trial.quote


def _crossing(
    open_trials: Sequence[tuple[Trial, Standing]],
    failed: Sequence[Trial],
    sheets: Mapping[str, Sheet],
) -> list[tuple[Trial, Standing]]:
    """Those that ask for the same value in the same cell as another one that fails.

    A row and a column that agree to the digit on what a cell should read are right, however far
    off it is: it may have been lost altogether.
    """
    asked: dict[tuple[At, Decimal], list[Trial]] = {}
    for trial in (*(trial for trial, _ in open_trials), *failed):
        is_known = any(trial is other for other in failed)
        for at, meant in mending(trial, sheets):
            if is_known or abs(meant) >= LONG_ENOUGH * trial.unit:
                asked.setdefault((at, meant), []).append(trial)
    believed = [
        trial
        for (at, _), trials in asked.items()
        if len({other.total for other in trials}) > 1
        for trial in trials
        # Nobody is asked to read differently by totals that all stand in its own cell.
        if any((other.table, *other.total) != at for other in trials)
    ]
    return [
        (trial, standing)
        for trial, standing in open_trials
        if any(trial is other for other in believed)
    ]


def _without_strangers(trials: Sequence[tuple[Trial, str]]) -> list[Trial]:
    """Leave out what fails though each of its cells stands in sums that hold: it is no relation."""
    proven = {
        at
        for trial, _ in trials
        if trial.is_exact and (trial.n_addends > 1 or trial.kind == "equal")
        for at in trial.cells
    }
    return [
        trial
        for trial, standing in trials
        if trial.outcome != "fails" or standing == "named" or not proven.issuperset(trial.cells)
    ]
