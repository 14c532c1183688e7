"""A relation between cells that was put to the test."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from math import log10
from typing import Literal, NamedTuple

from tenglu.model import CheckKind, Outcome, Place
from tenglu.stages.check.rules.numeric_table import BLANK, NUMBER, OTHER, UNREAD, NumericTable

EvidenceLevel = Literal["named", "labelled", "found"]
"""What speaks for a relation: a rule with a name or a printed formula, the words of its labels, or
its numbers alone."""

HELD = ("holds", "rounding")
EXACT = Decimal(0)
WHOLE = Decimal(100)  # per cent
MAX_ROUNDED = 2  # units of the last place that a sum may be off beside a slip
MIN_PROOF = 5.0  # digits that chance would have to guess beyond those that a search used up
EDITS = 20  # numbers that one slip makes of a digit: other digits, lost, doubled, swapped ones
MOVED = (-3, -2, -1, 1, 2, 3)  # places that a lost or misplaced point moves a number


At = tuple[str, int, int]
"""A cell of the document: table, row, col."""


class Constraint(NamedTuple):
    """One relation between cells, and how it came out."""

    kind: CheckKind
    rule: str  # name of the rule
    table: str  # id of the table of the total
    total: Place
    parts: tuple[Place, ...]
    signs: tuple[int, ...]  # 1 or -1, one a part
    expected: Decimal | None  # None: a part could not be read
    found: Decimal | None  # None: the total could not be read
    unit: Decimal  # of the last printed place
    tolerance: Decimal = EXACT
    n_addends: int = 1  # that are not zero
    parts_table: str | None = None  # id of the table of the parts; None: that of the total
    quote: str | None = None  # text outside tables that the total was compared with
    meant: tuple[tuple[At, Decimal], ...] = ()  # what would mend it, where it is no sum

    @property
    def outcome(self) -> Outcome:
        if self.expected is None or self.found is None:
            return "not-computable"
        if self.off == EXACT:
            return "holds"
        return "rounding" if abs(self.off) <= self.tolerance else "fails"

    @property
    def cells(self) -> list[At]:
        """The cells that take part, the total first."""
        home = self.parts_table or self.table
        return [(self.table, *self.total), *((home, *part) for part in self.parts)]

    @property
    def off(self) -> Decimal:
        """How far found is above expected."""
        if self.found is None or self.expected is None:
            return EXACT
        return self.found - self.expected

    @property
    def is_exact(self) -> bool:
        return self.outcome == "holds"

    @property
    def n_digits(self) -> int:
        """Digits of the total without the zeros at its ends: what chance would have to guess."""
        if not self.found:
            return 0
        if self.found == WHOLE:  # all digits of a hundred per cent are told
            return len(f"{self.found.quantize(self.unit):f}".replace(".", "")) - 1
        return len(str(self.found).replace(".", "").strip("-0"))


class ConstraintGroup(NamedTuple):
    """One relation tried in several rows or columns."""

    evidence: EvidenceLevel
    constraints: list[Constraint]


class Sum(NamedTuple):
    """A sum to be tried."""

    total: Place
    parts: Sequence[Place]
    signs: Sequence[int] = ()  # (): all are added


def try_sum(
    numeric: NumericTable,
    asked: Sum,
    rule: str,
    kind: CheckKind = "sum",
    parts_numeric: NumericTable | None = None,
) -> Constraint | None:
    """Put a sum to the test; None: there is nothing to test, as with 0 = 0 + 0.

    Args:
        numeric: of the total.
        asked: the sum.
        rule: what asks for it.
        kind: as it is told in the result.
        parts_numeric: of the parts, if they stand in another table.
    """
    of_parts = parts_numeric or numeric
    added = _add_up(of_parts, asked)
    row, col = asked.total
    state, number = numeric.states[row][col], numeric.numbers[row][col]
    unread = state == UNREAD or added.is_unread
    if state == OTHER or not added.parts or not (added.n_addends or (unread and number)):
        return None
    if state == BLANK and not unread and (min(added.signs) > 0 or added.total):
        return None  # a blank total says something only where amounts have to cancel out
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
    """The parts of a sum that hold or may hold numbers."""

    parts: list[Place]
    signs: list[int]
    places: list[int]  # of those that are printed
    total: int  # in units of the numeric of the parts
    n_addends: int  # that are not zero
    is_unread: bool


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
    tried = (try_sum(numeric, one, rule, kind) for one in asked)
    return [constraint for constraint in tried if constraint is not None]


def _tolerance(
    numeric: NumericTable, of_parts: NumericTable, total: Place, added: _Added
) -> tuple[Decimal, Decimal]:
    """The rounding envelope, (n + 1) times half a unit of the last printed place, and that unit."""
    printed = added.places
    places = [numeric.places[total[0]][total[1]], *printed] if numeric.is_number(total) else printed
    most = max(places, default=0)
    unit = Decimal(1).scaleb(-most)
    # One number that is printed twice is rounded twice in the same way.
    is_copy = len(printed) <= 1 and numeric is of_parts
    # Whole numbers among others with places are counts.
    is_count = most == 0 < max(numeric.scale, of_parts.scale)
    if is_copy or is_count or not (numeric.rounds and of_parts.rounds):
        return EXACT, unit
    halves = sum(10 ** (most - place) for place in places)
    return (unit * halves / 2).normalize(), unit


def strict(constraint: Constraint) -> Constraint:
    """The same where nothing is rounded."""
    if constraint.outcome != "rounding":
        return constraint
    return constraint._replace(tolerance=EXACT)


def proof_of(constraints: Sequence[Constraint]) -> float:
    """Digits that chance would have to guess for all of these to hold; copies count once."""
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
    """Constraints of which each addend was seen to count: in one that holds it was no nought.

    Args:
        constraints: of one relation that nothing but its numbers shows.
        held: those of them that show it.
        numeric: of the table.
        axis: 0: the addends are rows, 1: columns.
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
    """Every cell that takes part, and what it would have to read for the relation to hold."""
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
    """Whether one slip in one cell explains why a relation fails."""
    return any(
        mends(numerics, at, meant, constraint, most_rounded)
        for at, meant in mending(constraint, numerics)
    )


