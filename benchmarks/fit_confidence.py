"""Fit the confidence of cells on drawn pages and write the model that tenglu carries.

    python benchmarks/fit_confidence.py --n 200 --seed 1000 --cache DIR [--write] [--reviewed FILE]
    python benchmarks/fit_confidence.py --cache DIR --test TRUTH.json RESULT.json [TRUTH RESULT …]

Draws pages with benchmarks/generate.py, reads each with tenglu (kept in the cache: a run that was
broken off goes on), tells right from wrong cells as benchmarks/scoring.py does, and fits the
curves of ``stages/check/confidence.py`` to them, with weights that may only point the way that
``stages/check/features.py`` says. Every fifth page is held out; the figures there are printed and
go into the file with the seeds. The weights that are written come from all pages.
``--test`` prints the figures of the model on results of other documents. ``--reviewed`` adds cells
that people have judged at the reviewer's desk: what ``tenglu export --to training`` wrote.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from generate import draw_page
from tenglu import __version__
from tenglu.engines.interface import Engine
from tenglu.engines.registry import open_engine
from tenglu.evaluation.matching import CellGrid, pair_tables
from tenglu.evaluation.scoring import calibration_error, judge, separation
from tenglu.model import Cell, Document, Role, Source
from tenglu.pipeline import read_page
from tenglu.settings import Settings
from tenglu.stages.assemble import assemble
from tenglu.stages.check.confidence import model as confidence
from tenglu.stages.check.confidence.features import EMPTY, FILLED, SIGNS, features, surroundings
from tenglu.stages.check.confidence.model import Curve, Model, probability
from tenglu.stages.check.tables import to_table
from tenglu.stages.check.values.dashes import with_dashes
from tenglu.stages.ingest import Scan

Json = dict[str, Any]
MODEL = Path(confidence.__file__).with_name(confidence.MODEL_FILE)
HOLD_OUT = 5  # every fifth page
STEPS, TINY, LONGEST = 100, 1e-6, 2.0  # of the descent: how many, the last, the longest
RIDGE = 1.0  # against weights that few cells ask for
TARGET = 3e-4


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
    page_result = read_page(Scan(number=1, image=drawn.rgb, dpi=drawn.dpi), engine, settings)
    source = Source(name=str(seed), sha256="0" * 64, media_type="image/png", n_pages=1)
    # Unjudged: what is fitted here must not hang on what was fitted before.
    read = assemble([page_result], engine.witness, settings.assemble).tables
    document = Document(
        tenglu_version=__version__,
        source=source,
        engine=engine.name,
        pages=(),
        tables=tuple(to_table(with_dashes(table), {}) for table in read),
    )
    kept = {"truth": drawn.truth, "result": document.model_dump(mode="json")}
    path.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    return drawn.truth, document


def cases_of(page: int, truth: Json, document: Document) -> list[Case]:
    """The cells of a result that stand for a cell of the truth, in tables of the right shape."""
    found = [CellGrid(table) for table in document.model_dump(mode="json")["tables"]]
    sheets = [CellGrid(table) for table in truth["tables"]]
    around, cases = surroundings(document.tables), []
    for i, j in pair_tables(sheets, found).items():
        if not sheets[i].has_structure_of(found[j]):
            continue  # a doubt about the table, which is told of the table
        table = document.tables[j]
        cells = {(cell.row, cell.col): cell for cell in table.cells}
        for verdict in judge(sheets[i], found[j]):
            if verdict.found is None:
                continue
            cell = cells[verdict.found.row, verdict.found.col]
            seen = features(cell, table, around)
            if seen is not None and not _is_asked_anyway(cell):
                number = verdict.truth.is_number or verdict.found.is_number
                cases.append(Case(page, bool(cell.text), seen, verdict.right, number))
    return cases


def _is_asked_anyway(cell: Cell) -> bool:
    """Whether a cell is for review however sure it is: its points were read otherwise at first."""
    return any(evidence.role is Role.ORIGINAL for evidence in cell.evidence)


def reviewed_cases(page: int, path: Path) -> list[Case]:
    """The cells of a document that people have found right or wrong."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    document = Document.model_validate(kept["result"])
    tables = {table.id: table for table in document.tables}
    places = {(t.id, cell.row, cell.col): cell for t in document.tables for cell in t.cells}
    around, cases = surroundings(document.tables), []
    for said in kept["judged"]:
        cell = places[said["table"], said["row"], said["col"]]
        seen = features(cell, tables[said["table"]], around)
        if seen is not None:
            cases.append(Case(page, bool(cell.text), seen, said["right"], cell.kind == "number"))
    return cases


