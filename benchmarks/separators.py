"""How often the network of separators sees a table's rows, columns and spans as they are.

    python benchmarks/separators.py FOLDER [FOLDER …] [--cache DIR] [--half dev|held|both]

The folders hold pictures or PDFs of one page beside NAME.truth.json. Structure alone counts: rows
and columns, and with spans. Pages of the half "dev" are named one by one, those of "held" only
counted; the half of a page is drawn from the name of its repository.
"""

import argparse
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from tenglu.engines.interface.replay import ReplayEngine

from tenglu.imaging.arrays import Rgb
from tenglu.stages.ingest import load_scan
from tenglu.stages.orient import OrientOptions, orient
from tenglu.stages.strip import strip
from tenglu.stages.tables.learned import Proposal, propose, separators

PICTURES = (".png", ".jpg", ".jpeg", ".pdf")
Spans = set[tuple[int, int, int, int]]


class Page(NamedTuple):
    """A page with truth."""

    name: str
    picture: Path
    half: str
    kind: str  # how its tables are ruled, and how it was scanned
    tables: list[dict[str, Any]]
    rotation: int


def find_pages(folders: Sequence[Path]) -> Iterator[Page]:
    """All pages of some folders that lie beside their truth."""
    for path in sorted(p for folder in folders for p in folder.glob("*.truth.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        name = path.name.removesuffix(".truth.json")
        picture = next(
            path.with_name(name + end) for end in PICTURES if path.with_name(name + end).exists()
        )
        digest = hashlib.sha1(truth["source"]["repo"].encode(), usedforsecurity=False).hexdigest()
        half = ("dev", "held")[int(digest, 16) % 2]
        scanned = truth.get("profile", "picture")
        scanned = scanned if scanned in {"clean", "picture"} else "scanned"
        rules = {"full": "ruled", "none": "unruled", None: "strangers"}.get(
            truth.get("rules"), "partly"
        )
        rotation = truth["pages"][0]["rotation"] if "pages" in truth else 0
        yield Page(name, picture, half, f"{rules} {scanned}", truth["tables"], rotation)


def upright(page: Page, cache: Path | None) -> Rgb:
    """The page straightened and without its marks."""
    kept = cache / f"{page.name}.png" if cache else None
    if kept and kept.exists():
        return np.ascontiguousarray(cv2.imread(str(kept))[..., ::-1])
    scan = load_scan(page.picture, 1)
    options = OrientOptions(rotation=page.rotation)
    level = orient(scan.image, ReplayEngine("none", "none", []), options).image
    clean = strip(level).image
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(kept), clean[..., ::-1])
    return clean


class Verdict(NamedTuple):
    """Of one table of the truth."""

    found: bool  # any table was proposed on its page
    shaped: bool  # rows and columns are right
    exact: bool  # spans as well


def judge(tables: Sequence[dict[str, Any]], proposals: Sequence[Proposal]) -> list[Verdict]:
    """Whether each table of the truth was proposed."""
    left = list(proposals)
    verdicts = []
    for table in tables:
        shape = table["n_rows"], table["n_cols"]
        spans = {(c["row"], c["col"], c["rowspan"], c["colspan"]) for c in table["cells"]}
        shaped = [p for p in left if (p.n_rows, p.n_cols) == shape]
        exact = [p for p in shaped if {tuple(s) for s in p.spans} == spans]
        for taken in (exact or shaped)[:1]:
            left = [p for p in left if p is not taken]
        verdicts.append(Verdict(bool(proposals), bool(shaped), bool(exact)))
    return verdicts


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="how well the network sees structure")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--half", choices=("dev", "held", "both"), default="both")
    parser.add_argument("--only", default="", help="part of the name")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    counts: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    times, extra = [], 0
    for page in find_pages(options.folders):
        if options.half not in {"both", page.half} or options.only not in page.name:
            continue
        picture = upright(page, options.cache)
        start = time.process_time()
        proposals = propose(separators(picture), picture)
        times.append(time.process_time() - start)
        verdicts = judge(page.tables, proposals)
        extra += max(0, len(proposals) - len(page.tables))
        counts[page.kind, page.half] += verdicts
        if page.half == "dev":
            _tell(page, proposals, verdicts)
    for (kind, half), verdicts in sorted(counts.items()):
        print(f"{kind:20} {half:5} {_shares(verdicts)}")
    for half in ("dev", "held"):
        both = [v for (_, h), verdicts in counts.items() if h == half for v in verdicts]
        if both:
            print(f"{'all':20} {half:5} {_shares(both)}")
    mean, worst = 1000 * np.mean(times), 1000 * max(times)
    print(f"{extra} tables more than there are; {mean:.0f} ms a page, worst {worst:.0f}")


def _shares(verdicts: Sequence[Verdict]) -> str:
    shares = [float(np.mean([v[i] for v in verdicts])) for i in range(3)]
    found, shaped, exact = (f"{share:.3f}" for share in shares)
    return f"{len(verdicts):4} tables: found {found}, rows and columns {shaped}, exact {exact}"


def _tell(page: Page, proposals: Sequence[Proposal], verdicts: Sequence[Verdict]) -> None:
    said = " ".join(f"{p.n_rows}x{p.n_cols}" for p in proposals)
    true = " ".join(f"{t['n_rows']}x{t['n_cols']}" for t in page.tables)
    marks = "".join("=" if v.exact else "~" if v.shaped else "!" for v in verdicts)
    print(f"  {marks:5} {page.name:40} {page.kind:18} true {true:24} said {said}", flush=True)


if __name__ == "__main__":
    main()
