"""A random sample of the cells without review, and a bound on the wrong cells among the rest."""

import json
import math
import random
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tenglu.errors import InputError
from tenglu.model import Cell
from tenglu.review.core.apply import in_force
from tenglu.review.core.editable_table import SAME_PLACE, overlap
from tenglu.review.core.events import DECISIONS, LogRecord
from tenglu.review.core.folder import Result, read_result
from tenglu.review.core.log import Log

ASSURANCE = 0.95
_HALVINGS = 60  # bisection steps: an interval of 1 becomes smaller than the precision of a float


class Drawn(NamedTuple):
    """A cell of a sample."""

    document: str
    table: str
    row: int
    col: int
    page: int
    polygon: Any  # four corners, px of the scan
    text: str  # as the machine read it


class Verdict(NamedTuple):
    """The result of a sample, with an upper bound at 95 % confidence."""

    drawn: int  # cells
    checked: int
    wrong: int  # of the checked ones
    population: int  # cells that the sample was drawn from
    share: float | None  # largest share of wrong cells, 0 to 1; None until all are checked
    most: int | None  # largest number of wrong cells outside the sample; None likewise


def draw(log: Log, results: Sequence[Result], size: int, seed: int | None = None) -> None:
    """Draw a sample and store it, unless the last one has this size.

    Args:
        log: log of the folder.
        results: all documents.
        size: number of cells; all cells if there are fewer.
        seed: seed of the draw, which is stored; None: a random one.
    """
    sizes = log.rows("SELECT count(*) FROM sampled GROUP BY sample ORDER BY sample DESC LIMIT 1")
    if sizes and sizes[0][0] == size:
        return
    seed = secrets.randbits(62) if seed is None else seed
    population = [drawn for result in results for drawn in _unasked(log, result)]
    if not population:
        return
    size = min(size, len(population))
    places = sorted(random.Random(seed).sample(range(len(population)), size))  # noqa: S311 - no secret
    chosen = [population[place] for place in places]
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    with log.transaction() as connection:
        cursor = connection.execute(
            "INSERT INTO sample (seed, at, population) VALUES (?, ?, ?)",
            (seed, at, len(population)),
        )
        connection.executemany(
            "INSERT INTO sampled VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            ((cursor.lastrowid, *d[:5], json.dumps(d.polygon), d.text) for d in chosen),
        )


def _unasked(log: Log, result: Result) -> Iterator[Drawn]:
    """Yield the cells of a result that do not need review and have not been reviewed."""
    try:
        document = read_result(result)
    except InputError:  # another JSON file
        return
    seen = list(_judgements(log.entries(result.name)))
    for table in document.tables:
        for cell in table.cells:
            drawn = _drawn(result.name, table.id, cell)
            if not cell.needs_review and _judged(drawn, seen) is None:
                yield drawn


def _drawn(document: str, table: str, cell: Cell) -> Drawn:
    return Drawn(document, table, cell.row, cell.col, cell.page, cell.polygon, cell.text)


def drawn_cells(log: Log) -> list[Drawn]:
    """Return the cells of the last sample, or [] without one."""
    rows = log.rows(
        "SELECT document, tbl, row, col, page, polygon, text FROM sampled "
        "WHERE sample = (SELECT max(id) FROM sample) ORDER BY document, tbl, row, col"
    )
    return [Drawn._make((*row[:5], json.loads(row[5]), row[6])) for row in rows]


def verdict(log: Log) -> Verdict | None:
    """Return the current result of the last sample, or None without one."""
    drawn = drawn_cells(log)
    if not drawn:
        return None
    [[population]] = log.rows("SELECT population FROM sample ORDER BY id DESC LIMIT 1")
    judgements = {
        name: list(_judgements(log.entries(name))) for name in {d.document for d in drawn}
    }
    texts = [(cell, _judged(cell, judgements[cell.document])) for cell in drawn]
    checked = [(cell, entry) for cell, entry in texts if entry is not None]
    wrong = sum(entry.event.after != cell.text for cell, entry in checked)
    if len(checked) < len(drawn):  # the first ones to be checked are not a random sample
        return Verdict(len(drawn), len(checked), wrong, population, None, None)
    share = most_wrong(wrong, len(checked))
    rest = population - len(checked)
    return Verdict(len(drawn), len(checked), wrong, population, share, math.floor(share * rest))


def unchecked(log: Log) -> list[Drawn]:
    """Return the cells of the last sample that have not been reviewed."""
    drawn = drawn_cells(log)
    judgements = {
        name: list(_judgements(log.entries(name))) for name in {d.document for d in drawn}
    }
    return [cell for cell in drawn if _judged(cell, judgements[cell.document]) is None]


def most_wrong(wrong: int, checked: int) -> float:
    """Return the upper bound (0 to 1) of the share of wrong cells, with 95 % confidence.

    It is the one-sided bound of Clopper and Pearson.

    Args:
        wrong: wrong cells of the sample.
        checked: cells of the sample.
    """
    if wrong >= checked:
        return 1.0
    low, high = wrong / checked, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _at_most(wrong, checked, middle) > 1 - ASSURANCE:
            low = middle
        else:
            high = middle
    return high


def _at_most(wrong: int, checked: int, share: float) -> float:
    """Return the binomial probability of at most ``wrong`` wrong cells."""
    if share >= 1:
        return 0.0
    if share <= 0:
        return 1.0
    logs = (
        math.lgamma(checked + 1)
        - math.lgamma(k + 1)
        - math.lgamma(checked - k + 1)
        + k * math.log(share)
        + (checked - k) * math.log1p(-share)
        for k in range(wrong + 1)
    )
    return math.fsum(map(math.exp, logs))


def _judgements(entries: Sequence[LogRecord]) -> Iterator[LogRecord]:
    return (entry for entry in in_force(entries) if entry.event.kind in DECISIONS)


def _judged(cell: Drawn, judgements: Sequence[LogRecord]) -> LogRecord | None:
    """Return the last judgement of a cell, by its place on the scan, or None without one."""
    for entry in reversed(judgements):
        page, polygon = entry.event.detail["page"], entry.event.detail["polygon"]
        if page == cell.page and overlap(polygon, cell.polygon) >= SAME_PLACE:
            found: LogRecord = entry
            return found
    return None
