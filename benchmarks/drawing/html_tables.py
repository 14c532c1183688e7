"""Tables in HTML for a browser to set: data, statements, forms, with every manner of border."""

from html import escape
from itertools import pairwise
from typing import NamedTuple

from drawing.html_styles import BANDS, RULED, Manner, style
from drawing.html_words import HEADS, KINDS, figure, han, head, latin, sentence, value
from drawing.words import Rng, chance, person, pick

BLANKS = ("", "", "", "年　月　日", "□是　□否", "签字：　　　　日期：")
BLOCK = 5  # rows between two rules of a table that is ruled in blocks
FEW_FIGURES = 3  # columns; the most that stand twice side by side
WIDE_FIELD = 3  # columns; wider fields hold prose


class Cell(NamedTuple):
    """One cell: where it stands, its text as HTML and its style."""

    row: int
    col: int
    rowspan: int
    colspan: int
    text: str
    head: bool
    style: str = ""


class Sheet(NamedTuple):
    """The cells of a table, which tile it."""

    n_rows: int
    n_cols: int
    cells: list[Cell]


def draw_sheet(rng: Rng, manner: Manner, most_rows: int) -> Sheet:
    """A table of any make that fits the manner."""
    ruled = manner.lines in RULED
    if ruled and chance(rng, 0.35):
        sheet = _form(rng)
    elif chance(rng, 0.25 if ruled else 0.5):
        sheet = _statement(rng, manner, most_rows)
    else:
        sheet = _data(rng, manner, most_rows)
    return _titled(rng, sheet) if ruled and chance(rng, 0.12) else sheet


def _titled(rng: Rng, sheet: Sheet) -> Sheet:
    """The table under a title that stands in its first row."""
    style = f"text-align:center;font-size:{rng.uniform(1, 1.8):.1f}em;background:none;color:inherit"
    title = Cell(0, 0, 1, sheet.n_cols, han(rng, 4, 16), head=True, style=style)
    lower = [c._replace(row=c.row + 1) for c in sheet.cells]
    return Sheet(sheet.n_rows + 1, sheet.n_cols, [title, *lower])


def _size(rng: Rng, most_rows: int) -> tuple[int, int]:
    n_cols = int(_clip(rng.lognormal(1.75, 0.5), 2, 20))
    n_rows = int(_clip(rng.lognormal(2.3, 0.75), 1, most_rows))
    return n_rows, n_cols


def _clip(number: float, low: float, high: float) -> float:
    return min(max(number, low), high)


def _align(rng: Rng, kind: str) -> str:
    if kind in {"int", "money", "decimal", "percent", "signed"}:
        return pick(rng, ("right",) * 6 + ("center", "left"))
    if kind in {"small", "unit", "tick", "seq", "year", "date", "range"}:
        return pick(rng, ("center", "center", "right", "left"))
    return pick(rng, ("left", "left", "center"))


def _heads(rng: Rng, manner: Manner, n_cols: int, fixed: int) -> list[Cell]:
    """The head: one to three levels, the first columns one cell each."""
    levels = pick(rng, (1, 1, 1, 1, 2, 2, 3)) if n_cols > fixed + 1 else 1
    if levels == 1:
        return [Cell(0, col, 1, 1, head(rng, manner.tongue), head=True) for col in range(n_cols)]
    cells = [Cell(0, c, levels, 1, head(rng, manner.tongue), head=True) for c in range(fixed)]

    def part(row: int, start: int, end: int) -> None:
        col = start
        while col < end:
            if row == levels - 1:
                cells.append(Cell(row, col, 1, 1, head(rng, manner.tongue), head=True))
                col += 1
                continue
            width = min(int(rng.integers(1, 5)), end - col)
            if width == 1:
                cells.append(Cell(row, col, levels - row, 1, head(rng, manner.tongue), head=True))
            else:
                cells.append(Cell(row, col, 1, width, head(rng, manner.tongue), head=True))
                part(row + 1, col, col + width)
            col += width

    part(0, fixed, n_cols)
    return cells


