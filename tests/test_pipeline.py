"""From a file to a document: two pages of the sample, read once by the real engine and replayed."""

import pickle
import tracemalloc
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from pydantic import ValidationError

import calls
import paint
import sample
from tenglu import Document, Settings, digitise
from tenglu.engines.interface import Engine
from tenglu.engines.replay import RecordingEngine, ReplayEngine, ReplaySpec
from tenglu.errors import EngineError, InputError
from tenglu.model import FlagCode, Source
from tenglu.pipeline import read_page, to_document
from tenglu.stages.assemble import AssembleOptions, Failure, PageResult
from tenglu.stages.check import recheck
from tenglu.stages.ingest import Scan, identify, load_scan
from tenglu.stages.orient import OrientOptions
from tenglu.workers.codec import decode, encode

PAGES = (1, 2)  # one table that runs over the page break
SILENT = ReplayEngine("none", "none", [])  # an engine that fails if it is asked to read
SOURCE = Source(name="a.pdf", sha256="ab" * 32, media_type="application/pdf", n_pages=1)


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    """The first pages of the sample as a file of their own."""
    path = tmp_path_factory.mktemp("report") / "〔2024〕决算.pdf"
    with pypdfium2.PdfDocument(sample.PDF) as whole, pypdfium2.PdfDocument.new() as part:
        part.import_pages(whole, [number - 1 for number in PAGES])
        part.save(path)
    return path


@pytest.fixture(scope="module")
def read_once(report, engine, tmp_path_factory) -> tuple[list[PageResult], Settings]:
    """The pages as the real engine reads them, and settings that read them again without it."""
    recorder = RecordingEngine(engine)
    numbers = range(1, len(PAGES) + 1)
    page_results = [
        read_page(load_scan(report, number), recorder, Settings()) for number in numbers
    ]
    path = tmp_path_factory.mktemp("recording") / "recording.json"
    path.write_text(recorder.dump(), "utf-8")
    return page_results, Settings(engine=ReplaySpec(recording=path))


@pytest.fixture(scope="module")
def settings(read_once) -> Settings:
    return read_once[1]


@pytest.fixture(scope="module")
def document(report, settings) -> Document:
    return digitise(report, settings)


def plain(text: str) -> str:
    """Full and half width alike, as the benchmark compares texts."""
    return unicodedata.normalize("NFKC", text)


# --- the whole way --------------------------------------------------------------------------------


def test_the_same_file_gives_the_same_bytes(report, settings, document):
    assert digitise(report, settings).model_dump_json() == document.model_dump_json()


def test_the_document_names_its_source_and_how_it_was_made(report, settings, document, engine):
    assert document.source == identify(report)
    assert document.source.name == "〔2024〕决算.pdf"
    assert document.engine == engine.name
    steps = {step.name: step.settings for step in document.steps}
    assert list(steps) == ["ingest", "orient", "strip", "tables", "assemble", "join", "check"]
    assert steps["orient"] == settings.orient.model_dump(mode="json")
    assert Document.model_validate_json(document.model_dump_json()) == document


def test_what_was_joined_over_a_page_break_is_recorded_as_a_step(document, read_once):
    [join] = [step.settings for step in document.steps if step.name == "join"]
    facts = {key: join[key] for key in ("table", "page", "repeated_header_rows", "doubt")}
    assert facts == {"table": "t1", "page": 2, "repeated_header_rows": 0, "doubt": ""}
    assert "column boundaries agree" in join["reason"]
    assert recheck(document).steps == document.steps
    apart = Settings(assemble=AssembleOptions(join="never"))
    parted = to_document(SOURCE, read_once[0], "a / b / c", apart)
    assert [table.pages for table in parted.tables] == [(1,), (2,)]
    assert "join" not in [step.name for step in parted.steps]


