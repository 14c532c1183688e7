"""How well relations between numbers are found, and wrong digits by them.

    python benchmarks/sums.py TRUTH.json [TRUTH.json ...] [--plants 300] [--seed 1] [--misses 20]
    python benchmarks/sums.py --drawn 400 --plants 8    # tables of generate.py, a line a kind

On the true tables nothing may fail but what the source itself has wrong. Then one digit of one
summed number is changed, many times over, and each time it is asked whether that cell is flagged.
"""

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from drawing.sheets import Content
from generate import draw_plan
from tenglu.evaluation.scoring import aligned
from tenglu.model import Check, FlagCode, Page, Table, TextBlock
from tenglu.stages.assemble import Assembled, RawCell, RawTable
from tenglu.stages.check import check

CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))  # nothing is looked for on a scan
UNIT = re.compile(r"(?<![\u4e00-\u9fff])(?:金额)?单位[:：]\s*([^\s:：]{1,12})$")
FOUND = {FlagCode.SUM_FAILS, FlagCode.NUMBER_FORMAT}
Place = tuple[str, int, int]
"""Table, row and column."""


class Truth(NamedTuple):
    """The true tables of a document, as the check stage takes them."""

    pages: tuple[Page, ...]
    tables: tuple[RawTable, ...]


class Plant(NamedTuple):
    """A digit that was changed."""

    place: Place
    text: str
    wrong: str
    found: bool  # the cell is flagged
    suspects: int  # cells that are flagged because of it


class Figures(NamedTuple):
    """What is reported of one document."""

    checks: int
    holds: int
    rounding: int
    fails: int
    numbers: int  # cells that hold one
    covered: float | None  # share of them that stand in a relation
    plants: int
    found: float | None  # share of the wrong digits whose cell is flagged
    alone: float | None  # of those found: no other cell is flagged
    suspects: float | None  # cells that are flagged for one wrong digit, on average


