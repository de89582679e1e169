"""Requests that another site makes a browser send are refused, and so are names that are not the server's own.

A browser says in Sec-Fetch-Site where a request comes from, and in Origin which site made it; neither can be set by a
page. A program sends neither, and no cookie that another site could borrow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from tacit.errors import BadValue
from tacit.web.refusing import WrongOrigin
from tacit.web.settings import ServerSettings, is_loopback

HOST = re.compile(r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?$")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class OwnOrigin:
    """Lets through what comes from the server's own pages, or from no page at all.

    Args:
        settings: of the server.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._hosts: set[bytes] = set()

    def fault(self, method: str, headers: Mapping[bytes, bytes]) -> WrongOrigin | BadValue | None:
        """Return what is wrong with where a request comes from, or None."""
        named = headers.get(b"host", b"")
        if named not in self._hosts:
            host = named.decode("latin-1")
            if not self._known(host):
                expected = "a name of this server"
                return BadValue("header Host", got=repr(host[:80]), expected=expected, do="Start it with --name NAME")
            if len(self._hosts) < 64:  # looked at once, since each request names it
                self._hosts.add(named)
        site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
        program = site is None and origin is None and b"cookie" not in headers
        if method in SAFE_METHODS or program:
            return None
        if site is not None:
            own = site in (b"same-origin", b"none")
        else:
            own = urlsplit((origin or b"").decode("latin-1")).netloc == named.decode("latin-1")
        if own:
            return None
        who = (origin or site or b"an unnamed site").decode("latin-1")
        return WrongOrigin("request", got=f"one from {who}", expected="one from a page here")

    def _known(self, host: str) -> bool:
        match = HOST.match(host)
        if match is None:
            return False
        name = match[1].strip("[]").lower()
        return name in self._settings.names or (is_loopback(name) and self._settings.on_loopback)
