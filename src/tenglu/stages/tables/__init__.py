"""Find the tables of an upright page: rules -> frames -> boundaries -> lattice -> cells."""

from typing import Literal, NamedTuple

import numpy as np

from tenglu.imaging.arrays import Gray, Rgb
from tenglu.imaging.geometry import Box
from tenglu.imaging.ink import Ink
from tenglu.imaging.page_image import PageImage
from tenglu.imaging.ruling_line import Rule
from tenglu.imaging.ruling_lines import Rules, find_rules
from tenglu.stages.tables.added import TableFinder, find_added_tables
from tenglu.stages.tables.crossed import uncrossed
from tenglu.stages.tables.dark_heads import doubt_heads, part_heads
from tenglu.stages.tables.edges import with_chances
from tenglu.stages.tables.frames import rules_to_frames
from tenglu.stages.tables.judge import Chosen, choose
from tenglu.stages.tables.lattice import Lattice, frame_to_lattice
from tenglu.stages.tables.learned_tables import find_learned_tables
from tenglu.stages.tables.open_rows import with_open_rows, with_parted_rows
from tenglu.stages.tables.options import DEFAULTS, TableOptions
from tenglu.stages.tables.page_text import PageText, read_layout
from tenglu.stages.tables.pictures import is_table
from tenglu.stages.tables.result import Grid, GridCell, Grids, Rival, Sides
from tenglu.stages.tables.semi_bordered import find_open_tables
from tenglu.stages.tables.shaded_regions import lift_grounds
from tenglu.stages.tables.spans import lattice_to_grid
from tenglu.stages.tables.text_tables import find_text_tables

__all__ = [
    "DEFAULTS",
    "Grid",
    "GridCell",
    "Grids",
    "Proposals",
    "Rival",
    "Sides",
    "TableFinder",
    "TableOptions",
    "find_tables",
    "proposals",
    "ruled_lattices",
]

SURE = 0.9  # chance that a table is exactly right; above, no further witness is asked


class Proposals(NamedTuple):
    """What all finders propose on a page, for the judge."""

    grids: list[Grid]
    text: PageText
    rules: tuple[list[Rule], list[Rule]]  # horizontal and vertical ones
    dark: Gray
    ink: Ink


def find_tables(page: Rgb | PageImage, options: TableOptions = DEFAULTS) -> Grids:
    """Find the tables of an upright page: ruled, partly ruled, and told from white space alone.

    The network is asked only where rules and text leave a doubt.

    Args:
        page: (H, W, 3), upright to about two degrees, best without marks.
        options: see :class:`TableOptions`.

    Returns:
        The grids from top to bottom, and the ink they were found with.
    """
    page = PageImage.of(page)
    found = proposals(page, options, learned="never")
    chosen = choose(found.grids, found.text, found.rules)
    if options.bare == "figures" and _is_doubtful(chosen, found.text):
        further = find_learned_tables(page.rgb, found.dark, found.ink)
        chosen = choose([*found.grids, *further], found.text, found.rules)
    grids = [*chosen.grids, *find_added_tables(page, [grid.box for grid in chosen.grids])]
    words = tuple(Box(*box) for box in np.rint(found.text.boxes()).astype(int).tolist())
    in_order = sorted(grids, key=lambda grid: (grid.box.y0, grid.box.x0))
    return Grids(in_order, found.ink, chosen.missed, words)


def _is_doubtful(chosen: Chosen, text: PageText) -> bool:
    """Whether another witness may know better: tables that are unsure, text that keeps gutters."""
    if chosen.missed or any(found.structure < SURE for found in chosen.grids):
        return True
    return bool(text.blocks) and not chosen.grids


def proposals(
    page: Rgb | PageImage,
    options: TableOptions = DEFAULTS,
    *,
    learned: Literal["always", "never"] = "always",
) -> Proposals:
    """Let every finder propose its lattices.

    Args:
        page: (H, W, 3), upright.
        options: see :class:`TableOptions`.
        learned: whether the network is asked too.
    """
    page = PageImage.of(page)
    gray, dark, ink = page.gray, page.darkness, page.ink
    lifted = lift_grounds(dark, ink)
    horizontal, vertical = find_rules(lifted, ink)
    rules = horizontal.long, vertical.long
    text = read_layout(gray, rules, ink)
    lattices = _lattices((horizontal, vertical), (dark, lifted), ink)
    lattices += [uncrossed(lattice, text) for lattice in lattices]
    ruled = _ruled(lattices, (dark, lifted), ink, options)
    proposed = list(ruled)
    proposed += [with_open_rows(found, text) for found in ruled]
    proposed += [with_parted_rows(found, text) for found in ruled]
    proposed += find_open_tables(lifted, rules[0], [found.box for found in ruled], ink)
    if options.bare == "figures":
        proposed += find_text_tables(text)
    if learned == "always":
        proposed += find_learned_tables(page.rgb, dark, ink)
    return Proposals(proposed, text, rules, dark, ink)


class RuledLattices(NamedTuple):
    """What the rules of a page make, before it is judged."""

    lattices: list[Lattice]
    dark: Gray  # grounds lifted off
    ink: Ink


def ruled_lattices(page: Rgb) -> RuledLattices:
    """Find the lattices of drawn rules alone, as the judge of edges meets them."""
    image = PageImage.of(page)
    ink = image.ink
    lifted = lift_grounds(image.darkness, ink)
    horizontal, vertical = find_rules(lifted, ink)
    frames = rules_to_frames(horizontal, vertical, ink)
    return RuledLattices(
        [frame_to_lattice(frame, lifted, vertical.dark, ink) for frame in frames], lifted, ink
    )


def _lattices(rules: tuple[Rules, Rules], seen: tuple[Gray, Gray], ink: Ink) -> list[Lattice]:
    """Lattices of drawn rules, their edges taken as drawn, and as the judge of edges has them."""
    dark, lifted = seen
    horizontal, vertical = rules
    frames = rules_to_frames(horizontal, vertical, ink)
    lattices = [frame_to_lattice(frame, lifted, vertical.dark, ink) for frame in frames]
    if lifted is not dark:
        lattices = [part_heads(lattice, dark, ink) for lattice in lattices]
    return lattices + [with_chances(lattice, lifted, ink) for lattice in lattices]


def _ruled(
    lattices: list[Lattice], seen: tuple[Gray, Gray], ink: Ink, options: TableOptions
) -> list[Grid]:
    """Tables of the lattices that may be some."""
    dark, lifted = seen
    grids = [lattice_to_grid(lattice, options.min_support) for lattice in lattices]
    kept = [
        found
        for found in grids
        if len(found.cells) >= options.min_cells and is_table(found, dark, ink)
    ]
    return [doubt_heads(found, dark, ink) for found in kept] if lifted is not dark else kept
