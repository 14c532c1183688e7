"""Blocks of a page in reading order: headings, lines, paragraphs, notes and tables."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tenglu.imaging.geometry import Box, enclosing_box
from tenglu.model import Block, BlockKind, TableBlock, TextBlock
from tenglu.stages.assemble.page_lines import is_note, is_page_number, rows_of
from tenglu.stages.assemble.page_result import PageResult
from tenglu.stages.assemble.tables import LogicalTable
from tenglu.stages.ocr import TextLine
from tenglu.stages.ocr.text import join_lines

HEADING_HEIGHT = 1.5  # text heights
LINE_PITCH = 1.6  # largest gap between the lines of a paragraph, in line heights
FULL_LINE = 2.5  # text heights by which a full line may be shorter than the widest
ALIKE = 0.7  # least ratio of the line heights in a paragraph
FOOT = 0.1  # share of the page height at top and foot that may contain page numbers


class _Placed(NamedTuple):
    top: int
    left: int
    block: Block


def page_to_blocks(page_result: PageResult, logical: Sequence[LogicalTable]) -> tuple[Block, ...]:
    """List the blocks of a page in reading order."""
    placed = [*_table_blocks(page_result, logical), *_text_blocks(page_result)]
    return tuple(entry.block for entry in sorted(placed, key=lambda entry: entry[:2]))


def _table_blocks(page_result: PageResult, logical: Sequence[LogicalTable]) -> Iterator[_Placed]:
    for i, table in enumerate(logical, 1):
        ends = [*table.first_rows[1:], table.n_rows]
        for part, first, end in zip(table.parts, table.first_rows, ends, strict=True):
            if part.page_result is page_result:
                box = part.grid.box
                rows = (first, max(first, end - 1))
                polygon = page_result.on_scan(box.polygon)
                block = TableBlock(kind="table", table=f"t{i}", rows=rows, polygon=polygon)
                yield _Placed(box.y0, box.x0, block)


def _text_blocks(page_result: PageResult) -> Iterator[_Placed]:
    for group in _paragraphs(page_result):
        box = enclosing_box([line.box for line in group])
        texts = [(line.box, line.reading.text) for line in group]
        text = join_lines(texts, page_result.text_height)
        if not text:
            continue
        characters = [c.probability for line in group for c in line.reading.characters]
        block = TextBlock(
            kind=_kind(page_result, text, box, len(group)),
            text=text,
            confidence=round(min(characters), 4) if characters else None,
            polygon=page_result.on_scan(box.polygon),
        )
        yield _Placed(box.y0, box.x0, block)


def _kind(page_result: PageResult, text: str, box: Box, n_lines: int) -> BlockKind:
    foot = FOOT * page_result.upright.height
    at_edge = box.y1 > page_result.upright.y1 - foot or box.y0 < foot
    if at_edge and is_page_number(text):
        return "page-number"
    if is_note(text):
        return "note"
    if n_lines == 1 and box.height >= HEADING_HEIGHT * page_result.text_height:
        return "heading"
    return "paragraph" if n_lines > 1 else "line"


def _paragraphs(page_result: PageResult) -> list[list[TextLine]]:
    """Group the lines of paragraphs; lines beside each other stay separate."""
    rows = rows_of(page_result.lines)
    right = max((line.box.x1 for row in rows for line in row), default=0)
    groups: list[list[TextLine]] = []
    open_group: list[TextLine] | None = None
    for row in rows:
        if len(row) == 1 and open_group and _goes_on(open_group[-1], row[0], page_result, right):
            open_group.append(row[0])
            continue
        groups.extend([line] for line in row)
        open_group = groups[-1] if len(row) == 1 else None
    return groups


def _goes_on(above: TextLine, below: TextLine, page_result: PageResult, right: int) -> bool:
    height = above.box.height
    alike = ALIKE < below.box.height / height < 1 / ALIKE
    near = below.box.y0 - above.box.y1 <= LINE_PITCH * height
    full = above.box.x1 >= right - FULL_LINE * page_result.text_height
    apart = any(above.box.y1 <= grid.box.y0 <= below.box.y0 for grid in page_result.grids)
    return alike and near and full and not apart
