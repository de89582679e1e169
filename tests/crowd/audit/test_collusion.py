import numpy as np

from tacit.crowd.audit import unexpected_agreement
from tacit.crowd.audit.collusion import _pairs_of_votes
from tacit.crowd.choices import choices_from_codes

# ---- worked by hand


def test_the_pairs_of_votes_of_each_item():
    choices = choices_from_codes([0, 1, 0, 0, 1, 2], [0, 0, 1, 2, 1, 0], [0] * 6)
    left, right = _pairs_of_votes(choices, seed=0)
    assert {tuple(sorted(pair)) for pair in zip(left.tolist(), right.tolist(), strict=True)} == {
        (0, 2),
        (0, 3),
        (2, 3),
        (1, 4),
    }


# ---- recovers the truth


def test_a_labeler_who_copies_another_is_found_and_honest_crowds_are_not_accused(crowd):
    found = false = 0
    surpluses = []
    for seed in range(20):
        first = unexpected_agreement(crowd(seed, copies=0.8)[0])[0]
        found += (first.first, first.second) == (0, 1) and first.p_value < 0.05
        honest = unexpected_agreement(crowd(200 + seed)[0])
        false += honest[0].p_value < 0.05
        surpluses += [row.z for row in honest]
    assert found >= 14
    assert false <= 3
    assert 0.85 < np.std(surpluses) < 1.1  # as a standard normal: easy items and good labelers are allowed for


def test_spammers_who_agree_by_habit_are_not_a_crowd_that_agrees_on_everything(crowd):
    assert unexpected_agreement(crowd(3, skill=(1, 9))[0])[0].p_value > 0.05


# ---- invariants


def test_the_names_of_labelers_mean_nothing(crowd):
    choices, _ = crowd(5, copies=0.8)
    names = np.random.default_rng(0).permutation(choices.n_labelers)
    other = choices_from_codes(choices.item.astype(int), names[choices.labeler], choices.label.astype(int), n_labels=3)
    one, two = unexpected_agreement(choices)[0], unexpected_agreement(other)[0]
    assert {names[one.first], names[one.second]} == {two.first, two.second}
    assert one.z == two.z


# ---- says nothing where there is nothing to say


def test_labelers_who_share_too_few_items_are_no_pairs():
    assert unexpected_agreement(choices_from_codes([0, 0], [0, 1], [0, 1])) == []
    assert unexpected_agreement(choices_from_codes([0, 1], [0, 1], [0, 1])) == []


def test_a_sample_of_items_is_looked_at_where_pairs_are_too_many(crowd, monkeypatch):
    monkeypatch.setattr("tacit.crowd.audit.collusion.MOST_PAIRS", 1_000)
    choices, _ = crowd(6)
    assert 900 < len(_pairs_of_votes(choices, seed=0)[0]) <= 1_000