def _data(rng: Rng, manner: Manner, most_rows: int) -> Sheet:
    """Columns that keep one manner under a head, with sections, groups and totals now and then."""
    n_rows, n_cols = _size(rng, most_rows)
    kinds = [pick(rng, KINDS) for _ in range(n_cols)]
    if chance(rng, 0.5):  # mostly figures
        kinds = [
            k if chance(rng, 0.3) else pick(rng, ("money", "int", "decimal", "percent"))
            for k in kinds
        ]
    if chance(rng, 0.4):
        kinds[0] = "seq"
    fixed = min(int(rng.integers(1, 3)), n_cols)
    cells = _heads(rng, manner, n_cols, fixed) if chance(rng, 0.93) else []
    start = max((c.row + c.rowspan for c in cells), default=0)
    aligns = [_align(rng, kind) for kind in kinds]
    empty = [float(pick(rng, (0, 0, 0, 0.1, 0.3, 0.6))) for _ in kinds]
    if manner.lines == "dump" and chance(rng, 0.4):
        aligns = ["left"] * n_cols
    drawn = manner.lines in {*RULED, "frame-level", "level"}
    sections = 0.12 if chance(rng, 0.15) else 0.0
    group = fixed if drawn and chance(rng, 0.25) else 0
    row = start
    while row < start + n_rows:
        if chance(rng, sections):
            style = f"text-align:{pick(rng, ('left', 'center'))};font-weight:bold"
            cells.append(Cell(row, 0, 1, n_cols, han(rng, 3, 10), head=False, style=style))
            row += 1
            continue
        tall = min(int(rng.integers(1, 5)), start + n_rows - row) if group else 1
        for col in range(n_cols):
            for step in range(1 if col < group else tall):
                spread = tall if col < group else 1
                text = _text(rng, row + step, kinds[col], empty[col] if col else 0)
                align = f"text-align:{aligns[col]}"
                cells.append(Cell(row + step, col, spread, 1, text, head=False, style=align))
        row += tall
    total = chance(rng, 0.25)
    if total:
        cells += _total(rng, row, n_cols, fixed, aligns)
    return Sheet(row + total, n_cols, cells)


def _text(rng: Rng, row: int, kind: str, empty: float) -> str:
    """What stands in a cell, which is empty now and then."""
    text = "" if chance(rng, empty) else escape(value(rng, kind, row))
    return pick(rng, ("-", "—", "/", "0.00")) if not text and chance(rng, 0.3) else text


def _total(rng: Rng, row: int, n_cols: int, fixed: int, aligns: list[str]) -> list[Cell]:
    wide = min(fixed, n_cols)
    name = pick(rng, ("合计", "总计", "合　　计", "小计", "Total"))
    cells = [Cell(row, 0, 1, wide, name, head=False, style="text-align:center;font-weight:bold")]
    return cells + [
        Cell(row, c, 1, 1, figure(rng, "money", row), head=False, style=f"text-align:{aligns[c]}")
        for c in range(wide, n_cols)
    ]


def _statement(rng: Rng, manner: Manner, most_rows: int) -> Sheet:
    """A list of items, indented by their rank, beside columns of figures."""
    n_rows = int(rng.integers(4, most_rows + 1))
    n_figures = int(rng.integers(1, 8))
    notes = chance(rng, 0.3)
    twice = chance(rng, 0.15) and n_figures <= FEW_FIGURES
    names = [
        "item",
        *(["small"] if notes else []),
        *[pick(rng, ("money", "money", "int", "signed"))] * n_figures,
    ]
    kinds = names * 2 if twice else names
    n_cols = len(kinds)
    cells = _heads(rng, manner, n_cols, 1) if not twice else []
    cells = cells or [Cell(0, c, 1, 1, head(rng, manner.tongue), head=True) for c in range(n_cols)]
    start = max(c.row + c.rowspan for c in cells)
    left, right = pick(rng, ("left", "left", "justify")), pick(rng, ("right",) * 5 + ("center",))
    for row in range(start, start + n_rows):
        title = chance(rng, 0.12)
        rank = int(rng.integers(0, 3))
        for col, kind in enumerate(kinds):
            if kind == "item":
                text = latin(rng, 1, 5) if manner.tongue != "chinese" else value(rng, "item", row)
                text = (f"{han(rng, 1, 2)}、" if title else "") + escape(text)
                style = f"text-align:{left};padding-left:{0.2 + (0 if title else rank)}em"
                style += ";font-weight:bold" if title else ""
            else:
                text = (
                    ""
                    if title or chance(rng, 0.12) or (kind == "small" and chance(rng, 0.7))
                    else value(rng, kind, row)
                )
                style = f"text-align:{right}"
            cells.append(Cell(row, col, 1, 1, text, head=False, style=style))
    return Sheet(start + n_rows, n_cols, cells)


