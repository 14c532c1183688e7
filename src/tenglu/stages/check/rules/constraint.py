"""Constraints: tested relations between cells."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from math import log10
from typing import Literal, NamedTuple

from tenglu.model import CheckKind, Outcome, Place
from tenglu.stages.check.rules.numeric_table import BLANK, NUMBER, OTHER, UNREAD, NumericTable

EvidenceLevel = Literal["named", "labelled", "found"]
"""Why a relation is expected: a statutory rule or printed formula, its labels, or its numbers."""

HELD = ("holds", "rounding")
EXACT = Decimal(0)
WHOLE = Decimal(100)  # per cent
MAX_ROUNDED = 2  # units of the last place that rounding may add to a single-digit error
MIN_PROOF = 5.0  # log10 odds against coincidence, on top of the size of the search
EDITS = 20  # single-digit errors per digit: 9 other digits, a lost, added or swapped digit
MOVED = (-3, -2, -1, 1, 2, 3)  # places by which a lost or misread point shifts a number


At = tuple[str, int, int]
"""A cell of the document: table id, row, column."""


class Constraint(NamedTuple):
    """One tested relation between cells: total = sum of signed parts, or another formula."""

    kind: CheckKind
    rule: str  # name of the rule
    table: str  # id of the table of the total
    total: Place
    parts: tuple[Place, ...]
    signs: tuple[int, ...]  # 1 or -1 for each part
    expected: Decimal | None  # None: a part could not be read
    found: Decimal | None  # None: the total could not be read
    unit: Decimal  # value of 1 in the last printed place
    tolerance: Decimal = EXACT  # largest |off| that rounding explains
    n_addends: int = 1  # nonzero parts
    parts_table: str | None = None  # id of the table of the parts; None: that of the total
    quote: str | None = None  # text outside tables that the total was compared with
    meant: tuple[tuple[At, Decimal], ...] = ()  # corrections, if the relation is not a sum

    @property
    def outcome(self) -> Outcome:
        """Whether the relation holds, holds within the tolerance, fails, or is unreadable."""
        if self.expected is None or self.found is None:
            return "not-computable"
        if self.off == EXACT:
            return "holds"
        return "rounding" if abs(self.off) <= self.tolerance else "fails"

    @property
    def cells(self) -> list[At]:
        """The total and the parts, in this order."""
        home = self.parts_table or self.table
        return [(self.table, *self.total), *((home, *part) for part in self.parts)]

    @property
    def off(self) -> Decimal:
        """Return found minus expected; 0 if either is unknown."""
        if self.found is None or self.expected is None:
            return EXACT
        return self.found - self.expected

    @property
    def is_exact(self) -> bool:
        """Whether the relation holds without a tolerance."""
        return self.outcome == "holds"

    @property
    def n_digits(self) -> int:
        """Significant digits of the total; more digits make a coincidence less likely."""
        if not self.found:
            return 0
        if self.found == WHOLE:  # the zeros of 100 % are significant
            return len(f"{self.found.quantize(self.unit):f}".replace(".", "")) - 1
        return len(str(self.found).replace(".", "").strip("-0"))


class ConstraintGroup(NamedTuple):
    """One relation tested in several rows or columns."""

    evidence: EvidenceLevel
    constraints: list[Constraint]


class Sum(NamedTuple):
    """A sum to test."""

    total: Place
    parts: Sequence[Place]
    signs: Sequence[int] = ()  # 1 or -1 for each part; (): all 1


def try_sum(
    numeric: NumericTable,
    asked: Sum,
    rule: str,
    kind: CheckKind = "sum",
    parts_numeric: NumericTable | None = None,
) -> Constraint | None:
    """Test a sum.

    Args:
        numeric: table of the total.
        asked: the sum.
        rule: name of the rule that proposes it.
        kind: kind of check in the result.
        parts_numeric: table of the parts, if it is another one.

    Returns:
        the constraint, or None if there is nothing to test, as in 0 = 0 + 0.
    """
    of_parts = parts_numeric or numeric
    added = _add_up(of_parts, asked)
    row, col = asked.total
    state, number = numeric.states[row][col], numeric.numbers[row][col]
    unread = state == UNREAD or added.is_unread
    if state == OTHER or not added.parts or not (added.n_addends or (unread and number)):
        return None
    if state == BLANK and not unread and (min(added.signs) > 0 or added.total):
        return None  # a blank total can be tested only where amounts must cancel out
    tolerance, unit = _tolerance(numeric, of_parts, asked.total, added)
    return Constraint(
        kind=kind,
        rule=rule,
        table=numeric.source.id,
        total=asked.total,
        parts=tuple(added.parts),
        signs=tuple(added.signs),
        expected=None if added.is_unread else Decimal(added.total).scaleb(-of_parts.scale),
        found=None if state == UNREAD else Decimal(number).scaleb(-numeric.scale),
        unit=unit,
        tolerance=tolerance,
        n_addends=added.n_addends,
        parts_table=None if parts_numeric is None else of_parts.source.id,
    )


class _Added(NamedTuple):
    """The parts of a sum that are numbers, blank or unread, added up."""

    parts: list[Place]
    signs: list[int]
    places: list[int]  # decimal places of the parts that are numbers
    total: int  # in units of the table of the parts
    n_addends: int  # nonzero parts
    is_unread: bool  # whether a part could not be read


def _add_up(numeric: NumericTable, asked: Sum) -> _Added:
    parts: list[Place] = []
    signs: list[int] = []
    places: list[int] = []
    total = n_addends = 0
    is_unread = False
    for part, sign in zip(asked.parts, asked.signs or (1,) * len(asked.parts), strict=True):
        row, col = part
        state = numeric.states[row][col]
        if state == OTHER:
            continue
        parts.append(part)
        signs.append(sign)
        if state == NUMBER:
            number = numeric.numbers[row][col]
            total += sign * number
            n_addends += number != 0
            places.append(numeric.places[row][col])
        is_unread = is_unread or state == UNREAD
    return _Added(parts, signs, places, total, n_addends, is_unread)


def try_sums(
    numeric: NumericTable, asked: Iterable[Sum], rule: str, kind: CheckKind = "sum"
) -> list[Constraint]:
    """Test several sums of one rule; leave out those with nothing to test."""
    tried = (try_sum(numeric, candidate, rule, kind) for candidate in asked)
    return [constraint for constraint in tried if constraint is not None]


def _tolerance(
    numeric: NumericTable, of_parts: NumericTable, total: Place, added: _Added
) -> tuple[Decimal, Decimal]:
    """Return the tolerance and the unit of the last printed place.

    The tolerance is half a unit of the last place for the total and for each part.
    """
    printed = added.places
    places = [numeric.places[total[0]][total[1]], *printed] if numeric.is_number(total) else printed
    most = max(places, default=0)
    unit = Decimal(1).scaleb(-most)
    # Two copies of one number are rounded in the same way.
    is_copy = len(printed) <= 1 and numeric is of_parts
    # Whole numbers in a table with decimals are counts.
    is_count = most == 0 < max(numeric.scale, of_parts.scale)
    if is_copy or is_count or not (numeric.rounds and of_parts.rounds):
        return EXACT, unit
    halves = sum(10 ** (most - place) for place in places)
    return (unit * halves / 2).normalize(), unit


def strict(constraint: Constraint) -> Constraint:
    """Return the constraint without tolerance if it holds only by rounding, so that it fails."""
    if constraint.outcome != "rounding":
        return constraint
    return constraint._replace(tolerance=EXACT)


def proof_of(constraints: Sequence[Constraint]) -> float:
    """Return the log10 odds against all of these holding by coincidence; copies count once."""
    distinct = {
        (constraint.found, constraint.n_addends): constraint.n_digits for constraint in constraints
    }
    return float(sum(distinct.values()))


def only_shown(
    constraints: Sequence[Constraint],
    held: Sequence[Constraint],
    numeric: NumericTable,
    axis: Literal[0, 1],
) -> list[Constraint]:
    """Return the constraints whose nonzero addends are confirmed.

    A row or column is confirmed as an addend if it is nonzero in a constraint that holds.

    Args:
        constraints: of one relation that was found from its numbers alone.
        held: those of them that hold.
        numeric: the table.
        axis: 0 if the addends are rows, 1 if they are columns.
    """
    shown = {
        part[axis]
        for constraint in held
        for part in constraint.parts
        if numeric.numbers[part[0]][part[1]]
    }
    return [
        constraint
        for constraint in constraints
        if all(
            part[axis] in shown for part in constraint.parts if numeric.numbers[part[0]][part[1]]
        )
    ]


def mending(
    constraint: Constraint, numerics: Mapping[str, NumericTable]
) -> Iterator[tuple[At, Decimal]]:
    """Yield each cell of a constraint with the value with which the constraint would hold."""
    if constraint.meant:
        yield from constraint.meant
        return
    if constraint.expected is not None:
        yield (constraint.table, *constraint.total), constraint.expected
    home = constraint.parts_table or constraint.table
    for part, sign in zip(constraint.parts, constraint.signs, strict=True):
        yield (home, *part), numerics[home].value(part) + sign * constraint.off


def has_single_digit_error(
    constraint: Constraint, numerics: Mapping[str, NumericTable], most_rounded: int = MAX_ROUNDED
) -> bool:
    """Return whether a single-digit error in one cell explains why a constraint fails."""
    return any(
        mends(numerics, at, meant, constraint, most_rounded)
        for at, meant in mending(constraint, numerics)
    )


def log_odds_of(constraint: Constraint, numerics: Mapping[str, NumericTable]) -> float:
    """Return the log10 odds against a single-digit error explaining a failure by coincidence."""
    places = [(numerics[name], (row, col)) for name, row, col in constraint.cells]
    values = [numeric.value(at) for numeric, at in places if numeric.is_number(at)]
    size = max(abs(value) for value in (*values, constraint.expected or EXACT)) / constraint.unit
    ways = max(1, len(values)) * EDITS * len(str(int(size)))
    return log10(float(max(size, Decimal(1))) / ways)


def mends(
    numerics: Mapping[str, NumericTable],
    at: At,
    meant: Decimal,
    constraint: Constraint,
    most_rounded: int = MAX_ROUNDED,
) -> bool:
    """Return whether a cell differs from a value by a single-digit error, with or without rounding.

    Args:
        numerics: tables by id.
        at: the cell.
        meant: the value with which the constraint would hold.
        constraint: the failing constraint.
        most_rounded: units of the last place that rounding may add to the error.
    """
    name, *place = at
    numeric, read = numerics[name], numerics[name].value((place[0], place[1]))
    if not numeric.is_number((place[0], place[1])):
        return False
    # A lost sign is plausible only in a table with negative numbers.
    if read * meant < 0 and not (numeric.units < 0).any():
        return False
    n_rounded = min(most_rounded, int(constraint.tolerance / constraint.unit))
    return any(
        is_single_digit_error(read, meant + by * constraint.unit, constraint.unit)
        for by in range(-n_rounded, n_rounded + 1)
        if abs(read - meant) > n_rounded * constraint.unit or by == 0
    )


def is_single_digit_error(read: Decimal, meant: Decimal, unit: Decimal) -> bool:
    """Return whether two numbers differ by one typical reading error.

    That is one digit misread, lost, added or swapped with its neighbour, a shifted decimal point,
    or a lost sign.

    Args:
        read: the value of the cell.
        meant: the value with which the constraint would hold.
        unit: value of 1 in the last printed place.
    """
    if read == meant:
        return False
    if read * meant < 0:
        return read == -meant
    if any(meant.scaleb(by) == read for by in MOVED):
        return True
    return _one_edit(_digits(read, unit), _digits(meant, unit))


def _digits(value: Decimal, unit: Decimal) -> str:
    """Return the printed digits without the point: 0.04 is 004."""
    exponent = unit.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    return str(int(abs(value) / unit)).zfill(places + 1)


def _one_edit(one: str, other: str) -> bool:
    if len(one) == len(other):
        differ = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        if len(differ) == 1:
            return True
        swapped = len(differ) == 2 and differ[1] == differ[0] + 1  # noqa: PLR2004 - a pair
        return swapped and one[differ[0]] == other[differ[1]] and one[differ[1]] == other[differ[0]]
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and any(
        short == long[:i] + long[i + 1 :] for i in range(len(long))
    )
