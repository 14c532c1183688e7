"""Find the rows above or below a result that make it up, as their labels allow.

减 subtracts and 加 adds, often the following rows too. 其中 lists parts that are counted already,
over an unknown number of rows. Rows below 一、 may only break it down. The readings that remain are
tested against the numbers.
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
    try_sums,
)
from tenglu.stages.check.rules.numeric_table import NumericTable
from tenglu.stages.check.values import label_words

MIN_ROWS = 2
MAX_READINGS = 240  # readings of one result
MAX_ROWS = 120  # rows of a statement
MAX_RUNS = 8
MAX_UNSIGNED = 4  # ordinal rows of unknown sign
MAX_GUESSED = 6  # readings that are tested though none holds
ENOUGH = 2.0  # log10 odds against coincidence
STRANGE = -4.0  # log odds of a column that no single-digit error explains

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
"""The rows that make up a result, with their signs."""


class Columns(NamedTuple):
    """The numeric columns of a statement, with the labels of its rows."""

    numeric: NumericTable
    cols: Sequence[int]
    labels: Sequence[str]  # for each row of the table
    details: Collection[int] = ()  # rows that are known to be part of another row


class Read(NamedTuple):
    """The constraints of a reading, and the evidence for it."""

    relation: ConstraintGroup
    proof: float  # log10 odds against coincidence


def best_reading(
    at: Columns, result: int, tried: Sequence[Reading], rule: str, enough: float = ENOUGH
) -> Read | None:
    """Return the reading with which a result holds, or fails by a single-digit error.

    Args:
        at: columns to test.
        result: row of the result.
        tried: readings, the likeliest first.
        rule: name of the rule.
        enough: least log10 odds against coincidence.

    Returns:
        the best reading, or None if the odds are too low for all of them.
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
    """Return the indices of readings that hold in some column, and of the first few others."""
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
    """Return the log10 odds of a column for a reading; negative: against it."""
    if constraint.outcome == "fails":
        is_explained = has_single_digit_error(constraint, {numeric.source.id: numeric}, 0)
        return log_odds_of(constraint, {numeric.source.id: numeric}) if is_explained else STRANGE
    return constraint.n_digits if constraint.is_exact and constraint.n_addends >= MIN_ROWS else 0.0


def _constraints(
    at: Columns, result: int, reading: Reading, cols: Sequence[int], rule: str
) -> list[Constraint]:
    rows, signs = zip(*reading, strict=True)
    sums = (Sum((result, col), [(row, col) for row in rows], signs) for col in cols)
    return try_sums(at.numeric, sums, rule)


def all_readings(at: Columns, runs: Sequence[Sequence[int]]) -> list[Reading]:
    """Return the readings of several runs of rows, those of the first run first."""
    found: dict[Reading, None] = {}
    for run in runs[:MAX_RUNS]:
        if len(run) > MAX_ROWS:
            continue  # no statement is this long
        filled = [row for row in run if any(at.numeric.is_number((row, col)) for col in at.cols)]
        for rows in (filled, [row for row in filled if row not in at.details]):
            found |= dict.fromkeys(islice(readings(rows, at.labels), MAX_READINGS))
        if len(found) >= MAX_READINGS:
            break
    return list(found)


def of_which_readings(at: Columns, rows: Sequence[int]) -> list[Reading]:
    """Return readings of the row before 其中: all rows from 其中 on, or the first few of them."""
    last = reach(rows, at.labels, 0)
    lengths = dict.fromkeys((last, *range(MIN_ROWS, last)))
    return [tuple((row, 1) for row in rows[:n]) for n in lengths if n >= MIN_ROWS]


def readings(rows: Sequence[int], labels: Sequence[str]) -> Iterator[Reading]:
    """Yield the readings of a run of rows, the likeliest first.

    Args:
        rows: rows with numbers, top to bottom.
        labels: label of each row of the table.
    """
    for kept in _without_of_which(rows, labels):
        for chosen in (kept, _highest(kept, labels)):
            if len(chosen) >= MIN_ROWS:
                yield from _signed(chosen, labels)


@lru_cache(maxsize=4096)
def level_of(label: str) -> int | None:
    """Return the level of an ordinal: 一、 0, （一） 1, 1. 2, (1) 3; None without an ordinal."""
    return next((level for level, form in enumerate(_LEVELS) if form.match(label)), None)


def _highest(rows: Sequence[int], labels: Sequence[str]) -> list[int]:
    """Return only the rows with ordinals of the highest level, and those marked 加 or 减."""
    levels = {row: level_of(labels[row]) for row in rows}
    top = min((level for level in levels.values() if level is not None), default=None)
    if top is None:
        return []
    return [row for row in rows if levels[row] == top or _sign(labels[row]) is not None]


def _without_of_which(rows: Sequence[int], labels: Sequence[str]) -> Iterator[list[int]]:
    """Yield the rows without each 其中 and its parts, for every possible number of parts."""
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
    """Count the rows from 其中 on until another keyword or a higher ordinal."""
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
    """Return the possible numbers of parts: all, one, or any number between."""
    return list(dict.fromkeys((reach, 1, *range(2, reach))))


def _signed(rows: Sequence[int], labels: Sequence[str]) -> Iterator[Reading]:
    """Yield the possible signs: 加 and 减 apply to the following rows too, or to their own only."""
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
