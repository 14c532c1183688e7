"""Changes of the shape of a table: whatever is done, the cells tile it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import office
from tenglu.review.core import structure_edits
from tenglu.review.core.apply import read_anew
from tenglu.review.core.editable_table import form, overlap, to_editable, to_table
from tenglu.review.core.structure_edits import ShapeError


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    scan = tmp_path_factory.mktemp("shapes") / "a.png"
    [table] = office.document(office.sheet(5), scan).tables
    return to_editable(table)


def valid(sheet):
    """The table refuses to exist if its cells do not tile it."""
    states = {at: read_anew(h, None) for at, h in sheet.states.items()}
    return to_table(sheet._replace(states=states, reshaped=1))


def at(sheet, row, col):
    return sheet.states[row, col].cell


class TestMerge:
    def test_two_cells_become_one_with_the_place_of_both(self, sheet):
        merged = structure_edits.merge(sheet, 1, 0, 2, 0)
        assert merged.fresh == ((1, 0),)
        cell = at(merged.sheet, 1, 0)
        assert (cell.rowspan, cell.colspan) == (2, 1)
        assert cell.polygon[0] == at(sheet, 1, 0).polygon[0]
        assert cell.polygon[2] == at(sheet, 2, 0).polygon[2]
        valid(merged.sheet)

    def test_split_is_the_way_back(self, sheet):
        merged = structure_edits.merge(sheet, 1, 0, 3, 2)
        parted = structure_edits.split(merged.sheet, 1, 0)
        assert form(parted.sheet) == form(sheet)
        assert len(parted.fresh) == 9
        for place, held in sheet.states.items():
            assert overlap(held.cell.polygon, parted.sheet.states[place].cell.polygon) > 0.95

    def test_a_cell_that_reaches_out_is_not_cut(self, sheet):
        merged = structure_edits.merge(sheet, 1, 0, 2, 0).sheet
        with pytest.raises(ShapeError, match="reaches out"):
            structure_edits.merge(merged, 2, 0, 3, 0)

    def test_nothing_to_merge(self, sheet):
        with pytest.raises(ShapeError):
            structure_edits.merge(sheet, 1, 1, 1, 1)


def test_a_cell_is_divided_and_the_others_of_its_row_span_both(sheet):
    divided = structure_edits.divide(sheet, 2, 1, "row", 0.5)
    assert set(divided.fresh) == {(2, 1), (3, 1)}
    table = valid(divided.sheet)
    assert (table.n_rows, table.n_cols) == (8, 3)
    assert at(divided.sheet, 2, 0).rowspan == 2
    assert at(divided.sheet, 2, 1).rowspan == at(divided.sheet, 3, 1).rowspan == 1
    assert at(divided.sheet, 4, 0).text == at(sheet, 3, 0).text


def test_a_row_is_cut_in_two_and_both_are_read(sheet):
    cut = structure_edits.add_line(sheet, "row", 2, 0.5)
    assert valid(cut.sheet).n_rows == 8
    assert set(cut.fresh) == {(row, col) for row in (2, 3) for col in range(3)}
    upper, lower = at(cut.sheet, 2, 0).polygon, at(cut.sheet, 3, 0).polygon
    assert upper[3] == lower[0]
    assert lower[3] == at(sheet, 2, 0).polygon[3]


def test_a_row_that_was_missed_at_the_end_lies_below(sheet):
    last = sheet.n_rows - 1
    longer = structure_edits.add_line(sheet, "row", last, None)
    assert valid(longer.sheet).n_rows == sheet.n_rows + 1
    assert at(longer.sheet, last + 1, 0).polygon[0] == at(sheet, last, 0).polygon[3]
    assert at(longer.sheet, last, 0) == at(sheet, last, 0)


def test_a_row_between_others_has_no_place_of_theirs(sheet):
    wider = structure_edits.add_line(sheet, "row", 2, None)
    assert valid(wider.sheet).n_rows == sheet.n_rows + 1
    assert (wider.fresh, set(wider.blank)) == ((), {(3, 0), (3, 1), (3, 2)})
    assert overlap(at(wider.sheet, 3, 1).polygon, at(wider.sheet, 4, 1).polygon) < 0.2
    assert at(wider.sheet, 4, 1).text == at(sheet, 3, 1).text


def test_a_header_grows_and_shrinks_with_its_rows(sheet):
    assert structure_edits.add_line(sheet, "row", 0, 0.5).sheet.header_rows == 2
    assert structure_edits.delete_line(sheet, "row", 0).sheet.header_rows == 0
    assert structure_edits.set_header(sheet, 3).sheet.header_rows == 3
    with pytest.raises(ShapeError):
        structure_edits.set_header(sheet, 99)


def test_a_boundary_moves_for_both_sides(sheet):
    moved = structure_edits.move_boundary(sheet, "col", 1, -0.25)
    assert len(moved.fresh) == 2 * sheet.n_rows
    left, right = at(moved.sheet, 1, 0).polygon, at(moved.sheet, 1, 1).polygon
    assert left[1] == right[0]
    assert left[1][0] < at(sheet, 1, 0).polygon[1][0]
    with pytest.raises(ShapeError, match="leave its cells"):
        structure_edits.move_boundary(sheet, "col", 1, 5.0)
    with pytest.raises(ShapeError, match="edge"):
        structure_edits.move_boundary(sheet, "col", 0, 0.1)


class TestTables:
    def test_parted_and_joined_again(self, sheet):
        upper, lower = structure_edits.part(sheet, 3, "t1.2")
        assert (upper.n_rows, lower.n_rows) == (3, 4)
        assert valid(lower).id == "t1.2"
        joined = structure_edits.join(upper, lower, 0).sheet
        assert form(joined) == form(sheet)
        assert [h.cell.text for _, h in sorted(joined.states.items())] == [
            h.cell.text for _, h in sorted(sheet.states.items())
        ]

    def test_a_repeated_head_is_left_out(self, sheet):
        joined = structure_edits.join(sheet, sheet, 1).sheet
        assert valid(joined).n_rows == 2 * sheet.n_rows - 1
        assert at(joined, sheet.n_rows, 0).text == at(sheet, 1, 0).text

    def test_other_columns_do_not_join(self, sheet):
        narrower = structure_edits.delete_line(sheet, "col", 2).sheet
        with pytest.raises(ShapeError, match="columns"):
            structure_edits.join(sheet, narrower, 0)

    def test_a_merged_cell_is_not_parted(self, sheet):
        merged = structure_edits.merge(sheet, 2, 0, 3, 0).sheet
        with pytest.raises(ShapeError, match="both sides"):
            structure_edits.part(merged, 3, "t9")


numbers = st.integers(0, 8)
axes = st.sampled_from(["row", "col"])
shares = st.floats(0.1, 0.9)
CHANGES = st.one_of(
    st.tuples(st.just(structure_edits.merge), numbers, numbers, numbers, numbers),
    st.tuples(st.just(structure_edits.split), numbers, numbers),
    st.tuples(st.just(structure_edits.divide), numbers, numbers, axes, shares),
    st.tuples(st.just(structure_edits.add_line), axes, numbers, st.none() | shares),
    st.tuples(st.just(structure_edits.delete_line), axes, numbers),
    st.tuples(st.just(structure_edits.move_boundary), axes, numbers, st.floats(-0.9, 0.9)),
    st.tuples(st.just(structure_edits.set_header), numbers),
)


@given(st.lists(CHANGES, max_size=8))
def test_whatever_is_done_the_cells_tile_the_table(sheet, changes):
    for change, *figures in changes:
        before = form(sheet)
        try:
            changed = change(sheet, *figures)
        except ShapeError:
            assert form(sheet) == before
            continue
        sheet = changed.sheet
        assert set(changed.fresh) <= set(sheet.states)
        for place, held in sheet.states.items():
            assert place == (held.cell.row, held.cell.col)
        table = valid(sheet)
        assert 0 <= table.header_rows <= table.n_rows
