from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from tacit.crowd.comparisons import PairedComparisons, TieModel, Winner, fit_by_minorisation, fit_comparisons
from tacit.errors import BadValue, NotFinite, NotIdentified

BASEBALL = [  # Agresti 1990, table 10.10: American League, eastern division, 1987; wins of the row over the column
    [0, 7, 9, 7, 7, 9, 11],
    [6, 0, 7, 5, 11, 9, 9],
    [4, 6, 0, 7, 7, 8, 12],
    [6, 8, 6, 0, 6, 7, 10],
    [6, 2, 6, 7, 0, 7, 12],
    [4, 4, 5, 6, 6, 0, 6],
    [2, 4, 1, 3, 1, 7, 0],
]
TEAMS = ["Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore"]
CITATIONS = [[0, 730, 498, 221], [33, 0, 68, 17], [320, 813, 0, 142], [284, 276, 325, 0]]  # Stigler 1994
JOURNALS = ["Biometrika", "Communications in Statistics", "JASA", "JRSS-B"]


def two(*winners):
    n = len(winners)
    return PairedComparisons(["a", "b"], np.zeros(n, int), np.ones(n, int), np.array(winners))


def circle(n=12, seed=0, items=4):
    """Return comparisons in which every item has won and lost."""
    rng = np.random.default_rng(seed)
    left = np.concatenate([np.arange(items), rng.integers(0, items, n)])
    right = np.concatenate([(np.arange(items) + 1) % items, (left[items:] + rng.integers(1, items, n)) % items])
    winner = np.concatenate([np.zeros(items, int), rng.integers(0, 3, n)])
    return PairedComparisons([f"i{k}" for k in range(items)], left, right, winner)


# Worked by hand


def test_three_wins_of_four_are_log_odds_of_three_to_one():
    # The difference is ln 3 and the scores have mean 0. The information is 4 · 3/4 · 1/4 = 3/4, so the difference has
    # variance 4/3, and each score, half the difference, a quarter of that.
    fit = fit_comparisons(two(0, 0, 0, 1))
    found = fit.intervals()
    assert fit.score == pytest.approx([log(3) / 2, -log(3) / 2])
    assert found.standard_error == pytest.approx([sqrt(1 / 3)] * 2)
    assert found.high - fit.score == pytest.approx([1.959964 * sqrt(1 / 3)] * 2)
    assert fit.log_likelihood == pytest.approx(3 * log(3 / 4) + log(1 / 4))
    assert fit.rank.tolist() == [1, 2]


def test_davidsons_tie_parameter_is_the_share_of_ties_over_the_geometric_mean_of_the_wins():
    # Shares 3/6, 1/6 and 2/6 are met exactly: log-odds ln 3, ν = (2/6) / √(3/6 · 1/6) = 2/√3.
    fit = fit_comparisons(two(0, 0, 0, 1, 2, 2))
    assert fit.score[0] - fit.score[1] == pytest.approx(log(3))
    assert fit.tie == pytest.approx(log(2 / sqrt(3)))
    assert fit.predict(np.array([0]), np.array([1]))[:, 0] == pytest.approx([1 / 2, 1 / 6, 1 / 3])


def test_rao_and_kuppers_threshold_meets_the_same_shares():
    # σ(η − t) = 1/2 gives η = t; σ(−η − t) = 1/6 gives 2t = ln 5.
    fit = fit_comparisons(two(0, 0, 0, 1, 2, 2), ties=TieModel.RAO_KUPPER)
    assert fit.tie == pytest.approx(log(5) / 2)
    assert fit.score[0] - fit.score[1] == pytest.approx(log(5) / 2)


def test_a_tie_that_is_half_a_win_each_and_ties_left_out():
    # With half wins: 4 of 6, odds of two to one. Without the ties: 3 of 4, three to one.
    assert fit_comparisons(two(0, 0, 0, 1, 2, 2), ties=TieModel.HALF).score[0] * 2 == pytest.approx(log(2))
    assert fit_comparisons(two(0, 0, 0, 1, 2, 2), ties=TieModel.DROP).score[0] * 2 == pytest.approx(log(3))


