"""A project at work: questions about texts, judges at the desk, and a clock that the test sets."""

from __future__ import annotations

from hashlib import sha256
from itertools import count

import pytest

from tacit.judging import Item, ItemKind, Question, QuestionKind, questions_table
from tacit.store import Store
from tacit.store.people import Role, Rules, State
from tacit.store.work import Credential, Given, Visit

PLAIN = {"gold_share": 0, "repeat_share": 0, "exploration_share": 0, "gate": False}


class Office:
    """One store with projects of comparisons."""

    def __init__(self, store):
        self.store, self.people, self.desk = store, store.people, store.people.desk
        self.now = 1_000_000.0
        store.people.access.now = lambda: self.now
        self._keys, self._texts = count(), count()

    def questions(self, n):
        """Keep `n` comparisons of texts never seen before, and return their ids."""
        items = [Item(ItemKind.TEXT, f"text {next(self._texts)}".encode(), "text/plain") for _ in range(n + 1)]
        self.store.add_items(items)
        pairs = [(items[i].item_id, items[i + 1].item_id) for i in range(n)]
        asked = questions_table([Question(QuestionKind.COMPARISON, pair, "Which?") for pair in pairs])
        self.store.add_questions(asked)
        return asked["question_id"].to_list()

    def project(self, n=5, **rules):
        made = self.people.projects.create(
            f"p{next(self._keys)}", QuestionKind.COMPARISON, "Which?", rules=Rules(**{**PLAIN, **rules})
        )
        self.people.tasks.add(made.project_id, self.questions(n))
        return self.people.projects.set_state(made.project_id, State.OPEN, by="")

    def judge(self, project, name=""):
        secret, _ = self.people.invites.make(Role.JUDGE, project_id=project.project_id)
        account_id = self.people.invites.accept(secret, name=name or f"judge {next(self._keys)}")
        return Credential(
            "token", sha256(self.people.credentials.make_token(account_id, ["judge"])[0].encode()).hexdigest()
        )

    def ask(self, who, n=1, project=None, *, again=False):
        """Return new leased questions; with `again`, those held already first."""
        return self.desk.visit(Visit(who, project and project.project_id, n=n, again=again)).questions

    def give(self, who, leased, answer="left", *, key=None, n=0):
        outcome, value = ("answered", answer) if answer in ("left", "right") else (answer, None)
        given = Given(key or f"k{next(self._keys)}", leased.lease, outcome, value, duration_s=2.0)
        return self.desk.visit(Visit(who, answers=(given,), n=n))

    def task(self, project):
        """Return the tasks of a project by question."""
        return {one.question_id: one for one in self.people.tasks.page(project.project_id, n=10_000)}

    def counts(self, project):
        held = self.people.projects.get(project.project_id)
        return {name: getattr(held, name) for name in ("n_done", "n_valid", "n_surplus", "n_check")}


@pytest.fixture(params=["folder", "postgres"])
def office(request, tmp_path):
    """An office on either database: both must do the same."""
    place = tmp_path / "office" if request.param == "folder" else request.getfixturevalue("postgres_url")
    with Store.open(place) as opened:
        yield Office(opened)


@pytest.fixture
def quick_office():
    """The same in memory, for what need not be shown for every database."""
    with Store.in_memory() as opened:
        yield Office(opened)


@pytest.fixture(scope="session")
def open_office():
    """Return what makes an office of an open store."""
    return Office
