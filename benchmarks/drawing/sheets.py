"""What stands on a document before it is set: a heading, lines, one table, notes."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

Align = Literal["left", "center", "right"]
Line = tuple[str, str, str]  # left, centre, right


MANY = 8  # columns; more stand on a page turned on its side


class Item(NamedTuple):
    """A cell of a table."""

    row: int
    col: int
    text: str = ""
    align: Align = "center"
    rowspan: int = 1
    colspan: int = 1
    vertical: bool = False


class Sheet(NamedTuple):
    """A table; its items tile the grid."""

    title: str
    n_rows: int
    n_cols: int
    header_rows: int
    items: tuple[Item, ...]
    bold_rows: frozenset[int] = frozenset()


class Content(NamedTuple):
    """A document of one table."""

    kind: str
    heading: str
    above: tuple[Line, ...]
    sheet: Sheet
    below: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()
    unit: str = ""  # who made the document

    @property
    def wide(self) -> bool:
        """Whether it is set on a page turned on its side."""
        return self.sheet.n_cols > MANY


class Builder:
    """Takes items row by row and fills the places that nobody took with empty cells."""

    def __init__(self, n_cols: int) -> None:
        self.n_cols = n_cols
        self.row = 0
        self.items: list[Item] = []
        self.bold: set[int] = set()

    def put(
        self, col: int, text: str, spans: tuple[int, int] = (1, 1), align: Align = "center"
    ) -> None:
        """An item in the present row; ``spans`` are rows and columns."""
        self.items.append(Item(self.row, col, text, align, *spans))

    def upright(self, col: int, text: str, rows: int) -> None:
        """An item set a character a line, from the present row downwards."""
        self.items.append(Item(self.row, col, text, "center", rows, 1, vertical=True))

    def add(self, texts: Sequence[str], aligns: str, start: int = 0) -> None:
        """A row of single cells from a column on; aligns: one of l, c, r for each. Ends the row."""
        names: dict[str, Align] = {"l": "left", "c": "center", "r": "right"}
        for col, (text, align) in enumerate(zip(texts, aligns, strict=True), start):
            self.items.append(Item(self.row, col, text, names[align]))
        self.row += 1

    def end_row(self, *, bold: bool = False) -> None:
        if bold:
            self.bold.add(self.row)
        self.row += 1

    def sheet(self, title: str, header_rows: int) -> Sheet:
        """The table of all that was put."""
        taken = {
            (row, col)
            for item in self.items
            for row in range(item.row, item.row + item.rowspan)
            for col in range(item.col, item.col + item.colspan)
        }
        n_rows = max(row for row, _ in taken) + 1
        gaps = [
            Item(row, col)
            for row in range(n_rows)
            for col in range(self.n_cols)
            if (row, col) not in taken
        ]
        items = tuple(sorted([*self.items, *gaps], key=lambda item: (item.row, item.col)))
        return Sheet(title, n_rows, self.n_cols, header_rows, items, frozenset(self.bold))
