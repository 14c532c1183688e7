"""Serve a folder of results to browsers until Ctrl-C."""

import hashlib
import logging
import os
import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import uvicorn

from tenglu.errors import InputError, OutputError
from tenglu.review.core.folder import find_results, refuse_outdated
from tenglu.review.core.log import open_log
from tenglu.review.core.sample import draw
from tenglu.review.web.app import make_app
from tenglu.review.web.auth import LOOPBACK, Sessions
from tenglu.review.web.documents import ReviewFolder, Sources

GRACE = 2  # seconds to finish requests after Ctrl-C; a slower one is cancelled, and not logged
PORTS = range(20_000, 30_000)  # below those that systems hand out to whoever asks for any


class Door(NamedTuple):
    """Where the desk is reached, by whom, and what lies on it."""

    host: str
    port: int | None  # None: of the folder, or any that is free; 0: any that is free
    token: str | None  # None: on this machine alone none is needed, else one is made up
    name: str  # of the reviewer, where the browser tells none
    sample: int | None  # cells to draw; None: go on with the sample that is there, if any


def serve(out: Path, sources: Sources, door: Door, ready: Callable[[str], None]) -> None:
    """Serve until the process is asked to stop.

    Args:
        out: folder of results.
        sources: where the scans are.
        door: where to listen.
        ready: told the address when browsers can come.

    Raises:
        InputError: the folder is not there, or a result in it is of an older tenglu.
        OutputError: the log cannot be written, or the port is taken.
    """
    if not out.is_dir():
        raise InputError(f"{out} is no folder; give the folder that convert wrote to")
    local = door.host in LOOPBACK
    token = door.token or (None if local else secrets.token_urlsafe(24))
    results = list(find_results(out).values())
    refuse_outdated(results)
    with open_log(out) as log, closing(_listen(door, out)) as listener:
        port = listener.getsockname()[1]
        desk = ReviewFolder(out, log, sources)
        if door.sample is not None:
            draw(log, results, door.sample)
        going_on = threading.Event()
        going_on.set()
        counting = threading.Thread(target=desk.count_all, args=(going_on,), daemon=True)
        sessions = Sessions(token, f"tenglu-{port}")
        app = make_app(desk, sessions, door.name, LOOPBACK if local else None)
        config = uvicorn.Config(
            app, log_level="error", server_header=False, timeout_graceful_shutdown=GRACE
        )
        server = uvicorn.Server(config)
        server_log = logging.getLogger("uvicorn.error")
        server_log.addFilter(lambda _: not server.should_exit)
        counting.start()
        try:
            with suppress(KeyboardInterrupt):  # the way it ends, also right after it has begun
                ready(_address(door.host, port, token))
                server.run(sockets=[listener])
        finally:
            going_on.clear()
            counting.join()


def _listen(door: Door, out: Path) -> socket.socket:
    try:
        if door.port is not None:
            return _bind(door.host, door.port)
        with suppress(OSError):  # two desks of one folder, or somebody else has it
            return _bind(door.host, _port_of(out))
        return _bind(door.host, 0)
    except OSError as refused:
        raise OutputError(
            f"cannot listen on {door.host} port {door.port or 'that is free'}: "
            f"{refused.strerror}; choose another with --port"
        ) from refused


def _port_of(out: Path) -> int:
    """A port of its own for every folder, the same each time.

    What a browser keeps, changes that could not be sent among them, it keeps by address.
    """
    digest = hashlib.sha256(os.fsencode(out.resolve())).digest()
    return PORTS.start + int.from_bytes(digest[:4]) % len(PORTS)


def _bind(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _address(host: str, port: int, token: str | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/" + (f"?token={quote(token, safe='')}" if token else "")


def open_browser(address: str) -> None:
    """Show the desk; where there is no browser, the printed address remains."""
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
