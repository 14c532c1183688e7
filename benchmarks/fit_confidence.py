"""Fit the confidence of cells on drawn pages and write the model that tenglu carries.

    python benchmarks/fit_confidence.py --n 200 --seed 1000 --cache DIR [--write] [--reviewed FILE]
    python benchmarks/fit_confidence.py --cache DIR --test TRUTH.json RESULT.json [TRUTH RESULT …]

Draws pages with benchmarks/generate.py, reads each with tenglu (kept in the cache: a run that was
broken off goes on), tells right from wrong cells as benchmarks/scoring.py does, and fits for filled
and for empty cells apart a logistic regression whose weights may only point the way that
``stages/check/confidence.py`` says, then rising stairs from its score to a probability. Every fifth
page is held out of the fit; its figures are printed and go into the file with the seeds.
``--test`` prints the figures of the model on results of other documents. ``--reviewed`` adds cells
that people have judged at the reviewer's desk: what ``tenglu export --to training`` wrote.
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from generate import draw_page
from matching import Sheet, pair_sheets
from scoring import calibration_error, judge, separation
from tenglu import __version__
from tenglu.engines import Engine
from tenglu.engines.registry import open_engine
from tenglu.model import Document, Source
from tenglu.pipeline import Settings, assemble, read_page
from tenglu.stages.check import confidence
from tenglu.stages.check.confidence import EMPTY_SIGNS, FILLED_SIGNS, Curve, Model
from tenglu.stages.ingest import Scan

Json = dict[str, Any]
MODEL = Path(confidence.__file__).with_name(confidence.MODEL_FILE)
HOLD_OUT = 5  # every fifth page
FOLDS = 5  # of the pages that are fitted on, for scores that no own page has shaped
STEPS, RIDGE = 3000, 1e-3  # of the descent; weight of the weights
LEAST_STAIR = 40  # cells
KNOTS = 12  # of the last stair
TARGET = 1e-4


class Case(NamedTuple):
    """A cell that was read and judged."""

    page: int  # seed
    filled: bool
    seen: Mapping[str, float]
    right: bool
    number: bool  # in the truth or in the result


def drawn_result(seed: int, folder: Path, engine: Engine) -> tuple[Json, Document]:
    """Truth and result of a drawn page, out of the cache if it is there."""
    path = folder / f"{seed}.json"
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        return kept["truth"], Document.model_validate(kept["result"])
    drawn, settings = draw_page(seed), Settings()
    leaf = read_page(Scan(number=1, image=drawn.rgb, dpi=drawn.dpi), engine, settings)
    source = Source(name=str(seed), sha256="0" * 64, media_type="image/png", n_pages=1)
    document = assemble(source, [leaf], engine.name, settings)
    kept = {"truth": drawn.truth, "result": document.model_dump(mode="json")}
    path.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    return drawn.truth, document


def cases_of(page: int, truth: Json, document: Document) -> list[Case]:
    """The cells of a result that stand for a cell of the truth."""
    found = [Sheet(table) for table in document.model_dump(mode="json")["tables"]]
    sheets = [Sheet(table) for table in truth["tables"]]
    around, cases = confidence.surroundings(document.tables), []
    for i, j in pair_sheets(sheets, found).items():
        table = document.tables[j]
        cells = {(cell.row, cell.col): cell for cell in table.cells}
        for verdict in judge(sheets[i], found[j]):
            if verdict.found is None:
                continue
            cell = cells[verdict.found.row, verdict.found.col]
            seen = confidence.features(cell, table, around)
            if seen is not None:
                number = verdict.truth.is_number or verdict.found.is_number
                cases.append(Case(page, bool(cell.text), seen, verdict.right, number))
    return cases


def reviewed_cases(page: int, path: Path) -> list[Case]:
    """The cells of a document that people have found right or wrong."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    document = Document.model_validate(kept["result"])
    tables = {table.id: table for table in document.tables}
    places = {(t.id, cell.row, cell.col): cell for t in document.tables for cell in t.cells}
    around, cases = confidence.surroundings(document.tables), []
    for said in kept["judged"]:
        cell = places[said["table"], said["row"], said["col"]]
        seen = confidence.features(cell, tables[said["table"]], around)
        if seen is not None:
            cases.append(Case(page, bool(cell.text), seen, said["right"], cell.kind == "number"))
    return cases


