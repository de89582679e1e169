"""Coming in and going out: what the pages of sign-in and invites call."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tacit.store import Store
from tacit.store.people import SESSION_S, Actor, Role
from tacit.web.asking import address_of, session_secret
from tacit.web.passwords import Passwords
from tacit.web.settings import ServerSettings


async def sign_in(request: Request, name: str, password: str) -> str:
    """Return the account_id of whoever has this name and password.

    Raises:
        TooMany: too many tries. NotSignedIn: a name or password that is not right.
    """
    passwords: Passwords = request.app.state.passwords
    address = address_of(request.scope, request.app.state.settings)
    return await run_in_threadpool(passwords.check, name, password, address=address)


async def accept_invite(
    request: Request, secret: str, *, name: str = "", password: str | None = None, actor: Actor | None = None
) -> str:
    """Come in by an invite, as a new account or as the one that is signed in, and return its account_id.

    Judges need no password: without one, they come back as long as their session lasts.

    Raises:
        TooMany: too many tries. UnknownName: no such invite, or it is used up. BadValue: a name that is taken, or a
            password that is too short; all but judges need one.
    """
    store: Store = request.app.state.store
    passwords: Passwords = request.app.state.passwords
    passwords.count_try(address_of(request.scope, request.app.state.settings))
    invite = await run_in_threadpool(store.people.invites.find, secret)
    if actor is not None:
        return await run_in_threadpool(store.people.invites.accept, secret, account_id=actor.account_id)
    needed = invite is not None and invite.role in (Role.LEAD, Role.OWNER, Role.REVIEWER)
    hashed = await run_in_threadpool(passwords.hash, password or "") if needed or password else None
    return await run_in_threadpool(store.people.invites.accept, secret, name=name, password_hash=hashed)


async def come_back(request: Request) -> str | None:
    """Return the account_id of the judge whose link back this is, and use the link up; None if it holds no more.

    Raises:
        TooMany: too many tries.
    """
    store: Store = request.app.state.store
    passwords: Passwords = request.app.state.passwords
    passwords.count_try(address_of(request.scope, request.app.state.settings))
    secret = request.path_params["secret"]
    actor = await run_in_threadpool(store.people.credentials.of_session, secret)
    if actor is None or actor.role != Role.JUDGE:
        return None
    await run_in_threadpool(store.people.credentials.end_session, secret)
    return actor.account_id


async def start_session(request: Request, response: Response, account_id: str) -> None:
    """Open a session for an account and put its cookie into the response; a session that was open is ended."""
    await end_session(request, response)
    store: Store = request.app.state.store
    settings: ServerSettings = request.app.state.settings
    secret = await run_in_threadpool(store.people.credentials.start_session, account_id)
    response.set_cookie(
        settings.cookie, secret, max_age=int(SESSION_S), path="/", secure=settings.secure, httponly=True, samesite="lax"
    )


async def end_session(request: Request, response: Response) -> None:
    """End the session of a request, and take its cookie back."""
    store: Store = request.app.state.store
    settings: ServerSettings = request.app.state.settings
    secret = session_secret(request.scope, settings)
    if secret is not None:
        await run_in_threadpool(store.people.credentials.end_session, secret)
        response.delete_cookie(settings.cookie, path="/", secure=settings.secure, httponly=True, samesite="lax")
