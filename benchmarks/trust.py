"""How far confidence can be trusted: reliability, and what a review leaves behind.

    python benchmarks/trust.py TRUTH.json RESULT.json [TRUTH RESULT ...] [--plot PNG]

Results are what ``tenglu convert`` writes (``accuracy.py --out`` keeps them). Cells are grouped by
how their documents were scanned. ``--plot`` draws two pictures side by side: how many cells are
wrong among those of like confidence, and how many wrong cells are left when the least sure ones
have been looked at, with the place where tenglu itself stops asking.
"""

import argparse
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from charts import COLOURS, Axis, Panel, beside, from_nought, logarithmic
from tenglu.evaluation.matching import Json
from tenglu.evaluation.scoring import Verdict, aligned, calibration_error, score, separation

FORMS = "forms"  # short documents of many kinds are a group of their own
EDGES = np.array(
    [0, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.3, 0.6, 1.0]
)  # of doubt; bins hold their upper end
NORMAL = 1.96  # standard deviations of a 95 % interval
IN = 10_000  # cells that errors are told of
SIZE = 620, 430  # px, of a panel
FLOOR = 1e-6  # share of wrong cells; less is drawn there
SHARES = [(float(text), text) for text in ("1e-6", "1e-5", "1e-4", "1e-3", "0.01", "0.1", "1")]
REVIEWED = [(0.0, "0"), *((v, f"{v:g}") for v in (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0))]
LEFT = [(0.0, "0"), *((v, f"{v:g}") for v in (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0))]


class Asked(NamedTuple):
    """A cell of a result that stands for one of the truth."""

    doubt: float  # 1 - confidence; 1 where there is none
    scored: bool
    right: bool
    flagged: bool
    number: bool  # in the truth or in the result


class Bin(NamedTuple):
    """Cells of like doubt."""

    cells: int
    doubt: float  # mean
    wrong: float  # share
    low: float  # of its 95 % interval
    high: float


class Trust(NamedTuple):
    """What is printed of a group of documents."""

    cells: int
    wrong: int
    flagged: float | None
    caught: float | None
    silent_numbers: int
    numbers: int
    expected: float  # wrong cells among those not flagged, by their confidence
    left: int  # wrong cells among those not flagged, in fact
    ece: float | None
    auroc: float | None


def asked(verdicts: Iterable[Verdict]) -> list[Asked]:
    """Cells that were found, as the reviewer meets them."""
    return [
        Asked(
            doubt=1 - (v.found.confidence or 0.0),
            scored=v.found.confidence is not None,
            right=v.right,
            flagged=v.flagged,
            number=v.truth.is_number or v.found.is_number,
        )
        for v in verdicts
        if v.found is not None
    ]


def trust(cells: Sequence[Asked]) -> Trust:
    """The figures of a group."""
    wrong = [cell for cell in cells if not cell.right]
    unseen = [cell for cell in cells if not cell.flagged]
    pairs = [(1 - cell.doubt, cell.right) for cell in cells if cell.scored]
    return Trust(
        cells=len(cells),
        wrong=len(wrong),
        flagged=_share(len(cells) - len(unseen), len(cells)),
        caught=_share(sum(cell.flagged for cell in wrong), len(wrong)),
        silent_numbers=sum(cell.number and not cell.flagged for cell in wrong),
        numbers=sum(cell.number for cell in cells),
        expected=round(sum(cell.doubt for cell in unseen), 2),
        left=sum(not cell.right for cell in unseen),
        ece=calibration_error(pairs),
        auroc=separation(pairs),
    )


def _share(part: int, of: int) -> float | None:
    return round(part / of, 4) if of else None


def reliability(cells: Sequence[Asked]) -> list[Bin]:
    """Share of wrong cells among those of like doubt, from the surest to the least sure."""
    doubt = np.array([cell.doubt for cell in cells if cell.scored])
    wrong = np.array([not cell.right for cell in cells if cell.scored])
    places = np.searchsorted(EDGES[1:-1], doubt)
    bins = []
    for place in range(len(EDGES) - 1):
        here = places == place
        if here.any():
            low, high = wilson(int(wrong[here].sum()), int(here.sum()))
            mean = float(doubt[here].mean())
            bins.append(Bin(int(here.sum()), mean, float(wrong[here].mean()), low, high))
    return bins


