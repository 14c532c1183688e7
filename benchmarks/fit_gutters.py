"""Fit the judge of gutters on pages that a browser has set, and write the model.

    python benchmarks/fit_gutters.py DIR [--write]

DIR holds pages of benchmarks/tables_html.py. In each table without column rules every stretch of
white that could part columns is a case: it does if the boundary of two columns of the table lies
in it. Every fifth page is held out for the figures.
"""

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

import logistic
from tenglu.imaging.ruling_line import Rule
from tenglu.stages.tables import gutters, proposals
from tenglu.stages.tables.blocks import Line, find_blocks, make_lines
from tenglu.stages.tables.page_text import PageText
from tenglu.stages.tables.text_tables import group_rows
from tenglu.stages.tables.words import group_lines

MODEL = Path(gutters.__file__).with_name(gutters.MODEL_FILE)
ON = 0.1  # text heights beside a gutter, where the boundary of two columns may lie
RULED = 0.3  # of the gutters of a table have a rule: it needs no white to tell its columns
HOLD_OUT = 5
ROUNDS = 3  # of leaving out false gutters, as the judge does
EVEN = 0.5


class Case(NamedTuple):
    """A stretch of white."""

    page: int
    seen: dict[str, float]
    parts: bool


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="fit the judge of gutters")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(arguments)
    rng = random.Random(1)  # noqa: S311 - no secret
    paths = sorted(given.folder.glob("*.png"))
    cases = [case for i, path in enumerate(paths) for case in cases_of(i, path, rng)]
    weight = [float(case.page % HOLD_OUT > 0) for case in cases]
    seen, parts = [case.seen for case in cases], [case.parts for case in cases]
    model = logistic.fit(seen, parts, weight)
    right = (logistic.scores(model, seen) > 0) == np.array(parts)
    held = np.array(weight) == 0
    print(f"gutters {held.sum()} held out, told right {right[held].mean():.3f}")
    if given.write:
        model = logistic.fit(seen, parts, [1.0] * len(cases))
        MODEL.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


def cases_of(number: int, path: Path, rng: random.Random) -> Iterator[Case]:
    drawn = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    image = cv2.imread(str(path))
    if image is None:
        return
    found = proposals(np.ascontiguousarray(image[:, :, ::-1]), learned="never")
    for table in drawn["tables"]:
        box = [side * drawn["scale"] for side in table["box"]]
        edges = {cell["box"][0] * drawn["scale"] for cell in table["cells"] if cell["col"]}
        for seen, parts in table_cases(box, edges, found.text, found.rules[1], rng):
            yield Case(number, seen, parts)


def table_cases(
    box: Sequence[float],
    edges: set[float],
    text: PageText,
    rules: Sequence[Rule],
    rng: random.Random,
) -> Iterator[tuple[dict[str, float], bool]]:
    """The gutters of one table, as the judge meets them while it leaves out false ones."""
    rows = _rows(box, text)
    height = text.text_height
    known = [gutter for block in find_blocks(rows, height) for gutter in block.gutters]
    white = gutters.candidates(rows, known, height) if len(rows) > 1 else []
    ruled = [_ruled(gutter, box, rules) for gutter in white]
    if not white or float(np.mean(np.array(ruled) > EVEN)) > RULED:
        return
    near = ON * height
    true = [any(a - near <= edge <= b + near for edge in edges) for a, b in white]
    left = list(range(len(white)))
    for _ in range(ROUNDS):
        some = gutters.features(rows, [white[i] for i in left], [ruled[i] for i in left], height)
        yield from zip(some, [true[i] for i in left], strict=True)
        kept = [i for i in left if true[i] or rng.random() < EVEN]
        if len(kept) == len(left) or not kept:
            return
        left = kept


def _rows(box: Sequence[float], text: PageText) -> list[Line]:
    words = text.words
    x = (words.x0 + words.x1) / 2
    y = words.middle + words.slope * x
    own = words.some((x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3]))
    return group_rows(make_lines(own, group_lines(own, text.text_height)))


def _ruled(gutter: tuple[float, float], box: Sequence[float], rules: Sequence[Rule]) -> float:
    """Share of the height of a table along which a rule runs down a gutter."""
    lengths: list[Any] = [
        max(0.0, min(rule.end, box[3]) - max(rule.start, box[1]))
        for rule in rules
        if gutter[0] <= float(rule.across.mean()) <= gutter[1]
    ]
    return float(min(1.0, sum(lengths) / max(1.0, box[3] - box[1])))


if __name__ == "__main__":
    main()
