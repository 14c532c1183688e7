"""Which engine to open, as plain data that travels to worker processes."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from tenglu.engines.interface import Engine
from tenglu.model import Frozen


class PaddleSpec(Frozen):
    """PaddleOCR's recogniser."""

    kind: Literal["paddle"] = "paddle"
    directory: Path | None = Field(
        default=None, description="PaddleOCR model folder; null: the weights that come with tenglu"
    )
    threads: int = Field(default=1, ge=1, description="cores of one process")


class ReplaySpec(Frozen):
    """Readings that were recorded before: tests and re-runs without an engine."""

    kind: Literal["replay"] = "replay"
    recording: Path


EngineSpec = Annotated[PaddleSpec | ReplaySpec, Field(discriminator="kind")]


def open_engine(spec: PaddleSpec | ReplaySpec) -> Engine:
    """Open an engine.

    Raises:
        EngineError: it is not installed, or its weights are missing or broken.
    """
    if spec.kind == "replay":
        from tenglu.engines.replay import ReplayEngine  # noqa: PLC0415 - only what is asked for

        return ReplayEngine.load(spec.recording)
    from tenglu.engines.paddle import PaddleEngine  # noqa: PLC0415 - only what is asked for

    return PaddleEngine(spec.directory, spec.threads)
