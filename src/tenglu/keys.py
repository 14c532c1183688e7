"""What a result depends on, as short keys: equal keys, equal bytes.

A page is read again if the reading key changed, a document is put together again if the result key
did. What only later steps use is no part of the reading key.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import tenglu
from tenglu.engines.registry import PaddleSpec, ReplaySpec
from tenglu.errors import EngineError
from tenglu.pipeline import Settings
from tenglu.weights import MODEL_FILES, RECOGNISER, check_engine_dir, find_weights, sha256

LATER_SETTINGS = {"rebuild", "check"}  # of the stages that work on leaves
LATER_CODE = (  # below the package: takes no part in the reading of a page
    *("stages/rebuild", "stages/check", "export", "commands", "executors", "review"),
    *("batch", "plan", "finish", "many", "watching", "state", "store", "store_file", "lock"),
    *("inputs", "targets", "progress", "console", "cli", "config", "doctor", "overlay"),
    *("keys", "threads", "__main__"),
)
KEPT_CODE = ("stages/rebuild/leaf",)  # what a page gives
PACKAGES = ("numpy", "pillow", "pypdfium2", "opencv-contrib-python", "opencv-python-headless")
ENGINE_PACKAGES = ("onnxruntime", "paddleocr", "paddlex")


def reading_key(settings: Settings) -> str:
    """Everything but the scan itself that the reading of a page depends on.

    Raises:
        EngineError: the engine's weights are missing.
    """
    values = settings.model_dump(mode="json", exclude=LATER_SETTINGS)
    code = _code_key(tuple(_code(LATER_CODE)))
    engine = _engine_identity(settings.engine)
    return _key([tenglu.__version__, code, values, engine, _versions(PACKAGES)])


def result_key(settings: Settings, reading: str, formats: Sequence[str]) -> str:
    """Everything but the leaves that the results of a document depend on."""
    values = settings.model_dump(mode="json")
    return _key([reading, _code_key(tuple(_code(()))), values, sorted(formats)])


def _key(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _code(left_out: tuple[str, ...]) -> Iterable[Path]:
    """Source files of tenglu: in a clone, they change without the version."""
    top = Path(tenglu.__file__).parent
    for path in sorted(top.rglob("*.py")):
        name = path.relative_to(top).with_suffix("").as_posix()
        is_later = any(name == part or name.startswith(f"{part}/") for part in left_out)
        if not is_later or name in KEPT_CODE:
            yield path


@cache
def _code_key(paths: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _engine_identity(spec: PaddleSpec | ReplaySpec) -> list[str]:
    if isinstance(spec, ReplaySpec):
        return [_sha256(spec.recording)]
    if spec.directory is None:
        return [RECOGNISER.name, _sha256(find_weights()), *_versions(ENGINE_PACKAGES)]
    folder = check_engine_dir(spec.directory)
    return [*(_sha256(folder / name) for name in MODEL_FILES), *_versions(ENGINE_PACKAGES)]


def _sha256(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as wrong:
        raise EngineError(
            f"{path} cannot be read ({wrong.strerror}); run: tenglu doctor"
        ) from wrong


def _versions(packages: Iterable[str]) -> list[str]:
    return [f"{name} {_version(name)}" for name in packages]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