def test_a_side_that_wins_three_of_four_between_equals_has_log_odds_three_to_one():
    left, right = np.repeat([0, 1], 4), np.repeat([1, 0], 4)
    fit = fit_comparisons(PairedComparisons(["a", "b"], left, right, np.array([0, 0, 0, 1] * 2)), side_bias=True)
    assert fit.side_bias == pytest.approx(log(3))
    assert fit.score == pytest.approx([0, 0], abs=1e-12)


def test_three_that_beat_each_other_in_a_circle_are_equal():
    circular = PairedComparisons(["a", "b", "c"], np.array([0, 1, 2]), np.array([1, 2, 0]), np.zeros(3, int))
    fit = fit_comparisons(circular)
    assert fit.score == pytest.approx([0, 0, 0], abs=1e-12)
    assert fit.rank.tolist() == [1, 1, 1]


def test_a_prior_makes_the_score_of_one_who_only_won_finite():
    # One win, prior precision 1: the difference d solves 1 − σ(d) = d/2, for each score is half of it.
    fit = fit_comparisons(two(0), shrinkage=1)
    d = fit.score[0] - fit.score[1]
    assert 1 - 1 / (1 + np.exp(-d)) == pytest.approx(d / 2)


# Published


def test_the_baseball_league_of_agrestis_table(tabled):
    fit = fit_comparisons(tabled(TEAMS, BASEBALL))
    assert (fit.score - fit.score[-1]).round(2).tolist() == [1.58, 1.44, 1.29, 1.25, 1.11, 0.68, 0.0]


def test_the_journals_of_stigler_as_bradleyterry2_prints_them(tabled):
    # Turner and Firth 2012, section 2.1: coefficients and standard errors relative to Biometrika.
    fit = fit_comparisons(tabled(JOURNALS, CITATIONS))
    assert (fit.score - fit.score[0])[1:] == pytest.approx([-2.94907, -0.47957, 0.26895], abs=5e-6)
    covariance = fit.optimum.score_covariance()
    error = [sqrt(covariance[i, i] + covariance[0, 0] - 2 * covariance[0, i]) for i in (1, 2, 3)]
    assert error == pytest.approx([0.10255, 0.06059, 0.07083], abs=5e-6)


# The true optimum


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("ties", [TieModel.DAVIDSON, TieModel.RAO_KUPPER, TieModel.HALF])
def test_no_other_point_is_better_as_a_plain_optimiser_confirms(drawn, ties, side):
    comparisons, _ = drawn(1, 6, 400, tie=-0.5)
    fit = fit_comparisons(comparisons, ties=ties, side_bias=bool(side))
    assert fit.converged
    assert fit.gradient < 1e-12

    def loss(x):
        score = np.append(x[:5], -x[:5].sum())
        eta = score[comparisons.left] - score[comparisons.right] + (x[5] if side else 0)
        return -log_likelihood(ties, eta, x[-1], comparisons.winner)

    start = np.zeros(5 + side + (ties is not TieModel.HALF))
    start[-1] = 0.5 if ties is not TieModel.HALF else 0
    found = minimize(loss, start, method="BFGS", options={"gtol": 1e-7})
    assert fit.log_likelihood >= -found.fun - 1e-9
    assert fit.score[:5] == pytest.approx(found.x[:5], abs=1e-4)


def log_likelihood(ties, eta, tie, winner):
    if ties is TieModel.DAVIDSON:
        logits = np.stack([eta / 2, -eta / 2, np.full_like(eta, tie)])
        return (logits - np.logaddexp.reduce(logits, axis=0))[winner, np.arange(len(eta))].sum()
    if ties is TieModel.RAO_KUPPER:
        tie = max(tie, 1e-6)
        up, down = 1 / (1 + np.exp(tie - eta)), 1 / (1 + np.exp(tie + eta))
        return np.log(np.stack([up, down, 1 - up - down]))[winner, np.arange(len(eta))].sum()
    log_p = np.stack([-np.logaddexp(0, -eta), -np.logaddexp(0, eta)])
    log_p = np.concatenate([log_p, log_p.mean(axis=0, keepdims=True)])
    return log_p[winner, np.arange(len(eta))].sum()


def test_minorisation_ends_at_the_same_scores(drawn):
    comparisons, _ = drawn(3, 20, 2_000)
    assert fit_comparisons(comparisons).score == pytest.approx(fit_by_minorisation(comparisons), abs=1e-9)


