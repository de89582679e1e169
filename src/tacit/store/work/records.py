"""What a lead looks at: one question with all its answers, and the answers of a project as a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import bindparam, case, func, select

from tacit.judging import QuestionKind
from tacit.store.people.access import Access, absent
from tacit.store.people.audit import AuditEntry, entry_of
from tacit.store.sql.bulk_rows import table_of
from tacit.store.sql.judgment_tables import LISTS
from tacit.store.sql.people_schema import account, assignment, audit, project, task
from tacit.store.sql.schema import judgment, labeler, question
from tacit.store.work.showing import Showing
from tacit.store.work.tasks import PURPOSES, Task, Tasks
from tacit.store.work.visit import ShownItem

ADJUDICATE = "task.adjudicate"
ANSWERS = {
    "sequence": pl.Int64,
    "judgment_id": pl.String,
    "question": pl.Int64,
    "labeler": pl.Int64,
    "labeler_id": pl.String,
    "outcome": pl.String,
    "choice": pl.String,
    "comparison": pl.Int8,
    "ranking": pl.String,
    "rating": pl.Float64,
    "text": pl.String,
    "spans": pl.String,
    "probability": pl.Float64,
    "shown_left": pl.Int8,
    "answered_at_s": pl.Float64,
    "duration_s": pl.Float64,
    "follows": pl.String,
    "purpose": pl.String,
    "item_ids": pl.String,
}
"""Column → Polars type of a project's answers: lists are JSON text; `purpose` is null where nobody was handed it, and
`item_ids` where items do not matter."""


@dataclass(frozen=True)
class AskedQuestion:
    """A question of a project.

    Args:
        task: how far it has come. text: the words. kind, settings: what is asked.
        items: in the question's own order, as a page can show them.
    """

    task: Task
    text: str
    kind: str
    settings: dict[str, Any]
    items: tuple[ShownItem, ...]


@dataclass(frozen=True)
class GivenAnswer:
    """One answer to a question.

    Args:
        judgment_id: the judgment. labeler_id: the pseudonym. name: what people call the judge; None once forgotten.
        role: of the judge now; None for an answer that was imported.
        outcome: of the judgment. answer: the value of its kind's column, in the question's own order.
        answered_at_s: seconds since 1970-01-01 UTC. duration_s, credence: None where not asked or measured.
        instructions: version that the judge had read; None where nobody was handed the question.
        taken_back: whether the judge undid it.
    """

    judgment_id: str
    labeler_id: str
    name: str | None
    role: str | None
    outcome: str
    answer: Any
    answered_at_s: float | None
    duration_s: float | None
    credence: float | None
    instructions: int | None
    taken_back: bool


class Records:
    """Reads what has been answered.

    Args:
        access: the open database. tasks: of all projects.
    """

    def __init__(self, access: Access, tasks: Tasks) -> None:
        self._access, self._tasks, self._showing = access, tasks, Showing(access.folder)

    def question(self, project_id: str, question_id: str) -> AskedQuestion:
        """Return a question of a project with its items.

        Raises:
            UnknownName: the project has no such question.
        """
        found = self._tasks.of_question(project_id, question_id)
        if found is None:
            raise absent("question", question_id[:64])
        with self._access.reading() as connection:
            row = connection.execute(select(question).where(question.c.question_id == question_id)).one()
            shown = self._showing.get(connection, [row.sequence])[row.sequence]
        return AskedQuestion(found, row.text, row.kind, json.loads(row.settings), shown.items)

    def items_of(self, question_ids: Sequence[str]) -> dict[str, tuple[ShownItem, ...]]:
        """Return question_id → its items, for the rows of a list."""
        with self._access.reading() as connection:
            chosen = select(question.c.sequence, question.c.question_id).where(
                question.c.question_id.in_(bindparam("ids", expanding=True))
            )
            rows = connection.execute(chosen, {"ids": list(question_ids)}).all() if question_ids else []
            shown = self._showing.get(connection, [row.sequence for row in rows])
        return {row.question_id: shown[row.sequence].items for row in rows}

    def question_ids(self, sequences: Sequence[int]) -> dict[int, str]:
        """Return the ids of questions by their rows."""
        chosen = select(question.c.sequence, question.c.question_id)
        wanted = chosen.where(question.c.sequence.in_(bindparam("sequences", expanding=True)))
        with self._access.reading() as connection:
            rows = connection.execute(wanted, {"sequences": list(sequences)}).all() if sequences else []
        return {row.sequence: row.question_id for row in rows}

    def answers_to(self, project_id: str, question_id: str) -> list[GivenAnswer]:
        """Return all answers that judges gave to a question and those of reviewers, in order of arrival."""
        handed = (
            select(assignment.c.judgment_id)
            .join(task, assignment.c.task == task.c.sequence)
            .join(project, task.c.project == project.c.sequence)
            .join(question, task.c.question == question.c.sequence)
            .where(project.c.project_id == project_id, question.c.question_id == question_id)
            .where(assignment.c.judgment_id.is_not(None), assignment.c.purpose != "repeat")
        )
        reviewed = [entry.detail["judgment"] for entry in self.adjudications(question_id)]
        who = (labeler.c.labeler_id, account.c.name, account.c.role)
        chosen = (
            select(*judgment.c, *who, question.c.kind, assignment.c.state, assignment.c.instructions)
            .select_from(judgment)
            .join(labeler, judgment.c.labeler == labeler.c.sequence)
            .join(question, judgment.c.question == question.c.sequence)
            .outerjoin(account, account.c.labeler == labeler.c.sequence)
            .outerjoin(assignment, assignment.c.judgment_id == judgment.c.judgment_id)
            .where(judgment.c.judgment_id.in_(handed) | judgment.c.judgment_id.in_(reviewed))
            .order_by(judgment.c.sequence)
        )
        return [_given(row) for row in self._access.rows(chosen)]

    def adjudications(self, question_id: str) -> list[AuditEntry]:
        """Return who adjudicated a question and why, the newest first."""
        chosen = select(audit).where(audit.c.subject == question_id, audit.c.action == ADJUDICATE)
        return [entry_of(row._asdict()) for row in self._access.rows(chosen.order_by(audit.c.sequence.desc()))]

    def adjudicated(self, question_ids: Sequence[str]) -> set[str]:
        """Return those of the questions that a reviewer has decided."""
        chosen = (
            select(question.c.question_id)
            .join_from(task, question, task.c.question == question.c.sequence)
            .where(task.c.adjudication.is_not(None), question.c.question_id.in_(bindparam("ids", expanding=True)))
        )
        if not question_ids:
            return set()
        with self._access.reading() as connection:
            return set(connection.execute(chosen, {"ids": list(question_ids)}).scalars())

    def answers(self, project_id: str, *, after: int = 0) -> pl.DataFrame:
        """Return the answers to a project's questions in order of arrival, columns of `ANSWERS`.

        Repeats are left out, and what was given to the same question in another project.

        Args:
            after: leave out judgments up to this sequence.
        """
        compared = (question.c.kind == str(QuestionKind.COMPARISON), question.c.item_ids)
        own = {"labeler_id": labeler.c.labeler_id, "purpose": assignment.c.purpose, "item_ids": case(compared)}
        columns = [own[name] if name in own else judgment.c[name] for name in ANSWERS]
        chosen = (
            select(*columns)
            .select_from(judgment)
            .join(task, task.c.question == judgment.c.question)
            .join(project, task.c.project == project.c.sequence)
            .join(labeler, judgment.c.labeler == labeler.c.sequence)
            .join(question, judgment.c.question == question.c.sequence)
            .outerjoin(assignment, assignment.c.judgment_id == judgment.c.judgment_id)
            .where(project.c.project_id == project_id, judgment.c.sequence > after)
            .where(assignment.c.sequence.is_(None) | (assignment.c.project == project.c.sequence))
            .order_by(judgment.c.sequence)
        )
        with self._access.reading() as connection:
            return table_of(connection, chosen, ANSWERS)

    def checks_answered(self, project_id: str) -> dict[str, tuple[int, int]]:
        """Return question_id → how often a check was answered rightly, and how often at all."""
        right = func.sum(case((assignment.c.was_right, 1), else_=0))
        chosen = (
            select(question.c.question_id, right.label("n_right"), func.count().label("n"))
            .select_from(assignment)
            .join(task, assignment.c.task == task.c.sequence)
            .join(project, task.c.project == project.c.sequence)
            .join(question, task.c.question == question.c.sequence)
            .where(project.c.project_id == project_id, task.c.purpose.in_(PURPOSES[1:]))
            .where(assignment.c.state == "answered", assignment.c.was_right.is_not(None))
            .group_by(question.c.question_id)
        )
        return {row.question_id: (int(row.n_right), int(row.n)) for row in self._access.rows(chosen)}


def _given(row: Any) -> GivenAnswer:  # noqa: ANN401  a row
    answer = getattr(row, row.kind)
    return GivenAnswer(
        judgment_id=row.judgment_id,
        labeler_id=row.labeler_id,
        name=row.name,
        role=row.role,
        outcome=row.outcome,
        answer=json.loads(answer) if row.kind in LISTS and answer is not None else answer,
        answered_at_s=row.answered_at_s,
        duration_s=row.duration_s,
        credence=row.credence,
        instructions=row.instructions,
        taken_back=row.state == "undone",
    )
