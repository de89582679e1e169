"""Where a judge stands in a project: before the gate, in training, at work, or through."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from tacit.store.people.projects import State
from tacit.store.sql.people_schema import assignment, task
from tacit.store.work.leasing import Leasing
from tacit.store.work.ledger import Ledger, MemberNow, ProjectNow

NO_QUOTA = 1_000_000_000


@dataclass
class Standing:
    """One judge in one project, in one transaction."""

    ledger: Ledger
    leasing: Leasing
    project: ProjectNow
    member: MemberNow

    def state(self) -> str:
        """Return work, gate, training, done, paused or refused."""
        held, columns = self.project.held, self.member.columns
        if held.state == State.CLOSED or columns["left_at_s"] is not None:
            return "done"
        if held.state != State.OPEN:
            return "paused"
        if held.rules.gate and columns["read_instructions"] < held.instructions:
            return "gate"
        if columns["training_state"] == "none" and not self._n_training():
            self.member.set(training_state="passed")
        return {"none": "training", "failed": "refused"}.get(columns["training_state"], "work")

    def read(self, version: int) -> None:
        """Keep that the judge has read a version of the instructions."""
        if self.member.columns["read_instructions"] < version <= self.project.held.instructions:
            self.member.set(read_instructions=version)

    def quota_left(self, n_out: int) -> int:
        """Return how many more questions the judge may get, who holds `n_out`."""
        quota, columns = self.project.held.rules.quota, self.member.columns
        return NO_QUOTA if not quota else max(quota - columns["n_valid"] - columns["n_surplus"] - n_out, 0)

    def end_attempt(self) -> bool:
        """Close an attempt at the training in which nothing is left to answer, and return whether the judge goes on."""
        self.ledger.flush()
        rules, n = self.project.held.rules, self._n_training()
        given = {"project": self.project.held.sequence, "account": self.member.columns["account"], "n": n}
        right = [row.was_right for row in self.ledger.connection.execute(_TRAINED, given)]
        if len(right) < n:
            return False
        if sum(map(bool, right)) >= rules.training_pass * n:
            self.member.set(training_state="passed")
            return True
        self.member.count(training_attempts=1)
        if self.member.columns["training_attempts"] >= rules.training_attempts:
            self.member.set(training_state="failed")
        return True

    def _n_training(self) -> int:
        given = {"project": self.project.held.sequence}
        return int(self.ledger.connection.execute(_N_TRAINING, given).scalar() or 0)


_N_TRAINING = (
    select(func.count()).select_from(task).where(task.c.project == bindparam("project"), task.c.purpose == "training")
)
_TRAINED = (
    select(assignment.c.was_right)
    .where(assignment.c.account == bindparam("account"), assignment.c.project == bindparam("project"))
    .where(assignment.c.purpose == "training", assignment.c.state == "answered")
    .order_by(assignment.c.answered_at_s.desc(), assignment.c.sequence.desc())
    .limit(bindparam("n"))
)
