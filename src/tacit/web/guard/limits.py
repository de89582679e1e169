"""How much one may send, and how often."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping

from starlette.types import Message, Receive

from tacit.store.work import Credential
from tacit.web.guard.allowance import MOST_REMEMBERED, Allowance
from tacit.web.refusing import TooLarge, TooMany
from tacit.web.settings import ServerSettings

UPLOADS = re.compile(r"^/projects/[^/]+/items$")
LONGEST_LENGTH = 19  # digits of a number of bytes


class Limits:
    """Finds bodies that are too large, and those who ask too often.

    Args:
        settings: of the server.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._allowance = Allowance(settings.requests_per_s, settings.burst)
        self._guesses = Allowance(settings.tries_per_minute / 60, 5 * settings.tries_per_minute)
        self._good: OrderedDict[str, None] = OrderedDict()  # credentials that let somebody in lately

    def too_many(self, credential: Credential | None, address: str, path: str) -> TooMany | None:
        """Count a request, and return why it has to wait, or None."""
        if path.startswith("/static/"):
            return None
        wait_s = self._allowance.take(address if credential is None else credential.hash)
        if credential is not None and credential.hash not in self._good:
            # A secret that is guessed anew each time has a fresh allowance each time: an address has but one.
            wait_s = wait_s or self._guesses.wait_s(address)
        return TooMany(wait_s) if wait_s else None

    def heard(self, credential: Credential | None, address: str, status: int) -> None:
        """Remember by what a request was answered whether its credential is good."""
        if credential is None:
            return
        if status == 401:
            self._good.pop(credential.hash, None)
            self._guesses.take(address)
        elif status < 400 and credential.hash not in self._good:
            self._good[credential.hash] = None
            if len(self._good) > MOST_REMEMBERED:
                self._good.popitem(last=False)

    def most(self, path: str) -> int:
        """Return how many bytes a body may have."""
        return self._settings.upload_bytes if UPLOADS.match(path) else self._settings.body_bytes

    def too_large(self, headers: Mapping[bytes, bytes], path: str) -> TooLarge | None:
        """Return what is wrong with the length that a body says to have, or None."""
        length = headers.get(b"content-length")
        if length is None:
            return None
        said, most = length.decode("latin-1"), self.most(path)
        right = length.isdigit() and len(length) < LONGEST_LENGTH and int(said) <= most
        return None if right else _too_large(said[:LONGEST_LENGTH], most)


def counted(receive: Receive, most: int) -> Receive:
    """Return what receives, and counts: a body that comes in pieces does not say how long it is.

    Raises:
        TooLarge: when it is received, more than `most` bytes.
    """
    n_bytes = 0

    async def receive_counted() -> Message:
        nonlocal n_bytes
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if n_bytes > most:
            raise _too_large("more", most)
        return message

    return receive_counted


def _too_large(length: str, most: int) -> TooLarge:
    return TooLarge("body", got=f"{length} bytes", expected=f"at most {most:,} bytes")
