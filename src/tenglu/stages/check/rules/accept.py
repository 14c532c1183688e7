"""Which of the relations that were tried are there, and which of their failures are faults."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tenglu.stages.check.rules.constraint import (
    HELD,
    MAX_ROUNDED,
    Constraint,
    ConstraintGroup,
    EvidenceLevel,
    has_single_digit_error,
    log_odds_of,
    proof_of,
)
from tenglu.stages.check.rules.numeric_table import NumericTable, heads_at
from tenglu.stages.check.values import label_words

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

    evidence: EvidenceLevel
    constraints: list[Constraint]
    open: list[Constraint]  # fail, and no slip explains it: to be believed where another one agrees


class _Sorted(NamedTuple):
    """The constraints of a relation by how they came out."""

    relation: ConstraintGroup
    held: list[Constraint]
    explained: list[Constraint]  # fail, and one slip explains it
    unexplained: list[Constraint]  # fail, and none does

    @property
    def share(self) -> float:
        """That holds, of those that no slip explains away."""
        return len(self.held) / max(1, len(self.held) + len(self.unexplained))


class _Known(NamedTuple):
    """What the document shows of its columns."""

    adding: set[_Column]  # some sum in them holds
    odd: set[_Column]  # some sum that their labels ask for is far off


def accept(
    groups: Sequence[ConstraintGroup], numerics: Mapping[str, NumericTable]
) -> Iterator[Accepted]:
    """Tell relations that are there from those that are not, in the order given."""
    adding = {
        (constraint.table, constraint.total[1])
        for relation in groups
        for constraint in relation.constraints
        if constraint.is_exact and (constraint.n_addends > 1 or relation.evidence == "named")
    }
    tables = {table for table, _ in adding}
    tried = [_sorted(relation, numerics, tables) for relation in groups]
    odd = {
        (constraint.table, constraint.total[1])
        for one in tried
        for constraint in one.unexplained
        if one.relation.evidence == "labelled" and constraint.kind == "sum"
    }
    for one in tried:
        yield _accepted(one, numerics, _Known(adding, odd))


def _sorted(
    relation: ConstraintGroup, numerics: Mapping[str, NumericTable], adding: set[str]
) -> _Sorted:
    held = [constraint for constraint in relation.constraints if constraint.outcome in HELD]
    failed = [
        constraint
        for constraint in relation.constraints
        if constraint.outcome == "fails"
        and (relation.evidence == "named" or not _is_no_sum(constraint, numerics))
    ]
    # Where no sum holds, slip and rounding together would explain too much.
    explained = [
        t
        for t in failed
        if has_single_digit_error(t, numerics, MAX_ROUNDED if t.table in adding else 0)
    ]
    return _Sorted(
        relation,
        held,
        explained,
        [constraint for constraint in failed if constraint not in explained],
    )


def _accepted(tried: _Sorted, numerics: Mapping[str, NumericTable], known: _Known) -> Accepted:
    """The constraints of a relation that is there; none of one that is not."""
    relation, held, explained, unexplained = tried
    evidence = relation.evidence
    if any(
        constraint.rule == ALWAYS and constraint.outcome == "fails"
        for constraint in relation.constraints
    ):
        return Accepted(evidence, relation.constraints, [])
    if tried.share < LEAST_SHARE[evidence] and not (explained and not unexplained):
        return Accepted(evidence, [], [])
    sure = tried.share >= SURE_SHARE[evidence] and len(held) >= SURE_HELD[evidence]
    if evidence != "named" and not sure:
        proof = proof_of([constraint for constraint in held if constraint.is_exact])
        explained = [t for t in explained if _is_believed(t, proof, numerics, known)]
    unread = [
        constraint
        for constraint in relation.constraints
        if constraint.outcome == "not-computable" and held
    ]
    faults = [constraint for constraint in unexplained if sure and _is_fault(constraint, known)]
    doubtful = [constraint for constraint in unexplained if constraint not in faults]
    return Accepted(evidence, [*held, *explained, *faults, *unread], doubtful)


def _is_fault(constraint: Constraint, known: _Known) -> bool:
    """Whether more than a slip is a fault, where the same relation holds in most other places.

    Where nothing but likeness speaks for it, it is not; nor where nothing in a column adds up,
    which may hold means among columns of amounts.
    """
    at = constraint.table, constraint.total[1]
    is_column = bool(constraint.parts) and all(col == at[1] for _, col in constraint.parts)
    return constraint.rule not in LIKENESS and (not is_column or at in known.adding)


def _is_believed(
    constraint: Constraint, proof: float, numerics: Mapping[str, NumericTable], known: _Known
) -> bool:
    """Whether a slip is likelier than numbers that were never meant to add up.

    Args:
        constraint: fails, and a slip explains it.
        proof: digits that chance would have to guess for the same relation to hold elsewhere.
        numerics: by the ids of their tables.
        known: what the document shows.
    """
    surprise = log_odds_of(constraint, numerics)
    at = constraint.table, constraint.total[1]
    numeric = numerics[constraint.table]
    heads = heads_at(numeric, constraint.total)
    is_summed = any(label_words.FIGURES.search(head) for head in heads) and at not in known.odd
    is_column = all(col == at[1] for _, col in constraint.parts)
    # Ages and numbers of notes are not summed: among small numbers a slip explains anything.
    if surprise < TELLING and is_column and not is_summed and at not in known.adding:
        return False
    adds = any(table == constraint.table for table, _ in known.adding)
    return is_summed or proof + max(surprise, 0.0) >= ENOUGH or (surprise >= 0 and adds)


def _is_no_sum(constraint: Constraint, numerics: Mapping[str, NumericTable]) -> bool:
    """Whether a label says that shares, means or prices stand there: those add up to nothing."""
    if constraint.kind not in ("sum", "balance"):
        return False
    numeric = numerics[constraint.table]
    texts = (*heads_at(numeric, constraint.total), *numeric.labels[constraint.total[0]])
    return any(label_words.NOT_ADDED.search(text) for text in texts)
