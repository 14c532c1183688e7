"""Measure the strip stage on drawn pages: what goes, what stays, how long it takes.

    python benchmarks/strip.py [--n 8] [--seed 1000] [--profiles a,b] [--aligned DIR] [--read 3]

Pages come from benchmarks/generate.py, which knows every pixel of mark, seal and ink. ``--aligned``
measures pairs X.png and X.clean.png of one geometry too. Printed for each profile:

    mark, seal   share of their pixels on bare paper that are paper again
    ink          share of the pixels of ink, away from marks, that lost two fifths of their darkness
    ground       the same of tinted grounds and grey print
    harm         share of the page that was changed away from marks and seals
    ms           processor time of one core a page, counted for an A4 page at 200 dpi
    bare, marked, stripped   characters of cells that PaddleOCR alone reads wrong on whole pages, a
                 hundred printed ones: the ink alone on white, the page as it is, and stripped;
                 upright pages, as many as ``--read`` says (about ten seconds each)
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from generate import PROFILES, draw_page
from tenglu.imaging.arrays import Mask, Rgb
from tenglu.imaging.ink import darkness, to_gray
from tenglu.stages.strip import strip
from whole_pages import Place, WholePages, character_errors, places_of

A4_PIXELS = 1654 * 2339
PAPER, GROUND, INK = 20, 8, 110  # darkness
GONE = 0.3  # of the darkness it had, or as little as the grain of paper
GRAIN = 12
KEPT = 0.6  # of the darkness it had
FEW = 200  # pixels; fewer say nothing
READ_HEADS = ("bare", "marked", "stripped")
PLACES = {"ms": 0, "bare": 2, "marked": 2, "stripped": 2}


class Sample(NamedTuple):
    """A page and what is known of it."""

    page: Rgb
    clean: Rgb  # ink, rules and grounds alone
    mark: Mask
    seal: Mask
    places: list[Place]  # cells of an upright page; none where it is turned


def drawn(profile: str, seeds: range) -> Iterator[Sample]:
    """Pages of the generator."""
    for seed in seeds:
        page = draw_page(seed, profile=profile)
        upright = page.truth["pages"][0]["rotation"] == 0
        places = places_of(page.truth, 1) if upright else []
        yield Sample(page.rgb, page.clean, page.mark_mask, page.seal_mask, places)


def aligned(folder: Path) -> Iterator[tuple[str, Sample]]:
    """Pairs of pictures; the mark is what is darker than the ink explains."""
    for path in sorted(folder.glob("*.clean.png")):
        clean, page = _load(path), _load(path.with_name(path.name.replace(".clean", "")))
        away = _wider(_dark(clean) > PAPER, 7) == 0
        mark = away & (_dark(page) > 2 * GRAIN)
        name = path.name.removesuffix(".clean.png")
        yield name, Sample(page, clean, mark, np.zeros_like(mark), [])


def measure(sample: Sample) -> dict[str, float | None]:
    """Figures of one page; None: the page has nothing to take a share of."""
    begun = time.process_time()
    stripped = strip(sample.page)
    spent = time.process_time() - begun
    before, after = _dark(sample.page), _dark(stripped.image)
    ink = _dark_as_drawn(sample.clean)
    bare = (_wider(ink > PAPER, 5) == 0) & (before > PAPER)
    far = _wider(sample.mark | sample.seal, 9) == 0
    gone = after < np.maximum(GRAIN, GONE * before)
    lost = (after < KEPT * before) & (before > GRAIN)
    return {
        "mark": _share(gone, sample.mark & bare),
        "seal": _share(gone, sample.seal & bare),
        "ink": _share(lost, (ink > INK) & (before > 2 * PAPER) & far),
        "ground": _share(lost, (ink > GROUND) & (ink < INK) & far),
        "harm": float((stripped.removed & far).mean()),
        "ms": 1000 * spent * A4_PIXELS / before.size,
    }


def reading_errors(sample: Sample, reader: WholePages) -> dict[str, float | None]:
    """Characters read wrong, a hundred printed, on the page without marks, as it is, stripped."""
    pages = {
        "bare": sample.clean,
        "marked": sample.page,
        "stripped": strip(sample.page).image,
    }
    errors: dict[str, float | None] = {}
    for name, page in pages.items():
        wrong, printed = character_errors(reader.read(page), sample.places)
        errors[name] = 100 * wrong / printed if printed else None
    return errors


def _share(what: Mask, among: Mask) -> float | None:
    return float(what[among].mean()) if among.sum() >= FEW else None


def _dark(page: Rgb) -> np.ndarray:
    return darkness(to_gray(page)).astype(int)


def _dark_as_drawn(clean: Rgb) -> np.ndarray:
    return 255 - to_gray(clean).astype(int)


def _wider(mask: Mask, side: int) -> np.ndarray:
    return cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8))


def _load(path: Path) -> Rgb:
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def _print(name: str, rows: list[dict[str, float | None]]) -> None:
    cells = [f"{name:<24}"]
    for key in dict.fromkeys(key for row in rows for key in row):
        known = [value for row in rows if (value := row.get(key)) is not None]
        value = "-" if not known else f"{np.mean(known):.{PLACES.get(key, 4)}f}"
        cells.append(f"{value:>9}")
    print("".join(cells), flush=True)


def main() -> None:
    """Print a line a profile, and one a pair of pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--n", type=int, default=8, help="pages a profile")
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--profiles", default=",".join(PROFILES))
    parser.add_argument("--read", type=int, default=0, help="pages a profile that are read whole")
    parser.add_argument("--aligned", type=Path, help="folder of X.png and X.clean.png")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    heads = ("mark", "seal", "ink", "ground", "harm", "ms")
    reader = WholePages() if chosen.read else None
    if reader is not None:
        heads += READ_HEADS
    print(f"{'':<24}" + "".join(f"{head:>9}" for head in heads))
    for profile in chosen.profiles.split(","):
        seeds = range(chosen.seed, chosen.seed + chosen.n)
        rows, to_read = [], chosen.read
        for sample in drawn(profile, seeds):
            row = measure(sample)
            if reader is not None and to_read and sample.places:
                row |= reading_errors(sample, reader)
                to_read -= 1
            rows.append(row)
        _print(profile, rows)
    for name, sample in aligned(chosen.aligned) if chosen.aligned else ():
        _print(name, [measure(sample)])


if __name__ == "__main__":
    main()
