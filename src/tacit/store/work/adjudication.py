"""Adjudication: a reviewer's own judgment beside those of the judges, with the reason; nothing of theirs is changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select, update

from tacit.errors import BadValue, Conflict
from tacit.judging import IN_LIKELIHOOD, Outcome, QuestionKind
from tacit.store.people.access import Access, absent, new_id
from tacit.store.people.actor import Actor
from tacit.store.people.audit import record
from tacit.store.sql.people_schema import project, task
from tacit.store.sql.schema import judgment, labeler, question
from tacit.store.work.records import ADJUDICATE
from tacit.store.work.values import column_text

LONGEST_REASON = 2_000


class Adjudication:
    """Judgments of reviewers.

    Args:
        access: the open database.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def decide(
        self,
        project_id: str,
        question_id: str,
        outcome: Outcome,
        answer: Any,  # noqa: ANN401  by kind
        *,
        reason: str,
        version: int,
        actor: Actor,
    ) -> str:
        """Add a reviewer's judgment, which is the one in force for the question, and return its id.

        Args:
            project_id: the project. question_id: the question.
            outcome: answered, tie or both_bad. answer: in the question's own order; None unless answered.
            reason: why, in the reviewer's words; it goes into the audit log.
            version: of the task, as the reviewer saw it.
            actor: the reviewer.

        Raises:
            Conflict: somebody has adjudicated it since `version`. UnknownName: the project has no such question.
            BadValue: no reason, or an outcome that decides nothing.
        """
        if not reason.strip() or len(reason) > LONGEST_REASON or "\0" in reason:
            raise BadValue("reason", got=f"{len(reason)} characters", expected=f"1 to {LONGEST_REASON}")
        if outcome not in IN_LIKELIHOOD:
            raise BadValue("adjudication", got=str(outcome), expected="an answer or a draw")
        now, judgment_id = self._access.now(), new_id("adjudication")

        def add(connection: Connection) -> str:
            held = _held(connection, project_id, question_id)
            if held.version != version:
                raise Conflict(f"question {question_id[:12]}", mine=version, theirs=held.version)
            of_labeler = select(labeler.c.sequence).where(labeler.c.labeler_id == actor.labeler_id)
            row = {"judgment_id": judgment_id, "question": held.question, "outcome": outcome, "answered_at_s": now}
            row |= {"labeler": connection.execute(of_labeler).scalar_one()}
            row |= {"follows": _own_earlier(connection, held.adjudication, row["labeler"])}
            row |= {str(QuestionKind(held.kind)): column_text(answer)} if outcome == Outcome.ANSWERED else {}
            connection.execute(insert(judgment).values(**row))
            changed = update(task).where(task.c.sequence == held.task)
            connection.execute(changed.values(adjudication=judgment_id, version=version + 1))
            detail = {"judgment": judgment_id, "reason": reason.strip(), "project": project_id}
            record(connection, now, actor.account_id, ADJUDICATE, question_id, **detail)
            return judgment_id

        return self._access.write(add)


def _held(connection: Connection, project_id: str, question_id: str) -> Any:  # noqa: ANN401  a row
    chosen = (
        select(
            task.c.sequence.label("task"),
            task.c.version,
            task.c.adjudication,
            question.c.sequence.label("question"),
            question.c.kind,
        )
        .join_from(task, question, task.c.question == question.c.sequence)
        .join(project, task.c.project == project.c.sequence)
        .where(project.c.project_id == project_id, question.c.question_id == question_id)
    )
    row = connection.execute(chosen).one_or_none()
    if row is None:
        raise absent("question", question_id[:64])
    return row


def _own_earlier(connection: Connection, adjudication: str | None, of_labeler: int) -> str | None:
    """Return the adjudication that a new one replaces: the reviewer's own, since nobody replaces another's judgment."""
    if adjudication is None:
        return None
    mine = select(judgment.c.judgment_id).where(
        judgment.c.judgment_id == adjudication, judgment.c.labeler == of_labeler
    )
    found = connection.execute(mine).scalar()
    return None if found is None else str(found)
