"""Accept the relations that hold often enough, and decide which failures count as errors."""

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

# By evidence level: the least share of tests that hold for a relation to be accepted, and the share
# and number that must hold before a failure that no single-digit error explains is reported.
LEAST_SHARE = {"named": 0.5, "labelled": 0.6, "found": 0.8}
SURE_SHARE = {"named": 0.5, "labelled": 0.8, "found": 0.9}
SURE_HELD = {"named": 2, "labelled": 3, "found": 5}
ENOUGH = 2.0  # log10 odds against coincidence to report an explained failure
MIN_LOG_ODDS = 1.0  # among smaller numbers, single-digit errors explain almost anything
BY_LAW = "in-words"  # an amount and its words are equal by law
LIKENESS_RULES = ("shared-row", "text")  # rules that rest on equal names and numbers alone

_Column = tuple[str, int]
"""Table id and column."""


class Accepted(NamedTuple):
    """The accepted constraints of one relation; none if it does not hold often enough."""

    evidence: EvidenceLevel
    constraints: list[Constraint]
    open: list[Constraint]  # unexplained failures, reported only where another constraint agrees


class _Sorted(NamedTuple):
    """The constraints of one relation, sorted by outcome."""

    relation: ConstraintGroup
    held: list[Constraint]
    explained: list[Constraint]  # fail by one single-digit error
    unexplained: list[Constraint]  # fail by more than that

    @property
    def share(self) -> float:
        """The share that holds (0 to 1), failures by a single-digit error not counted."""
        return len(self.held) / max(1, len(self.held) + len(self.unexplained))


class _Known(NamedTuple):
    """Columns of the document in which sums hold or fail."""

    adding: set[_Column]  # at least one sum holds
    odd: set[_Column]  # at least one labelled sum fails by more than a single-digit error


def accept(
    groups: Sequence[ConstraintGroup], numerics: Mapping[str, NumericTable]
) -> Iterator[Accepted]:
    """Yield what is accepted of each group, in the order given.

    Args:
        groups: tested relations.
        numerics: tables by id.
    """
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
        for outcomes in tried
        for constraint in outcomes.unexplained
        if outcomes.relation.evidence == "labelled" and constraint.kind == "sum"
    }
    for outcomes in tried:
        yield _accepted(outcomes, numerics, _Known(adding, odd))


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
    # Where no sum holds, a single-digit error plus rounding would explain too much.
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
    """Return the constraints of a relation that holds often enough, else none."""
    relation, held, explained, unexplained = tried
    evidence = relation.evidence
    if any(
        constraint.rule == BY_LAW and constraint.outcome == "fails"
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
    """Return whether an unexplained failure of a relation that holds elsewhere is an error.

    It is not if the relation rests on likeness alone, nor in a column where no sum holds: such a
    column may contain means beside columns of amounts.
    """
    at = constraint.table, constraint.total[1]
    is_column = bool(constraint.parts) and all(col == at[1] for _, col in constraint.parts)
    return constraint.rule not in LIKENESS_RULES and (not is_column or at in known.adding)


def _is_believed(
    constraint: Constraint, proof: float, numerics: Mapping[str, NumericTable], known: _Known
) -> bool:
    """Return whether a single-digit error is likelier than numbers that need not add up.

    Args:
        constraint: fails by a single-digit error.
        proof: log10 odds against coincidence where the same relation holds.
        numerics: tables by id.
        known: columns in which sums hold or fail.
    """
    log_odds = log_odds_of(constraint, numerics)
    at = constraint.table, constraint.total[1]
    numeric = numerics[constraint.table]
    heads = heads_at(numeric, constraint.total)
    is_summed = any(label_words.FIGURES.search(head) for head in heads) and at not in known.odd
    is_column = all(col == at[1] for _, col in constraint.parts)
    # Ages and note numbers are not summed, and small numbers nearly add up by accident.
    if log_odds < MIN_LOG_ODDS and is_column and not is_summed and at not in known.adding:
        return False
    adds = any(table == constraint.table for table, _ in known.adding)
    return is_summed or proof + max(log_odds, 0.0) >= ENOUGH or (log_odds >= 0 and adds)


def _is_no_sum(constraint: Constraint, numerics: Mapping[str, NumericTable]) -> bool:
    """Return whether a label names shares, means or prices, which do not add up."""
    if constraint.kind not in ("sum", "balance"):
        return False
    numeric = numerics[constraint.table]
    texts = (*heads_at(numeric, constraint.total), *numeric.labels[constraint.total[0]])
    return any(label_words.NOT_ADDED.search(text) for text in texts)
