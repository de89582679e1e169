"""Invites: the one way in. A link holds a secret, of which only a hash is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from tacit.errors import BadValue
from tacit.store.people.access import Access, absent, new_id, new_secret, secret_hash
from tacit.store.people.accounts import add_account
from tacit.store.people.actor import Role
from tacit.store.people.audit import record
from tacit.store.people.members import join
from tacit.store.sql.people_schema import account, invite, project

INVITE_S = 14 * 86400.0
FIRST_OWNER_S = 86400.0


@dataclass(frozen=True)
class Invite:
    """What is known of an invite: all but the secret.

    Args:
        invite_id: its public name.
        role: the role that it gives.
        project_id: the project that it leads to; None for the workspace alone.
        project_name: what that project is called.
        created_at_s: seconds since 1970-01-01 UTC.
        expires_at_s: after this it is void.
        uses_left: how many more may come in by it.
        revoked_at_s: when it was called back; None while it holds.
    """

    invite_id: str
    role: Role
    project_id: str | None
    project_name: str | None
    created_at_s: float
    expires_at_s: float
    uses_left: int
    revoked_at_s: float | None


class Invites:
    """Links by which people come in."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def make(
        self, role: Role, *, project_id: str | None = None, by: str = "", uses: int = 1, lifetime_s: float = INVITE_S
    ) -> tuple[str, Invite]:
        """Make an invite and return its secret, which is kept nowhere else, and what is kept.

        Raises:
            UnknownName: no such project. BadValue: no uses, or no time.
        """
        if not 1 <= uses <= 100_000 or lifetime_s <= 0:
            raise BadValue("invite", got=f"{uses} uses in {lifetime_s} s", expected="1 to 100,000 uses, and a time")
        now, secret, invite_id = self._access.now(), new_secret(), new_id("i")

        def make(connection: Connection) -> None:
            to = None
            if project_id is not None:
                to = connection.execute(select(project.c.sequence).where(project.c.project_id == project_id)).scalar()
                if to is None:
                    raise absent("project", project_id)
            maker = connection.execute(select(account.c.sequence).where(account.c.account_id == by)).scalar()
            row = {"invite_id": invite_id, "secret_hash": secret_hash(secret), "role": role, "project": to}
            times = {"created_at_s": now, "expires_at_s": now + lifetime_s}
            connection.execute(insert(invite).values(**row, **times, made_by=maker, uses_left=uses))
            record(connection, now, by, "invite.make", invite_id, role=role, project=project_id, uses=uses)

        self._access.write(make)
        return secret, next(one for one in self.all() if one.invite_id == invite_id)

    def first_owner(self) -> str:
        """Return the secret of a one-time link that makes the first owner; earlier such links are void."""
        now = self._access.now()
        void = update(invite).where(invite.c.role == Role.OWNER, invite.c.made_by.is_(None))
        self._access.write(lambda c: c.execute(void.where(invite.c.revoked_at_s.is_(None)).values(revoked_at_s=now)))
        return self.make(Role.OWNER, lifetime_s=FIRST_OWNER_S)[0]

    def all(self) -> list[Invite]:
        """Return all invites, the newest first."""
        return [_invite(row) for row in self._access.rows(_chosen().order_by(invite.c.sequence.desc()))]

    def find(self, secret: str) -> Invite | None:
        """Return the invite with this secret, or None if there is none that still holds."""
        now = self._access.now()
        row = self._access.row(_chosen().where(invite.c.secret_hash == secret_hash(secret)))
        return None if row is None or _void(row, now) else _invite(row)

    def accept(
        self, secret: str, *, name: str = "", password_hash: str | None = None, account_id: str | None = None
    ) -> str:
        """Come in: as a new account with this name, or as one that there is already. Return its account_id.

        Raises:
            UnknownName: no such invite, or it is used up, called back or out of date. BadValue: a name that is taken.
        """
        now = self._access.now()

        def come_in(connection: Connection) -> str:
            row = connection.execute(_chosen().where(invite.c.secret_hash == secret_hash(secret))).one_or_none()
            if row is None or _void(row, now):
                raise absent("invite", "…")
            connection.execute(
                update(invite).where(invite.c.sequence == row.sequence).values(uses_left=row.uses_left - 1)
            )
            who = account_id
            if who is None:
                who = add_account(connection, now, name=name, role=Role(row.role), password_hash=password_hash)
            record(connection, now, who, "invite.accept", row.invite_id)
            if row.project is not None:
                join(connection, now, row.project, who)
            return who

        return self._access.write(come_in)

    def revoke(self, invite_id: str, *, by: str) -> None:
        """Call an invite back.

        Raises:
            UnknownName: no such invite.
        """
        now = self._access.now()

        def revoke(connection: Connection) -> None:
            if connection.execute(_chosen().where(invite.c.invite_id == invite_id)).one_or_none() is None:
                raise absent("invite", invite_id)
            connection.execute(update(invite).where(invite.c.invite_id == invite_id).values(revoked_at_s=now))
            record(connection, now, by, "invite.revoke", invite_id)

        self._access.write(revoke)


def _chosen() -> Any:  # noqa: ANN401  a select of twelve columns, whose type says nothing
    joined = invite.outerjoin(project, invite.c.project == project.c.sequence)
    return select(*invite.c, project.c.project_id, project.c.name).select_from(joined)


def _void(row: Row[Any], now: float) -> bool:
    return row.uses_left < 1 or row.revoked_at_s is not None or row.expires_at_s <= now


def _invite(row: Row[Any]) -> Invite:
    return Invite(
        invite_id=row.invite_id,
        role=Role(row.role),
        project_id=row.project_id,
        project_name=row.name,
        created_at_s=row.created_at_s,
        expires_at_s=row.expires_at_s,
        uses_left=row.uses_left,
        revoked_at_s=row.revoked_at_s,
    )
