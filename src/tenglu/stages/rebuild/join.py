"""Which parts on following pages are one table, and what stands around it."""

from collections.abc import Sequence

from tenglu.stages.read import TextLine
from tenglu.stages.rebuild.captions import find_caption, find_notes
from tenglu.stages.rebuild.leaf import Part
from tenglu.stages.rebuild.options import RebuildOptions
from tenglu.stages.rebuild.page_lines import is_page_number
from tenglu.stages.rebuild.tables import LogicalTable, stack

LEGIBLE = 0.8  # mean probability of the characters of a line that is text beyond doubt
SHARED_COLUMNS = 0.6  # of the boundaries of the part that has fewer


def parts_to_tables(parts: Sequence[Part], options: RebuildOptions) -> list[LogicalTable]:
    """Join parts that go on over a page break, and attach titles and notes."""
    groups: list[list[Part]] = []
    for part in parts:
        if options.join != "never" and groups and _goes_on(groups[-1][-1], part):
            groups[-1].append(part)
        else:
            groups.append([part])
    return [_table(group) for group in groups]


def _goes_on(above: Part, below: Part) -> bool:
    """Whether a part at the top of a page continues the last one of the page before."""
    if below.leaf.number != above.leaf.number + 1:
        return False
    is_last = above.grid is above.leaf.grids[-1]
    is_first = below.grid is below.leaf.grids[0]
    if not (is_last and is_first):
        return False
    return not _lines_below(above) and not _lines_above(below) and _same_columns(above, below)


def _lines_below(part: Part) -> list[str]:
    edge = part.grid.box.y1
    lines = [line for line in part.leaf.lines if line.box.y0 >= edge]
    return [line.reading.text for line in lines if _counts(line)]


def _lines_above(part: Part) -> list[str]:
    edge = part.grid.box.y0
    lines = [line for line in part.leaf.lines if line.box.y1 <= edge]
    return [line.reading.text for line in lines if _counts(line)]


def _counts(line: TextLine) -> bool:
    """Whether a line is more than a page number, a speck or the remains of a mark."""
    characters = line.reading.characters
    if len(characters) <= 1 or is_page_number(line.reading.text):
        return False
    return sum(c.probability for c in characters) >= LEGIBLE * len(characters)


def _same_columns(above: Part, below: Part) -> bool:
    slack = max(above.column_slack, below.column_slack)
    shared = sum(any(abs(x - y) <= slack for y in below.columns) for x in above.columns)
    fewer = min(len(above.columns), len(below.columns))
    return shared >= SHARED_COLUMNS * fewer and shared > len(("left", "right"))


def _table(parts: list[Part]) -> LogicalTable:
    stacked = stack(parts)
    caption = find_caption(parts[0])
    return LogicalTable(
        parts=parts,
        first_rows=stacked.first_rows,
        n_rows=stacked.n_rows,
        n_cols=stacked.n_cols,
        slots=stacked.slots,
        title=caption.title,
        code=caption.code,
        unit=caption.unit,
        notes=find_notes(parts[-1]),
    )