def test_a_start_changes_the_steps_and_not_the_end(drawn):
    comparisons, _ = drawn(4, 30, 3_000, tie=0.0)
    cold = fit_comparisons(comparisons)
    warm = fit_comparisons(comparisons, start=cold.score)
    assert warm.score == pytest.approx(cold.score, abs=1e-10)
    assert warm.iterations < cold.iterations


def test_a_thousand_items_and_a_chain_of_items_reach_the_optimum(drawn):
    many, _ = drawn(5, 1_000, 50_000)
    left = np.repeat(np.arange(2_999), 4)
    chain = PairedComparisons([str(i) for i in range(3_000)], left, left + 1, np.tile([0, 0, 1, 0], 2_999))
    for comparisons in (many, chain):
        fit = fit_comparisons(comparisons)
        assert fit.converged
        assert fit.gradient < 1e-12
    # Each item of the chain beats the next three times in four: every step down is ln 3.
    assert -np.diff(fit.score) == pytest.approx(np.full(2_999, log(3)))


# Recovers planted truth


def test_planted_scores_ties_and_side_bias_are_recovered(drawn):
    comparisons, truth = drawn(61, 40, 40_000, tie=-0.4, side=0.3)
    fit = fit_comparisons(comparisons, side_bias=True)
    found = fit.intervals()
    assert np.mean((found.low <= truth) & (truth <= found.high)) >= 0.85
    assert fit.extra["tie"].low < -0.4 < fit.extra["tie"].high
    assert fit.extra["side_bias"].low < 0.3 < fit.extra["side_bias"].high


def test_intervals_cover_the_truth_as_often_as_they_say(drawn):
    inside = []
    for seed in range(60):
        comparisons, truth = drawn(seed, 10, 600, tie=-0.5)
        found = fit_comparisons(comparisons).intervals()
        inside.append((found.low <= truth) & (truth <= found.high))
    assert np.mean(inside) == pytest.approx(0.95, abs=0.025)  # 600 scores, correlated ten by ten


def test_a_planted_effect_of_length_is_separated_from_the_scores():
    rng = np.random.default_rng(8)
    score = np.array([0.5, 0.0, -0.5])
    left = rng.integers(0, 3, 6_000)
    right = (left + rng.integers(1, 3, 6_000)) % 3
    longer = rng.normal(0, 1, (6_000, 1)) + (score[left] - score[right])[:, None]  # the better ones are longer
    p = 1 / (1 + np.exp(-(score[left] - score[right] + 0.7 * longer[:, 0])))
    winner = (rng.random(6_000) > p).astype(int)
    with_length = PairedComparisons(
        ["a", "b", "c"], left, right, winner, covariates=longer, covariate_names=("length",)
    )
    fit = fit_comparisons(with_length)
    assert fit.extra["length"].low < 0.7 < fit.extra["length"].high
    assert fit.score == pytest.approx(score, abs=0.12)
    without = fit_comparisons(PairedComparisons(["a", "b", "c"], left, right, winner))
    assert without.score[0] > 0.75  # the effect of length is taken for worth


# Invariants


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(list(TieModel)), st.booleans())
def test_renaming_the_items_reorders_the_scores_and_nothing_else(seed, ties, side):
    comparisons = circle(seed=seed)
    order = np.random.default_rng(seed + 1).permutation(4)
    renamed = PairedComparisons(
        [comparisons.items[i] for i in np.argsort(order)],
        order[comparisons.left],
        order[comparisons.right],
        comparisons.winner,
    )
    one, other = (fit_comparisons(c, ties=ties, side_bias=side, shrinkage=0.1) for c in (comparisons, renamed))
    assert other.score[order] == pytest.approx(one.score, abs=1e-8)
    assert other.log_likelihood == pytest.approx(one.log_likelihood)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(list(TieModel)))
def test_turning_every_result_round_turns_the_scores_round(seed, ties):
    comparisons = circle(seed=seed)
    turned = PairedComparisons(comparisons.items, comparisons.right, comparisons.left, comparisons.winner)
    one, other = (fit_comparisons(c, ties=ties) for c in (comparisons, turned))
    assert other.score == pytest.approx(-one.score, abs=1e-8)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_swapping_the_sides_with_their_results_changes_nothing_but_the_side_bias(seed):
    comparisons = circle(seed=seed, n=40)
    swapped_winner = np.where(comparisons.winner == Winner.TIE, Winner.TIE, 1 - comparisons.winner)
    swapped = PairedComparisons(comparisons.items, comparisons.right, comparisons.left, swapped_winner)
    one, other = (fit_comparisons(c, side_bias=True, shrinkage=0.1) for c in (comparisons, swapped))
    assert other.score == pytest.approx(one.score, abs=1e-8)
    assert other.side_bias == pytest.approx(-one.side_bias, abs=1e-8)


