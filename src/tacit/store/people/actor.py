"""Who is asking: a role, and what let them in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an account may do in a workspace. Each role may also do what those before it may."""

    JUDGE = "judge"
    REVIEWER = "reviewer"
    LEAD = "lead"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        """Place in the order of roles, 0 for a judge."""
        return list(Role).index(self)


SCOPES = ("judge", "read", "write")
"""What a token may be for: to answer questions, to read items, exports and quality, to change projects."""


@dataclass(frozen=True)
class Actor:
    """An account, as it was when the request came: read from the database each time, so that a demotion bites at once.

    Args:
        sequence: the row of the account.
        account_id: its public name.
        name: what people call it; None once forgotten.
        role: what it may do.
        labeler_id: the pseudonym that its judgments carry.
        labeler: the row of that pseudonym.
        scopes: what its token is for; None for a session, which may do all that the role may.
        member_of: sequences of the projects in which a judge or reviewer works.
    """

    sequence: int
    account_id: str
    name: str | None
    role: Role
    labeler_id: str
    labeler: int
    scopes: frozenset[str] | None = None
    member_of: frozenset[int] = frozenset()

    def has(self, role: Role) -> bool:
        """Whether the role is this one or above."""
        return self.role.rank >= role.rank
