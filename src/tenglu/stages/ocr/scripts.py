"""Use the script of a page, simplified or traditional Chinese, as a prior for its characters.

A recogniser of both scripts confuses a smudged 项 and 項 in either direction. The script that
dominates a page is a prior for each character; a clearly printed character of the other script,
as in a name or a quotation, is kept.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from tenglu.engines.interface import Character, Reading

Script = Literal["simplified", "traditional"]

# Each set contains the characters of one script and those that both share.
_SETS: dict[Script, str] = {"simplified": "gb2312", "traditional": "big5"}

SURE = 0.9  # least probability of a character that is counted
LEAST_COUNTED = 20  # characters exclusive to one script that are needed to decide
FEW = 0.05  # of these in the other script: names and misreadings; more is a page of both scripts
PRIOR_ODDS = 0.05  # of the other script; not 0, as a name may use it


def find_script(readings: Sequence[Reading]) -> Script | None:
    """Return the script of a page; None: it has both, or too few characters of either.

    Args:
        readings: of the lines of the page.
    """
    counts: dict[Script | None, int] = dict.fromkeys((*_SETS, None), 0)
    for reading in readings:
        for character in reading.characters:
            if character.probability >= SURE:
                counts[_script_of(character.text)] += 1
    simplified, traditional = counts["simplified"], counts["traditional"]
    if max(simplified, traditional) < LEAST_COUNTED:
        return None
    if min(simplified, traditional) > FEW * max(simplified, traditional):
        return None
    return "simplified" if simplified > traditional else "traditional"


def in_script(reading: Reading, script: Script | None) -> Reading:
    """Reweight each character and its alternative by the script of the page (Bayes' rule).

    Args:
        reading: of a line.
        script: of the page; None: return the reading unchanged.
    """
    if script is None:
        return reading
    characters = tuple(_reweighted(character, script) for character in reading.characters)
    return reading._replace(text="".join(c.text for c in characters), characters=characters)


def _reweighted(character: Character, script: Script) -> Character:
    first, p_first, second, p_second = character
    odd_first, odd_second = (_script_of(c) not in (script, None) for c in (first, second))
    if odd_first == odd_second:
        return character
    if odd_first:
        p_first *= PRIOR_ODDS
    else:
        p_second *= PRIOR_ODDS
    others = max(0.0, 1 - character.probability - character.runner_up_probability)
    total = p_first + p_second + others
    if p_second > p_first:
        first, second, p_first, p_second = second, first, p_second, p_first
    return Character(first, p_first / total, second, p_second / total)


@lru_cache(maxsize=1 << 14)
def _script_of(text: str) -> Script | None:
    """Return the only script that has a character; None: both, neither, or not a hanzi."""
    if not "\u4e00" <= text <= "\u9fff":
        return None
    scripts = [script for script, encoding in _SETS.items() if _can_encode(encoding, text)]
    return scripts[0] if len(scripts) == 1 else None


def _can_encode(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
