"""Relations that heads of columns name, in every row: products and shares."""

import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from tenglu.model import CheckKind, Place
from tenglu.stages.check.rules.column_sums import Side, is_total
from tenglu.stages.check.rules.constraint import WHOLE, Constraint, ConstraintGroup, outcome_of
from tenglu.stages.check.rules.numeric_table import NumericTable, Region
from tenglu.stages.check.values import label_words

MIN_ROWS = 3


def line_groups(
    sheet: NumericTable, region: Region, sides: Sequence[Side]
) -> Iterator[ConstraintGroup]:
    """Quantity times price, shares of the total."""
    heads = {col: (region.heads[col] or [""])[-1] for col in region.cols}
    yield from _products(sheet, region, heads)
    yield from _shares(sheet, sides, heads)


def _only(heads: dict[int, str], pattern: re.Pattern[str]) -> list[int]:
    return [col for col, head in heads.items() if pattern.search(head)]


def _products(
    sheet: NumericTable, region: Region, heads: dict[int, str]
) -> Iterator[ConstraintGroup]:
    prices = _only(heads, label_words.PRICE)
    quantities = [col for col in _only(heads, label_words.QUANTITY) if col not in prices]
    amounts = [col for col in _only(heads, label_words.AMOUNT) if col not in (*prices, *quantities)]
    if len(prices) != 1 or len(quantities) != 1 or not amounts:
        return
    for amount in amounts:
        constraints = []
        for row in region.rows:
            factors = ((row, quantities[0]), (row, prices[0]))
            if all(sheet.is_number(place) for place in (*factors, (row, amount))):
                constraints.append(_product(sheet, (row, amount), factors))
        exact = sum(constraint.is_exact for constraint in constraints)
        if exact >= MIN_ROWS and exact * 2 > len(constraints):
            # Prices are printed in full, or this many products could not be exact.
            constraints = [_strict(constraint) for constraint in constraints]
        yield ConstraintGroup("labelled", constraints)


def _product(sheet: NumericTable, total: Place, factors: tuple[Place, Place]) -> Constraint:
    one, other = (sheet.value(place) for place in factors)
    found = sheet.value(total)
    half = Decimal(1).scaleb(-_places(sheet, total)) / 2
    # The price may have lost places; a quantity is what it is.
    lost = Decimal(1).scaleb(-_places(sheet, factors[1])) / 2
    tolerance = half + abs(one) * lost if _places(sheet, factors[1]) else half
    name = sheet.table.id
    meant = [((name, *total), one * other)]
    meant += [
        ((name, *place), found / by) for place, by in zip(factors, (other, one), strict=True) if by
    ]
    return _trial(sheet, "product", total, factors, (one * other, tolerance))._replace(
        meant=tuple(meant), n_addends=2
    )


def _places(sheet: NumericTable, place: Place) -> int:
    return sheet.places[place[0]][place[1]]


def _strict(constraint: Constraint) -> Constraint:
    half = constraint.unit / 2
    return constraint._replace(tolerance=half, outcome=outcome_of(constraint.off, half))


def _trial(
    sheet: NumericTable,
    kind: CheckKind,
    total: Place,
    parts: Sequence[Place],
    expected: tuple[Decimal, Decimal],
) -> Constraint:
    value, tolerance = expected
    found = sheet.value(total)
    unit = Decimal(1).scaleb(-_places(sheet, total))
    return Constraint(
        kind=kind,
        rule=kind,
        table=sheet.table.id,
        total=total,
        parts=tuple(parts),
        signs=(1,) * len(parts),
        parts_table=None,
        quote=None,
        expected=value,
        found=found,
        tolerance=tolerance,
        outcome=outcome_of(found - value, tolerance),
        n_addends=1,
        unit=unit,
        meant=(((sheet.table.id, *total), value),),
    )


def _shares(
    sheet: NumericTable, sides: Sequence[Side], heads: dict[int, str]
) -> Iterator[ConstraintGroup]:
    """A column of shares is the column left of it, divided by its total."""
    for share in _only(heads, label_words.SHARE):
        for side in sides:
            before = [col for col in side.cols if col < share]
            totals = [row for row in side.rows if is_total(side.labels[row])]
            if share not in side.cols or not before or len(totals) != 1:
                continue
            of, total = before[-1], totals[0]
            whole = sheet.value((total, of))
            constraints = [
                _share(sheet, (row, share), ((row, of), (total, of)))
                for row in side.rows
                if whole and sheet.is_number((row, share)) and sheet.is_number((row, of))
            ]
            if sum(constraint.outcome != "fails" for constraint in constraints) >= MIN_ROWS:
                yield ConstraintGroup("labelled", constraints)


def _share(sheet: NumericTable, total: Place, parts: tuple[Place, Place]) -> Constraint:
    """A share is right if it is the quotient, rounded to its places."""
    part, whole = (sheet.value(place) for place in parts)
    last = Decimal(1).scaleb(-_places(sheet, total))
    value = (part * WHOLE / whole).quantize(last, ROUND_HALF_UP)
    found_share, half = sheet.value(total), last / 2
    name, unit = sheet.table.id, Decimal(1).scaleb(-_places(sheet, parts[0]))
    mended = (found_share * whole / WHOLE).quantize(unit)
    return _trial(sheet, "share", total, parts, (value, half))._replace(
        meant=(((name, *total), value), ((name, *parts[0]), mended))
    )
