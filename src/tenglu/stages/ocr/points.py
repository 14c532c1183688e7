"""Verify decimal points by their ink, to separate them from dust and commas.

All decimal points of a page are printed alike: at one height, of one size and tone. An isolated
speck that is lower, higher, smaller or paler is dust or the remains of a seal: the line is read
again without it, and the second reading is used if only punctuation disappears. A comma that looks
like the points of the page, and has a point as its alternative, is replaced by a point. The
original reading is kept for review.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tenglu.engines.interface import Character, Crop, Engine, Reading
from tenglu.imaging.arrays import Mask, Rgb
from tenglu.imaging.ink import Ink, darkness, to_gray
from tenglu.stages.ocr.result import Line

INKED = 0.28  # of full ink; includes the thin and pale strokes of small print
LEAST_AREA = 3  # px; smaller shapes are scanner grain
SMALL = 0.32  # text heights; larger shapes are no points
TALL = 0.5  # text heights; digits and letters are taller
FEW_POINTS = 4  # fewer are not enough to measure the points of a page
OFF_LEVEL = 0.1  # digit heights; points of a page lie within .05 of their median
ON_LEVEL = 0.06  # digit heights; on a fax the centroid of a comma is lower by at least this
LESS = 0.5  # of the median area of points; those of a page have .75 to 1.4
MORE = 1.45  # of the median area of points
PALER = 0.55  # of the median tone of points; those of a page have .85 to 1.15
AROUND = 2  # px around a speck that are painted over with it, for its blur
SURE_MARK = 0.997  # probability; dust read as punctuation has .52 to .992, printed hyphens .999
LEAST_RIVAL = 0.1  # least probability of a point as the alternative of a comma
POINT, COMMA = ".", ","
MARKS = ".,:;'`’‘·•_-—~^*"
LONE = MARKS.replace("-", "").replace("—", "") + "、，。"  # alone in a cell: no dash
_DECIMAL = re.compile(r"[-+]?\d{1,3}(?:,?\d{3})*\.\d+%?")
_TIME = re.compile(r"\d{1,2}(?::[0-5]\d){1,2}")
_LATIN = re.compile(r"[A-Za-z]")
_CHINESE = re.compile(r"[\u2e80-\u9fff]")


class Points(NamedTuple):
    """Median appearance of the decimal points of a page, or the appearance of one speck."""

    level: float  # of the centroid relative to the baseline, in digit heights; negative is above
    area: float  # in squares of the text height
    tone: float  # darkest pixel, in units of full ink


USUAL = Points(
    level=-0.15, area=0.028, tone=0.95
)  # median of four fonts; for pages with few points


class Settled(NamedTuple):
    """The reading of a line after its points were verified."""

    reading: Reading
    at_first: Reading | None  # original reading, if it was changed


class _Speck(NamedTuple):
    label: int
    x: int
    points: Points  # appearance of this speck
    free: bool  # True: no digit or letter above or below


class _Shapes(NamedTuple):
    labels: NDArray[np.int32]
    specks: list[_Speck]  # from left to right
    first_figure: int  # px from the left


def settle_points(
    lines: Sequence[Line], readings: Sequence[Reading], engine: Engine, number: int, ink: Ink
) -> list[Settled]:
    """Verify the ink of points and commas, and reread lines that contain dust.

    Args:
        lines: of the tables of a page.
        readings: one per line.
        engine: recognises line crops.
        number: of the page, 1-based.
        ink: of the page.

    Raises:
        EngineError: the engine failed.
    """
    points = _usual_points(lines, readings, ink)
    swept = {
        i: image
        for i, (line, reading) in enumerate(zip(lines, readings, strict=True))
        if any(c in MARKS for c in reading.text)
        and (image := _without_specks(line, reading.text, points, ink)) is not None
    }
    again = (
        engine.read([Crop(swept[i], number, lines[i].box, "swept") for i in swept]) if swept else []
    )
    second = dict(zip(swept, again, strict=True))
    return [
        _settled(line, first, second.get(i), points, ink)
        for i, (line, first) in enumerate(zip(lines, readings, strict=True))
    ]


def _settled(
    line: Line, first: Reading, second: Reading | None, points: Points, ink: Ink
) -> Settled:
    if _is_lone_speck(line, first, points, ink):
        return Settled(Reading("", ()), first)
    if second is not None and second.text != first.text and _only_marks_go(first, second):
        return Settled(second, first)
    pointed = _with_points(line, first, points, ink)
    return Settled(first, None) if pointed is None else Settled(pointed, first)


def _only_marks_go(first: Reading, second: Reading) -> bool:
    """Return whether a rereading only drops or replaces doubtful punctuation.

    Dropped punctuation must have been uncertain, or have prevented the line from being a decimal
    number: a colon of small type consists of specks too, but is read with certainty. In Chinese
    text only punctuation before the first letter may change, in Latin text also after the last.
    The inside of a decimal number must not change.
    """
    (before, marks), (after, marks_left) = _bare(first), _bare(second)
    if before != after or sum(map(len, marks)) < sum(map(len, marks_left)):
        return False
    others = [i for i, pair in enumerate(zip(marks, marks_left, strict=True)) if _differ(*pair)]
    if _CHINESE.search(first.text) and any(others):
        return False
    was_decimal = _DECIMAL.fullmatch(first.text.strip()) is not None
    within = any(0 < i < len(marks) - 1 for i in others)
    if within and (was_decimal or _LATIN.search(first.text)):
        return False
    is_time = _TIME.fullmatch(first.text.strip()) is not None
    if _DECIMAL.fullmatch(second.text.strip()) and not (was_decimal or is_time):
        return True
    return all(c.probability < SURE_MARK for i in others for c in marks[i])


def _differ(marks: Sequence[Character], others: Sequence[Character]) -> bool:
    return [c.text for c in marks] != [c.text for c in others]


def _bare(reading: Reading) -> tuple[str, list[list[Character]]]:
    """Split a text into its letters, and the punctuation before each letter and at the end."""
    letters, marks = "", [list[Character]()]
    for character in reading.characters:
        if character.text in MARKS:
            marks[-1].append(character)
        elif not character.text.isspace():
            letters += character.text
            marks.append([])
    return letters, marks


def _is_lone_speck(line: Line, reading: Reading, points: Points, ink: Ink) -> bool:
    """Return whether a line consists of one speck that was read as punctuation."""
    if not reading.text or any(c not in LONE for c in reading.text):
        return False
    inked = darkness(to_gray(np.ascontiguousarray(line.image))) > INKED * ink.level
    return float(inked.sum()) < 2 * points.area * ink.text_height**2


def _with_points(line: Line, reading: Reading, points: Points, ink: Ink) -> Reading | None:
    """Replace commas that are printed like points; None: there are none."""
    doubtful = [i for i, c in enumerate(reading.characters) if _may_be_point(c)]
    if not doubtful:
        return None
    specks = _shapes(line.image, ink).specks
    marks = [i for i, c in enumerate(reading.characters) if c.text in (POINT, COMMA)]
    if len(specks) != len(marks):
        return None
    alike = {i for i, speck in zip(marks, specks, strict=True) if _is_point(speck, points)}
    if not alike.intersection(doubtful):
        return None
    characters = tuple(
        _swapped(c) if i in alike and i in doubtful else c for i, c in enumerate(reading.characters)
    )
    return Reading("".join(c.text for c in characters), characters, reading.omitted)


def _may_be_point(character: Character) -> bool:
    is_rival = character.runner_up == POINT and character.runner_up_probability >= LEAST_RIVAL
    return character.text == COMMA and is_rival


def _is_point(speck: _Speck, points: Points) -> bool:
    own = speck.points
    return (
        abs(own.level - points.level) <= ON_LEVEL
        and LESS * points.area <= own.area <= MORE * points.area
    )


def _swapped(character: Character) -> Character:
    """Swap a character with its alternative, with their probabilities."""
    text, probability, rival, rival_probability = character
    return Character(rival, rival_probability, text, probability)


def _usual_points(lines: Sequence[Line], readings: Sequence[Reading], ink: Ink) -> Points:
    """Measure the points of a page on decimals that have as many specks as points and commas."""
    seen: list[Points] = []
    for line, reading in zip(lines, readings, strict=True):
        text = reading.text.strip()
        if not _DECIMAL.fullmatch(text):
            continue
        specks = _shapes(line.image, ink).specks
        marks = [c for c in text if c in (POINT, COMMA)]
        if len(marks) == len(specks):
            seen += [s.points for c, s in zip(marks, specks, strict=True) if c == POINT]
    if len(seen) < FEW_POINTS:
        return USUAL
    return Points(*(float(np.median(values)) for values in zip(*seen, strict=True)))


def _without_specks(line: Line, text: str, points: Points, ink: Ink) -> Rgb | None:
    """Paint over the specks of a line that are no points; None: there are none."""
    shapes = _shapes(line.image, ink)
    in_words = _CHINESE.search(text) is not None
    found = [
        speck.label
        for speck in shapes.specks
        if speck.free
        and (
            _is_faint(speck, points)
            # In text a comma is lower than a point; neither occurs before the first letter.
            or ((not in_words or speck.x < shapes.first_figure) and _is_off(speck, points))
        )
    ]
    if not found:
        return None
    specks: Mask = np.isin(shapes.labels, found)
    side = 2 * AROUND + 1
    painted = cv2.dilate(specks.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    image = line.image.copy()
    image[painted & (specks | (shapes.labels == 0))] = np.median(
        line.image[shapes.labels == 0], axis=0
    )
    return image


def _is_faint(speck: _Speck, points: Points) -> bool:
    own = speck.points
    return own.area < LESS * points.area or own.tone < PALER * points.tone


def _is_off(speck: _Speck, points: Points) -> bool:
    return abs(speck.points.level - points.level) > OFF_LEVEL


def _shapes(image: Rgb, ink: Ink) -> _Shapes:
    """Find the small shapes of a line and measure them relative to its digits and letters."""
    dark = darkness(to_gray(np.ascontiguousarray(image)))
    inked = (dark > INKED * ink.level).astype(np.uint8)
    _, labels, stats, middles = cv2.connectedComponentsWithStats(inked, connectivity=8)
    x, y, width, height, area = stats[1:].T
    figures = np.flatnonzero(height >= TALL * ink.text_height)
    if not len(figures):
        return _Shapes(labels, [], 0)
    top, foot = float(np.median(y[figures])), float(np.median((y + height)[figures]))
    covered = np.zeros(image.shape[1], dtype=bool)
    for i in figures:
        covered[x[i] : x[i] + width[i]] = True
    is_small = np.maximum(width, height) < SMALL * ink.text_height
    small = np.flatnonzero(is_small & (area >= LEAST_AREA))
    specks = [
        _Speck(
            int(i) + 1,
            int(x[i]),
            Points(
                (float(middles[i + 1, 1]) - foot) / (foot - top),
                float(area[i]) / ink.text_height**2,
                float(dark[labels == i + 1].max()) / ink.level,
            ),
            not covered[x[i] : x[i] + width[i]].any(),
        )
        for i in small[np.argsort(x[small], kind="stable")]
    ]
    return _Shapes(labels, specks, int(x[figures].min()))