def wilson(part: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    share, square = part / of, NORMAL**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    spread = math.sqrt(share * (1 - share) / of + square / (4 * of**2)) * NORMAL / (1 + square / of)
    return max(0.0, middle - spread), min(1.0, middle + spread)


def review_curve(cells: Sequence[Asked]) -> tuple[np.ndarray, np.ndarray]:
    """Share of the cells looked at, least sure first, and the share of all that is wrong still."""
    least_sure_first = sorted(cells, key=lambda cell: -cell.doubt)
    found = np.cumsum([0, *(not cell.right for cell in least_sure_first)])
    return np.arange(len(cells) + 1) / len(cells), (found[-1] - found) / len(cells)


def by_scan(
    truths: Sequence[Json], verdicts: Sequence[Sequence[Verdict]]
) -> dict[str, list[Asked]]:
    """Cells by how their documents were scanned."""
    groups: dict[str, list[Asked]] = {}
    for truth, judged in zip(truths, verdicts, strict=True):
        name = truth.get("profile", "real")
        if str(truth.get("id", "")).startswith(FORMS):
            name = f"{FORMS} {name}"
        groups.setdefault(name, []).extend(asked(judged))
    return dict(sorted(groups.items()))


def draw(groups: Mapping[str, Sequence[Asked]], path: Path) -> None:
    """Both pictures: all documents together, and each group."""
    everything = [cell for cells in groups.values() for cell in cells]
    path.write_bytes(beside([_reliability(reliability(everything)), _review(groups)]))


def _reliability(bins: Sequence[Bin]) -> Panel:
    x = Axis("1 - confidence", SHARES, logarithmic)
    y = Axis("share of cells that is wrong, and its 95 % interval", SHARES, logarithmic)
    panel = Panel(SIZE, "Reliability (line: as promised; numbers: cells)", x, y)
    panel.line([(FLOOR, FLOOR), (1, 1)], (170, 170, 170))
    for b in bins:
        panel.line([(b.doubt, b.low), (b.doubt, b.high)], COLOURS[0])
        panel.dot((b.doubt, b.wrong), COLOURS[0])
        panel.note(f"{b.cells:,}", (b.doubt, b.wrong))
    return panel


def _review(groups: Mapping[str, Sequence[Asked]]) -> Panel:
    x = Axis("cells looked at, least sure first, %", REVIEWED, from_nought)
    y = Axis(f"wrong cells left in {IN:,}", LEFT, from_nought)
    panel = Panel(SIZE, "Review and what it leaves (dots: where tenglu stops asking)", x, y)
    for colour, cells in zip(cycle(COLOURS), groups.values()):
        share, left = review_curve(cells)
        panel.steps(list(zip((share * 100).tolist(), (left * IN).tolist(), strict=True)), colour)
        stop = sum(cell.flagged for cell in cells) / len(cells)
        unseen = sum(not (cell.right or cell.flagged) for cell in cells) / len(cells)
        panel.dot((stop * 100, unseen * IN), colour)
    panel.legend(list(groups))
    return panel


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure confidence against truth.")
    parser.add_argument("files", nargs="+", type=Path, metavar="TRUTH RESULT")
    parser.add_argument("--plot", type=Path, help="PNG to write")
    given = parser.parse_args()
    if len(given.files) % 2:
        parser.error("give pairs of files: each truth with its result")
    documents: list[Any] = [json.loads(path.read_text(encoding="utf-8")) for path in given.files]
    truths, results = documents[::2], documents[1::2]
    verdicts = [score(t, r).verdicts for t, r in zip(truths, results, strict=True)]
    groups = by_scan(truths, verdicts)
    everything = [cell for cells in groups.values() for cell in cells]
    named = {**groups, "all together": everything}
    print(aligned([("scans", *Trust._fields), *((n, *trust(c)) for n, c in named.items())]))
    print()
    rows = [
        (b.cells, f"{b.doubt:.2g}", f"{b.wrong:.2g}", f"{b.low:.2g} to {b.high:.2g}")
        for b in reliability(everything)
    ]
    print(aligned([("cells", "doubt, mean", "wrong", "95 %"), *rows]))
    if given.plot:
        draw(groups, given.plot)


if __name__ == "__main__":
    main()
