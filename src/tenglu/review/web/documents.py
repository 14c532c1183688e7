"""A folder of results under review: its documents, its pictures, its log."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tenglu.engines.registry import open_engine
from tenglu.errors import InputError, TengluError
from tenglu.imaging.geometry import Polygon
from tenglu.model import Cell, Page
from tenglu.review.core.errors import NoSuchError
from tenglu.review.core.folder import (
    Counts,
    Result,
    find_results,
    find_scan,
    known_counts,
    read_result,
    survey,
)
from tenglu.review.core.log import Log
from tenglu.review.core.sample import Verdict, drawn_cells, unchecked, verdict
from tenglu.review.core.structure_edits import check_place
from tenglu.review.web.crops import Frame, Look, Pictures, Where
from tenglu.review.web.reread import Reader
from tenglu.review.web.session import DocumentSession
from tenglu.settings import Settings

LIST_SECONDS = 0.4  # for documents that are not counted; the rest is counted behind the scenes
LOOK_AGAIN = 10.0  # seconds after a scan was not found; telling files apart means reading them
KEPT = 8  # documents; one of 55 pages takes about 30 MB


class Sources(NamedTuple):
    """Where scans are, and how they are read."""

    settings: Settings
    scans: Path | None  # folder to look in first
    password: str | None


class Listed(NamedTuple):
    """A line of the list of documents."""

    result: Result
    counts: Counts | None  # None: not counted yet


class ReviewFolder:
    """May be shared by threads."""

    def __init__(self, out: Path, log: Log, sources: Sources) -> None:
        """Sit down at a folder."""
        self.out = out
        self.log = log
        self._sources = sources
        self._pictures = Pictures(sources.settings, sources.password)
        self._reader = Reader(self._pictures, lambda: open_engine(sources.settings.engine))
        self._results = find_results(out)
        self._cases: OrderedDict[str, DocumentSession] = OrderedDict()
        self._stamps: dict[str, tuple[int, int] | None] = {}
        self._scans: dict[str, tuple[Path | None, float]] = {}  # and when it was looked for
        self._one_at_a_time = threading.RLock()

    def listed(self) -> list[Listed]:
        """All documents, with what is known of them without opening them."""
        self._results = find_results(self.out)
        results = list(self._results.values())
        known = known_counts(results, self.log)
        end = time.monotonic() + LIST_SECONDS
        for result in results:
            if result.id not in known and time.monotonic() < end:
                known[result.id] = survey(result, self.log)
        return [
            Listed(result, known.get(result.id))
            for result in results
            if known.get(result.id) is not None or result.id not in known
        ]

    def sample(self) -> tuple[Verdict, str | None] | None:
        """What the sample tells, and a document with cells of it that are left; None: no sample."""
        told = verdict(self.log)
        if told is None:
            return None
        ids = {result.name: result.id for result in self._results.values()}
        left = (ids.get(cell.document) for cell in unchecked(self.log))
        return told, next(filter(None, left), None)

    def sampled(self, case: DocumentSession) -> list[tuple[str, int, int]]:
        """The cells of a document that are in the sample, where they stand now."""
        drawn = (cell for cell in drawn_cells(self.log) if cell.document == case.result.name)
        return [place for cell in drawn if (place := case.find(cell)) is not None]

    def count_all(self, going_on: threading.Event) -> None:
        """Count what was not counted yet; takes a while the first time."""
        for result in self._results.values():
            if not going_on.is_set():
                return
            survey(result, self.log)

    def case(self, name: str) -> DocumentSession:
        """A document by its id.

        Raises:
            NoSuchError: there is none.
        """
        with self._one_at_a_time:
            result = self._results.get(name)
            if result is None:
                raise NoSuchError("no-document")
            stamp = _stamp(result)
            if name not in self._cases or self._stamps[name] != stamp:
                try:
                    document = read_result(result)
                except InputError as wrong:
                    raise NoSuchError("unreadable-scan", reason=wrong) from wrong

                def read(places: Sequence[tuple[int, Polygon]]) -> list[dict[str, Any]]:
                    return self._read(name, places)

                self._stamps[name] = stamp  # converted again, it is another result
                self._cases[name] = DocumentSession(result, document, self.log, read)
                while len(self._cases) > KEPT:
                    self._cases.popitem(last=False)
            self._cases.move_to_end(name)
            return self._cases[name]

    def where(self, case: DocumentSession, number: int) -> Where:
        """A page of the scan of a document.

        Raises:
            NoSuchError: there is no such page, or the scan is gone.
        """
        return Where(self._scan(case), number, self._page(case, number).rotation)

    def picture(self, case: DocumentSession, number: int, look: Look) -> bytes:
        """A page as JPEG.

        Raises:
            NoSuchError: it is not there, or cannot be read.
        """
        where = self.where(case, number)
        try:
            return self._pictures.page(where, look)
        except InputError as wrong:
            raise NoSuchError("unreadable-scan", reason=wrong) from wrong

    def crop(self, case: DocumentSession, cell: Cell, frame: Frame) -> bytes:
        """A cell as JPEG.

        Raises:
            NoSuchError: the scan is gone, or cannot be read.
        """
        try:
            return self._pictures.crop(self.where(case, cell.page), cell.polygon, frame)
        except InputError as wrong:
            raise NoSuchError("unreadable-scan", reason=wrong) from wrong

    def read(self, case: DocumentSession, page: int, polygon: Polygon) -> dict[str, Any]:
        """Read a place on a page.

        Raises:
            NoSuchError: there is no such page.
            ShapeError: this is no place on a page.
            TengluError: it cannot be read.
        """
        check_place(self._page(case, page), polygon)
        [reading] = self._reader.read([(self.where(case, page), polygon)])
        return reading

    def _read(self, name: str, places: Sequence[tuple[int, Polygon]]) -> list[dict[str, Any]]:
        """Read cells of a new shape; where nothing can be read they are left to the person."""
        case = self.case(name)
        try:
            wheres = [(self.where(case, page), polygon) for page, polygon in places]
            return self._reader.read(wheres)
        except (NoSuchError, TengluError):
            return [{"text": "", "vertical": False, "evidence": []} for _ in places]

    @staticmethod
    def _page(case: DocumentSession, number: int) -> Page:
        page = next((page for page in case.document.pages if page.number == number), None)
        if page is None:
            raise NoSuchError("no-page", page=number)
        return page

    def _scan(self, case: DocumentSession) -> Path:
        with self._one_at_a_time:
            name, now = case.result.id, time.monotonic()
            path, looked = self._scans.get(name, (None, -math.inf))
            if path is None and now - looked > LOOK_AGAIN:
                source = case.document.source
                path = find_scan(self.out, case.result, source, self._sources.scans)
                self._scans[name] = (path, now)
        if path is None:
            raise NoSuchError("no-scan", name=case.document.source.name)
        return path


def _stamp(result: Result) -> tuple[int, int] | None:
    """What tells that a result was not written anew; None: it is gone."""
    try:
        stat = result.path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns
