"""What stands before every page and every call, in one pass: host and origin, rate and size, headers of the answer.

One layer, because a request is looked at once: its headers are read once, and an answer is touched once on its way out.
What judges call all day goes from here straight to its handler, past the router, and so past no check.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tacit.errors import InputError
from tacit.web.asking import address_of, credential_of, headers_of
from tacit.web.guard.headers import SafeHeaders
from tacit.web.guard.limits import Limits, counted
from tacit.web.guard.origins import OwnOrigin
from tacit.web.refusing import TooLarge, refuse
from tacit.web.settings import ServerSettings


class Guard:
    """Lets through what may come in.

    Args:
        app: what answers.
        settings: of the server.
        direct: (method, path) → what answers it without the router having to look for it.
    """

    def __init__(
        self, app: ASGIApp, settings: ServerSettings, direct: Mapping[tuple[str, str], ASGIApp] | None = None
    ) -> None:
        self._app, self._settings, self._direct = app, settings, dict(direct or {})
        self._origins, self._limits = OwnOrigin(settings), Limits(settings)
        self._safe = SafeHeaders(secure=settings.secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, method, path = headers_of(scope), scope["method"], scope["path"]
        credential, address = credential_of(scope, self._settings), address_of(scope, self._settings)
        limits, safe, begun = self._limits, self._safe, False

        async def answer(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                if let_in:
                    limits.heard(credential, address, message["status"])
                message["headers"] = safe.added_to(message.get("headers", ()))
            await send(message)

        error: InputError | None = self._origins.fault(method, headers)
        error = error or limits.too_many(credential, address, path) or limits.too_large(headers, path)
        let_in = error is None
        if error is not None:
            await refuse(error)(scope, receive, answer)
            return
        if b"transfer-encoding" in headers:  # else a body is as long as it says, or the connection's parser stops it
            receive = counted(receive, limits.most(path))
        try:
            await self._direct.get((method, path), self._app)(scope, receive, answer)
        except TooLarge as late:
            if begun:
                raise
            await refuse(late)(scope, receive, answer)
