"""Pages of the sample in scans/ with what stands on them."""

import json
from functools import cache
from pathlib import Path

from tenglu.imaging.geometry import Polygon
from tenglu.stages.ingest import Scan, load_scan

PDF = Path(__file__).parents[2] / "scans" / "yangquan-2024-sample.pdf"
TRUTH = json.loads(PDF.with_suffix(".truth.json").read_text(encoding="utf-8"))

Shape = tuple[int, int, int, int]
"""row, col, rowspan, colspan"""


@cache
def scan(number: int) -> Scan:
    """One page as delivered; nobody can write to it."""
    loaded = load_scan(PDF, number)
    loaded.image.flags.writeable = False
    return loaded


def rotation(number: int) -> int:
    """How far the page is turned clockwise."""
    return TRUTH["pages"][number - 1]["rotation"]


def cells(number: int) -> dict[Shape, Polygon]:
    """Shape, counted from the top of this page, and place on the scan of the cells of its table."""
    [part] = TRUTH["pages"][number - 1]["scan"]["parts"]
    first, last = part["rows"]
    found = {}
    for cell in part["cells"]:
        top, end = max(first, cell["row"]), min(last + 1, cell["row"] + cell["rowspan"])
        shape = (top - first, cell["col"], end - top, cell["colspan"])
        found[shape] = tuple((x, y) for x, y in cell["polygon"])
    return found
