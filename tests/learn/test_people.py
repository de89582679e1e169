"""People as a labeler: what is asked reaches them urgent first, and what they answer reaches the next fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from tacit.errors import BadValue
from tacit.judging import Item, ItemKind, Question, QuestionKind, questions_table
from tacit.learn import Loop, LoopSettings, Schedule
from tacit.learn.asked import judged
from tacit.learn.checkpoint import read_checkpoint
from tacit.learn.outcome import win_rate
from tacit.learn.pace import Pace
from tacit.learn.people import PeopleLabeler, close_project, open_project
from tacit.reward import SegmentEnsemble
from tacit.store import Store
from tacit.store.people import State

WORDS = "Which is nearer to three?"


@pytest.fixture
def store() -> Any:
    with Store.in_memory() as opened:
        yield opened


@pytest.fixture
def project_id(store: Store) -> str:
    return open_project(store, "dial", WORDS).project_id


def questions_about(store: Store, n: int, occasion: str) -> pl.DataFrame:
    items = [Item(ItemKind.TEXT, f"{occasion} {i}".encode(), "text/plain") for i in range(n + 1)]
    store.add_items(items)
    pairs = [(items[i].item_id, items[i + 1].item_id) for i in range(n)]
    asked = questions_table([Question(QuestionKind.COMPARISON, pair, WORDS, occasion=occasion) for pair in pairs])
    store.add_questions(asked)
    return asked


def people_loop(store: Store, project_id: str, new_dial: Any, reward: Any, **changes: Any) -> Loop:
    state = changes.pop("state", None)
    labels, seed = changes.pop("labels", 24), changes.pop("seed", 5)
    dial = new_dial("dial", {}, seed=seed, state=state)
    schedule = Schedule(labels=labels, budget=120, iterations=4)
    labeler = PeopleLabeler(store, project_id, draw=dial.render)
    return Loop(dial, labeler, store, reward=reward, settings=LoopSettings(schedule), seed=seed, **changes)


class Stopped(Exception):
    """Stands for kill -9 in the middle of an iteration."""


def test_the_loop_goes_on_once_few_enough_questions_are_open() -> None:
    looks = iter([(20, 3, 3), (20, 15, 15), (20, 16, 15)])
    told = []
    Pace(open_at_most=4, poll_s=1e-6, told=lambda *counts: told.append(counts)).wait(lambda: next(looks))
    assert told == [(20, 3, 3), (20, 15, 15), (20, 16, 15)]


@pytest.mark.parametrize("wrong", [{"at_first": 0}, {"open_at_most": -1}, {"poll_s": 0.0}])
def test_a_pace_that_cannot_be_kept_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadValue, match="pace"):
        Pace(**wrong)


def test_five_answers_reach_one_refit(
    store: Store, project_id: str, sit_down: Any, new_dial: Any, quick_reward: Any
) -> None:
    person = sit_down(store, project_id)
    loop = people_loop(store, project_id, new_dial, quick_reward)
    fits = []

    def answer_one(asked: int, done: int, usable: int) -> None:
        if len(person.judged) < 5:
            person.judge("left")

    def stop(row: dict[str, Any]) -> None:
        fits.append(row)
        raise Stopped

    pace = Pace(at_first=5, open_at_most=100, poll_s=1e-6, told=answer_one)
    with pytest.raises(Stopped):
        loop.run(stop, pace)
    assert len(loop.comparisons()) == 5
    assert loop.fit is not None
    assert fits[0]["labels"] == 5
    assert loop.producer.n_improved == 1


def test_what_people_prefer_is_what_is_learned(store: Store, project_id: str, sit_down: Any, new_dial: Any) -> None:
    person = sit_down(store, project_id)
    reward = SegmentEnsemble(members=2, hidden=(16,), epochs=60, warm_epochs=30)
    loop = people_loop(store, project_id, new_dial, reward, labels=100, seed=0)
    assert abs(loop.producer.position - 3.0) > 2.5

    def answer(*_: int) -> None:
        for leased in person.next(3):
            left, right = loop.producer.utility(store.items([item.id for item in leased.items])).sum(axis=1)
            person.judge("left" if left > right else "right", leased)

    loop.run(pace=Pace(open_at_most=0, poll_s=1e-6, told=answer))
    assert abs(loop.producer.position - 3.0) < 1.8
    won = win_rate(loop, store, n_pairs=20, seed=5, pace=Pace(open_at_most=0, poll_s=1e-6, told=answer))
    assert won is not None
    assert won.mean > 0.5
    assert won.n == 20


def test_later_questions_come_first_and_the_most_informative_before_the_others(
    store: Store, project_id: str, sit_down: Any
) -> None:
    labeler, person = PeopleLabeler(store, project_id), sit_down(store, project_id)
    early, late = questions_about(store, 5, "iteration 0"), questions_about(store, 5, "iteration 1")
    labeler.ask(early)
    assert person.next(1)[0].question.id == early["question_id"][0]
    labeler.ask(late)
    person.judge_all(["left"])
    handed_out = [leased.question.id for leased in person.judged]
    assert handed_out == [early["question_id"][0], *late["question_id"], *early["question_id"][1:]]


def test_items_are_drawn_before_they_are_put(store: Store, project_id: str, sit_down: Any, new_dial: Any) -> None:
    dial = new_dial("dial", {}, seed=0, state=None)
    made = dial.produce(2, 0)
    items = [made.item(0), made.item(1)]
    store.add_items(items)
    asked = questions_table([Question(QuestionKind.COMPARISON, (items[0].item_id, items[1].item_id), WORDS)])
    store.add_questions(asked)
    PeopleLabeler(store, project_id, draw=dial.render).ask(asked)
    (leased,) = sit_down(store, project_id).next()
    assert {item.media_type for item in leased.items} == {"text/plain"}
    assert all(store.rendition(item.item_id) == dial.render(item) for item in items)


def test_an_answer_taken_back_is_waited_for_again(store: Store, project_id: str, sit_down: Any) -> None:
    labeler, person = PeopleLabeler(store, project_id), sit_down(store, project_id)
    labeler.ask(questions_about(store, 3, "iteration 0"))
    taken_back = person.judge("left")
    person.judge("cant_tell")
    person.judge("skipped")
    assert judged(store.judgments()) == (3, 1)
    again = person.take_back(taken_back)
    assert judged(store.judgments()) == (2, 0)
    person.judge("tie", again)
    assert judged(store.judgments()) == (3, 1)
    assert judged(store.judgments().clear()) == (0, 0)


def test_a_run_that_was_killed_goes_on_with_the_same_judgments(
    store: Store, project_id: str, sit_down: Any, new_dial: Any, quick_reward: Any, tmp_path: Any
) -> None:
    person = sit_down(store, project_id)
    loop = people_loop(store, project_id, new_dial, quick_reward, checkpoints=tmp_path)
    looks = []

    def answer_then_die(asked: int, done: int, usable: int) -> None:
        looks.append(asked)
        if loop.iteration == 1 and done >= asked - 2:
            raise Stopped
        person.judge("left")

    with pytest.raises(Stopped):
        loop.run(pace=Pace(open_at_most=0, poll_s=1e-6, told=answer_then_die))
    before = store.judgments()
    n_questions = store.questions().height
    checkpoint = read_checkpoint(tmp_path)
    assert checkpoint is not None
    again = people_loop(
        store, project_id, new_dial, quick_reward, checkpoints=tmp_path, state=checkpoint.part("producer")
    )
    again.restore(checkpoint)
    seen = []

    def answer(asked: int, done: int, usable: int) -> None:
        seen.append((asked, done))
        person.judge("left")

    with pytest.raises(Stopped):
        again.run(lambda _: (_ for _ in ()).throw(Stopped), Pace(open_at_most=0, poll_s=1e-6, told=answer))
    assert seen[0] == (n_questions, before.height)  # the same questions are put, and none of their answers is lost
    assert store.questions().height == n_questions
    assert store.judgments()[: before.height].equals(before)
    assert store.judgments().get_column("question_id").is_duplicated().sum() == 0


def test_the_project_is_found_again_and_closed_at_the_end(store: Store, project_id: str, sit_down: Any) -> None:
    assert open_project(store, "dial", WORDS).project_id == project_id
    PeopleLabeler(store, project_id).ask(questions_about(store, 1, "iteration 0"))
    close_project(store, project_id)
    close_project(store, project_id)
    assert store.people.projects.get(project_id).state is State.CLOSED
    assert open_project(store, "dial", WORDS).state is State.OPEN
    assert replace(Pace(), open_at_most=0).enough(1, 1, 0)


def test_the_words_of_the_question_are_no_markup(store: Store) -> None:
    project = open_project(store, "hostile", "Is <b>this</b> & that better?")
    (told,) = store.people.projects.instructions(project.project_id)
    assert "&lt;b&gt;this&lt;/b&gt; &amp; that" in told.html
