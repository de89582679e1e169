"""A language model keeps the contract of every producer, and goes on from its state bit for bit."""

import numpy as np
import pytest

from tacit.errors import BadValue, InputError
from tacit.judging import HasLengths, HoldsOut, KnowsTruth, Trainable, check_producer
from tacit_language.loop.asking import of_item
from tacit_language.loop.features import word_counts
from tacit_language.loop.producer import LanguageProducer, knows, open_producer


def length_score(features):
    return features[:, -2].astype(np.float32)  # how many words


def same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_it_keeps_the_contract_of_producers(tiny):
    check_producer(tiny)
    made = tiny()
    assert isinstance(made, Trainable)
    assert isinstance(made, KnowsTruth)
    assert isinstance(made, HoldsOut)
    assert isinstance(made, HasLengths)


def test_replies_to_one_prompt_are_one_group(tiny):
    made = tiny().produce(8, seed=1)
    asked = [of_item(made.item(row)).prompt for row in range(8)]
    assert asked[0] == asked[3] != asked[4]
    assert made.group.tolist() == [made.group[0]] * 4 + [made.group[4]] * 4


def test_what_is_held_out_is_asked_of_both_policies_and_taught_to_none(tiny):
    producer = tiny()
    first, final = (producer.held_out(6, 5, first=is_first) for is_first in (True, False))
    prompts = [[of_item(made.item(row)).prompt for row in range(6)] for made in (first, final)]
    assert prompts[0] == prompts[1]
    assert not set(prompts[0]) & set(producer.prompts.taught)
    assert producer.lengths([first.item(0)])[0] == len(of_item(first.item(0)).reply)


def test_several_answers_to_what_is_held_out_stand_together(tiny):
    made = tiny().held_out(6, 5, first=True, each=3)
    asked = [of_item(made.item(row)).prompt for row in range(6)]
    assert asked == [asked[0]] * 3 + [asked[3]] * 3
    assert asked[0] != asked[3]


def test_improving_moves_the_policy_and_not_what_rewards_see(tiny):
    producer = tiny()
    before = producer.held_out(6, 5, first=True)
    happened = producer.improve(length_score, 200, seed=0)
    assert happened["spent"] >= 200
    assert np.isfinite(list(happened.values())).all()
    after = producer.held_out(6, 5, first=True)
    np.testing.assert_array_equal(before.features, after.features)


def test_going_on_from_its_state_is_bit_for_bit(tiny):
    one = tiny()
    one.improve(length_score, 150, seed=0)
    other = tiny(state=one.state())
    for producer in (one, other):
        producer.improve(length_score, 150, seed=1)
    same(one.state(), other.state())
    assert one.held_out(2, 1, first=False).item(0) == other.held_out(2, 1, first=False).item(0)


def test_the_truth_can_be_improved_on_and_learning_goes_on_after(tiny):
    producer = tiny()
    producer.improve_on_truth(100, seed=0)
    assert producer.true_returns(5, 0).shape == producer.random_returns(5, 0).shape == (5,)
    producer.improve(length_score, 50, seed=1)


def test_words_are_counted_wherever_they_stand():
    one, other = word_counts([("how is the sea?", "the sea is calm."), ("how is the sea?", "calm. is sea the")])
    np.testing.assert_array_equal(one, other)
    assert one[0, -2:].tolist() == [5, 2]  # the, sea, is, calm and the full stop; the and sea are in the prompt


def test_what_is_saved_is_a_model_that_can_be_improved_again(tiny, tmp_path):
    producer = tiny()
    producer.policy.save(tmp_path / "policy")
    (tmp_path / "prompts.txt").write_text("how is the sea?\nhow is the hill?\n")
    assert knows(str(tmp_path / "policy"))
    settings = {"prompts": str(tmp_path / "prompts.txt"), "longest_reply": 6}
    again = open_producer(str(tmp_path / "policy"), settings, seed=0)
    assert len(again.produce(4, 0)) == 4


def test_wrong_settings_are_refused_by_name(tmp_path):
    with pytest.raises(BadValue, match="'widht'"):
        LanguageProducer("small", {"widht": 3}, seed=0)
    with pytest.raises(BadValue, match="'learning_rate'"):
        LanguageProducer("small", {"learning_rate": 0.0}, seed=0)
    with pytest.raises(BadValue, match="2 or more"):
        LanguageProducer("small", {"replies": 1}, seed=0)
    with pytest.raises(InputError, match="--prompts"):
        LanguageProducer(str(tmp_path), {}, seed=0)
