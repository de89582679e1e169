"""Questions that are out: found again, kept for longer, given back, and taken away when their time is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, literal_column, select, update

from tacit.store.sql.by_index import by_index
from tacit.store.sql.one_of import OneOf
from tacit.store.sql.people_schema import assignment
from tacit.store.sql.prepared import Prepared
from tacit.store.work.ledger import Ledger

MOST_ENDED = 5_000
"""Leases ended in one transaction, so that nobody waits long behind a crowd that went home."""

LEASE = (
    "lease_id", "project", "task", "account", "purpose", "shown", "expires_at_s", "state", "holds", "follows",
    "judgment_id", "counted", "was_right", "answered_at_s", "undone_by",
)  # fmt: skip
"""Columns of an assignment that are read."""


def leases_named(connection: Connection, lease_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return lease_id → row of those that exist."""
    return _by_id(_NAMED.rows(connection, names=list(lease_ids)))


def leases_of_judgments(connection: Connection, judgment_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return lease_id → row of those whose answer became one of these judgments."""
    return _by_id(_ANSWERED_AS.rows(connection, names=list(judgment_ids)))


def leases_out(connection: Connection, accounts: Iterable[int]) -> dict[str, dict[str, Any]]:
    """Return lease_id → row of what these accounts hold, in the order of handing out."""
    return _by_id(_OUT_OF.rows(connection, accounts=list(accounts)))


def end_leases(ledger: Ledger) -> int:
    """Take back the questions whose time is over, and return how many."""
    rows = _OVER.rows(ledger.connection, now=ledger.now)
    _end(ledger, [row._asdict() for row in rows], "expired")
    return len(rows)


def release(ledger: Ledger, leases: Sequence[dict[str, Any]]) -> None:
    """Give questions back unanswered."""
    _end(ledger, leases, "released")


def renew(ledger: Ledger, leases: Iterable[dict[str, Any]]) -> None:
    """Keep questions for as long as if they had been handed out now."""
    for lease in leases:
        expires_at_s = ledger.now + ledger.projects[lease["project"]].held.rules.lease_s
        lease["expires_at_s"] = expires_at_s
        ledger.renewed.append({"key": lease["lease_id"], "expires_at_s": expires_at_s})


def shorten_leases_from_the_future(connection: Connection, now: float) -> None:
    """After a start with a clock set back: leases that began later than now end as if they began now."""
    ahead = update(assignment).where(assignment.c.state == literal_column("'out'"), assignment.c.leased_at_s > now)
    length = assignment.c.expires_at_s - assignment.c.leased_at_s
    connection.execute(ahead.values(leased_at_s=now, expires_at_s=now + length))


def _end(ledger: Ledger, leases: Sequence[dict[str, Any]], state: str) -> None:
    ledger.load_tasks([lease["task"] for lease in leases if lease["holds"]])
    for lease in leases:
        if lease["holds"]:
            ledger.tasks[lease["task"]].give_back()
        lease.update(state=state, holds=False)
        ledger.ended.append({"key": lease["lease_id"], "state": state, "holds": False})


def _by_id(rows: Iterable[Any]) -> dict[str, dict[str, Any]]:
    return {row.lease_id: row._asdict() for row in rows}


_IS_OUT = assignment.c.state == literal_column("'out'")
_LEASES = select(*(assignment.c[name] for name in LEASE))
_NAMED = Prepared(_LEASES.where(OneOf(assignment.c.lease_id, "names")))
_ANSWERED_AS = Prepared(_LEASES.where(OneOf(assignment.c.judgment_id, "names")))
_OUT_OF = Prepared(
    by_index(_LEASES, assignment, "assignment_out_of_judge")
    .where(OneOf(assignment.c.account, "accounts"), _IS_OUT)
    .order_by(assignment.c.sequence)
)
_OVER = Prepared(
    by_index(_LEASES, assignment, "assignment_out")
    .where(_IS_OUT, assignment.c.expires_at_s < bindparam("now"))
    .order_by(assignment.c.expires_at_s)
    .limit(MOST_ENDED)
)
