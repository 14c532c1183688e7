"""Record the readings of an engine, and replay them for the same boxes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from tenglu.engines.interface import (
    Character,
    Crop,
    Engine,
    EngineKind,
    EngineSpec,
    Reading,
)
from tenglu.engines.weights import file_sha256
from tenglu.errors import EngineError
from tenglu.imaging.geometry import Box, box_iou

MIN_OVERLAP = 0.5  # intersection over union; with less it is another line


class ReplaySpec(EngineSpec):
    """Options of replaying a recording, for tests and repeated runs without an engine."""

    kind: Literal["replay"] = "replay"
    recording: Path


class Recorded(NamedTuple):
    """A reading with its page, box and kind of crop."""

    page: int
    box: Box
    reading: Reading
    way: str = ""


class RecordingEngine:
    """Engine that records the readings of another engine."""

    def __init__(self, engine: Engine) -> None:
        """Wrap an open engine."""
        self._engine = engine
        self.name = engine.name
        self.witness = engine.witness
        self.recorded: list[Recorded] = []

    def read(self, crops: Sequence[Crop]) -> list[Reading]:
        """Return the readings of the wrapped engine, and record them."""
        readings = self._engine.read(crops)
        pairs = zip(crops, readings, strict=True)
        self.recorded.extend(
            Recorded(crop.page, crop.box, reading, crop.way) for crop, reading in pairs
        )
        return readings

    def dump(self) -> str:
        """Return the recording as JSON."""
        return json.dumps(
            {"name": self.name, "witness": self.witness, "recorded": self.recorded},
            ensure_ascii=False,
        )


class ReplayEngine:
    """Engine that returns the recorded reading with the largest overlap."""

    def __init__(self, name: str, witness: str, recorded: Sequence[Recorded]) -> None:
        """Replay readings in memory."""
        self.name = name
        self.witness = witness
        self._recorded = list(recorded)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Replay a recording from a file.

        Raises:
            EngineError: the file is missing or no recording.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            recorded = [_parsed(item) for item in content["recorded"]]
            return cls(content["name"], content["witness"], recorded)
        except (OSError, ValueError, KeyError, TypeError) as wrong:
            raise EngineError(
                f"{path} is no recording of an engine ({wrong}); record it again"
            ) from wrong

    def read(self, crops: Sequence[Crop]) -> list[Reading]:
        """Return the recorded readings, in order.

        Raises:
            EngineError: no reading was recorded near one of the places.
        """
        return [self._find(crop) for crop in crops]

    def _find(self, crop: Crop) -> Reading:
        # If only one kind of crop was recorded for a box, use it for every kind.
        near = (r for r in self._recorded if r.page == crop.page and r.way in ("", crop.way))
        best = max(near, key=lambda r: (box_iou(r.box, crop.box), r.way == crop.way), default=None)
        if best is None or box_iou(best.box, crop.box) < MIN_OVERLAP:
            raise EngineError(
                f"nothing recorded at {tuple(crop.box)} of page {crop.page}; record again"
            )
        return best.reading


def _parsed(item: Any) -> Recorded:  # noqa: ANN401 - JSON may hold anything
    page, box, (text, characters, omitted), *ways = item
    parsed = Reading(text, tuple(Character(*c) for c in characters), omitted)
    return Recorded(int(page), Box(*box), parsed, str(*ways))


def _open(spec: ReplaySpec) -> ReplayEngine:
    return ReplayEngine.load(spec.recording)


def _fingerprint(spec: ReplaySpec) -> list[str]:
    return [file_sha256(spec.recording)]


ENGINE = EngineKind(ReplaySpec, _open, _fingerprint)
