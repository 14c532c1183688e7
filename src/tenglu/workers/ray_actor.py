"""What runs on a machine of a cluster. Light: threads are limited before anything is imported."""

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from tenglu.engines.runtime_env import THREAD_LIMITS
from tenglu.errors import EngineError
from tenglu.workers import PageTask

# Imported where it is used: numeric libraries read the limits as they are imported.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from tenglu.workers.pool import Answer

UNSEEN = -1  # size of a file that is not there


class RayWorkerConfig(NamedTuple):
    """What an actor needs, as plain data."""

    settings: str  # JSON
    reading: str  # key: everything but the scan that the reading of a page depends on
    folder: str  # that relative paths start from


class Unseen(NamedTuple):
    """The file on this machine is missing or another one."""

    machine: str


class PageReader:
    """Read one page after another."""

    def __init__(self, config: RayWorkerConfig) -> None:
        """Prepare; nothing can fail here."""
        os.environ.update(dict.fromkeys(THREAD_LIMITS, "1"))
        self._config = config
        self._machine = socket.gethostname()

    def open(self) -> str | EngineError:
        """Open the engine; return its name, or why this machine cannot read."""
        import cv2

        from tenglu.engines.registry import open_engine
        from tenglu.settings import Settings
        from tenglu.workers.cache_key import reading_key

        cv2.setNumThreads(1)
        with suppress(OSError):  # without the folder, only absolute paths are found here
            os.chdir(self._config.folder)
        try:
            self._settings = Settings.model_validate_json(self._config.settings)
            reading = reading_key(self._settings)
            self._engine = open_engine(self._settings.engine)
        except (EngineError, ValueError) as broken:  # ValueError: it lacks a plug-in
            return EngineError(f"machine {self._machine} of the cluster: {broken}")
        if reading != self._config.reading:
            return EngineError(
                f"machine {self._machine} of the cluster would read otherwise than this one: "
                "install the same tenglu, packages and weights on both"
            )
        return self._engine.name

    def read(self, task: PageTask, size: int) -> "Answer | EngineError | Unseen":
        """Read a page of a file of so many bytes."""
        from tenglu.workers.page import memory, read_task
        from tenglu.workers.pool import Answer

        if size_of(task) != size:
            return Unseen(self._machine)
        try:
            return Answer(read_task(task, self._engine, self._settings), memory())
        except EngineError as broken:
            return broken


def size_of(task: PageTask) -> int:
    """Return the size of the file of a page."""
    try:
        return task.path.stat().st_size
    except OSError:
        return UNSEEN
