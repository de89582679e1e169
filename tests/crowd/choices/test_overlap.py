import numpy as np
import pytest

from tacit.crowd.choices import choices_from_codes
from tacit.crowd.choices.overlap import overlap_warnings


def test_labelers_who_share_no_item_are_named():
    votes = choices_from_codes([0, 0, 1, 2, 3], [0, 1, 2, 2, 3], [0, 0, 1, 1, 0])
    assert overlap_warnings(votes) == [
        "2 of 4 labelers share no item with anyone (2, 3); only the prior says how reliable they are."
    ]


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [5, 0, 3, 1, 4, 2]])
def test_groups_that_share_no_item_are_counted(order):
    item, labeler = np.array([0, 0, 1, 1, 2, 2])[order], np.array([0, 1, 1, 2, 3, 4])[order]
    said = overlap_warnings(choices_from_codes(item, labeler, np.zeros(6, int), n_labels=2))
    assert said == [
        "The labelers fall into 2 groups that share no item; only the prior lets reliability be compared between them."
    ]


def test_a_crowd_that_hangs_together_gives_no_warning(monkeypatch):
    monkeypatch.setattr("tacit.crowd.choices.overlap.VOTES_AT_ONCE", 3)
    item, labeler = np.repeat(np.arange(9), 2), np.stack([np.arange(9), np.arange(9) + 1], axis=1).ravel()
    assert overlap_warnings(choices_from_codes(item, labeler, item % 2)) == []


def test_many_names_are_cut_short():
    said = overlap_warnings(choices_from_codes(np.arange(9), np.arange(9), np.zeros(9, int), n_labels=2))[0]
    assert "(0, 1, 2, 3, 4 and 4 more)" in said
