"""Handlers of the API as applications of their own: JSON comes in and goes out, errors too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tacit.errors import BadValue, TacitError
from tacit.web.api.wire import encode
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


async def json_body(request: Request) -> bytes:
    """Return the body of a request that says it is JSON.

    Raises:
        BadValue: it says something else: a form of another site can send no JSON without asking.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise BadValue("header Content-Type", got=repr(content_type[:60]), expected="application/json")
    return await request.body()


def json_answer(value: object) -> Response:
    """Return a value as JSON."""
    return Response(encode(value), media_type="application/json")
