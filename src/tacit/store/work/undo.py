"""Taking an answer back: a new judgment says so, and the old one stays untouched.

The place is free again, and the question is handed to the same judge at once.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, literal_column, select, update

from tacit.errors import NotAllowed, UnknownName
from tacit.judging import Outcome
from tacit.store.people.actor import Actor
from tacit.store.sql.people_schema import assignment
from tacit.store.sql.schema import judgment
from tacit.store.work.answering import judgment_id_of
from tacit.store.work.leases import leases_named, leases_of_judgments
from tacit.store.work.leasing import Leasing
from tacit.store.work.ledger import Ledger, ProjectNow
from tacit.store.work.orders import order_of
from tacit.store.work.showing import Showing
from tacit.store.work.visit import Leased

MOST_BACK = 10
"""How many of one's own answers may be taken back: the last ones."""


def take_back(
    ledger: Ledger, actor: Actor, leasing: Leasing, showing: Showing, *, key: str, judgment_id: str
) -> tuple[str, Leased]:
    """Take back an answer of the actor's own, and return the id of the judgment that says so, and the question again.

    Sent again under the same key, it changes nothing and returns the same.

    Raises:
        UnknownName: no such answer of theirs. NotAllowed: it is not among the last ten, or was given too long ago.
    """
    connection = ledger.connection
    taken_back = judgment_id_of(actor, f"undo {key}")
    lease = _lease_of(connection, actor, judgment_id)
    ledger.load_members([actor])
    ledger.load_projects([lease["project"]])
    ledger.load_tasks([lease["task"]])
    if lease["undone_by"] == taken_back:
        again = connection.execute(_FOLLOWING, {"judgment_id": taken_back}).scalar_one()
        return taken_back, _shown(ledger, showing, leases_named(connection, [again])[again])
    if ledger.members[lease["project"], actor.sequence].columns["left_at_s"] is not None:
        raise NotAllowed("undo", got="a project in which you work no more", expected="one in which you do")
    project = ledger.projects[lease["project"]]
    _refuse_too_late(ledger, project, lease)
    _keep_judgment(ledger, judgment_id, taken_back)
    _uncount(ledger, project, lease, judgment_id)
    connection.execute(_UNDONE, {"key": lease["lease_id"], "undone_by": taken_back})
    member, one = ledger.members[lease["project"], actor.sequence], ledger.tasks[lease["task"]]
    row = leasing.lease(project, member, one, lease["purpose"], follows=taken_back, shown=lease["shown"])
    ledger.flush()
    return taken_back, _shown(ledger, showing, row)


def _lease_of(connection: Connection, actor: Actor, judgment_id: str) -> dict[str, Any]:
    """Return the actor's own lease whose answer became this judgment; another's is as if it were not there."""
    for lease in leases_of_judgments(connection, [judgment_id]).values():
        if lease["account"] == actor.sequence:
            return lease
    raise UnknownName("judgment", judgment_id[:40], (), do="Only answers of your own can be taken back")


def _refuse_too_late(ledger: Ledger, project: ProjectNow, lease: dict[str, Any]) -> None:
    where, expected = "undo", f"one of your last {MOST_BACK} answers in this project"
    if lease["state"] != "answered":
        raise NotAllowed(where, got="an answer that was taken back already", expected=expected)
    given = {"account": lease["account"], "project": lease["project"], "n": MOST_BACK}
    if lease["lease_id"] not in set(ledger.connection.execute(_LAST, given).scalars()):
        raise NotAllowed(where, got="an older answer", expected=expected)
    if lease["purpose"] == "training":
        raise NotAllowed(where, got="an answer to a training question", expected=expected)
    if ledger.now - lease["answered_at_s"] > project.held.rules.undo_s:
        within = f"one of the last {project.held.rules.undo_s:g} seconds"
        raise NotAllowed(where, got=f"an answer of {ledger.now - lease['answered_at_s']:.0f} s ago", expected=within)


def _keep_judgment(ledger: Ledger, judgment_id: str, taken_back: str) -> None:
    old = ledger.connection.execute(select(judgment).where(judgment.c.judgment_id == judgment_id)).one()
    empty: dict[str, Any] = {name: None for name in judgment.c.keys() if name != "sequence"}  # noqa: SIM118  names alone
    ledger.new_judgments.append(
        {
            **empty,
            "judgment_id": taken_back,
            "question": old.question,
            "labeler": old.labeler,
            "outcome": Outcome.SKIPPED,
            "answered_at_s": ledger.now,
            "follows": judgment_id,
        }
    )


def _uncount(ledger: Ledger, project: ProjectNow, lease: dict[str, Any], judgment_id: str) -> None:
    """Take the answer out of every counter but the time that it took."""
    old = ledger.connection.execute(select(judgment).where(judgment.c.judgment_id == judgment_id)).one()
    one, member = ledger.tasks[lease["task"]], ledger.members[lease["project"], lease["account"]]
    if lease["counted"] == "valid":
        project.count(n_valid=-1, n_done=-int(one.n_valid == one.overlap))
        one.n_valid -= 1
        one.give_back()
    else:
        project.count(**{f"n_{lease['counted']}": -1})
    told = lease["was_right"] is not None
    check, repeat = lease["purpose"] in ("gold", "attention"), lease["purpose"] == "repeat"
    member.count(
        **{f"n_{lease['counted']}": -1},
        n_skipped=-int(old.outcome in (Outcome.SKIPPED, Outcome.NOT_SHOWN)),
        n_gold=-int(check and told),
        n_gold_right=-int(check and bool(lease["was_right"])),
        n_repeat=-int(repeat and told),
        n_repeat_same=-int(repeat and bool(lease["was_right"])),
        n_sided=-int(old.comparison is not None),
        n_left=-int(old.comparison is not None and order_of(lease["shown"])[0] == old.comparison),
    )


def _shown(ledger: Ledger, showing: Showing, row: dict[str, Any]) -> Leased:
    one = ledger.tasks[row["task"]]
    question = showing.get(ledger.connection, [one.question])[one.question]
    return question.leased(
        row["lease_id"],
        order_of(row["shown"]),
        expires_at_s=row["expires_at_s"],
        sensitive=bool(one.sensitive),
        again=row["purpose"] == "repeat",
    )


_FOLLOWING = select(assignment.c.lease_id).where(assignment.c.follows == bindparam("judgment_id"))
_LAST = (
    select(assignment.c.lease_id)
    .where(assignment.c.account == bindparam("account"), assignment.c.project == bindparam("project"))
    .where(assignment.c.state == literal_column("'answered'"))
    .order_by(assignment.c.answered_at_s.desc(), assignment.c.sequence.desc())
    .limit(bindparam("n"))
)
_UNDONE = (
    update(assignment)
    .where(assignment.c.lease_id == bindparam("key"))
    .values(state="undone", holds=False, undone_by=bindparam("undone_by"))
)
