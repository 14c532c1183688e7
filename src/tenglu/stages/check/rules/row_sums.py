"""Row sums: columns of totals and the columns that they add up."""

from collections.abc import Iterator, Sequence
from math import log10

import numpy as np

from tenglu.model import CheckKind
from tenglu.stages.check.rules.constraint import (
    MIN_PROOF,
    Constraint,
    ConstraintGroup,
    EvidenceLevel,
    Sum,
    only_shown,
    proof_of,
    try_sums,
)
from tenglu.stages.check.rules.formulas import FORMULAS
from tenglu.stages.check.rules.linear import ROW, linear_groups
from tenglu.stages.check.rules.numeric_table import NUMBER, NumericTable, Region
from tenglu.stages.check.rules.rule import Known, Rule, TableView
from tenglu.stages.check.values import label_words

MIN_ADDED = 2
MIN_ROWS = 3  # rows that must agree where no label names the relation
MAX_SEARCHED = 40  # columns; in a wider table only labelled sums are tested
MIN_SHARE = 0.6  # share of the rows that must agree before a relation is built row by row

Signed = tuple[tuple[int, ...], tuple[int, ...]]
"""Columns of the addends, and their signs."""


def _row_groups(
    numeric: NumericTable, region: Region, formulas: Sequence[ConstraintGroup]
) -> Iterator[ConstraintGroup]:
    """Propose labelled totals, labelled balances, and sums found from the numbers alone.

    Args:
        numeric: the numbers of the table.
        region: rows and columns to search.
        formulas: printed formulas; a relation that follows from them is not proposed again.
    """
    totals = _labelled(numeric, region)
    balances = _balances(region, totals)
    signed = [(col, (parts, (1,) * len(parts))) for col, parts in totals.items()] + balances
    groups = [_relation(numeric, region, col, parts, "labelled") for col, parts in signed]
    known = {col for col, _ in signed}
    for cols in (region.cols, *_alike(region)):
        if len(cols) <= MAX_SEARCHED:
            groups += _searched(numeric, region, cols, known)
    yield from groups
    printed = [
        relation for relation in formulas if all(_is_across(t) for t in relation.constraints)
    ]
    yield from linear_groups(numeric, region, [f for f in (*printed, *groups) if f.constraints])


def _is_across(constraint: Constraint) -> bool:
    return all(row == constraint.total[0] for row, _ in constraint.parts)


def _relation(
    numeric: NumericTable, region: Region, total: int, signed: Signed, evidence: EvidenceLevel
) -> ConstraintGroup:
    cols, signs = signed
    kind: CheckKind = "balance" if min(signs) < 0 else "sum"
    sums = (Sum((row, total), [(row, col) for col in cols], signs) for row in region.rows)
    return ConstraintGroup(evidence, try_sums(numeric, sums, ROW.name, kind))


def _labelled(numeric: NumericTable, region: Region) -> dict[int, tuple[int, ...]]:
    """Map each column headed 合计 or the like to the columns that best add up to it."""
    groups = {
        col: _group(numeric, region, col)
        for col in region.cols
        if region.heads[col] and _is_total_head(region.heads[col])
    }
    groups |= {
        col: list(group)
        for group in _alike(region)
        for col in group
        if _is_total_group(region, col)
    }
    found: dict[int, tuple[int, ...]] = {}
    for total, group in sorted(groups.items(), key=lambda item: len(item[1])):
        candidates = []
        for members in (
            [col for col in group if col > total],
            [col for col in group if col < total],
            [col for col in group if col != total],
        ):
            parts = tuple(_without_parts(members, found))
            parts = tuple(col for col in parts if not _is_no_addend(region.heads[col]))
            if parts and parts not in candidates:
                candidates.append(parts)
        scored = [(_n_held(numeric, region, total, parts), parts) for parts in candidates]
        if scored and max(scored, key=lambda item: item[0])[0]:
            found[total] = max(scored, key=lambda item: item[0])[1]
    return found


def _is_total_head(heads: Sequence[str]) -> bool:
    return bool(label_words.TOTAL.search(heads[-1])) and not label_words.NOT_ADDED.search(heads[-1])


def _is_total_group(region: Region, col: int) -> bool:
    """Return whether a head above the last one marks the columns below it as totals."""
    return any(_is_total_head([head]) for head in region.heads[col][:-1])


def _is_no_addend(heads: Sequence[str]) -> bool:
    return any(label_words.NOT_ADDED.search(head) for head in heads)


