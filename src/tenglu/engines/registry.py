"""Which engine to open."""

from collections.abc import Mapping
from typing import Any

from tenglu.engines.interface import Engine, EngineKind, EngineSpec
from tenglu.plugins import ENGINES, load, plugins

DEFAULT_KIND = "paddle"


def parse_spec(values: Any) -> EngineSpec:  # noqa: ANN401 - settings may hold anything
    """Turn settings into the spec of the engine that they name.

    Raises:
        ValueError: there is no such engine, or it has no such settings.
        PluginError: the engine does not load.
    """
    if isinstance(values, EngineSpec):
        return values
    spec = spec_type(values)
    return spec.model_validate({"kind": DEFAULT_KIND, **values})


def spec_type(values: Any) -> type[EngineSpec]:  # noqa: ANN401 - settings may hold anything
    """Find what the settings of the engine that they name must be like.

    Raises:
        ValueError: there is no such engine.
        PluginError: the engine does not load.
    """
    if not isinstance(values, Mapping):
        raise ValueError("settings of an engine are a table")  # noqa: TRY004 - pydantic wants it
    kind = values.get("kind", DEFAULT_KIND)
    known = plugins(ENGINES)
    if kind not in known:
        raise ValueError(f"{kind!r} is no engine; there are {', '.join(known)}")
    return _kind(kind).spec


def open_engine(spec: EngineSpec) -> Engine:
    """Open an engine.

    Raises:
        EngineError: it is not installed, or its weights are missing or broken.
    """
    return _kind(spec.kind).open(spec)


def engine_fingerprint(spec: EngineSpec) -> list[str]:
    """Tell what the readings of an engine depend on beside its settings.

    Raises:
        EngineError: its weights are missing.
    """
    plugin = plugins(ENGINES)[spec.kind]
    own = [] if plugin.is_built_in else [plugin.fingerprint()]
    return own + list(_kind(spec.kind).fingerprint(spec))


def _kind(name: str) -> EngineKind:
    kind: EngineKind = load(ENGINES, name)
    return kind
