"""Find the cells that constraints confirm, and the likely wrong cell where a constraint fails."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import sqrt
from typing import NamedTuple

from tenglu.stages.check.rules.constraint import At, Constraint, mending, mends
from tenglu.stages.check.rules.numeric_table import BLANK, NumericTable

STRONG = 3  # nonzero addends from which on a sum does not hold by accident
LEAST_UNITS = 100  # least total of such a sum, in units of the last printed place
UNLIKELY = 3.0  # standard deviations of rounding beyond which a difference is an error
FEW = 4  # cells of a failing sum that are all suspects, whatever value would correct them


class Suspicion(NamedTuple):
    """A cell that may be the reason why constraints fail."""

    constraints: list[Constraint]
    meant: Decimal | None  # value with which all of them hold; None if they disagree
    weight: float  # probability (0 to 1) that this suspect is the wrong one


class Verdict(NamedTuple):
    """Cells of a document that constraints confirm or question."""

    proven: frozenset[At]  # in a sum of three or more addends that holds
    suspects: dict[At, Suspicion]


def judge(constraints: Sequence[Constraint], numerics: Mapping[str, NumericTable]) -> Verdict:
    """Find proven cells and suspects.

    A cell whose correction would satisfy several failing constraints is the suspect of all of them.
    Otherwise the suspects are the cells of a failing constraint that are in none that holds.

    Args:
        constraints: accepted constraints.
        numerics: tables by id.
    """
    upheld: dict[At, int] = {}
    for constraint in constraints:
        if constraint.is_exact and (constraint.n_addends > 1 or constraint.kind == "equal"):
            for at in constraint.cells:
                upheld[at] = upheld.get(at, 0) + 1
    off = [constraint for constraint in constraints if constraint.outcome in ("fails", "rounding")]
    suspects = _suspects(off, upheld, numerics)
    proven = {
        at
        for constraint in constraints
        if _is_strong(constraint)
        for at in constraint.cells
        if numerics[at[0]].is_number(at[1:]) and at not in suspects
    }
    return Verdict(frozenset(proven), suspects)


def _is_strong(constraint: Constraint) -> bool:
    return (
        constraint.is_exact
        and constraint.kind in ("sum", "balance")
        and constraint.n_addends >= STRONG
        and constraint.found is not None
        and abs(constraint.found) >= LEAST_UNITS * constraint.unit
    )


def _suspects(
    off: Sequence[Constraint], upheld: Mapping[At, int], numerics: Mapping[str, NumericTable]
) -> dict[At, Suspicion]:
    suspects: dict[At, Suspicion] = {}
    open_constraints = list(off)
    while open_constraints:
        shared = _most_shared(open_constraints, upheld, numerics)
        if shared is None:
            break
        for at, meant, mended in shared:
            suspects[at] = Suspicion(mended, meant, 1 / len(shared))
        explained = [constraint for _, _, mended in shared for constraint in mended]
        open_constraints = [
            constraint for constraint in open_constraints if not _among(constraint, explained)
        ]
    for constraint in open_constraints:
        if constraint.outcome == "fails" or _is_unlikely(constraint):
            cells = _alone(constraint, upheld, numerics)
            for at, meant in cells:
                known = suspects.get(at)
                suspects[at] = Suspicion(
                    [*(known.constraints if known else []), constraint],
                    meant if known is None else None,
                    max(1 / len(cells), known.weight if known else 0.0),
                )
    return suspects


def _among(constraint: Constraint, constraints: Iterable[Constraint]) -> bool:
    return any(constraint is other for other in constraints)


def _most_shared(
    off: Sequence[Constraint], upheld: Mapping[At, int], numerics: Mapping[str, NumericTable]
) -> list[tuple[At, Decimal, list[Constraint]]] | None:
    """Return the cells whose correction satisfies most constraints, or None if none satisfies two.

    Each comes with its corrected value and the constraints that then hold.
    """
    mended: dict[tuple[At, Decimal], list[Constraint]] = {}
    for constraint in off:
        for at, meant in mending(constraint, numerics):
            mended.setdefault((at, meant), []).append(constraint)
    several = [
        (at, meant, constraints)
        for (at, meant), constraints in mended.items()
        if len(constraints) > 1
        # Rounding differences alone do not question a cell that is in a sum that holds.
        and (any(constraint.outcome == "fails" for constraint in constraints) or not upheld.get(at))
    ]
    if not several:
        return None
    most = max(len(constraints) for _, _, constraints in several)
    best = [entry for entry in several if len(entry[2]) == most]
    fewest = min(upheld.get(at, 0) for at, _, _ in best)
    return [entry for entry in best if upheld.get(entry[0], 0) == fewest]


def _is_unlikely(constraint: Constraint) -> bool:
    """Return whether a difference within the tolerance is too large to be rounding."""
    spread = sqrt((constraint.n_addends + 1) / 12)
    return float(abs(constraint.off) / constraint.unit) > UNLIKELY * spread


def _alone(
    constraint: Constraint, upheld: Mapping[At, int], numerics: Mapping[str, NumericTable]
) -> list[tuple[At, Decimal]]:
    """Return the suspects of a single failing constraint, with their corrected values."""
    printed = [
        (at, meant)
        for at, meant in mending(constraint, numerics)
        if numerics[at[0]].state(at[1:]) != BLANK
    ]
    doubtful = [(at, meant) for at, meant in printed if not upheld.get(at)] or printed
    if len(doubtful) <= FEW:
        return doubtful
    explained = [(at, meant) for at, meant in doubtful if mends(numerics, at, meant, constraint)]
    return explained or doubtful
