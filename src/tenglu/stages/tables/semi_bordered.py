"""Tables with level rules only, as in journals: columns and rows are told from white space."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.imaging.arrays import Gray, Mask
from tenglu.imaging.geometry import Box, Point
from tenglu.imaging.ink import Ink
from tenglu.imaging.ruling_line import Rule
from tenglu.stages.tables.result import Grid, GridCell, Sides

MIN_RULES = 3  # above and below the header, and at the foot
SAME_END = 2.0  # text heights that rules of one table may differ by at each end
SIDE_SLACK = 0.6  # text heights by which the end of a rule may be off the side it lies on
MIN_WIDTH = 12.0  # text heights of such a rule; shorter ones are underlines
GUTTER = 0.9  # text heights of white from top to bottom between two columns
LIKE_OTHERS = 0.25  # of the usual gutter of the table; less parts a number from its name
MIN_COLUMNS = 2
ROW_GAP = 0.25  # text heights of white between two rows
TITLE = 1.5  # text heights; no character in a row of the table is as high
LETTER = 0.45  # text heights; small letters are .5 high
COMPANY = 0.4  # text heights beside a letter, where points and small strokes belong to it
RULE_CLEARANCE = 0.25  # text heights around a rule that are not looked at for type
NEAR_RULE = 0.3  # text heights; a rule as near to a white stretch is the boundary of its rows
LEADER_REACH = 1.2  # text heights beside the end of a rule, where type stands beside leaders
LEADER_CLEAR = 3  # px beside the end that may be the rule itself
LEADER_RISE = 0.8  # text heights above a rule that type in its line reaches
LEADER_INK = 0.08  # share of that place that type covers at least
LEVEL_RULES_ONLY = 0.7  # how sure columns are that no rule parts
UNDRAWN = Sides(0.0, 0.0, 0.0, 0.0)


def find_open_tables(
    dark: Gray, rules: Sequence[Rule], taken: Sequence[Box], ink: Ink
) -> list[Grid]:
    """Find tables between level rules of one width.

    Args:
        dark: (H, W) darkness of the upright page.
        rules: long horizontal rules of the page.
        taken: ruled tables, where no other is looked for.
        ink: of the page.
    """
    free = [rule for rule in rules if not any(_inside(rule, box) for box in taken)]
    wide = [rule for rule in free if rule.length >= MIN_WIDTH * ink.text_height]
    groups = _groups([rule for rule in wide if not _is_leader(rule, dark, ink)], ink.text_height)
    groups = [_without_letterhead(group, dark, ink) for group in groups]
    grids = (_grid(dark, group, ink) for group in groups if len(group) >= MIN_RULES)
    return [grid for grid in grids if grid is not None]


def _inside(rule: Rule, box: Box) -> bool:
    middle = float(rule.across.mean())
    return box.y0 - 2 <= middle <= box.y1 + 2 and rule.end > box.x0 and rule.start < box.x1


def _is_leader(rule: Rule, dark: Gray, ink: Ink) -> bool:
    """Whether type stands in line with a rule at its ends: the dots of a contents page, a blank."""
    near, up = round(LEADER_REACH * ink.text_height), round(LEADER_RISE * ink.text_height)
    start, end = round(rule.start) - LEADER_CLEAR, round(rule.end) + LEADER_CLEAR
    for x0, x1, level in (
        (start - near, start, rule.across[0]),
        (end, end + near, rule.across[-1]),
    ):
        top = max(0, round(float(level)) - up)
        beside = dark[top : top + up, max(0, x0) : max(0, x1)] > ink.threshold
        if beside.size and beside.mean() >= LEADER_INK:
            return True
    return False


def _groups(rules: Sequence[Rule], text_height: float) -> list[list[Rule]]:
    slack = SAME_END * text_height
    groups: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda r: float(r.across.mean())):
        for group in groups:
            if abs(group[0].start - rule.start) <= slack and abs(group[0].end - rule.end) <= slack:
                group.append(rule)
                break
        else:
            groups.append([rule])
    return groups


def _without_letterhead(rules: list[Rule], dark: Gray, ink: Ink) -> list[Rule]:
    """The same without a rule above the title of a table: that of the letterhead."""
    while len(rules) > MIN_RULES:
        first, second = rules[:2]
        x0, x1 = round(max(first.start, second.start)), round(min(first.end, second.end))
        clear = round(RULE_CLEARANCE * ink.text_height)
        top, bottom = round(float(first.across.max())), round(float(second.across.min()))
        between = dark[top + clear : max(top + clear, bottom - clear), x0:x1] > ink.threshold
        if not between.size:  # the lines of a double rule
            break
        _, _, stats, _ = cv2.connectedComponentsWithStats(between.astype(np.uint8), connectivity=8)
        height = stats[1:, cv2.CC_STAT_HEIGHT]
        if not (height >= TITLE * ink.text_height).any():
            break
        rules = rules[1:]
    return rules


class _Frame(NamedTuple):
    """What the rules of a table span; on a picture its sides lean by themselves."""

    top: int  # px
    bottom: int
    left: NDArray[np.float64]  # (H,) px, for each row of the picture from ``top`` on
    right: NDArray[np.float64]

    @classmethod
    def of(cls, rules: Sequence[Rule], text_height: float) -> Self:
        """Through the ends of the rules, where they lie on a line."""
        levels = np.array([float(rule.across.mean()) for rule in rules])
        top, bottom = round(levels[0]), round(levels[-1]) + 1
        rows = np.arange(top, bottom, dtype=np.float64)
        starts, ends = np.array([(rule.start, rule.end) for rule in rules]).T
        slack = SIDE_SLACK * text_height
        left = _leaning(levels, starts, rows, slack)
        right = _leaning(levels, ends, rows, slack)
        return cls(
            top,
            bottom,
            np.full(len(rows), starts.min()) if left is None else left,
            np.full(len(rows), ends.max()) if right is None else right,
        )

    @property
    def width(self) -> int:
        """Px, where it is widest."""
        return round(float((self.right - self.left).max())) + 1

    def seen(self, dark: Gray) -> Gray:
        """(H, width) the picture between the sides, set upright."""
        share = np.linspace(0, 1, self.width)
        x = self.left[:, None] + share * (self.right - self.left)[:, None]
        y = np.repeat(np.arange(self.top, self.bottom)[:, None], self.width, axis=1)
        upright: Gray = cv2.remap(
            dark, x.astype(np.float32), y.astype(np.float32), cv2.INTER_NEAREST
        )
        return upright

    def at(self, col: float, y: float) -> Point:
        """Where a place of the upright picture is on the page."""
        row = min(round(y), self.bottom - 1) - self.top
        left, right = float(self.left[row]), float(self.right[row])
        return left + col / (self.width - 1) * (right - left), y


def _leaning(
    levels: NDArray[np.float64],
    ends: NDArray[np.float64],
    rows: NDArray[np.float64],
    slack: float,
) -> NDArray[np.float64] | None:
    slope, start = np.polyfit(levels, ends, 1)
    off = np.abs(ends - start - slope * levels).max()
    return None if off > slack else start + slope * rows


def _grid(dark: Gray, rules: Sequence[Rule], ink: Ink) -> Grid | None:
    frame = _Frame.of(rules, ink.text_height)
    levels = [round(float(r.across.mean())) for r in rules]
    mask = frame.seen(dark) > ink.threshold
    clearance = max(2, round(RULE_CLEARANCE * ink.text_height))
    for level in levels:
        row = level - frame.top
        mask[max(0, row - clearance) : row + clearance + 1] = False
    # The outline of a dark head ends where the rules do.
    mask[:, :clearance] = mask[:, -clearance:] = False
    mask = _without_dust(mask, ink.text_height)
    cols = _gutters(mask.max(axis=0), ink.text_height)
    if len(cols) + 1 < MIN_COLUMNS:
        return None
    white = _gaps(mask.max(axis=1), ROW_GAP * ink.text_height)
    rows = _with_rules([(a + frame.top, b + frame.top) for a, b in white], levels, ink.text_height)
    xs = [0.0, *map(float, cols), float(frame.width - 1)]
    ys = [float(y) for y in rows]
    x0, x1 = round(float(frame.left.min())), round(float(frame.right.max())) + 1
    return Grid(
        n_rows=len(ys) - 1,
        n_cols=len(xs) - 1,
        cells=_cells(frame, xs, ys, levels),
        box=Box(x0, frame.top, x1, frame.bottom),
        row_edges=ys,
        col_edges=[frame.at(x, ys[0])[0] for x in xs],
        doubtful=[],
        basis="white-space",
        finder="level-rules",
        structure=LEVEL_RULES_ONLY,
    )


def _without_dust(mask: Mask, text_height: float) -> Mask:
    """The same without shapes that are smaller than letters: what is left of a mark, dust."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    extent = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    letters = extent >= LETTER * text_height
    letters[0] = False
    type_ = letters[labels].astype(np.uint8)
    reach = round(COMPANY * text_height)
    near = cv2.dilate(type_, np.ones((reach + 1, 2 * reach + 1), np.uint8)) > 0
    kept: Mask = mask & near
    return kept


