"""Rules with wider gaps than a scan breaks: dashes, and what two tones leave of a hairline."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tenglu.imaging.arrays import Gray, Mask
from tenglu.imaging.ruling_line import (
    FLANK,
    MIN_FLANK,
    SAMPLE_STEP,
    Rule,
    Written,
    courses,
    looks,
    median,
    traced_rules,
)
from tenglu.imaging.runs import Packed, bridged, unpack

BROKEN_LENGTH = 8.0  # text heights; a run with breaks must be longer to be believed
BROKEN_FLANKED = 0.2  # share of it that may have type beside it
DASH_PERIOD = 0.9  # text heights; characters follow each other at one or more, lines at more
MIN_DASHES = 8
EVEN_DASHES = 0.12  # of their period, by which a dash may stand off its place
LEAST_DASH = 0.2  # of their period; serifs and rules that cross make a row of specks
DASHED = 0.7  # of the dashes are followed by one at its place
BARE = 0.1  # share of a hairline that may have type beside it; rows of strokes have .3
LEFT = 0.3  # share of a hairline that is left; a fax keeps .35 to .5
IN_LINE = 0.15  # text heights across by which pieces of one line may differ
PIECES = 4.0  # text heights along between two pieces of one line
MOST_PIECES = 400  # of a page; a fax with a table has a hundred, texture and grain have thousands
HAIRLINE = 20.0  # text heights that a hairline is long at least
HAIR = 2.0  # px


class Gapped(NamedTuple):
    """The runs of one direction."""

    dashed: list[Rule]  # rules beyond doubt
    broken: list[Rule]  # rules only if they stand between two others


class Thin(NamedTuple):
    """What is thin across on a page, as rules are."""

    packed: Packed  # where it is dark enough for a rule
    tone: Gray  # (H, W) darkness
    written: Written  # where there is ink
    text_height: float  # px


def find_gapped_rules(seen: Thin, beside: Packed, broken: Sequence[Rule]) -> Gapped:
    """Find rules that gaps hide from :func:`tenglu.imaging.ruling_lines.find_rules`, along x.

    Args:
        seen: on the page.
        beside: the long runs that were found, and their edges.
        broken: those of them that have breaks, and no type beside them.
    """
    packed, thin, written, text_height = seen
    length = BROKEN_LENGTH * text_height
    rows = bridged(packed & ~beside, DASH_PERIOD * text_height, length)
    pieces = [
        rule
        for rule in traced_rules(unpack(rows, len(thin)), thin, text_height)
        if rule.length >= length
    ]
    drawn = unpack(packed, len(thin)).view(np.bool_)
    course = courses(pieces)
    shares, flanked = looks(course, pieces, drawn, written, text_height)
    marks = np.split(drawn[course.across, course.along], course.starts[1:])
    tones = np.split(thin[course.across, course.along], course.starts[1:])
    dashed, bare = [], list(broken)
    views = zip(pieces, shares, flanked, marks, tones, strict=False)  # marks, tones: [[]] for none
    for piece, share, flank, along, tone in views:
        if flank <= BROKEN_FLANKED and _is_even(along, DASH_PERIOD * text_height):
            dashed.append(piece._replace(contrast=median(tone[along])))
        elif flank <= BARE and share >= LEFT:
            bare.append(piece)
    hairlines = [
        rule
        for chain in _chains(bare, text_height)
        # What goes on beside the pieces may be the line itself, or type in line with it.
        for rule in _hairlines(chain, np.inf, drawn, seen) or _hairlines(chain, 0, drawn, seen)
    ]
    return Gapped(dashed, hairlines)


def _is_even(drawn: Mask, most: float) -> bool:
    """Whether dashes follow each other at one distance of so many px at most."""
    steps = np.diff(drawn.astype(np.int8), prepend=0, append=0)
    starts, ends = np.flatnonzero(steps > 0), np.flatnonzero(steps < 0)
    if len(starts) < MIN_DASHES:
        return False
    period = float(np.percentile(np.diff(starts), 75))  # rules that cross part a gap in two
    if period > most or float(np.median(ends - starts)) < LEAST_DASH * period:
        return False
    following = np.abs(starts[:-1, None] + period - starts).min(axis=1)
    return bool((following <= max(1.0, EVEN_DASHES * period)).mean() >= DASHED)


def _chains(pieces: Sequence[Rule], text_height: float) -> list[list[Rule]]:
    """Pieces that lie on one line, from the longest on."""
    if len(pieces) > MOST_PIECES:
        return []
    near = max(1.0, IN_LINE * text_height)
    chains: list[list[Rule]] = []
    lines: list[np.poly1d] = []
    for piece in sorted(pieces, key=lambda piece: -piece.length):
        off = [float(np.abs(line(piece.along) - piece.across).mean()) for line in lines]
        if off and min(off) <= near:
            nearest = int(np.argmin(off))
            chains[nearest].append(piece)
            lines[nearest] = _line(chains[nearest])
        else:
            chains.append([piece])
            lines.append(_line([piece]))
    return chains


def _line(chain: Sequence[Rule]) -> np.poly1d:
    along = np.concatenate([piece.along for piece in chain])
    across = np.concatenate([piece.across for piece in chain])
    return np.poly1d(np.polyfit(along, across, 1))


def _hairlines(chain: Sequence[Rule], beyond: float, drawn: Mask, seen: Thin) -> list[Rule]:
    """What is drawn along the line of some pieces: with the specks between, and so far beside them.

    A hairline goes on beyond its last speck by as much as a gap may be wide.
    """
    _, thin, written, text_height = seen
    line, (height, width) = _line(chain), drawn.shape
    apart, gap = PIECES * text_height, DASH_PERIOD * text_height
    places = np.arange(width)
    across = np.rint(line(places))
    on_page = (across >= 0) & (across < height)
    course = np.clip(across, 0, height - 1).astype(np.intp)
    near = max(MIN_FLANK, round(FLANK[0] * text_height))
    type_beside = written.below[np.minimum(course + near, height - 1), places]
    type_beside |= written.above[np.maximum(course - near, 0), places]
    first, last = min(p.start for p in chain), max(p.end for p in chain)
    within = (places >= first - apart - beyond) & (places <= last + apart + beyond)
    specks = np.flatnonzero(drawn[course, places] & ~type_beside & within & on_page)
    rules = []
    for run in np.split(specks, np.flatnonzero(np.diff(specks) > apart) + 1):
        if len(run) and any(piece.start <= run[-1] and piece.end >= run[0] for piece in chain):
            start, end = max(0.0, run[0] - gap), min(width - 1.0, run[-1] + gap)
            along = np.linspace(start, end, max(2, round((end - start) / SAMPLE_STEP)))
            at = np.clip(line(along), 0, height - 1)
            rules.append(Rule(along, at, median(thin[course[run], run]), HAIR))
    rules = [rule for rule in rules if rule.length >= HAIRLINE * text_height]
    shares, flanked = looks(courses(rules), rules, drawn, written, text_height)
    kept = (shares >= LEFT) & (flanked <= BARE)
    return [rule for rule, keep in zip(rules, kept, strict=True) if keep]
