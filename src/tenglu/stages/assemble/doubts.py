"""Flag doubts about the structure of a table: guessed shapes, faint lines, doubtful joins."""

from collections.abc import Iterator

from tenglu.model import Flag, FlagCode
from tenglu.stages.assemble.tables import LogicalTable

SURE = 0.8  # structure confidence from which on faint lines are not flagged
N_NAMED = 3  # places listed in a message; the others are counted


def table_flags(table: LogicalTable, name: str) -> Iterator[Flag]:
    """Yield the structure and join flags of a table."""
    for part in table.parts:
        if part.grid.basis == "white-space":
            message = "rows and columns were found from white space, without ruling lines"
            yield _structure(message, part.page_result.number, name)
    for row, col, page in table.doubtful:
        message = "the shape of this cell is a guess: its ruling lines do not close"
        yield _structure(message, page, name).amended(row=row, col=col)
    for row, col, page in table.unsure:
        if (row, col, page) not in table.doubtful:
            message = "a boundary of this cell may be another"
            yield _structure(message, page, name).amended(row=row, col=col)
    if table.structure < SURE and table.unsure:
        places = [f"row {row + 1} column {col + 1}" for row, col, _ in table.unsure]
        more = f" and {len(places) - N_NAMED} more" if len(places) > N_NAMED else ""
        message = f"ruling lines are unclear at {', '.join(places[:N_NAMED])}{more}"
        yield _structure(message, table.unsure[0][2], name)
    yield from _join_flags(table, name)


def _join_flags(table: LogicalTable, name: str) -> Iterator[Flag]:
    """Yield flags of doubtful joins across page breaks."""
    for join in table.joins:
        if join.doubt:
            message = f"joined with the table on the page before, but {join.doubt}"
            yield Flag(code=FlagCode.TABLE_JOIN, message=message, page=join.page, table=name)
    pages = {(slot.row, slot.col): slot.source.page_result.number for slot in table.slots}
    for row, col, reason in table.doubts:
        yield Flag(
            code=FlagCode.TABLE_JOIN,
            message=f"joined across the page break: {reason}",
            page=pages[row, col],
            table=name,
            row=row,
            col=col,
        )


def _structure(message: str, page: int, table: str) -> Flag:
    return Flag(code=FlagCode.STRUCTURE, message=message, page=page, table=table)
