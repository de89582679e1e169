"""Who may do what: one function, asked before anything is done."""

from __future__ import annotations

from dataclasses import dataclass

from tacit.errors import NotAllowed, NotSignedIn, UnknownName
from tacit.store.people import Actor, Project, Role


@dataclass(frozen=True)
class Need:
    """What an action needs.

    Args:
        role: the least role.
        scope: what a token must be for.
        alone: whether a browser's session is needed, whatever a token is for.
    """

    role: Role
    scope: str = "read"
    alone: bool = False


ACTIONS: dict[str, Need] = {
    "media.read": Need(Role.JUDGE, "judge"),
    "judge": Need(Role.JUDGE, "judge"),
    "project.read": Need(Role.REVIEWER),
    "judgments.read": Need(Role.REVIEWER),
    "judgments.adjudicate": Need(Role.REVIEWER, "write"),
    "members.read": Need(Role.REVIEWER),
    "project.export": Need(Role.LEAD),
    "project.create": Need(Role.LEAD, "write"),
    "project.change": Need(Role.LEAD, "write"),
    "members.change": Need(Role.LEAD, "write"),
    "invite.judge": Need(Role.LEAD, "write"),
    "invite.lead": Need(Role.OWNER, alone=True),
    "accounts.read": Need(Role.LEAD),
    "accounts.change": Need(Role.OWNER, alone=True),
    "tokens.change": Need(Role.OWNER, alone=True),
    "audit.read": Need(Role.OWNER),
}
"""Action → what it needs. A judge or reviewer needs to work in the project besides; leads and owners see all."""


def authorize(actor: Actor | None, action: str, resource: Project | None = None) -> Actor:
    """Return the actor, who may do the action.

    Args:
        actor: who asks; None for nobody.
        action: one of `ACTIONS`.
        resource: the project that it is about; None where it is about none.

    Raises:
        NotSignedIn: nobody. NotAllowed: the role or the token does not reach that far. UnknownName: a project in which
            a judge or reviewer does not work, as if there were none.
    """
    need = ACTIONS[action]
    if actor is None:
        raise NotSignedIn(action, got="no session or token that holds", expected="one", do="Sign in")
    if not actor.has(need.role):
        raise NotAllowed(action, got=f"the role {actor.role}", expected=f"{need.role} or above")
    if actor.scopes is not None and (need.alone or not covers(actor.scopes, need.scope)):
        expected = "a person who is signed in" if need.alone else f"the scope {need.scope}"
        raise NotAllowed(action, got=f"a token for {', '.join(sorted(actor.scopes))}", expected=expected)
    if resource is not None and not actor.has(Role.LEAD) and resource.sequence not in actor.member_of:
        raise UnknownName("project", resource.project_id, (), do="It may have been removed")
    return actor


def covers(scopes: frozenset[str], scope: str) -> bool:
    """Return whether a token's scopes hold `scope`; whoever may write may read."""
    return scope in scopes or (scope in ("read", "judge") and "write" in scopes)
