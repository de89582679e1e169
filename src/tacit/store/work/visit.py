"""What a judge's page or program sends to the desk, and what it gets back: the shapes of the wire, without the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tacit.errors import InputError
from tacit.store.people.projects import Project


@dataclass(frozen=True)
class Credential:
    """What somebody shows to be let in.

    Args:
        kind: session or token.
        hash: SHA-256 of its secret.
    """

    kind: str
    hash: str


@dataclass(frozen=True)
class Given:
    """One answer, as it was sent.

    Args:
        key: chosen by the sender, and the same when the same answer is sent again.
        lease: the lease under which the question was handed out.
        outcome: one of `tacit.judging.Outcome`.
        answer: the value as shown: left or right, ranks in the order shown …; None unless answered.
        credence: how sure, in [0, 1]; None if not asked.
        shown_at_s: when the question was shown, by the sender's clock; None if not known.
        first_key_s: seconds from showing to the first key.
        duration_s: seconds from showing to answering.
        hidden_s: seconds of those in which the page was hidden.
    """

    key: str
    lease: str
    outcome: str
    answer: Any = None
    credence: float | None = None
    shown_at_s: float | None = None
    first_key_s: float | None = None
    duration_s: float | None = None
    hidden_s: float | None = None


@dataclass(frozen=True)
class Visit:
    """One coming to the desk: answers handed in, questions asked for.

    Args:
        credential: who comes.
        project_id: for which project; None for that of the answers, or the only one.
        answers: what is handed in.
        n: how many more questions are wanted.
        again: whether questions that are out already are wanted again, before new ones.
        read_instructions: the version that the judge says to have read; None for none.
    """

    credential: Credential
    project_id: str | None = None
    answers: tuple[Given, ...] = ()
    n: int = 0
    again: bool = False
    read_instructions: int | None = None


@dataclass(frozen=True)
class ShownItem:
    """An item as the page gets it: by address, or small texts as they are."""

    id: str
    kind: str
    media_type: str
    url: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class ShownQuestion:
    """What is asked."""

    id: str
    kind: str
    text: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class Leased:
    """A question handed out. Nothing in it tells a check or a repeat from any other.

    Args:
        lease: names this handing out; the answer names it too.
        question: what is asked.
        items: in the order in which they are to be shown.
        shown_left: index, in the question's own order, of the item shown left; None unless there are two.
        expires_at_s: after this an answer is kept outside the overlap.
        sensitive: whether to blur it first.
    """

    lease: str
    question: ShownQuestion
    items: tuple[ShownItem, ...]
    shown_left: int | None
    expires_at_s: float
    sensitive: bool


@dataclass(frozen=True)
class Accepted:
    """An answer that is on disk."""

    key: str
    judgment_id: str
    counted: str
    feedback: dict[str, Any] | None = None


@dataclass(frozen=True)
class Turned:
    """An answer that was not taken, and why."""

    key: str
    error: InputError


@dataclass(frozen=True)
class Progress:
    """How far a judge has come.

    Args:
        answered: answers of theirs.
        left: questions that they may still get, at most.
        seconds: time at work.
    """

    answered: int
    left: int
    seconds: float


@dataclass
class Reply:
    """What a visit brings.

    Args:
        project: the project that it was about; None where there is none.
        state: work, gate, training, waiting, done, paused or refused.
        questions: handed out now.
        accepted: answers that are on disk.
        refused: answers that were not taken.
        progress: how far the judge has come.
        attempts_left: of the training; None outside of it.
    """

    project: Project | None = None
    state: str = "done"
    questions: list[Leased] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    refused: list[Turned] = field(default_factory=list)
    progress: Progress = field(default_factory=lambda: Progress(0, 0, 0.0))
    attempts_left: int | None = None
