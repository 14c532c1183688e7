"""Which rules belong together: a frame is a set of rules that touch."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.ink import Ink
from tenglu.imaging.ruling_line import Rule
from tenglu.imaging.ruling_lines import Rules
from tenglu.stages.tables.streaks import meetings, without_streaks

REACH = 0.4  # text heights by which a rule may miss the one it should touch
BORDER = 1.0  # text heights from the border of the page, where shadows of the scanner lie
TOUCH = (
    0.25  # text heights, the same for short rules: strokes of type keep a little more off a rule
)
BRIDGED = 0.6  # share of a short run between the rules it meets; the rest is type that touches it
FAINT = 0.5  # of the usual contrast of the rules of the table
IN_LINE = 0.15  # text heights across between two pieces of one line
PIECES = 2.5  # text heights along between two pieces of one line
MIN_RULES = 2  # of each direction
HALF = 0.5  # of the rules of an island go on outside it
MIN_STRIP = 3  # rules across a low table: two make a box
OPEN_SHARE = 0.6  # of the longest rule: long enough to be a side of an open table


class Frame(NamedTuple):
    """The rules of one table."""

    horizontal: list[Rule]
    vertical: list[Rule]


def rules_to_frames(horizontal: Rules, vertical: Rules, ink: Ink) -> list[Frame]:
    """Group rules into frames.

    Long rules must cross another; weak and short ones must run from one accepted rule to another,
    which no stroke of type does.

    Args:
        horizontal: of the whole page.
        vertical: of the whole page.
        ink: of the page.
    """
    height = ink.text_height
    horizontal, vertical = _without_borders(horizontal, vertical, height)
    groups = _groups(horizontal.long, vertical.long, REACH * height)
    kept = without_streaks(groups, horizontal, vertical, ink)
    uncertain = Frame(
        _off_streaks(horizontal.weak + horizontal.short, kept.row_streaks, height),
        _off_streaks(vertical.weak + vertical.short, kept.col_streaks, height),
    )
    groups = _without_islands(_groups(kept.rows, kept.cols, REACH * height), height)
    groups += _strips(horizontal.long, uncertain.vertical, groups, height)
    groups += [
        (rows, cols)
        for cols, rows in _strips(
            vertical.long, uncertain.horizontal, [(cols, rows) for rows, cols in groups], height
        )
    ]
    frames = []
    for group in groups:
        frame = _with_uncertain(_without_faint(Frame(*group)), uncertain, height)
        frame = _without_dangling(frame, height)
        if min(len(frame.horizontal), len(frame.vertical)) >= MIN_RULES:
            frames.append(frame)
    return frames


def _without_borders(level: Rules, plumb: Rules, text_height: float) -> tuple[Rules, Rules]:
    """The same without the shadows of the scanner along the borders of the page.

    They are rules where a picture shows a table and nothing else: there the inner ones reach them.
    """
    rows, cols = _by_border(level, text_height), _by_border(plumb, text_height)
    for border, inner in ((rows.border, cols.inner), (cols.border, rows.inner)):
        if border and inner:
            n_reaching = meetings(border, inner, REACH * text_height).meets.sum(axis=1)
            if n_reaching.max() >= MIN_RULES:
                return level, plumb
    return level._replace(long=rows.inner), plumb._replace(long=cols.inner)


class _ByBorder(NamedTuple):
    """Long rules of one direction."""

    border: list[Rule]  # along the first or last pixels of the picture
    inner: list[Rule]


def _by_border(rules: Rules, text_height: float) -> _ByBorder:
    near, last = BORDER * text_height, len(rules.dark) - 1
    found = _ByBorder([], [])
    for rule in rules.long:
        is_border = rule.across.max() <= near or rule.across.min() >= last - near
        (found.border if is_border else found.inner).append(rule)
    return found


def _strips(
    long: Sequence[Rule],
    uncertain: Sequence[Rule],
    groups: Sequence[tuple[list[Rule], list[Rule]]],
    text_height: float,
) -> list[tuple[list[Rule], list[Rule]]]:
    """Tables so low that no rule across is long: closed at both ends, and parted between."""
    used = {id(rule) for rows, _ in groups for rule in rows}
    free = [rule for rule in long if id(rule) not in used]
    across = _bridging(uncertain, free, TOUCH * text_height)
    reach = REACH * text_height
    strips = []
    for rows, cols in _groups(free, across, reach):
        first, last = min(row.start for row in rows), max(row.end for row in rows)
        at = [float(col.across.mean()) for col in cols]
        closed = min(at) - first <= reach and last - max(at) <= reach
        if closed and len(rows) >= MIN_RULES and len(cols) >= MIN_STRIP:
            strips.append((rows, cols))
    return strips


def _groups(
    rows: Sequence[Rule], cols: Sequence[Rule], reach: float
) -> list[tuple[list[Rule], list[Rule]]]:
    """Sets of rules that hang together by touching; those that meet nothing are left out."""
    if not rows or not cols:
        return []
    meets = meetings(rows, cols, reach).meets
    label = np.arange(len(rows))
    while True:
        by_col = np.where(meets, label[:, None], len(rows)).min(axis=0)
        spread = np.where(meets, by_col, len(rows)).min(axis=1)
        lowest = np.minimum(label, spread)
        if np.array_equal(lowest, label):
            break
        label = lowest
    by_col = np.where(meets, label[:, None], len(rows)).min(axis=0)
    groups = (
        (
            [rule for rule, own in zip(rows, label, strict=True) if own == name],
            [rule for rule, own in zip(cols, by_col, strict=True) if own == name],
        )
        for name in sorted(set(label.tolist()))
    )
    return [group for group in groups if group[1]]


def _without_islands(
    groups: list[tuple[list[Rule], list[Rule]]], text_height: float
) -> list[tuple[list[Rule], list[Rule]]]:
    """Unite a group with the one around it if their rules are pieces of one: a seal's rim cut them.

    A table inside a cell has rules of its own, in line with none of those around it.
    """
    united: list[tuple[list[Rule], list[Rule]]] = []
    for rows, cols in sorted(groups, key=lambda group: -len(group[0]) - len(group[1])):
        for around in united:
            if _lies_in(rows, cols, *around) and _continues(rows, around[0], text_height):
                around[0].extend(rows)
                around[1].extend(cols)
                break
        else:
            united.append((list(rows), list(cols)))
    return united


def _lies_in(
    rows: Sequence[Rule],
    cols: Sequence[Rule],
    around_rows: Sequence[Rule],
    around_cols: Sequence[Rule],
) -> bool:
    return all(
        min(r.start for r in around) <= min(r.start for r in inner)
        and max(r.end for r in inner) <= max(r.end for r in around)
        for inner, around in ((rows, around_rows), (cols, around_cols))
    )


def _continues(rows: Sequence[Rule], around: Sequence[Rule], text_height: float) -> bool:
    both = [*rows, *around]
    in_line = _in_line(both, text_height)
    return bool(in_line[: len(rows), len(rows) :].any(axis=1).mean() > HALF)


def _without_faint(frame: Frame) -> Frame:
    """Drop lines far fainter than the table's own: streaks, folds, edges of marks."""
    return Frame(_strong(frame.horizontal), _strong(frame.vertical))


