from typing import Literal

from tenglu.engines.interface import Character, EngineKind, EngineSpec, Reading


class FixedSpec(EngineSpec):
    kind: Literal["fixed"] = "fixed"
    text: str = "1"


class FixedEngine:
    name = "fixed 1.0"
    witness = "fixed"

    def __init__(self, spec: FixedSpec) -> None:
        characters = tuple(Character(character, 1.0, "", 0.0) for character in spec.text)
        self._reading = Reading(spec.text, characters)

    def read(self, crops):
        """Read the same in every line."""
        return [self._reading for _ in crops]


ENGINE = EngineKind(FixedSpec, FixedEngine)
