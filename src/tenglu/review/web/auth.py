"""Access to the review app: browser sessions, checks of requests, and security headers."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 512 * 1024  # bytes of a request
MOST_SESSIONS = 1000
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
READS = frozenset({"GET", "HEAD"})
OPEN = ("/", "/session")  # these handlers check the token themselves
PAGES = ("/document/", "/static/")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Session(NamedTuple):
    """An admitted browser."""

    id: str
    csrf: str  # token that the browser sends with every write


class Sessions:
    """The admitted browsers, kept in memory until the server ends."""

    def __init__(self, token: str | None, cookie: str) -> None:
        """Create an empty set of sessions.

        Args:
            token: token that admits a browser; None: admit every browser.
            cookie: name of the session cookie.
        """
        self.cookie = cookie
        self._token = token
        self._known: OrderedDict[str, Session] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def admits(self, token: str | None) -> bool:
        """Return whether a new browser with this token is admitted."""
        if self._token is None:
            return True
        return token is not None and secrets.compare_digest(token.encode(), self._token.encode())

    def open(self) -> Session:
        """Create a session for a browser."""
        session = Session(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        with self._one_at_a_time:
            self._known[session.id] = session
            while len(self._known) > MOST_SESSIONS:
                self._known.popitem(last=False)
        return session

    def of(self, headers: Mapping[str, str]) -> Session | None:
        """Return the session of a request, or None without one."""
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return None
        morsel = cookies.get(self.cookie)
        return None if morsel is None else self._known.get(morsel.value)

    def give(self, response: Response, session: Session) -> None:
        """Set the session cookie of a response."""
        response.set_cookie(self.cookie, session.id, httponly=True, samesite="strict", path="/")


class AuthMiddleware:
    """Middleware that rejects requests without a valid host, session or CSRF token."""

    def __init__(self, app: ASGIApp, sessions: Sessions, hosts: frozenset[str] | None) -> None:
        """Wrap an application.

        Args:
            app: the application.
            sessions: admitted browsers.
            hosts: accepted host names; None: any, if a token is required.
        """
        self._app = app
        self._sessions = sessions
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is None and scope["method"] not in READS:
            body = await _bounded(headers, receive)
            if body is None:
                refusal = 413, "the request is too large"
            else:
                receive = _replay(body)
        if refusal is not None:
            code, reason = refusal
            await JSONResponse({"error": reason}, code)(scope, receive, send_safely)
            return
        await self._app(scope, receive, send_safely)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        if self._hosts is not None and _name(headers.get("host", "")) not in self._hosts:
            return 403, "this host name is not accepted"
        path: str = scope["path"]
        if scope["method"] in READS and (path in OPEN or path.startswith(PAGES)):
            return None
        session = self._sessions.of(headers)
        if session is None:
            return 401, "unknown session: open the review app again"
        if scope["method"] in READS:
            return None
        return _refused_write(headers, session)


def _refused_write(headers: Headers, session: Session) -> tuple[int, str] | None:
    origin = headers.get("origin")
    if origin is None or origin.partition("://")[2] != headers.get("host"):
        return 403, "writes are accepted from the review app only"
    if not secrets.compare_digest(headers.get("x-csrf", "").encode(), session.csrf.encode()):
        return 403, "the CSRF token is missing or wrong"
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return 415, "writes must be JSON"
    return None


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # brackets that do not close
        return ""


async def _bounded(headers: Headers, receive: Receive) -> bytes | None:
    """Return the body of a request, or None if it is too large."""
    length = headers.get("content-length", "0")
    if length.isdigit() and int(length) > LARGEST:
        return None
    body = b""
    while True:
        message = await receive()
        part: bytes = message.get("body", b"")
        body += part
        if len(body) > LARGEST:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return body


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
