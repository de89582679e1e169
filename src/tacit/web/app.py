"""The application: every route, and what stands before it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from tacit.errors import InputError, TacitError
from tacit.store import Store
from tacit.web.api.counter import Counter
from tacit.web.api.judging import called_all_day, judging_routes
from tacit.web.api.projects import project_routes
from tacit.web.asking import actor_of
from tacit.web.authorize import authorize
from tacit.web.guard.guarding import Guard
from tacit.web.markdown import markdown_routes
from tacit.web.media import media_routes
from tacit.web.passwords import Passwords
from tacit.web.refusing import refuse, status_of, wants_json
from tacit.web.rendering import render
from tacit.web.settings import ServerSettings

RenderError = Callable[[Request, InputError, int], Response]


def create_app(
    store: Store,
    settings: ServerSettings | None = None,
    *,
    pages: Sequence[BaseRoute] = (),
    render_error: RenderError | None = None,
    hasher: PasswordHasher | None = None,
) -> Starlette:
    """Return the application that serves a store.

    Args:
        store: what is served.
        settings: of the server.
        pages: routes beside the API, media and the judging page.
        render_error: makes a page of an error, for people.
        hasher: how passwords are hashed.
    """
    settings = settings or ServerSettings()

    @asynccontextmanager
    async def serving(app: Starlette) -> AsyncIterator[None]:
        del app
        await run_in_threadpool(store.people.desk.begin)
        yield

    judging = judging_routes()
    app = Starlette(
        routes=[*judging, *project_routes(), *media_routes(), *markdown_routes(), *_own_pages(), *pages],
        lifespan=serving,
        exception_handlers={TacitError: _told(render_error), HTTPException: _told(render_error)},
        middleware=[Middleware(Guard, settings=settings, direct=called_all_day(judging))],
    )
    app.state.store, app.state.settings = store, settings
    app.state.instructions = {}
    app.state.counter = Counter(store.people.desk)
    app.state.passwords = Passwords(store, tries_per_minute=settings.tries_per_minute, hasher=hasher)
    return app


async def judge_page(request: Request) -> Response:
    """Show the page on which a judge works."""
    actor = await actor_of(request)
    if actor is None:
        return RedirectResponse("/sign-in", status_code=303)
    store: Store = request.app.state.store
    project = await run_in_threadpool(store.people.projects.get, request.path_params["project_id"])
    authorize(actor, "judge", project)
    return render(
        "judge.html.j2",
        project_id=project.project_id,
        project_name=project.name,
        project_kind=project.kind,
        account_id=actor.account_id,
    )


class OwnFiles(StaticFiles):
    """The server's own scripts and styles."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return one file; the judging page's worker may look after all of /judge/."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        if path == "judge/worker.js":
            response.headers["Service-Worker-Allowed"] = "/judge/"
        return response


def _own_pages() -> list[BaseRoute]:
    static = Path(str(files("tacit.web") / "static"))
    return [
        Route("/judge/{project_id}", judge_page, methods=["GET"], name="judge_page"),
        Mount("/static", OwnFiles(directory=static), name="static"),
    ]


def _told(render_error: RenderError | None) -> Callable[[Request, Exception], Response]:
    """Return what makes an answer of an error: JSON for programs, a page for people."""

    def tell(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            plain = InputError(request.url.path, got=str(error.status_code), expected=error.detail)
            return _answer(request, plain, error.status_code)
        if isinstance(error, InputError):
            return _answer(request, error, status_of(error))
        raise error

    def _answer(request: Request, error: InputError, status: int) -> Response:
        if render_error is not None and not wants_json(request):
            return render_error(request, error, status)
        answer = refuse(error)
        answer.status_code = status
        return answer

    return tell