def load(path: Path) -> Truth:
    """Read a truth; units come from the lines above the tables."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    units: dict[str, str] = {}
    pages = []
    for page in raw["pages"]:
        unit, blocks = "", []
        for block in page["blocks"]:
            if block["type"] == "table":
                units.setdefault(block["table"], unit)
                unit = ""
                continue
            sides = (block.get(side, "") for side in ("left", "center", "right"))
            text = block.get("text") or "　".join(filter(None, sides))
            if match := UNIT.search(text):
                unit = match[1]
            kind = "paragraph" if block["type"] == "paragraph" else "line"
            blocks.append(TextBlock(kind=kind, text=text, confidence=None, polygon=CORNERS))
        pages.append(_page(page["number"], blocks))
    tables = tuple(_table(table, units.get(table["id"], "")) for table in raw["tables"])
    return Truth(tuple(pages), tables)


def drawn(seed: int) -> tuple[str, Truth]:
    """A table of generate.py that was never printed, and its kind."""
    content = draw_plan(seed).content
    lines = ["　".join(filter(None, line)) for line in content.above]
    units = [match[1] for line in lines if (match := UNIT.search(line))]
    blocks = [
        TextBlock(kind="line", text=text, confidence=None, polygon=CORNERS)
        for text in (*lines, *content.notes)
    ]
    table = _table(_raw(content, f"t{seed}"), units[-1] if units else "")
    return content.kind, Truth((_page(1, blocks),), (table,))


def _raw(content: Content, name: str) -> dict[str, Any]:
    sheet = content.sheet
    cells = [
        {
            "row": item.row,
            "col": item.col,
            "rowspan": item.rowspan,
            "colspan": item.colspan,
            "text": item.text.replace("\u3000", ""),
        }
        for item in sheet.items
    ]
    sizes = {"n_rows": sheet.n_rows, "n_cols": sheet.n_cols, "header_rows": sheet.header_rows}
    return {"id": name, "title": sheet.title, "cells": cells, **sizes}


def _page(number: int, blocks: Sequence[TextBlock]) -> Page:
    return Page(
        number=number, width=1, height=1, dpi=None, rotation=0, skew=0.0, blocks=tuple(blocks)
    )


def _table(raw: dict[str, Any], unit: str) -> RawTable:
    cells = tuple(
        RawCell(
            row=cell["row"],
            col=cell["col"],
            rowspan=cell["rowspan"],
            colspan=cell["colspan"],
            text=cell["text"],
            vertical=False,
            page=1,
            polygon=CORNERS,
            evidence=(),
        )
        for cell in raw["cells"]
    )
    return RawTable(
        id=raw["id"],
        title=raw["title"],
        code="",
        unit=unit,
        pages=(1,),
        n_rows=raw["n_rows"],
        n_cols=raw["n_cols"],
        header_rows=raw["header_rows"],
        structure=None,
        notes=(),
        cells=cells,
    )


def checked(truth: Truth) -> tuple[Table, ...]:
    """The tables as the check stage leaves them."""
    return check(Assembled(truth.pages, truth.tables, ())).tables


def related(tables: Sequence[Table]) -> set[Place]:
    """Places of the numbers that stand in a relation that holds or is a rounding off."""
    numbers = {
        (table.id, cell.row, cell.col)
        for table in tables
        for cell in table.cells
        if cell.kind in ("number", "percent")
    }
    places: set[Place] = set()
    for table in tables:
        for one in table.checks:
            if one.outcome in ("holds", "rounding"):
                places.add((table.id, *one.total))
                places.update((one.parts_table or table.id, *part) for part in one.parts)
    return places & numbers


def failing(tables: Sequence[Table]) -> list[tuple[str, Check]]:
    """What does not hold, with the id of its table."""
    return [(table.id, one) for table in tables for one in table.checks if one.outcome == "fails"]


def flagged(tables: Sequence[Table]) -> set[Place]:
    return {
        (table.id, cell.row, cell.col)
        for table in tables
        for cell in table.cells
        if FOUND.intersection(cell.flags)
    }


def plant(truth: Truth, tables: Sequence[Table], count: int, seed: int) -> list[Plant]:
    """Change one digit at a time.

    Args:
        truth: the true document.
        tables: the same, checked.
        count: how many times; each number at most once.
        seed: of the draw of numbers and digits.
    """
    draw = random.Random(seed)  # noqa: S311 - no secret
    places = sorted(related(tables))
    before = flagged(tables)
    return [
        _planted(truth, place, draw, before)
        for place in draw.sample(places, min(count, len(places)))
    ]


def _planted(truth: Truth, place: Place, draw: random.Random, before: set[Place]) -> Plant:
    name, row, col = place
    table = next(table for table in truth.tables if table.id == name)
    cell = next(cell for cell in table.cells if (cell.row, cell.col) == (row, col))
    at = draw.choice([i for i, character in enumerate(cell.text) if character.isdigit()])
    digit = draw.choice([digit for digit in "0123456789" if digit != cell.text[at]])
    wrong = cell.text[:at] + digit + cell.text[at + 1 :]
    cells = tuple(c._replace(text=wrong) if c is cell else c for c in table.cells)
    changed = table._replace(cells=cells)
    tables = tuple(changed if other is table else other for other in truth.tables)
    now = flagged(checked(Truth(truth.pages, tables)))
    return Plant(place, cell.text, wrong, place in now, len(now - before))


def figures(tables: Sequence[Table], plants: Sequence[Plant]) -> Figures:
    outcomes = Counter(one.outcome for table in tables for one in table.checks)
    numbers = sum(cell.kind in ("number", "percent") for table in tables for cell in table.cells)
    found = [one for one in plants if one.found]
    return Figures(
        checks=sum(outcomes.values()),
        holds=outcomes["holds"],
        rounding=outcomes["rounding"],
        fails=outcomes["fails"],
        numbers=numbers,
        covered=_share(len(related(tables)), numbers),
        plants=len(plants),
        found=_share(len(found), len(plants)),
        alone=_share(sum(one.suspects == 1 for one in found), len(found)),
        suspects=_share(sum(one.suspects for one in found), len(found)),
    )


def _share(part: int, of: int) -> float | None:
    return round(part / of, 4) if of else None


def main() -> None:
    parser = argparse.ArgumentParser(description="Relations between numbers, on true tables.")
    parser.add_argument("truths", nargs="*", type=Path, metavar="TRUTH.json")
    parser.add_argument("--drawn", type=int, default=0, help="tables of generate.py, as many")
    parser.add_argument("--plants", type=int, default=300, help="wrong digits a document")
    parser.add_argument("--seed", type=int, default=1, help="of the draws; drawn tables count on")
    parser.add_argument("--misses", type=int, default=0, help="list as many that were not found")
    arguments = parser.parse_args()
    documents = [(path.name.removesuffix(".json"), load(path)) for path in arguments.truths]
    documents += [drawn(arguments.seed + i) for i in range(arguments.drawn)]
    tables: dict[str, list[Table]] = {}
    plants: dict[str, list[Plant]] = {}
    for name, truth in documents:
        found = checked(truth)
        tables.setdefault(name, []).extend(found)
        plants.setdefault(name, []).extend(plant(truth, found, arguments.plants, arguments.seed))
    heads: list[Sequence[object]] = [("truth", *Figures._fields)]
    print(aligned([*heads, *((name, *figures(tables[name], plants[name])) for name in tables)]))
    for name, found_in in tables.items():
        for table, one in failing(found_in):
            print(
                f"{name}: fails: {table} {one.total}: {one.found} for {one.expected} ({one.rule})"
            )
        for miss in [one for one in plants[name] if not one.found][: arguments.misses]:
            print(f"{name}: missed: {miss.place}: {miss.text} read as {miss.wrong}")


if __name__ == "__main__":
    main()
