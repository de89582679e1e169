"""Questions that are out: found again, kept for longer, given back, and taken away when their time is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, literal_column, select, update

from tacit.store.sql.people_schema import assignment
from tacit.store.work.ledger import Ledger

MOST_ENDED = 5_000
"""Leases ended in one transaction, so that nobody waits long behind a crowd that went home."""


def leases_named(connection: Connection, lease_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return lease_id → row of those that exist."""
    return _by_id(connection, _NAMED, "names", list(set(lease_ids)))


def leases_of_judgments(connection: Connection, judgment_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return lease_id → row of those whose answer became one of these judgments."""
    return _by_id(connection, _ANSWERED_AS, "names", list(set(judgment_ids)))


def leases_out(connection: Connection, accounts: Iterable[int]) -> dict[str, dict[str, Any]]:
    """Return lease_id → row of what these accounts hold, in the order of handing out."""
    return _by_id(connection, _OUT_OF, "accounts", list(set(accounts)))


def end_leases(ledger: Ledger) -> int:
    """Take back the questions whose time is over, and return how many."""
    rows = ledger.connection.execute(_OVER, {"now": ledger.now}).mappings().all()
    _end(ledger, [dict(row) for row in rows], "expired")
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


def _by_id(connection: Connection, chosen: Any, name: str, wanted: list[Any]) -> dict[str, dict[str, Any]]:  # noqa: ANN401
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(wanted), 500):
        for row in connection.execute(chosen, {name: wanted[start : start + 500]}).mappings():
            found[row["lease_id"]] = dict(row)
    return found


_IS_OUT = assignment.c.state == literal_column("'out'")
_NAMED = select(assignment).where(assignment.c.lease_id.in_(bindparam("names", expanding=True)))
_ANSWERED_AS = select(assignment).where(assignment.c.judgment_id.in_(bindparam("names", expanding=True)))
_OUT_OF = (
    select(assignment)
    .where(assignment.c.account.in_(bindparam("accounts", expanding=True)), _IS_OUT)
    .order_by(assignment.c.sequence)
)
_OVER = (
    select(assignment)
    .where(_IS_OUT, assignment.c.expires_at_s < bindparam("now"))
    .order_by(assignment.c.expires_at_s)
    .limit(MOST_ENDED)
)
