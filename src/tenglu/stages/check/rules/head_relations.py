"""Products and shares that the column heads name, tested in every row."""

import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from tenglu.model import CheckKind, Place
from tenglu.stages.check.rules.constraint import WHOLE, Constraint, ConstraintGroup
from tenglu.stages.check.rules.numeric_table import NumericTable, Region
from tenglu.stages.check.rules.rule import Known, Rule, RuleName, TableView
from tenglu.stages.check.rules.sides import Side, is_total
from tenglu.stages.check.values import label_words

MIN_ROWS = 3
PRODUCT = RuleName("product", "数量×单价", "product")
SHARE = RuleName("share", "占合计的比例", "share of the total")


def _products_and_shares(
    numeric: NumericTable, region: Region, sides: Sequence[Side]
) -> Iterator[ConstraintGroup]:
    """Propose amount = quantity x price, and shares of a total."""
    heads = {col: (region.heads[col] or [""])[-1] for col in region.cols}
    yield from _products(numeric, region, heads)
    yield from _shares(numeric, sides, heads)


def _only(heads: dict[int, str], pattern: re.Pattern[str]) -> list[int]:
    return [col for col, head in heads.items() if pattern.search(head)]


def _products(
    numeric: NumericTable, region: Region, heads: dict[int, str]
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
            if all(numeric.is_number(place) for place in (*factors, (row, amount))):
                constraints.append(_product(numeric, (row, amount), factors))
        exact = sum(constraint.is_exact for constraint in constraints)
        if exact >= MIN_ROWS and exact * 2 > len(constraints):
            # Prices are printed in full; with rounded ones, fewer products would be exact.
            constraints = [_strict(constraint) for constraint in constraints]
        yield ConstraintGroup("labelled", constraints)


def _product(numeric: NumericTable, total: Place, factors: tuple[Place, Place]) -> Constraint:
    quantity, price = (numeric.value(place) for place in factors)
    found = numeric.value(total)
    half = Decimal(1).scaleb(-_places(numeric, total)) / 2
    # The price may be rounded; a quantity is not.
    lost = Decimal(1).scaleb(-_places(numeric, factors[1])) / 2
    tolerance = half + abs(quantity) * lost if _places(numeric, factors[1]) else half
    name = numeric.source.id
    product = quantity * price
    meant = [((name, *total), product)]
    meant += [
        ((name, *place), found / by)
        for place, by in zip(factors, (price, quantity), strict=True)
        if by
    ]
    return _constraint(numeric, "product", total, factors, (product, tolerance))._replace(
        meant=tuple(meant), n_addends=2
    )


def _places(numeric: NumericTable, place: Place) -> int:
    return numeric.places[place[0]][place[1]]


def _strict(constraint: Constraint) -> Constraint:
    return constraint._replace(tolerance=constraint.unit / 2)


def _constraint(
    numeric: NumericTable,
    kind: CheckKind,
    total: Place,
    parts: Sequence[Place],
    expected: tuple[Decimal, Decimal],
) -> Constraint:
    value, tolerance = expected
    return Constraint(
        kind=kind,
        rule=kind,
        table=numeric.source.id,
        total=total,
        parts=tuple(parts),
        signs=(1,) * len(parts),
        expected=value,
        found=numeric.value(total),
        unit=Decimal(1).scaleb(-_places(numeric, total)),
        tolerance=tolerance,
        meant=(((numeric.source.id, *total), value),),
    )


def _shares(
    numeric: NumericTable, sides: Sequence[Side], heads: dict[int, str]
) -> Iterator[ConstraintGroup]:
    """Propose that a column of shares is the column left of it divided by its total."""
    for share in _only(heads, label_words.SHARE):
        for side in sides:
            before = [col for col in side.cols if col < share]
            totals = [row for row in side.rows if is_total(side.labels[row])]
            if share not in side.cols or not before or len(totals) != 1:
                continue
            of, total = before[-1], totals[0]
            whole = numeric.value((total, of))
            constraints = [
                _share(numeric, (row, share), ((row, of), (total, of)))
                for row in side.rows
                if whole and numeric.is_number((row, share)) and numeric.is_number((row, of))
            ]
            if sum(constraint.outcome != "fails" for constraint in constraints) >= MIN_ROWS:
                yield ConstraintGroup("labelled", constraints)


def _share(numeric: NumericTable, total: Place, parts: tuple[Place, Place]) -> Constraint:
    """Test that a share is part / whole in per cent, rounded to its printed places."""
    part, whole = (numeric.value(place) for place in parts)
    last = Decimal(1).scaleb(-_places(numeric, total))
    value = (part * WHOLE / whole).quantize(last, ROUND_HALF_UP)
    found_share, half = numeric.value(total), last / 2
    name, unit = numeric.source.id, Decimal(1).scaleb(-_places(numeric, parts[0]))
    mended = (found_share * whole / WHOLE).quantize(unit)
    return _constraint(numeric, "share", total, parts, (value, half))._replace(
        meant=(((name, *total), value), ((name, *parts[0]), mended))
    )


def _propose(view: TableView, _: Known) -> Iterator[ConstraintGroup]:
    for part in view.parts:
        yield from _products_and_shares(view.numeric, part.region, part.sides)


HEAD_RELATIONS = Rule((PRODUCT, SHARE), _propose)
