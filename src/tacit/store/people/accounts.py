"""Accounts: who there is, what each may do, and how one is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from tacit.errors import BadValue, Conflict
from tacit.store.people.access import Access, absent, new_id
from tacit.store.people.actor import Actor, Role
from tacit.store.people.audit import record
from tacit.store.sql.people_schema import account, membership, project, session, token
from tacit.store.sql.schema import labeler

LONGEST_NAME = 100


@dataclass(frozen=True)
class Account:
    """A person or a program that may sign in.

    Args:
        account_id: its public name.
        name: what people call it and what it signs in with; None once forgotten.
        kind: person or program.
        role: what it may do.
        labeler_id: the pseudonym that its judgments carry.
        created_at_s: seconds since 1970-01-01 UTC.
        disabled_at_s: when it was shut out; None while it may sign in.
        version: raised by each change.
    """

    account_id: str
    name: str | None
    kind: str
    role: Role
    labeler_id: str
    created_at_s: float
    disabled_at_s: float | None
    version: int


class Accounts:
    """All accounts of a workspace."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def all(self) -> list[Account]:
        """Return all accounts, in the order in which they were made."""
        return [_account(row) for row in self._access.rows(_chosen().order_by(account.c.sequence))]

    def get(self, account_id: str) -> Account:
        """Return an account.

        Raises:
            UnknownName: no such account.
        """
        row = self._access.row(_chosen(account.c.account_id == account_id))
        if row is None:
            raise absent("account", account_id)
        return _account(row)

    def has_owner(self) -> bool:
        """Whether any person owns the workspace; a program does not."""
        owners = select(func.count()).where(account.c.role == Role.OWNER, account.c.disabled_at_s.is_(None))
        owners = owners.where(account.c.kind == "person")
        with self._access.reading() as connection:
            return bool(connection.execute(owners).scalar())

    def add_program(self, name: str, role: Role, *, by: str = "") -> Account:
        """Return the program of this name, made if there is none.

        Raises:
            BadValue: a name that a person or another role has.
        """
        now = self._access.now()

        def add(connection: Connection) -> str:
            row = connection.execute(_chosen(account.c.name == name)).one_or_none()
            if row is not None:
                if (row.kind, row.role) != ("program", role):
                    raise BadValue(
                        "name", got=f"{name!r}, a {row.kind} with the role {row.role}", expected="a free name"
                    )
                return str(row.account_id)
            return add_account(connection, now, name=name, role=role, kind="program", by=by)

        return self.get(self._access.write(add))

    def password_of(self, name: str) -> tuple[str, str] | None:
        """Return account_id and password hash of the account that signs in with `name`, or None."""
        chosen = select(account.c.account_id, account.c.password_hash)
        row = self._access.row(chosen.where(account.c.name == name, account.c.disabled_at_s.is_(None)))
        return None if row is None or row.password_hash is None else (row.account_id, row.password_hash)

    def set_password(self, account_id: str, password_hash: str, *, by: str) -> None:
        """Keep a new password's hash, and end the sessions that the old one opened."""
        self._change(account_id, "account.password", by, {"password_hash": password_hash}, end_sessions=True)

    def set_role(self, account_id: str, role: Role, *, version: int, by: str) -> Account:
        """Give an account another role.

        Raises:
            Conflict: it has been changed since `version`. BadValue: the last owner would be gone.
        """
        return self._change(account_id, "account.role", by, {"role": role}, version=version)

    def disable(self, account_id: str, *, by: str) -> Account:
        """Shut an account out; its judgments stay.

        Raises:
            BadValue: the last owner would be gone.
        """
        return self._change(account_id, "account.disable", by, {"disabled_at_s": self._access.now()}, end_sessions=True)

    def enable(self, account_id: str, *, by: str) -> Account:
        """Let an account in again."""
        return self._change(account_id, "account.enable", by, {"disabled_at_s": None})

    def forget(self, account_id: str, *, by: str) -> Account:
        """Remove who it is: name, password, sessions, tokens. Its judgments stay, under the pseudonym.

        Raises:
            BadValue: the last owner would be gone.
        """
        gone = {"name": None, "password_hash": None, "disabled_at_s": self._access.now()}
        return self._change(account_id, "account.forget", by, gone, end_sessions=True)

    def _change(
        self,
        account_id: str,
        action: str,
        by: str,
        values: dict[str, Any],
        *,
        version: int | None = None,
        end_sessions: bool = False,
    ) -> Account:
        now = self._access.now()

        def change(connection: Connection) -> None:
            row = connection.execute(select(account).where(account.c.account_id == account_id)).one_or_none()
            if row is None:
                raise absent("account", account_id)
            if version is not None and row.version != version:
                raise Conflict(f"account {account_id}", mine=version, theirs=row.version)
            connection.execute(
                update(account).where(account.c.sequence == row.sequence).values(version=row.version + 1, **values)
            )
            _refuse_no_owner(connection, was_owner=row.role == Role.OWNER and row.kind == "person")
            if end_sessions:
                connection.execute(delete(session).where(session.c.account == row.sequence))
                ended = update(token).where(token.c.account == row.sequence, token.c.revoked_at_s.is_(None))
                connection.execute(ended.values(revoked_at_s=now))
            detail = {"role": values["role"]} if "role" in values else {}
            record(connection, now, by, action, account_id, **detail)

        self._access.write(change)
        return self.get(account_id)


