"""Sums down the columns that no total names: chains of 加 and 减, rows that others add up to."""

from collections.abc import Iterator, Sequence
from itertools import product
from math import log10
from typing import NamedTuple

import numpy as np

from tenglu.stages.check import words
from tenglu.stages.check.down import Side, is_total
from tenglu.stages.check.relation import Family, Sum, Trial, try_sum
from tenglu.stages.check.sheet import OTHER, Sheet

MIN_RUN = 2  # rows
MAX_UNSIGNED = 4  # rows of a chain that do not say whether they are added or taken off
MIN_PROOF = 5.0  # digits that chance would have to guess beyond those that the search used up


class _Term(NamedTuple):
    """A row of a chain."""

    row: int
    signs: tuple[int, ...]  # those that it may have


def chain_families(sheet: Sheet, side: Side) -> Iterator[Family]:
    """Statements that go on from result to result: 三、 is 一、 less 二、, and 加 and 减."""
    terms: list[_Term] = []
    for row in side.rows:
        label = side.labels[row]
        if words.ADDED.search(label):
            terms.append(_Term(row, (1,)))
        elif words.TAKEN.search(label):
            terms.append(_Term(row, (-1,)))
        elif words.ORDINAL.search(label):
            family = _chain(sheet, side, row, terms)
            if family is not None:
                yield family
                terms = []
            terms.append(_Term(row, (1,) if not terms else (1, -1)))


def _chain(sheet: Sheet, side: Side, row: int, terms: Sequence[_Term]) -> Family | None:
    """The signs under which the result comes out in at least one column; None: under none."""
    if len(terms) < MIN_RUN or sum(len(term.signs) > 1 for term in terms) > MAX_UNSIGNED:
        return None
    best: Family | None = None
    for signs in product(*(term.signs for term in terms)):
        sums = (Sum((row, col), [(t.row, col) for t in terms], signs) for col in side.cols)
        trials = [trial for one in sums if (trial := try_sum(sheet, one, "chain"))]
        held = [trial for trial in trials if trial.is_exact and trial.n_addends >= MIN_RUN]
        if proof_of(held) >= MIN_PROOF and (
            best is None or len(held) > sum(trial.is_exact for trial in best.trials)
        ):
            best = Family("labelled", trials)
    return best


def proof_of(trials: Sequence[Trial]) -> float:
    """Digits that chance would have to guess for all of these to hold; copies count once."""
    distinct = {(trial.found, trial.n_addends): trial.n_digits for trial in trials}
    return float(sum(distinct.values()))


def run_families(sheet: Sheet, side: Side) -> Iterator[Family]:
    """Rows that the rows next to them add up to, found by their numbers alone."""
    rows = [row for row in side.rows if any(sheet.states[row][c] != OTHER for c in side.cols)]
    found: dict[tuple[int, int, int], list[int]] = {}
    for col in side.cols:
        for run in _runs(sheet, rows, col):
            found.setdefault(run, []).append(col)
    n_tried = max(1, len(rows) ** 2)
    for (total, first, end), cols in found.items():
        if is_total(side.labels[rows[total]]):
            continue
        sums = [
            Sum((rows[total], col), [(row, col) for row in rows[first:end]]) for col in side.cols
        ]
        trials = [trial for one in sums if (trial := try_sum(sheet, one, "run"))]
        held = [t for t in trials if t.total[1] in cols and t.n_addends >= MIN_RUN]
        if proof_of(held) >= MIN_PROOF + log10(n_tried):
            yield Family("found", trials, n_tried)


def _runs(sheet: Sheet, rows: Sequence[int], col: int) -> Iterator[tuple[int, int, int]]:
    """Row and run of rows directly below or above it whose sum it is, as places in ``rows``."""
    figures = sheet.units[list(rows), col]
    before = np.concatenate(([0], np.cumsum(figures)))
    places: dict[int, list[int]] = {}
    for place, value in enumerate(before.tolist()):
        places.setdefault(value, []).append(place)
    for i, value in enumerate(figures.tolist()):
        if value == 0:
            continue
        below = next((p for p in places.get(value + int(before[i + 1]), ()) if p > i + MIN_RUN), 0)
        if below and np.count_nonzero(figures[i + 1 : below]) >= MIN_RUN:
            yield i, i + 1, below
        above = [p for p in places.get(int(before[i]) - value, ()) if p <= i - MIN_RUN]
        if above and np.count_nonzero(figures[above[-1] : i]) >= MIN_RUN:
            yield i, above[-1], i
