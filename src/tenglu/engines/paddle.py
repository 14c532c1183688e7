"""Run PaddleOCR's text recogniser on ONNX Runtime. Only this module imports paddleocr."""

import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import Field

from tenglu.engines.interface import Character, Crop, EngineKind, EngineSpec, Reading
from tenglu.engines.runtime_env import stay_offline
from tenglu.engines.weights import (
    MODEL_FILES,
    RECOGNISER,
    check_engine_dir,
    file_sha256,
    find_weights,
    package_versions,
)
from tenglu.errors import EngineError
from tenglu.imaging.arrays import Rgb

LINE_HEIGHT = 48  # px; input height of the recogniser
BATCH_AREA = 48 * 320 * 8  # px² per batch; more costs memory and is no faster on a CPU
BLANK = 0  # index of the CTC blank
WIDE_PIXEL = 8  # px; lines of a batch differ less in width
LEAST_OMITTED = 0.05  # probability of a skipped character; less is noise
SAME_MARK = str.maketrans("“”‘’—–－～•⩽⩾−", "\"\"''---~·≤≥-")  # variants of the same punctuation

Twins = Mapping[int, NDArray[np.intp]]
"""Variants of one character, such as （ and (: index -> indices of all variants."""


class PaddleSpec(EngineSpec):
    """PaddleOCR's recogniser."""

    kind: Literal["paddle"] = "paddle"
    directory: Path | None = Field(
        default=None, description="PaddleOCR model folder; null: the weights that come with tenglu"
    )


class PaddleEngine:
    """Engine that recognises lines with a PaddleOCR model."""

    def __init__(self, directory: Path | None, threads: int) -> None:
        """Load the recogniser.

        Args:
            directory: a PaddleOCR model folder with inference.onnx and inference.yml; None: the
                weights inside the installed rapidocr package.
            threads: cores used by one call.

        Raises:
            EngineError: the weights or a package are missing or do not fit together.
        """
        stay_offline()
        with _model_folder(directory) as folder:
            self._predictor = _load(folder, threads)
        self._characters: list[str] = self._predictor.post_op.character
        self._twins = _twins(self._characters)
        self._predictor.post_op = self._decode
        self.witness: str = self._predictor.model_name
        paddleocr, runtime = version("paddleocr"), version("onnxruntime")
        self.name = f"paddleocr {paddleocr} / {self.witness} / onnxruntime {runtime}"

    def read(self, crops: Sequence[Crop]) -> list[Reading]:
        """Return one reading per crop, in order."""
        order = sorted(range(len(crops)), key=lambda i: _scaled_width(crops[i].image))
        readings: dict[int, Reading] = {}
        for batch in _batches(order, crops):
            images = [np.ascontiguousarray(crops[i].image[:, :, ::-1]) for i in batch]
            results = self._predictor.predict(images, batch_size=len(images))
            readings.update((i, r["rec_text"]) for i, r in zip(batch, results, strict=True))
        return [readings[i] for i in range(len(crops))]

    def _decode(
        self, outputs: Sequence[NDArray[np.float32]], **_: object
    ) -> tuple[list[Reading], list[float]]:
        """Replace the decoder of the predictor, which returns only the mean probability."""
        readings = [_ctc_reading(steps, self._characters, self._twins) for steps in outputs[0]]
        return readings, [1.0] * len(readings)


def _load(folder: Path, threads: int) -> Any:  # noqa: ANN401 - paddleocr ships no types
    try:
        from paddleocr import TextRecognition  # noqa: PLC0415 - five seconds, and may be missing

        model = TextRecognition(
            model_name=_model_name(folder),
            model_dir=str(folder),
            engine="onnxruntime",
            engine_config={"intra_op_num_threads": threads, "inter_op_num_threads": 1},
            device="cpu",
        )
    except ImportError as missing:
        raise EngineError(
            f"the OCR engine cannot be imported ({missing}); run: tenglu doctor"
        ) from missing
    except Exception as wrong:
        raise EngineError(f"the OCR engine does not start ({wrong}); run: tenglu doctor") from wrong
    return model.paddlex_predictor


def _model_name(folder: Path) -> str:
    config = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
    name: str = config["Global"]["model_name"]
    return name


