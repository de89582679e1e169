"""The log of who changed what: only added to, and each entry holds the hash of the one before."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from tacit.store.people.access import Access
from tacit.store.sql.people_schema import audit

FIRST = "0" * 64


@dataclass(frozen=True)
class AuditEntry:
    """One entry.

    Args:
        sequence: its number, from 1.
        at_s: seconds since 1970-01-01 UTC.
        actor: account_id; empty for the command line.
        action: what was done, such as ``project.open``.
        subject: the id of what it was done to.
        detail: more, as JSON values.
        previous: hash of the entry before.
        hash: SHA-256 of all the above but the number.
    """

    sequence: int
    at_s: float
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    previous: str
    hash: str


def record(connection: Connection, at_s: float, actor: str, action: str, subject: str, **detail: object) -> None:
    """Add an entry in the transaction that makes the change it tells of."""
    last = select(audit.c.hash).order_by(audit.c.sequence.desc()).limit(1)
    previous = connection.execute(last).scalar() or FIRST
    text = json.dumps(detail, sort_keys=True, ensure_ascii=False)
    columns = {"at_s": at_s, "actor": actor, "action": action, "subject": subject, "detail": text}
    connection.execute(insert(audit).values(**columns, previous=previous, hash=_hash(previous, columns)))


class Audit:
    """Reads the log."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def entries(self, *, before: int | None = None, n: int = 100, subject: str | None = None) -> list[AuditEntry]:
        """Return the newest entries first.

        Args:
            before: only those with a smaller number: the next page.
            n: at most so many.
            subject: only those about this id.
        """
        chosen = select(audit).order_by(audit.c.sequence.desc()).limit(n)
        if before is not None:
            chosen = chosen.where(audit.c.sequence < before)
        if subject is not None:
            chosen = chosen.where(audit.c.subject == subject)
        return [entry_of(row._asdict()) for row in self._access.rows(chosen)]

    def first_broken(self) -> int | None:
        """Return the number of the first entry that is not what was written, or None if the chain is whole."""
        previous = FIRST
        with self._access.reading() as connection:
            for number, row in enumerate(connection.execute(select(audit).order_by(audit.c.sequence)), start=1):
                columns = row._asdict()
                whole = columns["previous"] == previous and columns["hash"] == _hash(previous, columns)
                if columns["sequence"] != number or not whole:
                    return number
                previous = columns["hash"]
        return None


def entry_of(columns: dict[str, Any]) -> AuditEntry:
    """Return the entry in the columns of a row."""
    return AuditEntry(**{**columns, "detail": json.loads(columns["detail"])})


def _hash(previous: str, columns: dict[str, Any]) -> str:
    parts = [previous, *(columns[name] for name in ("at_s", "actor", "action", "subject", "detail"))]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
