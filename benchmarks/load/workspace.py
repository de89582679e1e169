"""A workspace to put under load: text comparisons, and judges who are signed in."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tacit.judging import Item, ItemKind, Question, QuestionKind, questions_table
from tacit.store import Store
from tacit.store.people import Role, Rules, State

N_TEXTS = 2_000
BATCH = 50_000


def make_workspace(place: str | Path, *, n_questions: int, n_judges: int, overlap: int, checks: bool) -> list[str]:
    """Make a workspace and return the secret of each judge's session.

    Args:
        place: a folder, or the URL of a database.
        n_questions: comparisons of two texts each.
        n_judges: all of them in the one project.
        overlap: valid answers that a question gets.
        checks: whether repeats are mixed in.
    """
    with Store.open(place) as store:
        items = [Item(ItemKind.TEXT, f"Text number {i} of many.".encode(), "text/plain") for i in range(N_TEXTS)]
        store.add_items(items)
        people = store.people
        shares = {"gold_share": 0.0, "repeat_share": 0.05 if checks else 0.0}
        rules = Rules(overlap=overlap, gate=False, **shares)
        project = people.projects.create("load", QuestionKind.COMPARISON, "Which reads better?", rules=rules)
        for start in range(0, n_questions, BATCH):
            questions = questions_table(_comparisons(items, start, min(BATCH, n_questions - start)))
            store.add_questions(questions)
            people.tasks.add(project.project_id, questions.get_column("question_id"))
        people.projects.set_state(project.project_id, State.OPEN, by="")
        secret, _ = people.invites.make(Role.JUDGE, project_id=project.project_id, uses=n_judges)
        accounts = [people.invites.accept(secret, name=f"judge {i}") for i in range(n_judges)]
        return [people.credentials.start_session(account) for account in accounts]


def _comparisons(items: list[Item], start: int, n: int) -> list[Question]:
    pairs = np.stack(np.divmod(np.arange(start, start + n), N_TEXTS - 1), axis=1)
    return [
        Question(
            QuestionKind.COMPARISON,
            (items[int(b)].item_id, items[int((b + 1 + a) % N_TEXTS)].item_id),
            "Which reads better?",
            occasion=str(int(a) // (N_TEXTS - 1)),
        )
        for a, b in pairs
    ]
