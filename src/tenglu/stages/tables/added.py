"""Tables that finders of other packages propose."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tenglu.imaging.geometry import Box
from tenglu.imaging.page_image import PageImage
from tenglu.plugins import TABLE_FINDERS, load_all, nothing_else
from tenglu.stages.tables.result import Grid


class TableFinder(NamedTuple):
    """A way to find tables as it is registered."""

    find: Callable[[PageImage], list[Grid]]  # on an upright page without marks
    fingerprint: Callable[[], Sequence[str]] = nothing_else


def find_added_tables(page: PageImage, taken: Sequence[Box]) -> list[Grid]:
    """Return the tables that plug-ins find where there is none yet.

    Raises:
        PluginError: one does not load.
    """
    found: list[Grid] = []
    finders: list[TableFinder] = load_all(TABLE_FINDERS)
    for finder in finders:
        for grid in finder.find(page):
            if not any(_overlap(grid.box, box) for box in (*taken, *(g.box for g in found))):
                found.append(grid)
    return found


def _overlap(a: Box, b: Box) -> bool:
    return a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 and b.y0 < a.y1
