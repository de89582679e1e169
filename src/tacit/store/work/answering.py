"""An answer that comes in: held against its lease and its question, counted, and made into a judgment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from tacit.errors import BadJudgment, Conflict, UnknownName
from tacit.judging import DATA_SHEETS, Outcome, content_hash
from tacit.store.people.actor import Actor
from tacit.store.sql.people_schema import assignment, task
from tacit.store.sql.prepared import Prepared
from tacit.store.sql.schema import judgment, question
from tacit.store.work.ledger import Ledger, TaskNow
from tacit.store.work.orders import order_of
from tacit.store.work.showing import Showable, repeat_occasion
from tacit.store.work.values import column_text, is_right, shown_answer, stored_answer
from tacit.store.work.visit import Accepted, Given

NO_LABEL = (Outcome.SKIPPED, Outcome.NOT_SHOWN)
"""Outcomes that take no place of the overlap: somebody else is asked instead."""

IDLE_S = 300.0
"""A judge who has not answered for this long has gone away; no more than this is counted as time at work."""

LONGEST_KEY = 100
COLUMNS = tuple(sheet.column for sheet in DATA_SHEETS.values())


@dataclass
class Answering:
    """Takes the answers of one transaction.

    Args:
        ledger: of the transaction, with the tasks, projects and members of the leases.
        leases: lease_id → its row.
        keys: judgment_id → lease_id of answers that were taken earlier.
        showable: question → how it is shown.
    """

    ledger: Ledger
    leases: dict[str, dict[str, Any]]
    keys: dict[str, str]
    showable: Mapping[int, Showable]
    finished_strata: set[tuple[int, str]] = field(default_factory=set)

    def take(self, actor: Actor, given: Given) -> Accepted:
        """Take one answer.

        Raises:
            UnknownName: no such lease of this judge. Conflict: the lease has been answered under another key.
            BadJudgment: an answer that the question does not allow, or a key that is too long.
        """
        if not 0 < len(given.key) <= LONGEST_KEY:
            raise BadJudgment("key", got=f"{len(given.key)} characters", expected=f"1 to {LONGEST_KEY}")
        judgment_id = judgment_id_of(actor, given.key)
        earlier = self.keys.get(judgment_id)
        lease = self.leases.get(given.lease if earlier is None else earlier)
        if lease is None or lease["account"] != actor.sequence:
            raise UnknownName("lease", given.lease[:40], (), do="It may have been given to another judge")
        if earlier is not None:
            return Accepted(given.key, judgment_id, lease["counted"], self._feedback(lease))
        if lease["judgment_id"] is not None:
            raise Conflict(f"lease {given.lease[:40]}", mine=0, theirs=1)
        return self._new(actor, given, lease, judgment_id)

    def _new(self, actor: Actor, given: Given, lease: dict[str, Any], judgment_id: str) -> Accepted:
        one = self.ledger.tasks[lease["task"]]
        shown = self.showable[one.question]
        stored = _checked(given, shown, order_of(lease["shown"]))
        times = _times(given)
        holds = lease["holds"]
        counted, holds = self._count(one, lease, given.outcome, holds)
        right = self._right(actor, one, shown, lease, given.outcome, stored)
        answer = {
            "state": "answered",
            "holds": holds,
            "judgment_id": judgment_id,
            "counted": counted,
            "was_right": right,
            "answered_at_s": self.ledger.now,
            "shown_at_s": times["shown_at_s"],
            "first_key_s": times["first_key_s"],
            "hidden_s": times["hidden_s"],
        }
        lease.update(answer)
        self.keys[judgment_id] = lease["lease_id"]
        self.ledger.answered.append({"key": lease["lease_id"], **answer})
        self._add_judgment(actor, given, lease, one, shown, stored)
        self._count_for_judge(lease, given, stored, times)
        return Accepted(given.key, judgment_id, counted, self._feedback(lease))

    def _count(self, one: TaskNow, lease: dict[str, Any], outcome: str, holds: bool) -> tuple[str, bool]:
        """Return how the answer counts, and whether it takes a place of the overlap."""
        project = self.ledger.projects[lease["project"]]
        if lease["purpose"] != "ordinary":
            project.count(n_check=1)
            return "check", False
        if holds and outcome not in NO_LABEL and one.n_valid < one.overlap:
            one.n_valid += 1
            one.changed = True
            project.count(n_valid=1, n_done=int(one.n_valid == one.overlap))
            if one.n_valid == one.overlap and one.stratum in project.held.rules.strata:
                self.finished_strata.add((lease["project"], one.stratum))
            return "valid", True
        if holds:
            one.give_back()
        project.count(n_surplus=1)
        return "surplus", False

    def _right(
        self, actor: Actor, one: TaskNow, shown: Showable, lease: dict[str, Any], outcome: str, stored: object
    ) -> bool | None:  # fmt: skip
        """Return whether a check was answered as expected, a repeat as before; None where there is nothing to tell."""
        if lease["purpose"] == "ordinary" or outcome in (*NO_LABEL, Outcome.CANT_TELL):
            return None
        kind, settings = shown.shown.kind, shown.shown.settings
        if lease["purpose"] != "repeat":
            return is_right(kind, settings, json.loads(one.expected or "null"), outcome, stored)
        first = _FIRST_ANSWER.first(self.ledger.connection, account=actor.sequence, task=one.sequence)
        if first is None:
            return None
        if first.outcome != Outcome.ANSWERED:
            return bool(first.outcome == outcome)
        value = getattr(first, kind)
        return is_right(kind, settings, json.loads(value) if kind in LISTS else value, outcome, stored)

    def _add_judgment(
        self, actor: Actor, given: Given, lease: dict[str, Any], one: TaskNow, shown: Showable, stored: object
    ) -> None:  # fmt: skip
        order = order_of(lease["shown"])
        row = dict.fromkeys(COLUMNS)
        if given.outcome == Outcome.ANSWERED:
            row[DATA_SHEETS[shown.shown.kind].column] = column_text(stored)  # type: ignore[index]  # a kind is its text
        repeat = lease["purpose"] == "repeat"
        self.ledger.new_judgments.append(
            {
                "judgment_id": lease["judgment_id"],
                "question": self._asked_again(shown) if repeat else one.question,
                "labeler": actor.labeler,
                "outcome": given.outcome,
                **row,
                "shown_left": order[0] if len(order) == 2 else None,
                "credence": _between(given.credence, 0.0, 1.0, "credence"),
                "answered_at_s": self.ledger.now,
                "duration_s": _between(given.duration_s, 0.0, 1e7, "duration_s"),
                "follows": lease["follows"],
            }
        )

    def _asked_again(self, shown: Showable) -> int:
        """Return the question of a repeat, which is another asking of the same; it is made when it is first needed."""
        connection = self.ledger.connection
        found = _QUESTION.value(connection, question_id=shown.again.id)
        if found is None:
            row = _ASKED.first(connection, sequence=shown.sequence)._asdict()
            row |= {"question_id": shown.again.id, "occasion": repeat_occasion(row["occasion"])}
            _ASK_AGAIN.run(connection, **row)
            found = _QUESTION.value(connection, question_id=shown.again.id)
        return int(found)

    def _count_for_judge(
        self, lease: dict[str, Any], given: Given, stored: object, times: dict[str, float | None]
    ) -> None:  # fmt: skip
        member = self.ledger.members[lease["project"], lease["account"]]
        rules = self.ledger.projects[lease["project"]].held.rules
        skipped = given.outcome in NO_LABEL
        told = lease["was_right"] is not None
        check, repeat = lease["purpose"] in ("gold", "attention"), lease["purpose"] == "repeat"
        sided = given.outcome == Outcome.ANSWERED and type(stored) is int
        duration = times["duration_s"]
        spent = 0.0 if duration is None else min(max(duration - (times["hidden_s"] or 0.0), 0.0), IDLE_S)
        member.count(
            n_valid=int(lease["counted"] == "valid"),
            n_surplus=int(lease["counted"] == "surplus"),
            n_check=int(lease["counted"] == "check"),
            n_skipped=int(skipped),
            n_gold=int(check and told),
            n_gold_right=int(check and bool(lease["was_right"])),
            n_repeat=int(repeat and told),
            n_repeat_same=int(repeat and bool(lease["was_right"])),
            n_sided=int(sided),
            n_left=int(sided and order_of(lease["shown"])[0] == stored),
            n_hasty=int(duration is not None and not skipped and duration < rules.shortest_s),
            active_s=spent,
        )

    def _feedback(self, lease: dict[str, Any]) -> dict[str, Any] | None:
        """Return what a judge is told after a training question; after any other, nothing."""
        if lease["purpose"] != "training":
            return None
        one = self.ledger.tasks[lease["task"]]
        shown = self.showable[one.question].shown
        expected = shown_answer(shown.kind, order_of(lease["shown"]), json.loads(one.expected or "null"))
        return {"right": bool(lease["was_right"]), "expected": expected}

    def close_strata(self) -> None:
        """Ask no more of a stratum that has as many finished questions as its quota says."""
        if not self.finished_strata:
            return
        self.ledger.flush()
        for project, stratum in self.finished_strata:
            quota = self.ledger.projects[project].held.rules.strata[stratum]
            given = {"of_project": project, "of_stratum": stratum}
            if (self.ledger.connection.execute(_FINISHED, given).scalar() or 0) >= quota:
                self.ledger.connection.execute(_CLOSED, given)
                for one in self.ledger.tasks.values():
                    if (one.project, one.stratum) == (project, stratum):
                        one.free = 0


def judgment_id_of(actor: Actor, key: str) -> str:
    """Return the id of the judgment that an answer under this key becomes: the same whenever it is sent."""
    return content_hash(f"{actor.labeler_id}\n{key}".encode())[:32]


def _checked(given: Given, shown: Showable, order: Sequence[int]) -> Any:  # noqa: ANN401  by kind
    if given.outcome not in OUTCOMES:
        raise BadJudgment("outcome", got=repr(given.outcome)[:40], expected=f"one of {', '.join(Outcome)}")
    if given.outcome != Outcome.ANSWERED:
        if given.answer is not None:
            raise BadJudgment("answer", got=repr(given.answer)[:40], expected=f"null beside {given.outcome}")
        if given.outcome in (Outcome.TIE, Outcome.BOTH_BAD) and len(order) < 2:
            raise BadJudgment("outcome", got=given.outcome, expected="a draw only between two items or more")
        return None
    return stored_answer(shown.shown.kind, shown.shown.settings, order, given.answer)


def _between(value: float | None, low: float, high: float, what: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or not low <= value <= high:
        raise BadJudgment(what, got=repr(value)[:40], expected=f"a number from {low:g} to {high:g}, or null")
    return float(value)


def _times(given: Given) -> dict[str, float | None]:
    _between(given.credence, 0.0, 1.0, "credence")
    return {
        "shown_at_s": _between(given.shown_at_s, 0.0, 1e11, "shown_at_s"),
        "first_key_s": _between(given.first_key_s, 0.0, 1e7, "first_key_s"),
        "duration_s": _between(given.duration_s, 0.0, 1e7, "duration_s"),
        "hidden_s": _between(given.hidden_s, 0.0, 1e7, "hidden_s"),
    }


OUTCOMES = frozenset(Outcome)
LISTS = ("ranking", "spans")
_WORDING = tuple(column for column in question.c if column.name != "sequence")
_QUESTION = Prepared(select(question.c.sequence).where(question.c.question_id == bindparam("question_id")))
_ASKED = Prepared(select(*_WORDING).where(question.c.sequence == bindparam("sequence")))
_ASK_AGAIN = Prepared(insert(question), [column.name for column in _WORDING])
_FIRST_ANSWER = Prepared(
    select(judgment.c.outcome, *(judgment.c[column] for column in COLUMNS))
    .join(assignment, assignment.c.judgment_id == judgment.c.judgment_id)
    .where(assignment.c.account == bindparam("account"), assignment.c.task == bindparam("task"))
    .where(assignment.c.purpose == "ordinary", assignment.c.state == "answered")
    .limit(1)
)
_FINISHED = (
    select(func.count())
    .select_from(task)
    .where(task.c.project == bindparam("of_project"), task.c.stratum == bindparam("of_stratum"))
    .where(task.c.purpose == "ordinary", task.c.n_valid >= task.c.overlap)
)
_CLOSED = (
    update(task)
    .where(task.c.project == bindparam("of_project"), task.c.stratum == bindparam("of_stratum"))
    .where(task.c.free > 0)
    .values(free=0)
)
