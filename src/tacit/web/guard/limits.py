"""How much one may send, and how often."""

from __future__ import annotations

import re
from collections import OrderedDict

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tacit.web.asking import address_of, credential_of
from tacit.web.guard.allowance import MOST_REMEMBERED, Allowance
from tacit.web.refusing import TooLarge, TooMany, refuse
from tacit.web.settings import ServerSettings

UPLOADS = re.compile(r"^/projects/[^/]+/items$")


class Limits:
    """Refuses bodies that are too large, and those who ask too often.

    Args:
        app: what answers.
        settings: of the server.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app, self._settings = app, settings
        self._allowance = Allowance(settings.requests_per_s, settings.burst)
        self._guesses = Allowance(settings.tries_per_minute / 60, 5 * settings.tries_per_minute)
        self._good: OrderedDict[str, None] = OrderedDict()  # credentials that let somebody in lately

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        credential = credential_of(connection, self._settings)
        address = address_of(connection, self._settings)
        if not scope["path"].startswith("/static/"):
            wait_s = self._allowance.take(address if credential is None else credential.hash)
            if credential is not None and credential.hash not in self._good:
                # A secret that is guessed anew each time has a fresh allowance each time: an address has but one.
                wait_s = wait_s or self._guesses.wait_s(address)
            if wait_s:
                await refuse(TooMany(wait_s))(scope, receive, send)
                return
            if credential is not None:
                send = self._remembering(credential.hash, address, send)
        most = self._settings.upload_bytes if UPLOADS.match(scope["path"]) else self._settings.body_bytes
        length = connection.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > most:
            await refuse(_too_large(length, most))(scope, receive, send)
            return
        if length == "0" and "transfer-encoding" not in connection.headers:
            await self._app(scope, receive, send)
        else:
            await self._limited(scope, receive, send, most)

    def _remembering(self, hashed: str, address: str, send: Send) -> Send:
        """Return what sends, and remembers whether the credential was good."""

        async def remembered(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 401:
                    self._good.pop(hashed, None)
                    self._guesses.take(address)
                elif message["status"] < 400 and hashed not in self._good:
                    self._good[hashed] = None
                    if len(self._good) > MOST_REMEMBERED:
                        self._good.popitem(last=False)
            await send(message)

        return remembered

    async def _limited(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        """Count what comes in: a body may be longer than it says, or say nothing."""
        n_bytes, begun = 0, False

        async def counted() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > most:
                raise _too_large("more", most)
            return message

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except TooLarge as error:
            if begun:
                raise
            await refuse(error)(scope, receive, send)


def _too_large(length: str, most: int) -> TooLarge:
    return TooLarge("body", got=f"{length} bytes", expected=f"at most {most:,} bytes")
