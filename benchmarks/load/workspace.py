"""Make a workspace to put under load: ``python benchmarks/load/workspace.py PLACE QUESTIONS JUDGES [--repeats]``.

It holds comparisons of texts, and judges who are signed in; the secrets of their sessions are printed as JSON.
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from tacit.judging import Item, ItemKind, Question, QuestionKind, questions_table
from tacit.store import Store
from tacit.store.people import Role, Rules, State

N_TEXTS = 2_000
BATCH = 50_000


def make_workspace(place: str, *, n_questions: int, n_judges: int, overlap: int = 3, repeats: bool = True) -> list[str]:
    """Make a workspace and return the secret of each judge's session.

    Args:
        place: a folder, or the URL of a database.
        n_questions: comparisons of two texts each.
        n_judges: all of them in the one project.
        overlap: valid answers that a question gets.
        repeats: whether repeats are mixed in.
    """
    with Store.open(place) as store:
        items = [Item(ItemKind.TEXT, f"Text number {i} of many.".encode(), "text/plain") for i in range(N_TEXTS)]
        store.add_items(items)
        people = store.people
        rules = Rules(overlap=overlap, gate=False, gold_share=0.0, repeat_share=0.05 if repeats else 0.0)
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


def main() -> None:
    """Make it and print the secrets."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("place")
    parser.add_argument("questions", type=int)
    parser.add_argument("judges", type=int)
    parser.add_argument("--repeats", action="store_true")
    given = parser.parse_args()
    secrets = make_workspace(given.place, n_questions=given.questions, n_judges=given.judges, repeats=given.repeats)
    print(json.dumps(secrets))


if __name__ == "__main__":
    main()
