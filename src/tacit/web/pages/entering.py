"""Coming in and going out: the first account, invites, sign-in, one's own account."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tacit.errors import InputError, NotSignedIn, UnknownName
from tacit.store.people import Actor, Invite, Role
from tacit.store.work import Visit
from tacit.web.asking import actor_of, credential_of
from tacit.web.entering import accept_invite, come_back, end_session, sign_in, start_session
from tacit.web.pages.context import apart, form_of, people_of, project_of
from tacit.web.pages.drawing import draw, see
from tacit.web.refusing import status_of


async def start(request: Request) -> Response:
    """GET /: to where this account works."""
    actor = await actor_of(request)
    if actor is None:
        return see("/sign-in")
    if actor.has(Role.REVIEWER):
        return see("/projects")
    projects = [one for one in await apart(people_of(request).projects.all) if one.sequence in actor.member_of]
    if len(projects) == 1:
        return see(f"/judge/{projects[0].project_id}")
    return draw(request, "work.html.j2", projects=projects)


async def show_sign_in(request: Request) -> Response:
    """GET /sign-in."""
    await actor_of(request)
    return draw(request, "sign_in.html.j2", fault="", name="", next=_own_path(request.query_params.get("next", "")))


async def do_sign_in(request: Request) -> Response:
    """POST /sign-in."""
    form = await form_of(request)
    name, onward = form.get("name", ""), _own_path(form.get("next", ""))
    try:
        account_id = await sign_in(request, name, form.get("password", ""))
    except InputError as error:
        request.state.actor = None
        status = status_of(error)
        return draw(request, "sign_in.html.j2", status=status, fault=_told(error), name=name, next=onward)
    response = see(onward)
    await start_session(request, response, account_id)
    return response


async def sign_out(request: Request) -> Response:
    """POST /sign-out."""
    response = see("/sign-in")
    await end_session(request, response)
    return response


async def show_invite(request: Request) -> Response:
    """GET /enter/SECRET: nothing is used up before the form is sent, so that a preview of the link does no harm."""
    actor = await actor_of(request)
    return await _enter(request, await _invite(request), actor)


async def use_invite(request: Request) -> Response:
    """POST /enter/SECRET."""
    actor = await actor_of(request)
    invite = await _invite(request)
    form = await form_of(request)
    name, secret = form.get("name", "").strip(), request.path_params["secret"]
    joins = actor if "join" in form else None
    try:
        account_id = await accept_invite(request, secret, name=name, password=form.get("password") or None, actor=joins)
    except InputError as error:
        return await _enter(request, invite, actor, fault=_told(error), name=name, status=status_of(error))
    judges = invite.role == Role.JUDGE and invite.project_id
    response: Response = see(f"/judge/{invite.project_id}" if judges else "/")
    if joins is None:
        await start_session(request, response, account_id)
    return response


async def show_way_back(request: Request) -> Response:
    """GET /return/SECRET: nothing is used up before the form is sent, so that a preview of the link does no harm."""
    await actor_of(request)
    return draw(request, "way_back.html.j2", secret=request.path_params["secret"])


async def use_way_back(request: Request) -> Response:
    """POST /return/SECRET: a judge who lost the session goes on as the same judge."""
    account_id = await come_back(request)
    if account_id is None:
        do = "It may have been used or gone out of date. Ask for another"
        raise UnknownName("link", "back", (), do=do)
    response: Response = see("/")
    await start_session(request, response, account_id)
    return response


async def show_code(request: Request) -> Response:
    """GET /judge/ID/code: what a judge does to get the completion code."""
    return await _code(request, "")


async def make_code(request: Request) -> Response:
    """POST /judge/ID/code: the completion code of a judge for whom nothing is left, the same each time."""
    _, project = await project_of(request, "judge")
    credential = credential_of(request.scope, request.app.state.settings)
    people = people_of(request)
    if credential is not None:
        reply = await apart(people.desk.visit, Visit(credential, project.project_id, n=1, again=True))
        if reply.state == "done" and reply.progress.answered:
            actor = await _signed_in(request)
            code = await apart(people.members.completion_code, project.project_id, actor.account_id)
            return await _code(request, code)
    return await _code(
        request, "", fault="There is still something to judge, or nothing has been judged yet.", status=409
    )


async def _code(request: Request, code: str, *, fault: str = "", status: int = 200) -> Response:
    _, project = await project_of(request, "judge")
    return draw(request, "code.html.j2", status=status, project=project, code=code, fault=fault)


async def show_own_account(request: Request) -> Response:
    """GET /account."""
    return await _own(request, await _signed_in(request))


async def change_password(request: Request) -> Response:
    """POST /account/password: other sessions are ended."""
    actor = await _signed_in(request)
    form = await form_of(request)
    accounts = people_of(request).accounts
    try:
        known = await apart(accounts.password_of, actor.name or "")
        if known is not None:
            await sign_in(request, actor.name or "", form.get("old", ""))
        hashed = await apart(request.app.state.passwords.hash, form.get("password", ""))
        await apart(accounts.set_password, actor.account_id, hashed, by=actor.account_id)
    except InputError as error:
        return await _own(request, actor, fault=_told(error), status=status_of(error))
    response = see("/account", "password")
    await start_session(request, response, actor.account_id)
    return response


async def _invite(request: Request) -> Invite:
    found = await apart(people_of(request).invites.find, request.path_params["secret"])
    if found is None:
        do = "It may have been used, called back or gone out of date. Ask for another"
        raise UnknownName("invite", "with this link", (), do=do)
    return found


async def _enter(
    request: Request, invite: Invite, actor: Actor | None, *, fault: str = "", name: str = "", status: int = 200
) -> Response:
    first = invite.role == Role.OWNER and not await apart(people_of(request).accounts.has_owner)
    return draw(
        request,
        "enter.html.j2",
        status=status,
        invite=invite,
        secret=request.path_params["secret"],
        first=first,
        joins=actor is not None and not first and actor.has(invite.role),
        password_needed=invite.role != Role.JUDGE,
        fault=fault,
        name=name,
    )


async def _signed_in(request: Request) -> Actor:
    actor = await actor_of(request)
    if actor is None or actor.scopes is not None:
        raise NotSignedIn("this page", got="nobody signed in", expected="an account", do="Sign in")
    return actor


async def _own(request: Request, actor: Actor, *, fault: str = "", status: int = 200) -> Response:
    account = await apart(people_of(request).accounts.get, actor.account_id)
    return draw(
        request, "account.html.j2", status=status, account=account, own=True, manages=False, roles=[], fault=fault
    )


def _own_path(path: str) -> str:
    """Return a path of this server, else the start: a link must not lead elsewhere after sign-in."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if safe else "/"


def _told(error: InputError) -> str:
    return f"{error.got}; expected {error.expected}." + (f" {error.do}." if error.do else "")


def to_sign_in(request: Request) -> Response:
    """Send a browser that is not signed in to the sign-in page, and back afterwards."""
    onward = request.url.path if request.method == "GET" else "/"
    return RedirectResponse(f"/sign-in?next={onward}", status_code=303)
