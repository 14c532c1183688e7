"""Fit the judge of lattices on pages with truth and write the model that tenglu carries.

    python benchmarks/fit_judge.py FOLDER ... --cache DIR [--browser DIR] [--write]

Every finder proposes its lattices on every page; each is right or not. One model is fitted to how
likely a lattice is exactly right, and that the right one beats those for the same place; one to
whether text is a table at all. Documents of the side "held" (benchmarks/structure.py) are counted,
never fitted. ``--browser`` adds the pages of benchmarks/tables_html.py.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

import logistic
from accuracy import document_of, read
from structure import (
    Shape,
    found_shape,
    kind_of,
    likeness,
    on_scan,
    parts_of,
    prepared,
    shape_of,
    side_of,
    truths_in,
)
from tenglu.imaging.arrays import Rgb
from tenglu.imaging.geometry import Box, box_iou
from tenglu.stages.tables import Grid, judge, proposals
from tenglu.stages.tables.lattice_features import lattice_features, overlap

MODEL = Path(judge.__file__).with_name(judge.MODEL_FILE)
SAME = 0.5  # overlap of a lattice with the place of the table that it is
A_TABLE = 0.35  # the same, from which on it is no false alarm
WEIGHT = {"dev": 1.0, "held": 0.0, "drawn": 0.3, "browser": 0.5}
TABLE_FEATURES = (
    "own_level", "own_text", "own_learned", "from_level", "from_text", "from_learned", "cut",
    "any_cut", "apart", "any_apart", "lines", "several", "most_lines", "blank_rows", "filled",
    "rows", "cols", "spans", "sideways",
)  # fmt: skip


class Case(NamedTuple):
    """A lattice that was proposed."""

    page: str
    side: str
    kind: str
    grid: Grid
    seen: dict[str, float]
    right: bool
    table: bool


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="fit the judge of lattices")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--browser", type=Path)
    parser.add_argument("--pages", type=int, default=4, help="of a document at most")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(arguments)
    cases = list(document_cases(given.folders, given.cache, given.pages))
    if given.browser is not None:
        cases += list(browser_cases(given.browser))
    model = fit_model(cases)
    report(cases, model)
    if given.write:
        MODEL.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


def cases_of(image: Rgb, page: tuple[str, str, str], wanted: Sequence[tuple[Shape, Box | None]],
             place: Any) -> Iterator[Case]:  # fmt: skip  # noqa: ANN401 - a map of boxes
    """The lattices of a page, judged by what stands there."""
    found = proposals(image)
    for grid in judge.distinct(found.grids):
        box = place(grid)
        seen = dict(lattice_features(grid, found.text, found.rules, grid.structure))
        right = any(
            found_shape(grid) == shape and (at is None or likeness((grid, box), shape, at) > SAME)
            for shape, at in wanted
        )
        table = any(at is None or box_iou(box, at) > A_TABLE for _, at in wanted)
        yield Case(*page, grid, seen, right, table)


def document_cases(folders: Sequence[Path], cache: Path, most: int) -> Iterator[Case]:
    for truth in truths_in(folders):
        told = read(truth)
        for page in prepared(document_of(truth), cache, most):
            wanted = list(parts_of(told, page.number).values())
            name = f"{truth.stem}#{page.number}", side_of(told), kind_of(told, truth.parent.name)
            yield from cases_of(page.image, name, wanted, lambda g, p=page: on_scan(g, p.to_scan))


def browser_cases(folder: Path) -> Iterator[Case]:
    """Lattices on pages that a browser has set."""
    for path in sorted(folder.glob("*.png")):
        drawn = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        image = cv2.imread(str(path))
        if image is None:
            continue
        wanted: list[tuple[Shape, Box | None]] = []
        for table in drawn["tables"]:
            cells = [(c["row"], c["col"], c["rowspan"], c["colspan"]) for c in table["cells"]]
            size = max(c[0] + c[2] for c in cells), max(c[1] + c[3] for c in cells)
            box = Box(*(int(side * drawn["scale"]) for side in table["box"]))
            wanted.append((shape_of(*size, cells), box))
        image = np.ascontiguousarray(image[:, :, ::-1])
        yield from cases_of(image, (path.stem, "browser", "browser"), wanted, lambda g: g.box)


def fit_model(cases: Sequence[Case]) -> dict[str, Any]:
    seen, right = [case.seen for case in cases], [case.right for case in cases]
    weight = [WEIGHT[case.side] for case in cases]
    exact = logistic.fit(seen, right, weight, _pairs(cases))
    score = logistic.scores(exact, seen)
    best = _chosen(cases, score)
    exact = logistic.calibrated(
        exact, score[best], [right[i] for i in best], [weight[i] for i in best]
    )
    loose = [case for case in cases if case.grid.finder != "rules"]
    some = [{name: case.seen[name] for name in TABLE_FEATURES} for case in loose]
    weights = [float(WEIGHT[case.side] > 0) for case in loose]
    table = logistic.fit(some, [case.table for case in loose], weights)
    return {"exact": exact, "table": table}


def _by_page(cases: Sequence[Case]) -> dict[tuple[str, str], list[int]]:
    pages: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, case in enumerate(cases):
        pages[case.page, case.side].append(i)
    return pages


def _pairs(cases: Sequence[Case]) -> list[tuple[int, int]]:
    """Each right lattice with the wrong ones for the same place."""
    return [
        (a, b)
        for page in _by_page(cases).values()
        for a in page
        if cases[a].right
        for b in page
        if not cases[b].right and overlap(cases[a].grid.box, cases[b].grid.box) >= judge.RIVALS
    ]


def _chosen(cases: Sequence[Case], score: logistic.Array) -> list[int]:
    kept: list[int] = []
    for page in _by_page(cases).values():
        own: list[int] = []
        for i in sorted(page, key=lambda i: -score[i]):
            box = cases[i].grid.box
            if all(overlap(box, cases[j].grid.box) < judge.RIVALS for j in own):
                own.append(i)
        kept += own
    return kept


def report(cases: Sequence[Case], model: dict[str, Any]) -> None:
    """Print, by side and kind, how many right lattices were proposed and how many were chosen."""
    score = logistic.scores(model["exact"], [case.seen for case in cases])
    chosen = set(_chosen(cases, score))
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, case in enumerate(cases):
        groups[case.side, case.kind].append(i)
    for (side, kind), some in sorted(groups.items()):
        proposed = len(
            {(cases[i].page, found_shape(cases[i].grid)) for i in some if cases[i].right}
        )
        right = sum(cases[i].right for i in some if i in chosen)
        print(f"{side:8} {kind:28} right proposed {proposed:4} chosen {right:4}")


if __name__ == "__main__":
    main()
