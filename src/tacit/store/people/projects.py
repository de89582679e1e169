"""Projects: one kind of question, put to many judges under the same rules."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from tacit.errors import BadValue, Conflict, UnknownName
from tacit.judging import DATA_SHEETS, Question, QuestionKind
from tacit.store.people.access import Access, absent, new_id
from tacit.store.people.audit import record
from tacit.store.people.rules import Rules
from tacit.store.sql.people_schema import account, assignment, instructions, project, task

LONGEST_WORDS = 10_000


class State(StrEnum):
    """Whether a project's questions are handed out."""

    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True)
class Project:
    """A project as it is now.

    Args:
        sequence: its row.
        project_id: its public name.
        name: what people call it.
        kind: the kind of all its questions.
        text: the words put to judges.
        settings: what the kind's data sheet takes: options, low, high, step, unit.
        rules: how its tasks are handed out.
        state: whether they are.
        version: raised by each change.
        instructions: version of the newest instructions; 0 while there are none.
        created_at_s: seconds since 1970-01-01 UTC.
        n_tasks: ordinary questions, without checks.
        n_done: those of them with as many valid answers as they need.
        n_valid: valid answers.
        n_surplus: answers outside the overlap: late ones, and skips.
        n_check: answers to checks, repeats and training.
    """

    sequence: int
    project_id: str
    name: str
    kind: QuestionKind
    text: str
    settings: dict[str, Any]
    rules: Rules
    state: State
    version: int
    instructions: int
    created_at_s: float
    n_tasks: int
    n_done: int
    n_valid: int
    n_surplus: int
    n_check: int


@dataclass(frozen=True)
class Instructions:
    """One version of what judges are told.

    Args:
        version: from 1.
        text: as the lead wrote it.
        html: as it is shown, made safe by the caller.
        account_id: who wrote it; None for the command line.
        created_at_s: seconds since 1970-01-01 UTC.
    """

    version: int
    text: str
    html: str
    account_id: str | None
    created_at_s: float


