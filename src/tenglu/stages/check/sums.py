"""Every relation between the numbers of a document that its numbers, labels and forms show."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from tenglu.model import Page, Table
from tenglu.stages.check import words
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
from tenglu.stages.check.relation import (
    MAX_ROUNDED,
    At,
    Family,
    Standing,
    Trial,
    has_slip,
    mending,
    proof_of,
    surprise_of,
)
from tenglu.stages.check.running import running_families
from tenglu.stages.check.runs import chain_families, of_which_families, run_families
from tenglu.stages.check.sheet import Sheet, regions_of, to_sheet
from tenglu.stages.check.statutory import Parted, form_families, link_families
from tenglu.stages.check.tree import tree_families

LONG_ENOUGH = 100  # units; what a shorter number lacks can be mended by a slip in anything
HELD = ("holds", "rounding")
# share of the tests that hold, and how many must, before one that no slip explains counts as failed
LEAST_SHARE = {"named": 0.5, "labelled": 0.6, "found": 0.8}
SURE_SHARE = {"named": 0.5, "labelled": 0.8, "found": 0.9}
SURE_HELD = {"named": 2, "labelled": 3, "found": 5}
ENOUGH = 2.0  # digits that chance would have to guess for a failure that a slip explains
TELLING = 1.0  # of these digits; among smaller numbers a slip explains nearly anything
RANK = {"named": 0, "labelled": 1, "found": 2}
ALWAYS = "in-words"  # an amount and its words are the same by law


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
    adding = _adding(families)
    for family in families:
        accepted = _accepted(family, sheets, adding)
        for trial in accepted.trials:
            kept.setdefault(_key(trial, sheets), (trial, family.standing))
        open_trials += [(trial, family.standing) for trial in accepted.open]
    failed = [trial for trial, _ in kept.values() if trial.outcome == "fails"]
    for trial, standing in _crossing(open_trials, failed, sheets):
        kept.setdefault(_key(trial, sheets), (trial, standing))
    return _without_strangers(list(kept.values())), sheets


def _parted(sheet: Sheet) -> Parted:
    regions = regions_of(sheet)
    return Parted(sheet, regions, [side for region in regions for side in sides_of(sheet, region)])


def _general(table: Parted) -> Iterator[Family]:
    sheet = table.sheet
    for region in table.regions:
        sides = sides_of(sheet, region)
        codes = list(tree_families(sheet, sides))
        yield from codes
        formulas = list(formula_families(sheet, region, sides))
        yield from formulas
        yield from across_families(sheet, region, formulas)
        yield from line_families(sheet, region, sides)
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


class _Accepted(NamedTuple):
    """What remains of a relation that was tried in several places."""

    trials: list[Trial]
    open: list[Trial]  # fail, and no slip explains it: to be believed where another one agrees


_Column = tuple[str, int]
"""Table and column."""


def _adding(families: Sequence[Family]) -> set[_Column]:
    """Columns of which it is known that they add up: some sum in them holds."""
    return {
        (trial.table, trial.total[1])
        for family in families
        for trial in family.trials
        if trial.is_exact and (trial.n_addends > 1 or family.standing == "named")
    }


def _adds(trial: Trial, sheet: Sheet, adding: set[_Column]) -> bool:
    """Whether the numbers of a column are of a kind that is summed: ages and notes are not."""
    col = trial.total[1]
    if any(part != col for _, part in trial.parts) or (trial.table, col) in adding:
        return True
    heads = [words.folded(sheet.grid[row][col].text) for row in range(sheet.table.header_rows)]
    return any(words.FIGURES.search(head) for head in heads)


def _accepted(
    family: Family, sheets: Mapping[str, Sheet], adding: set[_Column]
) -> _Accepted:
    """The trials of a relation that is there; none of one that is not."""
    held = [trial for trial in family.trials if trial.outcome in HELD]
    failed = [trial for trial in family.trials if trial.outcome == "fails"]
    if any(trial.rule == ALWAYS for trial in failed):
        return _Accepted(family.trials, [])
    failed = [trial for trial in failed if not _is_no_sum(trial, sheets)]
    # Where no sum holds, slip and rounding together would explain too much.
    tables = {table for table, _ in adding}
    slips = [
        trial
        for trial in failed
        if has_slip(trial, sheets, MAX_ROUNDED if trial.table in tables else 0)
    ]
    strange = [trial for trial in failed if trial not in slips]
    share = len(held) / max(1, len(held) + len(strange))
    if share < LEAST_SHARE[family.standing] and not (slips and not strange):
        return _Accepted([], [])
    sure = share >= SURE_SHARE[family.standing] and len(held) >= SURE_HELD[family.standing]
    if family.standing != "named" and not sure:
        known = proof_of([trial for trial in held if trial.is_exact])
        slips = [
            trial
            for trial in slips
            if known + max(surprise_of(trial), 0.0) >= ENOUGH
            and (surprise_of(trial) >= TELLING or _adds(trial, sheets[trial.table], adding))
        ]
    unread = [trial for trial in family.trials if trial.outcome == "not-computable" and held]
    if sure and not _is_discovered(strange):
        return _Accepted([*held, *slips, *strange, *unread], [])
    return _Accepted([*held, *slips, *unread], strange)


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
        for at, meant in mending(trial, sheets):
            if abs(meant) >= LONG_ENOUGH * trial.unit:
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


def _is_discovered(trials: Sequence[Trial]) -> bool:
    """Whether nothing but likeness speaks for a relation: more than a slip is then no fault."""
    return any(trial.rule in ("shared-row", "text") for trial in trials)


def _is_no_sum(trial: Trial, sheets: Mapping[str, Sheet]) -> bool:
    """Whether a label says that shares, means or prices stand there: those add up to nothing."""
    if trial.kind not in ("sum", "balance"):
        return False
    sheet = sheets[trial.table]
    row, col = trial.total
    heads = [sheet.grid[at][col] for at in range(sheet.table.header_rows)]
    texts = [words.folded(cell.text) for cell in heads if cell.colspan == 1]
    return any(words.NOT_ADDED.search(text) for text in (*texts, *sheet.labels[row]))


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
