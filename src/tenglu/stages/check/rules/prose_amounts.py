"""Compare amounts in the text of a document with its tables: 基本支出1,838.82万元."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from tenglu.model import TextBlock
from tenglu.stages.check.rules.constraint import (
    At,
    Constraint,
    ConstraintGroup,
    is_single_digit_error,
)
from tenglu.stages.check.rules.rule import DocumentRule, DocumentView, RuleName, TableView
from tenglu.stages.check.values import label_words

_AMOUNT = re.compile(r"(?P<figure>\d[\d,，]*(?:\.\d+)?)(?P<unit>万元|亿元|元)")
_CLAUSE = re.compile(r"[，。；、：:;,]")
_OTHER_YEAR = re.compile(r"上年|去年|年初预算|预算数|增加|减少|增长|下降|比\d{4}年")
FACTORS = {"元": 1, "万元": 10**4, "亿元": 10**8}
MIN_DIGITS = 4  # digits of an amount; shorter ones occur in many places
MIN_LABEL = 4  # characters of a label
CLAUSE = 30  # characters before an amount that may contain its label


TEXT = RuleName("text", "正文与表", "what the text says")


class _Named(NamedTuple):
    """A number of a table, with a label of its row or column."""

    at: At
    value: Decimal  # 元
    places: int  # printed decimal places, in the unit of the table
    factor: int  # 元 per unit of the table
    label: str

    @property
    def unit(self) -> Decimal:
        """Value of 1 in the last printed place, in 元."""
        return Decimal(self.factor).scaleb(-self.places)


def _propose(document: DocumentView) -> Iterator[ConstraintGroup]:
    """Propose that amounts in the text equal the numbers of the rows that they name."""
    texts = [
        block.text
        for page in document.pages
        for block in page.blocks
        if isinstance(block, TextBlock) and block.kind in ("paragraph", "line", "note")
    ]
    if not any(_AMOUNT.search(text) for text in texts):
        return
    named = [number for table in document.tables for number in _numbers(table)]
    by_label: dict[str, list[_Named]] = {}
    for number in named:
        by_label.setdefault(number.label, []).append(number)
    labels = sorted(by_label, key=len, reverse=True)
    values = {number.value for number in named}
    constraints = [
        constraint
        for text in texts
        for constraint in _constraints(text, (labels, by_label), values)
    ]
    yield ConstraintGroup("found", constraints)


def _numbers(table: TableView) -> Iterator[_Named]:
    numeric = table.numeric
    factor = FACTORS.get(label_words.folded(numeric.source.unit))
    if factor is None:
        return
    for side in table.sides:
        for row in side.rows:
            for col in side.cols:
                if not numeric.is_number((row, col)):
                    continue
                for label in _labels(side.labels[row], table, col):
                    yield _Named(
                        (numeric.source.id, row, col),
                        numeric.value((row, col)) * factor,
                        numeric.places[row][col],
                        factor,
                        label,
                    )


def _labels(label: str, table: TableView, col: int) -> Iterator[str]:
    """Yield the labels of a number: its row, and in a row of totals the head of its column."""
    name = label_words.core(label.rpartition(" ")[2])
    if len(name) >= MIN_LABEL:
        yield name
    if name == "合计":
        regions = (part.region for part in table.parts)
        heads = [region.heads[col] for region in regions if col in region.heads]
        yield from {head[-1] for head in heads if head and len(head[-1]) >= MIN_LABEL}


def _constraints(
    text: str, known: tuple[list[str], dict[str, list[_Named]]], values: set[Decimal]
) -> Iterator[Constraint]:
    labels, by_label = known
    end = 0
    for match in _AMOUNT.finditer(text):
        before = text[max(end, match.start() - CLAUSE) : match.start()]
        end = match.end()
        clause = _CLAUSE.split(before)[-1]
        figure = re.sub(r"[,，]", "", match["figure"])
        value = Decimal(figure) * FACTORS[match["unit"]]
        digits = len(figure.replace(".", "").strip("0"))
        name = next((label for label in labels if label in label_words.folded(clause)), None)
        if name is None or digits < MIN_DIGITS or _OTHER_YEAR.search(clause):
            continue
        quote = f"{clause}{match[0]}"
        equal = [number for number in by_label[name] if number.value == value]
        if equal:
            yield from (_constraint(number, value, quote) for number in equal)
        elif value not in values and len({number.value for number in by_label[name]}) == 1:
            near = [n for n in by_label[name] if is_single_digit_error(n.value, value, n.unit)]
            yield from (_constraint(number, value, quote) for number in near)


def _constraint(number: _Named, value: Decimal, quote: str) -> Constraint:
    return Constraint(
        kind="equal",
        rule=TEXT.name,
        table=number.at[0],
        total=number.at[1:],
        parts=(),
        signs=(),
        expected=value / number.factor,
        found=number.value / number.factor,
        unit=number.unit / number.factor,
        quote=quote,
    )


PROSE_AMOUNTS = DocumentRule((TEXT,), _propose)
