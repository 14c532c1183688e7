"""A result that a person has corrected is checked again, here and on the command line."""

import json
from pathlib import Path

import pytest

from calls import tenglu
from printed import raw_table
from seen import read, score
from tenglu.errors import ExitCode
from tenglu.export.canonical import dump, load
from tenglu.model import Cell, Document, Flag, FlagCode, Page, Source, Step
from tenglu.stages.assemble import Assembled, RawCell
from tenglu.stages.check import DEFAULTS, check, recheck

CORNERS = ((0.0, 0.0), (90.0, 0.0), (90.0, 60.0), (0.0, 60.0))
TRUE = [
    ["地区", "合计", "小麦", "玉米", "豆类"],
    ["寿阳县", "10110.8", "2279.7", "4325.5", "3505.6"],
    ["太谷区", "16448.8", "756.1", "3071.7", "12621.0"],
    ["合计", "26559.6", "3035.8", "7397.2", "16126.6"],
]


def result(rows: list[list[str]]) -> Document:
    """What convert would write for a page that reads so."""
    cells = tuple(
        RawCell(
            row=row,
            col=col,
            rowspan=1,
            colspan=1,
            text=text,
            vertical=False,
            page=1,
            polygon=CORNERS,
            evidence=(score("no-ink-left", 1.0), read(text, 0.99999)),
        )
        for row, texts in enumerate(rows)
        for col, text in enumerate(texts)
    )
    table = raw_table(cells, n_rows=len(rows), n_cols=len(rows[0]), header_rows=1, title="面积")
    page = Page(number=1, width=9, height=9, dpi=200, rotation=0, skew=0.0)
    judged = check(Assembled((page,), (table,), ()))
    return Document(
        tenglu_version="0.1.0",
        source=Source(name="a.pdf", sha256="ab" * 32, media_type="application/pdf", n_pages=1),
        engine="engine",
        pages=(page,),
        tables=judged.tables,
        flags=judged.flags,
        steps=(Step(name="check", version="0.1.0", settings=DEFAULTS.model_dump()),),
    )


def misread() -> Document:
    rows = [list(row) for row in TRUE]
    rows[1][2] = "2219.7"
    return result(rows)


def corrected(document: Document, row: int, col: int, **changes) -> Document:
    """By hand, in the JSON, as a person with an editor would."""
    raw = json.loads(dump(document))
    for cell in raw["tables"][0]["cells"]:
        if (cell["row"], cell["col"]) == (row, col):
            cell.update(changes)
    return load(json.dumps(raw).encode())


def cell_at(document: Document, row: int, col: int) -> Cell:
    return next(c for c in document.tables[0].cells if (c.row, c.col) == (row, col))


@pytest.mark.parametrize("document", [result(TRUE), misread()], ids=["true", "misread"])
def test_what_nobody_touched_stays_byte_for_byte(document):
    assert dump(recheck(document)) == dump(document)


def test_a_correction_makes_the_sums_hold_and_stays():
    document = misread()
    assert cell_at(document, 1, 2).flags == (FlagCode.SUM_FAILS,)
    again = recheck(corrected(document, 1, 2, text="2279.7", needs_review=False))
    found = cell_at(again, 1, 2)
    assert (found.text, found.value, found.needs_review, found.flags) == (
        "2279.7",
        "2279.7",
        False,
        (),
    )
    assert found.decided_by == "reviewer"
    assert dump(recheck(again)) == dump(again)
    assert {one.outcome for one in again.tables[0].checks} == {"holds"}
    assert again.flags == ()


def test_a_wrong_correction_is_noticed():
    again = recheck(corrected(result(TRUE), 2, 3, text="3371.7"))
    assert FlagCode.SUM_FAILS in cell_at(again, 2, 3).flags
    assert cell_at(again, 2, 3).needs_review
    assert cell_at(again, 2, 3).text == "3371.7"
    assert dump(recheck(again)) == dump(again)


def test_what_a_person_decided_is_asked_until_its_sums_hold():
    wrong = corrected(result(TRUE), 2, 3, text="3371.7", decided_by="reviewer", needs_review=False)
    asked = recheck(wrong)
    assert cell_at(asked, 2, 3).needs_review
    mended = recheck(corrected(asked, 2, 3, text="3071.7"))
    assert not cell_at(mended, 2, 3).needs_review
    assert {one.outcome for one in mended.tables[0].checks} == {"holds"}


def test_a_text_that_was_read_but_does_not_stand_is_a_persons():
    """A dash that a person turns back into the figure is not the machine's."""
    document = result([["序号", "金额"], ["甲", "12.50"], ["乙", "一"], ["丙", "3.00"]])
    assert (cell_at(document, 2, 1).text, cell_at(document, 2, 1).decided_by) == ("—", "rule")
    found = cell_at(recheck(corrected(document, 2, 1, text="一")), 2, 1)
    assert (found.text, found.decided_by) == ("一", "reviewer")


def test_what_a_person_has_settled_is_asked_no_more():
    settled = corrected(misread(), 1, 2, needs_review=False)  # a misprint of the source
    again = recheck(settled)
    assert not cell_at(again, 1, 2).needs_review
    assert "fails" in {one.outcome for one in again.tables[0].checks}
    assert again.flags == ()


def test_flags_of_other_stages_stay():
    turned = Flag(code=FlagCode.ORIENTATION, message="turned", page=1)
    document = misread().amended(flags=(turned,))
    assert turned in recheck(document).flags


# --- tenglu check ---------------------------------------------------------------------------------


def test_the_command_tells_outcomes_and_what_fails(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_bytes(dump(misread()))
    call = tenglu("check", path)
    assert call.code == ExitCode.REVIEW
    summary, *lines = call.summaries
    assert "20 cells, 1 to review, " in summary
    assert "; 7 checks: 5 hold, 0 within rounding, 2 fail, 0 not computable" in summary
    assert len(lines) == 2
    assert "row 2, column 2: 10110.8 instead of 10050.8" in lines[0]
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_the_command_writes_what_it_checked(tmp_path: Path):
    path, out = tmp_path / "a.json", tmp_path / "new" / "b.json"
    path.write_bytes(dump(corrected(misread(), 1, 2, text="2279.7", needs_review=False)))
    before = path.read_bytes()
    call = tenglu("check", path, "-o", out)
    assert call.code == ExitCode.OK, call.out
    assert "7 checks: 7 hold" in call.summaries[0]
    assert {one.outcome for one in load(out.read_bytes()).tables[0].checks} == {"holds"}
    assert path.read_bytes() == before


def test_no_result_no_check(tmp_path: Path):
    missing = tenglu("check", tmp_path / "none.json")
    assert missing.code == ExitCode.INPUT
    assert missing.errors[0].startswith("error: cannot read")
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert tenglu("check", other).code == ExitCode.INPUT
    other.write_bytes(dump(result(TRUE)).replace(b"target_silent_errors", b"min_confidence"))
    assert tenglu("check", other).code == ExitCode.INPUT


def test_a_result_that_cannot_be_written(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_bytes(dump(result(TRUE)))
    assert tenglu("check", path, "-o", path / "b.json").code == ExitCode.OUTPUT