def log_odds_of(constraint: Constraint, numerics: Mapping[str, NumericTable]) -> float:
    """Digits that chance would have to guess for one slip to explain why a relation fails."""
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
    """Whether one slip turned what was meant, or that and a rounding, into what a cell reads.

    Args:
        numerics: by the ids of their tables.
        at: the cell.
        meant: what it would have to read.
        constraint: the relation that fails.
        most_rounded: units of the last place that the sum may be off beside the slip.
    """
    name, *place = at
    numeric, read = numerics[name], numerics[name].value((place[0], place[1]))
    if not numeric.is_number((place[0], place[1])):
        return False
    # Signs are lost only where there are some.
    if read * meant < 0 and not (numeric.units < 0).any():
        return False
    n_rounded = min(most_rounded, int(constraint.tolerance / constraint.unit))
    return any(
        is_single_digit_error(read, meant + by * constraint.unit, constraint.unit)
        for by in range(-n_rounded, n_rounded + 1)
        if abs(read - meant) > n_rounded * constraint.unit or by == 0
    )


def is_single_digit_error(read: Decimal, meant: Decimal, unit: Decimal) -> bool:
    """Whether one slip of the eye turns one number into the other.

    A digit misread, lost, added or swapped with its neighbour, the point moved, the sign lost.

    Args:
        read: what stands there.
        meant: what would mend the sum.
        unit: of the last printed place.
    """
    if read == meant:
        return False
    if read * meant < 0:
        return read == -meant
    if any(meant.scaleb(by) == read for by in MOVED):
        return True
    return _one_edit(_digits(read, unit), _digits(meant, unit))


def _digits(value: Decimal, unit: Decimal) -> str:
    """As they are printed, without the point: 0.04 is 004."""
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
