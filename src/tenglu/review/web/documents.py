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

LIST_SECONDS = 0.4  # time to count documents for a list; the rest is counted in the background
LOOK_AGAIN = 10.0  # seconds before searching for a missing scan again, which reads many files
KEPT = 8  # open documents; one of 55 pages takes about 30 MB


class Sources(NamedTuple):
    """The settings and places from which scans are read."""

    settings: Settings
    scans: Path | None  # folder to look in first
    password: str | None


class Listed(NamedTuple):
    """An entry of the list of documents."""

    result: Result
    counts: Counts | None  # None: not counted yet


class ReviewFolder:
    """A folder under review, safe to share between threads."""

    def __init__(self, out: Path, log: Log, sources: Sources) -> None:
        """Open a folder of results.

        Args:
            out: folder of results.
            log: its review log.
            sources: where the scans are.
        """
        self.out = out
        self.log = log
        self._sources = sources
        self._pictures = Pictures(sources.settings, sources.password)
        self._reader = Reader(self._pictures, lambda: open_engine(sources.settings.engine))
        self._results = find_results(out)
        self._open_sessions: OrderedDict[str, DocumentSession] = OrderedDict()
        self._stamps: dict[str, tuple[int, int] | None] = {}
        self._scans: dict[str, tuple[Path | None, float]] = {}  # path and time of the search
        self._one_at_a_time = threading.RLock()

    def listed(self) -> list[Listed]:
        """Return all documents, with the counts that are known or quickly found."""
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
        """Return the result of the sample and the id of a document with unchecked cells of it."""
        found = verdict(self.log)
        if found is None:
            return None
        ids = {result.name: result.id for result in self._results.values()}
        left = (ids.get(cell.document) for cell in unchecked(self.log))
        return found, next(filter(None, left), None)

    def sampled(self, session: DocumentSession) -> list[tuple[str, int, int]]:
        """Return table, row and column of the sampled cells of a document."""
        drawn = (cell for cell in drawn_cells(self.log) if cell.document == session.result.name)
        return [place for cell in drawn if (place := session.find(cell)) is not None]

    def count_all(self, going_on: threading.Event) -> None:
        """Count all documents until the event is cleared; slow the first time."""
        for result in self._results.values():
            if not going_on.is_set():
                return
            survey(result, self.log)

    def session(self, name: str) -> DocumentSession:
        """Return the session of a document by its id.

        Raises:
            NoSuchError: there is no such document, or it cannot be read.
        """
        with self._one_at_a_time:
            result = self._results.get(name)
            if result is None:
                raise NoSuchError("no-document")
            stamp = _stamp(result)
            if name not in self._open_sessions or self._stamps[name] != stamp:
                try:
                    document = read_result(result)
                except InputError as error:
                    raise NoSuchError("unreadable-scan", reason=error) from error

                def read(places: Sequence[tuple[int, Polygon]]) -> list[dict[str, Any]]:
                    return self._read(name, places)

                self._stamps[name] = stamp  # a scan that is converted again has a new result
                self._open_sessions[name] = DocumentSession(result, document, self.log, read)
                while len(self._open_sessions) > KEPT:
                    self._open_sessions.popitem(last=False)
            self._open_sessions.move_to_end(name)
            return self._open_sessions[name]

    def where(self, session: DocumentSession, number: int) -> Where:
        """Locate a page of the scan of a document.

        Raises:
            NoSuchError: there is no such page, or the scan is not found.
        """
        return Where(self._scan(session), number, self._page(session, number).rotation)

    def picture(self, session: DocumentSession, number: int, look: Look) -> bytes:
        """Return a page as JPEG.

        Raises:
            NoSuchError: it does not exist, or cannot be read.
        """
        where = self.where(session, number)
        try:
            return self._pictures.page(where, look)
        except InputError as error:
            raise NoSuchError("unreadable-scan", reason=error) from error

    def crop(self, session: DocumentSession, cell: Cell, frame: Frame) -> bytes:
        """Return a cell as JPEG.

        Raises:
            NoSuchError: the scan is not found, or cannot be read.
        """
        try:
            return self._pictures.crop(self.where(session, cell.page), cell.polygon, frame)
        except InputError as error:
            raise NoSuchError("unreadable-scan", reason=error) from error

    def read(self, session: DocumentSession, page: int, polygon: Polygon) -> dict[str, Any]:
        """Read a place on a page.

        Raises:
            NoSuchError: there is no such page.
            ShapeError: the polygon is not a valid place on the page.
            TengluError: it cannot be read.
        """
        check_place(self._page(session, page), polygon)
        [reading] = self._reader.read([(self.where(session, page), polygon)])
        return reading

    def _read(self, name: str, places: Sequence[tuple[int, Polygon]]) -> list[dict[str, Any]]:
        """Read cells of a new shape; return empty readings if they cannot be read."""
        session = self.session(name)
        try:
            wheres = [(self.where(session, page), polygon) for page, polygon in places]
            return self._reader.read(wheres)
        except (NoSuchError, TengluError):
            return [{"text": "", "vertical": False, "evidence": []} for _ in places]

    @staticmethod
    def _page(session: DocumentSession, number: int) -> Page:
        page = next((page for page in session.document.pages if page.number == number), None)
        if page is None:
            raise NoSuchError("no-page", page=number)
        return page

    def _scan(self, session: DocumentSession) -> Path:
        with self._one_at_a_time:
            name, now = session.result.id, time.monotonic()
            path, looked = self._scans.get(name, (None, -math.inf))
            if path is None and now - looked > LOOK_AGAIN:
                source = session.document.source
                path = find_scan(self.out, session.result, source, self._sources.scans)
                self._scans[name] = (path, now)
        if path is None:
            raise NoSuchError("no-scan", name=session.document.source.name)
        return path


def _stamp(result: Result) -> tuple[int, int] | None:
    """Return size and modification time of a result, or None if it was removed."""
    try:
        stat = result.path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns
