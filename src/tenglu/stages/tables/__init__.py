"""Find the tables of an upright page: rules -> frames -> boundaries -> lattice -> cells."""

from tenglu.imaging.arrays import Rgb
from tenglu.imaging.page_image import PageImage
from tenglu.imaging.ruling_lines import find_rules
from tenglu.stages.tables.added import TableFinder, find_added_tables
from tenglu.stages.tables.borderless import find_bare_tables
from tenglu.stages.tables.dark_heads import doubt_heads, part_heads
from tenglu.stages.tables.frames import rules_to_frames
from tenglu.stages.tables.lattice import frame_to_lattice
from tenglu.stages.tables.options import DEFAULTS, TableOptions
from tenglu.stages.tables.pictures import is_table
from tenglu.stages.tables.result import Grid, GridCell, Grids, Sides
from tenglu.stages.tables.semi_bordered import find_open_tables
from tenglu.stages.tables.shaded_regions import lift_grounds
from tenglu.stages.tables.spans import lattice_to_grid

__all__ = [
    "DEFAULTS",
    "Grid",
    "GridCell",
    "Grids",
    "Sides",
    "TableFinder",
    "TableOptions",
    "find_tables",
]


def find_tables(page: Rgb | PageImage, options: TableOptions = DEFAULTS) -> Grids:
    """Find the tables of an upright page: ruled, partly ruled, and told from white space alone.

    Args:
        page: (H, W, 3), upright to about two degrees, best without marks.
        options: see :class:`TableOptions`.

    Returns:
        The grids from top to bottom, and the ink they were found with.
    """
    page = PageImage.of(page)
    dark, ink = page.darkness, page.ink
    lifted = lift_grounds(dark, ink)
    horizontal, vertical = find_rules(lifted, ink)
    frames = rules_to_frames(horizontal, vertical, ink)
    lattices = [frame_to_lattice(frame, lifted, vertical.dark, ink) for frame in frames]
    if lifted is not dark:
        lattices = [part_heads(lattice, dark, ink) for lattice in lattices]
    grids = (lattice_to_grid(lattice, options.min_support) for lattice in lattices)
    kept = [
        found
        for found in grids
        if len(found.cells) >= options.min_cells and is_table(found, dark, ink)
    ]
    if lifted is not dark:
        kept = [doubt_heads(found, dark, ink) for found in kept]
    kept += find_open_tables(lifted, horizontal.long, [found.box for found in kept], ink)
    if options.bare == "figures":
        rules = horizontal.long, vertical.long
        kept += find_bare_tables(dark, rules, [found.box for found in kept], ink)
    kept += find_added_tables(page, [found.box for found in kept])
    return Grids(sorted(kept, key=lambda g: (g.box.y0, g.box.x0)), ink)
