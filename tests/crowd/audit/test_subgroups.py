import numpy as np
import pytest

from tacit.crowd.audit import biases_by_group, excess, rates_by_group, wrongness
from tacit.crowd.choices import Gold, choices_from_codes
from tacit.errors import BadValue


def coded(choices):
    return choices.item.astype(np.intp), choices.labeler.astype(np.intp)


# ---- worked by hand


def test_wrongness_is_the_share_of_the_others_who_differ():
    # item 0 has labels 0, 0, 1: for the first ½ of the others differ, for the last both; item 1 has one label
    choices = choices_from_codes([0, 0, 0, 1], [0, 1, 2, 0], [0, 0, 1, 1])
    assert wrongness(choices).tolist()[:3] == [0.5, 0.5, 1.0]
    assert np.isnan(wrongness(choices)[3])


def test_wrongness_by_gold_is_known_where_the_truth_is():
    choices = choices_from_codes([0, 0, 1], [0, 1, 0], [0, 1, 1])
    assert wrongness(choices, Gold(np.array([0]), np.array([0]))).tolist()[:2] == [0, 1]


def test_excess_is_over_the_other_labels_of_the_item():
    # errors 1, 0, 0 on one item: 1 − 0, 0 − ½, 0 − ½
    choices = choices_from_codes([0, 0, 0], [0, 1, 2], [0, 1, 1])
    assert excess(np.array([1.0, 0, 0]), choices).tolist() == [1, -0.5, -0.5]


# ---- recovers the truth


def test_a_group_with_more_errors_is_found_and_others_are_not(crowd):
    found, false = 0, 0
    for seed in range(30):
        choices, truth = crowd(seed)
        rng = np.random.default_rng(seed)
        group = rng.integers(0, 4, choices.n_items)
        wrong = (choices.label != truth[choices.item]).astype(float)
        item, labeler = coded(choices)
        false += min(r.adjusted for r in rates_by_group(wrong, group[item], "abcd", item, labeler)) < 0.05
        harder = np.where((group[item] == 2) & (rng.random(len(item)) < 0.3), 1.0, wrong)
        first = rates_by_group(harder, group[item], "abcd", item, labeler)[0]
        found += first.group == "c" and first.adjusted < 0.05
    assert found >= 27
    assert false <= 5


def test_intervals_of_a_rate_allow_for_labels_that_share_an_item_or_labeler(crowd):
    truth_rate = np.mean(
        [np.mean(c.label != t[c.item]) for c, t in (crowd(1_000 + s, n_items=2_000) for s in range(30))]
    )
    covered = 0
    for seed in range(100):
        choices, truth = crowd(seed, n_items=100)
        item, labeler = coded(choices)
        wrong = (choices.label != truth[choices.item]).astype(float)
        rate = rates_by_group(wrong, np.zeros(len(item), dtype=int), ["all"], item, labeler)[0].rate
        covered += rate.low <= truth_rate <= rate.high
    assert 85 <= covered <= 100


def test_a_labeler_who_errs_in_one_group_alone_is_found(crowd):
    found = false = 0
    for seed in range(20):
        choices, _ = crowd(seed, n_items=600, n_labelers=12)
        group = np.random.default_rng(seed).integers(0, 3, choices.n_items)
        item, labeler = coded(choices)
        plain = biases_by_group(excess(wrongness(choices), choices), group[item], labeler)
        false += plain[0].adjusted < 0.05
        label = choices.label.copy()
        here = (labeler == 3) & (group[item] == 1)
        label[here] = (label[here] + 1) % 3
        biased = choices_from_codes(item, labeler, label.astype(int), n_labels=3)
        row = biases_by_group(excess(wrongness(biased), biased), group[item], labeler)[0]
        found += (row.labeler, row.group) == (3, 1) and row.adjusted < 0.05 and row.inside > row.outside
    assert found >= 16
    assert false <= 4


# ---- refuses


def test_no_label_with_a_group_is_said():
    none = np.array([-1])
    with pytest.raises(BadValue, match="at least one"):
        rates_by_group(np.ones(1), none, ["a"], np.zeros(1, int), np.zeros(1, int))
    assert biases_by_group(np.ones(1), none, np.zeros(1, int)) == []
