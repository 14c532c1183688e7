"""Which cells the relations speak for, and which of them is wrong where one does not hold."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import sqrt
from typing import NamedTuple

from tenglu.stages.check.relation import At, Trial, mending, mends
from tenglu.stages.check.sheet import BLANK, Sheet

STRONG = 3  # addends that are not zero: a sum over so many is no accident
LEAST_UNITS = 100  # of its total
UNLIKELY = 3.0  # standard deviations; a difference beyond is no rounding, though it might be
FEW = 4  # cells of a failing sum that are all looked at, whatever would mend them


class Suspicion(NamedTuple):
    """A cell that keeps relations from holding."""

    trials: list[Trial]
    meant: Decimal | None  # what would mend all of them; None: each asks for something else
    weight: float  # 0 to 1, probability that this of all suspects is the wrong one


class Verdict(NamedTuple):
    """What the relations say of the cells of a document."""

    proven: frozenset[At]  # in a sum over three or more addends that holds
    suspects: dict[At, Suspicion]


def judge(trials: Sequence[Trial], sheets: Mapping[str, Sheet]) -> Verdict:
    """Tell proven cells from suspects.

    A cell whose change would mend several relations at once is to blame for them; else those cells
    of a failing relation that stand in no other that holds.
    """
    upheld: dict[At, int] = {}
    for trial in trials:
        if trial.is_exact and (trial.n_addends > 1 or trial.kind == "equal"):
            for at in trial.cells:
                upheld[at] = upheld.get(at, 0) + 1
    off = [trial for trial in trials if trial.outcome in ("fails", "rounding")]
    suspects = _suspects(off, upheld, sheets)
    proven = {
        at
        for trial in trials
        if _is_strong(trial)
        for at in trial.cells
        if sheets[at[0]].is_number(at[1:]) and at not in suspects
    }
    return Verdict(frozenset(proven), suspects)


def _is_strong(trial: Trial) -> bool:
    return (
        trial.is_exact
        and trial.kind in ("sum", "balance")
        and trial.n_addends >= STRONG
        and trial.found is not None
        and abs(trial.found) >= LEAST_UNITS * trial.unit
    )


def _suspects(
    off: Sequence[Trial], upheld: Mapping[At, int], sheets: Mapping[str, Sheet]
) -> dict[At, Suspicion]:
    suspects: dict[At, Suspicion] = {}
    open_trials = list(off)
    while open_trials:
        shared = _most_shared(open_trials, upheld, sheets)
        if shared is None:
            break
        for at, meant, mended in shared:
            suspects[at] = Suspicion(mended, meant, 1 / len(shared))
        explained = [trial for _, _, mended in shared for trial in mended]
        open_trials = [trial for trial in open_trials if not _among(trial, explained)]
    for trial in open_trials:
        if trial.outcome == "fails" or _is_unlikely(trial):
            cells = _alone(trial, upheld, sheets)
            for at, meant in cells:
                known = suspects.get(at)
                suspects[at] = Suspicion(
                    [*(known.trials if known else []), trial],
                    meant if known is None else None,
                    max(1 / len(cells), known.weight if known else 0.0),
                )
    return suspects


def _among(trial: Trial, trials: Iterable[Trial]) -> bool:
    return any(trial is other for other in trials)


def _most_shared(
    off: Sequence[Trial], upheld: Mapping[At, int], sheets: Mapping[str, Sheet]
) -> list[tuple[At, Decimal, list[Trial]]] | None:
    """The cells that one new value would mend most relations with; None: none mends two."""
    mended: dict[tuple[At, Decimal], list[Trial]] = {}
    for trial in off:
        for at, meant in mending(trial, sheets):
            mended.setdefault((at, meant), []).append(trial)
    several = [
        (at, meant, trials)
        for (at, meant), trials in mended.items()
        if len(trials) > 1
        # Roundings alone accuse nobody who stands in a sum that holds.
        and (any(trial.outcome == "fails" for trial in trials) or not upheld.get(at))
    ]
    if not several:
        return None
    most = max(len(trials) for _, _, trials in several)
    best = [entry for entry in several if len(entry[2]) == most]
    fewest = min(upheld.get(at, 0) for at, _, _ in best)
    return [entry for entry in best if upheld.get(entry[0], 0) == fewest]


def _is_unlikely(trial: Trial) -> bool:
    """Whether roundings hardly ever add up to this much, though they could."""
    spread = sqrt((trial.n_addends + 1) / 12)
    return float(abs(trial.off) / trial.unit) > UNLIKELY * spread


def _alone(
    trial: Trial, upheld: Mapping[At, int], sheets: Mapping[str, Sheet]
) -> list[tuple[At, Decimal]]:
    """The cells that may be wrong where nothing but one relation tells."""
    printed = [
        (at, meant) for at, meant in mending(trial, sheets) if sheets[at[0]].state(at[1:]) != BLANK
    ]
    doubtful = [(at, meant) for at, meant in printed if not upheld.get(at)] or printed
    if len(doubtful) <= FEW:
        return doubtful
    slips = [(at, meant) for at, meant in doubtful if mends(sheets, at, meant, trial)]
    return slips or doubtful
