import numpy as np
import pytest

from tacit.errors import BadValue
from tacit.learn.automated import label_in_rounds


def test_the_loop_labels_all_and_keeps_its_promise(blobs):
    held, shares = 0, []
    for seed in range(5):
        pool, truth = blobs(seed, apart=3.0)
        found = label_in_rounds(pool, lambda rows, of=truth: of[rows], 3, batch=250, precision=0.9, seed=seed)
        automatic = found.source == 1
        assert (found.source > 0).all()
        assert (found.label == truth)[~automatic].all()
        assert found.rounds[-1].waiting == 0
        assert found.rounds[-1].cost == (~automatic).sum()
        held += not automatic.any() or (found.label == truth)[automatic].mean() >= 0.9
        shares.append(automatic.mean())
    assert held >= 4
    assert np.mean(shares) > 0.3


def test_people_label_all_that_the_rounds_leave(blobs):
    pool, truth = blobs(0, n=100, apart=0.1)
    found = label_in_rounds(pool, lambda rows: truth[rows], 3, batch=20, most_rounds=2)
    assert (found.label == truth).all()
    assert [one.asked for one in found.rounds] == [20, 20, 60]


def test_answers_of_another_number_are_refused(blobs):
    pool, truth = blobs(0, n=100)
    with pytest.raises(BadValue, match="one an item"):
        label_in_rounds(pool, lambda rows: truth[rows][:-1], 3, batch=30)
    with pytest.raises(BadValue, match="20 or more"):
        label_in_rounds(pool, lambda rows: truth[rows], 3, batch=10)