def _form(rng: Rng) -> Sheet:
    """Labels beside fields to be filled, each row parted in its own way."""
    n_cols, n_rows = int(rng.integers(3, 13)), int(rng.integers(3, 22))
    cells: list[Cell] = []
    row = 0
    filled = float(pick(rng, (0, 0.4, 0.9)))
    while row < n_rows:
        tall = int(rng.integers(2, 5)) if chance(rng, 0.15) else 1
        tall = min(tall, n_rows - row)
        offset = 0
        if tall > 1:
            offset = 1
            text = "<br>".join(han(rng, 2, 6)) if chance(rng, 0.5) else han(rng, 2, 5)
            cells.append(Cell(row, 0, tall, 1, text, head=True))
        even = _cuts(rng, offset, n_cols)
        alike = chance(rng, 0.5)
        for step in range(tall):
            cuts = even if alike else _cuts(rng, offset, n_cols)
            cells += _form_row(rng, row + step, cuts, filled)
        row += tall
    return Sheet(n_rows, n_cols, cells)


def _cuts(rng: Rng, start: int, end: int) -> list[int]:
    inner = [c for c in range(start + 1, end) if chance(rng, 0.55)]
    return [start, *inner, end]


def _form_row(rng: Rng, row: int, cuts: list[int], filled: float) -> list[Cell]:
    cells = []
    high = f"height:{int(rng.integers(20, 130))}px" if chance(rng, 0.25) else ""
    for place, (a, b) in enumerate(pairwise(cuts)):
        label = place % 2 == 0
        if label:
            text = pick(rng, HEADS) if chance(rng, 0.6) else han(rng, 2, 7)
        elif chance(rng, filled):
            prose = b - a > WIDE_FIELD and chance(rng, 0.5)
            text = sentence(rng, 8, 90) if prose else value(rng, pick(rng, KINDS), row)
        else:
            text = pick(rng, (*BLANKS, person(rng)))
        align = "center" if label else pick(rng, ("left", "center"))
        cells.append(Cell(row, a, 1, b - a, text, head=False, style=f"text-align:{align};{high}"))
    return cells


def render(rng: Rng, sheet: Sheet, manner: Manner, name: str) -> str:
    """The HTML of a table and its style, ``name`` being its id."""
    start = max((c.row + c.rowspan for c in sheet.cells if c.head), default=0)
    banded = _bands(rng, sheet, manner, start)
    band = pick(rng, BANDS)
    rows = [""] * sheet.n_rows
    for c in sorted(sheet.cells, key=lambda c: (c.row, c.col)):
        shown = c.row in banded and not c.head and c.rowspan == 1
        ground = f";background:{band}" if shown else ""
        rows[c.row] += (
            f'<td class="{" ".join(_classes(c, sheet, start))}" data-r={c.row} data-c={c.col}'
            f' rowspan={c.rowspan} colspan={c.colspan} style="{c.style}{ground}">{c.text}</td>'
        )
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    rules = style(rng, sheet.n_cols, manner, name)
    return f'<style>{rules}</style><table id="{name}" class="truth">{body}</table>'


def _bands(rng: Rng, sheet: Sheet, manner: Manner, start: int) -> set[int]:
    """The rows that stand out: none, each second or third, or some."""
    rows = range(start, sheet.n_rows)
    if not chance(rng, 0.22 if manner.lines in RULED else 0.4):
        return set()
    if chance(rng, 0.3):
        return {row for row in rows if chance(rng, 0.2)}
    every = pick(rng, (2, 2, 2, 3))
    return {row for row in rows if (row - start) % every == 1}


def _classes(cell: Cell, sheet: Sheet, start: int) -> list[str]:
    """What the style may take hold of."""
    end = cell.row + cell.rowspan
    named = {
        "h": cell.head,
        "b": not cell.head,
        "c0": cell.col == 0,
        "top": cell.row == 0,
        "hl": cell.head and end == start,
        "last": end == sheet.n_rows,
        "r5": cell.row > start and (cell.row - start) % BLOCK == 0,
    }
    return [name for name, holds in named.items() if holds]
