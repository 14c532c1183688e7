"""Results for other programs: JSON, XLSX, CSV, HTML and Markdown.

A renderer is a pure function ``render(document) -> {file name suffix: bytes}``; `write` alone
touches the disk.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Literal, cast, get_args

from tenglu.files.atomic import write_files
from tenglu.model import Document

Format = Literal["json", "xlsx", "csv", "html", "md"]
FORMATS: tuple[Format, ...] = get_args(Format)

_MODULES: dict[Format, str] = {
    "json": "canonical",
    "xlsx": "xlsx",
    "csv": "csv_files",
    "html": "webpage",
    "md": "markdown",
}


def render(document: Document, to: Format) -> dict[str, bytes]:
    """Render one format: what follows the stem in each file's name -> its bytes.

    Raises:
        OutputError: the format cannot hold the document.
    """
    # By name, so that XlsxWriter is imported only where a sheet is asked for.
    module = import_module(f"tenglu.export.{_MODULES[to]}")
    renderer = cast("Callable[[Document], dict[str, bytes]]", module.render)
    return renderer(document)


def write(document: Document, folder: Path, stem: str, formats: Sequence[Format]) -> list[Path]:
    """Write ``folder/<stem>.json``, ``.xlsx``, ``.t1.csv``, … and return the paths.

    Everything is rendered and lies on the disk before the first existing file is replaced.

    Raises:
        OutputError: a result cannot be written; nothing half-written stays behind.
    """
    files = {
        f"{stem}{suffix}": data
        for name in formats
        for suffix, data in render(document, name).items()
    }
    return write_files(folder, files)