def fit_curve(cases: Sequence[Case], names: Sequence[str]) -> Curve:
    """Logistic regression by Newton's method; what gets a weight of the wrong sign is left out."""
    x = np.array([[case.seen[name] for name in names] for case in cases])
    y = np.array([case.right for case in cases], float)
    middle, spread = x.mean(axis=0), x.std(axis=0)
    spread[spread == 0] = 1.0
    scaled = np.hstack([(x - middle) / spread, np.ones((len(x), 1))])
    sign = np.array([*(SIGNS[name] for name in names), 0], float)
    kept = np.ones(len(sign), bool)
    while True:
        w = np.zeros(len(sign))
        w[kept] = _newton(scaled[:, kept], y, RIDGE * (sign[kept] != 0))
        wrong = sign * w < 0
        if not wrong.any():
            break
        kept &= ~wrong
    weights = w[:-1] / spread
    bias = round(float(w[-1] - weights @ middle), 5)
    named = zip(names, weights, strict=True)
    return Curve(bias=bias, weights={name: round(float(weight), 5) for name, weight in named})


def _newton(x: np.ndarray, y: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    w = np.zeros(x.shape[1])
    for _ in range(STEPS):
        guess = 1 / (1 + np.exp(-np.clip(x @ w, -40, 40)))
        slope = x.T @ (guess - y) + ridge * w
        bend = (x.T * (guess * (1 - guess))) @ x + np.diag(ridge + TINY)
        change = np.linalg.solve(bend, slope)
        w -= change * min(1.0, LONGEST / np.abs(change).max())
        if np.abs(change).max() < TINY:
            break
    return w


def fit_model(cases: Sequence[Case], provenance: Json) -> Model:
    return Model(
        filled=fit_curve([case for case in cases if case.filled], FILLED),
        empty=fit_curve([case for case in cases if not case.filled], EMPTY),
        provenance=provenance,
    )


def figures(cases: Sequence[Case], model: Model) -> Json:
    """How well the model tells right from wrong, and what a review at the target would see."""
    curves = {True: model.filled, False: model.empty}
    p = np.array([probability(curves[case.filled], case.seen) for case in cases])
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


def collect(first: int, count: int, folder: Path, jobs: int) -> list[Case]:
    """The cells of drawn pages, read by as many processes."""
    folder.mkdir(parents=True, exist_ok=True)
    cases: list[Case] = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        results = pool.map(_drawn_cases, range(first, first + count), repeat(folder))
        for number, found in enumerate(results):
            cases += found
            if number % 20 == 0:
                print(f"page {first + number}: {len(cases)} cells", flush=True)
    return cases


def _drawn_cases(seed: int, folder: Path) -> list[Case]:
    return cases_of(seed, *drawn_result(seed, folder, _engine()))


@cache
def _engine() -> Engine:
    return open_engine(Settings().engine)


def fit(cases: Sequence[Case], given: argparse.Namespace) -> Model:
    train = [case for case in cases if case.page % HOLD_OUT]
    rest = [case for case in cases if not case.page % HOLD_OUT]
    without = fit_model(train, {})
    provenance = {
        "made_by": "benchmarks/fit_confidence.py",
        "data": "tables found in their shape on pages drawn by benchmarks/generate.py; "
        "no document of any test is among them",
        "seeds": [given.seed, given.seed + given.n - 1],
        "reviewed": [path.name for path in given.reviewed],
        "held_out": f"seeds that {HOLD_OUT} divides: fitted without them, these are the figures; "
        "then fitted with them",
        "tenglu": __version__,
        "fitted_on": figures(train, without),
        "hold_out": figures(rest, without),
    }
    return fit_model(cases, provenance)


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the confidence of cells on drawn pages.")
    parser.add_argument("--n", type=int, default=200, help="pages (default: 200)")
    parser.add_argument("--seed", type=int, default=1000, help="of the first page")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
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
    cases = collect(given.seed, given.n, given.cache, given.jobs)
    for page, path in enumerate(given.reviewed, given.seed + given.n):
        cases += reviewed_cases(page, path)
    model = fit(cases, given)
    text = json.dumps(model.model_dump(), ensure_ascii=False, indent=1) + "\n"
    print(text)
    if given.write:
        MODEL.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
