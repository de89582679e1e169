import numpy as np
import pytest

from tacit.crowd.choices import choices_from_codes
from tacit.crowd.choices.methods import METHODS
from tacit.crowd.choices.reliability import fit_skill
from tacit.crowd.choices.simulated import few, one_coin, spammed

# Worked by hand


def test_where_the_truth_is_beyond_doubt_skill_is_a_binomial_proportion_shrunk_to_the_crowd():
    # 40 labelers are right on 80 of 100 items each whose truth is certain without them. The crowd is then known to be
    # alike, and each is drawn to 0.8; the interval is narrower than the ±0.078 of a labeler alone (1.96 · √(0.16/100)).
    item = np.tile(np.arange(100), 40)
    label = np.tile(np.where(np.arange(100) < 80, 0, 1), 40)
    votes = choices_from_codes(item, np.repeat(np.arange(40), 100), label, n_labels=2)
    sure = np.tile([1.0, 0.0], (100, 1))
    skill = fit_skill(votes, sure, np.zeros((80, 2)))
    assert skill.mean == pytest.approx([0.8] * 40, abs=0.01)
    assert (skill.high - skill.low).max() < 2 * 0.078
    assert skill.n.tolist() == [100] * 40


def test_a_vote_does_not_vouch_for_itself():
    # One labeler alone on each item: what they say is all that is known, and says nothing about them.
    votes = choices_from_codes(np.arange(50), np.repeat([0, 1], 25), np.arange(50) % 2)
    skill = METHODS["majority"]().fit(votes).skill
    assert (skill.high - skill.low).min() > 0.7


# Recovers planted truth


@pytest.mark.parametrize("method", ["hierarchical", "majority"])
def test_intervals_hold_the_truth_about_as_often_as_they_say(method):
    held = []
    for seed in range(8):
        crowd = one_coin(1_500, seed, n_labelers=40)
        fit = METHODS[method]().fit(crowd.choices)
        true = crowd.confusion[fit.choices.labelers.cast(int).to_numpy()][:, 0, 0]
        held.append(((fit.skill.low <= true) & (true <= fit.skill.high)).mean())
    assert 0.88 < np.mean(held) < 0.99  # 320 intervals; the benchmark draws a thousand crowds


def test_spammers_are_at_chance():
    crowd = spammed(20_000, 0, n_labelers=100)
    fit = METHODS["hierarchical"]().fit(crowd.choices)
    is_spammer = (crowd.confusion[fit.choices.labelers.cast(int).to_numpy()] == 0.25).all(axis=(1, 2))
    assert fit.skill.mean[is_spammer] == pytest.approx([0.25] * is_spammer.sum(), abs=0.08)


# Invariant


def test_more_votes_make_narrower_intervals_on_average():
    width = [
        float(np.mean(np.subtract(fit.skill.high, fit.skill.low)))
        for fit in (METHODS["one_coin"]().fit(one_coin(n, 0, n_labelers=30).choices) for n in (300, 3_000, 30_000))
    ]
    assert width == sorted(width, reverse=True)


def test_the_estimates_are_the_fits_own_by_name():
    fit = METHODS["mace"]().fit(few(600, 0).choices)
    estimates = fit.reliability()
    assert list(estimates) == fit.choices.labelers.to_list()
    first = next(iter(estimates.values()))
    assert (first.mean, first.n) == (fit.skill.mean[0], fit.skill.n[0])
    assert all(0 <= one.low < one.mean < one.high <= 1 for one in estimates.values())


def test_chunks_make_no_difference(monkeypatch):
    fit = METHODS["mace"]().fit(few(900, 0).choices)
    whole = fit.skill
    monkeypatch.setattr("tacit.crowd.choices.reliability.VOTES_AT_ONCE", 100)
    parts = fit_skill(fit.choices, fit.posterior, fit.vote_score)
    assert parts.mean == pytest.approx(whole.mean)
