"""Errors as answers: a status, and the four parts of every message."""

from __future__ import annotations

from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from tacit.errors import CannotWrite, Conflict, InputError, NotAllowed, NotSignedIn, StoreError, TacitError, UnknownName


class TooMany(InputError):
    """More requests than one may send.

    Args:
        wait_s: after how long to try again.
    """

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__("request", got="too many of them", expected="fewer", do=f"Wait {max(wait_s, 1):.0f} s")


class TooLarge(InputError):
    """A body that is larger than the server takes."""


class WrongOrigin(InputError):
    """A request that another site made a browser send."""


def status_of(error: TacitError) -> int:
    """Return the HTTP status of an error."""
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return status
    return 400


def error_body(error: TacitError) -> dict[str, Any]:
    """Return what programs read of an error."""
    if not isinstance(error, InputError):
        return {"error": {"where": "request", "got": str(error), "expected": "", "do": ""}}
    body = {"where": error.where, "got": str(error.got), "expected": error.expected, "do": error.do}
    if isinstance(error, Conflict):
        return {"error": {**body, "mine": error.mine, "theirs": error.theirs}}
    return {"error": body}


def refuse(error: TacitError) -> Response:
    """Return an error as JSON."""
    headers = {"Retry-After": f"{max(error.wait_s, 1):.0f}"} if isinstance(error, TooMany) else {}
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(error_body(error), status_code=status_of(error), headers=headers)


def wants_json(connection: HTTPConnection) -> bool:
    """Return whether a program is asking, rather than a person's browser."""
    return connection.url.path.startswith(("/api/", "/media/")) or "text/html" not in connection.headers.get(
        "accept", ""
    )


_STATUS: tuple[tuple[type[TacitError], int], ...] = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (WrongOrigin, 403),
    (UnknownName, 404),
    (Conflict, 409),
    (TooLarge, 413),
    (TooMany, 429),
    (CannotWrite, 503),  # nothing was kept; the same request may well be taken later
    (StoreError, 503),
)
