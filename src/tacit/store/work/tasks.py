"""Tasks: the questions of a project, in the queue in which judges get them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import Connection, Select, bindparam, func, select, update

from tacit.errors import BadValue, UnknownName
from tacit.store.people.access import Access, absent
from tacit.store.people.audit import record
from tacit.store.sql.bulk_rows import insert_rows, one_of, sequence_table
from tacit.store.sql.people_schema import assignment, membership, project, task
from tacit.store.sql.schema import question

PURPOSES = ("ordinary", "gold", "attention", "training")


@dataclass(frozen=True)
class Task:
    """A question of a project, and how far it has come.

    Args:
        sequence: its row, in the order of adding.
        question_id: the question.
        purpose: ordinary, gold, attention or training.
        priority: those with more come first.
        stratum: what a quota counts; empty for none.
        overlap: valid answers that it needs.
        n_valid: valid answers that it has.
        free: places that nobody holds.
        sensitive: whether judges see it blurred first.
        expected: the right answer to a check, in the question's own order; None where there is none.
        adjudication: judgment_id of the reviewer's judgment in force.
        version: raised by each adjudication.
    """

    sequence: int
    question_id: str
    purpose: str
    priority: float
    stratum: str
    overlap: int
    n_valid: int
    free: int
    sensitive: bool
    expected: Any
    adjudication: str | None
    version: int


@dataclass(frozen=True)
class TaskBatch:
    """Questions that become tasks together; the fields are those of `Tasks.add`."""

    question_ids: Sequence[str] | pl.Series
    priority: float | Sequence[float] = 0.0
    purpose: str = "ordinary"
    expected: Sequence[Any] | None = None
    strata: Sequence[str] | None = None
    sensitive: bool | Sequence[bool] = False


class Tasks:
    """The tasks of all projects.

    Args:
        access: the open database.
        seed: of the order within a batch; None for one that nobody can tell beforehand.
    """

    def __init__(self, access: Access, seed: int | None = None) -> None:
        self._access, self._random = access, np.random.default_rng(seed)

    def add(
        self,
        project_id: str,
        question_ids: Sequence[str] | pl.Series,
        *,
        priority: float | Sequence[float] = 0.0,
        purpose: str = "ordinary",
        expected: Sequence[Any] | None = None,
        strata: Sequence[str] | None = None,
        sensitive: bool | Sequence[bool] = False,
        by: str = "",
    ) -> int:
        """Put questions that the store holds into a project, and return how many were not in it yet.

        Args:
            project_id: the project.
            question_ids: its questions, of the project's kind.
            priority: of all or of each; those with more are asked first. Questions added later come later otherwise,
                in random order within one call.
            purpose: ordinary, gold, attention or training.
            expected: for checks, the right answer to each: a value in the question's own order.
            strata: what quotas count, one for each question.
            sensitive: whether judges see them blurred first, all or each.
            by: account_id of who adds them.

        Raises:
            UnknownName: no such project, question or purpose. BadValue: a question of another kind, or a check
                without its answer.
        """
        return self.add_all(
            project_id, [TaskBatch(question_ids, priority, purpose, expected, strata, sensitive)], by=by
        )

    def add_all(self, project_id: str, batches: Sequence[TaskBatch], *, by: str = "") -> int:
        """Put several batches into a project, all of them or none, and return how many questions were not in it yet.

        Raises:
            UnknownName, BadValue: as for `add`.
        """
        tables = []
        for batch in batches:
            ids = pl.Series("id", batch.question_ids, dtype=pl.String)
            table = _table(ids, batch)
            if table.height:
                table = table.with_columns(share=self._random.random(table.height))
                tables.append((table, batch.purpose))

        def add(connection: Connection) -> int:
            now = self._access.now()
            return sum(_insert(connection, now, project_id, table, purpose, by) for table, purpose in tables)

        return self._access.write(add) if tables else 0

    def prioritise(self, project_id: str, priorities: Mapping[str, float], *, by: str = "") -> None:
        """Give questions other priorities; judges who have gone past their new place are led back to it.

        Raises:
            UnknownName: no such project.
        """
        if not all(np.isfinite(value) for value in priorities.values()):
            raise BadValue("priority", got="NaN or infinity", expected="finite numbers")

        def change(connection: Connection) -> None:
            of_project = _project(connection, project_id).sequence
            known = sequence_table(connection, question.c.question_id, priorities)
            rows = [{"q": q, "u": -float(priorities[key])} for key, q in known.iter_rows()]
            if not rows:
                return
            moved = update(task).where(task.c.project == of_project, task.c.question == bindparam("q"))
            connection.execute(moved.values(urgency=bindparam("u")), rows)
            _lead_back(connection, of_project, min(row["u"] for row in rows), -1.0)
            record(connection, self._access.now(), by, "project.prioritise", project_id, n=len(rows))

        self._access.write(change)

    def page(self, project_id: str, *, after: int = 0, n: int = 100, purpose: str | None = None) -> list[Task]:
        """Return tasks in the order of adding.

        Args:
            project_id: the project.
            after: only those with a larger sequence: the next page.
            n: at most so many.
            purpose: only these.
        """
        # All tasks are read along their own index; the few of one purpose along that of purposes, and then sorted.
        number = task.c.sequence if purpose is None else task.c.sequence + 0
        chosen = _of_project(project_id).where(number > after).order_by(number).limit(n)
        if purpose is not None:
            chosen = chosen.where(task.c.purpose == purpose)
        return [_task(row._asdict()) for row in self._access.rows(chosen)]

    def of_question(self, project_id: str, question_id: str) -> Task | None:
        """Return the task of a question in a project, or None."""
        row = self._access.row(_of_project(project_id).where(question.c.question_id == question_id))
        return None if row is None else _task(row._asdict())

    def untouched(self, project_id: str, *, n: int) -> list[Task]:
        """Return some ordinary tasks that nobody has been handed, the last in the queue first."""
        chosen = _of_project(project_id).where(task.c.purpose == "ordinary", _UNTOUCHED)
        return [_task(row._asdict()) for row in self._access.rows(chosen.order_by(task.c.place.desc()).limit(n))]

    def make_checks(self, project_id: str, expected: Mapping[str, Any], *, purpose: str, by: str) -> int:
        """Make checks of ordinary tasks that nobody has been handed, and return how many were.

        Args:
            project_id: the project.
            expected: question_id → the right answer, a value in the question's own order.
            purpose: gold, attention or training.
            by: account_id of who knows the answers.

        Raises:
            UnknownName: no such purpose, or a question that is not in the project.
            BadValue: one that is a check already, or that somebody has been handed.
        """
        if purpose not in PURPOSES[1:]:
            raise UnknownName("purpose", purpose, PURPOSES[1:])

        def make(connection: Connection) -> int:
            held = _project(connection, project_id)
            for question_id, answer in expected.items():
                found = _of_project(project_id).where(question.c.question_id == question_id).add_columns(_UNTOUCHED)
                row = connection.execute(found).one_or_none()
                if row is None:
                    raise absent("question", question_id[:64])
                if row.purpose != "ordinary" or not row[-1]:
                    got = "one that has been handed out, or is a check already"
                    raise BadValue(f"question {question_id[:12]}", got=got, expected="one that nobody has been asked")
                values = {"purpose": purpose, "expected": json.dumps(answer, ensure_ascii=False), "free": 0}
                connection.execute(update(task).where(task.c.sequence == row.sequence).values(**values))
            n_tasks = held.n_tasks - len(expected)
            connection.execute(update(project).where(project.c.sequence == held.sequence).values(n_tasks=n_tasks))
            record(connection, self._access.now(), by, "project.check", project_id, n=len(expected), purpose=purpose)
            return len(expected)

        return self._access.write(make) if expected else 0


_COLUMNS = (
    "sequence", "purpose", "urgency", "stratum", "overlap", "n_valid", "free", "sensitive", "expected", "adjudication",
    "version",
)  # fmt: skip


_UNTOUCHED = ~select(assignment.c.sequence).where(assignment.c.task == task.c.sequence).exists()


def _of_project(project_id: str) -> Select[Any]:
    columns = [task.c[name] for name in _COLUMNS]
    return (
        select(*columns, question.c.question_id)
        .join_from(task, question, task.c.question == question.c.sequence)
        .join(project, task.c.project == project.c.sequence)
        .where(project.c.project_id == project_id)
    )


def _task(columns: dict[str, Any]) -> Task:
    expected = columns["expected"]
    priority = -columns.pop("urgency") + 0.0
    return Task(**{**columns, "priority": priority, "expected": None if expected is None else json.loads(expected)})


def _table(ids: pl.Series, batch: TaskBatch) -> pl.DataFrame:
    """Return the columns of new tasks, refusing what does not fit together."""
    priority, purpose, expected, strata = batch.priority, batch.purpose, batch.expected, batch.strata
    sensitive = batch.sensitive
    if purpose not in PURPOSES:
        raise UnknownName("purpose", purpose, PURPOSES)
    if (purpose == "ordinary") != (expected is None):
        wants = "no answer beforehand" if purpose == "ordinary" else "the right answer of each"
        raise BadValue(f"{purpose} questions", got="the contrary", expected=wants)
    many = pl.Series("urgency", [-float(priority)] * len(ids) if isinstance(priority, int | float) else priority)
    urgency = many if isinstance(priority, int | float) else -many.cast(pl.Float64)
    if len(urgency) != len(ids) or not urgency.is_finite().all():
        raise BadValue("priority", got=f"{len(urgency)} for {len(ids)} questions", expected="a finite number for each")
    blurred = [sensitive] * len(ids) if isinstance(sensitive, bool) else list(sensitive)
    for name, given in (("expected", expected), ("strata", strata), ("sensitive", blurred)):
        if given is not None and len(given) != len(ids):
            raise BadValue(name, got=f"{len(given)} for {len(ids)} questions", expected="one for each")
    answers = [None] * len(ids) if expected is None else [json.dumps(one, ensure_ascii=False) for one in expected]
    table = pl.DataFrame(
        {"id": ids, "urgency": urgency, "stratum": [""] * len(ids) if strata is None else list(strata)}
    ).with_columns(expected=pl.Series(answers, dtype=pl.String), sensitive=pl.Series(blurred, dtype=pl.Boolean))
    return table.unique("id", keep="first", maintain_order=True)


def _insert(connection: Connection, now: float, project_id: str, table: pl.DataFrame, purpose: str, by: str) -> int:
    of_project = _project(connection, project_id)
    found = sequence_table(connection, question.c.question_id, table.get_column("id")).rename({"sequence": "question"})
    joined = table.join(found, on="id", how="left", maintain_order="left")
    if joined["question"].null_count():
        missing = joined.filter(pl.col("question").is_null())["id"][0]
        raise UnknownName("question", missing, (), do="Add the question to the store first")
    _refuse_other_kinds(connection, joined.get_column("question"), of_project.kind)
    here = select(task.c.question).where(task.c.project == of_project.sequence)
    there = connection.execute(here.where(one_of(task.c.question, joined["question"]))).scalars()
    fresh = joined.filter(~pl.col("question").is_in(pl.Series(list(there), dtype=pl.Int64).implode()))
    if not fresh.height:
        return 0
    last = connection.execute(select(func.max(task.c.place)).where(task.c.project == of_project.sequence)).scalar()
    batch = float(np.floor(last or 0.0)) + 1.0
    overlap = int(json.loads(of_project.rules)["overlap"])
    ordinary = purpose == "ordinary"
    rows = fresh.select(
        "question", "urgency", "stratum", "sensitive", "expected",
        project=pl.lit(of_project.sequence),
        purpose=pl.lit(purpose),
        place=batch + pl.col("share"),
        overlap=pl.lit(overlap),
        n_valid=pl.lit(0),
        free=pl.lit(overlap if ordinary else 0),
        back=pl.lit(False),
        version=pl.lit(1),
    )  # fmt: skip
    insert_rows(connection, task, rows)
    if ordinary:
        n_tasks = of_project.n_tasks + rows.height
        connection.execute(update(project).where(project.c.sequence == of_project.sequence).values(n_tasks=n_tasks))
        first = float(rows.get_column("urgency").to_numpy().min())
        _lead_back(connection, of_project.sequence, first, batch)
    record(connection, now, by, "project.add", project_id, n=rows.height, purpose=purpose)
    return rows.height


def _lead_back(connection: Connection, of_project: int, urgency: float, place: float) -> None:
    """Set judges who have gone past a place in the queue back to it."""
    past = update(membership).where(membership.c.project == of_project, membership.c.urgency > urgency)
    connection.execute(past.values(urgency=urgency, place=place))


def _refuse_other_kinds(connection: Connection, questions: pl.Series, kind: str) -> None:
    """Refuse questions of another kind than the project's."""
    other = select(question.c.question_id, question.c.kind).where(question.c.kind != kind)
    low, high = questions.to_numpy().min(), questions.to_numpy().max()
    wanted = set(questions.to_list())
    between = other.add_columns(question.c.sequence).where(question.c.sequence.between(int(low), int(high)))
    for row in connection.execute(between):
        if row.sequence in wanted:
            raise BadValue(f"question {row.question_id[:12]}", got=f"the kind {row.kind}", expected=kind)


def _project(connection: Connection, project_id: str) -> Any:  # noqa: ANN401  a row
    row = connection.execute(select(project).where(project.c.project_id == project_id)).one_or_none()
    if row is None:
        raise absent("project", project_id)
    return row
