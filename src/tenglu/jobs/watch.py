"""A hot folder: files in it are converted as soon as they are complete."""

import os
import time
from pathlib import Path
from typing import NamedTuple

from tenglu.errors import InputError
from tenglu.jobs.batch import open_session
from tenglu.jobs.inputs import Found, Input, Skipped, Unreadable, classify, find_inputs
from tenglu.jobs.plan import JobRequest, signature
from tenglu.jobs.store import Signature
from tenglu.settings import Settings

PAUSE = 0.5  # seconds between two looks, at least
REST = 4  # times as long as a look takes: a large folder must not keep a core busy


class _Seen(NamedTuple):
    """A file at the last look."""

    signature: Signature
    since: float  # monotonic seconds, when it was first seen like this


class _Folder:
    """The files of a folder, as they arrive and grow."""

    def __init__(self, folder: Path, out: Path, steady: float) -> None:
        self._folder = folder
        self._out = out
        self._steady = steady
        self._seen: dict[Path, _Seen] = {}
        self._given: dict[Path, Signature] = {}
        self._told: set[Path] = set()  # what cannot be read, so that it is told once

    def whole(self) -> list[Found]:
        """Return files that have not changed for a while; each once, until it changes again."""
        whole: list[Found] = []
        seen: dict[Path, _Seen] = {}
        refused: set[Path] = set()
        # All files count as known here: the first bytes of one that grows may not be there yet.
        for item in find_inputs([self._folder], self._out, os.path.isfile):
            if isinstance(item, Unreadable) and item.path != self._folder:  # which may be empty
                refused.add(item.path)
                if item.path not in self._told:
                    whole.append(item)
            if not isinstance(item, Input):
                continue
            try:
                now = _Seen(signature(item.path), time.monotonic())
            except OSError:  # gone again
                continue
            before = self._seen.get(item.path, now)
            seen[item.path] = before if before.signature == now.signature else now
            is_steady = now.since - seen[item.path].since >= self._steady
            if is_steady and self._given.get(item.path) != now.signature:
                self._given[item.path] = now.signature
                whole.append(_known(item))
        self._seen = seen
        self._told = refused
        self._given = {path: given for path, given in self._given.items() if path in seen}
        return whole


def _known(item: Input) -> Found:
    return classify(*item) or Skipped(item.path.parent, (item.path,))


def watch(request: JobRequest, settings: Settings, steady: float) -> None:
    """Convert the files that arrive in a folder, until interrupted.

    Args:
        request: its one input is the folder.
        settings: of all stages.
        steady: seconds that a file must stay as it is before it counts as whole.

    Raises:
        InputError: there is no such folder.
        EngineError: the engine is missing or died.
        OutputError: the output folder cannot be written to, or is in use.
    """
    [top] = request.inputs
    if not os.path.isdir(top):  # noqa: PTH112 - rights may be missing
        raise InputError(f"{top} is no folder; make it, or give another one")
    folder = _Folder(top, request.out, steady)
    with open_session(request, settings) as session:
        while True:
            start = time.monotonic()
            whole = folder.whole()
            pause = max(PAUSE, REST * (time.monotonic() - start))
            if whole:
                session.convert(whole)
            time.sleep(pause)
