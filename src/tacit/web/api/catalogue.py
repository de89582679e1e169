"""What the API offers: each call with what it takes, gives and refuses. A test holds this list against the router."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tacit.web.api.project_shapes import (
    AddedShown,
    ItemsSent,
    ItemsShown,
    ProjectsShown,
    ProjectStanding,
    QualityShown,
)
from tacit.web.api.wire import (
    AnsweredShown,
    AnswersSent,
    InstructionsRead,
    LeasesSent,
    NextShown,
    ReleasedShown,
    RenewedShown,
    UndoneShown,
    UndoSent,
)

ALWAYS_REFUSES = (400, 401, 403, 404, 429, 503)


@dataclass(frozen=True)
class Described:
    """One call of the API.

    Args:
        name: of the operation.
        method: GET, POST or PUT.
        path: with its parameters in braces.
        summary: one sentence.
        takes: shape of the body; None for none.
        gives: shape of the answer; None for what is no JSON.
        parameters: OpenAPI's description of each.
        refuses: statuses of refusals.
        media_type: of the answer.
    """

    name: str
    method: str
    path: str
    summary: str
    takes: type[Any] | None = None
    gives: type[Any] | None = None
    parameters: tuple[Mapping[str, Any], ...] = ()
    refuses: tuple[int, ...] = ALWAYS_REFUSES
    media_type: str = "application/json"


_WHICH = {
    "name": "project",
    "in": "query",
    "schema": {"type": "string"},
    "description": "id of the project; the one joined last, if absent",
}
_HOW_MANY = {
    "name": "n",
    "in": "query",
    "schema": {"type": "integer", "minimum": 0, "maximum": 50, "default": 1},
    "description": "questions wanted",
}
_IN_PATH = {"name": "project_id", "in": "path", "required": True, "schema": {"type": "string"}}
_AFTER = {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0, "default": 0}}
_PAGE = {"name": "n", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 100}}
_FORMAT = {
    "name": "format",
    "in": "query",
    "schema": {"type": "string", "enum": ["jsonl", "csv", "parquet"], "default": "jsonl"},
}
_BODY = (*ALWAYS_REFUSES, 413)

CALLS: tuple[Described, ...] = (
    Described(
        "give_next", "GET", "/api/next", "Lease the next questions.", gives=NextShown, parameters=(_WHICH, _HOW_MANY)
    ),
    Described(
        "take_answers",
        "POST",
        "/api/answers",
        "Hand in answers and lease the next questions.",
        takes=AnswersSent,
        gives=AnsweredShown,
        refuses=_BODY,
    ),
    Described(
        "take_back",
        "POST",
        "/api/undo",
        "Take one of the last ten answers back.",
        takes=UndoSent,
        gives=UndoneShown,
        refuses=_BODY,
    ),
    Described(
        "renew_leases",
        "POST",
        "/api/leases/renew",
        "Keep leased questions for longer.",
        takes=LeasesSent,
        gives=RenewedShown,
        refuses=_BODY,
    ),
    Described(
        "release_leases",
        "POST",
        "/api/leases/release",
        "Give leased questions back unanswered.",
        takes=LeasesSent,
        gives=ReleasedShown,
        refuses=_BODY,
    ),
    Described(
        "read_instructions",
        "POST",
        "/api/instructions",
        "Say that the instructions were read.",
        takes=InstructionsRead,
        gives=NextShown,
        refuses=_BODY,
    ),
    Described("list_projects", "GET", "/api/projects", "List projects.", gives=ProjectsShown),
    Described(
        "show_project",
        "GET",
        "/api/projects/{project_id}",
        "Show a project with its rules and counters.",
        gives=ProjectStanding,
        parameters=(_IN_PATH,),
    ),
    Described(
        "list_items",
        "GET",
        "/api/projects/{project_id}/items",
        "List the questions of a project.",
        gives=ItemsShown,
        parameters=(_IN_PATH, _AFTER, _PAGE),
    ),
    Described(
        "add_items",
        "POST",
        "/api/projects/{project_id}/items",
        "Add text items and questions about them, all or none.",
        takes=ItemsSent,
        gives=AddedShown,
        parameters=(_IN_PATH,),
        refuses=_BODY,
    ),
    Described(
        "export_judgments",
        "GET",
        "/api/projects/{project_id}/export",
        "Export every judgment with its question.",
        parameters=(_IN_PATH, _FORMAT),
        media_type="application/x-ndjson",
    ),
    Described(
        "show_quality",
        "GET",
        "/api/projects/{project_id}/quality",
        "Show how good the answers are so far.",
        gives=QualityShown,
        parameters=(_IN_PATH,),
    ),
)
