"""Which of the relations that were tried are there, and which of their failures are faults."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tenglu.stages.check import words
from tenglu.stages.check.relation import (
    HELD,
    MAX_ROUNDED,
    Family,
    Standing,
    Trial,
    has_slip,
    proof_of,
    surprise_of,
)
from tenglu.stages.check.sheet import Sheet, heads_at

# share of the tests that hold, and how many must, before one that no slip explains counts as failed
LEAST_SHARE = {"named": 0.5, "labelled": 0.6, "found": 0.8}
SURE_SHARE = {"named": 0.5, "labelled": 0.8, "found": 0.9}
SURE_HELD = {"named": 2, "labelled": 3, "found": 5}
ENOUGH = 2.0  # digits that chance would have to guess for a failure that a slip explains
TELLING = 1.0  # of these digits; among smaller numbers a slip explains nearly anything
ALWAYS = "in-words"  # an amount and its words are the same by law
LIKENESS = ("shared-row", "text")  # rules that nothing but equal names and numbers speaks for

_Column = tuple[str, int]
"""Table and column."""


class Accepted(NamedTuple):
    """What remains of a relation that was tried in several places."""

    standing: Standing
    trials: list[Trial]
    open: list[Trial]  # fail, and no slip explains it: to be believed where another one agrees


class _Sorted(NamedTuple):
    """The trials of a relation by how they came out."""

    family: Family
    held: list[Trial]
    slips: list[Trial]  # fail, and one slip explains it
    strange: list[Trial]  # fail, and none does

    @property
    def share(self) -> float:
        """That holds, of those that no slip explains away."""
        return len(self.held) / max(1, len(self.held) + len(self.strange))


class _Known(NamedTuple):
    """What the document shows of its columns."""

    adding: set[_Column]  # some sum in them holds
    odd: set[_Column]  # some sum that their labels ask for is far off


def accept(families: Sequence[Family], sheets: Mapping[str, Sheet]) -> Iterator[Accepted]:
    """Tell relations that are there from those that are not, in the order given."""
    adding = {
        (trial.table, trial.total[1])
        for family in families
        for trial in family.trials
        if trial.is_exact and (trial.n_addends > 1 or family.standing == "named")
    }
    tables = {table for table, _ in adding}
    tried = [_sorted(family, sheets, tables) for family in families]
    odd = {
        (trial.table, trial.total[1])
        for one in tried
        for trial in one.strange
        if one.family.standing == "labelled" and trial.kind == "sum"
    }
    for one in tried:
        yield _accepted(one, sheets, _Known(adding, odd))


def _sorted(family: Family, sheets: Mapping[str, Sheet], adding: set[str]) -> _Sorted:
    held = [trial for trial in family.trials if trial.outcome in HELD]
    failed = [
        trial
        for trial in family.trials
        if trial.outcome == "fails"
        and (family.standing == "named" or not _is_no_sum(trial, sheets))
    ]
    # Where no sum holds, slip and rounding together would explain too much.
    slips = [t for t in failed if has_slip(t, sheets, MAX_ROUNDED if t.table in adding else 0)]
    return _Sorted(family, held, slips, [trial for trial in failed if trial not in slips])


def _accepted(tried: _Sorted, sheets: Mapping[str, Sheet], known: _Known) -> Accepted:
    """The trials of a relation that is there; none of one that is not."""
    family, held, slips, strange = tried
    standing = family.standing
    if any(trial.rule == ALWAYS and trial.outcome == "fails" for trial in family.trials):
        return Accepted(standing, family.trials, [])
    if tried.share < LEAST_SHARE[standing] and not (slips and not strange):
        return Accepted(standing, [], [])
    sure = tried.share >= SURE_SHARE[standing] and len(held) >= SURE_HELD[standing]
    if standing != "named" and not sure:
        proof = proof_of([trial for trial in held if trial.is_exact])
        slips = [t for t in slips if _is_believed(t, proof, sheets, known)]
    unread = [trial for trial in family.trials if trial.outcome == "not-computable" and held]
    faults = [trial for trial in strange if sure and _is_fault(trial, known)]
    doubtful = [trial for trial in strange if trial not in faults]
    return Accepted(standing, [*held, *slips, *faults, *unread], doubtful)


def _is_fault(trial: Trial, known: _Known) -> bool:
    """Whether more than a slip is a fault, where the same relation holds in most other places.

    Where nothing but likeness speaks for it, it is not; nor where nothing in a column adds up,
    which may hold means among columns of amounts.
    """
    at = trial.table, trial.total[1]
    is_column = bool(trial.parts) and all(col == at[1] for _, col in trial.parts)
    return trial.rule not in LIKENESS and (not is_column or at in known.adding)


def _is_believed(trial: Trial, proof: float, sheets: Mapping[str, Sheet], known: _Known) -> bool:
    """Whether a slip is likelier than numbers that were never meant to add up.

    Args:
        trial: fails, and a slip explains it.
        proof: digits that chance would have to guess for the same relation to hold elsewhere.
        sheets: by the ids of their tables.
        known: what the document shows.
    """
    surprise = surprise_of(trial, sheets)
    at = trial.table, trial.total[1]
    sheet = sheets[trial.table]
    heads = heads_at(sheet, trial.total)
    is_summed = any(words.FIGURES.search(head) for head in heads) and at not in known.odd
    is_column = all(col == at[1] for _, col in trial.parts)
    # Ages and numbers of notes are not summed: among small numbers a slip explains anything.
    if surprise < TELLING and is_column and not is_summed and at not in known.adding:
        return False
    adds = any(table == trial.table for table, _ in known.adding)
    return is_summed or proof + max(surprise, 0.0) >= ENOUGH or (surprise >= 0 and adds)


def _is_no_sum(trial: Trial, sheets: Mapping[str, Sheet]) -> bool:
    """Whether a label says that shares, means or prices stand there: those add up to nothing."""
    if trial.kind not in ("sum", "balance"):
        return False
    sheet = sheets[trial.table]
    texts = (*heads_at(sheet, trial.total), *sheet.labels[trial.total[0]])
    return any(words.NOT_ADDED.search(text) for text in texts)
