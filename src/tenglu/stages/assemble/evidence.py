"""The evidence of a cell: readings of the engine, and scores of other sources."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from tenglu.engines.interface import Reading
from tenglu.model import Evidence, EvidenceSource, Role
from tenglu.stages.assemble.page_result import PartCell
from tenglu.stages.ocr import CellText
from tenglu.stages.tables import Sides

DRAWN = 0.9  # covered share of a drawn side; scans leave gaps in ruling lines
DIGITS = 6  # decimal places of the probability of a reading, needed for the surest ones
MIN_ALTERNATIVE = 0.02  # least probability of an alternative reading

_BORDERS = (  # in the order of Sides
    EvidenceSource.BORDER_TOP,
    EvidenceSource.BORDER_RIGHT,
    EvidenceSource.BORDER_BOTTOM,
    EvidenceSource.BORDER_LEFT,
)


def cell_evidence(source: PartCell, engine: str) -> list[Evidence]:
    """Return the evidence of a cell from all stages.

    Args:
        source: the cell on its page.
        engine: name of the engine.
    """
    evidence = [
        _score(EvidenceSource.BORDERS, to_share(min(source.cell.support))),
        *_weak_sides(source.cell.support),
        *text_evidence(source.text, engine),
    ]
    if source.covered:
        evidence.append(_score(EvidenceSource.CLEAR_OF_MARKS, to_share(1 - source.covered)))
    return evidence


def _weak_sides(support: Sides) -> Iterator[Evidence]:
    """Yield scores of the sides of a cell that are not fully drawn, if any side is."""
    if max(support) < DRAWN:  # a borderless table: columns are found from white space
        return
    for source, drawn in zip(_BORDERS, support, strict=True):
        if drawn < DRAWN:
            yield _score(source, to_share(drawn))


def text_evidence(text: CellText, engine: str) -> list[Evidence]:
    """Return the readings and scores of a text, from the engine and from unread ink."""
    evidence, readings = [], text.readings
    if readings:
        least = min((c.probability for r in readings for c in r.characters), default=0.0)
        omitted = max(reading.omitted for reading in readings)
        evidence += [
            _read(engine, Role.READING, text.text, to_share(least, DIGITS)),
            _score(EvidenceSource.NO_LETTER_LOST, to_share(1 - omitted, DIGITS)),
        ]
        if text.at_first is not None:
            original, probability = text.at_first
            evidence.append(_read(engine, Role.ORIGINAL, original, to_share(probability)))
        evidence += [
            _read(engine, Role.REREADING, reread, to_share(probability, DIGITS))
            for reread, probability in text.again
        ]
        alternative = _alternative(readings)
        if alternative is not None:
            other, probability = alternative
            evidence.append(_read(engine, Role.ALTERNATIVE, other, to_share(probability)))
    evidence.append(_score(EvidenceSource.NO_INK_LEFT, to_share(1 / (1 + text.stray))))
    return evidence


def _read(engine: str, role: Role, text: str, confidence: float) -> Evidence:
    return Evidence(
        source=EvidenceSource.ENGINE, name=engine, role=role, text=text, confidence=confidence
    )


@lru_cache(maxsize=1 << 14)
def _score(source: EvidenceSource, confidence: float) -> Evidence:
    """Return a score; cached, since most cells have the same scores."""
    return Evidence(source=source, role=Role.SCORE, text=None, confidence=confidence)


def _alternative(readings: Sequence[Reading]) -> tuple[str, float] | None:
    """Return the reading with its most doubtful character replaced by the runner-up."""
    places = [
        (character.runner_up_probability, i, j)
        for i, reading in enumerate(readings)
        for j, character in enumerate(reading.characters)
    ]
    if not places:
        return None
    probability, line, place = max(places)
    if probability < MIN_ALTERNATIVE:
        return None
    texts = [[c.text for c in reading.characters] for reading in readings]
    texts[line][place] = readings[line].characters[place].runner_up
    return "".join("".join(text) for text in texts), probability


def to_share(value: float, digits: int = 4) -> float:
    """Clip a share to 0 to 1 and round it."""
    return round(min(1.0, max(0.0, value)), digits)
