"""People as a labeler: questions go into a project of the store, and answers come out of it when they are given.

The judging server hands the questions out, as a process of its own. Neither knows of the other: the store lies between
them, so that either may be killed and begun again.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from tacit.judging import READABLE, Item, Media, QuestionKind, Wording, judgments_schema, wording_of
from tacit.store import Store
from tacit.store.people import Project, Rules, State

PEOPLE = "people"
AT_ONCE = 4
"""Questions that are drawn before they are put: the first ones reach the judge while the others are being drawn."""

PAGE = 1000

INSTRUCTIONS = (
    "You will see two short clips at a time, of the same learner trying something.",
    "Say which of them is closer to what is asked for. Go by what you see in the clips, not by how they end.",
    "If neither is closer, say that they are equal. If you cannot tell, say so: it is an answer too.",
)


def instructions_for(producer: object) -> tuple[str, ...]:
    """Return the paragraphs that those read who judge what `producer` makes."""
    words = wording_of(producer)
    if words == Wording():
        return INSTRUCTIONS
    return (
        f"You will see two at a time: a {words.item} each of the same learner.",
        "Say which of them is better. What differs between the two is marked.",
        "If neither is better, say that they are equal. If you cannot tell, say so: it is an answer too.",
    )


class PeopleLabeler:
    """Whoever answers in a project.

    Args:
        store: where the project is.
        project_id: the project; see `open_project`.
        draw: how an item is shown; without it items are shown as they are.
    """

    def __init__(self, store: Store, project_id: str, *, draw: Callable[[Item], Media] | None = None) -> None:
        self._store, self._project_id, self._draw = store, project_id, draw
        self._asked = set(_questions_of(store, project_id))
        self._seen = 0

    @property
    def labeler_id(self) -> str:
        """The name of the group; each judgment carries the pseudonym of the person who made it."""
        return PEOPLE

    def ask(self, questions: pl.DataFrame) -> None:
        """Put questions into the project, before all that are open: the first of them first.

        Raises:
            BadValue: a question of another kind than the project's. InputError: an item that cannot be drawn.
        """
        fresh = questions.filter(~pl.col("question_id").is_in(list(self._asked)))
        fresh = fresh.unique("question_id", maintain_order=True)
        before = self._store.people.projects.get(self._project_id).n_tasks
        for start in range(0, fresh.height, AT_ONCE):
            some = fresh[start : start + AT_ONCE]
            self._show(some.get_column("item_ids").explode().unique(maintain_order=True).to_list())
            # later batches come before earlier ones, and within one the first is the most informative
            urgency = [before + 1 - (start + row) / fresh.height for row in range(some.height)]
            self._store.people.tasks.add(self._project_id, some.get_column("question_id"), priority=urgency)
        self._asked.update(fresh.get_column("question_id"))

    def collect(self) -> pl.DataFrame:
        """Return the judgments on these questions that have come in since the last call."""
        newest = self._store.last_sequence()
        if newest == self._seen or not self._asked:
            return pl.DataFrame(schema=judgments_schema())
        judgments = self._store.judgments(after=self._seen, until=newest)
        self._seen = newest
        return judgments.filter(pl.col("question_id").is_in(list(self._asked)))

    def _show(self, item_ids: list[str]) -> None:
        """Draw the items that have not been drawn."""
        if self._draw is None:
            return
        for item_id in item_ids:
            if self._store.rendition(item_id) is None and (item := self._store.item(item_id)).kind not in READABLE:
                self._store.add_rendition(item_id, self._draw(item))


def open_project(
    store: Store,
    name: str,
    question: str,
    *,
    kind: QuestionKind = QuestionKind.COMPARISON,
    instructions: tuple[str, ...] = INSTRUCTIONS,
) -> Project:
    """Return the project in which people judge a run, open; it is made at the first call.

    Every question is asked once, of whoever comes first, and nothing is mixed in: each answer is one to learn from.

    Args:
        store: the run's.
        name: of the project.
        question: the words put to judges.
        kind: of all its questions.
        instructions: paragraphs that judges read first.
    """
    projects = store.people.projects
    project = projects.named(name)
    if project is None:
        rules = Rules(overlap=1, gold_share=0.0, repeat_share=0.0, exploration_share=0.0, more_to_come=True)
        project = projects.create(name, kind, question, rules=rules)
        html = "".join(f"<p>{_escaped(words)}</p>" for words in (*instructions, f"The question is: {question}"))
        text = "\n\n".join(instructions)
        project = projects.add_instructions(project.project_id, text, html, version=project.version, by="")
    if project.state is not State.OPEN:
        project = projects.set_state(project.project_id, State.OPEN, by="")
    return project


def close_project(store: Store, project_id: str) -> None:
    """Ask nothing more: judges are told that all is done."""
    projects = store.people.projects
    if projects.get(project_id).state is not State.CLOSED:
        projects.set_state(project_id, State.CLOSED, by="")


def _questions_of(store: Store, project_id: str) -> list[str]:
    found: list[str] = []
    after = 0
    while page := store.people.tasks.page(project_id, after=after, n=PAGE):
        found += [task.question_id for task in page]
        after = page[-1].sequence
    return found


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
