"""Results with their scans, made without an engine; and the desk, started as users start it."""

import hashlib
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
from PIL import Image

import paint
from calls import tenglu_alone
from seen import read as has_read
from seen import score
from tenglu.export.canonical import dump
from tenglu.model import Cell, Document, FlagCode, Page, Source, Table, TableBlock
from tenglu.stages.check import recheck

WITNESS = "PP-OCRv6_small_rec"
ROW, COLS = 46, (220, 150, 150)
START_SECONDS = 60.0


class Text(NamedTuple):
    """A cell: what is printed, what was read, how surely, and the second reading."""

    printed: str
    read: str | None = None
    confidence: float = 0.99999
    second: str | None = None


def sheet(n_rows: int, doubtful: Sequence[int] = ()) -> list[list[Text]]:
    """Labels, a column of figures with doubtful ones, and a column that adds up in its last row."""
    rows = [[Text("项目"), Text("年初数"), Text("年末数")]]
    total = 0.0
    for i in range(n_rows):
        first, last = 100 + 7 * i, 200.5 + 11 * i
        total += last
        asked = Text(f"{first}.50", confidence=0.3 + 0.005 * i, second=f"{first}.60")
        figure = asked if i in doubtful else Text(f"{first}.50")
        rows.append([Text(f"第{i + 1}项"), figure, Text(f"{last:.2f}")])
    return [*rows, [Text("合计"), Text(""), Text(f"{total:.2f}")]]


def document(
    rows: Sequence[Sequence[Text]], scan: Path, name: str = "t1", rotation: int = 0
) -> Document:
    """Paint a table as a scan, turned clockwise if asked, and the result of converting it."""
    slots = tuple(
        paint.Slot(i, j, text=text.printed)
        for i, row in enumerate(rows)
        for j, text in enumerate(row)
    )
    layout = paint.Layout((ROW,) * len(rows), COLS, slots, text_size=24)
    painted = paint.turn(paint.paint_table(layout), rotation)
    Image.fromarray(painted.image).save(scan, compress_level=1)
    places = {(cell.row, cell.col): cell.polygon for cell in painted.tables[0]}
    cells = [
        _cell(text, i, j, places[i, j]) for i, row in enumerate(rows) for j, text in enumerate(row)
    ]
    height, width = painted.image.shape[:2]
    table = Table(
        id=name,
        title="资产表",
        code="公开01表",
        unit="元",
        pages=(1,),
        n_rows=len(rows),
        n_cols=3,
        header_rows=1,
        cells=tuple(cells),
    )
    around = (
        places[0, 0][0],
        places[0, 2][1],
        places[len(rows) - 1, 2][2],
        places[len(rows) - 1, 0][3],
    )
    block = TableBlock(kind="table", table=name, rows=(0, len(rows) - 1), polygon=around)
    page = Page(
        number=1, width=width, height=height, dpi=200, rotation=rotation, skew=0.0, blocks=(block,)
    )
    digest = hashlib.sha256(scan.read_bytes()).hexdigest()
    source = Source(name=scan.name, sha256=digest, media_type="image/png", n_pages=1)
    made = Document(
        tenglu_version="0.1.0", source=source, engine="test", pages=(page,), tables=(table,)
    )
    return recheck(made)


def _cell(text: Text, row: int, col: int, polygon) -> Cell:
    read = text.printed if text.read is None else text.read
    evidence = [score("borders", 1.0)]
    if read:
        evidence.append(has_read(read, text.confidence, name=WITNESS))
    if text.second is not None:
        evidence.append(has_read(text.second, 0.2, "alternative", name=WITNESS))
    evidence.append(score("no-ink-left", 1.0))
    asked = text.confidence < 0.8
    return Cell(
        row=row, col=col, text=read, kind="text" if read else "empty", confidence=text.confidence,
        needs_review=asked, flags=(FlagCode.LOW_CONFIDENCE,) if asked else (), page=1,
        polygon=polygon, evidence=tuple(evidence),
    )  # fmt: skip


def put(out: Path, made: Document, stem: str = "report") -> Path:
    path = out / f"{stem}.json"
    path.write_bytes(dump(made))
    return path


def folder(tmp_path: Path, rows: Sequence[Sequence[Text]] | None = None) -> Path:
    """A folder of results with one document; its scan lies beside it."""
    out = tmp_path / "out"
    out.mkdir()
    put(out, document(rows or sheet(12, range(0, 12, 3)), out / "report.png"))
    return out


_clients: list[httpx.Client] = []


class Visitor:
    """A browser without a screen: one session at the desk."""

    def __init__(self, address: str) -> None:
        self.address = address.partition("?")[0].rstrip("/")
        self.client = httpx.Client(base_url=self.address, timeout=60)
        _clients.append(self.client)
        front = self.client.get(address)
        self.csrf = front.text.partition('data-csrf="')[2].partition('"')[0]
        links = (part.partition('"')[0] for part in front.text.split('href="/document/')[1:])
        ids = [link for link in links if "?" not in link]
        self.path = f"/api/documents/{ids[0]}" if ids else ""
        self.count = 0

    def state(self) -> dict:
        return self.client.get(self.path).json()

    def cell(self, row: int, col: int, table: str = "t1") -> dict:
        [found] = [t for t in self.state()["tables"] if t["id"] == table]
        [cell] = [c for c in found["cells"] if (c["row"], c["col"]) == (row, col)]
        return cell

    def post(self, body: object, path: str = "/words", **headers) -> httpx.Response:
        usual = {"Origin": self.address, "X-CSRF": self.csrf}
        return self.client.post(self.path + path, json=body, headers=usual | headers)

    def word(self, kind: str, row: int, col: int, **more) -> dict:
        self.count += 1
        key = f"{id(self):x}-{self.count:08d}"
        return {
            "on": "cell",
            "key": key,
            "kind": kind,
            "table": "t1",
            "row": row,
            "col": col,
        } | more

    def say(self, *words: dict, seen: int | None = None, who: str = "lin") -> httpx.Response:
        seen = self.state()["number"] if seen is None else seen
        return self.post({"who": who, "seen": seen, "words": list(words)})


@contextmanager
def desk(out: Path, *options: object) -> Iterator[str]:
    """The desk in a process of its own; its address."""
    process = tenglu_alone("review", out, "--no-browser", *options)
    try:
        line = process.stdout.readline()
        assert " at http://" in line, process.stderr.read()
        yield line.split(" at ")[1].split()[0]
    finally:
        close_clients()
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=START_SECONDS)
        assert (process.returncode, said[1]) == (0, "")


def close_clients() -> None:
    while _clients:
        _clients.pop().close()


def eventually(holds, what: str) -> None:
    """Wait until something holds."""
    end = time.monotonic() + START_SECONDS
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.05)
