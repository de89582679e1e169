"""Which question a judge gets next.

A project's open tasks stand in a queue: by priority, then in random order. A judge walks along it and never looks back,
so that what they have had costs nothing however much it is; `membership` keeps how far they have come. A place that
comes back behind them (a lease that ran out, an answer taken back) is marked, and looked for first. Checks and repeats
are drawn by chance in between, and hold no place.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal_column, select, text, tuple_

from tacit.store.sql.by_index import by_index
from tacit.store.sql.one_of import OneOf
from tacit.store.sql.people_schema import assignment, task
from tacit.store.sql.prepared import Prepared
from tacit.store.work.ledger import TASK_COLUMNS, Ledger, MemberNow, ProjectNow, TaskNow
from tacit.store.work.orders import draw_order
from tacit.store.work.showing import Showing

REPEAT_GAP = 10
"""A question is put again only after this many others, so that the first answer is not simply remembered."""

HAD = ("out", "answered")
WINDOW = 16


@dataclass
class _Queue:
    """The front of one project's queue, read once for all judges of a transaction."""

    tasks: deque[TaskNow]
    back: list[TaskNow]
    had: set[tuple[int, int]]
    whole: bool  # nothing comes after `tasks`


@dataclass
class Leasing:
    """Hands out questions in one transaction.

    Args:
        ledger: of the transaction.
        showing: knows how many items a question shows.
        random: draws sides, orders and checks.
        wanted: sequence of a project → questions wanted of it in this transaction.
    """

    ledger: Ledger
    showing: Showing
    random: Random
    wanted: dict[int, int] = field(default_factory=dict)
    _queues: dict[int, _Queue] = field(default_factory=dict)
    _given: set[tuple[int, int]] = field(default_factory=set)

    def hand_out(self, project: ProjectNow, member: MemberNow, n: int, *, training: bool) -> list[dict[str, Any]]:
        """Hand up to `n` questions to a judge, and return the rows of the leases."""
        rows: list[dict[str, Any]] = []
        while len(rows) < n:
            row = self._training(project, member) if training else self._drawn(project, member)
            if row is None:
                break
            rows.append(row)
        return rows

    def lease(
        self,
        project: ProjectNow,
        member: MemberNow,
        one: TaskNow,
        purpose: str,
        *,
        explored: bool = False,
        follows: str | None = None,
        shown: str | None = None,
    ) -> dict[str, Any]:
        """Hand one task to a judge, and return the row of the lease; an ordinary one takes a place if any is free.

        The order of the items is drawn here, unless `shown` says it: a row may be written at any time from now on.
        """
        account, holds = member.columns["account"], purpose == "ordinary" and one.free > 0
        if holds:
            one.take()
        self._given.add((account, one.sequence))
        row = {
            "lease_id": secrets.token_urlsafe(18),
            "project": project.held.sequence,
            "task": one.sequence,
            "account": account,
            "purpose": purpose,
            "shown": shown or draw_order(self.random, self._n_items(one)),
            "explored": explored,
            "instructions": member.columns["read_instructions"],
            "leased_at_s": self.ledger.now,
            "expires_at_s": self.ledger.now + project.held.rules.lease_s,
            "state": "out",
            "holds": holds,
            "follows": follows,
        }
        self.ledger.new_assignments.append(row)
        return row

    def _n_items(self, one: TaskNow) -> int:
        return len(self.showing.get(self.ledger.connection, [one.question])[one.question].items)

    def _drawn(self, project: ProjectNow, member: MemberNow) -> dict[str, Any] | None:
        chosen, ahead = self._next_in_queue(project, member)
        if chosen is None:  # checks stand among other questions, never alone
            return None
        rules = project.held.rules
        at = self.random.random()
        for purpose, share in (
            ("gold", rules.gold_share),
            ("attention", rules.attention_share),
            ("repeat", rules.repeat_share),
        ):
            if at < share:
                check = self._repeat(member) if purpose == "repeat" else self._check(project, member, purpose)
                if check is not None:
                    return self.lease(project, member, check, purpose)
                break
            at -= share
        if chosen.urgency < 0 and self.random.random() < rules.exploration_share:
            explored = self._anywhere(project, member)
            if explored is not None:
                return self.lease(project, member, explored, "ordinary", explored=True)
        if ahead:
            member.set(urgency=chosen.urgency, place=chosen.place)
        return self.lease(project, member, chosen, "ordinary")

    def _next_in_queue(self, project: ProjectNow, member: MemberNow) -> tuple[TaskNow | None, bool]:
        """Return the task that comes next for a judge, and whether it lies ahead of them in the queue."""
        queue = self._queue(project)
        account, cursor = member.columns["account"], _cursor(member)
        ahead = None
        while queue.tasks and queue.tasks[0].free <= 0:
            queue.tasks.popleft()
        for one in queue.tasks:
            if one.free > 0 and (one.urgency, one.place) > cursor and not self._has_had(queue, account, one):
                ahead = one
                break
        if ahead is None and not queue.whole:
            ahead = self._looked_up(_AHEAD, project, member)
        came_back = next((one for one in queue.back if one.free > 0 and not self._has_had(queue, account, one)), None)
        if came_back is None or came_back is ahead or (ahead is not None and ahead.urgency < came_back.urgency):
            return ahead, True
        return came_back, False

    def _has_had(self, queue: _Queue, account: int, one: TaskNow) -> bool:
        return (account, one.sequence) in self._given or (account, one.sequence) in queue.had

    def _queue(self, project: ProjectNow) -> _Queue:
        sequence = project.held.sequence
        if sequence not in self._queues:
            connection = self.ledger.connection
            front = min(
                (_cursor(one) for (of_project, _), one in self.ledger.members.items() if of_project == sequence)
            )
            n = 2 * self.wanted.get(sequence, 1) + WINDOW
            given = {"project": sequence, "urgency": front[0], "place": front[1], "n": n}
            tasks = deque(self.ledger.keep_task(row) for row in _WINDOW.rows(connection, **given))
            back = [self.ledger.keep_task(row) for row in _BACK.rows(connection, project=sequence, n=n)]
            self.showing.get(connection, [one.question for one in (*tasks, *back)])  # all at once, for what follows
            had = _had(connection, {one.sequence for one in (*tasks, *back)})
            self._queues[sequence] = _Queue(tasks, back, had, whole=len(tasks) < n)
        return self._queues[sequence]

    def _looked_up(self, chosen: Prepared, project: ProjectNow, member: MemberNow) -> TaskNow | None:
        """Ask the database for one judge alone; what is changed so far must be in it."""
        self.ledger.flush()
        urgency, place = _cursor(member)
        last = self.random.random() * self._last_place(project) if chosen is _ANYWHERE else place
        given = {"project": project.held.sequence, "account": member.columns["account"], "urgency": urgency}
        row = chosen.first(self.ledger.connection, **given, place=last)
        return None if row is None else self.ledger.keep_task(row)

    def _anywhere(self, project: ProjectNow, member: MemberNow) -> TaskNow | None:
        return self._looked_up(_ANYWHERE, project, member)

    def _last_place(self, project: ProjectNow) -> float:
        last = _LAST_PLACE.value(self.ledger.connection, project=project.held.sequence)
        return float(last or 0.0)

    def _check(self, project: ProjectNow, member: MemberNow, purpose: str) -> TaskNow | None:
        """Return a check that the judge has not had, or None."""
        account = member.columns["account"]
        given = {"project": project.held.sequence, "purpose": purpose, "account": account}
        found = [self.ledger.keep_task(row) for row in _CHECKS.rows(self.ledger.connection, **given)]
        open_ones = [one for one in found if (account, one.sequence) not in self._given]
        return self.random.choice(open_ones) if open_ones else None

    def _training(self, project: ProjectNow, member: MemberNow) -> dict[str, Any] | None:
        """Return a training question that the judge has not answered in this attempt, or None."""
        account = member.columns["account"]
        given = {"project": project.held.sequence, "account": account, "times": member.columns["training_attempts"]}
        for row in _TRAINING.rows(self.ledger.connection, **given):
            one = self.ledger.keep_task(row)
            if (account, one.sequence) not in self._given:
                return self.lease(project, member, one, "training")
        return None

    def _repeat(self, member: MemberNow) -> TaskNow | None:
        """Return a question that the judge answered some time ago and that was not put again yet, or None."""
        columns = member.columns
        if columns["n_valid"] <= REPEAT_GAP:
            return None
        given = {"account": columns["account"], "project": columns["project"]}
        latest = _LONG_AGO.value(self.ledger.connection, **given, gap=REPEAT_GAP)
        if latest is None:
            return None
        since = columns["joined_at_s"] + self.random.random() * (latest - columns["joined_at_s"])
        for times in ({"since": since, "until": latest}, {"since": 0.0, "until": since}):
            for sequence in _ANSWERED.values(self.ledger.connection, **given, **times):
                if (columns["account"], sequence) not in self._given:
                    self.ledger.load_tasks([sequence])
                    return self.ledger.tasks[sequence]
        return None