@contextmanager
def _model_folder(directory: Path | None) -> Iterator[Path]:
    """Yield a PaddleOCR model folder; a temporary one for the bundled weights."""
    if directory is not None:
        yield check_engine_dir(directory)
        return
    with tempfile.TemporaryDirectory(prefix="tenglu-") as name:
        folder = Path(name)
        weights = find_weights()
        try:
            (folder / "inference.onnx").symlink_to(weights)
        except OSError:  # Windows without permission to create links
            shutil.copyfile(weights, folder / "inference.onnx")
        config = _bundled_config(weights)
        (folder / "inference.yml").write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")
        yield folder


def _bundled_config(weights: Path) -> dict[str, Any]:
    import onnxruntime  # noqa: PLC0415 - slow, and may be missing

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # otherwise loading starts a thread per core
    session = onnxruntime.InferenceSession(str(weights), options)
    metadata = session.get_modelmeta().custom_metadata_map
    # A square shape keeps the width of each line; the default of 320 px would pad short cells.
    shape = [3, LINE_HEIGHT, LINE_HEIGHT]
    return {
        "Global": {"model_name": RECOGNISER.name},
        "PreProcess": {"transform_ops": [{"RecResizeImg": {"image_shape": shape}}]},
        "PostProcess": {
            "name": "CTCLabelDecode",
            "character_dict": metadata["character"].splitlines(),
        },
    }


def _scaled_width(image: Rgb) -> int:
    height, width = (int(side) for side in image.shape[:2])
    return max(LINE_HEIGHT, round(width * LINE_HEIGHT / height))


def _batches(order: Sequence[int], crops: Sequence[Crop]) -> Iterator[list[int]]:
    """Group lines of similar width, since padding wastes time and changes readings."""
    batch: list[int] = []
    for i in order:
        width = _scaled_width(crops[i].image)
        start = _scaled_width(crops[batch[0]].image) if batch else width
        full = (len(batch) + 1) * width * LINE_HEIGHT > BATCH_AREA
        if batch and (full or width - start > WIDE_PIXEL):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _ctc_reading(steps: NDArray[np.float32], names: Sequence[str], twins: Twins) -> Reading:
    """Decode greedily by CTC (Graves et al. 2006), with an alternative for each character."""
    best = steps.argmax(axis=1)
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    ends = np.append(starts[1:], len(best))
    characters = []
    for start, end in zip(starts, ends, strict=True):
        if best[start] != BLANK:
            run = steps[start:end]
            peak = run[run[:, best[start]].argmax()]
            characters.append(_character(peak, int(best[start]), names, twins))
    text = "".join(character.text for character in characters)
    return Reading(text, tuple(characters), _omitted(steps, best))


def _omitted(steps: NDArray[np.float32], best: NDArray[np.intp]) -> float:
    """Return the highest probability of a character at a step decoded as blank."""
    doubtful = np.flatnonzero((best == BLANK) & (steps[:, BLANK] < 1 - LEAST_OMITTED))
    most = 0.0
    for place in doubtful:
        # Steps beside a character belong to it and are no skipped character.
        beside = {int(best[k]) for k in range(max(0, place - 2), min(len(best), place + 3))}
        rival = int(steps[place, 1:].argmax()) + 1
        if rival not in beside:
            most = max(most, float(steps[place, rival]))
    return most


def _twins(names: Sequence[str]) -> Twins:
    kinds: dict[str, list[int]] = {}
    for index, name in enumerate(names[1:], 1):
        kinds.setdefault(unicodedata.normalize("NFKC", name).translate(SAME_MARK), []).append(index)
    return {i: np.array(alike) for alike in kinds.values() if len(alike) > 1 for i in alike}


def _character(
    step: NDArray[np.float32], index: int, names: Sequence[str], twins: Twins
) -> Character:
    """Return a character and its alternative, with variants of one character merged."""
    same = twins.get(index, np.array([index]))
    others = step.copy()
    others[BLANK] = others[same] = -1.0
    rival = int(others.argmax())
    sure = min(1.0, float(step[same].sum()))
    return Character(names[index], sure, names[rival], float(step[rival]))


def _open(spec: PaddleSpec) -> PaddleEngine:
    return PaddleEngine(spec.directory, spec.threads)


def _fingerprint(spec: PaddleSpec) -> list[str]:
    packages = package_versions("onnxruntime", "paddleocr", "paddlex")
    if spec.directory is None:
        return [RECOGNISER.name, file_sha256(find_weights()), *packages]
    folder = check_engine_dir(spec.directory)
    return [*(file_sha256(folder / name) for name in MODEL_FILES), *packages]


ENGINE = EngineKind(PaddleSpec, _open, _fingerprint)
