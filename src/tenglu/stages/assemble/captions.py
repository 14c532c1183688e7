"""Find title, code and unit above a table, and notes below it."""

import re
from typing import NamedTuple

from tenglu.imaging.geometry import enclosing_box
from tenglu.stages.assemble.page_lines import is_note, is_page_number, rows_of
from tenglu.stages.assemble.page_result import Part
from tenglu.stages.ocr import TextLine
from tenglu.stages.ocr.text import clean_text

NEARLY = 0.8  # least height of a title line, as a share of the tallest line
CENTRED = 0.12  # largest offset of a title from the centre, as a share of the table width
REACH = 12.0  # text heights above a table that may contain its title
LABELLED = ("：", ":")  # a line with a label is a field, not a title

_CODE = re.compile(
    r"(公开|会企|财决|预算|决算|附|[\u4e00-\u9fff]{1,4})\s*(\d{1,3}(?:-\d+)?)\s*表(?![\u4e00-\u9fff])"
)
_UNIT = re.compile(
    r"单\s*位\s*[:：]?\s*((?:人民币)?(?:[百千万亿]*元|美元|％|%|[\u4e00-\u9fffA-Za-z、，,/（）()%㎡³²]{1,12}))\s*$"
)


class Caption(NamedTuple):
    """The texts above a table; "" if there is none."""

    title: str
    code: str
    unit: str


def find_caption(part: Part) -> Caption:
    """Find title, code and unit of a table."""
    rows = rows_of(_lines_above(part))
    row_texts = [clean_text("".join(line.reading.text for line in row)) for row in rows]
    codes = [
        m.group(0).replace(" ", "")
        for row in rows
        for line in row
        if (m := _CODE.search(line.reading.text))
    ]
    units = [m.group(1) for text in row_texts if (m := _UNIT.search(text))]
    return Caption(_title(part, rows), codes[-1] if codes else "", units[-1] if units else "")


def find_notes(part: Part) -> tuple[str, ...]:
    """Find the notes below a table, each with its continuation lines."""
    grids = part.page_result.grids
    place = next(i for i, grid in enumerate(grids) if grid is part.grid)
    floor = grids[place + 1].box.y0 if place + 1 < len(grids) else part.page_result.upright.y1
    notes: list[str] = []
    for row in rows_of(
        [ln for ln in part.page_result.lines if part.grid.box.y1 <= ln.box.y0 < floor]
    ):
        text = clean_text("".join(line.reading.text for line in row))
        if is_page_number(text):
            continue
        if is_note(text):
            notes.append(text)
        elif notes and len(row) == 1:
            notes[-1] += text
    return tuple(notes)


def _lines_above(part: Part) -> list[TextLine]:
    top = part.grid.box.y0
    above = [grid.box.y1 for grid in part.page_result.grids if grid.box.y1 <= top]
    ceiling = max([*above, top - REACH * part.page_result.text_height])
    return [
        line for line in part.page_result.lines if ceiling <= line.box.y0 and line.box.y1 <= top
    ]


def _title(part: Part, rows: list[list[TextLine]]) -> str:
    """Return the lowest of the centred lines with the largest type above a table, or ""."""
    box = part.grid.box
    centred = []
    for row in rows:
        text = clean_text("".join(line.reading.text for line in row))
        around = enclosing_box([line.box for line in row])
        off = abs((around.x0 + around.x1) / 2 - (box.x0 + box.x1) / 2)
        if off <= CENTRED * (box.x1 - box.x0) and text and not any(m in text for m in LABELLED):
            centred.append((around.height, text))
    if not centred:
        return ""
    tallest = max(height for height, _ in centred)
    return next(text for height, text in reversed(centred) if height >= NEARLY * tallest)
