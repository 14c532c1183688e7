"""The names that other programs import; who takes one away breaks them."""

import inspect
from importlib import import_module

import pytest
from pydantic import BaseModel

import tenglu
from tenglu.errors import EngineError, ExitCode, InputError, OutputError
from tenglu.model import FlagCode, Frozen
from tenglu.settings import Settings

STAGES = {
    "orient": ("orient", {"scan", "engine", "options"}, "Upright"),
    "strip": ("strip", {"page", "options", "marks"}, "Stripped"),
    "tables": ("find_tables", {"page", "options"}, "Grids"),
    "ocr": ("read_text", {"page", "grids", "engine", "number"}, "PageText"),
    "assemble": ("assemble", {"page_results", "engine", "options"}, "Assembled"),
    "check": ("check", {"assembled", "options"}, "Checked"),
}


def stage(name: str):
    return import_module(f"tenglu.stages.{name}")


def options() -> dict[str, type[BaseModel]]:
    fields = Settings.model_fields.items()
    return {name: field.annotation for name, field in fields if name != "engine"}


def test_the_package():
    assert set(tenglu.__all__) == {
        "Cell",
        "Document",
        "Settings",
        "Table",
        "TengluError",
        "digitise",
        "digitise_many",
    }
    for name in tenglu.__all__:
        assert getattr(tenglu, name).__name__ == name
    assert tenglu.__version__.count(".") == 2
    with pytest.raises(AttributeError, match="digitize"):
        _ = tenglu.digitize


def test_digitise_is_called_with_a_scan():
    signature = inspect.signature(tenglu.digitise)
    assert list(signature.parameters) == [
        "scan",
        "settings",
        "pages",
        "password",
        "progress",
        "isolate",
    ]
    assert signature.parameters["settings"].default is None


def test_digitise_many_is_called_with_paths():
    signature = inspect.signature(tenglu.digitise_many)
    assert list(signature.parameters) == ["paths", "settings", "executor", "password"]


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_one_function(name):
    function_name, parameters, result = STAGES[name]
    function = getattr(stage(name), function_name)
    signature = inspect.signature(function)
    assert set(signature.parameters) == parameters
    assert signature.return_annotation.__name__ == result
    assert function.__doc__
    if "options" in parameters:
        assert signature.parameters["options"].default is stage(name).DEFAULTS


def test_ingest_tells_what_a_file_is_and_loads_its_pages():
    assert {"identify", "load_scan", "Scan", "IngestOptions"} <= set(stage("ingest").__all__)


@pytest.mark.parametrize("name", options())
def test_options_are_frozen_and_every_one_is_explained(name):
    kind = options()[name]
    assert issubclass(kind, Frozen)
    assert kind() == stage(name).DEFAULTS
    for option, field in kind.model_fields.items():
        assert field.description, f"{name}.{option} is not explained"
        assert not field.is_required()


def test_exit_codes_are_those_of_the_documentation():
    assert {code.name: code.value for code in ExitCode} == {
        "OK": 0,
        "USAGE": 2,
        "INPUT": 3,
        "ENGINE": 4,
        "OUTPUT": 5,
        "REVIEW": 10,
        "INTERRUPTED": 130,
    }
    codes = {kind: kind.exit_code.value for kind in (InputError, EngineError, OutputError)}
    assert codes == {InputError: 3, EngineError: 4, OutputError: 5}
    assert all(issubclass(kind, tenglu.TengluError) for kind in codes)


def test_no_flag_code_is_taken_away():
    assert {
        "low-confidence",
        "unreadable",
        "ink-left",
        "number-format",
        "under-mark",
        "structure",
        "orientation",
        "low-resolution",
        "table-join",
        "sum-fails",
        "page-failed",
    } <= {code.value for code in FlagCode}


def test_the_schema_of_the_result_is_closed_and_names_its_version():
    schema = tenglu.Document.model_json_schema()
    assert schema["additionalProperties"] is False
    assert schema["properties"]["schema_version"]["const"] == "2.0"
    assert {"source", "engine", "pages", "tables"} <= set(schema["required"])
    for part in schema["$defs"].values():
        if part["type"] == "object":
            assert part["additionalProperties"] is False
