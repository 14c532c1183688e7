"""tenglu 誊录: scanned, marked and stamped Chinese documents in, trustworthy tables out."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenglu.errors import TengluError
    from tenglu.jobs.digitise import digitise, digitise_many
    from tenglu.model import Cell, Document, Table
    from tenglu.settings import Settings

__version__ = "0.2.0"

__all__ = [
    "Cell",
    "Document",
    "Settings",
    "Table",
    "TengluError",
    "digitise",
    "digitise_many",
]

_HOMES = {
    "Cell": "tenglu.model",
    "Document": "tenglu.model",
    "Settings": "tenglu.settings",
    "Table": "tenglu.model",
    "TengluError": "tenglu.errors",
    "digitise": "tenglu.jobs.digitise",
    "digitise_many": "tenglu.jobs.digitise",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute is of any type
    # The stages load OpenCV; `import tenglu` alone must stay light.
    if name not in _HOMES:
        raise AttributeError(f"module 'tenglu' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
