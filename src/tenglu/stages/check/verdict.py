"""Decide for each cell: its confidence, its flags, and the effect of sums on both."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from tenglu.model import Cell, Evidence, EvidenceSource, FlagCode, Role, Table
from tenglu.stages.check.confidence.model import At, confidences, review_below
from tenglu.stages.check.options import CheckOptions
from tenglu.stages.check.rules.diagnose import Suspicion, Verdict
from tenglu.stages.check.values.values import is_odd_number, to_typed

PROVEN = 0.9995  # 1 of 2,000 wrong cells in a sum of three addends is masked by a second error
CLEARED = 0.02  # least confidence of a suspect: the source itself may be wrong
INK_READ, INK_READ_EMPTY = 0.8, 0.93  # no-ink-left score below which ink explains a low confidence

_PROOF = Evidence(source=EvidenceSource.SUM, role=Role.SCORE, text=None, confidence=PROVEN)


class ReviewThreshold(NamedTuple):
    """The confidences of a document before the sums, and the threshold for review."""

    before: Mapping[At, float | None]
    least: float  # cells with a lower confidence are for review


def weigh(
    tables: Sequence[Table], verdict: Verdict, options: CheckOptions, settled: Collection[At] = ()
) -> ReviewThreshold:
    """Score all cells, and find the threshold that meets the target of silent errors.

    Args:
        tables: tables with kinds, values and the flags of earlier stages.
        verdict: proven cells and suspects.
        options: see :class:`CheckOptions`.
        settled: cells that a person has decided; they do not affect the threshold.
    """
    before = confidences(tables)
    scores = []
    for table in tables:
        for cell in table.cells:
            at = (table.id, cell.row, cell.col)
            if at not in settled and not any(_firm_doubts(cell, verdict, table.id)):
                after = with_sums(before[at], evidence_of_sums(cell, verdict, table.id))
                scores += [] if after is None else [after]
    return ReviewThreshold(before, review_below(scores, options.target_silent_errors))


def judged(
    cell: Cell, verdict: Verdict, threshold: ReviewThreshold, table: str, options: CheckOptions
) -> Cell:
    """Return a cell with its confidence and flags.

    Args:
        cell: cell with kind and value; its flags, such as a guessed structure, are kept.
        verdict: proven cells and suspects.
        threshold: confidences and review threshold of the document.
        table: id of its table.
        options: see :class:`CheckOptions`.
    """
    before = threshold.before[table, cell.row, cell.col]
    from_sums = evidence_of_sums(cell, verdict, table)
    confidence = with_sums(before, from_sums)
    codes = list(_firm_doubts(cell, verdict, table))
    # A failing sum has a flag of its own, so it does not add one for a doubtful reading.
    if before is not None and confidence is not None and max(before, confidence) < threshold.least:
        codes.insert(0, _reason(cell, options))
    return cell.amended(
        confidence=confidence,
        needs_review=confidence is None or bool(codes),
        flags=tuple(dict.fromkeys(codes)),
        evidence=(*cell.evidence, *([from_sums] if from_sums else [])),
    )


def evidence_of_sums(cell: Cell, verdict: Verdict, table: str) -> Evidence | None:
    """Return the score that the sums give a cell, or None if they neither prove nor question it."""
    at = (table, cell.row, cell.col)
    if (suspicion := verdict.suspects.get(at)) is not None:
        score = round(max(CLEARED, 1 - suspicion.weight), 4)
        return Evidence(source=EvidenceSource.SUM, role=Role.SCORE, text=None, confidence=score)
    if at in verdict.proven:
        return _PROOF
    return None


def with_sums(confidence: float | None, from_sums: Evidence | None) -> float | None:
    """Combine a confidence with the score of the sums: Bayes if proven, a cap for suspects."""
    if confidence is None or from_sums is None or from_sums.confidence is None:
        return confidence
    if from_sums.confidence < PROVEN:
        return min(confidence, from_sums.confidence)
    right = confidence * PROVEN
    wrong = (1 - confidence) * (1 - PROVEN)
    return round(right / (right + wrong), 6)


def _firm_doubts(cell: Cell, verdict: Verdict, table: str) -> Iterator[FlagCode]:
    """Yield the flags that make a cell need review whatever its confidence."""
    if not cell.text and any(evidence.text is not None for evidence in cell.evidence):
        yield FlagCode.UNREADABLE
    if is_odd_number(cell.text):
        yield FlagCode.NUMBER_FORMAT
    if any(e.role is Role.ORIGINAL and e.text != cell.text for e in cell.evidence):
        yield FlagCode.LOW_CONFIDENCE
    yield from cell.flags
    is_mended = any(
        e.source is EvidenceSource.SUM and e.role is Role.READING for e in cell.evidence
    )
    if is_mended or (table, cell.row, cell.col) in verdict.suspects:
        yield FlagCode.SUM_FAILS


def _reason(cell: Cell, options: CheckOptions) -> FlagCode:
    """Return the flag for the most likely reason of a low confidence."""
    seen = {e.source: e.confidence for e in cell.evidence if e.role is Role.SCORE}
    ink_read = seen.get(EvidenceSource.NO_INK_LEFT)
    clear = seen.get(EvidenceSource.CLEAR_OF_MARKS)
    if ink_read is not None and ink_read < (INK_READ if cell.text else INK_READ_EMPTY):
        return FlagCode.INK_LEFT
    under = clear is not None and 1 - clear > options.max_covered
    return FlagCode.UNDER_MARK if under else FlagCode.LOW_CONFIDENCE


def alternative(cell: Cell, meant: Decimal | None) -> Evidence | None:
    """Return the second reading of a cell if it has the given value, else None."""
    for evidence in cell.evidence:
        if evidence.role is Role.ALTERNATIVE and evidence.text and meant is not None:
            typed = to_typed(evidence.text, in_header=False, column="figures")
            if typed.kind == cell.kind and Decimal(typed.value or "NaN") == meant:
                return evidence
    return None


def corrected(cell: Cell, suspicion: Suspicion, options: CheckOptions) -> Cell | None:
    """Return the cell with its second reading, or None if the evidence for it is too weak.

    At least two constraints must fail because of this cell alone and hold with the second reading.
    """
    if suspicion.weight < 1 or sum(t.outcome == "fails" for t in suspicion.constraints) < 2:  # noqa: PLR2004 - a row and a column
        return None
    second = alternative(cell, suspicion.meant)
    if second is None or second.text is None or (second.confidence or 0) < options.min_runner_up:
        return None
    typed = to_typed(second.text, in_header=False, column="figures")
    taken = Evidence(
        source=EvidenceSource.SUM, role=Role.READING, text=second.text, confidence=None
    )
    return cell.model_copy(
        update={
            "text": second.text,
            "kind": typed.kind,
            "value": typed.value,
            "decided_by": "rule",
            "evidence": (*cell.evidence, taken),
        }
    )


def message(cell: Cell, suspicion: Suspicion) -> str:
    """Return a line that explains why a cell is a suspect."""
    off = next((t for t in suspicion.constraints if t.outcome == "fails"), suspicion.constraints[0])
    place = f"row {off.total[0] + 1}, column {off.total[1] + 1} of {off.table}"
    if len(suspicion.constraints) > 1 and suspicion.meant is not None:
        needed = plain(suspicion.meant, off.unit)
        text = f"{len(suspicion.constraints)} sums would hold with {needed} here"
    else:
        expected, found = (
            "an unreadable value" if value is None else plain(value, off.unit)
            for value in (off.expected, off.found)
        )
        text = f"the sum at {place} does not hold: {found} instead of {expected}"
        if suspicion.meant is not None:
            text += f"; it would hold with {plain(suspicion.meant, off.unit)} here"
    if alternative(cell, suspicion.meant) is not None:
        text += ", which is the second reading"
    if off.outcome == "rounding":
        text += "; the difference may be rounding"
    return text


def plain(value: Decimal, unit: Decimal) -> str:
    """Format a number with the decimal places of a unit, or with more if it has more."""
    rounded = value.quantize(unit)
    return f"{rounded if rounded == value else value.normalize():f}"
