"""Text lines outside tables: classify them, and group them into rows."""

import re
from collections import Counter
from collections.abc import Sequence

from tenglu.stages.ocr import TextLine

# In small type at the foot of a page, 页 is often misread, and a dash is read as 一.
_AROUND = r"[-—–―‐‑−－一_·.\s]*"
_PAGE_NUMBER = re.compile(
    rf"{_AROUND}\d{{1,4}}{_AROUND}|[第共]\s*\d+\s*页.*|[第共]\s*\d+\s*.?|\d+\s*/\s*\d+"
)
_CHANGING = re.compile(r"[\s\d（(]*续表?[)）]?|[\s\d]+")
_NOTE = re.compile(r"(注|备注|说明|附注|资料来源|数据来源|注释)\s*\d*\s*[:：.、]?")


RUNNING = 0.6  # share of the pages that have a running head or foot
FEW_PAGES = 3  # least number of pages with a running head or foot


def is_page_number(text: str) -> bool:
    """Return whether a line is only a page number."""
    return bool(_PAGE_NUMBER.fullmatch(text.strip()))


def is_note(text: str) -> bool:
    """Return whether a line starts a note."""
    return bool(_NOTE.match(text.strip()))


def plain(line: TextLine) -> str:
    """Return the text of a line without spaces, digits and 续, which differ between pages."""
    return _CHANGING.sub("", line.reading.text)


def find_running_lines(pages: Sequence[Sequence[TextLine]]) -> set[str]:
    """Find running heads and feet: the lines that most pages have, as :func:`plain` texts."""
    counts = Counter(text for lines in pages for text in {plain(line) for line in lines} if text)
    least = max(FEW_PAGES, RUNNING * len(pages))
    return {text for text, count in counts.items() if count >= least}


def rows_of(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """Group lines into rows, from top to bottom, each from left to right."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda entry: (entry.box.y0, entry.box.x0)):
        middle = (line.box.y0 + line.box.y1) / 2
        if rows and any(other.box.y0 <= middle < other.box.y1 for other in rows[-1]):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda entry: entry.box.x0) for row in rows]
