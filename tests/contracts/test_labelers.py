"""Every labeler of tacit keeps the contract."""

import inspect
import pkgutil
from importlib import import_module

import numpy as np
import pytest

import tacit
from tacit.crowd.transcripts.simulated import SimulatedTranscriber
from tacit.judging import (
    Irrationality,
    Item,
    ItemKind,
    Labeler,
    Question,
    QuestionKind,
    SimulatedLabeler,
    check_labeler,
    questions_table,
)
from tacit.learn.people import PeopleLabeler, open_project
from tacit.store import Store


def simulated():
    return SimulatedLabeler(
        lambda ids: np.array([[len(i), -len(i) / 2] for i in ids]),
        irrationality=Irrationality(mistake=0.2, equal_within=0.1, discount=0.9, precision=1.0),
        clock=lambda: 0.0,
    )


def transcriber():
    return SimulatedTranscriber({name: f"{name} and then" for name in "abcd"}, error_rate=0.3, clock=lambda: 0.0)


PAIRS = [("a", "bb"), ("bb", "ccc"), ("ccc", "dd"), ("a", "dd")]
MAKERS = {
    "SimulatedLabeler": (simulated, [QuestionKind.COMPARISON, QuestionKind.RANKING, QuestionKind.PROBABILITY], PAIRS),
    "SimulatedTranscriber": (transcriber, [QuestionKind.TEXT], [(name,) for name in "abcd"]),
}
"""Class → a function that makes one, the kinds of question that it answers, and what they are about."""


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, (_, kinds, _) in MAKERS.items() for kind in kinds])
def test_a_labeler_keeps_the_contract(name, kind):
    make, _, asked_about = MAKERS[name]
    check_labeler(make, questions_table([Question(kind, items) for items in asked_about]))


def test_people_keep_the_contract_as_far_as_it_binds_people(sit_down):
    """The people of this test answer as soon as they are asked; real ones are merely slower."""

    class Prompt(PeopleLabeler):
        def ask(self, questions):
            super().ask(questions)
            person.judge_all(["left", "right", "tie", "cant_tell"])

    def make():
        nonlocal person
        store = Store.in_memory()
        store.add_items([Item(ItemKind.TEXT, name.encode(), "text/plain") for name in "abcd"])
        project = open_project(store, "check", "Which is better?")
        person = sit_down(store, project.project_id)
        return Prompt(store, project.project_id)

    def make_and_ask():
        labeler = make()
        labeler._store.add_questions(questions)
        return labeler

    person = None
    names = [Item(ItemKind.TEXT, name.encode(), "text/plain").item_id for name in "abcd"]
    pairs = [(names[0], names[1]), (names[1], names[2]), (names[2], names[3])]
    questions = questions_table([Question(QuestionKind.COMPARISON, pair, text="Which is better?") for pair in pairs])
    excused = {"answers_do_not_depend_on_the_batch": "people tire, and each answer of theirs has a name of its own"}
    check_labeler(make_and_ask, questions, expected_failures=excused)


def test_no_labeler_is_left_out():
    found = set()
    for module in pkgutil.walk_packages(tacit.__path__, "tacit."):
        for name, kind in inspect.getmembers(import_module(module.name), inspect.isclass):
            methods = all(callable(getattr(kind, method, None)) for method in ("ask", "collect"))
            if methods and kind is not Labeler and kind.__module__.startswith("tacit."):
                found.add(name)
    assert found == {*MAKERS, "PeopleLabeler"}
