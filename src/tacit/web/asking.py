"""Who is asking: the cookie of a browser, or the token of a program."""

from __future__ import annotations

import hashlib

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, cookie_parser
from starlette.types import Scope

from tacit.store import Store
from tacit.store.people import Actor
from tacit.store.work import Credential
from tacit.web.settings import ServerSettings

LONGEST_SECRET = 200


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """Return header → value of a request, the first of several; read once."""
    found: dict[bytes, bytes] | None = scope.get("tacit.headers")
    if found is None:
        found = scope["tacit.headers"] = dict(reversed(list(scope["headers"])))
    return found


def credential_of(scope: Scope, settings: ServerSettings) -> Credential | None:
    """Return what a request shows to be let in, or None; a token goes before a cookie. Looked at once a request."""
    if "tacit.credential" not in scope:
        scope["tacit.credential"] = _shown(scope, settings)
    found: Credential | None = scope["tacit.credential"]
    return found


def _shown(scope: Scope, settings: ServerSettings) -> Credential | None:
    given = headers_of(scope).get(b"authorization")
    if given is not None:
        scheme, _, secret = given.decode("latin-1").partition(" ")
        return _credential("token", secret.strip()) if scheme.lower() == "bearer" else None
    cookie = session_secret(scope, settings)
    return None if cookie is None else _credential("session", cookie)


def session_secret(scope: Scope, settings: ServerSettings) -> str | None:
    """Return the secret in the session cookie, or None."""
    if b"cookie" not in headers_of(scope):
        return None
    cookies = b"; ".join([value for name, value in scope["headers"] if name == b"cookie"])
    return cookie_parser(cookies.decode("latin-1")).get(settings.cookie)


async def actor_of(connection: HTTPConnection) -> Actor | None:
    """Return who is asking, as the database says now, or None for nobody; looked up once a request."""
    if not hasattr(connection.state, "actor"):
        store: Store = connection.app.state.store
        credential = credential_of(connection.scope, connection.app.state.settings)
        found = None
        if credential is not None:
            found = await run_in_threadpool(store.people.credentials.of, credential.kind, credential.hash)
        connection.state.actor = found
    actor: Actor | None = connection.state.actor
    return actor


def address_of(scope: Scope, settings: ServerSettings) -> str:
    """Return the address that asks: behind a proxy, what the proxy added last."""
    if settings.behind_proxy and b"x-forwarded-for" in headers_of(scope):
        forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"][-1]
        return str(forwarded.decode("latin-1").rpartition(",")[2].strip())
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def _credential(kind: str, secret: str) -> Credential | None:
    if not 0 < len(secret) <= LONGEST_SECRET:
        return None
    return Credential(kind, hashlib.sha256(secret.encode()).hexdigest())
