import numpy as np
import pytest

from tacit.crowd.choices import Gold, choices_from_codes
from tacit.crowd.choices.methods import Mace, Majority, OneCoin
from tacit.crowd.choices.simulated import few, one_coin, spammed

# Worked by hand


def test_the_majoritys_posterior_is_the_share_of_votes_with_their_weights():
    votes = choices_from_codes([0, 0, 0, 1], [0, 1, 2, 0], [1, 1, 0, 0], weight=[1, 1, 2, 3])
    assert Majority().fit(votes).posterior.tolist() == [[0.5, 0.5], [1.0, 0.0]]


def test_one_coin_with_known_labels_counts_who_was_right():
    truth = np.array([0, 0, 1, 1])
    votes = choices_from_codes(np.tile(np.arange(4), 2), np.repeat([0, 1], 4), [0, 0, 1, 1, 0, 1, 0, 0])
    fit = OneCoin(prior_votes=2.0).fit(votes, known=Gold(np.arange(4), truth))
    # Item 0 is agreed upon, the others are split: the votes agree with the shares 2 + 6 · ½ = 5 times of 8, and the
    # prior's accuracy is (5 + 1) / (8 + 2) = 0.6. u is right on all four, v on one:
    # u: (4 + 1.2) / (4 + 2) = 0.8667; v: (1 + 1.2) / 6 = 0.3667.
    right = np.exp(fit.vote_score.reshape(2, 2, 2)[:, 0, 0])
    assert right == pytest.approx([5.2 / 6, 2.2 / 6])


def test_mace_with_known_labels_tells_one_who_looks_from_one_who_does_not():
    truth = np.tile([0, 1], 50)
    said = np.concatenate([truth, np.zeros(100, int), truth])
    votes = choices_from_codes(np.tile(np.arange(100), 3), np.repeat([0, 1, 2], 100), said)
    fit = Mace().fit(votes, known=Gold(np.arange(100), truth))
    assert fit.p_spammer[0] < 0.05
    assert fit.p_spammer[1] > 0.95
    assert fit.confusion[1, 1] == pytest.approx([1, 0], abs=0.03)


# Recovers planted truth


def test_one_coin_recovers_the_skill_of_each_labeler():
    crowd = one_coin(60_000, 0, n_labelers=60)
    fit = OneCoin().fit(crowd.choices)
    order = fit.choices.labelers.cast(int).to_numpy()
    right = np.exp(fit.vote_score.reshape(60, 3, 3)[:, 0, 0])
    assert right == pytest.approx(crowd.confusion[order][:, 0, 0], abs=0.05)


def test_one_coin_serves_a_thousand_classes():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 1_000, 500)
    item, labeler = np.repeat(np.arange(500), 5), np.tile(np.arange(5), 500)
    label = np.where(rng.random(2_500) < 0.6, truth[item], rng.integers(0, 1_000, 2_500))
    fit = OneCoin().fit(choices_from_codes(item, labeler, label, n_labels=1_000))
    assert (fit.label == truth).mean() > 0.9


def test_mace_finds_the_spammers():
    crowd = spammed(20_000, 0, n_labelers=200)
    fit = Mace().fit(crowd.choices)
    is_spammer = (crowd.confusion[fit.choices.labelers.cast(int).to_numpy()] == 0.25).all(axis=(1, 2))
    assert fit.p_spammer[is_spammer].min() > fit.p_spammer[~is_spammer].mean() + 0.2


# Invariant


@pytest.mark.parametrize("method", [OneCoin(), Mace()], ids=["one coin", "MACE"])
@pytest.mark.parametrize("make", [spammed, one_coin, few])
def test_the_trace_never_falls(method, make):
    fit = method.fit(make(2_000, 4).choices)
    assert np.diff(fit.trace).min() >= -1e-7 * abs(fit.trace[-1])


def test_ties_of_the_majority_differ_from_seed_to_seed_and_not_within_one():
    votes = choices_from_codes(np.repeat(np.arange(50), 2), np.tile([0, 1], 50), np.tile([0, 1], 50))
    first, again, other = (Majority().fit(votes, seed=seed).label for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()
