"""Who is asking: the cookie of a browser, or the token of a program."""

from __future__ import annotations

import hashlib

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from tacit.store import Store
from tacit.store.people import Actor
from tacit.store.work import Credential
from tacit.web.settings import ServerSettings

LONGEST_SECRET = 200


def credential_of(connection: HTTPConnection, settings: ServerSettings) -> Credential | None:
    """Return what a request shows to be let in, or None; a token goes before a cookie. Looked at once a request."""
    if "tacit.credential" not in connection.scope:
        connection.scope["tacit.credential"] = _shown(connection, settings)
    found: Credential | None = connection.scope["tacit.credential"]
    return found


def _shown(connection: HTTPConnection, settings: ServerSettings) -> Credential | None:
    given = connection.headers.get("authorization")
    if given is not None:
        scheme, _, secret = given.partition(" ")
        return _credential("token", secret.strip()) if scheme.lower() == "bearer" else None
    cookie = session_secret(connection, settings)
    return None if cookie is None else _credential("session", cookie)


def session_secret(connection: HTTPConnection, settings: ServerSettings) -> str | None:
    """Return the secret in the session cookie, or None."""
    return connection.cookies.get(settings.cookie)


async def actor_of(connection: HTTPConnection) -> Actor | None:
    """Return who is asking, as the database says now, or None for nobody; looked up once a request."""
    if not hasattr(connection.state, "actor"):
        store: Store = connection.app.state.store
        credential = credential_of(connection, connection.app.state.settings)
        found = None
        if credential is not None:
            found = await run_in_threadpool(store.people.credentials.of, credential.kind, credential.hash)
        connection.state.actor = found
    actor: Actor | None = connection.state.actor
    return actor


def address_of(connection: HTTPConnection, settings: ServerSettings) -> str:
    """Return the address that asks: behind a proxy, what the proxy added last."""
    if settings.behind_proxy and (forwarded := connection.headers.get("x-forwarded-for")):
        return forwarded.rpartition(",")[2].strip()
    return connection.client.host if connection.client else "unknown"


def _credential(kind: str, secret: str) -> Credential | None:
    if not 0 < len(secret) <= LONGEST_SECRET:
        return None
    return Credential(kind, hashlib.sha256(secret.encode()).hexdigest())
