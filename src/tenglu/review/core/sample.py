"""A random sample of the cells that nobody was asked to look at, and what it proves of the rest."""

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
from tenglu.review.core.events import TELLING, LogRecord
from tenglu.review.core.folder import Result, read_result
from tenglu.review.core.log import Log

ASSURANCE = 0.95
_HALVINGS = 60  # of an interval of 1: finer than a float tells


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
    """What a sample tells."""

    drawn: int  # cells
    checked: int
    wrong: int  # of those that were checked
    population: int  # cells that the sample was drawn from
    share: float | None  # of the rest that may be wrong, at most; None: not all were checked
    most: int | None  # cells of the rest that may be wrong, at most


def draw(log: Log, results: Sequence[Result], size: int, seed: int | None = None) -> None:
    """Draw a sample and write it down, unless the last one is of this size already.

    Args:
        log: of the folder.
        results: all documents.
        size: cells; the whole where there are not so many.
        seed: of the draw; None: made up, and written down.
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
    """The cells of a result that nobody was asked to look at, and that nobody has looked at."""
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
    """The cells of the last sample; none where no sample was drawn."""
    rows = log.rows(
        "SELECT document, tbl, row, col, page, polygon, text FROM sampled "
        "WHERE sample = (SELECT max(id) FROM sample) ORDER BY document, tbl, row, col"
    )
    return [Drawn._make((*row[:5], json.loads(row[5]), row[6])) for row in rows]


def verdict(log: Log) -> Verdict | None:
    """What the last sample tells by now; None: there is none."""
    drawn = drawn_cells(log)
    if not drawn:
        return None
    [[population]] = log.rows("SELECT population FROM sample ORDER BY id DESC LIMIT 1")
    said = {name: list(_judgements(log.entries(name))) for name in {d.document for d in drawn}}
    texts = [(cell, _judged(cell, said[cell.document])) for cell in drawn]
    checked = [(cell, entry) for cell, entry in texts if entry is not None]
    wrong = sum(entry.said.after != cell.text for cell, entry in checked)
    if len(checked) < len(drawn):  # those that were checked first are no random ones
        return Verdict(len(drawn), len(checked), wrong, population, None, None)
    share = most_wrong(wrong, len(checked))
    rest = population - len(checked)
    return Verdict(len(drawn), len(checked), wrong, population, share, math.floor(share * rest))


def unchecked(log: Log) -> list[Drawn]:
    """The cells of the last sample that nobody has looked at yet."""
    drawn = drawn_cells(log)
    said = {name: list(_judgements(log.entries(name))) for name in {d.document for d in drawn}}
    return [cell for cell in drawn if _judged(cell, said[cell.document]) is None]


def most_wrong(wrong: int, checked: int) -> float:
    """The share of wrong cells that is not exceeded with 95 % confidence (Clopper and Pearson).

    Args:
        wrong: cells of the sample that were wrong.
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
    """Probability of so many wrong ones or fewer."""
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
    return (entry for entry in in_force(entries) if entry.said.kind in TELLING)


def _judged(cell: Drawn, said: Sequence[LogRecord]) -> LogRecord | None:
    """The last judgement of a cell, by its place on the scan; None: nobody has judged it."""
    for entry in reversed(said):
        page, polygon = entry.said.detail["page"], entry.said.detail["polygon"]
        if page == cell.page and overlap(polygon, cell.polygon) >= SAME_PLACE:
            found: LogRecord = entry
            return found
    return None
