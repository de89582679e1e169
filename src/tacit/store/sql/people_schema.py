"""The tables of people at work: accounts and what lets them in, projects, the tasks in them, and who was handed what.

::

    project ◄─ instructions      account ─► labeler (the pseudonym that judgments carry)
       ▲ ▲                         ▲ ▲ ▲
       │ └────── membership ───────┘ │ └─ session, token, invite, audit
     task ◄───── assignment ─────────┘
       │              ╎
       ▼              ▼
    question      judgment (by its id, once it has been given)

A `task` is a question of a project. An `assignment` is a task handed to a judge: a lease while it is out, and after the
answer the record of how the question was shown and whether the answer counts.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, Table, UniqueConstraint, text

from tacit.store.sql import schema
from tacit.store.sql.schema import metadata
from tacit.store.sql.types import Key, Words

account = Table(
    "account",
    metadata,
    Column("sequence", Key, primary_key=True),
    Column("account_id", Words, nullable=False, unique=True),
    Column("name", Words),  # null once the person has asked to be forgotten
    Column("kind", Words, nullable=False),  # person or program
    Column("role", Words, nullable=False),  # judge, reviewer, lead or owner
    Column("labeler", Key, ForeignKey("labeler.sequence"), nullable=False),
    Column("password_hash", Words),
    Column("created_at_s", Float, nullable=False),
    Column("disabled_at_s", Float),
    Column("version", Integer, nullable=False),
    Index("account_name", "name", unique=True),
)

session = Table(
    "session",
    metadata,
    Column("secret_hash", Words, primary_key=True),
    Column("account", Key, ForeignKey("account.sequence"), nullable=False, index=True),
    Column("created_at_s", Float, nullable=False),
    Column("expires_at_s", Float, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("sequence", Key, primary_key=True),
    Column("token_id", Words, nullable=False, unique=True),
    Column("secret_hash", Words, nullable=False, unique=True),
    Column("account", Key, ForeignKey("account.sequence"), nullable=False, index=True),
    Column("scopes", Words, nullable=False),  # separated by spaces
    Column("created_at_s", Float, nullable=False),
    Column("expires_at_s", Float),
    Column("revoked_at_s", Float),
)

project = Table(
    "project",
    metadata,
    Column("sequence", Key, primary_key=True),
    Column("project_id", Words, nullable=False, unique=True),
    Column("name", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("settings", Words, nullable=False),  # JSON: what the question kind takes
    Column("rules", Words, nullable=False),  # JSON: overlap, shares, lease, quota …
    Column("state", Words, nullable=False),  # draft, open, paused or closed
    Column("version", Integer, nullable=False),
    Column("instructions", Integer, nullable=False),  # version of the newest; 0 while there are none
    Column("created_at_s", Float, nullable=False),
    Column("n_tasks", Integer, nullable=False),  # ordinary ones: checks are outside
    Column("n_done", Integer, nullable=False),
    Column("n_valid", Integer, nullable=False),
    Column("n_surplus", Integer, nullable=False),
    Column("n_check", Integer, nullable=False),
)

instructions = Table(
    "instructions",
    metadata,
    Column("project", Key, ForeignKey("project.sequence"), primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("text", Words, nullable=False),
    Column("html", Words, nullable=False),
    Column("account", Key, ForeignKey("account.sequence")),
    Column("created_at_s", Float, nullable=False),
)

invite = Table(
    "invite",
    metadata,
    Column("sequence", Key, primary_key=True),
    Column("invite_id", Words, nullable=False, unique=True),
    Column("secret_hash", Words, nullable=False, unique=True),
    Column("role", Words, nullable=False),
    Column("project", Key, ForeignKey("project.sequence")),
    Column("made_by", Key, ForeignKey("account.sequence")),  # null for the first owner's link
    Column("created_at_s", Float, nullable=False),
    Column("expires_at_s", Float, nullable=False),
    Column("uses_left", Integer, nullable=False),
    Column("revoked_at_s", Float),
)

membership = Table(
    "membership",
    metadata,
    Column("sequence", Key, primary_key=True),
    Column("project", Key, ForeignKey("project.sequence"), nullable=False),
    Column("account", Key, ForeignKey("account.sequence"), nullable=False, index=True),
    Column("joined_at_s", Float, nullable=False),
    Column("left_at_s", Float),
    Column("read_instructions", Integer, nullable=False),  # the newest version that the judge has passed; 0 for none
    Column("training_state", Words, nullable=False),  # none, passed or failed
    Column("training_attempts", Integer, nullable=False),
    Column("urgency", Float, nullable=False),  # with `place`: how far in the queue this judge has been
    Column("place", Float, nullable=False),
    Column("n_valid", Integer, nullable=False),
    Column("n_surplus", Integer, nullable=False),
    Column("n_check", Integer, nullable=False),
    Column("n_skipped", Integer, nullable=False),
    Column("n_gold", Integer, nullable=False),
    Column("n_gold_right", Integer, nullable=False),
    Column("n_repeat", Integer, nullable=False),
    Column("n_repeat_same", Integer, nullable=False),
    Column("n_sided", Integer, nullable=False),  # answers between two items shown side by side …
    Column("n_left", Integer, nullable=False),  # … and those that chose the left
    Column("n_hasty", Integer, nullable=False),  # quicker than the project's shortest time
    Column("active_s", Float, nullable=False),  # paid time: from showing to answering, without hidden time
    Column("completion_code", Words),
    UniqueConstraint("project", "account"),
)

_FREE = text("free > 0")
_BACK = text("back AND free > 0")

task = Table(
    "task",
    metadata,
    Column("sequence", Key, primary_key=True),
    Column("project", Key, ForeignKey("project.sequence"), nullable=False),
    Column("question", Key, ForeignKey("question.sequence"), nullable=False, index=True),
    Column("purpose", Words, nullable=False),  # ordinary, gold, attention or training
    Column("urgency", Float, nullable=False),  # minus the priority: the queue is in ascending order of (urgency, place)
    Column("place", Float, nullable=False),  # the batch's number plus a random share, so that order is random within
    Column("stratum", Words, nullable=False),  # what a quota counts; empty for none
    Column("overlap", Integer, nullable=False),
    Column("n_valid", Integer, nullable=False),
    Column("free", Integer, nullable=False),  # overlap − n_valid − leases that hold a slot; 0 outside the queue
    Column("back", Boolean, nullable=False),  # a slot came back after judges had gone past
    Column("sensitive", Boolean, nullable=False),
    Column("expected", Words),  # JSON: the right answer to a check, in the question's own order
    Column("adjudication", Words),  # judgment_id of the reviewer's judgment in force
    Column("version", Integer, nullable=False),
    UniqueConstraint("project", "question"),
    Index("task_queue", "project", "urgency", "place", sqlite_where=_FREE, postgresql_where=_FREE),
    Index("task_place", "project", "place", sqlite_where=_FREE, postgresql_where=_FREE),
    Index("task_back", "project", "place", sqlite_where=_BACK, postgresql_where=_BACK),
    Index("task_purpose", "project", "purpose", "place"),
    Index("task_in_order", "project", "sequence"),
)

_OUT, _ANSWERED = text("state = 'out'"), text("state = 'answered'")

assignment = Table(
    "assignment",
    metadata,
    Column("sequence", Key, primary_key=True),
    Column("lease_id", Words, nullable=False, unique=True),
    Column("project", Key, ForeignKey("project.sequence"), nullable=False),
    Column("task", Key, ForeignKey("task.sequence"), nullable=False),
    Column("account", Key, ForeignKey("account.sequence"), nullable=False),
    Column("purpose", Words, nullable=False),  # ordinary, gold, attention, training or repeat
    Column("shown", Words, nullable=False),  # JSON: the items' indices, in the order shown
    Column("explored", Boolean, nullable=False),  # drawn at random, whatever its priority
    Column("instructions", Integer, nullable=False),  # version that the judge had read
    Column("leased_at_s", Float, nullable=False),
    Column("expires_at_s", Float, nullable=False),
    Column("state", Words, nullable=False),  # out, answered, undone, expired or released
    Column("holds", Boolean, nullable=False),  # takes one of the task's slots, as a lease or as a valid answer
    Column("follows", Words),  # the judgment that an answer will follow, after an undo
    Column("judgment_id", Words),
    Column("counted", Words),  # valid, surplus or check
    Column("was_right", Boolean),  # whether a check's answer was as expected, or a repeat's as before
    Column("answered_at_s", Float),
    Column("shown_at_s", Float),
    Column("first_key_s", Float),
    Column("hidden_s", Float),
    Column("undone_by", Words),
    Index("assignment_of_task_and_judge", "task", "account"),
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

audit = Table(
    "audit",
    metadata,
    Column("sequence", Key, primary_key=True),
    Column("at_s", Float, nullable=False),
    Column("actor", Words, nullable=False),  # account_id; empty for the command line
    Column("action", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("detail", Words, nullable=False),  # JSON
    Column("previous", Words, nullable=False),  # hash of the entry before
    Column("hash", Words, nullable=False),
)

NEVER_CHANGED = (*schema.NEVER_CHANGED, audit)
"""Tables whose rows are only added: `schema.NEVER_CHANGED`, and the log of who changed what."""