def fit_curve(cases: Sequence[Case], signs: Mapping[str, int]) -> Curve:
    """Weights from all cases; stairs from scores that other pages than the cell's own gave."""
    x, y = _table(cases, signs), np.array([case.right for case in cases], float)
    pages = np.array([case.page for case in cases])
    scores = np.zeros(len(cases))
    for fold in range(FOLDS):
        out = pages // HOLD_OUT % FOLDS == fold
        scores[out] = x[out] @ fit_weights(x[~out], y[~out], signs)
    weights = fit_weights(x, y, signs)
    at, stairs = rising(scores, y)
    named = {name: round(float(w), 5) for name, w in zip(signs, weights, strict=True)}
    return Curve(weights=named, scores=tuple(at), probabilities=tuple(stairs))


def _table(cases: Iterable[Case], signs: Mapping[str, int]) -> np.ndarray:
    return np.array([[case.seen[name] for name in signs] for case in cases])


def fit_weights(x: np.ndarray, y: np.ndarray, signs: Mapping[str, int]) -> np.ndarray:
    """Logistic regression by accelerated descent; a weight of the wrong sign is held at nought."""
    middle, spread = x.mean(axis=0), x.std(axis=0)
    spread[spread == 0] = 1.0
    scaled = np.hstack([(x - middle) / spread, np.ones((len(x), 1))])
    sign = np.array([*signs.values(), 0], float)
    step = 4 / np.linalg.norm(scaled, 2) ** 2 * len(x)
    w = ahead = np.zeros(scaled.shape[1])
    for i in range(STEPS):
        guess = 1 / (1 + np.exp(-np.clip(scaled @ ahead, -30, 30)))
        slope = scaled.T @ (guess - y) / len(x) + RIDGE * ahead * (sign != 0)
        after = ahead - step * slope
        after = np.where(sign * after < 0, 0.0, after)
        ahead = after + i / (i + 3) * (after - w)
        w = after
    return w[:-1] / spread


