"""Structure of tables without reading them: rows, columns and merged cells against the truth.

    python benchmarks/structure.py FOLDER ... [--cache DIR] [--side dev|held] [--only NAME] [--list]

Pages go through ingest, orient and strip once and are kept in the cache; then only the stage that
finds tables runs, so that a change is measured within seconds. Documents are split by the
repository that they come from: look at pages of the side "dev" only, and count the other.
"""

import argparse
import hashlib
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from accuracy import TRUTH, document_of, read
from tenglu.engines.interface import Engine
from tenglu.engines.registry import open_engine
from tenglu.imaging.arrays import Rgb
from tenglu.imaging.geometry import Box, enclosing_box
from tenglu.settings import Settings
from tenglu.stages.ingest import identify, load_scan
from tenglu.stages.orient import orient
from tenglu.stages.strip import strip
from tenglu.stages.tables import Grid, find_tables

Json = dict[str, Any]
Shape = tuple[int, int, tuple[tuple[int, int, int, int], ...]]


class Told(NamedTuple):
    """How one table of the truth fares."""

    document: str
    side: str
    kind: str
    right: bool
    found: bool
    wanted: tuple[int, int]
    got: tuple[int, int]
    structure: float  # what the grid says of itself
    seconds: float  # of the page


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="structure of tables, without reading")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--cache", type=Path, required=True, help="folder for prepared pages")
    parser.add_argument("--side", choices=("dev", "held"))
    parser.add_argument("--only", default="", help="part of the name of a document")
    parser.add_argument("--pages", type=int, default=0, help="of a document at most; 0: all")
    parser.add_argument("--list", action="store_true", help="name the tables that are wrong")
    given = parser.parse_args(arguments)
    told: list[Told] = []
    for truth in truths_in(given.folders):
        if given.only in truth.name and given.side in (None, side_of(read(truth))):
            told += judge(truth, given.cache, given.pages)
    report(told, names=given.list)


def truths_in(folders: Sequence[Path]) -> Iterator[Path]:
    """All truths in folders, and those that are named."""
    for folder in folders:
        yield from sorted(folder.rglob(f"*{TRUTH}")) if folder.is_dir() else [folder]


def side_of(truth: Json) -> str:
    """Half that a document belongs to, by its origin."""
    source = truth.get("source")
    origin = source.get("repo") if isinstance(source, dict) else None
    if origin is None:
        return "drawn"
    odd = int(hashlib.sha1(origin.encode(), usedforsecurity=False).hexdigest(), 16) % 2
    return "held" if odd else "dev"


def kind_of(truth: Json, folder: str) -> str:
    """Kind that figures are given for: how it is ruled, and whether it was scanned."""
    if "rules" not in truth:
        return f"{folder} {truth.get('profile', '')}".strip()
    ruled = "full" if truth["rules"] == "full" else "part"
    return f"{ruled} {'clean' if truth['profile'] == 'clean' else 'scanned'}"


class Prepared(NamedTuple):
    """A page as the stage that finds tables gets it."""

    number: int
    image: Rgb
    to_scan: np.ndarray[Any, Any]


_ENGINES: list[Engine] = []


def prepared(document: Path, cache: Path, most: int) -> list[Prepared]:
    """Upright pages without marks, from the cache where they are there."""
    settings = Settings()
    key = hashlib.sha1(str(document).encode(), usedforsecurity=False).hexdigest()[:8]
    n_pages = identify(document, settings.ingest, None).n_pages
    pages = []
    for number in range(1, (min(most, n_pages) if most else n_pages) + 1):
        stem = cache / f"{document.stem.replace('.', '-')}-{key}-{number}"
        if not stem.with_suffix(".npy").exists():
            _ENGINES[:] = _ENGINES or [open_engine(settings.engine)]
            scan = load_scan(document, number, settings.ingest, None)
            upright = orient(scan.image, _ENGINES[0], settings.orient)
            np.save(stem.with_suffix(".map.npy"), upright.to_scan)
            np.save(stem.with_suffix(".npy"), strip(upright.image, settings.strip).image)
        to_scan = np.load(stem.with_suffix(".map.npy"))
        pages.append(Prepared(number, np.load(stem.with_suffix(".npy")), to_scan))
    return pages


def shape_of(n_rows: int, n_cols: int, cells: Sequence[tuple[int, int, int, int]]) -> Shape:
    return n_rows, n_cols, tuple(sorted(cells))