class Projects:
    """The projects of a workspace."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def create(
        self,
        name: str,
        kind: QuestionKind,
        text: str,
        *,
        settings: dict[str, Any] | None = None,
        rules: Rules | None = None,
        by: str = "",
    ) -> Project:
        """Make a project, as a draft.

        Raises:
            BadValue: no name. BadQuestion: settings that the kind does not allow.
        """
        now, project_id = self._access.now(), new_id("p")
        columns = {**_worded(name, text), "kind": kind, "settings": _settings_json(kind, settings or {})}
        columns |= {"rules": (rules or Rules()).json, "state": State.DRAFT, "version": 1, "instructions": 0}
        counts = dict.fromkeys(("n_tasks", "n_done", "n_valid", "n_surplus", "n_check"), 0)

        def create(connection: Connection) -> None:
            connection.execute(insert(project).values(project_id=project_id, created_at_s=now, **columns, **counts))
            record(connection, now, by, "project.create", project_id, name=name, kind=kind)

        self._access.write(create)
        return self.get(project_id)

    def all(self) -> list[Project]:
        """Return all projects, in the order in which they were made."""
        return [project_of(row) for row in self._access.rows(select(project).order_by(project.c.sequence))]

    def get(self, project_id: str) -> Project:
        """Return a project.

        Raises:
            UnknownName: no such project.
        """
        row = self._access.row(select(project).where(project.c.project_id == project_id))
        if row is None:
            raise absent("project", project_id)
        return project_of(row)

    def at(self, sequence: int) -> Project:
        """Return the project in a row.

        Raises:
            UnknownName: no such project.
        """
        row = self._access.row(select(project).where(project.c.sequence == sequence))
        if row is None:
            raise absent("project", str(sequence))
        return project_of(row)

    def newest_html(self, held: Project) -> str:
        """Return the newest instructions of a project as they are shown; empty while there are none."""
        chosen = select(instructions.c.html).where(instructions.c.project == held.sequence)
        row = self._access.row(chosen.where(instructions.c.version == held.instructions))
        return "" if row is None else str(row.html)

    def named(self, name: str) -> Project | None:
        """Return the oldest project of this name, or None."""
        return next((one for one in self.all() if one.name == name), None)

    def change(
        self,
        project_id: str,
        *,
        version: int,
        by: str,
        name: str | None = None,
        text: str | None = None,
        settings: dict[str, Any] | None = None,
        rules: Rules | None = None,
    ) -> Project:
        """Change some of a project; questions that judges hold already keep the words they were handed out with.

        Another overlap or quota opens or closes questions at once. Options in force are those of a question's own
        settings; see `tacit.store.work.tasks.reword`, which puts the questions anew.

        Raises:
            Conflict: it has been changed since `version`. UnknownName, BadValue, BadQuestion: as for `create`.
        """
        now = self._access.now()

        def change(connection: Connection) -> None:
            before = _held(connection, project_id, version)
            values: dict[str, Any] = _worded(
                before.name if name is None else name, before.text if text is None else text
            )
            if settings is not None:
                values["settings"] = _settings_json(before.kind, settings)
            if rules is not None:
                values["rules"] = rules.json
                if rules.overlap != before.rules.overlap:
                    _change_overlap(connection, before, rules.overlap)
                if (rules.strata, rules.overlap) != (before.rules.strata, before.rules.overlap):
                    _change_strata(connection, before, rules)
            connection.execute(
                update(project).where(project.c.sequence == before.sequence).values(version=version + 1, **values)
            )
            changed = [key for key in values if values[key] != _columns(before)[key]]
            record(connection, now, by, "project.change", project_id, changed=changed)

        self._access.write(change)
        return self.get(project_id)

    def set_state(self, project_id: str, state: State, *, by: str, version: int | None = None) -> Project:
        """Open, pause or close a project.

        Raises:
            Conflict: it has been changed since `version`. UnknownName: no such project or state.
        """
        if state not in set(State):
            raise UnknownName("state", str(state), [str(one) for one in State])
        now = self._access.now()

        def change(connection: Connection) -> None:
            before = _held(connection, project_id, version)
            values = {"state": state, "version": before.version + 1}
            connection.execute(update(project).where(project.c.sequence == before.sequence).values(**values))
            record(connection, now, by, f"project.{state}", project_id)

        self._access.write(change)
        return self.get(project_id)

    def add_instructions(self, project_id: str, text: str, html: str, *, version: int, by: str) -> Project:
        """Add a version of the instructions; judges are shown it before they go on.

        Args:
            html: what judges see, made safe by the caller.
            version: of the project, as the caller knows it.

        Raises:
            Conflict: the project has been changed since `version`. UnknownName: no such project.
        """
        now = self._access.now()

        def add(connection: Connection) -> None:
            before = _held(connection, project_id, version)
            author = connection.execute(select(account.c.sequence).where(account.c.account_id == by)).scalar()
            number = before.instructions + 1
            row = {"project": before.sequence, "version": number, "text": text, "html": html, "account": author}
            connection.execute(insert(instructions).values(**row, created_at_s=now))
            values = {"instructions": number, "version": version + 1}
            connection.execute(update(project).where(project.c.sequence == before.sequence).values(**values))
            record(connection, now, by, "project.instructions", project_id, version=number)

        self._access.write(add)
        return self.get(project_id)

    def instructions(self, project_id: str) -> list[Instructions]:
        """Return all versions of the instructions, the newest first."""
        columns = (instructions.c[name] for name in ("version", "text", "html", "created_at_s"))
        chosen = (
            select(*columns, account.c.account_id)
            .select_from(instructions.outerjoin(account, instructions.c.account == account.c.sequence))
            .join(project, instructions.c.project == project.c.sequence)
            .where(project.c.project_id == project_id)
            .order_by(instructions.c.version.desc())
        )
        return [
            Instructions(row.version, row.text, row.html, row.account_id, row.created_at_s)
            for row in self._access.rows(chosen)
        ]


def project_of(row: Row[Any]) -> Project:
    """Return the project in a row of all columns."""
    columns = row._asdict()
    columns |= {"settings": json.loads(row.settings), "rules": Rules.from_json(row.rules)}
    columns |= {"kind": QuestionKind(row.kind), "state": State(row.state)}
    return Project(**columns)


def _held(connection: Connection, project_id: str, version: int | None) -> Project:
    row = connection.execute(select(project).where(project.c.project_id == project_id)).one_or_none()
    if row is None:
        raise absent("project", project_id)
    if version is not None and row.version != version:
        raise Conflict(f"project {project_id}", mine=version, theirs=row.version)
    return project_of(row)


def _columns(before: Project) -> dict[str, str]:
    settings = _settings_json(before.kind, before.settings)
    return {"name": before.name, "text": before.text, "settings": settings, "rules": before.rules.json}


def _worded(name: str, text: str) -> dict[str, Any]:
    if not name.strip() or len(name) > 200 or "\0" in name:
        raise BadValue("name of a project", got=repr(name[:40]), expected="1 to 200 characters")
    if len(text) > LONGEST_WORDS or "\0" in text:
        raise BadValue("words put to judges", got=f"{len(text)} characters", expected=f"at most {LONGEST_WORDS}")
    return {"name": name, "text": text}


def _settings_json(kind: QuestionKind, settings: dict[str, Any]) -> str:
    """Return settings as JSON; a question about stand-in items holds them against the kind's data sheet."""
    stand_ins = tuple(f"item {n}" for n in range(DATA_SHEETS[QuestionKind(kind)].n_items[0]))
    return Question(kind, stand_ins, settings=settings).settings_json


def _change_overlap(connection: Connection, before: Project, overlap: int) -> None:
    """Give every ordinary task the new overlap. What is held by leases is overlap − n_valid − free, and stays."""
    more = overlap - before.rules.overlap
    of_project = (task.c.project == before.sequence) & (task.c.purpose == "ordinary")
    moved = {"overlap": overlap, "free": task.c.free + more, "back": task.c.n_valid > 0}
    connection.execute(update(task).where(of_project).values(**moved))
    done = select(task.c.sequence).where(of_project, task.c.n_valid >= overlap)
    n_done = len(connection.execute(done).all())
    connection.execute(update(project).where(project.c.sequence == before.sequence).values(n_done=n_done))


def _change_strata(connection: Connection, before: Project, rules: Rules) -> None:
    """Open what belongs to a stratum whose quota is not reached any more, and close what is of one whose quota is."""
    held = select(func.count()).where(assignment.c.task == task.c.sequence, assignment.c.holds)
    n_out = held.where(assignment.c.state == "out").scalar_subquery()
    for stratum in {*before.rules.strata, *rules.strata}:
        of_stratum = (task.c.project == before.sequence) & (task.c.purpose == "ordinary") & (task.c.stratum == stratum)
        finished = select(func.count()).select_from(task).where(of_stratum, task.c.n_valid >= task.c.overlap)
        quota = rules.strata.get(stratum)
        full = quota is not None and (connection.execute(finished).scalar() or 0) >= quota
        free = {"free": 0} if full else {"free": task.c.overlap - task.c.n_valid - n_out, "back": True}
        connection.execute(update(task).where(of_stratum).values(**free))
