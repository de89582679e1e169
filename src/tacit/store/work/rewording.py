"""Questions put anew after a project's words or classes have changed: a question never changes, another replaces it.

Judgments keep the question that they answered, with its words and its classes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import Connection, bindparam, insert, select, update

from tacit.store.people.access import Access, absent
from tacit.store.people.audit import record
from tacit.store.people.projects import Project, project_of
from tacit.store.question_ids import question_ids
from tacit.store.sql.bulk_rows import batches
from tacit.store.sql.people_schema import assignment, project, task
from tacit.store.sql.question_tables import add_questions
from tacit.store.sql.schema import question

TASKS_AT_ONCE = 20_000


@dataclass(frozen=True)
class RewordCount:
    """What was put anew.

    Args:
        replaced: tasks that nobody had answered or held: they now ask the new question.
        added: tasks beside those that had been answered.
        kept: tasks that still ask what they asked: answered, held, or checks, whose right answer was to the old words.
    """

    replaced: int
    added: int
    kept: int


class Rewording:
    """Puts the questions of a project anew.

    Args:
        access: the open database.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def reword(self, project_id: str, *, before: str, answered_too: bool, by: str) -> RewordCount:
        """Let the tasks of a project ask with the project's present words and settings.

        Args:
            project_id: the project.
            before: the words as they were, to tell them from what a row has added below.
            answered_too: put also anew what has been answered, as further tasks; else those finish as they began.
            by: account_id of who asks for it.

        Raises:
            UnknownName: no such project.
        """
        now = self._access.now()

        def change(connection: Connection) -> RewordCount:
            row = connection.execute(select(project).where(project.c.project_id == project_id)).one_or_none()
            if row is None:
                raise absent("project", project_id)
            held = project_of(row)
            count = _reword(connection, held, before, answered_too=answered_too)
            n_tasks = held.n_tasks + count.added
            connection.execute(update(project).where(project.c.sequence == held.sequence).values(n_tasks=n_tasks))
            detail = {"replaced": count.replaced, "added": count.added}
            record(connection, now, by, "project.reword", project_id, **detail)
            return count

        return self._access.write(change)


def _reword(connection: Connection, held: Project, before: str, *, answered_too: bool) -> RewordCount:
    replaced = added = kept = 0
    columns = [task.c[name] for name in ("sequence", "purpose", "n_valid", "free", "overlap")]
    items = [question.c.item_ids, question.c.occasion, question.c.text, question.c.settings]
    touched = select(assignment.c.sequence).where(assignment.c.task == task.c.sequence).exists()
    chosen = (
        select(*columns, *items, touched.label("touched"))
        .join_from(task, question, task.c.question == question.c.sequence)
        .where(task.c.project == held.sequence)
        .order_by(task.c.sequence)
    )
    settings = json.dumps(held.settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    names = [*(column.name for column in columns), "item_ids", "occasion", "text", "settings", "touched"]
    for rows in list(batches(connection, chosen)):
        table = pl.DataFrame(rows, schema=names, orient="row")
        table = table.with_columns(prompt=_prompts(before), touched=pl.col("touched").cast(pl.Boolean))
        anew = _new_questions(table, held, settings)
        differs = (table.get_column("text") != anew.get_column("text")) | (table.get_column("settings") != settings)
        ordinary = differs & (table.get_column("purpose") == "ordinary")
        fresh = ordinary & ~table.get_column("touched") & (table.get_column("free") > 0)
        again = ordinary & ~fresh if answered_too else ordinary & False
        kept += table.height - int(fresh.sum()) - int(again.sum())
        sequence_of = dict(add_questions(connection, anew.filter(fresh | again))[0].iter_rows())
        moved = zip(table.filter(fresh)["sequence"], anew.filter(fresh)["question_id"], strict=True)
        replaced += _point(connection, [{"key": key, "to": sequence_of[name]} for key, name in moved])
        added += _add_beside(
            connection, table.filter(again)["sequence"].to_list(), anew.filter(again), sequence_of, held
        )
    return RewordCount(replaced, added, kept)


def _prompts(before: str) -> pl.Expr:
    """Return what stands below the words of each question: the row's own prompt, after an empty line."""
    text, joined = pl.col("text"), f"{before}\n\n"
    below = text.str.splitn("\n\n", 2).struct.field("field_1")  # of words that are older still
    with_prompt = pl.when(text.str.starts_with(joined)).then(text.str.strip_prefix(joined)).otherwise(below)
    return pl.when(text != before).then(with_prompt)


def _new_questions(table: pl.DataFrame, held: Project, settings: str) -> pl.DataFrame:
    text = pl.when(pl.col("prompt").is_null()).then(pl.lit(held.text)).otherwise(held.text + "\n\n" + pl.col("prompt"))
    anew = table.select(
        kind=pl.lit(str(held.kind)),
        item_ids=pl.col("item_ids").str.json_decode(pl.List(pl.String)),
        text=text,
        settings=pl.lit(settings),
        occasion=pl.col("occasion"),
    )
    return anew.select(question_ids(anew), *anew.columns)


def _point(connection: Connection, moved: list[dict[str, Any]]) -> int:
    if moved:
        statement = update(task).where(task.c.sequence == bindparam("key")).values(question=bindparam("to"))
        connection.execute(statement, moved)
    return len(moved)


def _add_beside(
    connection: Connection, sequences: list[int], anew: pl.DataFrame, sequence_of: dict[str, int], held: Project
) -> int:
    """Add a task for each of the new questions that is not one already, like the task that stays as it is."""
    if not sequences:
        return 0
    wanted = dict(zip(sequences, (sequence_of[name] for name in anew["question_id"]), strict=True))
    there = set(
        connection.execute(
            select(task.c.question).where(
                task.c.project == held.sequence, task.c.question.in_(bindparam("questions", expanding=True))
            ),
            {"questions": list(wanted.values())},
        ).scalars()
    )
    chosen = select(task).where(task.c.sequence.in_(bindparam("sequences", expanding=True)))
    rows = []
    for old in connection.execute(chosen, {"sequences": sequences}).mappings():
        if wanted[old["sequence"]] not in there:
            like = {name: old[name] for name in ("project", "purpose", "urgency", "place", "stratum", "sensitive")}
            state = {
                "overlap": held.rules.overlap,
                "n_valid": 0,
                "free": held.rules.overlap,
                "back": True,
                "version": 1,
            }
            rows.append({**like, **state, "question": wanted[old["sequence"]]})
    if rows:
        connection.execute(insert(task), rows)
    return len(rows)
