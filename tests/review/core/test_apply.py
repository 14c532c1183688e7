"""What reviewers said, put on a result: texts, what follows from them, and what no longer fits."""

import pytest

from office import Text, document, sheet
from tenglu.model import FlagCode
from tenglu.review.core.apply import in_force, start
from tenglu.review.core.editable_table import anchor
from tenglu.review.core.events import Event, LogRecord, is_shape
from tenglu.review.core.reviewed import open_cells, reviewed
from tenglu.stages.check import recheck


@pytest.fixture
def made(tmp_path):
    return document(sheet(6, (0, 3)), tmp_path / "a.png")


class Notes:
    """Says things of a document, as the desk would write them down."""

    def __init__(self, made):
        self.made = made
        self.entries: list[LogRecord] = []

    def say(self, kind, row, col, after=None, flags=(), before=None):
        [table] = self.made.tables
        [cell] = [c for c in table.cells if (c.row, c.col) == (row, col)]
        detail = {**anchor(cell), "flags": list(flags)}
        before = cell.text if before is None else before
        after = before if after is None else after
        self.add(kind, row, col, before, after, detail)
        return self

    def back(self, kind, of):
        earlier = self.entries[of - 1].event
        detail = {"of": of, "shape": is_shape(earlier)}
        self.add(kind, earlier.row, earlier.col, earlier.after, earlier.before, detail)
        return self

    def add(self, kind, row, col, before, after, detail):
        number = len(self.entries) + 1
        said = Event(
            f"key-{number}", "林", "a.json", self.made.source.sha256, kind, "t1", row, col,
            before, after, "", detail,
        )  # fmt: skip
        self.entries.append(LogRecord(number, "2026-01-01T00:00:00+00:00", said, ""))

    def now(self, made=None):
        return reviewed(made or self.made, self.entries)


def cell(now, row, col):
    [table] = now.document.tables
    [found] = [c for c in table.cells if (c.row, c.col) == (row, col)]
    return found


def test_without_a_word_nothing_changes(made):
    assert reviewed(made, []).document is made


def test_an_accepted_cell_is_settled_and_says_by_whom(made):
    found = cell(Notes(made).say("accept", 1, 1).now(), 1, 1)
    assert not found.needs_review
    assert found.flags == ()
    assert (found.evidence[-1].source, found.evidence[-1].name) == ("reviewer", "林")
    assert found.decided_by == "reviewer"
    assert found.text == found.evidence[-1].text == "100.50"


def test_a_corrected_cell_gets_kind_and_value_of_its_new_text(made):
    now = Notes(made).say("edit", 1, 1, "1,100.50").now()
    found = cell(now, 1, 1)
    assert (found.text, found.kind, found.value) == ("1,100.50", "number", "1100.50")
    assert open_cells(now.document) >= 1


def test_a_correction_that_breaks_a_sum_is_asked_again(tmp_path):
    made = document(sheet(6, (0,)), tmp_path / "a.png")
    assert any(check.outcome == "holds" for check in made.tables[0].checks)
    found = cell(Notes(made).say("edit", 1, 2, "209.50").now(), 1, 2)
    assert found.needs_review
    assert FlagCode.SUM_FAILS in found.flags
    assert found.text == "209.50"


def test_as_printed_the_source_is_wrong_is_the_last_word(tmp_path):
    rows = sheet(6, (0,))
    rows[1][2] = Text("209.50")  # so it is printed, and the sum is not
    made = document(rows, tmp_path / "a.png")
    suspect = next(c for c in made.tables[0].cells if c.needs_review and c.col == 2)
    now = Notes(made).say("source-wrong", suspect.row, suspect.col).now()
    found = cell(now, suspect.row, suspect.col)
    assert not found.needs_review
    assert FlagCode.SUM_FAILS in found.flags
    assert found.text == suspect.text


def test_unreadable_is_no_text_and_no_question(made):
    found = cell(Notes(made).say("unreadable", 1, 1, "").now(), 1, 1)
    assert (found.text, found.kind, found.confidence) == ("", "empty", 0.0)
    assert found.flags[0] is FlagCode.UNREADABLE
    assert not found.needs_review


def test_undo_and_redo(made):
    notes = Notes(made).say("edit", 1, 1, "1.00")
    assert cell(notes.back("undo", 1).now(), 1, 1).text == "100.50"
    assert cell(notes.now(), 1, 1).needs_review
    assert cell(notes.back("redo", 1).now(), 1, 1).text == "1.00"
    assert [entry.number for entry in in_force(notes.entries)] == [1]


def test_a_result_after_review_is_not_asked_again_by_tenglu_check(made):
    now = Notes(made).say("accept", 1, 1).say("edit", 4, 1, "121.60").now()
    assert recheck(now.document) == now.document


class TestConvertedAgain:
    """The scan was converted again: entries hold on to the place and to what was read there."""

    def test_they_follow_a_cell_to_another_row(self, made):
        notes = Notes(made).say("edit", 2, 1, "1.07")
        [table] = made.tables
        above = [c for c in table.cells if c.row < 5]
        lower = [c for c in table.cells if c.row >= 5]
        counted = [c.amended(row=c.row - 5) for c in lower] + [
            c.amended(row=c.row + 3) for c in above
        ]
        assert table.n_rows == 8
        moved = made.amended(tables=(table.amended(cells=tuple(counted), checks=()),))
        now = notes.now(moved)
        assert now.conflicts == ()
        assert cell(now, 5, 1).text == "1.07"

    def test_another_reading_is_a_conflict_and_stays_as_the_machine_has_it(self, made, tmp_path):
        notes = Notes(made).say("accept", 1, 1).say("edit", 4, 1, "1.00")
        rows = sheet(6, (0, 3))
        rows[1][1] = Text("100.50", read="108.50", confidence=0.4)
        again = document(rows, tmp_path / "a.png")
        now = notes.now(again)
        [conflict] = now.conflicts
        assert conflict.entry.number == 1
        assert "108.50" in conflict.reason
        assert cell(now, 1, 1).needs_review
        assert cell(now, 4, 1).text == "1.00"

    def test_what_the_machine_now_reads_as_the_person_wrote_is_settled(self, made, tmp_path):
        notes = Notes(made).say("edit", 1, 1, "108.50")
        rows = sheet(6, (0, 3))
        rows[1][1] = Text("100.50", read="108.50", confidence=0.4)
        now = notes.now(document(rows, tmp_path / "a.png"))
        assert now.conflicts == ()
        assert not cell(now, 1, 1).needs_review

    def test_a_cell_that_is_gone_is_a_conflict(self, made, tmp_path):
        notes = Notes(made).say("accept", 7, 1)
        smaller = document(sheet(3), tmp_path / "a.png")
        same_scan = smaller.amended(source=made.source)
        assert [c.reason for c in notes.now(same_scan).conflicts] == [
            "no cell stands there any more"
        ]

    def test_another_scan_is_a_conflict(self, made):
        notes = Notes(made).say("accept", 1, 1)
        other = made.amended(source=made.source.amended(sha256="f" * 64))
        [conflict] = notes.now(other).conflicts
        assert conflict.reason == "this was said of another scan"


def test_a_draft_is_the_document(made):
    begun = start(made)
    assert [s.table.id for s in begun.sheets.values()] == [t.id for t in made.tables]
