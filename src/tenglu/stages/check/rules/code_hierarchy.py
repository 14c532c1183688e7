"""Hierarchies of codes: the row of 201 is the sum of the rows of 20132 and 20138, and so on."""

from collections.abc import Iterator, Sequence

from tenglu.model import Place
from tenglu.stages.check.rules.constraint import ConstraintGroup, Sum, try_sum
from tenglu.stages.check.rules.numeric_table import NumericTable
from tenglu.stages.check.rules.rule import Known, Rule, RuleName, TableView
from tenglu.stages.check.rules.sides import Side, is_total

CODES = RuleName("codes", "科目层级", "codes below a code")
MIN_CODES = 3
MAX_STEP = 4  # more digits than the parent code


def codes_of(sides: Sequence[Side]) -> dict[str, tuple[int, Side]]:
    """Return the row and side of each code that occurs once."""
    found: dict[str, tuple[int, Side]] = {}
    twice: set[str] = set()
    for side in sides:
        for row in side.rows:
            first = side.labels[row].partition(" ")[0]
            if first.isascii() and first.isdigit():
                if first in found:
                    twice.add(first)
                found[first] = (row, side)
    return {code: place for code, place in found.items() if code not in twice}


def _hierarchy(numeric: NumericTable, sides: Sequence[Side]) -> Iterator[ConstraintGroup]:
    """Propose each code as the sum of its children, and each total as the sum of top codes."""
    codes = codes_of(sides)
    if len(codes) < MIN_CODES:
        return
    children: dict[str, list[str]] = {}
    tops = []
    for code in codes:
        parent = next(
            (
                code[:end]
                for end in range(len(code) - 1, max(0, len(code) - 1 - MAX_STEP), -1)
                if code[:end] in codes
            ),
            None,
        )
        if parent is None:
            tops.append(code)
        else:
            children.setdefault(parent, []).append(code)
    if not children:
        return
    for parent, parts in children.items():
        row, side = codes[parent]
        yield _relation(numeric, row, side, [codes[part] for part in parts])
    for side in sides:
        for row in side.rows:
            if is_total(side.labels[row]) and any(codes[top][1] is side for top in tops):
                own = [codes[top] for top in tops if codes[top][1] is side]
                yield _relation(numeric, row, side, own)


def _relation(
    numeric: NumericTable, row: int, side: Side, parts: Sequence[tuple[int, Side]]
) -> ConstraintGroup:
    constraints = []
    for index, col in enumerate(side.cols):
        places: list[Place] = [(at, of.cols[index]) for at, of in parts if index < len(of.cols)]
        if constraint := try_sum(numeric, Sum((row, col), places), CODES.name):
            constraints.append(constraint)
    return ConstraintGroup("labelled", constraints)


def _propose(view: TableView, _: Known) -> Iterator[ConstraintGroup]:
    for part in view.parts:
        yield from _hierarchy(view.numeric, part.sides)


CODE_HIERARCHY = Rule((CODES,), _propose)