def _strong(rules: Sequence[Rule]) -> list[Rule]:
    least = FAINT * _usual_contrast(rules)
    return [rule for rule in rules if rule.contrast >= least]


def _usual_contrast(rules: Sequence[Rule]) -> float:
    """Contrast that half of the drawn length has."""
    length = np.array([rule.length for rule in rules])
    contrast = np.array([rule.contrast for rule in rules])
    order = np.argsort(contrast)
    half = np.searchsorted(np.cumsum(length[order]), length.sum() / 2)
    return float(contrast[order][half])


def _off_streaks(runs: Sequence[Rule], streaks: Sequence[Rule], text_height: float) -> list[Rule]:
    """Runs that are no pieces of a streak."""
    near = IN_LINE * text_height
    return [
        run
        for run in runs
        if all(np.abs(run.across - streak.ahead(run.along)).mean() > near for streak in streaks)
    ]


def _with_uncertain(frame: Frame, uncertain: Frame, text_height: float) -> Frame:
    """Add runs that go from one rule of the frame to another, until none is left."""
    base, touch = frame, TOUCH * text_height
    least = [FAINT * _usual_contrast(rules) for rules in frame]
    rows, cols = (
        [run for run in runs if run.contrast >= contrast]
        for runs, contrast in zip(uncertain, least, strict=True)
    )
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


def _bridging(runs: Sequence[Rule], across: Sequence[Rule], touch: float) -> list[Rule]:
    """Runs that go from one rule of the other direction to another, trimmed to these."""
    if not runs or not across:
        return []
    start = np.array([run.start for run in runs])
    end = np.array([run.end for run in runs])
    found = meetings(runs, across, touch)
    first = np.where(found.meets, found.along_rows, np.inf).min(axis=1)
    last = np.where(found.meets, found.along_rows, -np.inf).max(axis=1)
    holds = last - first >= BRIDGED * (end - start)
    return [runs[i].between(float(first[i]), float(last[i])) for i in np.flatnonzero(holds)]


def _without_dangling(frame: Frame, text_height: float) -> Frame:
    """Drop rules that meet fewer than two others, unless they are most of the table: open sides."""
    horizontal, vertical = frame
    while horizontal and vertical:
        found = meetings(horizontal, vertical, REACH * text_height)
        rows = _held(horizontal, found.meets, text_height)
        cols = _held(vertical, found.meets.T, text_height)
        if len(rows) == len(horizontal) and len(cols) == len(vertical):
            break
        horizontal, vertical = rows, cols
    return Frame(horizontal, vertical)


def _held(rules: Sequence[Rule], meets: NDArray[np.bool_], text_height: float) -> list[Rule]:
    """Rules that meet two others, alone or with the pieces that they are in line with."""
    longest = max(rule.length for rule in rules)
    n_meetings = meets.sum(axis=1)
    chained = (_in_line(rules, text_height).astype(int) @ meets.astype(int) > 0).sum(axis=1)
    return [
        rule
        for rule, count, with_pieces in zip(rules, n_meetings, chained, strict=True)
        if with_pieces >= MIN_RULES or (count and rule.length >= OPEN_SHARE * longest)
    ]


def _in_line(rules: Sequence[Rule], text_height: float) -> NDArray[np.bool_]:
    """(N, N) True where two rules are pieces of one line, broken by a mark or a fold."""
    start = np.array([rule.start for rule in rules])
    end = np.array([rule.end for rule in rules])
    first = np.array([rule.across[0] for rule in rules])
    last = np.array([rule.across[-1] for rule in rules])
    after = start[None, :] - end[:, None]
    follows = (after > 0) & (after <= PIECES * text_height)
    follows &= np.abs(first[None, :] - last[:, None]) <= max(1.0, IN_LINE * text_height)
    joined: NDArray[np.bool_] = follows | follows.T | np.eye(len(rules), dtype=bool)
    return joined
