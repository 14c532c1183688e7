"""Find what an installation lacks and how to mend it."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from enum import StrEnum
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from tenglu.engines.runtime_env import stay_offline
from tenglu.engines.weights import (
    DETECTOR,
    RECOGNISER,
    Weights,
    check_engine_dir,
    find_weights,
    install_command,
    sha256,
)
from tenglu.errors import EngineError, PluginError
from tenglu.imaging.fonts import find_font
from tenglu.plugins import BUILT_IN, plugins

OLDEST_PYTHON = (3, 11)
PADDLEOCR_SERIES = "3.7."
OPENCV_VERSION = "4.10.0.84"  # the one that paddlex pins
OPENCV_DISTRIBUTIONS = (
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
    "opencv-python",
    "opencv-python-headless",
)
"""All of them write the folder cv2."""
MEND_OPENCV = (
    f"pip install --force-reinstall --no-deps opencv-contrib-python=={OPENCV_VERSION} "
    f"&& pip install --force-reinstall --no-deps opencv-python-headless=={OPENCV_VERSION}"
)
"""The headless one last: it needs no libGL."""
SPARE_DISK = 256 << 20  # bytes; the engine's model folder is laid out in the temporary folder


class State(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    WARNING = "warning"  # tenglu converts, but not as well
    FAILED = "failed"  # tenglu cannot convert


class Finding(NamedTuple):
    """One thing that was checked."""

    name: str
    state: State
    detail: str
    remedy: str = ""  # what to type or do; "": nothing is wrong


def diagnose(engine_dir: Path | None) -> list[Finding]:
    """Check everything that tenglu needs, and list its plug-ins.

    Args:
        engine_dir: PaddleOCR model folder to use instead of the installed weights.
    """
    bundled = (RECOGNISER, DETECTOR)
    weights = [_engine_dir(engine_dir)] if engine_dir else [_weights(each) for each in bundled]
    return [
        _python(),
        _opencv(),
        _onnxruntime(),
        _paddleocr(),
        *weights,
        _font(),
        _temporary_folder(),
        *(finding for group in BUILT_IN for finding in _group(group)),
    ]


def _python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info >= OLDEST_PYTHON:
        return Finding("python", State.OK, found)
    wanted = ".".join(str(part) for part in OLDEST_PYTHON)
    return Finding("python", State.FAILED, found, f"install tenglu with Python {wanted} or newer")


def _opencv() -> Finding:
    owners = {name: found for name in OPENCV_DISTRIBUTIONS if (found := _version(name)) is not None}
    claims = ", ".join(f"{name} {found}" for name, found in owners.items()) or "not installed"
    if len(set(owners.values())) != 1:  # files of several versions lie mixed in one folder
        return Finding("opencv", State.FAILED, claims, MEND_OPENCV)
    try:
        loaded: str = import_module("cv2").__version__
    except (ImportError, AttributeError) as broken:  # AttributeError: part of the folder is gone
        return Finding("opencv", State.FAILED, f"{claims}; import cv2: {broken}", MEND_OPENCV)
    return Finding("opencv", State.OK, f"cv2 {loaded} of {claims}")


def _onnxruntime() -> Finding:
    remedy = "pip install --force-reinstall onnxruntime"
    stay_offline()
    try:
        loaded: str = import_module("onnxruntime").__version__
    except (ImportError, AttributeError) as broken:
        return Finding("onnxruntime", State.FAILED, str(broken), remedy)
    return Finding("onnxruntime", State.OK, loaded)


def _paddleocr() -> Finding:
    # By its metadata: the import takes seconds.
    found = _version("paddleocr")
    if found is not None and found.startswith(PADDLEOCR_SERIES):
        return Finding("paddleocr", State.OK, found)
    remedy = f"pip install 'paddleocr=={PADDLEOCR_SERIES}*'"
    return Finding("paddleocr", State.FAILED, found or "not installed", remedy)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _weights(weights: Weights) -> Finding:
    try:
        path = find_weights(weights)
    except EngineError as missing:
        return Finding(weights.name, State.FAILED, str(missing), install_command())
    if (found := sha256(path)) != weights.sha256:
        detail = f"{path} is damaged or of another version: sha256 {found}"
        return Finding(weights.name, State.FAILED, detail, install_command())
    return Finding(weights.name, State.OK, f"{path}, sha256 as expected")


def _engine_dir(folder: Path) -> Finding:
    try:
        check_engine_dir(folder)
    except EngineError as wrong:
        return Finding("engine folder", State.FAILED, str(wrong), "give another --engine-dir")
    return Finding("engine folder", State.OK, str(folder))


def _font() -> Finding:
    if (font := find_font()) is not None:
        return Finding("font", State.OK, str(font))
    detail = "none with Chinese glyphs: overlays cannot show what was read"
    return Finding("font", State.WARNING, detail, "apt install fonts-noto-cjk, or the like")


def _temporary_folder() -> Finding:
    remedy = "make room, or set TMPDIR to a folder with more"
    try:
        folder = tempfile.gettempdir()
    except FileNotFoundError as missing:
        return Finding("temporary folder", State.FAILED, str(missing), "set TMPDIR to a folder")
    free = shutil.disk_usage(folder).free
    detail = f"{folder}, {free >> 20} MiB free"
    if free < SPARE_DISK:
        return Finding("temporary folder", State.WARNING, detail, remedy)
    return Finding("temporary folder", State.OK, detail)


def _group(name: str) -> Iterator[Finding]:
    """List a group of plug-ins, and each apart that does not load."""
    loaded = []
    for plugin in plugins(name).values():
        try:
            plugin.load()
        except PluginError as broken:
            where = f"{name} {plugin.entry.name}"
            yield Finding(
                where, State.WARNING, str(broken), f"update or uninstall {plugin.package}"
            )
        else:
            origin = "" if plugin.is_built_in else f" ({plugin.package})"
            loaded.append(f"{plugin.entry.name}{origin}")
    yield Finding(name, State.OK, ", ".join(loaded) or "none")
