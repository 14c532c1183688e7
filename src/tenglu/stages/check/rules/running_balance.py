"""Running balances, from the top down, or from the bottom up if the latest entry is first."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tenglu.stages.check.rules.constraint import (
    Constraint,
    ConstraintGroup,
    Sum,
    strict,
    try_sum,
    try_sums,
)
from tenglu.stages.check.rules.numeric_table import NumericTable, Region
from tenglu.stages.check.rules.rule import Known, Rule, RuleName, TableView
from tenglu.stages.check.values import label_words

RUNNING = RuleName("running", "逐行结余", "running balance")
MIN_ROWS = 3  # rows that must agree
MIN_ADDED = 2

_Moves = tuple[tuple[int, int], ...]
"""Columns of receipts and payments, each with its sign."""


def _running(numeric: NumericTable, region: Region) -> Iterator[ConstraintGroup]:
    """Propose that each balance is the previous one plus receipts less payments.

    A bank's 借方 is its client's 贷方, and a list may start with the oldest or the latest entry, so
    take the signs and the order with which most rows hold.
    """
    heads = {col: (region.heads[col] or [""])[-1] for col in region.cols}
    balances = [col for col, head in heads.items() if _is_balance(head)]
    if len(balances) != 1:
        return
    [balance] = balances
    rows = [row for row in region.rows if numeric.is_number((row, balance))]
    totals = [
        row for row in rows if any(label_words.SUBTOTAL.search(t) for t in numeric.labels[row])
    ]
    best: list[Constraint] = []
    before: dict[int, int] = {}
    for moves in _moves(heads, balance):
        for order in (rows, rows[::-1]):
            constraints = _constraints(
                numeric, balance, [row for row in order if row not in totals], moves
            )
            if _n_exact(constraints) > _n_exact(best):
                best = constraints
                before = dict(zip(order[1:], order, strict=False))
    if _n_exact(best) >= MIN_ROWS:
        yield ConstraintGroup("labelled", best)
        # A row of totals repeats the last balance.
        sums = [Sum((row, balance), [(before[row], balance)]) for row in totals if row in before]
        yield ConstraintGroup("labelled", try_sums(numeric, sums, RUNNING.name, "balance"))


def _is_balance(head: str) -> bool:
    is_of_period = label_words.OPENING.search(head) or label_words.CLOSING.search(head)
    return bool(label_words.BALANCE.search(head)) and not is_of_period


def _moves(heads: dict[int, str], balance: int) -> Iterator[_Moves]:
    coming = [c for c, head in heads.items() if c != balance and label_words.COMING.search(head)]
    going = [c for c, head in heads.items() if c != balance and label_words.GOING.search(head)]
    if len(coming) == len(going) == 1 and coming != going:
        yield (coming[0], 1), (going[0], -1)
        yield (coming[0], -1), (going[0], 1)
    for col, head in heads.items():
        if col != balance and label_words.MOVED.search(head):
            yield ((col, 1),)


def _constraints(
    numeric: NumericTable, balance: int, rows: Sequence[int], moves: _Moves
) -> list[Constraint]:
    constraints = []
    for last, row in pairwise(rows):
        parts = [(last, balance), *((row, col) for col, _ in moves)]
        signs = (1, *(sign for _, sign in moves))
        constraint = try_sum(numeric, Sum((row, balance), parts, signs), RUNNING.name, "balance")
        if constraint is not None:
            constraints.append(constraint if numeric.is_large else strict(constraint))
    return constraints


def _n_exact(constraints: Sequence[Constraint]) -> int:
    return sum(
        constraint.is_exact and constraint.n_addends >= MIN_ADDED for constraint in constraints
    )


def _propose(view: TableView, _: Known) -> Iterator[ConstraintGroup]:
    for part in view.parts:
        yield from _running(view.numeric, part.region)


RUNNING_BALANCE = Rule((RUNNING,), _propose)
