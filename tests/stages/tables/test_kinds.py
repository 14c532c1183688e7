"""Tables of every kind: low and narrow ones, dark heads, few rules or none; and what is none."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paint
from tenglu.imaging.ink import darkness, measure_ink, to_gray
from tenglu.stages.tables import Grid, TableOptions, find_tables
from tenglu.stages.tables.pictures import is_table

WORDS = "财政拨款收入支出决算表的编制说明以及各项指标"
ROW, COL = 66, 180  # px


def layout(n_rows: int, n_cols: int, corner=(120, 300), width=COL, **more) -> paint.Layout:
    """Labels in the first row and column, figures elsewhere."""
    slots = []
    for row in range(n_rows):
        for col in range(n_cols):
            word = paint.CHINESE_WORDS[(row + col) % len(paint.CHINESE_WORDS)]
            text = word if row * col == 0 else f"{(37 * row + 911 * col) % 1000}.{row}{col % 10}"
            slots.append(paint.Slot(row, col, text=text, align="right" if col else "left"))
    return paint.Layout((ROW,) * n_rows, (width,) * n_cols, tuple(slots), corner, **more)


def prose(top: int, n_lines: int = 8) -> list[paint.Caption]:
    return [paint.Caption(WORDS, (600, top + 45 * i)) for i in range(n_lines)]


def page(*layouts: paint.Layout) -> paint.Painted:
    return paint.paint_page(list(layouts), prose(1000))


def sizes(image) -> list[tuple[int, int]]:
    return [(found.n_rows, found.n_cols) for found in find_tables(image).grids]


def redrawn(painted: paint.Painted, draw) -> np.ndarray:
    """The picture with its rules taken off, and ``draw(image, xs, ys)`` in their place."""
    xs = sorted({x for cell in painted.cells for x in (cell.box.x0, cell.box.x1)})
    ys = sorted({y for cell in painted.cells for y in (cell.box.y0, cell.box.y1)})
    image = painted.image.copy()
    for y in ys:
        image[y - 2 : y + 3, xs[0] - 2 : xs[-1] + 3] = 255
    for x in xs:
        image[ys[0] - 2 : ys[-1] + 3, x - 2 : x + 3] = 255
    draw(image, xs, ys)
    return image


def rule(image, x0: int, y0: int, x1: int, y1: int) -> None:
    cv2.rectangle(image, (x0 - 1, y0 - 1), (x1, y1), paint.INK, -1)


# --- low, narrow, double, open --------------------------------------------------------------------


@pytest.mark.parametrize(("n_rows", "n_cols", "width"), [(1, 5, 180), (1, 2, 180), (6, 1, 500)])
def test_tables_of_one_row_or_one_column(n_rows, n_cols, width):
    assert sizes(page(layout(n_rows, n_cols, width=width)).image) == [(n_rows, n_cols)]


@pytest.mark.parametrize("apart", [4, 6, 8, 10])
def test_double_rules_are_one(apart):
    def draw(image, xs, ys):
        for shift in (0, apart):
            for y in ys:
                rule(image, xs[0], y + shift, xs[-1] + apart, y + shift)
            for x in xs:
                rule(image, x + shift, ys[0], x + shift, ys[-1] + apart)

    assert sizes(redrawn(page(layout(6, 5)), draw)) == [(6, 5)]


@pytest.mark.parametrize("degrees", [-2.0, -1.5, 1.5, 2.0])
def test_two_degrees_of_skew_are_followed(degrees):
    assert sizes(paint.skew(page(layout(6, 5)), degrees).image) == [(6, 5)]


@pytest.mark.parametrize("sides", ["left and right", "top and bottom", "all"])
def test_frames_that_are_open(sides):
    def draw(image, xs, ys):
        for y in ys[1:-1] if sides != "left and right" else ys:
            rule(image, xs[0], y, xs[-1], y)
        for x in xs[1:-1] if sides != "top and bottom" else xs:
            rule(image, x, ys[0], x, ys[-1])

    [found] = find_tables(redrawn(page(layout(6, 5)), draw)).grids
    assert (found.n_rows, found.n_cols) == (6, 5)
    assert found.structure < 1


def test_a_table_inside_a_cell_is_a_table_of_its_own():
    outer = paint.Layout((330,) * 3, (450,) * 2, tuple(
        paint.Slot(row, col) for row in range(3) for col in range(2)
    ), (120, 300))  # fmt: skip
    inner = layout(3, 3, corner=(160, 340), width=120)
    painted = paint.paint_page([outer, inner], prose(60, 4))
    assert sorted(sizes(painted.image)) == [(3, 2), (3, 3)]


# --- rules that a scanner broke -------------------------------------------------------------------


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.02, 0.12))
def test_rules_of_a_fax_have_breaks(seed, share):
    """One bit a pixel, salt and pepper, and pieces of the rules missing."""
    rng = np.random.default_rng(seed)
    painted = page(paint.random_layout(rng, 6, 4, 0))

    def broken(image):
        for cell in painted.cells:
            x0, y0, x1, y1 = cell.box
            for _ in range(round(share * (x1 - x0) / 4)):
                x = int(rng.integers(x0 + 4, x1 - 8))
                image[y0 - 2 : y0 + 2, x : x + 4] = 255
            for _ in range(round(share * (y1 - y0) / 4)):
                y = int(rng.integers(y0 + 4, y1 - 8))
                image[y : y + 4, x0 - 2 : x0 + 2] = 255
        image[rng.random(image.shape[:2]) < 0.001] = 0
        return np.where(image < 128, 0, 255).astype(np.uint8)

    [found] = find_tables(broken(painted.image.copy())).grids
    places = sorted((c.row, c.col, c.rowspan, c.colspan) for c in found.cells)
    assert places == sorted((c.row, c.col, c.rowspan, c.colspan) for c in painted.cells)


def test_a_stroke_of_type_in_line_with_a_rule_does_not_part_a_cell():
    slots = (
        paint.Slot(0, 0, 1, 2),
        paint.Slot(1, 0, text="12.50"),
        paint.Slot(1, 1, text="13.50"),
        paint.Slot(2, 0, 1, 2),
    )
    painted = page(paint.Layout((40, 120, 40), (300, 300), slots, (120, 300)))
    image, x = painted.image, 420
    image[310:332, x - 1 : x + 1] = 20  # as a character 中 has them, above and below the rule
    image[316:326, x - 9 : x - 7] = image[316:326, x + 7 : x + 9] = 20
    image[470:492, x - 1 : x + 1] = 20
    [found] = find_tables(image).grids
    assert sorted((c.row, c.col, c.colspan) for c in found.cells) == [
        (0, 0, 2),
        (1, 0, 1),
        (1, 1, 1),
        (2, 0, 2),
    ]


@pytest.mark.parametrize("tone", [20, 120])
@pytest.mark.parametrize("across", ["down", "level"])
def test_a_streak_through_two_tables_is_no_rule(tone, across):
    upper, lower = layout(4, 5), layout(4, 5, corner=(120, 700))
    painted = paint.paint_page([upper, lower], prose(1100))
    image = paint.streak(painted.image, 400, colour=(tone,) * 3)
    if across == "level":
        image = painted.image.copy()
        image[335:337] = tone
    assert sizes(image) == [(4, 5), (4, 5)]


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.floats(0.6, 0.9))
def test_a_streak_with_many_breaks_is_no_rule(seed, share):
    rng = np.random.default_rng(seed)
    painted = page(layout(8, 5))
    rows = np.flatnonzero(rng.random(painted.image.shape[0]) < share)
    column = 125 + int(rng.integers(0, 5)) * COL + int(rng.integers(8, 40))
    painted.image[rows, column] = 20
    assert sizes(painted.image) == [(8, 5)]


def test_the_rim_of_a_seal_is_no_rule():
    painted = page(layout(8, 5))
    cv2.circle(painted.image, (560, 560), 160, paint.RED, 7, cv2.LINE_AA)
    assert sizes(painted.image) == [(8, 5)]


# --- grounds --------------------------------------------------------------------------------------


@pytest.mark.parametrize("tone", [20, 60, 100])
def test_a_head_on_a_dark_ground_is_a_row(tone):
    painted = page(layout(6, 5))
    head = painted.image[301:366, 121:1020]
    head[:] = np.where(head < 128, 255, tone)
    assert sizes(painted.image) == [(6, 5)]


def on_dark_head(painted: paint.Painted, tone: int) -> np.ndarray:
    """The first row as Excel sets it: light type on a ground as dark as its rules."""
    image = painted.image.copy()
    head = image[301:366, 121:1020]
    type_there = head.min(axis=2) < 128
    for cell in painted.cells:
        if cell.row == 0:
            box = cell.box
            for x in (box.x0, box.x1):
                type_there[:, max(0, x - 121 - 3) : x - 121 + 4] = False
    type_there[[0, 1, 2, -3, -2, -1]] = False
    head[:] = np.where(type_there[..., None], 255, tone)
    return image


@pytest.mark.parametrize("tone", [20, 60])
@pytest.mark.parametrize("blur", [0.0, 1.0])
def test_cells_of_a_dark_head_stand_apart_though_their_rules_cannot_be_seen(tone, blur):
    image = on_dark_head(page(layout(6, 5)), tone)
    if blur:
        image = cv2.GaussianBlur(image, (0, 0), blur)
    [found] = find_tables(image).grids
    assert len(found.cells) == 30


def test_a_dark_head_over_two_columns_is_one_cell():
    slots = [slot for slot in layout(6, 5).slots if (slot.row, slot.col) not in {(0, 1), (0, 2)}]
    wide = paint.Slot(0, 1, colspan=2, text=WORDS[:8])
    painted = page(layout(6, 5)._replace(slots=(*slots, wide)))
    [found] = find_tables(on_dark_head(painted, 40)).grids
    assert [c.colspan for c in found.cells if c.row == 0] == [1, 2, 1, 1]


def test_a_dark_row_of_prose_is_one_cell():
    """Boundaries of the rows above fall between its letters, or beside its stops."""
    slots = [slot for slot in layout(6, 5).slots if slot.row]
    prose = paint.Slot(
        0, 0, colspan=5, text="单位：厘米。注：衣长数据为肩膀到下摆，资料仅供参考。", align="left"
    )
    painted = page(layout(6, 5)._replace(slots=(*slots, prose)))
    [found] = find_tables(on_dark_head(painted, 40)).grids
    assert [c.colspan for c in found.cells if c.row == 0] == [5]


@pytest.mark.parametrize(("lines", "is_doubted"), [("合计\n金额", False), ("合计\n\n金额", True)])
def test_cells_of_a_dark_head_that_may_be_of_two_rows_are_named(lines, is_doubted):
    """A rule between two lines far apart cannot be seen there; within one text they are near."""
    slots = [slot._replace(text=lines) if slot.row == 0 else slot for slot in layout(6, 5).slots]
    high = layout(6, 5)._replace(row_heights=(130, *(ROW,) * 5), slots=tuple(slots))
    painted = page(high)
    image = painted.image.copy()
    head = image[301:430, 121:1020]
    dark = on_dark_head(painted, 40)[301:366, 121:1020]
    below = on_dark_head(painted._replace(image=np.roll(image, -64, axis=0)), 40)
    head[:65], head[64:] = dark, below[301:366, 121:1020]
    [found] = find_tables(image).grids
    assert bool(found.doubtful) == is_doubted
    assert {row for row, _ in found.doubtful} <= {0}


@pytest.mark.parametrize("tone", [225, 215])
def test_heads_over_two_columns_on_tinted_grounds_of_a_faint_scan_are_one_cell(tone):
    slots = [slot for slot in layout(6, 5).slots if (slot.row, slot.col) not in {(0, 1), (0, 2)}]
    wide = paint.Slot(0, 1, colspan=2, text=WORDS[:8])
    faint = layout(6, 5)._replace(slots=(*slots, wide), ink=(150,) * 3, rule_colour=(170,) * 3)
    painted = page(faint)
    image = painted.image.copy()
    head = image[302:365, 122:1019]
    np.minimum(head, tone, out=head)
    image = paint.noise(image, 3, 8.0)
    [found] = find_tables(image).grids
    assert [c.colspan for c in found.cells if c.row == 0] == [1, 2, 1, 1]


def test_a_dark_head_over_level_rules_alone_is_a_table():
    def level(image, xs, ys) -> None:
        rule(image, xs[0], ys[-1], xs[-1], ys[-1])

    painted = page(layout(6, 5))
    image = redrawn(painted, level)
    head = image[301:366, 121:1020]
    head[:] = np.where(head < 128, 255, 50)
    assert sizes(image) == [(6, 5)]


@pytest.mark.parametrize("seed", range(3))
def test_hairlines_of_which_a_fax_keeps_specks(seed):
    """In a frame that is whole, half of each line is left, in specks of two px."""
    rng = np.random.default_rng(seed)

    def speckled(image, xs, ys) -> None:
        for y in ys[1:-1]:
            for x in range(xs[0], xs[-1], 2):
                image[y, x : x + 2] = 20 if rng.random() < 0.5 else 255
        for x in xs[1:-1]:
            for y in range(ys[0], ys[-1], 2):
                image[y : y + 2, x] = 20 if rng.random() < 0.5 else 255
        cv2.rectangle(image, (xs[0], ys[0]), (xs[-1], ys[-1]), paint.INK, 2)

    image = redrawn(page(layout(11, 5, corner=(120, 200))), speckled)
    [found] = find_tables(np.where(image < 128, np.uint8(0), np.uint8(255))).grids
    assert (found.n_rows, found.n_cols) == (11, 5)
    assert len(found.cells) >= 0.9 * 11 * 5


def test_a_stroke_of_type_on_what_is_left_of_a_mark_is_no_rule():
    """In a low row it comes near the rules, and a pale shred below it reaches the lower one."""
    low = layout(6, 4)._replace(row_heights=(ROW, *(40,) * 5))
    image = page(low).image.copy()
    bottom = 300 + ROW + 5 * 40
    image[bottom - 36 : bottom - 8, 360:362] = 20
    image[bottom - 8 : bottom, 359:363] = 165
    assert sizes(image) == [(6, 4)]


def test_shadows_along_the_borders_and_a_streak_are_no_frame_around_a_table():
    image = page(layout(6, 5)).image.copy()
    image[2:5], image[-5:-2], image[:, 3:6], image[:, -6:-3] = 90, 90, 90, 90
    image[:, 210:212] = 110
    assert sizes(image) == [(6, 5)]


@pytest.mark.parametrize("margin", [0, 4])
def test_a_picture_that_a_table_fills_keeps_its_outer_rules(margin):
    [found] = find_tables(page(layout(6, 5)).image).grids
    box = found.box
    cut = page(layout(6, 5)).image[
        box.y0 - margin : box.y1 + margin, box.x0 - margin : box.x1 + margin
    ]
    assert sizes(cut) == [(6, 5)]


def test_a_grid_of_guesses_is_no_table():
    """So the grain of a desk looks; what a person may still settle is a table."""
    image = page(layout(6, 5)).image
    dark = darkness(to_gray(image))
    ink = measure_ink(dark)
    [found] = find_tables(image).grids
    places = [(cell.row, cell.col) for cell in found.cells]
    assert is_table(found._replace(doubtful=places[:10]), dark, ink)
    assert not is_table(found._replace(doubtful=places[:20]), dark, ink)


# --- few rules or none ----------------------------------------------------------------------------


def bare(image, xs, ys) -> None:
    """No rules at all."""


def zebra(image, xs, ys) -> None:
    for top, bottom in zip(ys[::2], ys[1::2], strict=False):
        part = image[top:bottom, xs[0] : xs[-1]]
        np.minimum(part, 225, out=part)


def columns(image, xs, ys) -> None:
    for x in xs:
        rule(image, x, ys[0], x, ys[-1])


@pytest.mark.parametrize("draw", [bare, zebra, columns])
def test_columns_of_figures_are_a_table_and_less_sure(draw):
    [found] = find_tables(redrawn(page(layout(6, 5)), draw)).grids
    assert (found.n_rows, found.n_cols) == (6, 5)
    assert found.basis == "white-space"
    assert found.structure < find_tables(page(layout(6, 5)).image).grids[0].structure
    assert_holds_its_words(found)


def assert_holds_its_words(found: Grid) -> None:
    for cell in found.cells:
        (x0, y0), _, (x1, y1), _ = cell.polygon
        assert x0 < x1
        assert y0 < y1


@pytest.mark.parametrize("tone", [180, 205, 225])
def test_ruled_tables_on_zebra_grounds_keep_their_cells(tone):
    painted = page(layout(6, 5))
    for top in range(300, 300 + 6 * ROW, 2 * ROW):
        part = painted.image[top : top + ROW, 120 : 120 + 5 * COL]
        np.minimum(part, tone, out=part)
    assert sizes(painted.image) == [(6, 5)]


def three_lines(image, xs, ys) -> None:
    for y, thick in ((ys[0], 3), (ys[1], 2), (ys[-1], 3)):
        image[y - 1 : y - 1 + thick, xs[0] : xs[-1]] = 20


def test_a_number_before_a_name_is_no_column():
    """一、 and a name: white as wide as a letter between them, but all gutters are far wider."""
    names = [paint.Slot(r, 0, text=f"　　{WORDS[r : r + 3]}", align="left") for r in range(6)]
    numbers = [paint.Slot(r, 0, text="一", align="left") for r in (1, 3, 5)]
    plain = layout(6, 4, width=270)
    figures = [slot for slot in plain.slots if slot.col]
    painted = page(plain._replace(slots=(*names, *figures)))
    numbered = page(plain._replace(slots=(*numbers, *figures)))
    image = np.minimum(painted.image, numbered.image)
    assert sizes(redrawn(painted._replace(image=image), three_lines)) == [(6, 4)]


@pytest.mark.parametrize(("n_rows", "n_cols"), [(4, 3), (6, 5), (8, 2)])
def test_tables_of_three_lines(n_rows, n_cols):
    """As journals set them: a thick rule above and below, a thin one under the head."""

    [found] = find_tables(redrawn(page(layout(n_rows, n_cols)), three_lines)).grids
    assert (found.n_rows, found.n_cols) == (n_rows, n_cols)
    assert found.structure <= 0.7


@pytest.mark.parametrize("lean", [-0.05, 0.05])
def test_columns_that_lean_are_parted_along_the_sides(lean):
    """On a picture taken from aside: nowhere is white from top to bottom."""
    painted = page(layout(8, 4, width=130))
    upright = redrawn(painted, three_lines)
    matrix = np.array([[1.0, lean, -lean * 560], [0, 1, 0]])
    height, width = upright.shape[:2]
    image = cv2.warpAffine(upright, matrix, (width, height), borderValue=(255, 255, 255))
    [found] = find_tables(image).grids
    assert (found.n_rows, found.n_cols) == (8, 4)
    for cell, drawn in zip(found.cells, painted.cells, strict=True):
        middle = np.array(cell.polygon).mean(axis=0)
        x, y = (drawn.box.x0 + drawn.box.x1) / 2, (drawn.box.y0 + drawn.box.y1) / 2
        assert middle == pytest.approx((x + lean * (y - 560), y), abs=30)


def test_a_double_rule_above_level_rules_alone():
    def doubled(image, xs, ys) -> None:
        three_lines(image, xs, ys)
        image[ys[0] - 8 : ys[0] - 6, xs[0] : xs[-1]] = 20

    [found] = find_tables(redrawn(page(layout(6, 5)), doubled)).grids
    assert found.n_cols == 5


def test_the_rule_of_a_letterhead_is_no_side_of_the_table_below():
    title = paint.Caption("EHF", (570, 220), text_size=64)

    def headed(image, xs, ys) -> None:
        three_lines(image, xs, ys)
        image[120:124, xs[0] : xs[-1]] = 20

    painted = paint.paint_page([layout(6, 5)], [*prose(1000), title])
    [found] = find_tables(redrawn(painted, headed)).grids
    assert (found.n_rows, found.n_cols) == (6, 5)
    assert found.box.y0 > 290


def test_what_is_left_of_a_mark_parts_no_rows_and_joins_no_columns():
    """Small strokes in the white between rows, and in that between columns."""

    def strewn(image, xs, ys) -> None:
        three_lines(image, xs, ys)
        for y in ys[2:-1]:
            image[y - 3 : y + 3, xs[2] : xs[2] + 9] = 90
        for x in xs[1:-1]:
            for y in range(ys[1] + 8, ys[-1] - 8, 14):
                image[y : y + 5, x + 15 : x + 24] = 90
                image[y + 7 : y + 11, x + 28 : x + 37] = 90

    assert sizes(redrawn(page(layout(6, 5)), strewn)) == [(6, 5)]


def test_tables_without_rules_can_be_left_alone():
    image = redrawn(page(layout(6, 5)), bare)
    assert find_tables(image, TableOptions(bare="never")).grids == []


def contents(dots: str) -> list[paint.Caption]:
    lines = []
    for i in range(1, 13):
        lines.append(paint.Caption(f"{WORDS[i]}、{WORDS[: 8 + i % 4]}{dots}", (400, 150 + 60 * i)))
        lines.append(paint.Caption(str(3 * i), (1050, 150 + 60 * i)))
    return lines


@pytest.mark.parametrize(
    "captions",
    [
        prose(100, 30),
        [paint.Caption(WORDS[:11], (x, 100 + 45 * i)) for i in range(25) for x in (330, 900)],
        [paint.Caption(f"{i + 1}、{WORDS[: 9 + i % 5]}", (400, 100 + 45 * i)) for i in range(20)],
        contents(""),
        contents("." * 40),
    ],
    ids=["prose", "columns of prose", "a list", "contents", "contents with dots"],
)
def test_text_is_no_table(captions):
    assert sizes(paint.paint_page([], captions).image) == []


# --- how sure -----------------------------------------------------------------------------------


def test_a_faded_rule_makes_the_structure_less_sure_and_says_where():
    painted = page(layout(6, 5))
    plain = find_tables(painted.image).grids[0]
    assert plain.structure > 0.95
    assert plain.unsure == ()
    x, top = painted.cells[7].box.x1, painted.cells[7].box.y0
    rows = np.arange(top + 3, top + ROW - 3)
    painted.image[rows[rows % 8 < 4], x - 2 : x + 3] = 255
    [found] = find_tables(painted.image).grids
    assert found.structure <= plain.structure
