"""Simplified or traditional: what is read in the script that a page is not set in is doubtful.

A recogniser of both takes a smudged 项 for 項 as readily as the reverse. Which of the two a page is
set in tells every line of it. That is a prior: where ink shows the other script beyond doubt, as in
a name or a quotation, it stays.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from tenglu.engines.interface import Character, Reading

Script = Literal["simplified", "traditional"]

# Each of these sets holds the characters of one script, and those that both share.
_SETS: dict[Script, str] = {"simplified": "gb2312", "traditional": "big5"}

SURE = 0.9  # probability of a character that tells the script of a page
LEAST_TOLD = 20  # characters of one script alone before a page is taken to be set in it
FEW = 0.05  # of these in the other script: names, misreadings; more is a page of both
STRANGER = 0.05  # prior odds of the other script; a rare name that is in neither set must not lose


def find_script(readings: Sequence[Reading]) -> Script | None:
    """Tell which script a page is set in; None: it has both, or too little of either."""
    counts: dict[Script | None, int] = dict.fromkeys((*_SETS, None), 0)
    for reading in readings:
        for character in reading.characters:
            if character.probability >= SURE:
                counts[_script_of(character.text)] += 1
    simplified, traditional = counts["simplified"], counts["traditional"]
    if max(simplified, traditional) < LEAST_TOLD:
        return None
    if min(simplified, traditional) > FEW * max(simplified, traditional):
        return None
    return "simplified" if simplified > traditional else "traditional"


def in_script(reading: Reading, script: Script | None) -> Reading:
    """Weigh each character against its rival by the script of the page, by the rule of Bayes.

    Args:
        reading: of a line.
        script: of the page; None: nothing changes.
    """
    if script is None:
        return reading
    characters = tuple(_weighed(character, script) for character in reading.characters)
    return reading._replace(text="".join(c.text for c in characters), characters=characters)


def _weighed(character: Character, script: Script) -> Character:
    first, p_first, second, p_second = character
    odd_first, odd_second = (_script_of(c) not in (script, None) for c in (first, second))
    if odd_first == odd_second:
        return character
    if odd_first:
        p_first *= STRANGER
    else:
        p_second *= STRANGER
    others = max(0.0, 1 - character.probability - character.runner_up_probability)
    total = p_first + p_second + others
    if p_second > p_first:
        first, second, p_first, p_second = second, first, p_second, p_first
    return Character(first, p_first / total, second, p_second / total)


@lru_cache(maxsize=1 << 14)
def _script_of(text: str) -> Script | None:
    """The script that alone has a character; None: both have it, or neither, or it is a sign."""
    if not "\u4e00" <= text <= "\u9fff":
        return None
    held = [script for script, name in _SETS.items() if _holds(name, text)]
    return held[0] if len(held) == 1 else None


def _holds(name: str, text: str) -> bool:
    try:
        text.encode(name)
    except UnicodeEncodeError:
        return False
    return True
