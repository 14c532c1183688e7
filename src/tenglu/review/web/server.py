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
PORTS = range(20_000, 30_000)  # below the ephemeral ports of common systems


class ServerOptions(NamedTuple):
    """Options of the server."""

    host: str
    port: int | None  # None: the port of the folder if it is free, else any; 0: any free port
    token: str | None  # None: no token on a loopback host, else a random one
    name: str  # of the reviewer, unless the browser sends one
    sample: int | None  # cells to draw; None: continue the existing sample, if any


def serve(
    out: Path, sources: Sources, options: ServerOptions, ready: Callable[[str], None]
) -> None:
    """Serve until the process receives SIGINT.

    Args:
        out: folder of results.
        sources: where the scans are.
        options: options of the server.
        ready: called with the address when the server accepts connections.

    Raises:
        InputError: the folder does not exist, or a result in it has an older schema.
        OutputError: the log cannot be written, or the port is taken.
    """
    if not out.is_dir():
        raise InputError(f"{out} is not a folder; give the folder that convert wrote to")
    local = options.host in LOOPBACK
    token = options.token or (None if local else secrets.token_urlsafe(24))
    results = list(find_results(out).values())
    refuse_outdated(results)
    with open_log(out) as log, closing(_listen(options, out)) as listener:
        port = listener.getsockname()[1]
        folder = ReviewFolder(out, log, sources)
        if options.sample is not None:
            draw(log, results, options.sample)
        going_on = threading.Event()
        going_on.set()
        counting = threading.Thread(target=folder.count_all, args=(going_on,), daemon=True)
        sessions = Sessions(token, f"tenglu-{port}")
        app = make_app(folder, sessions, options.name, LOOPBACK if local else None)
        config = uvicorn.Config(
            app, log_level="error", server_header=False, timeout_graceful_shutdown=GRACE
        )
        server = uvicorn.Server(config)
        server_log = logging.getLogger("uvicorn.error")
        server_log.addFilter(lambda _: not server.should_exit)
        counting.start()
        try:
            with suppress(KeyboardInterrupt):  # the normal end, possible at any time
                ready(_address(options.host, port, token))
                server.run(sockets=[listener])
        finally:
            going_on.clear()
            counting.join()


def _listen(options: ServerOptions, out: Path) -> socket.socket:
    try:
        if options.port is not None:
            return _bind(options.host, options.port)
        with suppress(OSError):  # another review app or another program uses it
            return _bind(options.host, _port_of(out))
        return _bind(options.host, 0)
    except OSError as error:
        port = f"port {options.port}" if options.port else "any port"
        raise OutputError(
            f"cannot listen on {options.host}, {port}: {error.strerror}; choose another with --port"
        ) from error


def _port_of(out: Path) -> int:
    """Return the port of a folder, the same each time.

    A browser stores unsent changes by address, so the address of a folder must not change.
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
    """Open the review app in a browser, if there is one."""
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