def _cursor(member: MemberNow) -> tuple[float, float]:
    return member.columns["urgency"], member.columns["place"]


def _had(connection: Connection, tasks: Iterable[int]) -> set[tuple[int, int]]:
    """Return (account, task) of those who hold or have answered one of the tasks."""
    return {(row.account, row.task) for row in _HAD.rows(connection, tasks=list(tasks))}


def _in_states(states: tuple[str, ...]) -> Any:  # noqa: ANN401  a condition
    if len(states) == 1:
        return assignment.c.state == literal_column(f"'{states[0]}'")
    return assignment.c.state.in_([literal_column(f"'{state}'") for state in states])


def _not_had(states: tuple[str, ...] = HAD) -> Any:  # noqa: ANN401  a condition
    mine = select(assignment.c.sequence).where(
        assignment.c.account == bindparam("account"), assignment.c.task == task.c.sequence
    )
    return ~mine.where(_in_states(states)).exists()


# Written out, not bound: a database uses an index over some rows only for a condition that it can see to imply theirs.
_FREE, _CAME_BACK = task.c.free > literal_column("0"), text("back")
_OPEN = select(*TASK_COLUMNS).where(task.c.project == bindparam("project"), _FREE)
_IN_QUEUE = by_index(_OPEN, task, "task_queue").order_by(task.c.urgency, task.c.place)
_BY_PLACE = by_index(_OPEN, task, "task_place").order_by(task.c.place)
_PAST_CURSOR = tuple_(task.c.urgency, task.c.place) > tuple_(bindparam("urgency"), bindparam("place"))
_WINDOW = Prepared(_IN_QUEUE.where(_PAST_CURSOR).limit(bindparam("n")))
_BACK = Prepared(by_index(_OPEN, task, "task_back").where(_CAME_BACK).order_by(task.c.place).limit(bindparam("n")))
_AHEAD = Prepared(_IN_QUEUE.where(_PAST_CURSOR, _not_had()).limit(1))
_ANYWHERE = Prepared(_BY_PLACE.where(task.c.place >= bindparam("place"), _not_had()).limit(1))
_LAST_PLACE = Prepared(
    by_index(select(func.max(task.c.place).label("last")), task, "task_place").where(
        task.c.project == bindparam("project"), _FREE
    )
)
_HAD = Prepared(
    select(assignment.c.account, assignment.c.task).where(OneOf(assignment.c.task, "tasks"), _in_states(HAD))
)
_OF_PURPOSE = by_index(select(*TASK_COLUMNS), task, "task_purpose").where(task.c.project == bindparam("project"))
_CHECKS = Prepared(
    _OF_PURPOSE.where(task.c.purpose == bindparam("purpose"), _not_had(("out", "answered", "expired", "undone")))
    .order_by(task.c.place)
    .limit(8)
)
_tries = (
    select(func.count())
    .select_from(assignment)
    .where(assignment.c.account == bindparam("account"), assignment.c.task == task.c.sequence)
)
_TRAINING = Prepared(
    _OF_PURPOSE.where(task.c.purpose == "training", _not_had(("out",)))
    .where(_tries.where(assignment.c.state == "answered").scalar_subquery() <= bindparam("times"))
    .order_by(task.c.place)
    .limit(50)
)
_mine = (assignment.c.account == bindparam("account")) & (assignment.c.project == bindparam("project"))
_done = _mine & _in_states(("answered",)) & (assignment.c.purpose == "ordinary")
_LONG_AGO = Prepared(
    by_index(select(assignment.c.answered_at_s), assignment, "assignment_answered")
    .where(_done)
    .order_by(assignment.c.answered_at_s.desc())
    .offset(bindparam("gap"))
    .limit(1)
)
_repeated = assignment.alias("repeated")
_ANSWERED = Prepared(
    by_index(select(assignment.c.task), assignment, "assignment_answered")
    .where(_done, assignment.c.counted == "valid")
    .where(assignment.c.answered_at_s.between(bindparam("since"), bindparam("until")))
    .where(
        ~select(_repeated.c.sequence)
        .where(_repeated.c.account == assignment.c.account, _repeated.c.task == assignment.c.task)
        .where(_repeated.c.purpose == "repeat")
        .exists()
    )
    .order_by(assignment.c.answered_at_s)
    .limit(4)
)
