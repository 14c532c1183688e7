"""Accounts: what stood on them, what moved on 借方 and 贷方, and what stands on them now."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from tenglu.stages.check.rules.column_sums import Side, is_total
from tenglu.stages.check.rules.constraint import (
    Constraint,
    ConstraintGroup,
    Sum,
    has_single_digit_error,
    try_sum,
)
from tenglu.stages.check.rules.numeric_table import NumericTable, Region
from tenglu.stages.check.values import label_words

OF_DEBIT, OF_CREDIT = "借", "贷"


class _Accounts(NamedTuple):
    """Columns of debit and of credit, or the one column that holds a balance of either kind."""

    opening: tuple[int, ...]
    moving: tuple[int, int]
    closing: tuple[int, ...]


def account_groups(
    sheet: NumericTable, region: Region, sides: Sequence[Side]
) -> Iterator[ConstraintGroup]:
    """Every account, and the totals of debit and credit, which are the same."""
    heads = {col: "".join(region.heads[col]) for col in region.cols}
    pairs = _pairs(heads)
    accounts = _accounts(heads, pairs)
    if accounts is not None:
        yield ConstraintGroup("labelled", list(_rows(sheet, region, sides, accounts)))
    if accounts is not None or not any(label_words.BALANCE.search(head) for head in heads.values()):
        for side in sides:
            rows = [row for row in side.rows if is_total(side.labels[row])]
            asked = [Sum((row, two), [(row, one)]) for row in rows for one, two in pairs]
            constraints = (try_sum(sheet, sum_, "twin", "equal") for sum_ in asked)
            yield ConstraintGroup(
                "labelled", [constraint for constraint in constraints if constraint]
            )


def _pairs(heads: dict[int, str]) -> list[tuple[int, int]]:
    """Neighbours of which one is the debit and one the credit."""
    cols = list(heads)
    return [
        (one, two)
        for one, two in pairwise(cols)
        if OF_DEBIT in heads[one] and OF_CREDIT in heads[two]
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
    sheet: NumericTable, region: Region, sides: Sequence[Side], accounts: _Accounts
) -> Iterator[Constraint]:
    debit, credit = accounts.moving
    labels = {row: side.labels[row] for side in sides for row in side.rows}
    for row in region.rows:
        if len(accounts.opening) > 1:
            constraint = _of_two(sheet, row, accounts)
        elif is_total(labels.get(row, "")):
            continue  # adds up debits and credits
        else:
            [opening], [closing] = accounts.opening, accounts.closing
            parts = [(row, opening), (row, debit), (row, credit)]
            tried = [
                try_sum(sheet, Sum((row, closing), parts, (1, sign, -sign)), "account", "balance")
                for sign in _signs(sheet, row)
            ]
            constraint = _likeliest(sheet, [one for one in tried if one])
        if constraint is not None:
            yield constraint


def _of_two(sheet: NumericTable, row: int, accounts: _Accounts) -> Constraint | None:
    """Debits less credits, at first, of the period and at last."""
    terms = dict(zip((*accounts.opening, *accounts.moving), (1, -1, 1, -1), strict=True))
    terms |= {accounts.closing[0]: -1, accounts.closing[1]: 1}
    totals = [col for col in accounts.closing if sheet.is_number((row, col))]
    total = max(totals, key=lambda col: abs(sheet.numbers[row][col]), default=None)
    if total is None:
        return None
    parts = [col for col in terms if col != total]
    signs = [-terms[col] * terms[total] for col in parts]
    asked = Sum((row, total), [(row, col) for col in parts], signs)
    return try_sum(sheet, asked, "account", "balance")


def _signs(sheet: NumericTable, row: int) -> tuple[int, ...]:
    """1: debits add to the balance, as 借 beside it says; -1: credits do."""
    texts = sheet.labels[row]
    if OF_DEBIT in texts and OF_CREDIT not in texts:
        return (1,)
    if OF_CREDIT in texts and OF_DEBIT not in texts:
        return (-1,)
    return (1, -1)


def _likeliest(sheet: NumericTable, constraints: Sequence[Constraint]) -> Constraint | None:
    sheets = {sheet.table.id: sheet}
    for wanted in (
        lambda constraint: constraint.outcome == "holds",
        lambda constraint: constraint.outcome == "rounding",
        lambda constraint: (
            constraint.outcome == "fails" and has_single_digit_error(constraint, sheets)
        ),
    ):
        if (found := next(filter(wanted, constraints), None)) is not None:
            return found
    return constraints[0] if constraints else None
