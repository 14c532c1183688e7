"""Lines that only cross a table: streaks of the feeder, folds, edges of the paper."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask
from tenglu.imaging.ink import Ink
from tenglu.imaging.ruling_line import Rule
from tenglu.imaging.ruling_lines import Rules
from tenglu.stages.tables.line_coverage import HALF, trace

TOUCH = 0.4  # text heights by which a rule may miss the one it should touch
MOST = 0.5  # share of the rules of a table: what most of them do is no fault of one
STEP = 2  # px; breaks are longer
OVERHANG = 1.5  # text heights; a rule ends nearer to the last one that it meets
SAME_END = 0.5  # text heights between the ends of rules that reach to one open side
LEAST_INSIDE = 0.5  # of a line must lie in the table, else the rest was not added by type or a seal
CLEARANCE = 1.5  # text heights around a table that tell nothing of a line that runs on
OUTSIDE = 6.0  # text heights of free page, in all, before it is believed that a line runs on
RUNS_ON = 0.5  # share of the free page that it is drawn on
PALE = 0.8  # of the contrast of the usual rule: a table rule that stops short would not be paler


class Meetings(NamedTuple):
    """Where rules of two directions cross or touch."""

    meets: NDArray[np.bool_]  # (R, C)
    along_rows: NDArray[np.float64]  # (R, C) px, place along the rule of the first direction
    along_cols: NDArray[np.float64]  # (R, C) px, place along the rule of the second


def meetings(rows: Sequence[Rule], cols: Sequence[Rule], reach: float) -> Meetings:
    """Find where rules meet; either may end ``reach`` px before the other."""
    y = np.repeat([[(r.across[0] + r.across[-1]) / 2] for r in rows], len(cols), axis=1)
    x = np.empty_like(y)
    for _ in range(2):  # rules are level to a degree or two: each round is thirty times nearer
        for j, col in enumerate(cols):
            x[:, j] = col.at(y[:, j])
        for i, row in enumerate(rows):
            y[i] = row.at(x[i])
    h_start, h_end = np.array([(r.start, r.end) for r in rows]).T
    v_start, v_end = np.array([(c.start, c.end) for c in cols]).T
    meets = (h_start[:, None] - reach <= x) & (x <= h_end[:, None] + reach)
    meets &= (v_start - reach <= y) & (y <= v_end + reach)
    return Meetings(meets, x, y)


class Kept(NamedTuple):
    """The rules of all tables, and the lines that only cross them."""

    rows: list[Rule]
    cols: list[Rule]
    row_streaks: list[Rule]
    col_streaks: list[Rule]


class _Side(NamedTuple):
    """One direction of one group of rules."""

    rules: list[Rule]
    first: float  # px along, where the rules of the other direction begin
    last: float


def without_streaks(
    groups: Sequence[tuple[list[Rule], list[Rule]]], level: Rules, plumb: Rules, ink: Ink
) -> Kept:
    """Drop lines that run through tables, and cut off what type or a seal added to a rule.

    Args:
        groups: horizontal and vertical rules that touch.
        level: all horizontal runs of the page.
        plumb: all vertical runs.
        ink: of the page.
    """
    kept: tuple[list[Rule], list[Rule]] = [], []
    streaks: tuple[list[Rule], list[Rule]] = [], []
    sides = [_sides(group, ink) for group in groups]
    for k, runs in enumerate((level, plumb)):
        taken = _taken([pair[k] for pair in sides], runs.dark.shape[1], ink)
        for pair in sides:
            own, crossing = _own(pair[k], taken, runs.dark, ink)
            kept[k].extend(own)
            streaks[k].extend(crossing)
        streaks[k].extend(run for run in runs.weak if _runs_on(run, taken, runs.dark, ink))
    return Kept(*kept, *streaks)


def _sides(group: tuple[list[Rule], list[Rule]], ink: Ink) -> tuple[_Side, _Side]:
    rows, cols = group
    found = meetings(rows, cols, TOUCH * ink.text_height)
    x, y = found.along_rows[found.meets], found.along_cols[found.meets]
    return _Side(rows, float(x.min()), float(x.max())), _Side(cols, float(y.min()), float(y.max()))


def _taken(sides: Sequence[_Side], length: int, ink: Ink) -> Mask:
    """PathResolver along one direction that lie in a table."""
    taken = np.zeros(length, dtype=bool)
    clearance = CLEARANCE * ink.text_height
    for side in sides:
        taken[max(0, round(side.first - clearance)) : round(side.last + clearance) + 1] = True
    return taken


def _own(side: _Side, taken: Mask, dark: Gray, ink: Ink) -> tuple[list[Rule], list[Rule]]:
    """The rules of a group, ends that stand out cut off, and the lines that only cross it."""
    runs_on = np.array([_runs_on(rule, taken, dark, ink) for rule in side.rules])
    if runs_on.mean() > MOST:  # ruled paper: the lines are its own
        runs_on[:] = False
    inside = [rule for rule, streak in zip(side.rules, runs_on, strict=True) if not streak]
    crossing = [rule for rule, streak in zip(side.rules, runs_on, strict=True) if streak]
    if not inside:
        return [], crossing
    usual = float(np.median([rule.contrast for rule in inside]))
    far = OVERHANG * ink.text_height
    starts = np.array([rule.start for rule in inside])
    ends = np.array([rule.end for rule in inside])
    out = _alone(starts, starts < side.first - far, ink), _alone(ends, ends > side.last + far, ink)
    kept = []
    for rule, before, after in zip(inside, *out, strict=True):
        first = side.first if before else rule.start
        last = side.last if after else rule.end
        if not before and not after:
            kept.append(rule)
        elif last - first >= LEAST_INSIDE * rule.length and rule.contrast >= PALE * usual:
            kept.append(rule.between(first, last))
        else:
            crossing.append(rule)
    return kept, crossing


def _alone(ends: NDArray[np.float64], out: Mask, ink: Ink) -> Mask:
    """Ends that stand out and have no other beside them, as the rules of an open side have."""
    if out.mean() > MOST:
        return np.zeros_like(out)
    same = np.abs(ends[:, None] - ends[None, :]) <= SAME_END * ink.text_height
    alone: Mask = out & ((same & out[None, :]).sum(axis=1) == 1)
    return alone


def _runs_on(rule: Rule, taken: Mask, dark: Gray, ink: Ink) -> bool:
    """Whether a line goes on over the free page as it does in the table."""
    outside = np.flatnonzero(~taken)[::STEP]
    if len(outside) * STEP < OUTSIDE * ink.text_height:
        return False
    inside = np.arange(int(rule.start), int(rule.end) + 1, STEP)
    own, beyond = (
        trace(dark, along, rule.ahead(along.astype(np.float64)), ink).strength
        for along in (inside, outside)
    )
    return float((beyond > HALF * own.mean()).mean()) >= RUNS_ON
