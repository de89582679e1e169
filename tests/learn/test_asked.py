"""What is asked is kept with its answers; nothing is asked of an item against itself."""

import numpy as np
import pytest

from tacit.judging import Candidates, ItemKind, Outcome, SimulatedLabeler
from tacit.learn.asked import Asked, ask, judgments_on, keep_answers
from tacit.store import Store


def candidates(*values):
    rows = np.array(values, dtype=np.float32)[:, None, None]
    return Candidates(ItemKind.SEGMENT, "application/x-number", rows, lambda index: rows[index].tobytes())


@pytest.fixture
def store():
    with Store.in_memory() as opened:
        yield opened


@pytest.fixture
def judge(store):
    def value(item_ids):
        return np.array([np.frombuffer(item.content, np.float32) for item in store.items(item_ids)])

    return SimulatedLabeler(value, seed=1)


def put(store, judge, one, other, pairs, occasion="iteration 0"):
    return ask(store, judge, (one, other), np.array(pairs), text="Which is larger?", occasion=occasion)


# worked by hand


def test_items_questions_and_answers_are_kept(store, judge):
    made = candidates(1.0, 5.0, 3.0)
    names, features = put(store, judge, made, made, [[0, 1], [2, 0]])
    assert features.ravel().tolist() == [1.0, 3.0, 5.0, 1.0]  # the firsts, then the seconds
    assert names == [made.item(index).item_id for index in (0, 2, 1, 0)]
    judgments, questions = judgments_on(store, "iteration")
    assert questions["item_ids"].to_list() == [[names[0], names[2]], [names[1], names[3]]]
    assert questions["text"].unique().to_list() == ["Which is larger?"]
    assert judgments["comparison"].to_list() == [1, 0]  # 5 is larger than 1, 3 larger than 1


def test_first_and_second_may_come_from_different_candidates(store, judge):
    names, features = put(store, judge, candidates(1.0, 2.0), candidates(9.0), [[1, 0], [0, 0]])
    assert features.ravel().tolist() == [2.0, 1.0, 9.0, 9.0]
    assert len(set(names)) == 3


def test_items_that_are_alike_are_not_compared(store, judge):
    made = candidates(1.0, 1.0, 2.0)
    put(store, judge, made, made, [[0, 1], [0, 2]])
    assert store.questions().height == store.n_judgments() == 1


def test_an_asking_with_nothing_to_compare_is_no_error(store, judge):
    made = candidates(1.0, 1.0)
    put(store, judge, made, made, [[0, 1]])
    assert (store.questions().height, store.n_judgments()) == (0, 0)


def test_only_the_judgments_of_an_occasion_are_returned(store, judge):
    made = candidates(1.0, 2.0, 3.0)
    put(store, judge, made, made, [[0, 1]], occasion="iteration 0")
    put(store, judge, made, made, [[0, 1], [1, 2]], occasion="iteration 10")
    put(store, judge, made, made, [[0, 2]], occasion="win rate")
    assert [judgments_on(store, occasion)[0].height for occasion in ("iteration", "win rate", "other")] == [3, 1, 0]


# invariant


def test_asking_again_adds_nothing(store, judge):
    made = candidates(1.0, 2.0, 3.0)
    pairs = [[0, 1], [1, 2]]
    put(store, judge, made, made, pairs)
    before = store.judgments_hash()
    put(store, judge, made, made, pairs)
    again = SimulatedLabeler(judge._utility, seed=1)  # as after a restart: it does not know what was asked
    put(store, again, made, made, pairs)
    assert (store.n_judgments(), store.questions().height, store.judgments_hash()) == (2, 2, before)


def test_answers_are_moved_once(store, judge):
    made = candidates(1.0, 2.0)
    put(store, judge, made, made, [[0, 1]])
    assert keep_answers(store, judge) == 0
    assert store.judgments()["outcome"].to_list() == [Outcome.ANSWERED]


def test_each_item_asked_about_has_one_row_of_features():
    asked = Asked().including(["a", "b", "a"], np.array([[1.0], [2.0], [1.0]], np.float32))
    asked = asked.including(["b", "c"], np.array([[2.0], [3.0]], np.float32))
    assert asked.item_ids == ("a", "b", "c")
    assert asked.features.tolist() == [[1.0], [2.0], [3.0]]


def test_nothing_more_asked_leaves_what_was_asked():
    asked = Asked().including(["a"], np.ones((1, 2, 3), np.float32))
    assert asked.including([], np.empty((0, 2, 3), np.float32)).features.shape == (1, 2, 3)