def test_a_table_over_two_pages_is_one_table_with_its_texts(document):
    [table] = document.tables
    truth = sample.TRUTH["tables"][0]
    assert (table.n_rows, table.n_cols) == (truth["n_rows"], truth["n_cols"])
    assert table.pages == (1, 2)
    assert (table.title, table.code, table.unit) == ("收入支出决算总表", "公开01表", "万元")
    expected = {(c["row"], c["col"], c["rowspan"], c["colspan"]): c["text"] for c in truth["cells"]}
    found = {(c.row, c.col, c.rowspan, c.colspan): c for c in table.cells}
    assert found.keys() == expected.keys()
    wrong = [found[at] for at, text in expected.items() if plain(found[at].text) != plain(text)]
    assert len(wrong) <= 0.02 * len(expected)
    assert [cell.text for cell in wrong if not cell.needs_review] == []
    assert sum(cell.needs_review for cell in table.cells) < 0.1 * len(expected)


def test_cells_are_where_they_stand_on_the_scan(document):
    [table] = document.tables
    for number in PAGES:
        truth = np.array(list(sample.cells(number).values()))
        cells = [cell for cell in table.cells if cell.page == number]
        places = np.array([cell.polygon for cell in cells])
        off = np.abs(places[:, None] - truth[None]).max(axis=(2, 3)).min(axis=1)
        assert len(places) == len(truth)
        assert off.max() < 4


def test_pages_tell_what_was_done_and_found(document):
    for page, number in zip(document.pages, PAGES, strict=True):
        scan = sample.scan(number)
        assert (page.height, page.width) == scan.image.shape[:2]
        assert (page.dpi, page.rotation) == (200, 0)
        assert abs(page.skew) < 2
        assert page.watermarks
        assert page.seals == ()
        assert page.flags == ()
        assert "table" in {block.kind for block in page.blocks}
    texts = [block.text for block in document.pages[0].blocks if block.kind == "heading"]
    assert "收入支出决算总表" in texts


def test_cells_under_a_mark_say_so(document):
    sources = {e.source for cell in document.tables[0].cells for e in cell.evidence}
    assert "clear-of-marks" in sources


def test_numbers_have_values_and_codes_have_none(document):
    cells = document.tables[0].cells
    assert {"number", "text", "empty"} <= {cell.kind for cell in cells}
    for cell in cells:
        assert (cell.value is not None) == (cell.kind in {"number", "percent"})


def test_a_moved_grid_is_not_replayed_in_silence(report, settings):
    turned = settings.amended(orient=OrientOptions(rotation=180))
    with pytest.raises(EngineError, match="record again"):
        digitise(report, turned)


# --- pages ----------------------------------------------------------------------------------------


def page_of(image: np.ndarray, dpi: int | None = 200, engine: Engine = SILENT) -> PageResult:
    return read_page(Scan(image, 1, dpi), engine, Settings())


def test_a_scan_is_not_written_to():
    image = calls.empty_table()
    image.flags.writeable = False
    assert len(page_of(image).grids) == 1


def test_a_page_travels_between_processes():
    page_result = page_of(calls.empty_table())
    again = pickle.loads(pickle.dumps(page_result))  # noqa: S301 - written here
    assert to_document(SOURCE, [again], "e", Settings()) == to_document(
        SOURCE, [page_result], "e", Settings()
    )


@pytest.mark.parametrize(
    ("dpi", "flags"),
    [
        (None, ()),
        (72, (FlagCode.LOW_RESOLUTION,)),
        (149, (FlagCode.LOW_RESOLUTION,)),
        (150, ()),
        (300, ()),
    ],
)
def test_a_coarse_scan_is_flagged(dpi, flags):
    document = to_document(SOURCE, [page_of(calls.empty_table(), dpi)], "e", Settings())
    assert document.pages[0].flags == flags
    assert tuple(flag.code for flag in document.flags) == flags


def test_empty_cells_are_there_and_pass():
    document = to_document(SOURCE, [page_of(calls.empty_table())], "e", Settings())
    [table] = document.tables
    assert (table.n_rows, table.n_cols, len(table.cells)) == (3, 2, 6)
    assert all(cell.kind == "empty" and not cell.needs_review for cell in table.cells)


