"""What goes over the wire: shapes that are checked as they are read, and written as they are.

A judge's page is never told which answers are checks: what counts as a check reads ``valid``, unless it was training.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tacit.errors import BadValue
from tacit.store.people import Project
from tacit.store.work import Accepted, Given, Leased, Progress, Reply, Turned
from tacit.web.refusing import error_body

MOST_ANSWERS = 100
MOST_LEASES = 200


class AnswerSent(msgspec.Struct, forbid_unknown_fields=True):
    """One answer, as `POST /api/answers` takes it."""

    key: str
    lease: str
    outcome: str
    answer: Any = None
    credence: float | None = None
    shown_at_s: float | None = None
    first_key_s: float | None = None
    duration_s: float | None = None
    hidden_s: float | None = None


class AnswersSent(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /api/answers`."""

    answers: list[AnswerSent]
    next: int = 0
    project: str | None = None


class UndoSent(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /api/undo`."""

    key: str
    judgment_id: str


class LeasesSent(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /api/leases/renew` and `/release`."""

    leases: list[str]


class InstructionsRead(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /api/instructions`."""

    project: str
    version: int


class ProjectShown(msgspec.Struct, omit_defaults=True):
    """A project, as a judge's page gets it."""

    id: str
    name: str
    kind: str
    text: str
    settings: dict[str, Any]
    instructions: dict[str, Any] | None


class AcceptedShown(msgspec.Struct, omit_defaults=True):
    """An answer that is on disk."""

    key: str
    judgment_id: str
    counted: str
    feedback: dict[str, Any] | None = None


class NextShown(msgspec.Struct, omit_defaults=True):
    """The answer to `GET /api/next`."""

    state: str
    questions: list[Leased]
    progress: Progress
    project: ProjectShown | None = None
    attempts_left: int | None = None


class AnsweredShown(msgspec.Struct, omit_defaults=True):
    """The answer to `POST /api/answers`."""

    accepted: list[AcceptedShown]
    refused: list[dict[str, Any]]
    questions: list[Leased]
    progress: Progress
    state: str
    project: ProjectShown | None = None
    attempts_left: int | None = None


class UndoneShown(msgspec.Struct):
    """The answer to `POST /api/undo`."""

    undone: str
    judgment_id: str
    question: Leased


class RenewedShown(msgspec.Struct):
    """The answer to `POST /api/leases/renew`: when each lease ends now."""

    renewed: dict[str, float]


class ReleasedShown(msgspec.Struct):
    """The answer to `POST /api/leases/release`: the leases that were out."""

    released: list[str]


_encoder = msgspec.json.Encoder()
_answers = msgspec.json.Decoder(AnswersSent)


def encode(value: object) -> bytes:
    """Return a value as JSON."""
    return _encoder.encode(value)


def decode_answers(body: bytes) -> AnswersSent:
    """Return the answers in a body.

    Raises:
        BadValue: it is not JSON, or not of this shape.
    """
    sent = _decoded(_answers, body)
    if not isinstance(sent, AnswersSent) or len(sent.answers) > MOST_ANSWERS:
        raise BadValue("answers", got="too many of them", expected=f"at most {MOST_ANSWERS} in one request")
    return sent


def decode(body: bytes, shape: type[Any]) -> Any:  # noqa: ANN401  the shape that was asked for
    """Return the body as the shape.

    Raises:
        BadValue: it is not JSON, or not of this shape.
    """
    return _decoded(msgspec.json.Decoder(shape), body)


def given(sent: AnswerSent) -> Given:
    """Return an answer as the desk takes it."""
    return Given(
        sent.key,
        sent.lease,
        sent.outcome,
        sent.answer,
        sent.credence,
        sent.shown_at_s,
        sent.first_key_s,
        sent.duration_s,
        sent.hidden_s,
    )


def shown_project(project: Project, html: str) -> ProjectShown:
    """Return a project as a judge's page gets it."""
    instructions = {"version": project.instructions, "html": html} if project.instructions else None
    settings = {**project.settings, **project.rules.page}
    return ProjectShown(project.project_id, project.name, project.kind, project.text, settings, instructions)


def next_shown(reply: Reply, project: ProjectShown | None) -> NextShown:
    """Return what `GET /api/next` says."""
    return NextShown(reply.state, reply.questions, reply.progress, project, reply.attempts_left)


def answered_shown(reply: Reply, project: ProjectShown | None) -> AnsweredShown:
    """Return what `POST /api/answers` says."""
    accepted = [_accepted(one) for one in reply.accepted]
    refused = [_refused(one) for one in reply.refused]
    return AnsweredShown(accepted, refused, reply.questions, reply.progress, reply.state, project, reply.attempts_left)


def _accepted(one: Accepted) -> AcceptedShown:
    told = one.counted if one.counted != "check" or one.feedback is not None else "valid"
    return AcceptedShown(one.key, one.judgment_id, told, one.feedback)


def _refused(one: Turned) -> dict[str, Any]:
    return {"key": one.key, **error_body(one.error)}


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes) -> object:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise BadValue("body", got=str(error), expected="what docs/api.md says") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadValue("body", got=str(error), expected="JSON") from None