def _gutters(inked: NDArray[np.bool_], text_height: float) -> list[int]:
    """The middles of the white stretches between columns."""
    gaps = _gaps(inked, GUTTER * text_height)
    least = LIKE_OTHERS * float(np.median([end - start for start, end in gaps] or [0]))
    return [(start + end) // 2 for start, end in gaps if end - start >= least]


def _gaps(inked: NDArray[np.bool_], least: float) -> list[tuple[int, int]]:
    """First and last of the white stretches between two inked ones, as wide as ``least``."""
    if not inked.any():
        return []
    first, last = np.flatnonzero(inked)[[0, -1]]
    steps = np.diff(inked[first : last + 1].astype(np.int8))
    starts = np.flatnonzero(steps < 0) + first + 1
    ends = np.flatnonzero(steps > 0) + first
    return [
        (a, b) for a, b in zip(starts.tolist(), ends.tolist(), strict=True) if b - a + 1 >= least
    ]


def _with_rules(
    white: Sequence[tuple[int, int]], levels: Sequence[int], text_height: float
) -> list[int]:
    """Row boundaries: the rules, and the white stretches that no rule runs through."""
    near = round(NEAR_RULE * text_height)
    cuts = [
        (first + last) // 2
        for first, last in white
        if all(level < first - near or level > last + near for level in levels)
    ]
    return sorted([*levels, *cuts])


def _cells(
    frame: _Frame, xs: Sequence[float], ys: Sequence[float], levels: Sequence[int]
) -> list[GridCell]:
    cells = []
    for i, (top, bottom) in enumerate(pairwise(ys)):
        support = UNDRAWN._replace(top=float(top in levels), bottom=float(bottom in levels))
        for j, (left, right) in enumerate(pairwise(xs)):
            corners = (
                frame.at(left, top),
                frame.at(right, top),
                frame.at(right, bottom),
                frame.at(left, bottom),
            )
            cells.append(GridCell(i, j, 1, 1, corners, support))
    return cells