def add_account(
    connection: Connection,
    now: float,
    *,
    name: str,
    role: Role,
    kind: str = "person",
    password_hash: str | None = None,
    by: str = "",
) -> str:
    """Add an account with a pseudonym of its own, and return its id.

    Raises:
        BadValue: a name that is taken, empty, too long or holds control characters.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadValue("name", got=repr(name[:40]), expected=f"1 to {LONGEST_NAME} printable characters")
    if connection.execute(select(account.c.sequence).where(account.c.name == name)).first() is not None:
        raise BadValue("name", got=f"{name!r}, which is taken", expected="a free name", do="Choose another")
    pseudonym = connection.execute(insert(labeler).values(labeler_id=new_id("judge"))).inserted_primary_key
    columns = {"name": name, "kind": kind, "role": role, "labeler": pseudonym[0] if pseudonym else None}
    account_id = new_id("a")
    connection.execute(
        insert(account).values(
            account_id=account_id, **columns, password_hash=password_hash, created_at_s=now, version=1
        )
    )
    record(connection, now, by or account_id, "account.create", account_id, role=role, kind=kind)
    return account_id


def actor_of(connection: Connection, condition: ColumnElement[bool], scopes: frozenset[str] | None) -> Actor | None:
    """Return the account that meets `condition` as it may act now, or None if there is none or it is shut out."""
    row = connection.execute(_chosen(condition, account.c.disabled_at_s.is_(None))).one_or_none()
    if row is None:
        return None
    joined = select(membership.c.project).where(membership.c.account == row.sequence, membership.c.left_at_s.is_(None))
    projects = frozenset(connection.execute(joined).scalars())
    return Actor(row.sequence, row.account_id, row.name, Role(row.role), row.labeler_id, row.labeler, scopes, projects)


def members_of(access: Access, project_id: str) -> list[Account]:
    """Return the accounts that work in a project."""
    chosen = _chosen(project.c.project_id == project_id, membership.c.left_at_s.is_(None))
    joined = chosen.join(membership, membership.c.account == account.c.sequence).join(project)
    return [_account(row) for row in access.rows(joined.order_by(account.c.sequence))]


def _chosen(*conditions: ColumnElement[bool]) -> Any:  # noqa: ANN401  a select of eleven columns, whose type says nothing
    return select(*account.c, labeler.c.labeler_id).join_from(account, labeler).where(*conditions)


def _account(row: Row[Any]) -> Account:
    return Account(
        account_id=row.account_id,
        name=row.name,
        kind=row.kind,
        role=Role(row.role),
        labeler_id=row.labeler_id,
        created_at_s=row.created_at_s,
        disabled_at_s=row.disabled_at_s,
        version=row.version,
    )


def _refuse_no_owner(connection: Connection, *, was_owner: bool) -> None:
    if not was_owner:
        return
    left = select(func.count()).where(account.c.role == Role.OWNER, account.c.disabled_at_s.is_(None))
    left = left.where(account.c.kind == "person")
    if not connection.execute(left).scalar():
        do = "Make somebody else an owner first"
        raise BadValue("accounts", got="a workspace without an owner", expected="one owner at least", do=do)
