"""Handlers of the API as applications of their own: JSON comes in and goes out, errors too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tacit.errors import BadValue, TacitError
from tacit.web.api.wire import encode
from tacit.web.asking import headers_of
from tacit.web.refusing import refuse

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


class JsonAnswer(Response):
    """A JSON answer that goes out in the two messages that it takes, and nothing else.

    Args:
        content: the JSON.
    """

    media_type = "application/json"

    def __init__(self, content: bytes) -> None:
        self.status_code, self.body, self.background = 200, content, None
        self.raw_headers = [_JSON, (b"content-length", b"%d" % len(content))]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


async def json_body(request: Request) -> bytes:
    """Return the body of a request that says it is JSON.

    Raises:
        BadValue: it says something else: a form of another site can send no JSON without asking.
    """
    given = headers_of(request.scope).get(b"content-type", b"")
    if given != b"application/json":
        content_type = given.decode("latin-1").partition(";")[0].strip().lower()
        if content_type != "application/json":
            raise BadValue("header Content-Type", got=repr(content_type[:60]), expected="application/json")
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    pieces: list[bytes] = [message.get("body", b"")]
    while message.get("more_body", False):
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
    return b"".join(pieces)


def json_answer(value: object) -> Response:
    """Return a value as JSON."""
    return JsonAnswer(encode(value))


_JSON = (b"content-type", b"application/json")
