"""The evidence of a cell: what the engine read there, and what speaks against it."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from tenglu.engines.interface import Reading
from tenglu.model import Evidence, EvidenceSource, Role
from tenglu.stages.assemble.page_result import PartCell
from tenglu.stages.ocr import CellText
from tenglu.stages.tables import Sides

DRAWN = 0.9  # of a side; a scan leaves gaps in a rule that is there
DIGITS = 6  # of the probabilities of a reading: the surest are told apart by the last
MIN_ALTERNATIVE = 0.02  # probability; a runner-up below is no reading

_BORDERS = (  # in the order of Sides
    EvidenceSource.BORDER_TOP,
    EvidenceSource.BORDER_RIGHT,
    EvidenceSource.BORDER_BOTTOM,
    EvidenceSource.BORDER_LEFT,
)


def cell_evidence(source: PartCell, engine: str) -> list[Evidence]:
    """Return what the stages saw of a cell, one entry a source."""
    evidence = [
        _score(EvidenceSource.BORDERS, to_share(min(source.cell.support))),
        *_weak_sides(source.cell.support),
        *text_evidence(source.text, engine),
    ]
    if source.covered:
        evidence.append(_score(EvidenceSource.CLEAR_OF_MARKS, to_share(1 - source.covered)))
    return evidence


def _weak_sides(support: Sides) -> Iterator[Evidence]:
    """Yield the sides of a cell that are not drawn throughout, where some are."""
    if max(support) < DRAWN:  # no rules at all: the columns are told from white space
        return
    for source, drawn in zip(_BORDERS, support, strict=True):
        if drawn < DRAWN:
            yield _score(source, to_share(drawn))


def text_evidence(text: CellText, engine: str) -> list[Evidence]:
    """Return what the engine and the ink say of what was read."""
    evidence, readings = [], text.readings
    if readings:
        least = min((c.probability for r in readings for c in r.characters), default=0.0)
        omitted = max(reading.omitted for reading in readings)
        evidence += [
            _read(engine, Role.READING, text.text, to_share(least, DIGITS)),
            _score(EvidenceSource.NO_LETTER_LOST, to_share(1 - omitted, DIGITS)),
        ]
        if text.at_first is not None:
            said, sure = text.at_first
            evidence.append(_read(engine, Role.ORIGINAL, said, to_share(sure)))
        evidence += [
            _read(engine, Role.REREADING, said, to_share(sure, DIGITS)) for said, sure in text.again
        ]
        alternative = _alternative(readings)
        if alternative is not None:
            said, sure = alternative
            evidence.append(_read(engine, Role.ALTERNATIVE, said, to_share(sure)))
    evidence.append(_score(EvidenceSource.NO_INK_LEFT, to_share(1 / (1 + text.stray))))
    return evidence


def _read(engine: str, role: Role, text: str, confidence: float) -> Evidence:
    return Evidence(
        source=EvidenceSource.ENGINE, name=engine, role=role, text=text, confidence=confidence
    )


@lru_cache(maxsize=1 << 14)
def _score(source: EvidenceSource, confidence: float) -> Evidence:
    """Return what a source that does not read makes of a cell; most say the same of most cells."""
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
    """Round a share and keep it between 0 and 1."""
    return round(min(1.0, max(0.0, value)), digits)
