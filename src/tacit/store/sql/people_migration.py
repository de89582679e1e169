"""Migration 2: the tables of people at work, as they were on the day they were released."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Connection, Float, ForeignKey, Index, Integer, MetaData, Table, UniqueConstraint
from sqlalchemy import text as condition

from tacit.store.sql.types import Key, Words

_FREE, _BACK = condition("free > 0"), condition("back AND free > 0")
_OUT, _ANSWERED = condition("state = 'out'"), condition("state = 'answered'")


def make_the_tables_of_people(connection: Connection) -> None:
    """Version 2: accounts and what lets them in, projects and their tasks, who was handed what, the audit log."""
    second = MetaData()
    for known in ("labeler", "question"):  # what the first migration made, as far as keys point at it
        Table(known, second, Column("sequence", Key, primary_key=True))
    Table(
        "account",
        second,
        Column("sequence", Key, primary_key=True),
        Column("account_id", Words, nullable=False, unique=True),
        Column("name", Words),
        Column("kind", Words, nullable=False),
        Column("role", Words, nullable=False),
        Column("labeler", Key, ForeignKey("labeler.sequence"), nullable=False),
        Column("password_hash", Words),
        Column("created_at_s", Float, nullable=False),
        Column("disabled_at_s", Float),
        Column("version", Integer, nullable=False),
        Index("account_name", "name", unique=True),
    )
    Table(
        "session",
        second,
        Column("secret_hash", Words, primary_key=True),
        Column("account", Key, ForeignKey("account.sequence"), nullable=False, index=True),
        Column("created_at_s", Float, nullable=False),
        Column("expires_at_s", Float, nullable=False),
    )
    Table(
        "token",
        second,
        Column("sequence", Key, primary_key=True),
        Column("token_id", Words, nullable=False, unique=True),
        Column("secret_hash", Words, nullable=False, unique=True),
        Column("account", Key, ForeignKey("account.sequence"), nullable=False, index=True),
        Column("scopes", Words, nullable=False),
        Column("created_at_s", Float, nullable=False),
        Column("expires_at_s", Float),
        Column("revoked_at_s", Float),
    )
    Table(
        "project",
        second,
        Column("sequence", Key, primary_key=True),
        Column("project_id", Words, nullable=False, unique=True),
        Column("name", Words, nullable=False),
        Column("kind", Words, nullable=False),
        Column("text", Words, nullable=False),
        Column("settings", Words, nullable=False),
        Column("rules", Words, nullable=False),
        Column("state", Words, nullable=False),
        Column("version", Integer, nullable=False),
        Column("instructions", Integer, nullable=False),
        Column("created_at_s", Float, nullable=False),
        Column("n_tasks", Integer, nullable=False),
        Column("n_done", Integer, nullable=False),
        Column("n_valid", Integer, nullable=False),
        Column("n_surplus", Integer, nullable=False),
        Column("n_check", Integer, nullable=False),
    )
    Table(
        "instructions",
        second,
        Column("project", Key, ForeignKey("project.sequence"), primary_key=True, autoincrement=False),
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("text", Words, nullable=False),
        Column("html", Words, nullable=False),
        Column("account", Key, ForeignKey("account.sequence")),
        Column("created_at_s", Float, nullable=False),
    )
    Table(
        "invite",
        second,
        Column("sequence", Key, primary_key=True),
        Column("invite_id", Words, nullable=False, unique=True),
        Column("secret_hash", Words, nullable=False, unique=True),
        Column("role", Words, nullable=False),
        Column("project", Key, ForeignKey("project.sequence")),
        Column("made_by", Key, ForeignKey("account.sequence")),
        Column("created_at_s", Float, nullable=False),
        Column("expires_at_s", Float, nullable=False),
        Column("uses_left", Integer, nullable=False),
        Column("revoked_at_s", Float),
    )
    Table(
        "membership",
        second,
        Column("sequence", Key, primary_key=True),
        Column("project", Key, ForeignKey("project.sequence"), nullable=False),
        Column("account", Key, ForeignKey("account.sequence"), nullable=False, index=True),
        Column("joined_at_s", Float, nullable=False),
        Column("left_at_s", Float),
        Column("read_instructions", Integer, nullable=False),
        Column("training_state", Words, nullable=False),
        Column("training_attempts", Integer, nullable=False),
        Column("urgency", Float, nullable=False),
        Column("place", Float, nullable=False),
        Column("n_valid", Integer, nullable=False),
        Column("n_surplus", Integer, nullable=False),
        Column("n_check", Integer, nullable=False),
        Column("n_skipped", Integer, nullable=False),
        Column("n_gold", Integer, nullable=False),
        Column("n_gold_right", Integer, nullable=False),
        Column("n_repeat", Integer, nullable=False),
        Column("n_repeat_same", Integer, nullable=False),
        Column("n_sided", Integer, nullable=False),
        Column("n_left", Integer, nullable=False),
        Column("n_hasty", Integer, nullable=False),
        Column("active_s", Float, nullable=False),
        Column("completion_code", Words),
        UniqueConstraint("project", "account"),
    )
    Table(
        "task",
        second,
        Column("sequence", Key, primary_key=True),
        Column("project", Key, ForeignKey("project.sequence"), nullable=False),
        Column("question", Key, ForeignKey("question.sequence"), nullable=False, index=True),
        Column("purpose", Words, nullable=False),
        Column("urgency", Float, nullable=False),
        Column("place", Float, nullable=False),
        Column("stratum", Words, nullable=False),
        Column("overlap", Integer, nullable=False),
        Column("n_valid", Integer, nullable=False),
        Column("free", Integer, nullable=False),
        Column("back", Boolean, nullable=False),
        Column("sensitive", Boolean, nullable=False),
        Column("expected", Words),
        Column("adjudication", Words),
        Column("version", Integer, nullable=False),
        UniqueConstraint("project", "question"),
        Index("task_queue", "project", "urgency", "place", sqlite_where=_FREE, postgresql_where=_FREE),
        Index("task_place", "project", "place", sqlite_where=_FREE, postgresql_where=_FREE),
        Index("task_back", "project", "place", sqlite_where=_BACK, postgresql_where=_BACK),
        Index("task_purpose", "project", "purpose", "place"),
        Index("task_in_order", "project", "sequence"),
    )
    Table(
        "assignment",
        second,
        Column("sequence", Key, primary_key=True),
        Column("lease_id", Words, nullable=False, unique=True),
        Column("project", Key, ForeignKey("project.sequence"), nullable=False),
        Column("task", Key, ForeignKey("task.sequence"), nullable=False),
        Column("account", Key, ForeignKey("account.sequence"), nullable=False),
        Column("purpose", Words, nullable=False),
        Column("shown", Words, nullable=False),
        Column("explored", Boolean, nullable=False),
        Column("instructions", Integer, nullable=False),
        Column("leased_at_s", Float, nullable=False),
        Column("expires_at_s", Float, nullable=False),
        Column("state", Words, nullable=False),
        Column("holds", Boolean, nullable=False),
        Column("follows", Words),
        Column("judgment_id", Words),
        Column("counted", Words),
        Column("was_right", Boolean),
        Column("answered_at_s", Float),
        Column("shown_at_s", Float),
        Column("first_key_s", Float),
        Column("hidden_s", Float),
        Column("undone_by", Words),
        Index("assignment_of_judge", "account", "task"),
        Index("assignment_of_task", "task"),
        Index("assignment_of_judgment", "judgment_id"),
        Index("assignment_out", "expires_at_s", sqlite_where=_OUT, postgresql_where=_OUT),
        Index("assignment_out_of_judge", "account", "project", sqlite_where=_OUT, postgresql_where=_OUT),
        Index(
            "assignment_answered",
            "account",
            "project",
            "answered_at_s",
            sqlite_where=_ANSWERED,
            postgresql_where=_ANSWERED,
        ),
    )
    Table(
        "audit",
        second,
        Column("sequence", Key, primary_key=True),
        Column("at_s", Float, nullable=False),
        Column("actor", Words, nullable=False),
        Column("action", Words, nullable=False),
        Column("subject", Words, nullable=False),
        Column("detail", Words, nullable=False),
        Column("previous", Words, nullable=False),
        Column("hash", Words, nullable=False),
    )
    made = [table for table in second.sorted_tables if table.name not in ("labeler", "question")]
    second.create_all(connection, tables=made)
