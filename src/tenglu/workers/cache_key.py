"""What a result depends on, as short keys: equal keys, equal bytes.

A page is read again if the reading key changed, a document is put together again if the result key
did. What only later steps use is no part of the reading key.
"""

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import tenglu
from tenglu.engines.registry import engine_fingerprint
from tenglu.engines.weights import package_versions
from tenglu.plugins import EXPORTERS, READERS, RULES, TABLE_FINDERS, fingerprints
from tenglu.settings import Settings

LATER_SETTINGS = {"assemble", "check"}  # of the stages that work on pages that were read
READING_CODE = (  # what reads a page; what these import counts too
    "tenglu.stages.ingest",
    "tenglu.stages.orient",
    "tenglu.stages.strip",
    "tenglu.stages.tables",
    "tenglu.stages.ocr",
    "tenglu.stages.assemble.page_result",  # what a page gives
    "tenglu.engines",
)
CODE_SUFFIXES = {".py", ".json", ".toml", ".onnx"}  # fitted weights and templates count too
WIRING = "tenglu.pipeline"  # calls the stages above; what else it imports comes later
PACKAGES = ("numpy", "pillow", "pypdfium2", "opencv-contrib-python", "opencv-python-headless")


def reading_key(settings: Settings) -> str:
    """Everything but the scan itself that the reading of a page depends on.

    Raises:
        EngineError: the engine's weights are missing, or a plug-in does not load.
    """
    values = settings.model_dump(mode="json", exclude=LATER_SETTINGS)
    code = _code_key(reading_code())
    engine = engine_fingerprint(settings.engine)
    added = [*fingerprints(READERS), *fingerprints(TABLE_FINDERS)]
    return _key([tenglu.__version__, code, values, engine, added, package_versions(*PACKAGES)])


def result_key(settings: Settings, reading: str, formats: Sequence[str]) -> str:
    """Everything but the pages as they were read that the results of a document depend on.

    Raises:
        PluginError: a plug-in does not load.
    """
    values = settings.model_dump(mode="json")
    added = [*fingerprints(RULES), *fingerprints(EXPORTERS, formats)]
    return _key([reading, _code_key(tuple(all_code())), values, added, sorted(formats)])


def _key(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def all_code() -> list[Path]:
    """Return the source and data files of tenglu: in a clone, they change without the version."""
    return sorted(path for path in _top().rglob("*") if path.suffix in CODE_SUFFIXES)


@cache
def reading_code() -> tuple[Path, ...]:
    """Return what the reading of a page depends on: modules, by their imports, and their data."""
    modules = {_module(path): path for path in all_code() if path.suffix == ".py"}
    found: set[str] = {WIRING}
    waiting = [name for name in modules if _is_within(name, READING_CODE)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [other for other in _imports(modules[name]) if other in modules]
    code = [modules[name] for name in sorted(found)]
    folders = {path.parent for path in code}
    data = [path for path in all_code() if path.suffix != ".py" and path.parent in folders]
    return (*code, *data)


def _top() -> Path:
    return Path(tenglu.__file__).parent


def _module(path: Path) -> str:
    parts = ("tenglu", *path.relative_to(_top()).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_within(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _imports(path: Path) -> Iterator[str]:
    """Yield what may be a module among the names that a file imports."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def _code_key(paths: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
