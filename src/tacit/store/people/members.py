"""Who works in which project, and how far each has come."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from tacit.store.people.access import Access, absent
from tacit.store.people.audit import record
from tacit.store.sql.people_schema import account, membership, project
from tacit.store.sql.schema import labeler

START = -1e300
"""Before every place in a queue."""

COUNTS = (
    "n_valid", "n_surplus", "n_check", "n_skipped", "n_gold", "n_gold_right", "n_repeat", "n_repeat_same", "n_sided",
    "n_left", "n_hasty",
)  # fmt: skip


@dataclass(frozen=True)
class Member:
    """A judge in a project, with what has been counted so far.

    Args:
        account_id: who.
        name: what people call them; None once forgotten.
        labeler_id: the pseudonym that their judgments carry.
        joined_at_s: seconds since 1970-01-01 UTC.
        left_at_s: when they were taken out; None while they work.
        read_instructions: newest version of the instructions that they have passed.
        training_state: none, passed or failed.
        counts: n_valid, n_surplus, n_check, n_skipped, n_gold and n_gold_right (checks with a known answer, and those
            answered so), n_repeat and n_repeat_same (questions put again, and those answered as before), n_sided and
            n_left (answers between two items, and those that chose the left), n_hasty.
        active_s: time from showing to answering, without hidden time: what is paid.
        completion_code: what the judge gives to a crowd platform; None until made.
    """

    account_id: str
    name: str | None
    labeler_id: str
    joined_at_s: float
    left_at_s: float | None
    read_instructions: int
    training_state: str
    counts: dict[str, int]
    active_s: float
    completion_code: str | None


class Members:
    """Judges by project."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def all(self, project_id: str) -> list[Member]:
        """Return all who work or have worked in a project."""
        chosen = (
            select(*membership.c, account.c.account_id, account.c.name, labeler.c.labeler_id)
            .join_from(membership, account, membership.c.account == account.c.sequence)
            .join(labeler, account.c.labeler == labeler.c.sequence)
            .join(project, membership.c.project == project.c.sequence)
            .where(project.c.project_id == project_id)
            .order_by(membership.c.sequence)
        )
        return [
            Member(
                account_id=row.account_id,
                name=row.name,
                labeler_id=row.labeler_id,
                joined_at_s=row.joined_at_s,
                left_at_s=row.left_at_s,
                read_instructions=row.read_instructions,
                training_state=row.training_state,
                counts={name: getattr(row, name) for name in COUNTS},
                active_s=row.active_s,
                completion_code=row.completion_code,
            )
            for row in self._access.rows(chosen)
        ]

    def add(self, project_id: str, account_id: str, *, by: str) -> None:
        """Let an account work in a project.

        Raises:
            UnknownName: no such project or account.
        """
        now = self._access.now()

        def add(connection: Connection) -> None:
            join(connection, now, _project(connection, project_id), account_id)
            record(connection, now, by, "member.add", project_id, account=account_id)

        self._access.write(add)

    def remove(self, project_id: str, account_id: str, *, by: str) -> None:
        """Take an account out of a project; what it answered stays.

        Raises:
            UnknownName: no such project or account.
        """
        now = self._access.now()

        def remove(connection: Connection) -> None:
            gone = update(membership).where(membership.c.project == _project(connection, project_id))
            of_account = gone.where(membership.c.account == _account(connection, account_id))
            connection.execute(of_account.values(left_at_s=now))
            record(connection, now, by, "member.remove", project_id, account=account_id)

        self._access.write(remove)

    def completion_code(self, project_id: str, account_id: str) -> str:
        """Return the code that this judge gives to a crowd platform, made at the first call.

        Raises:
            UnknownName: they do not work in the project.
        """

        def made(connection: Connection) -> str:
            chosen = select(membership.c.sequence, membership.c.completion_code).where(
                membership.c.project == _project(connection, project_id),
                membership.c.account == _account(connection, account_id),
            )
            row = connection.execute(chosen).one_or_none()
            if row is None:
                raise absent("member", account_id)
            code = row.completion_code or secrets.token_hex(4).upper()
            connection.execute(
                update(membership).where(membership.c.sequence == row.sequence).values(completion_code=code)
            )
            return str(code)

        return self._access.write(made)


def join(connection: Connection, now: float, project_sequence: int, account_id: str) -> None:
    """Let an account work in a project, in the transaction of `connection`; again after having left, too."""
    whose = _account(connection, account_id)
    chosen = select(membership.c.sequence).where(
        membership.c.project == project_sequence, membership.c.account == whose
    )
    known = connection.execute(chosen).scalar()
    if known is not None:
        connection.execute(update(membership).where(membership.c.sequence == known).values(left_at_s=None))
        return
    columns = {"read_instructions": 0, "training_state": "none", "training_attempts": 0, "active_s": 0.0}
    start = {"urgency": START, "place": START, **dict.fromkeys(COUNTS, 0)}
    connection.execute(
        insert(membership).values(project=project_sequence, account=whose, joined_at_s=now, **columns, **start)
    )


def _project(connection: Connection, project_id: str) -> int:
    found = connection.execute(select(project.c.sequence).where(project.c.project_id == project_id)).scalar()
    if found is None:
        raise absent("project", project_id)
    return int(found)


def _account(connection: Connection, account_id: str) -> int:
    found = connection.execute(select(account.c.sequence).where(account.c.account_id == account_id)).scalar()
    if found is None:
        raise absent("account", account_id)
    return int(found)
