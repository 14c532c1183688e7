"""The model lets nothing through that an export, a sum or a reviewer could not trust."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tenglu.model import (
    Cell,
    Check,
    Document,
    Evidence,
    Flag,
    FlagCode,
    Page,
    Source,
    Table,
    TableBlock,
    TextBlock,
)

POLYGON = ((0.0, 0.0), (9.5, 0.0), (9.5, 9.25), (0.0, 9.0))
Tile = tuple[int, int, int, int]


def make_cell(tile: Tile = (0, 0, 1, 1), text: str = "合计", **more) -> Cell:
    row, col, rowspan, colspan = tile
    usual = {"kind": "text" if text else "empty", "needs_review": True, "page": 1}
    place = {"row": row, "col": col, "rowspan": rowspan, "colspan": colspan}
    return Cell(**place, text=text, polygon=POLYGON, **usual | more)


def make_table(tiles, n_rows: int, n_cols: int, **more) -> Table:
    usual = {"id": "t1", "pages": (1,), "n_rows": n_rows, "n_cols": n_cols}
    return Table(cells=tuple(make_cell(tile) for tile in tiles), **usual | more)


def make_document(*tables: Table) -> Document:
    return Document(
        tenglu_version="0.1.0",
        source=Source(name="a.pdf", sha256="ab" * 32, media_type="application/pdf", n_pages=1),
        engine="replay",
        pages=(Page(number=1, width=100, height=200, dpi=None, rotation=270, skew=-0.25),),
        tables=tables,
    )


@st.composite
def tilings(draw) -> tuple[int, int, list[Tile]]:
    """Any grid, cut again and again along whole lines: rows, columns, tiles."""
    n_rows, n_cols = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    tiles = [(0, 0, n_rows, n_cols)]
    for _ in range(draw(st.integers(0, 12))):
        row, col, rowspan, colspan = tiles.pop(draw(st.integers(0, len(tiles) - 1)))
        if draw(st.booleans()) and rowspan > 1:
            cut = draw(st.integers(1, rowspan - 1))
            tiles += [(row, col, cut, colspan), (row + cut, col, rowspan - cut, colspan)]
        elif colspan > 1:
            cut = draw(st.integers(1, colspan - 1))
            tiles += [(row, col, rowspan, cut), (row, col + cut, rowspan, colspan - cut)]
        else:
            tiles.append((row, col, rowspan, colspan))
    return n_rows, n_cols, draw(st.permutations(tiles))


# --- cells tile the grid --------------------------------------------------------------------------


@given(tilings())
def test_cells_that_tile_make_a_table(tiling):
    n_rows, n_cols, tiles = tiling
    table = make_table(tiles, n_rows, n_cols)
    assert len(table.cells) == len(tiles)


@given(tilings(), st.data())
def test_a_hole_is_refused(tiling, data):
    n_rows, n_cols, tiles = tiling
    del tiles[data.draw(st.integers(0, len(tiles) - 1))]
    with pytest.raises(ValidationError, match="not covered exactly once"):
        make_table(tiles, n_rows, n_cols)


@given(tilings(), st.data())
def test_an_overlap_is_refused(tiling, data):
    n_rows, n_cols, tiles = tiling
    tiles.append(data.draw(st.sampled_from(tiles)))
    with pytest.raises(ValidationError, match="not covered exactly once"):
        make_table(tiles, n_rows, n_cols)


@given(tilings(), st.data(), st.sampled_from([(1, 0), (0, 1)]))
def test_a_cell_that_reaches_out_is_refused(tiling, data, more):
    n_rows, n_cols, tiles = tiling
    at = data.draw(st.integers(0, len(tiles) - 1))
    row, col, rowspan, colspan = tiles[at]
    tiles[at] = (row, col, rowspan + more[0], colspan + more[1])
    with pytest.raises(ValidationError, match="not covered exactly once"):
        make_table(tiles, n_rows, n_cols)


@given(tilings())
def test_a_grid_that_is_larger_than_its_cells_is_refused(tiling):
    n_rows, n_cols, tiles = tiling
    with pytest.raises(ValidationError, match="not covered exactly once"):
        make_table(tiles, n_rows + 1, n_cols)


def test_a_table_without_rows_is_refused():
    with pytest.raises(ValidationError):
        make_table([], 0, 0)


# --- what a cell may say --------------------------------------------------------------------------


def test_a_cell_that_was_not_scored_must_be_reviewed():
    with pytest.raises(ValidationError, match="needs review"):
        make_cell(confidence=None, needs_review=False)
    assert make_cell(confidence=0.99, needs_review=False).confidence == 0.99


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -0.01, 1.01])
def test_confidence_is_a_probability(number):
    with pytest.raises(ValidationError):
        make_cell(confidence=number)
    with pytest.raises(ValidationError):
        Evidence(source="engine", role="score", text=None, confidence=number)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_places_are_finite(number):
    with pytest.raises(ValidationError):
        make_cell().amended(polygon=((number, 0), (1, 0), (1, 1), (0, 1)))
    with pytest.raises(ValidationError):
        Page(number=1, width=1, height=1, dpi=None, rotation=0, skew=number)


@pytest.mark.parametrize(("text", "kind"), [("", "text"), ("合计", "empty"), ("", "number")])
def test_empty_is_what_has_no_text(text, kind):
    with pytest.raises(ValidationError):
        make_cell(text=text, kind=kind)


@pytest.mark.parametrize("value", [None, "", "1,234", "abc", "NaN", "Infinity"])
def test_a_number_has_a_decimal_value(value):
    with pytest.raises(ValidationError):
        make_cell(text="1,234", kind="number", value=value)
    assert make_cell(text="1,234", kind="number", value="1234").value == "1234"


@pytest.mark.parametrize(
    "wrong",
    [
        {"row": -1},
        {"rowspan": 0},
        {"page": 0},
        {"kind": "money"},
        {"flags": ("no-such-doubt",)},
        {"polygon": ((0, 0), (1, 0), (1, 1))},
        {"color": "red"},
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        make_cell().amended(**wrong)


def test_nothing_changes_once_made_and_a_change_is_checked():
    cell = make_cell(confidence=0.9)
    with pytest.raises(ValidationError):
        cell.text = "另外"
    assert cell.amended(text="另外").text == "另外"
    assert cell.text == "合计"
    with pytest.raises(ValidationError, match="needs review"):
        cell.amended(confidence=None, needs_review=False)


def test_tables_of_one_name_are_refused():
    table = make_table([(0, 0, 1, 1)], 1, 1)
    with pytest.raises(ValidationError, match="the same id"):
        make_document(table, table)


# --- the file -------------------------------------------------------------------------------------


def full_document() -> Document:
    cell = make_cell(
        text="-12.50",
        kind="number",
        value="-12.50",
        confidence=0.123456789,
        flags=(FlagCode.LOW_CONFIDENCE, FlagCode.UNDER_MARK),
        evidence=(Evidence(source="sum", role="score", text=None, confidence=None),),
    )
    check = Check(
        kind="sum",
        total=(0, 0),
        parts=((0, 0),),
        expected=None,
        found=None,
        tolerance="0.01",
        outcome="not-computable",
    )
    table = Table(id="t1", pages=(1,), n_rows=1, n_cols=1, cells=(cell,), checks=(check,))
    blocks = (
        TextBlock(kind="heading", text="〔2023〕9号\n\u3000", confidence=None, polygon=POLYGON),
        TableBlock(kind="table", table="t1", rows=(0, 0), polygon=POLYGON),
    )
    document = make_document(table)
    flag = Flag(code=FlagCode.SUM_FAILS, message="差 1.00", page=1, table="t1", row=0, col=0)
    return document.amended(pages=(document.pages[0].amended(blocks=blocks),), flags=(flag,))


def test_what_is_written_is_what_is_loaded():
    document = full_document()
    text = document.model_dump_json()
    assert Document.model_validate_json(text) == document
    assert Document.model_validate_json(text).model_dump_json() == text
    assert Document.model_validate(json.loads(text)) == document


@given(tilings(), st.none() | st.floats(0, 1))
def test_any_table_comes_back_from_its_file(tiling, confidence):
    n_rows, n_cols, tiles = tiling
    cells = tuple(make_cell(tile, confidence=confidence) for tile in tiles)
    table = Table(id="t1", pages=(1, 2), n_rows=n_rows, n_cols=n_cols, cells=cells)
    assert Table.model_validate_json(table.model_dump_json()) == table


def test_a_file_with_an_unknown_field_or_another_version_is_refused():
    content = json.loads(full_document().model_dump_json())
    with pytest.raises(ValidationError):
        Document.model_validate(content | {"surprise": 1})
    with pytest.raises(ValidationError):
        Document.model_validate(content | {"schema_version": "9.0"})


def test_a_file_that_was_tampered_with_is_refused():
    content = json.loads(full_document().model_dump_json())
    content["tables"][0]["n_rows"] = 2
    with pytest.raises(ValidationError, match="not covered exactly once"):
        Document.model_validate(content)
