"""Relations that statutory forms prescribe, within a form and between forms."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from tenglu.model import Place
from tenglu.stages.check.rules.code_hierarchy import codes_of
from tenglu.stages.check.rules.constraint import Constraint, ConstraintGroup, Sum, try_sum
from tenglu.stages.check.rules.form_templates import (
    CellSelector,
    ColumnSum,
    FormTemplate,
    RowSum,
    form_of,
    templates,
)
from tenglu.stages.check.rules.numeric_table import NumericTable, Region
from tenglu.stages.check.rules.rule import (
    DocumentRule,
    DocumentView,
    Known,
    Rule,
    RuleName,
    TableView,
)
from tenglu.stages.check.rules.sides import Side

SELF_ASSESSMENT = RuleName("绩效自评表", "绩效自评表", "performance self-assessment")
LINK_SIGN = " = "  # between the names of two forms
SCORED = re.compile(r"自评得分|^得分$")
SELF_ASSESSED = re.compile(r"绩效自评表")
SCORE_TOTAL = re.compile(r"^总分$")
EXECUTED = re.compile(r"^项目执行情况|^预算执行")


def _propose(view: TableView, _: Known) -> Iterator[ConstraintGroup]:
    yield from _scores(view.numeric)
    form = form_of(view.numeric)
    if form is None:
        return
    for row in form.row:
        yield from _rows(view, form, row)
    for part in view.parts:
        for col in form.col:
            yield from _cols(view.numeric, part.region, form, col)


def _rows(table: TableView, form: FormTemplate, rule: RowSum) -> Iterator[ConstraintGroup]:
    codes = codes_of(table.sides) if rule.parts_by_code else {}
    for side in table.sides:
        for row in side.rows:
            if re.search(rule.total, side.labels[row]):
                of_codes = [
                    (at, of.cols[0])
                    for code, (at, of) in codes.items()
                    if re.search(rule.parts, code)
                ]
                rows = [
                    at for at in side.rows if at != row and re.search(rule.parts, side.labels[at])
                ]
                sums = [
                    Sum((row, col), of_codes if rule.parts_by_code else [(at, col) for at in rows])
                    for col in _value_cols(table, side, row)
                ]
                tried = (_named(table.numeric, total, form) for total in sums if total.parts)
                yield ConstraintGroup("named", [c for c in tried if c is not None])


def _value_cols(table: TableView, side: Side, row: int) -> Sequence[int]:
    """Return the columns of a total; a label across several sides has its number at its right."""
    if any(table.numeric.is_number((row, col)) for col in side.cols):
        return side.cols
    label = table.numeric.grid[row][side.cols[0] - 1] if side.cols[0] else None
    end = label.col + label.colspan if label else 0
    return [end] if end < table.numeric.source.n_cols and end > max(side.cols) else side.cols


def _named(numeric: NumericTable, total: Sum, form: FormTemplate) -> Constraint | None:
    return try_sum(numeric, total, form.name, "balance" if min(total.signs or (1,)) < 0 else "sum")


def _cols(
    numeric: NumericTable, region: Region, form: FormTemplate, rule: ColumnSum
) -> Iterator[ConstraintGroup]:
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
            tried = (_named(numeric, row_sum, form) for row_sum in sums)
            yield ConstraintGroup("named", [c for c in tried if c is not None])


def _propose_links(document: DocumentView) -> Iterator[ConstraintGroup]:
    """Compare forms with each other, where each occurs once in the document."""
    known: dict[str, TableView | None] = {}
    for table in document.tables:
        form = form_of(table.numeric)
        if form is not None:
            known[form.name] = None if form.name in known else table
    for link in templates().link:
        left, right = link.left, link.right
        left_table, right_table = known.get(left.form), known.get(right.form)
        if left_table is None or right_table is None:
            continue
        totals, parts = _selected(left_table, left), _selected(right_table, right)
        if len(totals) == 1 and parts:
            name = LINK_SIGN.join((left.form, right.form))
            constraint = try_sum(
                left_table.numeric, Sum(totals[0], parts), name, "equal", right_table.numeric
            )
            if constraint is not None and constraint.found not in (None, Decimal(0)):
                yield ConstraintGroup("named", [constraint])


def _selected(table: TableView, selector: CellSelector) -> list[Place]:
    """Return the cells of a form that a selector matches, without blank ones."""
    found: list[Place] = []
    for side in table.sides:
        for row in side.rows:
            if re.search(selector.rows, side.labels[row]):
                found += [
                    (row, col)
                    for col in _value_cols(table, side, row)
                    if table.numeric.is_number((row, col)) and _heads(table, col, selector.col)
                ][:1]
    return list(dict.fromkeys(found))


def _heads(table: TableView, col: int, pattern: str) -> bool:
    return any(
        re.search(pattern, "/".join(part.region.heads[col]))
        for part in table.parts
        if col in part.region.heads
    )


def _scores(numeric: NumericTable) -> Iterator[ConstraintGroup]:
    """Propose that the total score of a self-assessment is the budget score plus all others."""
    if not SELF_ASSESSED.search(numeric.source.title):
        return
    heads: list[Place] = []
    executed: list[Place] = []
    totals: list[int] = []
    for row, labels in enumerate(numeric.labels):
        for col, label in enumerate(labels):
            cell = numeric.grid[row][col]
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
    parts = [(row, col) for row in range(first + 1, totals[0]) if numeric.is_number((row, col))]
    parts = [*(place for place in executed if numeric.is_number(place)), *parts]
    if numeric.is_number((totals[0], col)) and len(parts) > 1:
        constraint = try_sum(numeric, Sum((totals[0], col), parts), SELF_ASSESSMENT.name)
        yield ConstraintGroup("named", [constraint] if constraint else [])


def _form_names() -> dict[str, RuleName]:
    return {form.name: RuleName(form.name, form.name, form.en) for form in templates().form}


def _link_names() -> Iterator[RuleName]:
    forms = _form_names()
    for link in templates().link:
        pair = forms[link.left.form], forms[link.right.form]
        yield RuleName(*(LINK_SIGN.join(texts) for texts in zip(*pair, strict=True)))


STATUTORY_FORMS = Rule((*_form_names().values(), SELF_ASSESSMENT), _propose)
STATUTORY_LINKS = DocumentRule(tuple(_link_names()), _propose_links)
