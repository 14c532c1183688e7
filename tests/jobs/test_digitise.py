"""Documents from Python: one after the other, many, and with damaged pages."""

from pathlib import Path

import pytest

import hostile
from calls import CARD, card_pdf, empty_table
from tenglu import Document, Settings, digitise, digitise_many
from tenglu.engines.replay import ReplaySpec
from tenglu.errors import InputError
from tenglu.jobs.events import DocumentDone, DocumentOpened
from tenglu.model import FlagCode
from tenglu.stages.ingest import IngestOptions
from tenglu.workers import PageDone, PageFailed
from tenglu.workers.local import LocalExecutor

BROKEN = hostile.Sheet(
    hostile.shown(*CARD), {"P": hostile.jpeg_picture(b"\xff\xd8 no more", 600, 400)}, CARD
)


@pytest.fixture
def settings(tmp_path) -> Settings:
    recording = tmp_path / "recording.json"
    recording.write_text('{"name": "replay", "witness": "replay", "recorded": []}')
    return Settings(engine=ReplaySpec(recording=recording))


@pytest.fixture
def torn(tmp_path) -> Path:
    """Three pages, the second damaged."""
    page = hostile.scanned(empty_table(), CARD)
    (tmp_path / "torn.pdf").write_bytes(hostile.pdf([page, BROKEN, page]))
    return tmp_path / "torn.pdf"


def failed(document: Document) -> list[int]:
    return [page.number for page in document.pages if FlagCode.PAGE_FAILED in page.flags]


class TestOne:
    def test_a_damaged_page_is_a_flag(self, settings, torn):
        document = digitise(torn, settings)
        assert [page.number for page in document.pages] == [1, 2, 3]
        assert failed(document) == [2]
        [flag] = [flag for flag in document.flags if flag.code is FlagCode.PAGE_FAILED]
        assert "damaged" in flag.message

    def test_pages(self, settings, torn):
        assert [page.number for page in digitise(torn, settings, pages=[3, 1, 3]).pages] == [1, 3]

    def test_nothing_but_damaged_pages_is_an_error(self, settings, torn):
        with pytest.raises(InputError, match="page 2"):
            digitise(torn, settings, pages=[2])

    def test_bytes_and_files_are_read_like_paths(self, settings, torn, monkeypatch):
        monkeypatch.chdir(torn.parent)
        expected = digitise(torn.name, settings)
        with torn.open("rb") as file:
            assert digitise(file, settings) == expected
        document = digitise(torn.read_bytes(), settings)
        assert document.source == expected.source.amended(name="scan")
        assert document.tables == expected.tables

    def test_what_is_wrong_with_bytes_does_not_name_where_they_lay(self, settings):
        with pytest.raises(InputError, match=r"^scan is not a PDF"):
            digitise(b"nothing", settings)

    def test_progress_is_told_in_order(self, settings, torn):
        events = []
        digitise(torn, settings, progress=events.append)
        opened, *pages, done = events
        assert isinstance(opened, DocumentOpened)
        assert isinstance(done, DocumentDone)
        assert opened.document.numbers == (1, 2, 3)
        assert [page.number for page in pages] == [1, 2, 3]
        outcomes = [type(page.outcome) for page in pages]
        assert outcomes == [PageDone, PageFailed, PageDone]

    def test_isolated_it_is_the_same(self, settings, torn):
        isolated = digitise(torn, settings, isolate=True)
        assert isolated.model_dump_json() == digitise(torn, settings).model_dump_json()

    def test_isolated_what_breaks_a_process_is_an_error(self, settings, tmp_path):
        bomb = tmp_path / "bomb.pdf"
        bomb.write_bytes(hostile.object_stream(900))
        with pytest.raises(InputError, match="memory"):
            digitise(bomb, settings, isolate=True)

    @pytest.mark.parametrize("pages", [[0], [4], [], [1, 9]])
    def test_pages_that_are_not_there(self, settings, torn, pages):
        with pytest.raises(ValueError, match="1 to 3"):
            digitise(torn, settings, pages=pages)


class TestMany:
    @pytest.mark.parametrize("jobs", [1, 2])
    def test_they_are_what_one_call_each_gives(self, settings, torn, tmp_path, jobs):
        paths = [card_pdf(tmp_path / f"{n}.pdf", n) for n in (1, 2)]
        with LocalExecutor(settings, jobs) as executor:
            found = dict(digitise_many([*paths, torn], settings, executor=executor))
        assert found.keys() == {*paths, torn}
        for path, document in found.items():
            assert document.model_dump_json() == digitise(path, settings).model_dump_json()

    def test_what_cannot_be_read_is_told_and_the_others_go_on(self, settings, tmp_path):
        missing, only = tmp_path / "missing.pdf", tmp_path / "only.pdf"
        only.write_bytes(hostile.pdf([BROKEN]))
        good = card_pdf(tmp_path / "good.pdf")
        with LocalExecutor(settings, 1) as executor:
            found = dict(digitise_many([missing, only, good, missing], settings, executor=executor))
        assert isinstance(found[missing], InputError)
        assert isinstance(found[only], InputError)
        assert isinstance(found[good], Document)

    def test_what_breaks_a_process_costs_its_file_alone(self, settings, tmp_path):
        bomb, deep = tmp_path / "bomb.pdf", tmp_path / "deep.pdf"
        bomb.write_bytes(hostile.object_stream(900))
        deep.write_bytes(hostile.nested_forms(depth=9, width=10))
        good = card_pdf(tmp_path / "good.pdf")
        small = settings.model_copy(update={"ingest": IngestOptions(max_pixels=2_000_000)})
        found = dict(digitise_many([bomb, deep, good], small))
        assert isinstance(found[bomb], InputError)
        assert failed(found[deep]) == [1]
        assert failed(found[good]) == []

    def test_they_come_as_they_are_done(self, settings, tmp_path):
        paths = [card_pdf(tmp_path / f"{n}.pdf") for n in range(9)]
        taken = []

        def stream():
            for path in paths:
                taken.append(path)
                yield path

        with LocalExecutor(settings, 1) as executor:
            first, _ = next(digitise_many(stream(), settings, executor=executor))
        assert first == paths[0]
        assert len(taken) < len(paths)
