"""What an engine is: pictures of text lines in, readings out."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from pydantic import Field

from tenglu.imaging.arrays import Rgb
from tenglu.imaging.geometry import Box
from tenglu.model import Frozen
from tenglu.plugins import nothing_else


class Crop(NamedTuple):
    """A picture of one line of text and where it was cut."""

    image: Rgb
    page: int  # 1-based
    box: Box  # px of the upright page
    way: str = ""  # how it was cut or toned, where the same place is read in several ways


class Character(NamedTuple):
    """One character as the engine saw it."""

    text: str
    probability: float  # 0 to 1
    runner_up: str  # the next best character at this place, "" for none
    runner_up_probability: float


class Reading(NamedTuple):
    """What an engine reads in one crop."""

    text: str
    characters: tuple[Character, ...]
    omitted: float = (
        0.0  # highest probability of a character where none was read: a lost point, say
    )


class Engine(Protocol):
    """Reads lines of text.

    ``name`` goes into the result as the engine's full name and version, ``witness`` into the
    evidence of each cell.
    """

    name: str
    witness: str

    def read(self, crops: Sequence[Crop]) -> list[Reading]:
        """Return one reading a crop, in order.

        Raises:
            EngineError: the engine failed.
        """
        ...


class EngineSpec(Frozen):
    """What an engine is opened with, as plain data that travels to worker processes."""

    kind: str
    threads: int = Field(default=1, ge=1, description="cores of one process")


class EngineKind(NamedTuple):
    """An engine as it is registered; ``engine.kind`` is the name that it is registered under."""

    spec: type[EngineSpec]
    open: Callable[[Any], Engine]  # takes the spec; raises EngineError
    fingerprint: Callable[[Any], Sequence[str]] = nothing_else  # takes the spec; weights, versions