def test_a_page_that_failed_is_a_page_with_a_flag():
    page_results = [page_of(calls.empty_table()), Failure(2, "the worker died")]
    document = to_document(SOURCE.amended(n_pages=2), page_results, "e", Settings())
    assert [page.number for page in document.pages] == [1, 2]
    assert document.pages[1].flags == (FlagCode.PAGE_FAILED,)
    [flag] = document.flags
    assert (flag.code, flag.page) == (FlagCode.PAGE_FAILED, 2)
    assert "the worker died" in flag.message
    assert Document.model_validate_json(document.model_dump_json()) == document


def test_a_document_of_failed_pages_only():
    document = to_document(SOURCE, [Failure(1, "torn")], "e", Settings())
    assert document.tables == ()
    assert len(document.flags) == 1


def test_pages_are_let_go_of_before_a_document_is_judged(read_once):
    """Or what was read lies beside the result to the end: a third of the memory."""
    packed = [encode(page_result) for page_result in read_once[0]] * 10

    def page_results() -> Iterator[PageResult]:
        for number, data in enumerate(packed, 1):
            yield decode(data)._replace(number=number)

    def most(work: Callable[[], object]) -> int:
        tracemalloc.start()
        try:
            work()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def put_together(pages: Iterable[PageResult]) -> Document:
        return to_document(SOURCE, pages, "engine", Settings())

    held_elsewhere = list(page_results())
    result = most(lambda: put_together(held_elsewhere))
    pages = most(lambda: list(page_results()))
    assert most(lambda: put_together(page_results())) < result + pages / 2


def test_settings_reach_their_stages(read_once, document):
    page_results, _ = read_once
    never = Settings(assemble=AssembleOptions(join="never"))
    apart = to_document(document.source, page_results, "e", never)
    assert [table.pages for table in apart.tables] == [(1,), (2,)]
    assert len(document.tables) == 1


def test_what_was_replayed_is_what_was_read(read_once, document, engine):
    page_results, settings = read_once
    assert to_document(document.source, page_results, engine.name, settings) == document


# --- what cannot be done --------------------------------------------------------------------------


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        digitise(tmp_path / "nothing.pdf")


def test_a_file_is_looked_at_before_the_engine_starts(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_text("no document")
    missing = Settings(engine=ReplaySpec(recording=tmp_path / "nothing.json"))
    with pytest.raises(InputError):
        digitise(path, missing)
    with pytest.raises(EngineError):
        digitise(calls.card_pdf(path), missing)


def test_a_path_may_be_a_plain_string(tmp_path):
    path = calls.card_pdf(tmp_path / "卡片.pdf", n_pages=2)
    recording = tmp_path / "recording.json"
    recording.write_text('{"name": "e", "witness": "e", "recorded": []}')
    document = digitise(str(path), Settings(engine=ReplaySpec(recording=recording)))
    assert [page.number for page in document.pages] == [1, 2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": {}},
        {"strip": {"min_glyf": 2}},
        {"tables": {"min_support": 0}},
        {"check": {"target_silent_errors": float("nan")}},
        {"orient": {"rotation": 45}},
        {"engine": {"kind": "magic"}},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


def test_settings_come_back_from_their_json():
    settings = Settings(orient=OrientOptions(rotation=90), engine=ReplaySpec(recording=Path("r")))
    assert Settings.model_validate_json(settings.model_dump_json()) == settings
    with pytest.raises(ValidationError):
        settings.orient = OrientOptions()


def test_painted_marks_are_reported_on_the_scan(engine):
    clean = calls.empty_table(900, 700)
    marked = paint.watermark(clean, opacity=0.25, spacing=500)
    seen = page_of(marked, engine=engine)
    page = to_document(SOURCE, [seen], "e", Settings()).pages[0]
    assert page.watermarks
    for mark in page.watermarks:  # the edge of the page may cut one: its polygon goes on
        x, y = np.array(mark.polygon).T
        assert max(x.min(), 0) < min(x.max(), 900)
        assert max(y.min(), 0) < min(y.max(), 700)
