"""The relations of the statutory forms, put to the test."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from tenglu.model import Place
from tenglu.stages.check.rules.code_hierarchy import codes_of
from tenglu.stages.check.rules.column_sums import Side
from tenglu.stages.check.rules.constraint import Constraint, ConstraintGroup, Sum, try_sum
from tenglu.stages.check.rules.form_templates import LINKS, Cols, Form, Rows, Spot, form_of
from tenglu.stages.check.rules.numeric_table import NumericTable, Region

SCORED = re.compile(r"自评得分|^得分$")
SELF_ASSESSED = re.compile(r"绩效自评表")
SCORE_TOTAL = re.compile(r"^总分$")
EXECUTED = re.compile(r"^项目执行情况|^预算执行")


class Parted(NamedTuple):
    """A table with its regions and sides."""

    sheet: NumericTable
    regions: list[Region]
    sides: list[Side]


def form_groups(table: Parted) -> Iterator[ConstraintGroup]:
    """What the form of a table demands of it."""
    yield from _scores(table.sheet)
    form = form_of(table.sheet)
    if form is None:
        return
    for rule in form.rows:
        yield from _rows(table, form, rule)
    for region in table.regions:
        for cols in form.cols:
            yield from _cols(table.sheet, region, form, cols)


def _rows(table: Parted, form: Form, rule: Rows) -> Iterator[ConstraintGroup]:
    codes = codes_of(table.sides) if rule.apart else {}
    for side in table.sides:
        for row in side.rows:
            if not re.search(rule.total, side.labels[row]):
                continue
            constraints = []
            for col in _value_cols(table, side, row):
                parts: list[Place]
                if rule.apart:
                    parts = [
                        (at, of.cols[0])
                        for code, (at, of) in codes.items()
                        if re.search(rule.parts, code)
                    ]
                else:
                    parts = [
                        (at, col)
                        for at in side.rows
                        if at != row and re.search(rule.parts, side.labels[at])
                    ]
                if parts and (constraint := _named(table.sheet, Sum((row, col), parts), form)):
                    constraints.append(constraint)
            yield ConstraintGroup("named", constraints)


def _value_cols(table: Parted, side: Side, row: int) -> Sequence[int]:
    """Columns of a total; a label that runs over several sides has its number at its right end."""
    if any(table.sheet.is_number((row, col)) for col in side.cols):
        return side.cols
    label = table.sheet.grid[row][side.cols[0] - 1] if side.cols[0] else None
    end = label.col + label.colspan if label else 0
    return [end] if end < table.sheet.table.n_cols and end > max(side.cols) else side.cols


def _named(sheet: NumericTable, asked: Sum, form: Form) -> Constraint | None:
    return try_sum(sheet, asked, form.name, "balance" if min(asked.signs or (1,)) < 0 else "sum")


def _cols(sheet: NumericTable, region: Region, form: Form, rule: Cols) -> Iterator[ConstraintGroup]:
    paths = {col: "/".join(region.heads[col]) for col in region.cols}
    for total, path in paths.items():
        if not re.search(rule.total, path):
            continue
        first = region.heads[total][0] if len(region.heads[total]) > 1 else None
        parts: list[int] = []
        signs: list[int] = []
        for pattern in rule.parts:
            sign = -1 if pattern.startswith("-") else 1
            matching = [
                col
                for col, other in paths.items()
                if col not in (total, *parts)
                and re.search(pattern.lstrip("-"), other)
                and (first is None or region.heads[col][0] == first)
            ]
            parts += matching
            signs += [sign] * len(matching)
        if parts:
            sums = (Sum((row, total), [(row, c) for c in parts], signs) for row in region.rows)
            yield ConstraintGroup("named", [t for one in sums if (t := _named(sheet, one, form))])


def link_groups(tables: Sequence[Parted]) -> Iterator[ConstraintGroup]:
    """What the forms demand of each other; only where each form stands once in the document."""
    known: dict[str, Parted | None] = {}
    for table in tables:
        form = form_of(table.sheet)
        if form is not None:
            known[form.name] = None if form.name in known else table
    for spot, other in LINKS:
        one, two = known.get(spot.form), known.get(other.form)
        if one is None or two is None:
            continue
        totals, parts = _spots(one, spot), _spots(two, other)
        if len(totals) == 1 and parts:
            constraint = try_sum(
                one.sheet, Sum(totals[0], parts), f"{spot.form} = {other.form}", "equal", two.sheet
            )
            if constraint is not None and constraint.found not in (None, Decimal(0)):
                yield ConstraintGroup("named", [constraint])


def _spots(table: Parted, spot: Spot) -> list[Place]:
    """The cells of a form that a relation between forms speaks of; blank ones are none."""
    found: list[Place] = []
    for side in table.sides:
        for row in side.rows:
            if re.search(spot.rows, side.labels[row]):
                found += [
                    (row, col)
                    for col in _value_cols(table, side, row)
                    if table.sheet.is_number((row, col)) and _heads(table, col, spot.col)
                ][:1]
    return list(dict.fromkeys(found))


def _heads(table: Parted, col: int, pattern: str) -> bool:
    return any(
        re.search(pattern, "/".join(region.heads[col]))
        for region in table.regions
        if col in region.heads
    )


def _scores(sheet: NumericTable) -> Iterator[ConstraintGroup]:
    """The total of a self-assessment is the score for the budget and all scores below."""
    if not SELF_ASSESSED.search(sheet.table.title):
        return
    heads: list[Place] = []
    executed: list[Place] = []
    totals: list[int] = []
    for row, labels in enumerate(sheet.labels):
        for col, label in enumerate(labels):
            cell = sheet.grid[row][col]
            if (cell.row, cell.col) != (row, col):
                continue
            if SCORED.search(label):
                heads.append((row, col))
            elif SCORE_TOTAL.search(label):
                totals.append(row)
            elif EXECUTED.search(label) and (row, col + cell.colspan) < (row, len(labels)):
                executed.append((row, col + cell.colspan))
    if len(totals) != 1 or not heads:
        return
    col = heads[-1][1]
    first = min(row for row, at in heads if at == col)
    parts = [(row, col) for row in range(first + 1, totals[0]) if sheet.is_number((row, col))]
    parts = [*(place for place in executed if sheet.is_number(place)), *parts]
    if sheet.is_number((totals[0], col)) and len(parts) > 1:
        constraint = try_sum(sheet, Sum((totals[0], col), parts), "绩效自评表")
        yield ConstraintGroup("named", [constraint] if constraint else [])
