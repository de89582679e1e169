"""Words and classes that change while judges work: what is put anew, and what stays as it was answered."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tacit.errors import UnknownName
from tacit.judging import Item, ItemKind, Question, QuestionKind, questions_table
from tacit.store.people import Role, Rules, State
from tacit.store.work import Credential, Given, Visit


@pytest.fixture
def project(store):
    """A project of four choices, one of them with a prompt of its own."""
    items = [Item(ItemKind.TEXT, f"text {n}".encode(), "text/plain") for n in range(4)]
    store.add_items(items)
    settings = {"options": ["cat", "dog"]}
    words = ["Which?", "Which?", "Which?", "Which?\n\nLook at the ears."]
    asked = questions_table(
        [Question(QuestionKind.CHOICE, (i.item_id,), w, settings) for i, w in zip(items, words, strict=True)]
    )
    store.add_questions(asked)
    rules = Rules(gold_share=0, repeat_share=0, gate=False)
    made = store.people.projects.create("animals", QuestionKind.CHOICE, "Which?", settings=settings, rules=rules)
    store.people.tasks.add(made.project_id, asked["question_id"])
    return store.people.projects.set_state(made.project_id, State.OPEN, by="")


def judge(store, project):
    people = store.people
    secret, _ = people.invites.make(Role.JUDGE, project_id=project.project_id)
    account_id = people.invites.accept(secret, name=f"judge {len(people.accounts.all())}")
    program = people.credentials.make_token(account_id, ["judge"])[0]
    return Credential("token", sha256(program.encode()).hexdigest())


def answer(store, project, who, n, value):
    leased = store.people.desk.visit(Visit(who, project.project_id, n=n)).questions
    given = tuple(Given(f"key {one.lease}", one.lease, "answered", value) for one in leased)
    return store.people.desk.visit(Visit(who, project.project_id, given)), leased


def change_classes(store, project, **how):
    projects = store.people.projects
    settings = {"options": ["cat", "dog", "neither"]}
    changed = projects.change(project.project_id, version=project.version, by="", settings=settings, text="Which one?")
    return store.people.rewording.reword(changed.project_id, before=project.text, by="", **how)


def test_what_nobody_has_answered_is_put_anew_and_the_rest_stays(store, project):
    who = judge(store, project)
    answer(store, project, who, 1, "cat")
    before = store.judgments()
    count = change_classes(store, project, answered_too=False)
    assert (count.replaced, count.added, count.kept) == (3, 0, 1)
    assert store.judgments().equals(before)
    leased = store.people.desk.visit(Visit(who, project.project_id, n=5)).questions
    assert {tuple(one.question.settings["options"]) for one in leased} == {("cat", "dog", "neither")}
    texts = {one.question.text for one in leased}
    assert texts <= {"Which one?", "Which one?\n\nLook at the ears."}
    assert store.people.projects.get(project.project_id).n_tasks == 4


def test_everything_can_be_put_anew_beside_what_was_answered(store, project):
    who = judge(store, project)
    answer(store, project, who, 4, "dog")
    assert store.people.projects.get(project.project_id).n_done == 4
    count = change_classes(store, project, answered_too=True)
    assert (count.replaced, count.added) == (0, 4)
    now = store.people.projects.get(project.project_id)
    assert (now.n_tasks, now.n_done) == (8, 4)
    reply, leased = answer(store, project, who, 4, "neither")
    assert len(leased) == 4
    assert [one.counted for one in reply.accepted] == ["valid"] * 4
    assert change_classes(store, now, answered_too=True).added == 0  # the words are as before, so there is nothing new


def test_a_question_that_is_out_can_still_be_answered_with_its_own_classes(store, project):
    who = judge(store, project)
    out = store.people.desk.visit(Visit(who, project.project_id, n=2)).questions
    assert change_classes(store, project, answered_too=False).replaced == 2
    given = tuple(Given(f"key {one.lease}", one.lease, "answered", "cat") for one in out)
    reply = store.people.desk.visit(Visit(who, project.project_id, given))
    assert [one.counted for one in reply.accepted] == ["valid"] * 2
    assert set(store.judgments()["question_id"]) == {one.question.id for one in out}


def test_an_unknown_project_is_refused(store):
    with pytest.raises(UnknownName):
        store.people.rewording.reword("p-nowhere", before="", answered_too=False, by="")
