"""How the rows above or below a result may make it up, as their labels allow.

减 takes off, 加 adds, and so do the rows that go on under them; 其中 lists what is counted already,
and nobody says how many rows that are; below 一、 stand rows that only explain it. The readings
that remain are tried, and the numbers say which is meant.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import islice, product
from math import log10
from typing import NamedTuple

import numpy as np

from tenglu.stages.check.rules.constraint import (
    Constraint,
    ConstraintGroup,
    Sum,
    has_single_digit_error,
    log_odds_of,
    try_sum,
)
from tenglu.stages.check.rules.numeric_table import NumericTable
from tenglu.stages.check.values import label_words

MIN_ROWS = 2
MAX_READINGS = 240  # of one result
MAX_ROWS = 120
MAX_RUNS = 8
MAX_UNSIGNED = 4  # ordinals of which nothing says whether they are added or taken off
MAX_GUESSED = 6  # readings that are tried where none holds
ENOUGH = 2.0  # digits that chance would have to guess
STRANGE = -4.0  # of a column that no slip explains

_LEVELS = tuple(
    re.compile(pattern)
    for pattern in (
        r"^[一二三四五六七八九十]+[、.．\s]",
        r"^[(（][一二三四五六七八九十]+[)）]",
        r"^\d{1,2}[、.．](?!\d)",
        r"^[(（]\d{1,2}[)）]|^[①-⑳]",
    )
)

Reading = tuple[tuple[int, int], ...]
"""Rows with their signs."""


class Columns(NamedTuple):
    """Where the numbers of a statement stand."""

    numeric: NumericTable
    cols: Sequence[int]
    labels: Sequence[str]  # of each row of the table
    details: Collection[int] = ()  # rows that another row is known to add up


class Read(NamedTuple):
    """A reading and what speaks for it."""

    relation: ConstraintGroup
    proof: float  # digits that chance would have to guess


def best_reading(
    at: Columns, result: int, tried: Sequence[Reading], rule: str, enough: float = ENOUGH
) -> Read | None:
    """The reading under which a result comes out, or would but for a slip.

    Args:
        at: where.
        result: row of the result.
        tried: how it may be made up, the likeliest first.
        rule: as it is told in the result.
        enough: digits that chance would have to guess.

    Returns:
        None: it comes out under none, or chance could do that.
    """
    numeric, cols = at.numeric, [c for c in at.cols if at.numeric.is_number((result, c))]
    if not cols or not tried:
        return None
    best: Read | None = None
    for order in _promising(numeric, result, cols, tried):
        constraints = _constraints(at, result, tried[order], cols, rule)
        proof = sum(_proof(constraint, numeric) for constraint in _distinct(constraints)) - log10(
            1 + order
        )
        if proof >= enough and (best is None or proof > best.proof):
            best = Read(ConstraintGroup("labelled", constraints), proof)
    return best


def _promising(
    numeric: NumericTable, result: int, cols: Sequence[int], tried: Sequence[Reading]
) -> list[int]:
    """Which readings hold in some column; of the others the first."""
    totals = numeric.units[result, cols]
    found = []
    for order, reading in enumerate(tried):
        rows, signs = zip(*reading, strict=True)
        held = (np.array(signs) @ numeric.units[np.ix_(rows, cols)] == totals) & (totals != 0)
        if order < MAX_GUESSED or held.any():
            found.append(order)
    return found


def _distinct(constraints: Sequence[Constraint]) -> list[Constraint]:
    return list(
        {(constraint.found, constraint.expected): constraint for constraint in constraints}.values()
    )


def _proof(constraint: Constraint, numeric: NumericTable) -> float:
    """Digits that a column speaks for a reading; below nought: against it."""
    if constraint.outcome == "fails":
        by_slip = has_single_digit_error(constraint, {numeric.source.id: numeric}, 0)
        return log_odds_of(constraint, {numeric.source.id: numeric}) if by_slip else STRANGE
    return constraint.n_digits if constraint.is_exact and constraint.n_addends >= MIN_ROWS else 0.0


def _constraints(
    at: Columns, result: int, reading: Reading, cols: Sequence[int], rule: str
) -> list[Constraint]:
    rows, signs = zip(*reading, strict=True)
    sums = (Sum((result, col), [(row, col) for row in rows], signs) for col in cols)
    return [constraint for one in sums if (constraint := try_sum(at.numeric, one, rule))]


def all_readings(at: Columns, runs: Sequence[Sequence[int]]) -> list[Reading]:
    """Those of several runs of rows, those of the first run first."""
    found: dict[Reading, None] = {}
    for run in runs[:MAX_RUNS]:
        if len(run) > MAX_ROWS:
            continue  # no statement is as long
        there = [row for row in run if any(at.numeric.is_number((row, col)) for col in at.cols)]
        for rows in (there, [row for row in there if row not in at.details]):
            found |= dict.fromkeys(islice(readings(rows, at.labels), MAX_READINGS))
        if len(found) >= MAX_READINGS:
            break
    return list(found)


def of_which_readings(at: Columns, rows: Sequence[int]) -> list[Reading]:
    """How many of the rows from 其中 on may make up the row before it: all, or the first few."""
    last = reach(rows, at.labels, 0)
    lengths = dict.fromkeys((last, *range(MIN_ROWS, last)))
    return [tuple((row, 1) for row in rows[:n]) for n in lengths if n >= MIN_ROWS]


def readings(rows: Sequence[int], labels: Sequence[str]) -> Iterator[Reading]:
    """The likeliest first."""
    for kept in _without_of_which(rows, labels):
        for chosen in (kept, _highest(kept, labels)):
            if len(chosen) >= MIN_ROWS:
                yield from _signed(chosen, labels)


@lru_cache(maxsize=4096)
def level_of(label: str) -> int | None:
    """How deep an ordinal stands: 一、 0, （一） 1, 1. 2, (1) 3; None: no ordinal."""
    return next((level for level, form in enumerate(_LEVELS) if form.match(label)), None)


def _highest(rows: Sequence[int], labels: Sequence[str]) -> list[int]:
    """Rows with the highest ordinals alone; those that 加 and 减 name go with them."""
    levels = {row: level_of(labels[row]) for row in rows}
    top = min((level for level in levels.values() if level is not None), default=None)
    if top is None:
        return []
    return [row for row in rows if levels[row] == top or _sign(labels[row]) is not None]


def _without_of_which(rows: Sequence[int], labels: Sequence[str]) -> Iterator[list[int]]:
    """Leave out 其中 and as many rows after each as may go with it."""
    starts = [i for i, row in enumerate(rows) if label_words.OF_WHICH.search(labels[row])]
    if not starts:
        yield list(rows)
        return
    lengths = [_lengths(reach(rows, labels, start)) for start in starts]
    for chosen in product(*lengths):
        dropped = {
            i for start, n in zip(starts, chosen, strict=True) for i in range(start, start + n)
        }
        yield [row for i, row in enumerate(rows) if i not in dropped]
    yield list(rows)


def reach(rows: Sequence[int], labels: Sequence[str], start: int) -> int:
    """Count the rows from 其中 on until another word or an ordinal begins something else."""
    inside = level_of(label_words.OF_WHICH.sub("", labels[rows[start]]))
    end = start + 1
    while end < len(rows):
        label = labels[rows[end]]
        if any(
            form.search(label)
            for form in (label_words.ADDED, label_words.TAKEN, label_words.OF_WHICH)
        ):
            break
        level = level_of(label)
        if level is not None and (inside is None or level < inside):
            break
        end += 1
    return end - start


def _lengths(reach: int) -> list[int]:
    """All that may belong to it, it alone, or something between."""
    return list(dict.fromkeys((reach, 1, *range(2, reach))))


def _signed(rows: Sequence[int], labels: Sequence[str]) -> Iterator[Reading]:
    """Signs by 加 and 减, which hold for the rows after them too, or for their own alone."""
    firm = {row: _sign(labels[row]) for row in rows}
    unsure = [r for r in rows[1:] if firm[r] is None and level_of(labels[r]) == 0]
    if len(unsure) > MAX_UNSIGNED:
        unsure = []
    for goes_on in (True, False) if any(firm.values()) else (False,):
        for guess in product((1, -1), repeat=len(unsure)):
            guessed = dict(zip(unsure, guess, strict=True))
            sign, signs = 1, []
            for row in rows:
                own = firm[row] or guessed.get(row)
                signs.append(own or (sign if goes_on else 1))
                sign = firm[row] or (1 if row in guessed else sign)
            yield tuple(zip(rows, signs, strict=True))


@lru_cache(maxsize=4096)
def _sign(label: str) -> int | None:
    if label_words.TAKEN.search(label):
        return -1
    return 1 if label_words.ADDED.search(label) else None
