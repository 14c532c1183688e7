"""Classify lines outside tables, and group them into rows."""

import re
from collections import Counter
from collections.abc import Sequence

from tenglu.stages.ocr import TextLine

# In small type at the foot of a page 页 is often read as something else, and a dash as 一.
_AROUND = r"[-—–―‐‑−－一_·.\s]*"
_PAGE_NUMBER = re.compile(
    rf"{_AROUND}\d{{1,4}}{_AROUND}|[第共]\s*\d+\s*页.*|[第共]\s*\d+\s*.?|\d+\s*/\s*\d+"
)
_CHANGING = re.compile(r"[\s\d（(]*续表?[)）]?|[\s\d]+")
_NOTE = re.compile(r"(注|备注|说明|附注|资料来源|数据来源|注释)\s*\d*\s*[:：.、]?")


RUNNING = 0.6  # of the pages have a running head
FEW_PAGES = 3  # on fewer, what is printed twice is not yet running


def is_page_number(text: str) -> bool:
    """Return whether a line is only a page number."""
    return bool(_PAGE_NUMBER.fullmatch(text.strip()))


def is_note(text: str) -> bool:
    """Return whether a line starts a note."""
    return bool(_NOTE.match(text.strip()))


def plain(line: TextLine) -> str:
    """Return a text without the parts that vary from page to page: spaces, digits, 续."""
    return _CHANGING.sub("", line.reading.text)


def find_running_lines(pages: Sequence[Sequence[TextLine]]) -> set[str]:
    """Return running headers and footers, as :func:`plain` texts that most pages have."""
    counts = Counter(text for lines in pages for text in {plain(line) for line in lines} if text)
    least = max(FEW_PAGES, RUNNING * len(pages))
    return {text for text, count in counts.items() if count >= least}


def rows_of(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """Group adjacent lines into rows, from top to bottom, and sort each from left to right."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda entry: (entry.box.y0, entry.box.x0)):
        middle = (line.box.y0 + line.box.y1) / 2
        if rows and any(other.box.y0 <= middle < other.box.y1 for other in rows[-1]):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda entry: entry.box.x0) for row in rows]