def parts_of(truth: Json, page: int) -> dict[str, tuple[Shape, Box | None]]:
    """Shape of each table, or part of one, on a page; with its place on the scan if known."""
    tables = {table.get("id", f"t{i}"): table for i, table in enumerate(truth["tables"], 1)}
    pages = truth.get("pages", [])  # of the document, though it be an excerpt
    scan = pages[page - 1].get("scan") if page <= len(pages) else None
    if not scan:
        if page > 1:
            return {}
        return {name: (_whole(table), None) for name, table in tables.items()}
    found: dict[str, tuple[Shape, Box | None]] = {}
    for part in scan["parts"]:
        first, last = part["rows"]
        cells = [
            (c["row"] - first, c["col"], c.get("rowspan", 1), c.get("colspan", 1))
            for c in part["cells"]
        ]
        n_cols = tables[part["table"]]["n_cols"]
        n_rows = max((row + rowspan for row, _, rowspan, _ in cells), default=last - first + 1)
        corners = np.array([c["polygon"] for c in part["cells"]]).reshape(-1, 2)
        box = Box(*corners.min(axis=0).astype(int), *corners.max(axis=0).astype(int))
        found[part["table"]] = shape_of(n_rows, n_cols, cells), box
    return found


def _whole(table: Json) -> Shape:
    cells = [(c["row"], c["col"], c.get("rowspan", 1), c.get("colspan", 1)) for c in table["cells"]]
    return shape_of(table["n_rows"], table["n_cols"], cells)


def judge(path: Path, cache: Path, most: int) -> Iterator[Told]:
    """Compare what is found on the pages of a document with its truth."""
    truth, document = read(path), document_of(path)
    kind, side = kind_of(truth, path.parent.name), side_of(truth)
    for page in prepared(document, cache, most):
        start = time.process_time()
        grids = find_tables(page.image).grids
        seconds = time.process_time() - start
        places = [on_scan(found, page.to_scan) for found in grids]
        left = list(zip(grids, places, strict=True))
        wanted = parts_of(truth, page.number)
        for name, (shape, box) in sorted(wanted.items(), key=lambda kv: -len(kv[1][0][2])):
            best = max(left, key=lambda g: likeness(g, shape, box), default=None)
            if best is not None and likeness(best, shape, box) <= 0:
                best = None
            if best is not None:
                left = [one for one in left if one is not best]
            got = None if best is None else found_shape(best[0])
            yield Told(
                f"{document.name}#{page.number}{name}",
                side,
                kind,
                got == shape,
                got is not None,
                shape[:2],
                (0, 0) if got is None else got[:2],
                0.0 if best is None else best[0].structure,
                seconds,
            )


def found_shape(found: Grid) -> Shape:
    cells = [(c.row, c.col, c.rowspan, c.colspan) for c in found.cells]
    return shape_of(found.n_rows, found.n_cols, cells)


def on_scan(found: Grid, to_scan: np.ndarray[Any, Any]) -> Box:
    corners = np.array(found.box.polygon, dtype=np.float64).reshape(-1, 1, 2)
    mapped = cv2.perspectiveTransform(corners, to_scan).reshape(-1, 2)
    return Box(*mapped.min(axis=0).astype(int), *mapped.max(axis=0).astype(int))


def likeness(one: tuple[Grid, Box], shape: Shape, box: Box | None) -> float:
    """How much a grid may be the table: by place where that is known, else by size."""
    found, place = one
    if box is not None:
        shared = enclosing_box([place, box])
        width = place.width + box.width - shared.width
        height = place.height + box.height - shared.height
        return max(0, width) * max(0, height) / max(1, shared.area)
    alike = min(found.n_rows, shape[0]) / max(found.n_rows, shape[0])
    return alike * min(found.n_cols, shape[1]) / max(found.n_cols, shape[1])


def report(told: Sequence[Told], *, names: bool) -> None:
    """Print the figures by side and kind, and the tables that are wrong."""
    if names:
        for one in told:
            if not one.right:
                state = "wrong" if one.found else "MISSED"
                print(
                    f"{one.side:5} {one.kind:24} {one.document:48} {state:6} want {one.wanted} "
                    f"got {one.got} structure {one.structure:.2f} {one.seconds:.1f}s"
                )
    groups: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for one in told:
        groups[one.side, one.kind].append(one)
        groups[one.side, "all"].append(one)
    for (side, kind), some in sorted(groups.items()):
        right = sum(one.right for one in some)
        missed = sum(not one.found for one in some)
        slowest = max(one.seconds for one in some)
        print(
            f"{side:5} {kind:28} tables {len(some):4} right {right:4} {right / len(some):.3f}"
            f" missed {missed:3} slowest {slowest:.1f} s"
        )


if __name__ == "__main__":
    main()
