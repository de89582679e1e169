"""Who comes to the desk, and for which project: read from the database in the same transaction as the work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, or_, select

from tacit.errors import InputError, NotAllowed, NotSignedIn
from tacit.store.people.access import absent
from tacit.store.people.actor import Actor, Role
from tacit.store.people.members import join
from tacit.store.sql.one_of import OneOf
from tacit.store.sql.people_schema import account, project, session, token
from tacit.store.sql.prepared import Prepared
from tacit.store.sql.schema import labeler
from tacit.store.work.ledger import Ledger, MemberNow
from tacit.store.work.visit import Credential


def actors_of(connection: Connection, now: float, credentials: Iterable[Credential]) -> dict[Credential, Actor]:
    """Return whom each credential lets in; those that let nobody in are left out."""
    found: dict[Credential, Actor] = {}
    wanted = set(credentials)
    for kind, chosen in (("session", _SESSIONS), ("token", _TOKENS)):
        if hashes := [one.hash for one in wanted if one.kind == kind]:
            for row in chosen.rows(connection, hashes=hashes, now=now):
                scopes = None if kind == "session" else frozenset(row.scopes.split())
                who = Actor(row.sequence, row.account_id, row.name, Role(row.role), row.labeler_id, row.labeler, scopes)
                found[Credential(kind, row.secret_hash)] = who
    return found


def admit(ledger: Ledger, actor: Actor | None, project_id: str | None, projects: Mapping[str, int]) -> MemberNow:
    """Return the judge in the project for which they come.

    Args:
        ledger: with the actor's memberships.
        actor: who comes; None for nobody.
        project_id: the project; None for the one that they joined last.
        projects: project_id → sequence of the projects asked for.

    Raises:
        NotSignedIn: nobody. NotAllowed: a token that is not for judging, or no project at all. UnknownName: no such
            project, or none in which they work: the two are not told apart.
    """
    who = judging(actor)
    if project_id is not None:
        sequence = projects.get(project_id)
        member = None if sequence is None else ledger.members.get((sequence, who.sequence))
        if member is None and sequence is not None and who.has(Role.LEAD):
            member = _join(ledger, who, sequence)
        if member is None or member.columns["left_at_s"] is not None:
            raise absent("project", project_id)
        return member
    mine = [
        one
        for (_, whose), one in ledger.members.items()
        if whose == who.sequence and one.columns["left_at_s"] is None
    ]  # fmt: skip
    if not mine:
        raise NotAllowed("project", got="no project in which you work", expected="an invite to one")
    return max(mine, key=lambda one: one.columns["sequence"])


def judging(actor: Actor | None) -> Actor:
    """Return who judges.

    Raises:
        NotSignedIn: nobody. NotAllowed: a token that is not for judging.
    """
    if actor is None:
        raise not_signed_in()
    if actor.scopes is not None and "judge" not in actor.scopes:
        raise NotAllowed("token", got=f"the scopes {', '.join(sorted(actor.scopes))}", expected="the scope judge")
    return actor


def not_signed_in() -> InputError:
    """Say that nobody is signed in."""
    do = "Sign in, or open your invite again"
    return NotSignedIn("request", got="no session or token that holds", expected="one", do=do)


def projects_named(connection: Connection, project_ids: Iterable[str]) -> dict[str, int]:
    """Return project_id → sequence of those that exist."""
    if not (names := list(set(project_ids))):
        return {}
    return {row.project_id: row.sequence for row in _PROJECTS.rows(connection, names=names)}


def _join(ledger: Ledger, who: Actor, sequence: int) -> MemberNow | None:
    """Let a lead try out any project."""
    join(ledger.connection, ledger.now, sequence, who.account_id)
    ledger.load_members([who])
    return ledger.members.get((sequence, who.sequence))


_WHO = (*(account.c[name] for name in ("sequence", "account_id", "name", "role", "labeler")), labeler.c.labeler_id)
_SESSIONS = Prepared(
    select(*_WHO, session.c.secret_hash)
    .select_from(session.join(account).join(labeler, account.c.labeler == labeler.c.sequence))
    .where(OneOf(session.c.secret_hash, "hashes"))
    .where(session.c.expires_at_s > bindparam("now"), account.c.disabled_at_s.is_(None))
)
_TOKENS = Prepared(
    select(*_WHO, token.c.secret_hash, token.c.scopes)
    .select_from(token.join(account).join(labeler, account.c.labeler == labeler.c.sequence))
    .where(OneOf(token.c.secret_hash, "hashes"), token.c.revoked_at_s.is_(None))
    .where(or_(token.c.expires_at_s.is_(None), token.c.expires_at_s > bindparam("now")))
    .where(account.c.disabled_at_s.is_(None))
)
_PROJECTS = Prepared(select(project.c.project_id, project.c.sequence).where(OneOf(project.c.project_id, "names")))
