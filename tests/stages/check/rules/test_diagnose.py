"""What sums say of the cells in them: raised where they hold, suspected where they fail."""

from hypothesis import given, settings
from hypothesis import strategies as st

from printed import STATISTICS, cell_at, checked, checks, evidence, suspects, table, with_evidence
from tenglu.model import FlagCode


def test_a_sum_that_holds_raises_a_doubtful_cell():
    doubtful = with_evidence(table(STATISTICS), 2, 3, evidence("3071.7", sure=0.6))
    found = cell_at(checked(doubtful), 2, 3)
    assert not found.needs_review
    assert found.confidence > 0.99
    assert {e.source for e in found.evidence} >= {"sum"}


def test_a_sum_of_two_raises_nobody():
    text = "项目|金额|备注\n甲|120.10|\n乙|131.20|\n合计|251.30|"
    doubtful = with_evidence(table(text), 1, 1, evidence("120.10", sure=0.6))
    assert cell_at(checked(doubtful), 1, 1).needs_review


def test_row_and_column_name_the_cell():
    rebuilt = checked(table(STATISTICS.replace("4170.4", "4110.4")))
    assert suspects(rebuilt) == {("t1", 3, 2)}
    found = cell_at(rebuilt, 3, 2)
    assert found.needs_review
    assert found.confidence < 0.1
    assert found.text == "4110.4"  # nothing is mended without ink that allows it
    [flag] = [flag for flag in rebuilt.flags if flag.code is FlagCode.SUM_FAILS]
    assert (flag.table, flag.row, flag.col, flag.page) == ("t1", 3, 2, 1)
    assert "4170.4" in flag.message


def test_a_second_reading_that_both_sums_ask_for_is_taken_and_shown():
    wrong = table(STATISTICS.replace("4170.4", "4110.4"))
    allowed = with_evidence(wrong, 3, 2, evidence("4110.4", ("4170.4", 0.3)))
    rebuilt = checked(allowed)
    found = cell_at(rebuilt, 3, 2)
    assert (found.text, found.value) == ("4170.4", "4170.4")
    assert {e.text for e in found.evidence} >= {"4110.4", "4170.4"}
    assert found.decided_by == "rule"
    assert found.needs_review
    assert {one.outcome for one in rebuilt.tables[0].checks} == {"holds"}


def test_a_second_reading_that_the_ink_hardly_allows_is_told_and_not_taken():
    wrong = table(STATISTICS.replace("4170.4", "4110.4"))
    rebuilt = checked(with_evidence(wrong, 3, 2, evidence("4110.4", ("4170.4", 0.03))))
    assert cell_at(rebuilt, 3, 2).text == "4110.4"
    [flag] = [flag for flag in rebuilt.flags if flag.code is FlagCode.SUM_FAILS]
    assert "second reading" in flag.message


def test_a_lost_number_is_found_where_row_and_column_cross():
    assert ("t1", 3, 2) in suspects(checked(table(STATISTICS.replace("4170.4", ""))))


def test_what_could_not_be_read_is_not_wrong():
    unread = with_evidence(
        table(STATISTICS.replace("4170.4", "")), 3, 2, (*evidence(""), *evidence("?")[1:])
    )
    found = {one.total: one for one in checks(unread)}
    assert found[3, 1].outcome == "not-computable"
    assert found[3, 1].expected is None
    assert FlagCode.SUM_FAILS not in cell_at(checked(unread), 3, 1).flags


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_wrong_digit_in_a_table_with_totals_is_found(data):
    rows = [[part.strip() for part in line.split("|")] for line in STATISTICS.strip().splitlines()]
    row, col = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    text = rows[row][col]
    at = data.draw(st.sampled_from([i for i, c in enumerate(text) if c.isdigit()]))
    digit = data.draw(st.sampled_from([d for d in "123456789" if d != text[at]]))
    rows[row][col] = text[:at] + digit + text[at + 1 :]
    wrong = table("\n".join("|".join(parts) for parts in rows))
    assert suspects(checked(wrong)) == {("t1", row, col)}


def test_a_misprint_of_the_source_stays_as_printed_and_is_flagged():
    printed = table(STATISTICS.replace("14625.8", "14652.8"))  # as sure as print can be
    rebuilt = checked(with_evidence(printed, 4, 3, evidence("14652.8", sure=0.99999)))
    found = cell_at(rebuilt, 4, 3)
    assert (found.text, found.value) == ("14652.8", "14652.8")
    assert FlagCode.SUM_FAILS in found.flags
    assert found.needs_review
    assert {one.outcome for one in rebuilt.tables[0].checks} == {"holds", "fails"}


def test_one_sum_alone_mends_nothing():
    text = "项目|金额|备注\n甲|1,120.10|\n乙|2,131.20|\n丙|404.15|\n合计|3,655.45|"
    wrong = table(text.replace("2,131.20", "2,137.20"), unit="元")
    rebuilt = checked(with_evidence(wrong, 2, 1, evidence("2,137.20", ("2,131.20", 0.4))))
    assert cell_at(rebuilt, 2, 1).text == "2,137.20"
    flags = [flag for flag in rebuilt.flags if (flag.row, flag.col) == (2, 1)]
    assert any("second reading" in flag.message for flag in flags)


def test_a_proven_cell_is_surer_than_one_in_no_sum():
    seen = evidence("3071.7", sure=0.6)
    alone = table("地区|小麦|玉米\n寿阳县|2279.7|4325.5\n太谷区|756.1|3071.7")
    before = cell_at(checked(with_evidence(alone, 2, 2, seen)), 2, 2).confidence
    after = cell_at(checked(with_evidence(table(STATISTICS), 2, 3, seen)), 2, 3).confidence
    assert before < 0.9 < 0.99 < after
