"""What one transaction reads and changes at the desk: rows as plain objects, written back together.

Hundreds of visits share one transaction. Each statement costs about as much for one row as for fifty, so that rows are
read for all visits at once, changed in memory, and written back at the end. Only one transaction writes at a time, in
either database, so that what was read is what is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from tacit.store.people.actor import Actor
from tacit.store.people.members import COUNTS
from tacit.store.people.projects import Project, project_of
from tacit.store.sql.each_row import EachRow
from tacit.store.sql.one_of import OneOf
from tacit.store.sql.people_schema import assignment, membership, project, task
from tacit.store.sql.prepared import Prepared, at_once
from tacit.store.sql.schema import judgment


@dataclass
class ProjectNow:
    """A project, and its counters as this transaction changes them."""

    held: Project
    counts: dict[str, int]
    changed: bool = False

    def count(self, **more: int) -> None:
        """Add to counters by name."""
        for name, n in more.items():
            self.counts[name] += n
        self.changed = True


@dataclass
class MemberNow:
    """A judge in a project, as this transaction changes them."""

    columns: dict[str, Any]
    changed: bool = False

    def set(self, **values: object) -> None:
        """Change columns by name."""
        self.columns.update(values)
        self.changed = True

    def count(self, **more: float) -> None:
        """Add to columns by name."""
        for name, n in more.items():
            self.columns[name] += n
        self.changed = True


@dataclass
class TaskNow:
    """A task, as this transaction changes it."""

    sequence: int
    project: int
    question: int
    purpose: str
    urgency: float
    place: float
    stratum: str
    overlap: int
    n_valid: int
    free: int
    back: bool
    sensitive: bool
    expected: str | None
    changed: bool = False

    def give_back(self) -> None:
        """Free one place, and mark it so that judges who have gone past find it."""
        self.free += 1
        self.back = self.changed = True

    def take(self) -> None:
        """Take one place."""
        self.free -= 1
        if self.free <= 0:
            self.back = False
        self.changed = True


@dataclass
class Ledger:
    """Rows read and changed in one transaction.

    Args:
        connection: that transaction.
        now: seconds since 1970-01-01 UTC.
    """

    connection: Connection
    now: float
    projects: dict[int, ProjectNow] = field(default_factory=dict)
    members: dict[tuple[int, int], MemberNow] = field(default_factory=dict)
    tasks: dict[int, TaskNow] = field(default_factory=dict)
    new_judgments: list[dict[str, Any]] = field(default_factory=list)
    new_assignments: list[dict[str, Any]] = field(default_factory=list)
    answered: list[dict[str, Any]] = field(default_factory=list)
    renewed: list[dict[str, Any]] = field(default_factory=list)
    ended: list[dict[str, Any]] = field(default_factory=list)

    def load_projects(self, sequences: Iterable[int]) -> None:
        """Read projects that have not been read yet."""
        if missing := [sequence for sequence in set(sequences) if sequence not in self.projects]:
            for row in _PROJECTS.rows(self.connection, sequences=missing):
                held = project_of(row)
                self.projects[row.sequence] = ProjectNow(held, {name: getattr(held, name) for name in _PROJECT_COUNTS})

    def load_members(self, actors: Iterable[Actor]) -> None:
        """Read all memberships of accounts."""
        if accounts := list({actor.sequence for actor in actors}):
            for row in _MEMBERS.rows(self.connection, accounts=accounts):
                self.members.setdefault((row.project, row.account), MemberNow(row._asdict()))

    def load_tasks(self, sequences: Iterable[int]) -> None:
        """Read tasks that have not been read yet."""
        missing = [sequence for sequence in set(sequences) if sequence not in self.tasks]
        for row in _TASKS.rows(self.connection, sequences=missing) if missing else ():
            self.keep_task(row)

    def keep_task(self, row: Any) -> TaskNow:  # noqa: ANN401  a row of the columns of `TASK_COLUMNS`
        """Return the task in a row, or as it has been changed since."""
        known = self.tasks.get(row.sequence)
        if known is None:
            known = self.tasks[row.sequence] = TaskNow(*row)
        return known

    def flush(self) -> None:
        """Write everything back."""
        with at_once(self.connection):
            self._write(self.connection)

    def _write(self, connection: Connection) -> None:
        tasks = [one for one in self.tasks.values() if one.changed]
        members = [one for one in self.members.values() if one.changed]
        projects = [one for one in self.projects.values() if one.changed]
        _NEW_JUDGMENT.write(connection, self.new_judgments)
        _ANSWERED.write(connection, self.answered)
        _ENDED.write(connection, self.ended)
        _RENEWED.write(connection, self.renewed)
        _NEW_ASSIGNMENT.write(connection, self.new_assignments)
        changed = [{"key": t.sequence, "n_valid": t.n_valid, "free": t.free, "back": t.back} for t in tasks]
        _CHANGED_TASK.write(connection, changed)
        _CHANGED_MEMBER.write(connection, [_member_row(one.columns) for one in members])
        _CHANGED_PROJECT.write(connection, [{"key": one.held.sequence, **one.counts} for one in projects])
        for written_task in tasks:
            written_task.changed = False
        for member in members:
            member.changed = False
        for counted in projects:
            counted.changed = False
        for written in (self.new_judgments, self.answered, self.ended, self.renewed, self.new_assignments):
            written.clear()


_PROJECT_COUNTS = ("n_done", "n_valid", "n_surplus", "n_check")
_MEMBER_CHANGES = (
    "read_instructions", "training_state", "training_attempts", "urgency", "place", "active_s", *COUNTS,
)  # fmt: skip
_ANSWER = (
    "state", "holds", "judgment_id", "counted", "was_right", "answered_at_s", "shown_at_s", "first_key_s", "hidden_s",
)  # fmt: skip
NEW_ASSIGNMENT = (
    "lease_id", "project", "task", "account", "purpose", "shown", "explored", "instructions", "leased_at_s",
    "expires_at_s", "state", "holds", "follows",
)  # fmt: skip
"""Columns of an assignment that are known when it is handed out."""

TASK_COLUMNS = tuple(
    task.c[name]
    for name in (
        "sequence",
        "project",
        "question",
        "purpose",
        "urgency",
        "place",
        "stratum",
        "overlap",
        "n_valid",
        "free",
        "back",
        "sensitive",
        "expected",
    )
)


def _member_row(columns: dict[str, Any]) -> dict[str, Any]:
    return {"key": columns["sequence"], **{name: columns[name] for name in _MEMBER_CHANGES}}


_PROJECTS = Prepared(select(project).where(OneOf(project.c.sequence, "sequences")))
_MEMBERS = Prepared(select(membership).where(OneOf(membership.c.account, "accounts")))
_TASKS = Prepared(select(*TASK_COLUMNS).where(OneOf(task.c.sequence, "sequences")))
_NEW_JUDGMENT = EachRow(judgment, [name for name in judgment.c.keys() if name != "sequence"])  # noqa: SIM118
_NEW_ASSIGNMENT = EachRow(assignment, NEW_ASSIGNMENT)
_ANSWERED = EachRow(assignment, _ANSWER, key="lease_id")
_ENDED = EachRow(assignment, ("state", "holds"), key="lease_id")
_RENEWED = EachRow(assignment, ("expires_at_s",), key="lease_id")
_CHANGED_TASK = EachRow(task, ("n_valid", "free", "back"), key="sequence")
_CHANGED_MEMBER = EachRow(membership, _MEMBER_CHANGES, key="sequence")
_CHANGED_PROJECT = EachRow(project, _PROJECT_COUNTS, key="sequence")
