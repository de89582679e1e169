"""What a judge's page calls: the next questions, answers, taking back, leases, instructions."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from tacit.errors import BadValue, NotSignedIn
from tacit.store import Store
from tacit.store.work import Credential, Reply, Visit
from tacit.web.api.calling import Call, Handler, json_answer, json_body
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
    given,
    next_shown,
    shown_project,
)
from tacit.web.asking import credential_of

MOST_WANTED = 50


def judging_routes() -> list[BaseRoute]:
    """Return the routes."""
    calls: tuple[tuple[str, str, Handler], ...] = (
        (*_ALL_DAY[0], take_answers),
        (*_ALL_DAY[1], give_next),
        ("POST", "/api/undo", take_back),
        ("POST", "/api/leases/renew", renew_leases),
        ("POST", "/api/leases/release", release_leases),
        ("POST", "/api/instructions", read_instructions),
    )
    return [Route(path, Call(handler), methods=[method], name=handler.__name__) for method, path, handler in calls]


def called_all_day(routes: Iterable[BaseRoute]) -> dict[tuple[str, str], ASGIApp]:
    """Return (method, path) → the application behind it, of those routes that a judge at work calls again and again."""
    known = {(method, one.path): one.app for one in routes if isinstance(one, Route) for method in one.methods or ()}
    return {which: known[which] for which in _ALL_DAY}


_ALL_DAY = (("POST", "/api/answers"), ("GET", "/api/next"))


async def take_answers(request: Request) -> Response:
    """Keep answers, and hand out the next questions in the same breath."""
    credential = _credential(request)
    sent = decode_answers(await json_body(request))
    answers = tuple(map(given, sent.answers))
    reply = await _visit(request, Visit(credential, sent.project, answers, n=_wanted(sent.next)))
    shown = await _project(request, reply) if reply.state == "gate" else None
    return json_answer(answered_shown(reply, shown))


async def give_next(request: Request) -> Response:
    """Hand out questions: those that the judge holds already, then new ones."""
    credential = _credential(request)
    n = request.query_params.get("n", "1")
    if not n.isascii() or not n.isdigit():
        raise BadValue("n", got=repr(n[:20]), expected=f"a whole number from 0 to {MOST_WANTED}")
    project_id = request.query_params.get("project")
    reply = await _visit(request, Visit(credential, project_id, n=_wanted(int(n[:9])), again=True))
    return json_answer(next_shown(reply, await _project(request, reply)))


async def read_instructions(request: Request) -> Response:
    """Keep that the judge has read the instructions, and say what comes next."""
    credential = _credential(request)
    sent: InstructionsRead = decode(await json_body(request), InstructionsRead)
    if not 0 <= sent.version < 2**31:
        raise BadValue("version", got=sent.version, expected="the version that was shown")
    visit = Visit(credential, sent.project, n=0, again=True, read_instructions=sent.version)
    reply = await _visit(request, visit)
    return json_answer(next_shown(reply, await _project(request, reply)))


async def take_back(request: Request) -> Response:
    """Take one of the judge's last ten answers back, and hand its question out again."""
    credential = _credential(request)
    sent: UndoSent = decode(await json_body(request), UndoSent)
    if not 0 < len(sent.key) <= 100:
        raise BadValue("key", got=f"{len(sent.key)} characters", expected="1 to 100")
    desk = _store(request).people.desk
    undone, question = await run_in_threadpool(desk.undo, credential, key=sent.key, judgment_id=sent.judgment_id[:100])
    return json_answer(UndoneShown(sent.judgment_id, undone, question))


async def renew_leases(request: Request) -> Response:
    """Keep questions for longer."""
    credential = _credential(request)
    leases = await _leases(request)
    renewed = await run_in_threadpool(_store(request).people.desk.renew, credential, leases)
    return json_answer(RenewedShown(renewed))


async def release_leases(request: Request) -> Response:
    """Give questions back unanswered."""
    credential = _credential(request)
    leases = await _leases(request)
    released = await run_in_threadpool(_store(request).people.desk.release, credential, leases)
    return json_answer(ReleasedShown(released))


def _credential(request: Request) -> Credential:
    credential = credential_of(request.scope, request.app.state.settings)
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
    """Return the project as the page gets it; a version of its instructions never changes, and is looked up once."""
    held = reply.project
    if held is None:
        return None
    known: dict[tuple[int, int], str] = request.app.state.instructions
    which = held.sequence, held.instructions
    if held.instructions and which not in known:
        known[which] = await run_in_threadpool(_store(request).people.projects.newest_html, held)
    return shown_project(held, known.get(which, ""))


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _wanted(n: int) -> int:
    if not 0 <= n <= MOST_WANTED:
        raise BadValue("number of questions", got=n, expected=f"0 to {MOST_WANTED}")
    return n
