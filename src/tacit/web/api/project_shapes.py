"""Shapes of the calls about projects."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec

from tacit.store.people import Project
from tacit.web.quality import Quality


class ProjectStanding(msgspec.Struct):
    """A project, as a lead's program sees it."""

    id: str
    name: str
    kind: str
    text: str
    settings: dict[str, Any]
    rules: dict[str, Any]
    state: str
    version: int
    instructions: int
    created_at_s: float
    n_tasks: int
    n_done: int
    n_valid: int
    n_surplus: int
    n_check: int


class ProjectsShown(msgspec.Struct):
    """The answer to `GET /api/projects`."""

    projects: list[ProjectStanding]


class TaskShown(msgspec.Struct):
    """A question of a project, and how far it has come."""

    question: str
    items: list[str]
    text: str
    purpose: str
    priority: float
    stratum: str
    overlap: int
    n_valid: int


class ItemsShown(msgspec.Struct):
    """The answer to `GET /api/projects/ID/items`: `after` of the next page, null after the last."""

    items: list[TaskShown]
    after: int | None


class QuestionSent(msgspec.Struct, forbid_unknown_fields=True):
    """A question about texts, as `POST /api/projects/ID/items` takes it."""

    items: list[str]
    text: str | None = None
    priority: float = 0.0
    purpose: str = "ordinary"
    expected: Any = None
    stratum: str = ""
    sensitive: bool = False
    occasion: str = ""


class ItemsSent(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /api/projects/ID/items`."""

    questions: list[QuestionSent]


class AddedShown(msgspec.Struct):
    """The answer to `POST /api/projects/ID/items`: how many were new, and the id of each that was sent."""

    added: int
    questions: list[str]


class QualityShown(msgspec.Struct):
    """The answer to `GET /api/projects/ID/quality`: null while it is computed for the first time."""

    quality: Quality | None
    computed_at_s: float


def standing_of(project: Project) -> ProjectStanding:
    """Return a project as a program sees it."""
    columns: dict[str, Any] = {name: getattr(project, name) for name in _SAME}
    rules = asdict(project.rules)
    return ProjectStanding(
        id=project.project_id, kind=str(project.kind), state=str(project.state), rules=rules, **columns
    )


_SAME = (
    "name", "text", "settings", "version", "instructions", "created_at_s", "n_tasks", "n_done", "n_valid", "n_surplus",
    "n_check",
)  # fmt: skip
