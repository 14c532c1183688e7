"""Score a result against truth.

Each cell of the truth is compared with the cell of the result at its place. docs/evaluate.md
explains each figure.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from tenglu.evaluation.matching import Cell, CellGrid, Json, align_tables, distance, pair_tables

BINS = 10
DIGITS = 4


class Verdict(NamedTuple):
    """A cell of the truth and the cell of the result at its place."""

    table: str
    truth: Cell
    found: Cell | None

    @property
    def right(self) -> bool:
        return self.found is not None and self.found.text == self.truth.text

    @property
    def whole(self) -> bool:
        """Whether text and span are right."""
        return (
            self.found is not None and self.right and self.found.place[2:] == self.truth.place[2:]
        )

    @property
    def misread(self) -> bool:
        """Whether a cell was found, with another text."""
        return self.found is not None and not self.right

    @property
    def flagged(self) -> bool:
        return self.found is not None and self.found.needs_review

    @property
    def silent(self) -> bool:
        """Whether a number is wrong, or stands where none should, without a flag."""
        if self.found is None or self.right or self.flagged:
            return False
        return self.truth.is_number or self.found.is_number

    @property
    def character_errors(self) -> int:
        found = self.found.text if self.found else ""
        return min(distance(self.truth.text, found), len(self.truth.text))


class Score(NamedTuple):
    """The counts and verdicts that the figures of one or more documents are computed from."""

    tables: int
    tables_found: int
    structures: int
    cells_found: int
    cells_flagged: int
    verdicts: tuple[Verdict, ...]


class Figures(NamedTuple):
    """The figures of accuracy. Shares are rounded to four digits; None: nothing to count."""

    tables: int
    tables_found: int
    structure: float | None
    cells: int
    cell: float | None
    text: float | None
    number: float | None
    cer: float | None
    flagged: float | None
    wrong: int
    caught: float | None
    silent: int
    ece: float | None
    auroc: float | None


def judge(truth: CellGrid, found: CellGrid | None) -> list[Verdict]:
    """Return a verdict for each cell of the truth that can be read."""
    rows, cols = align_tables(truth, found) if found else ({}, {})

    def counterpart(cell: Cell) -> Cell | None:
        if found is None or cell.row not in rows or cell.col not in cols:
            return None
        return found.at(rows[cell.row], cols[cell.col])

    return [
        Verdict(truth.name, cell, counterpart(cell)) for cell in truth.cells if not cell.ignored
    ]


def score(truth: Json, result: Json) -> Score:
    """Score one document, given the parsed JSON of its truth and of its result."""
    tables = [CellGrid(table) for table in truth["tables"]]
    found = [CellGrid(table) for table in result.get("tables", [])]
    pairs = pair_tables(tables, found)
    partners = [found[pairs[i]] if i in pairs else None for i in range(len(tables))]
    matched = list(zip(tables, partners, strict=True))
    cells = list(chain.from_iterable(table.cells for table in found))
    return Score(
        tables=len(tables),
        tables_found=len(found),
        structures=sum(b is not None and a.has_structure_of(b) for a, b in matched),
        cells_found=len(cells),
        cells_flagged=sum(cell.needs_review for cell in cells),
        verdicts=tuple(verdict for a, b in matched for verdict in judge(a, b)),
    )


def together(scores: Iterable[Score]) -> Score:
    """Combine the scores of several documents; each cell counts once."""
    *counts, verdicts = zip(*scores, strict=True)
    tables, tables_found, structures, cells_found, cells_flagged = map(sum, counts)
    return Score(
        tables,
        tables_found,
        structures,
        cells_found,
        cells_flagged,
        tuple(chain.from_iterable(verdicts)),
    )


def figures(scored: Score) -> Figures:
    """Compute the figures of a score, rounded to four digits."""
    verdicts = scored.verdicts
    filled = [v for v in verdicts if v.truth.text]
    numbers = [v for v in filled if v.truth.is_number]
    misread = [v for v in verdicts if v.misread]
    characters = sum(len(v.truth.text) for v in filled)
    confident = [
        (v.found.confidence, v.right)
        for v in verdicts
        if v.found and v.found.confidence is not None
    ]
    return Figures(
        tables=scored.tables,
        tables_found=scored.tables_found,
        structure=_share(scored.structures, scored.tables),
        cells=len(verdicts),
        cell=_share(sum(v.whole for v in verdicts), len(verdicts)),
        text=_share(sum(v.right for v in filled), len(filled)),
        number=_share(sum(v.right for v in numbers), len(numbers)),
        cer=_share(sum(v.character_errors for v in filled), characters),
        flagged=_share(scored.cells_flagged, scored.cells_found),
        wrong=len(misread),
        caught=_share(sum(v.flagged for v in misread), len(misread)),
        silent=sum(v.silent for v in misread),
        ece=calibration_error(confident),
        auroc=separation(confident),
    )


def _share(part: int, of: int) -> float | None:
    return round(part / of, DIGITS) if of else None


def calibration_error(confident: Sequence[tuple[float, bool]]) -> float | None:
    """Return the expected calibration error, over ten bins of confidence (Guo et al. 2017)."""
    if not confident:
        return None
    confidence, right = np.array(confident, np.float64).T
    bins = np.clip((confidence * BINS).astype(int), 0, BINS - 1)
    gaps = (
        abs(confidence[here].mean() - right[here].mean()) * here.mean()
        for here in (bins == number for number in range(BINS))
        if here.any()
    )
    return round(float(sum(gaps)), DIGITS)


def separation(confident: Sequence[tuple[float, bool]]) -> float | None:
    """Return the chance that a right cell has a higher confidence than a wrong one (AUROC).

    Of two cells with the same confidence the later one counts as higher.
    """
    n_right = sum(right for _, right in confident)
    n_pairs = n_right * (len(confident) - n_right)
    if n_pairs == 0:
        return None
    ranked = sorted(confident, key=lambda pair: pair[0])
    ranks = sum(rank for rank, (_, right) in enumerate(ranked) if right)
    return round((ranks - n_right * (n_right - 1) / 2) / n_pairs, DIGITS)


def aligned(rows: Sequence[Sequence[object]]) -> str:
    """Format rows of values as lines of text, the first column left-aligned, the others right."""
    shown = [["-" if value is None else str(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return "\n".join(
        "  ".join(
            value.rjust(width) if number else value.ljust(width)
            for number, (value, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in shown
    )


def described(verdict: Verdict) -> str:
    """Describe one wrong cell in a line; rows and columns are counted from 0."""
    truth, found = verdict.truth, verdict.found
    place = f"{verdict.table} {truth.row},{truth.col}"
    if found is None:
        return f"{place}: {truth.text!r}, no cell found"
    state = "flagged" if found.needs_review else "silent" if verdict.silent else "not flagged"
    return f"{place}: {truth.text!r}, read {found.text!r}, {state}, confidence {found.confidence}"