def _group(numeric: NumericTable, region: Region, col: int) -> list[int]:
    """Return the numeric columns under the nearest head that spans this column and others."""
    for row in range(region.rows.start - 1, -1, -1):
        cell = numeric.grid[row][col]
        inside = [at for at in region.cols if cell.col <= at < cell.col + cell.colspan]
        if len(inside) > 1:
            return inside
    return list(region.cols)


def _without_parts(members: Sequence[int], found: dict[int, tuple[int, ...]]) -> Iterator[int]:
    """Drop the columns that another total among the members already adds up."""
    covered = {part for col in members for part in found.get(col, ())}
    return (col for col in members if col not in covered)


def _n_held(numeric: NumericTable, region: Region, total: int, parts: Sequence[int]) -> int:
    rows = list(region.rows)
    sums = numeric.units[np.ix_(rows, list(parts))].sum(axis=1)
    totals = numeric.units[rows, total]
    return int(((sums == totals) & (totals != 0)).sum())


def _balances(region: Region, totals: dict[int, tuple[int, ...]]) -> list[tuple[int, Signed]]:
    """Find balances: 年末 = 年初 + additions - deductions."""
    covered = {part for parts in totals.values() for part in parts}
    cols = [col for col in region.cols if col not in covered]
    text = {col: "".join(region.heads[col]) for col in cols}
    opening = [col for col in cols if label_words.OPENING.search(text[col])]
    closing = [col for col in cols if label_words.CLOSING.search(text[col]) and col not in opening]
    coming = [col for col in cols if label_words.COMING.search(text[col])]
    going = [col for col in cols if label_words.GOING.search(text[col])]
    moved = [col for col in (*coming, *going) if col not in (*opening, *closing)]
    if len(opening) != 1 or len(closing) != 1 or not moved:
        return []
    parts = (opening[0], *sorted(set(moved)))
    signs = tuple(-1 if col in going and col not in coming else 1 for col in parts)
    return [(closing[0], (parts, (1, *signs[1:])))]


def _alike(region: Region) -> list[tuple[int, ...]]:
    """Group columns with the same last head: 数量 of all crops, of wheat, of maize."""
    by_head: dict[str, list[int]] = {}
    for col in region.cols:
        if len(region.heads[col]) > 1:
            by_head.setdefault(region.heads[col][-1], []).append(col)
    return [tuple(cols) for cols in by_head.values() if MIN_ADDED < len(cols) < len(region.cols)]


def _searched(
    numeric: NumericTable, region: Region, cols: Sequence[int], known: set[int]
) -> Iterator[ConstraintGroup]:
    """Find runs of columns right or left of a column that add up to it in most rows."""
    rows = list(region.rows)
    figures = numeric.units[np.ix_(rows, list(cols))]
    before = np.concatenate((np.zeros((len(rows), 1), np.int64), figures.cumsum(axis=1)), axis=1)
    for i, total in enumerate(cols):
        if total in known:
            continue
        runs = [(i + 1, end) for end in range(i + 1 + MIN_ADDED, len(cols) + 1)]
        runs += [(start, i) for start in range(i - MIN_ADDED + 1)]
        for start, end in runs:
            relation = _run(
                numeric, region, total, cols[start:end], before[:, end] - before[:, start]
            )
            if relation is not None:
                yield relation
                break


def _run(
    numeric: NumericTable, region: Region, total: int, parts: Sequence[int], sums: np.ndarray
) -> ConstraintGroup | None:
    rows = list(region.rows)
    figures = numeric.units[np.ix_(rows, list(parts))]
    totals = numeric.units[rows, total]
    testable = (np.count_nonzero(figures, axis=1) >= MIN_ADDED) & np.array(
        [numeric.states[row][total] == NUMBER for row in rows]
    )
    held = int((testable & (sums == totals) & (totals != 0)).sum())
    if held < MIN_ROWS or held < MIN_SHARE * int(testable.sum()):
        return None
    relation = _relation(numeric, region, total, (tuple(parts), (1,) * len(parts)), "found")
    exact: list[Constraint] = [
        t for t in relation.constraints if t.is_exact and t.n_addends >= MIN_ADDED
    ]
    enough = MIN_PROOF + log10(max(1, len(region.cols) ** 2))
    if proof_of(exact) < enough:
        return None
    return relation._replace(constraints=only_shown(relation.constraints, exact, numeric, 1))


def _propose(view: TableView, known: Known) -> Iterator[ConstraintGroup]:
    formulas = known.groups(FORMULAS, view)
    for part in view.parts:
        own = [group for group in formulas if part.contains(group)]
        yield from _row_groups(view.numeric, part.region, own)


ROW_SUMS = Rule((ROW,), _propose)