def rising(scores: np.ndarray, y: np.ndarray) -> tuple[list[float], list[float]]:
    """Rising stairs by pooling neighbours; each stair counts half a wrong and half a right more."""
    order = np.argsort(scores, kind="stable")
    stairs: list[list[float]] = []  # cells, right ones, sum of scores
    for part in np.array_split(order, max(1, len(order) // LEAST_STAIR)):
        stairs.append([len(part), float(y[part].sum()), float(scores[part].sum())])
        while len(stairs) > 1 and _share(stairs[-2]) >= _share(stairs[-1]):
            last = stairs.pop()
            stairs[-1] = [a + b for a, b in zip(stairs[-1], last, strict=True)]
    below = [(total / cells, _share(stair)) for stair in stairs[:-1] for cells, _, total in [stair]]
    knots = [(float(scores[order[0]]), 0.0), *below, *_last_stair(scores[order], stairs)]
    return [round(score, 5) for score, _ in knots], [round(share, 7) for _, share in knots]


def _last_stair(
    ascending: np.ndarray, stairs: Sequence[Sequence[float]]
) -> list[tuple[float, float]]:
    """The surest cells, too seldom wrong to count: errors fall off there as the weights say."""
    top = ascending[-round(stairs[-1][0]) :]
    falling = np.exp(top[0] - top)
    errors = (1 - _share(stairs[-1])) * falling / falling.mean()
    most = 1 - _share(stairs[-2]) if len(stairs) > 1 else 1.0
    places = np.linspace(0, len(top) - 1, KNOTS).round().astype(int)
    return [(float(top[i]), 1 - min(most, float(errors[i]))) for i in places]


def _share(stair: Sequence[float]) -> float:
    return (stair[1] + 0.5) / (stair[0] + 1)


def figures(cases: Sequence[Case], model: Model) -> Json:
    """How well the model tells right from wrong, and what a review at the target would see."""
    curves = {True: model.filled, False: model.empty}
    p = np.array([confidence.probability(curves[case.filled], case.seen) for case in cases])
    right = np.array([case.right for case in cases])
    number = np.array([case.number for case in cases])
    pages = np.array([case.page for case in cases])
    flagged = np.zeros(len(cases), bool)
    for page in np.unique(pages):
        own = pages == page
        flagged[own] = p[own] < confidence.review_below(p[own].tolist(), TARGET)
    pairs = list(zip(p.tolist(), right.tolist(), strict=True))
    return {
        "pages": len(np.unique(pages)),
        "cells": len(cases),
        "wrong": int((~right).sum()),
        "ece": calibration_error(pairs),
        "auroc": separation(pairs),
        "flagged": round(float(flagged.mean()), 4),
        "caught": round(float(flagged[~right].mean()), 4) if (~right).any() else None,
        "silent_numbers": int((~right & ~flagged & number).sum()),
    }


def collect(first: int, count: int, folder: Path) -> list[Case]:
    folder.mkdir(parents=True, exist_ok=True)
    engine, cases = open_engine(Settings().engine), []
    for seed in range(first, first + count):
        cases += cases_of(seed, *drawn_result(seed, folder, engine))
        if (seed - first) % 20 == 0:
            print(f"page {seed}: {len(cases)} cells", flush=True)
    return cases


def fit(cases: Sequence[Case], given: argparse.Namespace) -> Model:
    train = [case for case in cases if case.page % HOLD_OUT]
    rest = [case for case in cases if not case.page % HOLD_OUT]
    filled = fit_curve([case for case in train if case.filled], FILLED_SIGNS)
    empty = fit_curve([case for case in train if not case.filled], EMPTY_SIGNS)
    model = Model(filled=filled, empty=empty, provenance={})
    provenance = {
        "made_by": "benchmarks/fit_confidence.py",
        "data": "pages drawn by benchmarks/generate.py, no document of any test among them",
        "seeds": [given.seed, given.seed + given.n - 1],
        "reviewed": [path.name for path in given.reviewed],
        "held_out": f"seeds that {HOLD_OUT} divides",
        "tenglu": __version__,
        "fitted_on": figures(train, model),
        "hold_out": figures(rest, model),
    }
    return Model(filled=filled, empty=empty, provenance=provenance)


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the confidence of cells on drawn pages.")
    parser.add_argument("--n", type=int, default=200, help="pages (default: 200)")
    parser.add_argument("--seed", type=int, default=1000, help="of the first page")
    parser.add_argument("--cache", type=Path, required=True, help="folder of the pages read")
    parser.add_argument("--write", action="store_true", help="put the model where tenglu reads it")
    parser.add_argument("--test", nargs="+", type=Path, help="TRUTH RESULT pairs; fits nothing")
    parser.add_argument(
        "--reviewed",
        nargs="+",
        type=Path,
        default=[],
        help="what tenglu export --to training wrote",
    )
    given = parser.parse_args()
    if given.test:
        pairs = list(zip(given.test[::2], given.test[1::2], strict=True))
        cases = []
        for number, (truth, result) in enumerate(pairs):
            document = Document.model_validate_json(result.read_text(encoding="utf-8"))
            cases += cases_of(number, json.loads(truth.read_text(encoding="utf-8")), document)
        print(json.dumps(figures(cases, confidence.fitted())))
        return
    cases = collect(given.seed, given.n, given.cache)
    for page, path in enumerate(given.reviewed, given.seed + given.n):
        cases += reviewed_cases(page, path)
    model = fit(cases, given)
    text = json.dumps(model.model_dump(), ensure_ascii=False, indent=1) + "\n"
    print(text)
    if given.write:
        MODEL.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
