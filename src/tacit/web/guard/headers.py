"""Headers that every answer carries, so that a browser does nothing that the page did not ask for."""

from __future__ import annotations

from collections.abc import Iterable

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""No inline script or style, no evaluation, nothing from elsewhere."""

ALWAYS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
)
UNLESS_SET: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", POLICY.encode()),
    (b"cache-control", b"no-store"),
)
BY_TLS = (b"strict-transport-security", b"max-age=31536000")


class SafeHeaders:
    """Adds the headers.

    Args:
        secure: whether browsers come by TLS.
    """

    def __init__(self, *, secure: bool) -> None:
        self._always = (*ALWAYS, BY_TLS) if secure else ALWAYS
        self._all = (*self._always, *UNLESS_SET)

    def added_to(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return the headers of an answer with those that every answer carries."""
        given = list(headers)
        there = {name for name, _ in given}
        if there.isdisjoint(_UNLESS_SET):
            return [*given, *self._all]
        return [*given, *self._always, *(pair for pair in UNLESS_SET if pair[0] not in there)]


_UNLESS_SET = frozenset(name for name, _ in UNLESS_SET)
