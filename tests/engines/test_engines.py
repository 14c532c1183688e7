"""One interface, whatever reads: order, length, probabilities, and errors that say what to do."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paint
from tenglu.engines.interface import Character, Crop, Engine, Reading
from tenglu.engines.paddle import PaddleSpec
from tenglu.engines.registry import open_engine
from tenglu.engines.replay import Recorded, RecordingEngine, ReplayEngine, ReplaySpec
from tenglu.errors import EngineError, ExitCode
from tenglu.imaging.geometry import Box

TEXTS = ("2648.11", "合计", "一般公共预算财政拨款收入", "1,234,567.89", "2013801", "-12.50", "项目")


def crop(text: str, number: int = 0, size: int = 30) -> Crop:
    """A line painted on white, as the read stage cuts it."""
    face = paint.font(size)
    width = round(face.getlength(paint.printable(text))) + 20
    page = paint.paint_page([], [paint.Caption(text, (width / 2, size * 0.8), size)], (width, 48))
    return Crop(page.image, 1, Box(0, 60 * number, width, 60 * number + 48))


@pytest.fixture(scope="module")
def crops() -> list[Crop]:
    return [crop(text, number) for number, text in enumerate(TEXTS)]


@pytest.fixture(scope="module")
def readings(engine, crops) -> list[Reading]:
    return engine.read(crops)


# --- the real engine ------------------------------------------------------------------------------


def test_one_reading_a_crop_in_order(readings):
    assert [reading.text for reading in readings] == [paint.printable(text) for text in TEXTS]


def test_every_character_has_its_probability(readings):
    for reading in readings:
        assert "".join(character.text for character in reading.characters) == reading.text
        assert 0 <= reading.omitted <= 1
        for character in reading.characters:
            assert 0 <= character.runner_up_probability <= character.probability <= 1
            assert character.runner_up != character.text
            assert character.probability + character.runner_up_probability <= 1.001
        assert min(character.probability for character in reading.characters) > 0.5


def test_nothing_to_read(engine):
    assert engine.read([]) == []


def test_paper_and_narrow_and_tiny_crops_are_read_too(engine):
    shapes = [(48, 200), (48, 3), (3, 200), (2, 2), (90, 20)]
    blank = [Crop(np.full((*s, 3), 255, np.uint8), 1, Box(0, 0, s[1], s[0])) for s in shapes]
    found = engine.read(blank)
    assert len(found) == len(blank)
    assert found[0].text == ""


def test_company_does_not_change_a_reading(engine, crops, readings):
    backwards = engine.read(crops[::-1])[::-1]
    alone = [engine.read([one])[0] for one in crops]
    for reading, other in zip(readings * 2, backwards + alone, strict=True):
        assert other.text == reading.text
        for a, b in zip(reading.characters, other.characters, strict=True):
            assert b.probability == pytest.approx(a.probability, abs=0.02)


def test_the_same_crops_give_the_same_readings_to_the_bit(engine, crops, readings):
    assert engine.read(crops) == readings


def test_crops_are_not_written_to(engine, crops):
    image = crops[0].image.copy()
    image.flags.writeable = False
    assert engine.read([crops[0]._replace(image=image)])[0].text == TEXTS[0]


def test_names_say_what_read(engine):
    assert engine.witness in engine.name
    assert engine.name.startswith("paddleocr 3.")
    assert "onnxruntime" in engine.name


# --- engines that cannot be opened ----------------------------------------------------------------


@pytest.mark.parametrize("files", [None, [], ["inference.onnx"], ["inference.yml"]])
def test_a_folder_without_an_engine_is_an_engine_error(tmp_path, files):
    folder = tmp_path / "engine"
    if files is not None:
        folder.mkdir()
        for name in files:
            (folder / name).write_text("Global: {model_name: PP-OCRv6_small_rec}\n")
    with pytest.raises(EngineError) as failed:
        open_engine(PaddleSpec(directory=folder))
    assert str(folder) in str(failed.value)
    assert "\n" not in str(failed.value)
    assert failed.value.exit_code is ExitCode.ENGINE


def test_a_folder_with_broken_weights_is_an_engine_error(tmp_path):
    (tmp_path / "inference.onnx").write_bytes(b"no weights")
    (tmp_path / "inference.yml").write_text("Global: {model_name: PP-OCRv6_small_rec}\n")
    with pytest.raises(EngineError):
        open_engine(PaddleSpec(directory=tmp_path))


@pytest.mark.parametrize(
    "content", [None, "", "{", "[]", "{}", '{"name": "a", "witness": "b", "recorded": [[1]]}']
)
def test_what_is_no_recording_is_an_engine_error(tmp_path, content):
    path = tmp_path / "recording.json"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(EngineError, match="record it again") as failed:
        open_engine(ReplaySpec(recording=path))
    assert str(path) in str(failed.value)


# --- replay ---------------------------------------------------------------------------------------


class Numbering:
    """An engine that reads 1, 2, 3, … whatever the picture."""

    name = "numbers / of / crops"
    witness = "numbers"

    def __init__(self) -> None:
        self.count = 0

    def read(self, crops) -> list[Reading]:
        found = []
        for _ in crops:
            self.count += 1
            text = str(self.count)
            characters = tuple(Character(c, 0.75, "〇", 0.125) for c in text)
            found.append(Reading(text, characters, 0.0625))
        return found


def places(*boxes: Box, page: int = 1) -> list[Crop]:
    return [Crop(np.zeros((2, 2, 3), np.uint8), page, box) for box in boxes]


@pytest.fixture
def recorded() -> tuple[RecordingEngine, list[Crop]]:
    engine = RecordingEngine(Numbering())
    crops = places(Box(0, 0, 100, 40), Box(0, 50, 100, 90)) + places(Box(0, 0, 100, 40), page=2)
    engine.read(crops)
    return engine, crops


def test_a_recording_survives_its_file(recorded, tmp_path):
    engine, crops = recorded
    path = tmp_path / "录音.json"
    path.write_text(engine.dump(), "utf-8")
    again = open_engine(ReplaySpec(recording=path))
    assert (again.name, again.witness) == (engine.name, engine.witness)
    first = again.read(crops)
    assert [reading.text for reading in first] == ["1", "2", "3"]
    assert first == [entry.reading for entry in engine.recorded]
    assert json.loads(path.read_text("utf-8"))["recorded"]


def replay_of(engine: RecordingEngine) -> ReplayEngine:
    return ReplayEngine(engine.name, engine.witness, engine.recorded)


def test_readings_are_found_by_place_and_not_by_order(recorded):
    engine, crops = recorded
    assert [r.text for r in replay_of(engine).read(crops[::-1])] == ["3", "2", "1"]


@given(dx=st.integers(-8, 8), dy=st.integers(-6, 6))
def test_a_line_that_moved_a_little_is_found(dx, dy):
    replay = ReplayEngine("a", "a", [Recorded(1, Box(0, 0, 100, 40), Reading("1", ()))])
    [reading] = replay.read(places(Box(dx, dy, 100 + dx, 40 + dy)))
    assert reading.text == "1"


@pytest.mark.parametrize(
    ("box", "page"),
    [
        (Box(0, 25, 100, 65), 1),
        (Box(0, 0, 400, 40), 1),
        (Box(0, 0, 20, 40), 1),
        (Box(500, 500, 600, 540), 1),
        (Box(0, 0, 100, 40), 3),
    ],
)
def test_a_place_that_was_never_read_fails_loudly(recorded, box, page):
    with pytest.raises(EngineError, match="record again") as failed:
        replay_of(recorded[0]).read(places(box, page=page))
    assert str(page) in str(failed.value)


def test_engines_are_exchangeable(engine, recorded):
    for each in (engine, recorded[0], replay_of(recorded[0])):
        opened: Engine = each
        assert isinstance(opened.name, str)
        assert isinstance(opened.witness, str)
        assert opened.read([]) == []


def test_a_spec_travels_as_plain_data():
    for spec in (PaddleSpec(directory=Path("a"), threads=2), ReplaySpec(recording=Path("b.json"))):
        assert type(spec).model_validate_json(spec.model_dump_json()) == spec
