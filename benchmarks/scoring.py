"""How well a result agrees with truth.

    python benchmarks/scoring.py TRUTH.json RESULT.json [TRUTH RESULT ...]

Each cell of the truth is judged by the cell of the result that stands in its place. What each
figure means is written in benchmarks/README.md.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from matching import Cell, Json, Sheet, align_sheets, distance, pair_sheets

BINS = 10
DIGITS = 4


class Verdict(NamedTuple):
    """A cell of the truth and what the result has in its place."""

    table: str
    truth: Cell
    found: Cell | None

    @property
    def right(self) -> bool:
        return self.found is not None and self.found.text == self.truth.text

    @property
    def whole(self) -> bool:
        """The text is right, and so is the span."""
        return (
            self.found is not None and self.right and self.found.place[2:] == self.truth.place[2:]
        )

    @property
    def misread(self) -> bool:
        """A cell stands there, with another text."""
        return self.found is not None and not self.right

    @property
    def flagged(self) -> bool:
        return self.found is not None and self.found.needs_review

    @property
    def silent(self) -> bool:
        """A number is wrong, or stands where none should, and nothing points at it."""
        if self.found is None or self.right or self.flagged:
            return False
        return self.truth.is_number or self.found.is_number

    @property
    def character_errors(self) -> int:
        found = self.found.text if self.found else ""
        return min(distance(self.truth.text, found), len(self.truth.text))


class Score(NamedTuple):
    """All that the figures of one or more documents are computed from."""

    tables: int
    tables_found: int
    structures: int
    cells_found: int
    cells_flagged: int
    verdicts: tuple[Verdict, ...]


class Figures(NamedTuple):
    """What is reported. Shares are rounded; None: there is nothing to take a share of."""

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


def judge(truth: Sheet, found: Sheet | None) -> list[Verdict]:
    """A verdict for each cell of the truth that can be read."""
    rows, cols = align_sheets(truth, found) if found else ({}, {})

    def counterpart(cell: Cell) -> Cell | None:
        if found is None or cell.row not in rows or cell.col not in cols:
            return None
        return found.at(rows[cell.row], cols[cell.col])

    return [
        Verdict(truth.name, cell, counterpart(cell)) for cell in truth.cells if not cell.ignored
    ]


def score(truth: Json, result: Json) -> Score:
    """Judge one document: parsed JSON of its truth and of its result."""
    sheets = [Sheet(table) for table in truth["tables"]]
    found = [Sheet(table) for table in result.get("tables", [])]
    pairs = pair_sheets(sheets, found)
    partners = [found[pairs[i]] if i in pairs else None for i in range(len(sheets))]
    matched = list(zip(sheets, partners, strict=True))
    cells = list(chain.from_iterable(sheet.cells for sheet in found))
    return Score(
        tables=len(sheets),
        tables_found=len(found),
        structures=sum(b is not None and a.has_structure_of(b) for a, b in matched),
        cells_found=len(cells),
        cells_flagged=sum(cell.needs_review for cell in cells),
        verdicts=tuple(verdict for a, b in matched for verdict in judge(a, b)),
    )


def together(scores: Iterable[Score]) -> Score:
    """One score of several documents, each cell counting once."""
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
    """What a score says, rounded."""
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
    """How far confidence lies from the share that is right, over ten bins of confidence."""
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
    """The chance that a right cell is surer than a wrong one (area under the ROC curve).

    Of two cells with the same confidence the later one counts as the surer.
    """
    n_right = sum(right for _, right in confident)
    n_pairs = n_right * (len(confident) - n_right)
    if n_pairs == 0:
        return None
    ranked = sorted(confident, key=lambda pair: pair[0])
    ranks = sum(rank for rank, (_, right) in enumerate(ranked) if right)
    return round((ranks - n_right * (n_right - 1) / 2) / n_pairs, DIGITS)


def aligned(rows: Sequence[Sequence[object]]) -> str:
    """Rows of values as lines of text, the first column flush left, the others right."""
    shown = [["-" if value is None else str(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return "\n".join(
        "  ".join(
            value.rjust(width) if number else value.ljust(width)
            for number, (value, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in shown
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Score results against truth.")
    parser.add_argument("files", nargs="+", type=Path, metavar="TRUTH RESULT")
    files: list[Path] = parser.parse_args().files
    if len(files) % 2:
        parser.error("give pairs of files: each truth with its result")
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    scores = {
        str(path): score(truth, result)
        for path, truth, result in zip(files[1::2], documents[::2], documents[1::2], strict=True)
    }
    scores["all together"] = together(scores.values())
    rows = [(name, *figures(one)) for name, one in scores.items()]
    print(aligned([("result", *Figures._fields), *rows]))


if __name__ == "__main__":
    main()
