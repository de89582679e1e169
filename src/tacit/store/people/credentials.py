"""What lets an account in: sessions of a browser, tokens of a program. Of each secret only a hash is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from tacit.errors import BadValue, UnknownName
from tacit.store.people.access import Access, absent, new_id, new_secret, secret_hash
from tacit.store.people.accounts import actor_of
from tacit.store.people.actor import SCOPES, Actor, Role
from tacit.store.people.audit import record
from tacit.store.sql.people_schema import account, session, token

SESSION_S = 14 * 86400.0
WAY_BACK_S = 2 * 86400.0
"""How long the link by which a judge comes back may be followed."""
TOKEN_MARK = "tacit_"  # noqa: S105  what tokens begin with, so that scanners of leaked secrets can tell them


@dataclass(frozen=True)
class Token:
    """What is known of a token: all but the secret.

    Args:
        token_id: its public name.
        account_id: whose it is.
        scopes: what it is for.
        created_at_s: seconds since 1970-01-01 UTC.
        expires_at_s: None for never.
        revoked_at_s: None while it works.
    """

    token_id: str
    account_id: str
    scopes: tuple[str, ...]
    created_at_s: float
    expires_at_s: float | None
    revoked_at_s: float | None


class Credentials:
    """Sessions and tokens."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def start_session(self, account_id: str) -> str:
        """Open a session and return its secret, which is kept nowhere else.

        Raises:
            UnknownName: no such account, or one that is shut out.
        """
        now, secret = self._access.now(), new_secret()

        def start(connection: Connection) -> None:
            _open(connection, now, _let_in(connection, account_id).sequence, secret, SESSION_S)
            record(connection, now, account_id, "session.start", account_id)

        self._access.write(start)
        return secret

    def way_back(self, account_id: str, *, by: str) -> str:
        """Open a short session for a judge who has lost theirs, and return its secret, for a link that is sent to them.

        Raises:
            UnknownName: no such account, or one that is shut out. BadValue: not a judge's; others have passwords.
        """
        now, secret = self._access.now(), new_secret()

        def start(connection: Connection) -> None:
            found = _let_in(connection, account_id)
            if found.role != Role.JUDGE:
                expected = "a judge; others come back with their password"
                raise BadValue("way back", got=f"a {found.role}", expected=expected)
            _open(connection, now, found.sequence, secret, WAY_BACK_S)
            record(connection, now, by, "account.way_back", account_id)

        self._access.write(start)
        return secret

    def end_session(self, secret: str) -> None:
        """End a session; one that has ended already is no error."""
        self._access.write(lambda c: c.execute(delete(session).where(session.c.secret_hash == secret_hash(secret))))

    def of_session(self, secret: str) -> Actor | None:
        """Return who a session's secret lets in, or None."""
        return self.of("session", secret_hash(secret))

    def of_token(self, secret: str) -> Actor | None:
        """Return whom a token lets in, or None."""
        return self.of("token", secret_hash(secret))

    def of(self, kind: str, hashed: str) -> Actor | None:
        """Return whom a session or token lets in, by the hash of its secret, or None."""
        given = {"session_hash": hashed} if kind == "session" else {"token_hash": hashed}
        with self._access.reading() as connection:
            return find_actor(connection, now=self._access.now(), **given)

    def make_token(
        self, account_id: str, scopes: Sequence[str], *, by: str = "", lifetime_s: float | None = None
    ) -> tuple[str, Token]:
        """Make a token and return its secret, which is kept nowhere else, and what is kept.

        Raises:
            UnknownName: no such account or scope. BadValue: no scope, or a lifetime that is not above 0.
        """
        for scope in scopes:
            if scope not in SCOPES:
                raise UnknownName("scope", scope, SCOPES)
        if not scopes or (lifetime_s is not None and lifetime_s <= 0):
            raise BadValue("token", got=f"scopes {list(scopes)}, lifetime {lifetime_s}", expected="a use and a time")
        now, secret, token_id = self._access.now(), TOKEN_MARK + new_secret(), new_id("t")
        expires_at_s = None if lifetime_s is None else now + lifetime_s

        def make(connection: Connection) -> None:
            whose = connection.execute(select(account.c.sequence).where(account.c.account_id == account_id)).scalar()
            if whose is None:
                raise absent("account", account_id)
            row = {"token_id": token_id, "secret_hash": secret_hash(secret), "account": whose}
            times = {"created_at_s": now, "expires_at_s": expires_at_s}
            connection.execute(insert(token).values(**row, scopes=" ".join(sorted(set(scopes))), **times))
            record(connection, now, by, "token.make", token_id, account=account_id, scopes=sorted(set(scopes)))

        self._access.write(make)
        return secret, Token(token_id, account_id, tuple(sorted(set(scopes))), now, expires_at_s, None)

    def tokens(self, account_id: str | None = None) -> list[Token]:
        """Return the tokens of an account, or of all."""
        columns = [token.c[name] for name in ("token_id", "scopes", "created_at_s", "expires_at_s", "revoked_at_s")]
        chosen = select(account.c.account_id, *columns).join_from(token, account).order_by(token.c.sequence)
        if account_id is not None:
            chosen = chosen.where(account.c.account_id == account_id)
        return [
            Token(r.token_id, r.account_id, tuple(r.scopes.split()), r.created_at_s, r.expires_at_s, r.revoked_at_s)
            for r in self._access.rows(chosen)
        ]

    def revoke_token(self, token_id: str, *, by: str) -> None:
        """End a token.

        Raises:
            UnknownName: no such token.
        """
        now = self._access.now()

        def revoke(connection: Connection) -> None:
            row = connection.execute(select(token.c.revoked_at_s).where(token.c.token_id == token_id)).one_or_none()
            if row is None:
                raise absent("token", token_id)
            if row.revoked_at_s is None:
                connection.execute(update(token).where(token.c.token_id == token_id).values(revoked_at_s=now))
                record(connection, now, by, "token.revoke", token_id)

        self._access.write(revoke)


def find_actor(
    connection: Connection, *, now: float, session_hash: str | None = None, token_hash: str | None = None
) -> Actor | None:
    """Return who is let in by the secret with this hash, or None: unknown, expired, revoked or shut out."""
    if session_hash is not None:
        chosen = select(session.c.account).where(session.c.secret_hash == session_hash, session.c.expires_at_s > now)
        whose = connection.execute(chosen).scalar()
        return None if whose is None else actor_of(connection, account.c.sequence == whose, None)
    found = select(token.c.account, token.c.scopes, token.c.expires_at_s).where(token.c.secret_hash == token_hash)
    row = connection.execute(found.where(token.c.revoked_at_s.is_(None))).one_or_none()
    if row is None or (row.expires_at_s is not None and row.expires_at_s <= now):
        return None
    return actor_of(connection, account.c.sequence == row.account, frozenset(row.scopes.split()))


def _let_in(connection: Connection, account_id: str) -> Any:  # noqa: ANN401  a row of sequence and role
    chosen = select(account.c.sequence, account.c.role).where(account.c.account_id == account_id)
    found = connection.execute(chosen.where(account.c.disabled_at_s.is_(None))).one_or_none()
    if found is None:
        raise absent("account", account_id)
    return found


def _open(connection: Connection, now: float, account_sequence: int, secret: str, lifetime_s: float) -> None:
    connection.execute(delete(session).where(session.c.expires_at_s < now))
    row = {"secret_hash": secret_hash(secret), "account": account_sequence}
    connection.execute(insert(session).values(**row, created_at_s=now, expires_at_s=now + lifetime_s))
