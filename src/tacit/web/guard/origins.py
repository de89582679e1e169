"""Requests that another site makes a browser send are refused, and so are names that are not the server's own.

A browser says in Sec-Fetch-Site where a request comes from, and in Origin which site made it; neither can be set by a
page. A program sends neither, and no cookie that another site could borrow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from tacit.errors import BadValue
from tacit.web.refusing import WrongOrigin, refuse
from tacit.web.settings import ServerSettings, is_loopback

HOST = re.compile(r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?$")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class OwnOrigin:
    """Lets through what comes from the server's own pages, or from no page at all.

    Args:
        app: what answers.
        settings: of the server.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app, self._settings = app, settings
        self._hosts: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            headers = HTTPConnection(scope).headers
            error = self._fault(scope["method"], headers)
            if error is not None:
                await refuse(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _fault(self, method: str, headers: Mapping[str, str]) -> WrongOrigin | BadValue | None:
        host = headers.get("host", "")
        if host not in self._hosts:
            if not self._known(host):
                expected = "a name of this server"
                return BadValue("header Host", got=repr(host[:80]), expected=expected, do="Start it with --name NAME")
            if len(self._hosts) < 64:  # looked at once, since each request names it
                self._hosts.add(host)
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        program = site is None and origin is None and "cookie" not in headers
        if method in SAFE_METHODS or program:
            return None
        own = site in ("same-origin", "none") if site is not None else urlsplit(origin or "").netloc == host
        if own:
            return None
        return WrongOrigin(
            "request", got=f"one from {origin or site or 'an unnamed site'}", expected="one from a page here"
        )

    def _known(self, host: str) -> bool:
        match = HOST.match(host)
        if match is None:
            return False
        name = match[1].strip("[]").lower()
        return name in self._settings.names or (is_loopback(name) and self._settings.on_loopback)
