"""Locate and verify the weights of the engine; models/README.md gives their source."""

import hashlib
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import NamedTuple

from tenglu.errors import EngineError

DISTRIBUTION = "rapidocr"
DISTRIBUTION_VERSION = "3.10.0"
MODEL_FILES = ("inference.onnx", "inference.yml")
"""Files that a PaddleOCR model folder must contain."""


class Weights(NamedTuple):
    """A network in the distribution ``rapidocr``, whose code is never imported."""

    name: str
    path: str  # inside the distribution
    sha256: str


RECOGNISER = Weights(
    "PP-OCRv6_small_rec",
    "rapidocr/models/PP-OCRv6_rec_small.onnx",
    "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
)
DETECTOR = Weights(
    "PP-OCRv6_small_det",
    "rapidocr/models/PP-OCRv6_det_small.onnx",
    "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
)


def find_weights(weights: Weights = RECOGNISER) -> Path:
    """Return the path of some weights, without verifying their content.

    Raises:
        EngineError: the distribution or the file is not installed.
    """
    try:
        path = Path(str(distribution(DISTRIBUTION).locate_file(weights.path)))
    except PackageNotFoundError as missing:
        raise EngineError(f"no weights {weights.name}: {install_command()}") from missing
    if not path.is_file():
        raise EngineError(f"no weights {weights.name} at {path}: {install_command()}")
    return path


def install_command() -> str:
    """Return the command that installs the weights in the right version."""
    return f"pip install --force-reinstall --no-deps {DISTRIBUTION}=={DISTRIBUTION_VERSION}"


def check_engine_dir(folder: Path) -> Path:
    """Return ``folder`` if it contains the files of a PaddleOCR model.

    Raises:
        EngineError: it does not exist or lacks a file.
    """
    if not folder.is_dir():
        raise EngineError(f"engine folder {folder} does not exist: give a PaddleOCR model folder")
    if missing := [name for name in MODEL_FILES if not (folder / name).is_file()]:
        raise EngineError(
            f"engine folder {folder} lacks {' and '.join(missing)}: give a PaddleOCR model folder "
            "in ONNX form"
        )
    return folder


def sha256(path: Path) -> str:
    """Return the sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file that an engine needs.

    Raises:
        EngineError: it cannot be read.
    """
    try:
        return sha256(path)
    except OSError as wrong:
        raise EngineError(
            f"{path} cannot be read ({wrong.strerror}); run: tenglu doctor"
        ) from wrong


def package_versions(*names: str) -> list[str]:
    """Return the versions of some packages; "none" for one that is not installed."""
    return [f"{name} {_version(name)}" for name in names]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
