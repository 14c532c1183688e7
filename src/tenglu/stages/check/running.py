"""Balances that run down a table, or up where the latest entry stands first."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tenglu.stages.check import words
from tenglu.stages.check.relation import Family, Sum, Trial, strict, try_sum
from tenglu.stages.check.sheet import Region, Sheet

MIN_ROWS = 3  # that agree before a balance is one that runs
MIN_ADDED = 2

_Moves = tuple[tuple[int, int], ...]
"""Columns of what came in and went out, each with its sign."""


def running_families(sheet: Sheet, region: Region) -> Iterator[Family]:
    """Each balance is the one before it and what came in less what went out.

    What a bank calls 借方 its client calls 贷方, and lists begin with the oldest entry or with the
    latest: the numbers tell which.
    """
    heads = {col: (region.heads[col] or [""])[-1] for col in region.cols}
    balances = [col for col, head in heads.items() if _is_balance(head)]
    if len(balances) != 1:
        return
    [balance] = balances
    rows = [row for row in region.rows if sheet.is_number((row, balance))]
    totals = [row for row in rows if any(words.SUBTOTAL.search(t) for t in sheet.labels[row])]
    best: list[Trial] = []
    before: dict[int, int] = {}
    for moves in _moves(heads, balance):
        for order in (rows, rows[::-1]):
            trials = _trials(sheet, balance, [row for row in order if row not in totals], moves)
            if _n_exact(trials) > _n_exact(best):
                best = trials
                before = dict(zip(order[1:], order, strict=False))
    if _n_exact(best) >= MIN_ROWS:
        yield Family("labelled", best)
        # A line of totals repeats the balance that was reached.
        asked = [Sum((row, balance), [(before[row], balance)]) for row in totals if row in before]
        copies = (try_sum(sheet, one, "running", "balance") for one in asked)
        yield Family("labelled", [trial for trial in copies if trial])


def _is_balance(head: str) -> bool:
    is_of_period = words.OPENING.search(head) or words.CLOSING.search(head)
    return bool(words.BALANCE.search(head)) and not is_of_period


def _moves(heads: dict[int, str], balance: int) -> Iterator[_Moves]:
    coming = [c for c, head in heads.items() if c != balance and words.COMING.search(head)]
    going = [c for c, head in heads.items() if c != balance and words.GOING.search(head)]
    if len(coming) == len(going) == 1 and coming != going:
        yield (coming[0], 1), (going[0], -1)
        yield (coming[0], -1), (going[0], 1)
    for col, head in heads.items():
        if col != balance and words.MOVED.search(head):
            yield ((col, 1),)


def _trials(sheet: Sheet, balance: int, rows: Sequence[int], moves: _Moves) -> list[Trial]:
    trials = []
    for last, row in pairwise(rows):
        parts = [(last, balance), *((row, col) for col, _ in moves)]
        signs = (1, *(sign for _, sign in moves))
        trial = try_sum(sheet, Sum((row, balance), parts, signs), "running", "balance")
        if trial is not None:
            trials.append(trial if sheet.is_large else strict(trial))
    return trials


def _n_exact(trials: Sequence[Trial]) -> int:
    return sum(trial.is_exact and trial.n_addends >= MIN_ADDED for trial in trials)
