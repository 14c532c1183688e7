"""Fit the judge of edges on pages with truth and write the model that tenglu carries.

    python benchmarks/fit_edges.py FOLDER ... --cache DIR [--pages N] [--write]

Every lattice that rules make on a page is laid over the truth: an edge parts two cells if a side of
a cell lies on it. Fully ruled documents of the sides "dev" and "drawn" are fitted, those of "held"
(benchmarks/structure.py) are counted.
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
from structure import Prepared, prepared, side_of, truths_in
from tenglu.stages.tables import edges, ruled_lattices
from tenglu.stages.tables.lattice import Lattice

MODEL = Path(edges.__file__).with_name(edges.MODEL_FILE)
ON = 0.45  # text heights between an edge and the side of a cell that it is
INSIDE = 0.5  # of a lattice lies in the table that it is compared with
EVEN = 0.5
Array = np.ndarray[Any, np.dtype[np.float64]]


class Case(NamedTuple):
    """An inner edge."""

    side: str
    seen: dict[str, float]
    parts: bool


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="fit the judge of edges")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--pages", type=int, default=2, help="of a document at most")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(arguments)
    cases = [
        case
        for truth in truths_in(given.folders)
        if read(truth).get("rules", "full") == "full"
        for case in cases_of(truth, given.cache, given.pages)
    ]
    weight = [float(case.side != "held") for case in cases]
    model = logistic.fit([c.seen for c in cases], [c.parts for c in cases], weight)
    report(cases, model)
    if given.write:
        MODEL.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


def cases_of(path: Path, cache: Path, most: int) -> Iterator[Case]:
    truth = read(path)
    for page in prepared(document_of(path), cache, most):
        pages = truth.get("pages", [])
        scan = pages[page.number - 1].get("scan") if page.number <= len(pages) else None
        tables = [_upright(part, page) for part in scan["parts"]] if scan else []
        found = ruled_lattices(page.image)
        for lattice in found.lattices:
            table = _table_of(lattice, tables)
            if table is None:
                continue
            level, plumb = edges.edge_features(lattice, found.dark, found.ink)
            near = ON * found.ink.text_height
            for seen, parts in (
                (level[1:-1], _on_sides(lattice.joints, table, near)[1:-1]),
                (
                    plumb.transpose(1, 0, 2)[1:-1],
                    _on_sides(
                        lattice.joints.transpose(1, 0, 2)[:, :, ::-1],
                        table[:, [0, 3, 2, 1], ::-1],
                        near,
                    )[1:-1],
                ),
            ):
                for one, is_wall in zip(
                    seen.reshape(-1, len(edges.NAMES)), parts.ravel(), strict=True
                ):
                    named = dict(zip(edges.NAMES, one.tolist(), strict=True))
                    yield Case(side_of(truth), named, bool(is_wall))


def _upright(part: Any, page: Prepared) -> Array:  # noqa: ANN401 - JSON
    """(N, 4, 2) polygons of the cells of a part on the upright page."""
    corners = np.array([cell["polygon"] for cell in part["cells"]], float).reshape(-1, 1, 2)
    mapped: Array = cv2.perspectiveTransform(corners, np.linalg.inv(page.to_scan))
    return mapped.reshape(-1, 4, 2)


def _table_of(lattice: Lattice, tables: Sequence[Array]) -> Array | None:
    """The table of the truth that a lattice lies in."""
    low, high = lattice.joints.min(axis=(0, 1)), lattice.joints.max(axis=(0, 1))
    for table in tables:
        shared = np.minimum(high, table.max(axis=(0, 1))) - np.maximum(low, table.min(axis=(0, 1)))
        if np.prod(np.maximum(shared, 0)) >= INSIDE * np.prod(high - low):
            return table
    return None


def _on_sides(joints: Array, cells: Array, near: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """(N, M) whether each edge along x lies on the upper or lower side of a cell."""
    middle = (joints[:, :-1] + joints[:, 1:]) / 2
    sides = np.concatenate([cells[:, [0, 1]], cells[:, [3, 2]]])
    start, end = sides[:, 0], sides[:, 1]
    run = np.maximum(end[:, 0] - start[:, 0], 1.0)
    share = (middle[:, :, None, 0] - start[:, 0]) / run
    level = start[:, 1] + share * (end[:, 1] - start[:, 1])
    on = (share >= 0) & (share <= 1) & (np.abs(level - middle[:, :, None, 1]) < near)
    found: np.ndarray[Any, np.dtype[np.bool_]] = on.any(axis=2)
    return found


def report(cases: Sequence[Case], model: dict[str, Any]) -> None:
    """Print how many edges are told wrong, by their drawn share and by the model."""
    chance = logistic.sigmoid(logistic.scores(model, [case.seen for case in cases]))
    groups: dict[str, list[int]] = defaultdict(list)
    for i, case in enumerate(cases):
        groups[case.side].append(i)
    for side, some in sorted(groups.items()):
        plain = sum((cases[i].seen["drawn"] >= EVEN) != cases[i].parts for i in some)
        wrong = sum((chance[i] >= EVEN) != cases[i].parts for i in some)
        print(f"{side:6} edges {len(some):6} wrong by drawn share {plain:4} by the model {wrong:4}")


if __name__ == "__main__":
    main()
