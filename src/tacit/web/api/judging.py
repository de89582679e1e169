"""What a judge's page calls: the next questions, answers, taking back, leases, instructions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from tacit.errors import BadValue, NotSignedIn, TacitError
from tacit.store import Store
from tacit.store.work import Credential, Reply, Visit
from tacit.web.api.counter import Counter
from tacit.web.api.wire import (
    MOST_LEASES,
    InstructionsRead,
    LeasesSent,
    ProjectShown,
    ReleasedShown,
    RenewedShown,
    UndoneShown,
    UndoSent,
    answered_shown,
    decode,
    decode_answers,
    encode,
    given,
    next_shown,
    shown_project,
)
from tacit.web.asking import credential_of
from tacit.web.refusing import refuse

MOST_WANTED = 50
Handler = Callable[[Request], Awaitable[Response]]


class Call:
    """A handler as an application of its own: errors become JSON here, and nothing else stands in between.

    Args:
        handler: what answers.
    """

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.__name__ = getattr(handler, "__name__", "call")
        self.__doc__ = handler.__doc__

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        try:
            response = await self.handler(request)
        except TacitError as error:
            response = refuse(error)
        await response(scope, receive, send)


def judging_routes() -> list[BaseRoute]:
    """Return the routes, those that are called most first."""
    calls: tuple[tuple[str, str, Handler], ...] = (
        ("/api/answers", "POST", take_answers),
        ("/api/next", "GET", give_next),
        ("/api/undo", "POST", take_back),
        ("/api/leases/renew", "POST", renew_leases),
        ("/api/leases/release", "POST", release_leases),
        ("/api/instructions", "POST", read_instructions),
    )
    return [Route(path, Call(handler), methods=[method], name=handler.__name__) for path, method, handler in calls]


async def take_answers(request: Request) -> Response:
    """Keep answers, and hand out the next questions in the same breath."""
    credential = _credential(request)
    sent = decode_answers(await json_body(request))
    answers = tuple(map(given, sent.answers))
    reply = await _visit(request, Visit(credential, sent.project, answers, n=_wanted(sent.next)))
    shown = await _project(request, reply) if reply.state == "gate" else None
    return _json(answered_shown(reply, shown))


async def give_next(request: Request) -> Response:
    """Hand out questions: those that the judge holds already, then new ones."""
    credential = _credential(request)
    n = request.query_params.get("n", "1")
    if not n.isascii() or not n.isdigit():
        raise BadValue("n", got=repr(n[:20]), expected=f"a whole number from 0 to {MOST_WANTED}")
    project_id = request.query_params.get("project")
    reply = await _visit(request, Visit(credential, project_id, n=_wanted(int(n[:9])), again=True))
    return _json(next_shown(reply, await _project(request, reply)))


async def read_instructions(request: Request) -> Response:
    """Keep that the judge has read the instructions, and say what comes next."""
    credential = _credential(request)
    sent: InstructionsRead = decode(await json_body(request), InstructionsRead)
    if not 0 <= sent.version < 2**31:
        raise BadValue("version", got=sent.version, expected="the version that was shown")
    visit = Visit(credential, sent.project, n=0, again=True, read_instructions=sent.version)
    reply = await _visit(request, visit)
    return _json(next_shown(reply, await _project(request, reply)))


async def take_back(request: Request) -> Response:
    """Take one of the judge's last ten answers back, and hand its question out again."""
    credential = _credential(request)
    sent: UndoSent = decode(await json_body(request), UndoSent)
    if not 0 < len(sent.key) <= 100:
        raise BadValue("key", got=f"{len(sent.key)} characters", expected="1 to 100")
    desk = _store(request).people.desk
    undone, question = await run_in_threadpool(desk.undo, credential, key=sent.key, judgment_id=sent.judgment_id[:100])
    return _json(UndoneShown(sent.judgment_id, undone, question))


async def renew_leases(request: Request) -> Response:
    """Keep questions for longer."""
    credential = _credential(request)
    leases = await _leases(request)
    renewed = await run_in_threadpool(_store(request).people.desk.renew, credential, leases)
    return _json(RenewedShown(renewed))


async def release_leases(request: Request) -> Response:
    """Give questions back unanswered."""
    credential = _credential(request)
    leases = await _leases(request)
    released = await run_in_threadpool(_store(request).people.desk.release, credential, leases)
    return _json(ReleasedShown(released))


async def json_body(request: Request) -> bytes:
    """Return the body of a request that says it is JSON.

    Raises:
        BadValue: it says something else: a form of another site can send no JSON without asking.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise BadValue("header Content-Type", got=repr(content_type[:60]), expected="application/json")
    return await request.body()


def _credential(request: Request) -> Credential:
    credential = credential_of(request, request.app.state.settings)
    if credential is None:
        raise NotSignedIn("request", got="no session or token", expected="one", do="Sign in")
    return credential


async def _visit(request: Request, visit: Visit) -> Reply:
    counter: Counter = request.app.state.counter
    return await counter.visit(visit)


async def _leases(request: Request) -> list[str]:
    sent: LeasesSent = decode(await json_body(request), LeasesSent)
    if len(sent.leases) > MOST_LEASES:
        raise BadValue("leases", got=f"{len(sent.leases)} of them", expected=f"at most {MOST_LEASES}")
    return sent.leases


async def _project(request: Request, reply: Reply) -> ProjectShown | None:
    return await run_in_threadpool(_looked_up, _store(request), reply.project) if reply.project else None


def _looked_up(store: Store, sequence: int) -> ProjectShown:
    project = store.people.projects.at(sequence)
    return shown_project(project, store.people.projects.newest_html(project))


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _wanted(n: int) -> int:
    if not 0 <= n <= MOST_WANTED:
        raise BadValue("number of questions", got=n, expected=f"0 to {MOST_WANTED}")
    return n


def _json(value: object) -> Response:
    return Response(encode(value), media_type="application/json")
