"""Join the parts of a table on consecutive pages, and attach captions and notes."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from tenglu.stages.assemble.captions import find_caption, find_notes
from tenglu.stages.assemble.columns import common_columns, level_columns
from tenglu.stages.assemble.options import AssembleOptions
from tenglu.stages.assemble.page_breaks import count_texts
from tenglu.stages.assemble.page_lines import is_page_number, plain
from tenglu.stages.assemble.page_result import Part
from tenglu.stages.assemble.tables import (
    LogicalTable,
    PageJoin,
    count_repeated,
    is_copy,
    stack,
    starts_alike,
)
from tenglu.stages.ocr import TextLine

LEGIBLE = 0.8  # least mean probability of the characters of a line of text
SURE_COLUMNS = 0.8  # share of agreeing boundaries below which a join is doubtful
SHARED_COLUMNS = 0.6  # least share of agreeing boundaries, of the part that has fewer


def parts_to_tables(
    parts: Sequence[Part], options: AssembleOptions, running: AbstractSet[str]
) -> list[LogicalTable]:
    """Join parts that continue across a page break, and attach titles and notes.

    Args:
        parts: parts of all pages, in order.
        options: see :class:`AssembleOptions`.
        running: running heads and feet, see :func:`find_running_lines`.
    """
    known = count_texts([cell for part in parts for cell in part.cells])
    groups: list[list[Part]] = []
    for part in parts:
        if options.join != "never" and groups and _goes_on(groups[-1], part, running):
            groups[-1].append(part)
        else:
            groups.append([part])
    return [_table(group, known) for group in groups]


def _goes_on(group: Sequence[Part], below: Part, running: AbstractSet[str]) -> bool:
    """Return whether a part at the top of a page continues the last one of the page before."""
    above = group[-1]
    if below.page_result.number != above.page_result.number + 1:
        return False
    is_last = above.grid is above.page_result.grids[-1]
    is_first = below.grid is below.page_result.grids[0]
    if not (is_last and is_first) or _shared_columns(above, below) is None:
        return False
    lines = [ln for ln in above.page_result.lines if ln.box.y0 >= above.grid.box.y1]
    if any(_counts(line) and plain(line) not in running for line in lines):
        return False
    if not common_columns([*group, below]).fit or is_copy(group, below):
        return False
    lines = [ln for ln in below.page_result.lines if ln.box.y1 <= below.grid.box.y0 and _counts(ln)]
    heads = [line for line in lines if plain(line) not in running]
    if heads:
        return _are_printed_again(heads, group[0]) and count_repeated(group, below) > 0
    return not lines or not starts_alike(group[0], below)


def _are_printed_again(heads: Sequence[TextLine], first: Part) -> bool:
    """Return whether the lines above a part (title, unit) are also above the first part."""
    above = {plain(ln) for ln in first.page_result.lines if ln.box.y1 <= first.grid.box.y0}
    return all(plain(line) in above for line in heads)


def _counts(line: TextLine) -> bool:
    """Return whether a line is legible text, not a page number, a speck or the rest of a mark."""
    text, characters = line.reading.text, line.reading.characters
    if sum(map(str.isalnum, text)) <= 1 or is_page_number(text):
        return False
    return sum(c.probability for c in characters) >= LEGIBLE * len(characters)


def _shared_columns(above: Part, below: Part) -> tuple[int, int] | None:
    """Return the number of agreeing column boundaries, and of how many, or None if too few."""
    slack = max(above.column_slack, below.column_slack)
    first, second = level_columns([above, below])
    shared = sum(any(abs(x - y) <= slack for y in second) for x in first)
    fewer = min(len(first), len(second))
    enough = shared >= SHARED_COLUMNS * fewer and shared > len(("left", "right"))
    return (shared, fewer) if enough or _single_column(above, below) else None


def _single_column(above: Part, below: Part) -> bool:
    return len(above.columns) == len(below.columns) == len(("left", "right"))


def _table(parts: list[Part], known: Mapping[str, int]) -> LogicalTable:
    stacked = stack(parts, known)
    caption = find_caption(parts[0])
    joins = [_page_join(parts[:i], parts[i], stacked.repeated[i]) for i in range(1, len(parts))]
    return LogicalTable(
        parts=parts,
        first_rows=stacked.first_rows,
        n_rows=stacked.n_rows,
        n_cols=stacked.n_cols,
        slots=stacked.slots,
        joins=joins,
        doubts=stacked.doubts,
        title=caption.title,
        code=caption.code,
        unit=caption.unit,
        notes=find_notes(parts[-1]),
    )


def _page_join(above: Sequence[Part], below: Part, repeated: int) -> PageJoin:
    """Return the reasons for a join, and its doubts."""
    last = above[-1]
    shared, fewer = _shared_columns(last, below) or (0, 0)
    reasons = [f"there is no text between, and {shared} of {fewer} column boundaries agree"]
    doubts = []
    if repeated:
        reasons.append(f"{repeated} header row{'s' * (repeated > 1)} repeated")
    else:
        if shared < SURE_COLUMNS * fewer:
            doubts.append(f"only {shared} of {fewer} column boundaries agree")
        if _ends_with_total(last):
            doubts.append("the rows above the page break end with a total")
    return PageJoin(below.page_result.number, repeated, "; ".join(reasons), "; ".join(doubts))


def _ends_with_total(part: Part) -> bool:
    row = part.grid.n_rows - 1
    first = next((c.text.text for c in part.cells if c.cell.row == row and c.cell.col == 0), "")
    return first.replace(" ", "").startswith(("合计", "总计"))
