"""Accounts: opening balance, debit (借方) and credit (贷方) turnover, closing balance."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from tenglu.stages.check.rules.constraint import (
    Constraint,
    ConstraintGroup,
    Sum,
    has_single_digit_error,
    try_sum,
    try_sums,
)
from tenglu.stages.check.rules.equal_amounts import TWIN
from tenglu.stages.check.rules.numeric_table import NumericTable, Region
from tenglu.stages.check.rules.rule import Known, Rule, RuleName, TableView
from tenglu.stages.check.rules.sides import Side, is_total
from tenglu.stages.check.values import label_words

ACCOUNT = RuleName("account", "期初与期末", "opening and closing balance")
OF_DEBIT, OF_CREDIT = "借", "贷"


class _Accounts(NamedTuple):
    """Columns of an account table: a balance has a debit and a credit column, or one for both."""

    opening: tuple[int, ...]
    moving: tuple[int, int]  # debit and credit turnover
    closing: tuple[int, ...]


def _account_groups(
    numeric: NumericTable, region: Region, sides: Sequence[Side]
) -> Iterator[ConstraintGroup]:
    """Propose the balance of every account, and that total debit equals total credit."""
    heads = {col: "".join(region.heads[col]) for col in region.cols}
    pairs = _pairs(heads)
    accounts = _accounts(heads, pairs)
    if accounts is not None:
        yield ConstraintGroup("labelled", list(_rows(numeric, region, sides, accounts)))
    if accounts is not None or not any(label_words.BALANCE.search(head) for head in heads.values()):
        for side in sides:
            rows = [row for row in side.rows if is_total(side.labels[row])]
            sums = [Sum((row, credit), [(row, debit)]) for row in rows for debit, credit in pairs]
            yield ConstraintGroup("labelled", try_sums(numeric, sums, TWIN.name, "equal"))


def _pairs(heads: dict[int, str]) -> list[tuple[int, int]]:
    """Return neighbouring columns of which the left is debit and the right credit."""
    cols = list(heads)
    return [
        (left, right)
        for left, right in pairwise(cols)
        if OF_DEBIT in heads[left] and OF_CREDIT in heads[right]
    ]


def _accounts(heads: dict[int, str], pairs: Sequence[tuple[int, int]]) -> _Accounts | None:
    opening = tuple(col for col, head in heads.items() if label_words.AT_FIRST.search(head))
    closing = tuple(col for col, head in heads.items() if label_words.AT_LAST.search(head))
    moving = [pair for pair in pairs if not {*pair} & {*opening, *closing}]
    if len(moving) != 1 or len(opening) != len(closing) or len(opening) not in (1, 2):
        return None
    if len(opening) == 2 and not (opening in pairs and closing in pairs):  # noqa: PLR2004 - a pair
        return None
    return _Accounts(opening, moving[0], closing)


def _rows(
    numeric: NumericTable, region: Region, sides: Sequence[Side], accounts: _Accounts
) -> Iterator[Constraint]:
    debit, credit = accounts.moving
    labels = {row: side.labels[row] for side in sides for row in side.rows}
    for row in region.rows:
        if len(accounts.opening) > 1:
            constraint = _of_two(numeric, row, accounts)
        elif is_total(labels.get(row, "")):
            continue  # a total mixes accounts with debit and with credit balances
        else:
            [opening], [closing] = accounts.opening, accounts.closing
            parts = [(row, opening), (row, debit), (row, credit)]
            signs = _signs(numeric, row)
            sums = [Sum((row, closing), parts, (1, sign, -sign)) for sign in signs]
            constraint = _likeliest(numeric, try_sums(numeric, sums, ACCOUNT.name, "balance"))
        if constraint is not None:
            yield constraint


def _of_two(numeric: NumericTable, row: int, accounts: _Accounts) -> Constraint | None:
    """Test opening (debit - credit) + turnover (debit - credit) = closing (debit - credit)."""
    terms = dict(zip((*accounts.opening, *accounts.moving), (1, -1, 1, -1), strict=True))
    terms |= {accounts.closing[0]: -1, accounts.closing[1]: 1}
    totals = [col for col in accounts.closing if numeric.is_number((row, col))]
    total = max(totals, key=lambda col: abs(numeric.numbers[row][col]), default=None)
    if total is None:
        return None
    parts = [col for col in terms if col != total]
    signs = [-terms[col] * terms[total] for col in parts]
    balance = Sum((row, total), [(row, col) for col in parts], signs)
    return try_sum(numeric, balance, ACCOUNT.name, "balance")


def _signs(numeric: NumericTable, row: int) -> tuple[int, ...]:
    """Return the possible signs of debits: 1 beside 借, -1 beside 贷, both if unmarked."""
    texts = numeric.labels[row]
    if OF_DEBIT in texts and OF_CREDIT not in texts:
        return (1,)
    if OF_CREDIT in texts and OF_DEBIT not in texts:
        return (-1,)
    return (1, -1)


def _likeliest(numeric: NumericTable, constraints: Sequence[Constraint]) -> Constraint | None:
    numerics = {numeric.source.id: numeric}
    for wanted in (
        lambda constraint: constraint.outcome == "holds",
        lambda constraint: constraint.outcome == "rounding",
        lambda constraint: (
            constraint.outcome == "fails" and has_single_digit_error(constraint, numerics)
        ),
    ):
        if (found := next(filter(wanted, constraints), None)) is not None:
            return found
    return constraints[0] if constraints else None


def _propose(view: TableView, _: Known) -> Iterator[ConstraintGroup]:
    for part in view.parts:
        yield from _account_groups(view.numeric, part.region, part.sides)


ACCOUNTS = Rule((ACCOUNT, TWIN), _propose)
