"""Join the texts of lines to the text of a cell."""

import re
from collections.abc import Sequence
from itertools import pairwise

from tenglu.imaging.geometry import Box

SHORT_LINE = 2.0  # text heights; the last line of a paragraph ends at least this much earlier
INDENT = 0.7  # text heights; lines that start further in are centred, or open a paragraph
FEW_LINES = 3  # with fewer lines a short first line is a wrapped label, not a paragraph

_CJK = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f"
_SPACE_AT_CJK = re.compile(rf"(?<=[{_CJK}])\s+|\s+(?=[{_CJK}])")
_SPACED_NUMBER = re.compile(r"[-+(]?[\d,. ]*[.,][\d,. ]*\)?%?")
_DASH = re.compile(r"(?<=[\d年月日])[一—–](?=\d)")
_YEAR_BRACKETS = re.compile(r"(?:(?<!〔)[\[({【|](?=\d{4}〕)|〔(?=\d{4}))(\d{4})[\])}】〕]")
_LIST_ITEM = re.compile(
    r"(?:[（(]?[一二三四五六七八九十\d]{1,3}[)）、.．]|[（(][一二三四五六七八九十\d]+[)）]|\d+\.)(?!\d)"
)


def join_lines(lines: Sequence[tuple[Box, str]], text_height: float) -> str:
    """Join wrapped lines, with a line feed between paragraphs.

    Args:
        lines: box (px) and text of each line, from top to bottom.
        text_height: px.
    """
    lines = [(box, clean_text(text)) for box, text in lines]
    lines = [(box, text) for box, text in lines if text]
    if not lines:
        return ""
    left = min(box.x0 for box, _ in lines)
    right = max(box.x1 for box, _ in lines)
    joined = lines[0][1]
    for (before, above), (box, text) in pairwise(lines):
        ends_early = before.x1 < right - SHORT_LINE * text_height
        flush = before.x0 - left < INDENT * text_height or len(lines) >= FEW_LINES
        paragraph = len(lines) >= FEW_LINES and ends_early and flush
        item = bool(_LIST_ITEM.match(text)) and ends_early and box.x0 - left < 3 * text_height
        if paragraph or item:
            joined += "\n" + text
        else:
            joined += (" " if _words_meet(above, text) else "") + text
    return clean_text(joined)


def clean_text(text: str) -> str:
    """Normalise spaces, dashes and year brackets of recognised text.

    Remove spaces beside Chinese characters and inside numbers. Replace 一 by a dash between digits
    or parts of a date, as in 2024年1月-12月, since no number mixes 一 with Arabic digits. If one
    bracket around a year is 〔 or 〕, make both 〔〕.
    """
    text = _DASH.sub("-", text)
    text = _YEAR_BRACKETS.sub(r"〔\1〕", text)
    text = "\n".join(part.strip() for part in text.split("\n"))
    text = re.sub(r"[^\S\n]+", " ", text)
    text = "\n".join(_SPACE_AT_CJK.sub("", part) for part in text.split("\n"))
    if " " in text and _SPACED_NUMBER.fullmatch(text):
        return text.replace(" ", "")
    return text


def _words_meet(above: str, below: str) -> bool:
    """Return whether a line break separates two Latin words, which need a space."""
    return above[-1].isascii() and above[-1].isalpha() and below[0].isascii() and below[0].isalpha()
