"""Passwords: hashed with argon2id, tried only so often, and never told apart from unknown names."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tacit.errors import BadValue, NotSignedIn
from tacit.store import Store
from tacit.web.guard.allowance import Allowance
from tacit.web.refusing import TooMany

SHORTEST, LONGEST = 10, 200


class Passwords:
    """Checks passwords.

    Args:
        store: the workspace.
        tries_per_minute: from one address, or for one name.
        hasher: how they are hashed; the library's own settings, those of RFC 9106 for little memory, by default.

    Source: Biryukov, Dinu, Khovratovich 2021, RFC 9106, section 4.
    """

    def __init__(self, store: Store, *, tries_per_minute: float, hasher: PasswordHasher | None = None) -> None:
        self._store, self._hasher = store, hasher or PasswordHasher()
        self._tries = Allowance(tries_per_minute / 60, tries_per_minute)

    def hash(self, password: str) -> str:
        """Return what is kept of a password.

        Raises:
            BadValue: it is too short or too long.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise BadValue("password", got=f"{len(password)} characters", expected=f"{SHORTEST} to {LONGEST}")
        return self._hasher.hash(password)

    def check(self, name: str, password: str, *, address: str) -> str:
        """Return the account_id of whoever has this name and password.

        Raises:
            TooMany: too many tries from this address, or for this name. NotSignedIn: there is none.
        """
        self.count_try(address, name)
        known = self._store.people.accounts.password_of(name[:LONGEST])
        # A name that is not there costs as much time as one that is, so that names cannot be found out.
        hashed = _nobodys(self._hasher) if known is None else known[1]
        try:
            self._hasher.verify(hashed, password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            known = None
        if known is None:
            raise NotSignedIn("sign-in", got="a name or password that is not right", expected="those of your account")
        return known[0]

    def count_try(self, address: str, name: str = "") -> None:
        """Count one try to come in.

        Raises:
            TooMany: too many of them.
        """
        for who in (f"address {address}", f"name {name[:LONGEST]}") if name else (f"address {address}",):
            if wait_s := self._tries.take(who):
                raise TooMany(wait_s)


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    return hasher.hash("the password of nobody")
