"""Results for other programs: JSON, XLSX, CSV, HTML and Markdown, and what plug-ins add.

An exporter renders a document to bytes and touches no disk; `write` alone does.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tenglu.files.atomic import write_files
from tenglu.model import Document
from tenglu.plugins import EXPORTERS, load, nothing_else, plugins


class Exporter(NamedTuple):
    """A format as it is registered; ``--to`` takes the name that it is registered under."""

    suffix: str  # that its files end with, such as ".csv"
    render: Callable[[Document], dict[str, bytes]]  # what follows the stem in file names -> bytes
    fingerprint: Callable[[], Sequence[str]] = nothing_else


def format_names() -> tuple[str, ...]:
    """List the names that ``--to`` takes; nothing is imported."""
    return tuple(plugins(EXPORTERS))


def exporter(name: str) -> Exporter:
    """Import the exporter of a format: XlsxWriter is loaded only where a sheet is asked for.

    Raises:
        PluginError: there is none, or it does not load.
    """
    found: Exporter = load(EXPORTERS, name)
    return found


def render(document: Document, to: str) -> dict[str, bytes]:
    """Render one format: what follows the stem in each file's name -> its bytes.

    Raises:
        OutputError: the format cannot hold the document.
        PluginError: there is no such format, or it does not load.
    """
    return exporter(to).render(document)


def write(document: Document, folder: Path, stem: str, formats: Sequence[str]) -> list[Path]:
    """Write ``folder/<stem>.json``, ``.xlsx``, ``.t1.csv``, … and return the paths.

    Everything is rendered and lies on the disk before the first existing file is replaced.

    Raises:
        OutputError: a result cannot be written; nothing half-written stays behind.
        PluginError: a format does not load.
    """
    files = {
        f"{stem}{suffix}": data
        for name in formats
        for suffix, data in render(document, name).items()
    }
    return write_files(folder, files)
