"""Settings from a TOML file and from ``--set``."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, SerializeAsAny, ValidationError

from tenglu.engines.interface import EngineSpec
from tenglu.engines.registry import parse_spec, spec_type
from tenglu.model import Frozen
from tenglu.stages.assemble.options import AssembleOptions
from tenglu.stages.check.options import CheckOptions
from tenglu.stages.ingest.scan import IngestOptions
from tenglu.stages.orient import OrientOptions
from tenglu.stages.strip.options import StripOptions
from tenglu.stages.tables.options import TableOptions


class Settings(Frozen):
    """The options of all stages, and the engine."""

    ingest: IngestOptions = IngestOptions()
    orient: OrientOptions = OrientOptions()
    strip: StripOptions = StripOptions()
    tables: TableOptions = TableOptions()
    assemble: AssembleOptions = AssembleOptions()
    check: CheckOptions = CheckOptions()
    engine: Annotated[SerializeAsAny[EngineSpec], BeforeValidator(parse_spec)] = Field(
        default_factory=lambda: parse_spec({})
    )


class SettingsError(ValueError):
    """Unknown or invalid settings; the message is one line."""


def load_settings(
    config: Path | None, assignments: Sequence[str], engine_dir: Path | None
) -> Settings:
    """Load settings; assignments override the file, and ``engine_dir`` overrides both.

    Args:
        config: TOML file, if any.
        assignments: settings of the form ``stage.option=value``.
        engine_dir: folder of the weights, if any.

    Raises:
        SettingsError: a setting is unknown or invalid.
    """
    values = _read(config) if config is not None else {}
    for assignment in assignments:
        _assign(values, assignment)
    engine = values.setdefault("engine", {})
    if engine_dir is not None and isinstance(engine, dict):
        engine["directory"] = engine_dir
    values["engine"] = _parse_engine(engine)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_first_fault(error, Settings)) from error


def _parse_engine(values: object) -> EngineSpec:
    try:
        spec = spec_type(values)
    except ValueError as error:
        raise SettingsError(f"engine.kind: {error}") from error
    try:
        return parse_spec(values)
    except ValidationError as error:
        raise SettingsError(_first_fault(error, spec, "engine.")) from error


def _read(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{config} is not a readable TOML file: {error}") from error


def _assign(values: dict[str, Any], assignment: str) -> None:
    name, equals, text = assignment.partition("=")
    *stages, option = (part.strip() for part in name.split("."))
    if not (equals and stages and option):
        raise SettingsError(f"{assignment!r} is not of the form stage.option=value")
    for stage in stages:
        values = values.setdefault(stage, {})
        if not isinstance(values, dict):
            raise SettingsError(f"{assignment!r}: {stage} has no options")
    values[option] = _value(text.strip())


def _value(text: str) -> Any:  # noqa: ANN401 - any TOML value
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text  # strings need no quotes on a command line


def _first_fault(error: ValidationError, model: type[BaseModel], prefix: str = "") -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    place = [str(part) for part in first["loc"]]
    name = prefix + ".".join(place)
    if first["type"] != "extra_forbidden":
        return f"{name} = {first['input']!r}: {first['msg']}"
    known = ", ".join(_known_names(model, place[:-1]))
    return f"unknown setting {name}" + (f"; known there: {known}" if known else "")


def _known_names(model: type[BaseModel], place: Sequence[str]) -> list[str]:
    """List the options at a place such as ["tables"]; [] is the model itself."""
    for part in place:
        field = model.model_fields.get(part)
        kind = None if field is None else field.annotation
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return []
        model = kind
    return list(model.model_fields)
