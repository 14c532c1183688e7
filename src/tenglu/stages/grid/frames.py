"""Which rules belong together: a frame is a set of rules that touch."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.rules import Rule, Rules

REACH = 0.4  # text heights by which a rule may miss the one it should touch
TOUCH = (
    0.25  # text heights, the same for short rules: strokes of type keep a little more off a rule
)
BRIDGED = 0.6  # share of a short run between the rules it meets; the rest is type that touches it
FAINT = 0.5  # of the usual contrast of the rules of the table
OVERHANG = 1.5  # text heights; a line that leaves the table so far is a streak or a fold
MIN_RULES = 2  # of each direction


class Frame(NamedTuple):
    """The rules of one table."""

    horizontal: list[Rule]
    vertical: list[Rule]


class _Ends(NamedTuple):
    """Rules as columns of numbers, so that all pairs are compared at once."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    at_start: NDArray[np.float64]
    at_end: NDArray[np.float64]


def rules_to_frames(horizontal: Rules, vertical: Rules, text_height: float) -> list[Frame]:
    """Group rules into frames.

    Long rules must cross another; short ones must run from one accepted rule to another, which no
    stroke of type does.

    Args:
        horizontal: of the whole page.
        vertical: of the whole page.
        text_height: px.
    """
    reach = REACH * text_height
    rows, cols = _touching(horizontal.long, vertical.long, reach)
    frames = []
    for members in _components(rows, cols, reach):
        frame = _without_overhang(_without_faint(Frame(*members)), text_height)
        frame = _with_short(frame, horizontal.short, vertical.short, TOUCH * text_height)
        frame = _without_dangling(frame, reach)
        if min(len(frame.horizontal), len(frame.vertical)) >= MIN_RULES:
            frames.append(frame)
    return frames


def _ends(rules: Sequence[Rule]) -> _Ends:
    columns = [(r.start, r.end, r.across[0], r.across[-1]) for r in rules]
    start, end, at_start, at_end = np.array(columns, dtype=np.float64).reshape(-1, 4).T
    return _Ends(start, end, at_start, at_end)


def _meetings(rows: Sequence[Rule], cols: Sequence[Rule], reach: float) -> NDArray[np.bool_]:
    """(len(rows), len(cols)) True where a horizontal rule touches or crosses a vertical one."""
    h, v = _ends(rows), _ends(cols)
    x_low, x_high = np.minimum(v.at_start, v.at_end), np.maximum(v.at_start, v.at_end)
    y_low, y_high = np.minimum(h.at_start, h.at_end), np.maximum(h.at_start, h.at_end)
    over_x = (h.start[:, None] - reach <= x_high) & (h.end[:, None] + reach >= x_low)
    over_y = (v.start - reach <= y_high[:, None]) & (v.end + reach >= y_low[:, None])
    meets: NDArray[np.bool_] = over_x & over_y
    return meets


def _touching(
    rows: Sequence[Rule], cols: Sequence[Rule], reach: float
) -> tuple[list[Rule], list[Rule]]:
    """Drop rules that meet nothing."""
    if not rows or not cols:
        return [], []
    meets = _meetings(rows, cols, reach)
    kept_rows = [rows[i] for i in np.flatnonzero(meets.any(axis=1))]
    kept_cols = [cols[j] for j in np.flatnonzero(meets.any(axis=0))]
    return kept_rows, kept_cols


def _components(
    rows: Sequence[Rule], cols: Sequence[Rule], reach: float
) -> list[tuple[list[Rule], list[Rule]]]:
    """Sets of rules that hang together by touching."""
    if not rows or not cols:
        return []
    meets = _meetings(rows, cols, reach)
    label = np.arange(len(rows))
    while True:
        by_col = np.where(meets, label[:, None], len(rows)).min(axis=0)
        spread = np.where(meets, by_col, len(rows)).min(axis=1)
        lowest = np.minimum(label, spread)
        if np.array_equal(lowest, label):
            break
        label = lowest
    by_col = np.where(meets, label[:, None], len(rows)).min(axis=0)
    return [
        (
            [rule for rule, own in zip(rows, label, strict=True) if own == name],
            [rule for rule, own in zip(cols, by_col, strict=True) if own == name],
        )
        for name in sorted(set(label.tolist()))
    ]


