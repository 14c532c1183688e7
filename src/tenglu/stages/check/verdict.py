"""One cell under judgement: its confidence, its doubts, and what the sums add to both."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from tenglu.model import Cell, Evidence, EvidenceSource, FlagCode, Role, Table
from tenglu.stages.check.confidence.model import At, confidences, review_below
from tenglu.stages.check.options import CheckOptions
from tenglu.stages.check.rules.diagnose import Suspicion, Verdict
from tenglu.stages.check.values.values import is_odd_number, to_typed

PROVEN = 0.9995  # of 2,000 wrong cells in a sum of three addends one is hidden by another wrong one
CLEARED = 0.02  # the least that a suspect keeps: the source itself may be wrong
INK_READ, INK_READ_EMPTY = 0.8, 0.93  # score of no-ink-left; less explains a doubt

_PROOF = Evidence(source=EvidenceSource.SUM, role=Role.SCORE, text=None, confidence=PROVEN)


class ReviewThreshold(NamedTuple):
    """How sure the cells of a document are before the sums, and which of them are seen."""

    before: Mapping[At, float | None]
    least: float  # confidence; cells below are for review


def weigh(
    tables: Sequence[Table], verdict: Verdict, options: CheckOptions, settled: Collection[At] = ()
) -> ReviewThreshold:
    """Score all cells, and find the bar that leaves as few errors as are allowed.

    Args:
        tables: with kinds, values and the flags of earlier stages.
        verdict: what the sums say.
        options: see :class:`CheckOptions`.
        settled: cells that a person has seen; they do not move the bar.
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
    cell: Cell, verdict: Verdict, trust: ReviewThreshold, table: str, options: CheckOptions
) -> Cell:
    """Score a cell and list its doubts.

    Args:
        cell: with kind and value; what stands in its flags already stays: a guessed
            shape, a seal over it.
        verdict: what the sums say.
        trust: of the document.
        table: id of its table.
        options: see :class:`CheckOptions`.
    """
    before = trust.before[table, cell.row, cell.col]
    said = evidence_of_sums(cell, verdict, table)
    confidence = with_sums(before, said)
    codes = list(_firm_doubts(cell, verdict, table))
    # A sum that fails is a doubt of its own, and says nothing of how the cell was read.
    if before is not None and confidence is not None and max(before, confidence) < trust.least:
        codes.insert(0, _reason(cell, options))
    return cell.amended(
        confidence=confidence,
        needs_review=confidence is None or bool(codes),
        flags=tuple(dict.fromkeys(codes)),
        evidence=(*cell.evidence, *([said] if said else [])),
    )


def evidence_of_sums(cell: Cell, verdict: Verdict, table: str) -> Evidence | None:
    """What the sums say of a cell; None: nothing."""
    at = (table, cell.row, cell.col)
    if (suspicion := verdict.suspects.get(at)) is not None:
        trust = round(max(CLEARED, 1 - suspicion.weight), 4)
        return Evidence(source=EvidenceSource.SUM, role=Role.SCORE, text=None, confidence=trust)
    if at in verdict.proven:
        return _PROOF
    return None


def with_sums(confidence: float | None, said: Evidence | None) -> float | None:
    """Confidence after the sums have spoken: Bayes for proven cells, a cap for suspects."""
    if confidence is None or said is None or said.confidence is None:
        return confidence
    if said.confidence < PROVEN:
        return min(confidence, said.confidence)
    right = confidence * PROVEN
    wrong = (1 - confidence) * (1 - PROVEN)
    return round(right / (right + wrong), 6)


def _firm_doubts(cell: Cell, verdict: Verdict, table: str) -> Iterator[FlagCode]:
    """What asks for a person however sure the reading is."""
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
    """What most likely made a cell doubtful."""
    seen = {e.source: e.confidence for e in cell.evidence if e.role is Role.SCORE}
    ink_read = seen.get(EvidenceSource.NO_INK_LEFT)
    clear = seen.get(EvidenceSource.CLEAR_OF_MARKS)
    if ink_read is not None and ink_read < (INK_READ if cell.text else INK_READ_EMPTY):
        return FlagCode.INK_LEFT
    under = clear is not None and 1 - clear > options.max_covered
    return FlagCode.UNDER_MARK if under else FlagCode.LOW_CONFIDENCE


def alternative(cell: Cell, meant: Decimal | None) -> Evidence | None:
    """Return the second reading of a cell, if it is what the sums ask for."""
    for evidence in cell.evidence:
        if evidence.role is Role.ALTERNATIVE and evidence.text and meant is not None:
            typed = to_typed(evidence.text, in_header=False, column="figures")
            if typed.kind == cell.kind and Decimal(typed.value or "NaN") == meant:
                return evidence
    return None


def mended(cell: Cell, suspicion: Suspicion, options: CheckOptions) -> Cell | None:
    """The cell with its second reading; None: ink or sums do not ask for it.

    Two relations at least must fail for this cell alone and hold with the second reading.
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
    """Why a cell is suspected, in one line."""
    off = next((t for t in suspicion.constraints if t.outcome == "fails"), suspicion.constraints[0])
    place = f"row {off.total[0] + 1}, column {off.total[1] + 1} of {off.table}"
    if len(suspicion.constraints) > 1 and suspicion.meant is not None:
        words = f"{len(suspicion.constraints)} sums ask for {plain(suspicion.meant, off.unit)} here"
    else:
        expected, found = (
            "nothing" if value is None else plain(value, off.unit)
            for value in (off.expected, off.found)
        )
        words = f"the sum at {place} does not hold: {found} stands for {expected}"
        if suspicion.meant is not None:
            words += f"; {plain(suspicion.meant, off.unit)} here would mend it"
    if alternative(cell, suspicion.meant) is not None:
        words += ", and that is the second reading"
    if off.outcome == "rounding":
        words += "; it may be a rounding"
    return words


def plain(value: Decimal, unit: Decimal) -> str:
    """A number with the places of its unit, or more where it has more."""
    rounded = value.quantize(unit)
    return f"{rounded if rounded == value else value.normalize():f}"
