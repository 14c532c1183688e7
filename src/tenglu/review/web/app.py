"""The HTTP interface of the review app."""

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader
from pydantic import Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from tenglu.errors import OutputError, TengluError
from tenglu.imaging.geometry import Polygon
from tenglu.model import Frozen
from tenglu.review.core.errors import DomainError, NoSuchError
from tenglu.review.core.i18n import choose_language, speech
from tenglu.review.core.log import StaleError
from tenglu.review.web.auth import AuthMiddleware, Sessions
from tenglu.review.web.crops import LOOKS, Frame
from tenglu.review.web.documents import ReviewFolder
from tenglu.review.web.schemas import BatchRequest
from tenglu.review.web.session import DocumentSession
from tenglu.review.web.view import error_fields, news, whole

STATIC = Path(__file__).parent / "static"
FOR_A_DAY = {"Cache-Control": "private, max-age=86400, immutable"}

Answer = Callable[[Request], Awaitable[Response]]


class Place(Frozen):
    """A polygon that a reviewer has drawn on a page, px of the scan."""

    page: int = Field(ge=1)
    polygon: Polygon


class Pages:
    """The HTML pages of the review app, in the language of the browser."""

    def __init__(self, sessions: Sessions, name: str) -> None:
        """Load the templates.

        Args:
            sessions: admitted browsers.
            name: default name of the reviewer.
        """
        self._sessions = sessions
        self._name = name
        self._templates = Environment(loader=PackageLoader("tenglu.review.web"), autoescape=True)

    def admits(self, request: Request) -> bool:
        """Return whether a browser has a session or may get one."""
        known = self._sessions.of(request.headers) is not None
        return known or self._sessions.admits(request.query_params.get("token"))

    def show(self, request: Request, template: str, **facts: object) -> Response:
        """Render a template; create a session for a new browser."""
        session = self._sessions.of(request.headers)
        admitted = self.admits(request)
        if session is None and admitted:
            session = self._sessions.open()
        language = choose_language(request.headers.get("accept-language", ""))
        words = speech(language)
        html = self._templates.get_template(template).render(
            language=language,
            say=words,
            fill=lambda name, **facts: words[name].format(**facts),
            csrf="" if session is None else session.csrf,
            name=self._name,
            **facts,
        )
        response: Response = HTMLResponse(html, 200 if admitted else 401)
        if session is not None:
            if "token" in request.query_params:  # keep it out of the browser history
                response = RedirectResponse(request.url.path, 303)
            self._sessions.give(response, session)
        return response


def make_app(
    folder: ReviewFolder, sessions: Sessions, name: str, hosts: frozenset[str] | None
) -> ASGIApp:
    """Return the application.

    Args:
        folder: the folder under review.
        sessions: admitted browsers.
        name: name of the reviewer, unless the browser sends one.
        hosts: accepted host names; None: any.
    """
    pages = Pages(sessions, name)

    async def front(request: Request) -> Response:
        if not pages.admits(request):
            return pages.show(request, "shut.html")
        listed = await run_in_threadpool(folder.listed)
        sample = await run_in_threadpool(folder.sample)
        return pages.show(request, "list.html", listed=listed, sample=sample)

    async def document(request: Request) -> Response:
        if not pages.admits(request):
            return pages.show(request, "shut.html")
        name = request.path_params["document"]
        session = await run_in_threadpool(folder.session, name)
        sampled = folder.sampled(session) if request.query_params.get("queue") == "sample" else None
        facts = {
            "id": name,
            "source": session.document.source.name,
            "queue": "" if sampled is None else "sample",
            "sampled": sampled or [],
        }
        return pages.show(request, "desk.html", **facts)

    async def session(request: Request) -> Response:
        """Create a session for a page that was opened from an earlier server."""
        known = sessions.of(request.headers)
        if known is None and not sessions.admits(None):
            raise HTTPException(401)
        opened = known or sessions.open()
        response = JSONResponse({"csrf": opened.csrf})
        sessions.give(response, opened)
        return response

    routes = [
        Route("/", _answering(front)),
        Route("/document/{document}", _answering(document)),
        Route("/session", session),
        *_api(folder),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refusal})
    return AuthMiddleware(app, sessions, hosts)


def _api(folder: ReviewFolder) -> list[Route]:
    def session_of(request: Request) -> DocumentSession:
        return folder.session(request.path_params["document"])

    async def state(request: Request) -> Response:
        shown = await run_in_threadpool(lambda: session_of(request).shown())
        return JSONResponse(whole(shown))

    async def changes(request: Request) -> Response:
        since = int(request.query_params.get("since", "0"))
        shown = await run_in_threadpool(lambda: session_of(request).shown())
        return JSONResponse(news(shown, since))

    async def picture(request: Request) -> Response:
        number, look = request.path_params["number"], request.path_params["look"]
        if look not in LOOKS:
            raise NoSuchError("no-picture")
        data = await run_in_threadpool(
            lambda: folder.picture(
                session_of(request), number, "clean" if look == "clean" else "scan"
            )
        )
        return Response(data, media_type="image/jpeg", headers=FOR_A_DAY)

    async def crop(request: Request) -> Response:
        at = request.path_params
        frame: Frame = "tight" if request.query_params.get("frame") == "tight" else "wide"

        def cut() -> bytes:
            session = session_of(request)
            return folder.crop(session, session.cell(at["table"], at["row"], at["col"]), frame)

        data = await run_in_threadpool(cut)
        return Response(data, media_type="image/jpeg", headers=FOR_A_DAY)

    async def record(request: Request) -> Response:
        words = BatchRequest.model_validate(json.loads(await request.body()))
        entries = await run_in_threadpool(
            lambda: session_of(request).record(words.words, words.who, words.seen)
        )
        return JSONResponse({"numbers": [entry.number for entry in entries]}, 201)

    async def read(request: Request) -> Response:
        place = Place.model_validate(json.loads(await request.body()))
        found = await run_in_threadpool(
            lambda: folder.read(session_of(request), place.page, place.polygon)
        )
        return JSONResponse(found)

    at = "/api/documents/{document}"
    return [
        Route(at, _answering(state)),
        Route(f"{at}/changes", _answering(changes)),
        Route(f"{at}/pages/{{number:int}}/{{look}}", _answering(picture)),
        Route(f"{at}/crops/{{table}}/{{row:int}}/{{col:int}}", _answering(crop)),
        Route(f"{at}/words", _answering(record), methods=["POST"]),
        Route(f"{at}/read", _answering(read), methods=["POST"]),
    ]


def _answering(answer: Answer) -> Answer:
    """Wrap a handler so that expected errors become responses."""

    @wraps(answer)
    async def answering(request: Request) -> Response:
        try:
            return await answer(request)
        except StaleError as stale:
            newer = [_told(entry.event.who, entry.event.after) for entry in stale.newer]
            return JSONResponse({"error": "stale", "newer": newer}, 409)
        except DomainError as refusal:
            code = 404 if isinstance(refusal, NoSuchError) else 422
            return JSONResponse({"error": str(refusal), **error_fields(refusal)}, code)
        except (ValueError, RecursionError, TengluError) as error:
            code, reason = _reason(error)
            return JSONResponse({"error": reason}, code)

    return answering


def _reason(error: Exception) -> tuple[int, str]:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return 422, f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"
    if isinstance(error, OutputError):  # such as a full disk: the browser tries again
        return 503, str(error)
    if isinstance(error, TengluError):
        return 422, str(error)
    return 400, "invalid request"


def _told(who: str, after: str | None) -> dict[str, Any]:
    return {"who": who, "after": after}


async def _refusal(_: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse({"error": "not found"}, code)