def _without_faint(frame: Frame) -> Frame:
    """Drop lines far fainter than the table's own: streaks, folds, edges of marks."""
    return Frame(_strong(frame.horizontal), _strong(frame.vertical))


def _strong(rules: Sequence[Rule]) -> list[Rule]:
    length = np.array([rule.length for rule in rules])
    contrast = np.array([rule.contrast for rule in rules])
    order = np.argsort(contrast)
    half = np.searchsorted(np.cumsum(length[order]), length.sum() / 2)
    return [rule for rule in rules if rule.contrast >= FAINT * contrast[order][half]]


def _without_overhang(frame: Frame, text_height: float) -> Frame:
    """Drop lines that run out of the table: feeder streaks, folds, edges of the paper."""
    far = OVERHANG * text_height
    top = min(float(rule.across.min()) for rule in frame.horizontal)
    bottom = max(float(rule.across.max()) for rule in frame.horizontal)
    inside = [r for r in frame.vertical if r.start > top - far and r.end < bottom + far]
    # A table open at top or bottom has several such ends at one height; a streak stands alone.
    if len(inside) * 2 < len(frame.vertical):
        return frame
    return Frame(frame.horizontal, inside)


def _with_short(frame: Frame, rows: Sequence[Rule], cols: Sequence[Rule], touch: float) -> Frame:
    """Add short rules that run from one rule of the frame to another, until none is left."""
    base = frame
    while True:
        grown = Frame(
            base.horizontal + _bridging(rows, frame.vertical, touch),
            base.vertical + _bridging(cols, frame.horizontal, touch),
        )
        if (len(grown.horizontal), len(grown.vertical)) == (
            len(frame.horizontal),
            len(frame.vertical),
        ):
            return grown
        frame = grown


def _bridging(short: Sequence[Rule], across: Sequence[Rule], touch: float) -> list[Rule]:
    """Short rules that run from one rule of the other direction to another, trimmed to these."""
    if not short or not across:
        return []
    s, a = _ends(short), _ends(across)
    place = (s.at_start + s.at_end) / 2
    covers = (a.start - touch <= place[:, None]) & (a.end + touch >= place[:, None])
    there = np.stack([rule.at(place) for rule in across], axis=1)
    met = covers & (there >= s.start[:, None] - touch) & (there <= s.end[:, None] + touch)
    first = np.where(met, there, np.inf).min(axis=1)
    last = np.where(met, there, -np.inf).max(axis=1)
    holds = last - first >= BRIDGED * (s.end - s.start)
    return [
        short[i]._replace(along=np.array([first[i], last[i]]), across=np.full(2, place[i]))
        for i in np.flatnonzero(holds)
    ]


def _without_dangling(frame: Frame, reach: float) -> Frame:
    """Drop rules that meet fewer than two others, unless they are most of the table: open sides."""
    horizontal, vertical = frame
    while horizontal and vertical:
        meets = _meetings(horizontal, vertical, reach)
        rows = _held(horizontal, meets.sum(axis=1))
        cols = _held(vertical, meets.sum(axis=0))
        if len(rows) == len(horizontal) and len(cols) == len(vertical):
            break
        horizontal, vertical = rows, cols
    return Frame(horizontal, vertical)


OPEN_SHARE = 0.6  # of the longest rule: long enough to be a side of an open table


def _held(rules: Sequence[Rule], n_meetings: NDArray[np.int_]) -> list[Rule]:
    longest = max(rule.length for rule in rules)
    return [
        rule
        for rule, count in zip(rules, n_meetings, strict=True)
        if count >= MIN_RULES or (count and rule.length >= OPEN_SHARE * longest)
    ]
