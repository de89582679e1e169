import numpy as np
import pytest
from scipy.special import gammaln

from tacit.crowd.choices import choices_from_codes
from tacit.crowd.choices.history import History
from tacit.crowd.choices.methods import METHODS, Hierarchical
from tacit.crowd.choices.methods.groups import Groups, first_groups
from tacit.crowd.choices.simulated import CROWDS, one_coin, oracle, spammed
from tacit.errors import NotIdentified


def accuracy(method, crowd):
    return float((METHODS[method]().fit(crowd.choices).label == crowd.truth).mean())


# Worked by hand


def test_the_probability_of_counts_is_the_dirichlet_multinomials():
    # One able group with rows (2, 1) and (1, 3), and counts (1, 1), (0, 2): row 1: Γ(3)/Γ(5) · Γ(3)Γ(2)/Γ(2)Γ(1) is
    # 2/12; row 2: Γ(4)/Γ(6) · Γ(5)/Γ(3) is 12/20. Spammers with (1, 1), of counts (1, 3): Γ(2)/Γ(6) · Γ(2)Γ(4), 6/120.
    groups = Groups(np.array([[[2.0, 1.0], [1.0, 3.0]]]), np.array([[[1.0, 1.0]]]), np.array([0.5, 0.5]))
    member, log_p = groups.membership(np.array([[[1.0, 1.0], [0.0, 2.0]]]))
    able, spammer = 2 / 12 * 12 / 20, 6 / 120
    assert log_p == pytest.approx(np.log((able + spammer) / 2))
    assert member[0] == pytest.approx([able / (able + spammer), spammer / (able + spammer)])


def test_the_second_prediction_is_that_of_the_vote_had_it_not_been_counted():
    rng = np.random.default_rng(0)
    groups, counts = first_groups(3), rng.integers(1, 6, size=(4, 3, 3)).astype(float)
    member, _ = groups.membership(counts)
    _, behind = groups.predictions(counts, member)
    without = counts.copy()
    without[2, 1, 0] -= 1
    ahead, _ = groups.predictions(without, groups.membership(without)[0])
    assert behind[2, 1, 0] == pytest.approx(ahead[2, 1, 0])


def test_a_step_of_the_groups_makes_the_crowd_more_probable():
    crowd = one_coin(3_000, 0, n_labelers=60)
    fit = METHODS["dawid_skene"]().fit(crowd.choices)
    counts, groups = fit.history.counts, first_groups(3)
    p = [groups.membership(counts)[1]]
    for _ in range(5):
        groups = groups.learned(counts)
        p.append(groups.membership(counts)[1])
    assert p[-1] > p[0] + 1
    assert gammaln(groups.able).shape == groups.able.shape  # all above 0


# Recovers planted truth


def test_few_votes_of_a_crowd_with_spammers_are_understood_better_than_by_any_other_method():
    right = {method: [] for method in ("hierarchical", "majority", "dawid_skene", "dawid_skene_ml", "mace")}
    for seed in range(2):
        crowd = spammed(4_000, seed, n_labelers=400)
        for method, of_method in right.items():
            of_method.append(accuracy(method, crowd))
    best = np.mean(right.pop("hierarchical"))
    assert all(best > np.mean(others) + 0.01 for others in right.values())
    assert best > 0.86


@pytest.mark.parametrize("name", [name for name in CROWDS if name != "spammed"])
def test_without_spammers_it_does_not_fall_below_the_majority(name):
    crowds = [CROWDS[name](2_000, seed) for seed in range(4)]
    gain = np.mean([accuracy("hierarchical", crowd) - accuracy("majority", crowd) for crowd in crowds])
    assert gain > -0.002


def test_spammers_are_found():
    crowd = spammed(20_000, 0, n_labelers=200)
    fit = Hierarchical().fit(crowd.choices)
    order = fit.choices.labelers.cast(int).to_numpy()
    is_spammer = (crowd.confusion[order] == 0.25).all(axis=(1, 2))
    assert 0.05 < is_spammer.mean() < 0.3
    assert fit.p_spammer[is_spammer].min() > 0.5
    assert fit.p_spammer[~is_spammer].max() < 0.5


def test_one_who_always_says_the_same_is_a_spammer():
    crowd = one_coin(2_000, 1, n_labelers=40)
    lazy = crowd.labeler == 7
    votes = choices_from_codes(crowd.item, crowd.labeler, np.where(lazy, 2, crowd.label))
    fit = Hierarchical().fit(votes)
    p = dict(zip(fit.choices.labelers.to_list(), fit.p_spammer, strict=True))
    assert p["7"] > 0.9
    assert np.median(fit.p_spammer) < 0.2


def test_it_comes_near_the_best_possible_where_votes_are_many():
    crowd = spammed(100_000, 0, n_labelers=100)
    assert accuracy("hierarchical", crowd) > (oracle(crowd) == crowd.truth).mean() - 0.004


def test_what_is_known_of_labelers_beforehand_decides():
    votes = choices_from_codes([0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2], [0, 0, 1, 0, 0, 1])
    names = votes.labelers
    expert, coin = np.eye(2) * 300, np.full((2, 2), 150.0)
    fit = Hierarchical().fit(votes, history=History(names, votes.labels, np.stack([coin, coin, expert])))
    assert fit.label.tolist() == [1, 1]
    assert Hierarchical().fit(votes).label.tolist() == [0, 0]


# Invariant


def test_it_converges_and_says_so():
    votes = spammed(3_000, 0, n_labelers=100).choices
    fit = Hierarchical().fit(votes)
    assert fit.converged
    assert len(fit.trace) == fit.iterations
    assert not Hierarchical(most_iterations=2).fit(votes).converged


def test_beginning_from_the_last_fit_takes_no_more_iterations_and_ends_alike():
    votes = spammed(4_000, 3, n_labelers=100).choices
    before = Hierarchical().fit(votes.keep(np.arange(len(votes)) < 3_800))
    cold, warm = Hierarchical().fit(votes), Hierarchical().fit(votes, start=before)
    assert warm.iterations <= cold.iterations
    assert (warm.label == cold.label).mean() > 0.99


# Refuses bad input


def test_one_labeler_alone_is_refused():
    with pytest.raises(NotIdentified, match="method hierarchical: got one labeler"):
        Hierarchical().fit(choices_from_codes([0, 1], [0, 0], [0, 1]))
