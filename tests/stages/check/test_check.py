"""Kinds, values, confidence and flags: what a person must look at is said, what is sure is not."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printed import raw_table
from seen import read, score
from tenglu.model import Cell, Evidence, Flag, FlagCode
from tenglu.stages.assemble import Assembled, RawCell
from tenglu.stages.check import Checked, CheckOptions, check
from tenglu.stages.check.values.values import is_odd_number, to_typed

POLYGON = ((0.0, 0.0), (90.0, 0.0), (90.0, 60.0), (0.0, 60.0))


def evidence(text: str, **shares: float | None) -> tuple[Evidence, ...]:
    """What the stages saw of a cell; the engine has read its text, other sources only judge."""
    return tuple(
        read(text, share) if name == "engine" else score(name.replace("_", "-"), share)
        for name, share in shares.items()
    )


def sure(text: str, **changes: float | None) -> tuple[Evidence, ...]:
    shares = {
        "borders": 1.0,
        "engine": 0.99999,
        "no_letter_lost": 1.0,
        "no_ink_left": 1.0,
    } | changes
    if not text and "engine" not in changes:
        del shares["engine"]
    return evidence(text, **shares)


def cell(row: int, col: int, text: str, seen: tuple[Evidence, ...] | None = None) -> RawCell:
    return RawCell(
        row=row,
        col=col,
        rowspan=1,
        colspan=1,
        text=text,
        vertical=False,
        page=1,
        polygon=POLYGON,
        evidence=sure(text) if seen is None else seen,
    )


def judged(
    *cells: RawCell, header_rows: int = 0, flags: tuple[Flag, ...] = (), **options
) -> Checked:
    n_rows, n_cols = max(c.row for c in cells) + 1, max(c.col for c in cells) + 1
    table = raw_table(cells, n_rows=n_rows, n_cols=n_cols, header_rows=header_rows)
    return check(Assembled((), (table,), flags), CheckOptions(**options))


def judge(text: str, seen: tuple[Evidence, ...] | None = None, **options) -> Cell:
    return judged(cell(0, 0, text, seen), **options).tables[0].cells[0]


# --- kinds and values -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("", "empty", None),
        ("2648.11", "number", "2648.11"),
        ("1,234.00", "number", "1234.00"),
        ("1,234,567.89", "number", "1234567.89"),
        ("0", "number", "0"),
        ("0.00", "number", "0.00"),
        ("12", "number", "12"),
        ("2024", "number", "2024"),
        ("-12.5", "number", "-12.5"),
        ("−12.5", "number", "-12.5"),
        ("+5.00", "number", "5.00"),
        ("(1,234.00)", "number", "-1234.00"),
        ("（66.85）", "number", "-66.85"),
        ("△3", "number", "-3"),
        ("▲3.50", "number", "-3.50"),
        ("¥1,000.00", "number", "1000.00"),
        ("￥25", "number", "25"),
        ("２６４８．１１", "number", "2648.11"),
        ("12.5%", "percent", "12.5"),
        ("-3%", "percent", "-3"),
        ("１００％", "percent", "100"),
        ("2013801", "code", None),
        ("2080505", "code", None),
        ("30201", "code", None),
        ("007", "code", None),
        ("420599199002059463", "code", None),
        ("42059919900205946X", "code", None),
        ("2024年12月31日", "date", None),
        ("2024年1月", "date", None),
        ("2024-12-31", "date", None),
        ("2024/1/5", "date", None),
        ("20190821", "date", None),
        ("20191341", "code", None),
        ("壹拾", "text", None),
        ("合计", "text", None),
        ("-", "text", None),
        ("—", "text", None),
        ("——", "text", None),
        ("1.2.3", "text", None),
        ("1,23", "text", None),
        ("3.50万", "text", None),
        ("1/2", "text", None),
        ("①", "text", None),
        ("一、收入", "text", None),
    ],
)
def test_kind_and_value_of_a_text(text, kind, value):
    assert to_typed(text, in_header=False) == (kind, value)
    found = judge(text)
    assert (found.kind, found.value, found.text) == (kind, value, text)


@pytest.mark.parametrize("text", ["1", "2024", "12.00", "-5", "(3)"])
def test_a_figure_in_the_header_is_a_label(text):
    head, body = cell(0, 0, text), cell(1, 0, text)
    found = judged(head, body, header_rows=1).tables[0].cells
    assert (found[0].kind, found[0].value) == ("text", None)
    assert found[1].kind == "number"


@given(
    st.decimals(-(10**12), 10**12, places=2, allow_nan=False, allow_infinity=False),
    st.booleans(),
)
def test_any_amount_is_read_back_exactly(amount, grouped):
    text = f"{amount:,}" if grouped else str(amount)
    kind, value = to_typed(text, in_header=False)
    assert kind == "number"
    assert Decimal(value) == amount
    assert not is_odd_number(text)


@given(st.text(max_size=12))
def test_any_text_gets_a_kind_and_numbers_are_decimal(text):
    if text.strip() == text:
        found = judge(text)
        assert (found.kind == "empty") == (text == "")
        if found.kind in {"number", "percent"}:
            assert Decimal(found.value).is_finite()


# --- confidence -----------------------------------------------------------------------------------


def test_a_sure_reading_passes():
    rebuilt = judged(cell(0, 0, "合计"), cell(0, 1, "2648.11"), cell(1, 0, ""), cell(1, 1, "3"))
    assert rebuilt.flags == ()
    for found in rebuilt.tables[0].cells:
        assert not found.needs_review
        assert found.flags == ()
        assert 0.9 < found.confidence <= 1


def test_no_evidence_no_pass():
    found = judge("合计", seen=())
    assert found.confidence is None
    assert found.needs_review


def test_evidence_without_confidence_does_not_pass():
    found = judge("合计", seen=evidence("合计", engine=None))
    assert found.confidence is None
    assert found.needs_review


@pytest.mark.parametrize("share", [0.0, 0.3, 0.79])
def test_a_doubtful_reading_is_for_review(share):
    rebuilt = judged(cell(0, 0, "2648.11", sure("2648.11", engine=share)))
    [found] = rebuilt.tables[0].cells
    assert found.confidence < 0.95
    assert found.needs_review
    assert found.flags == (FlagCode.LOW_CONFIDENCE,)
    [flag] = rebuilt.flags
    assert (flag.code, flag.page, flag.table) == (FlagCode.LOW_CONFIDENCE, 1, "t1")
    assert (flag.row, flag.col) == (0, 0)
    assert flag.message


def test_a_lost_letter_lowers_confidence():
    assert judge("264811", sure("264811", engine=0.99, no_letter_lost=0.4)).needs_review
    lost = judge("合计", sure("合计", no_letter_lost=0.4)).confidence
    assert lost < judge("合计").confidence


def test_ink_that_was_not_read_is_flagged():
    for text in ("", "合计"):
        found = judge(text, sure(text, no_ink_left=0.5), target_silent_errors=1e-6)
        assert FlagCode.INK_LEFT in found.flags
        assert found.needs_review


def test_ink_of_which_nothing_could_be_read_is_flagged():
    found = judge("", sure("", engine=0.0))
    assert FlagCode.UNREADABLE in found.flags
    assert found.needs_review


def test_a_doubt_under_a_mark_is_named_so():
    doubtful = judge("合计", sure("合计", engine=0.5, clear_of_marks=0.6))
    assert doubtful.flags == (FlagCode.UNDER_MARK,)
    certain = judge("合计", sure("合计", clear_of_marks=0.97))
    assert certain.flags == ()


def test_the_alternative_does_not_lower_confidence():
    seen = (*sure("合计"), read("合什", 0.03, "alternative"))
    assert judge("合计", seen).confidence == judge("合计").confidence


@given(*[st.floats(0, 1)] * 3)
def test_confidence_is_a_probability_and_never_above_that_of_a_sure_reading(read, lost, left):
    found = judge("合计", sure("合计", engine=read, no_letter_lost=lost, no_ink_left=left))
    best = judge("合计", sure("合计", engine=1.0))
    assert 0 <= found.confidence <= best.confidence <= 1


def test_a_second_reading_that_says_otherwise_lowers_confidence():
    def read_again(text: str) -> float:
        again = read(text, 0.98, "rereading")
        return judge("2648.11", (*sure("2648.11", engine=0.98), again)).confidence

    assert read_again("2643.11") < read_again("2648.11")


def test_what_was_read_before_dust_was_painted_over_is_for_review():
    before = read("809.29.", 0.999, "original")
    found = judge("809.29", (*sure("809.29"), before))
    assert (found.flags, found.needs_review) == ((FlagCode.LOW_CONFIDENCE,), True)


# --- flags ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["1.2.3", "12,34.5", "1,23", "1O5.20", "2648.l1", "26 48.11", "12.", ".5", "1,234,56", "1..5"],
)
def test_what_is_meant_as_a_number_and_is_none_is_flagged(text):
    found = judge(text)
    assert FlagCode.NUMBER_FORMAT in found.flags
    assert found.needs_review


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2648.11",
        "1,234.00",
        "-12.5",
        "12.5%",
        "2013801",
        "2024.12.31",
        "合计",
        "-",
        "1",
        "A",
        "B-2",
    ],
)
def test_what_is_right_is_not_flagged(text):
    assert judge(text).flags == ()


def test_a_guessed_shape_is_for_review_and_flagged_once():
    guess = Flag(code=FlagCode.STRUCTURE, message="guess", page=1, table="t1", row=0, col=1)
    rebuilt = judged(cell(0, 0, "合计"), cell(0, 1, "3.00"), flags=(guess,))
    first, second = rebuilt.tables[0].cells
    assert not first.needs_review
    assert second.needs_review
    assert second.flags == (FlagCode.STRUCTURE,)
    assert rebuilt.flags == (guess,)


def test_every_cell_for_review_says_why_and_every_doubt_has_its_flag():
    cells = [
        cell(0, 0, "合计", sure("合计", engine=0.2)),
        cell(0, 1, "1.2.3", sure("1.2.3", engine=0.2)),
        cell(1, 0, "", sure("", no_ink_left=0.2)),
        cell(1, 1, "5.00"),
    ]
    rebuilt = judged(*cells)
    told = sorted((flag.row, flag.col, flag.code) for flag in rebuilt.flags)
    shown = sorted((c.row, c.col, code) for c in rebuilt.tables[0].cells for code in c.flags)
    assert told == shown
    for found in rebuilt.tables[0].cells:
        assert found.needs_review == bool(found.flags)


def test_the_bar_can_be_set():
    seen = sure("合计", engine=0.99)
    assert judge("合计", seen, target_silent_errors=1e-4).needs_review
    assert not judge("合计", seen, target_silent_errors=0.2).needs_review


def test_checking_adds_and_takes_nothing_away():
    before = cell(0, 0, "2648.11")
    after = judge("2648.11")
    assert after.text == before.text
    assert after.polygon == before.polygon
    assert after.evidence == before.evidence


# --- dashes ---------------------------------------------------------------------------------------


def column(*texts: str) -> list[str]:
    found = judged(*(cell(row, 0, text) for row, text in enumerate(texts)), header_rows=1)
    return [c.text for c in found.tables[0].cells]


def test_a_lone_stroke_among_figures_is_a_dash():
    assert column("金额", "12.50", "一", "3.00")[2] == "—"
    assert column("金额", "12.50", "-", "3.00")[2] in {"-", "—"}


def test_the_first_reading_of_a_dash_is_kept():
    cells = [cell(row, 0, text) for row, text in enumerate(("金额", "12.50", "一", "3.00"))]
    found = judged(*cells, header_rows=1).tables[0].cells[2]
    assert "一" in {seen.text for seen in found.evidence}
    assert found.decided_by == "rule"


def test_a_lone_stroke_among_words_that_do_not_count_is_a_dash():
    assert column("备注", "待补", "一", "同上", "原件存档")[2] == "—"


def test_a_lone_stroke_among_numerals_stays_what_it_is():
    texts = ("序号", "一", "二", "三")
    assert column(*texts) == list(texts)


@pytest.mark.parametrize(
    ("structure", "pages", "is_asked"),
    [(0.0, 1, True), (0.15, 1, True), (0.5, 1, False), (0.15, 4, False), (None, 1, False)],
)
def test_nothing_is_taken_from_a_table_whose_rows_and_columns_are_hardly_told(
    structure, pages, is_asked
):
    """Surely read, a text may still be half of one. Doubt adds up over the pages of a table."""
    cells = (cell(0, 0, "合计"), cell(0, 1, "2081"))
    numbers = tuple(range(1, pages + 1))
    table = raw_table(cells, n_rows=1, n_cols=2, pages=numbers, structure=structure)
    found = check(Assembled((), (table,), ()))
    assert [c.needs_review for c in found.tables[0].cells] == [is_asked] * 2
    told = [flag for flag in found.flags if flag.code is FlagCode.STRUCTURE]
    assert [(flag.table, flag.row) for flag in told] == [("t1", None)] * is_asked
