"""Detect ruling lines with wide gaps: dashed lines, and hairlines broken by binarisation."""

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
    line_coverage,
    median,
    traced_rules,
)
from tenglu.imaging.runs import Packed, bridged, unpack

BROKEN_LENGTH = 8.0  # text heights; least length of a run with gaps
BROKEN_FLANKED = 0.2  # most adjacent ink of a run with gaps
DASH_PERIOD = 0.9  # text heights; most distance of dashes; characters are set at one or more
MIN_DASHES = 8  # fewer may be type
EVEN_DASHES = 0.12  # of the period; most deviation of a dash from its position
LEAST_DASH = 0.2  # of the period; shorter specks are serifs and crossings of rules
DASHED = 0.7  # least share of dashes that are followed by one at the expected position
BARE = 0.1  # most adjacent ink of a hairline; rows of strokes have .3
LEFT = 0.3  # least coverage of a hairline; a fax keeps .35 to .5
IN_LINE = 0.15  # text heights; most distance across between pieces of one line
PIECES = 4.0  # text heights; most distance along between pieces of one line
MOST_PIECES = 400  # per page; a fax with a table has a hundred, texture and grain have thousands
HAIRLINE = 20.0  # text heights; least length of a hairline
HAIR = 2.0  # px; thickness of a hairline


class Gapped(NamedTuple):
    """Ruling lines with wide gaps, of one direction."""

    dashed: list[Rule]  # certain rules
    broken: list[Rule]  # hairlines; rules only between two others


class Thin(NamedTuple):
    """Structures of a page that are as thin as rules."""

    packed: Packed  # pixels dark enough for a rule
    tone: Gray  # (H, W) darkness, 0 to 255
    written: Written  # ink of the page
    text_height: float  # px


def find_gapped_rules(seen: Thin, beside: Packed, broken: Sequence[Rule]) -> Gapped:
    """Find rules along x with gaps too wide for :func:`tenglu.imaging.ruling_lines.find_rules`.

    Args:
        seen: thin structures of the page.
        beside: long runs that were found, and their edges, packed.
        broken: long runs with gaps and without adjacent ink.
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
    shares, adjacent = line_coverage(course, pieces, drawn, written, text_height)
    marks = np.split(drawn[course.across, course.along], course.starts[1:])
    tones = np.split(thin[course.across, course.along], course.starts[1:])
    dashed, bare = [], list(broken)
    views = zip(pieces, shares, adjacent, marks, tones, strict=False)  # marks, tones: [[]] for none
    for piece, share, flank, along, tone in views:
        if flank <= BROKEN_FLANKED and _is_even(along, DASH_PERIOD * text_height):
            dashed.append(piece._replace(contrast=median(tone[along])))
        elif flank <= BARE and share >= LEFT:
            bare.append(piece)
    hairlines = [
        rule
        for chain in _chains(bare, text_height)
        # Specks beyond the pieces may belong to the line, or to type aligned with it.
        for rule in _hairlines(chain, np.inf, drawn, seen) or _hairlines(chain, 0, drawn, seen)
    ]
    return Gapped(dashed, hairlines)


def _is_even(drawn: Mask, most: float) -> bool:
    """Return whether dashes repeat at one period of at most ``most`` px."""
    steps = np.diff(drawn.astype(np.int8), prepend=0, append=0)
    starts, ends = np.flatnonzero(steps > 0), np.flatnonzero(steps < 0)
    if len(starts) < MIN_DASHES:
        return False
    period = float(np.percentile(np.diff(starts), 75))  # robust to gaps split by crossing rules
    if period > most or float(np.median(ends - starts)) < LEAST_DASH * period:
        return False
    following = np.abs(starts[:-1, None] + period - starts).min(axis=1)
    return bool((following <= max(1.0, EVEN_DASHES * period)).mean() >= DASHED)


def _chains(pieces: Sequence[Rule], text_height: float) -> list[list[Rule]]:
    """Group pieces that lie on one line, starting from the longest."""
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
    """Collect hairlines along the line of some pieces, with the specks between and beyond them.

    A hairline is extended beyond its last speck by the widest gap.

    Args:
        chain: pieces of one line.
        beyond: px beyond the pieces in which specks are used.
        drawn: (H, W) pixels dark enough for a rule.
        seen: thin structures of the page.
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
    shares, adjacent = line_coverage(courses(rules), rules, drawn, written, text_height)
    kept = (shares >= LEFT) & (adjacent <= BARE)
    return [rule for rule, keep in zip(rules, kept, strict=True) if keep]