def test_everything_twice_leaves_the_scores_and_halves_their_variance(drawn):
    comparisons, _ = drawn(9, 8, 300, tie=0.0)
    twice = comparisons.take(np.tile(np.arange(300), 2))
    one, other = fit_comparisons(comparisons), fit_comparisons(twice)
    assert other.score == pytest.approx(one.score, abs=1e-10)
    assert other.intervals().standard_error == pytest.approx(one.intervals().standard_error / sqrt(2))


# Refuses


def test_groups_that_were_never_compared_are_named():
    apart = PairedComparisons(list("abcd"), np.array([0, 1, 2, 3]), np.array([1, 0, 3, 2]), np.zeros(4, int))
    with pytest.raises(
        NotIdentified, match=r"2 groups of items that were never compared with each other: a, b \| c, d"
    ):
        fit_comparisons(apart)
    assert fit_comparisons(apart, shrinkage=1).converged


def test_one_who_always_wins_is_named_with_what_to_do():
    unbeaten = PairedComparisons(list("abc"), np.array([0, 1, 2, 0]), np.array([1, 2, 1, 2]), np.zeros(4, int))
    with pytest.raises(NotIdentified, match=r"a never lost to any of the others.*infinite.*--shrinkage 1") as caught:
        fit_comparisons(unbeaten)
    assert caught.value.groups == (("b", "c"), ("a",))
    assert fit_comparisons(unbeaten, shrinkage=1).score.argmax() == 0


def test_ties_connect_and_keep_scores_finite():
    fit = fit_comparisons(two(0, 0, 2))
    assert np.isfinite(fit.score).all()
    assert fit.converged


def test_nothing_but_ties_and_no_comparison_are_refused():
    with pytest.raises(NotIdentified, match="nothing but ties"):
        fit_comparisons(two(2, 2))
    with pytest.raises(BadValue, match="no comparison"):
        fit_comparisons(two())


def test_a_side_that_always_wins_and_a_covariate_that_is_the_item_are_refused():
    sided = PairedComparisons(list("abc"), np.array([0, 1, 2]), np.array([1, 2, 0]), np.zeros(3, int))
    with pytest.raises(NotIdentified, match="the side with an effect that"):
        fit_comparisons(sided, side_bias=True, shrinkage=0.1)
    mixed, length = circle(n=60, items=3), np.array([3.0, 1.0, 2.0])
    of_item = (length[mixed.left] - length[mixed.right])[:, None]
    with pytest.raises(NotIdentified, match="'length' with an effect that cannot be told from the scores"):
        fit_comparisons(
            PairedComparisons(
                mixed.items, mixed.left, mixed.right, mixed.winner, covariates=of_item, covariate_names=("length",)
            )
        )


@pytest.mark.parametrize("shrinkage", [-1.0, float("nan"), float("inf")])
def test_a_prior_without_a_precision_is_refused(shrinkage):
    with pytest.raises(BadValue, match="shrinkage"):
        fit_comparisons(two(0, 1), shrinkage=shrinkage)


def test_what_does_not_fit_together_is_refused():
    zero, one = np.zeros(2, int), np.ones(2, int)
    with pytest.raises(BadValue, match="'a' against itself in comparison 1"):
        PairedComparisons(["a", "b"], zero, zero, zero)
    with pytest.raises(BadValue, match="the code 1, expected 0 to 0"):
        PairedComparisons(["a"], zero, one, zero)
    with pytest.raises(BadValue, match="1 values, expected 2"):
        PairedComparisons(["a", "b"], zero, one, zero[:1])
    with pytest.raises(BadValue, match="winner"):
        PairedComparisons(["a", "b"], zero, one, zero + 3)
    with pytest.raises(NotFinite, match="covariates"):
        PairedComparisons(["a", "b"], zero, one, zero, covariates=np.full((2, 1), np.nan), covariate_names=("x",))
    with pytest.raises(BadValue, match="start"):
        fit_comparisons(two(0, 1), start=np.zeros(3))
