import numpy as np
import pytest

from tacit.crowd.choices.simulated import CROWDS, oracle, spammed


@pytest.mark.parametrize("name", CROWDS)
def test_a_crowd_has_the_votes_asked_for_each_labeler_at_most_once_an_item(name):
    crowd = CROWDS[name](3_000, 0)
    assert len(crowd.item) == 3_000
    pairs = crowd.item.astype(np.int64) * 10_000 + crowd.labeler
    assert len(np.unique(pairs)) == 3_000
    again = CROWDS[name](3_000, 0)
    assert np.array_equal(crowd.label, again.label)
    assert not np.array_equal(crowd.label, CROWDS[name](3_000, 1).label)


def test_what_is_said_follows_the_confusions():
    crowd = spammed(200_000, 3, n_labelers=20)
    counts = np.zeros((20, 4, 4))
    np.add.at(counts, (crowd.labeler, crowd.truth[crowd.item], crowd.label), 1)
    assert counts / counts.sum(axis=2, keepdims=True) == pytest.approx(crowd.confusion, abs=0.06)


def test_who_knows_every_confusion_does_better_than_most_votes():
    crowd = spammed(5_000, 0)
    votes = np.zeros((1_000, 4))
    np.add.at(votes, (crowd.item, crowd.label), 1)
    assert (oracle(crowd) == crowd.truth).mean() > (votes.argmax(axis=1) == crowd.truth).mean() + 0.05


def test_the_largest_class_is_not_always_the_first():
    largest = {int(np.bincount(spammed(1_000, seed).truth).argmax()) for seed in range(12)}
    assert len(largest) > 1
