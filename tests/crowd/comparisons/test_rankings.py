import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from tacit.crowd.comparisons import SharedPlaces, fit_comparisons, fit_rankings, rankings_from_places
from tacit.errors import BadValue, NotIdentified

NAMES = ["a", "b", "c", "d", "e"]


def some(seed=0, n=60, tied=0.3, unplaced=0.2):
    """Return rankings of two to five items, and the same as lists of levels, a set of item codes a level."""
    rng = np.random.default_rng(seed)
    rows, levels = [], []
    for r in range(n):
        items = rng.permutation(5)[: rng.integers(2, 6)]
        place = np.arange(len(items), dtype=float)
        if rng.random() < tied:
            place[1] = place[0]
        if rng.random() < unplaced and len(items) > 2:
            place[-2:] = np.nan
        rows += [(r, i, p) for i, p in zip(items.tolist(), place.tolist(), strict=True)]
        ranks = sorted(set(place[~np.isnan(place)].tolist()))
        levels.append(([items[place == p].tolist() for p in ranks], items[np.isnan(place)].tolist()))
    ranking, item, place = np.array(rows).T
    return rankings_from_places(NAMES, ranking.astype(int), item.astype(int), place), levels


def log_likelihood(score, levels, ties):
    """Plackett–Luce written out choice by choice."""
    total, strength = 0.0, np.exp(score)
    for placed, unplaced in levels:
        for k, level in enumerate(placed):
            below = [i for later in placed[k + 1 :] for i in later] + unplaced
            if not below and len(level) == 1:
                continue
            for step, item in enumerate(level):
                left = 1 - step / len(level) if ties is SharedPlaces.EFRON else 1
                total += score[item] - np.log(left * strength[level].sum() + strength[below].sum())
    return total


# Worked by hand


def test_rankings_of_two_are_bradley_and_terrys_comparisons():
    # a before b three times of four: ln 3 apart.
    ranking, item = np.repeat(np.arange(4), 2), np.tile([0, 1], 4)
    fit = fit_rankings(rankings_from_places(["a", "b"], ranking, item, [1, 2, 1, 2, 1, 2, 2, 1]))
    assert fit.score[0] - fit.score[1] == pytest.approx(np.log(3))
    assert fit.intervals().standard_error == pytest.approx([np.sqrt(1 / 3)] * 2)


def test_each_of_three_first_as_often_as_the_others_are_equal():
    fit = fit_rankings(
        rankings_from_places(["a", "b", "c"], [0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 2, 1, 2, 0, 2, 0, 1], [1, 2, 3] * 3)
    )
    assert fit.score == pytest.approx([0, 0, 0], abs=1e-12)
    assert fit.log_likelihood == pytest.approx(3 * np.log(1 / 6))  # each order of three equals has chance 1/6


def test_the_best_of_three_with_the_others_unplaced_says_nothing_about_these():
    # a is best twice, b once, c never placed first: choices among three, in the shares 2/4, 1/4, 1/4.
    nan = np.nan
    rows = [[1, nan, nan], [1, nan, nan], [nan, 1, nan], [nan, nan, 1]]
    made = rankings_from_places(["a", "b", "c"], np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4), np.ravel(rows))
    fit = fit_rankings(made)
    assert np.exp(fit.score - fit.score[2]) == pytest.approx([2, 1, 1])
    assert len(made.comparisons()) == 8  # the two unplaced of each ranking are not compared


def test_a_ranking_with_a_tie_contains_two_wins_and_a_tie():
    made = rankings_from_places(["a", "b", "c"], [7 - 7] * 3, [0, 1, 2], [1, 1, 5]).comparisons()
    told = {(made.items[x], made.items[y], int(w)) for x, y, w in zip(made.left, made.right, made.winner, strict=True)}
    assert len(told) == 3
    assert sorted(w for *_, w in told) in ([0, 1, 2], [0, 0, 2], [1, 1, 2])
    assert set(made.group.tolist()) == {0}


# The true optimum


@pytest.mark.parametrize("ties", list(SharedPlaces))
def test_the_likelihood_is_the_one_written_out_and_its_optimum_is_found(ties):
    rankings, levels = some()
    fit = fit_rankings(rankings, ties=ties)
    assert fit.converged
    assert fit.log_likelihood == pytest.approx(log_likelihood(fit.score, levels, ties))

    def loss(x):
        return -log_likelihood(np.append(x, -x.sum()), levels, ties)

    found = minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-6})
    assert fit.score[:4] == pytest.approx(found.x, abs=1e-4)
    curvature, h = fit.optimum.laplacian.to_dense(), 1e-3
    step = np.eye(5) * h
    for i in range(5):
        for j in range(5):
            around = [
                log_likelihood(fit.score + a * step[i] + b * step[j], levels, ties) for a in (1, -1) for b in (1, -1)
            ]
            second = (around[0] - around[1] - around[2] + around[3]) / (4 * h * h)
            assert curvature[i, j] == pytest.approx(-second, abs=1e-3)


# Recovers planted truth


def test_planted_scores_are_recovered_from_partial_rankings():
    rng = np.random.default_rng(1)
    truth = np.linspace(-1, 1, 9)
    shown = np.argsort(rng.random((3_000, 9)), axis=1)[:, :4]
    felt = truth[shown] + rng.gumbel(size=shown.shape)
    rank = np.argsort(np.argsort(-felt, axis=1), axis=1)
    names = [str(i) for i in range(9)]
    made = rankings_from_places(names, np.repeat(np.arange(3_000), 4), shown.ravel(), rank.ravel())
    fit = fit_rankings(made)
    found = fit.intervals()
    assert np.mean((found.low <= truth) & (truth <= found.high)) >= 7 / 9
    assert fit.score == pytest.approx(truth, abs=0.1)


def test_a_weak_item_after_many_rankings_is_not_drowned_in_rounding():
    # 20,000 rankings of equals, then one that an item 40 below them takes part in: its own terms must be exact.
    n = 20_000
    ranking = np.concatenate([np.repeat(np.arange(n), 2), [n, n, n + 1, n + 1]])
    item = np.concatenate([np.tile([0, 1, 1, 0], n // 2), [0, 2, 2, 0]])
    made = rankings_from_places(["a", "b", "weak"], ranking, item, np.concatenate([np.tile([1, 2], n), [1, 2, 1, 2]]))
    fit = fit_rankings(made)
    assert fit.score == pytest.approx([0, 0, 0], abs=1e-6)
    far = fit_rankings(made, start=np.array([0.0, 0.0, -40.0]))
    assert far.score == pytest.approx(fit.score, abs=1e-6)


# Invariants


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(list(SharedPlaces)))
def test_the_order_of_the_rows_and_the_size_of_the_ranks_do_not_matter(seed, ties):
    rankings, _ = some(seed, n=30)
    rng = np.random.default_rng(seed)
    rank = np.where(rankings.placed[rankings.level], rankings.level * 2.5 - 7, np.nan)
    order = rng.permutation(len(rank))
    again = rankings_from_places(NAMES, rankings.ranking[order], rankings.item[order], rank[order])
    one, other = (fit_rankings(r, ties=ties, shrinkage=0.1) for r in (rankings, again))
    assert other.score == pytest.approx(one.score, abs=1e-9)


def test_rankings_drawn_twice_count_twice():
    rankings, _ = some(3)
    twice = rankings.take(np.tile(np.arange(len(rankings)), 2))
    one, other = fit_rankings(rankings), fit_rankings(twice)
    assert other.log_likelihood == pytest.approx(2 * one.log_likelihood)
    assert other.score == pytest.approx(one.score, abs=1e-9)
    assert twice.n_tied == 2 * rankings.n_tied


def test_without_ties_both_likelihoods_are_one():
    rankings, _ = some(4, tied=0)
    efron, breslow = (fit_rankings(rankings, ties=ties) for ties in SharedPlaces)
    assert efron.score == pytest.approx(breslow.score, abs=1e-10)


def test_breslow_pulls_scores_together_more_than_efron_does():
    rankings, _ = some(5, n=300, tied=0.6)
    efron, breslow = (fit_rankings(rankings, ties=ties).score for ties in SharedPlaces)
    pairs = fit_comparisons(rankings.comparisons()).score
    assert np.ptp(breslow) <= np.ptp(efron) + 1e-3 or np.ptp(pairs) > 0


# Refuses


def test_an_item_twice_in_a_ranking_and_none_at_all_are_refused():
    with pytest.raises(BadValue, match="'a' twice in one ranking"):
        rankings_from_places(["a"], [0, 0], [0, 0], [1, 2])
    with pytest.raises(BadValue, match="as many of each"):
        rankings_from_places(["a"], [0, 0], [0], [1])
    with pytest.raises(BadValue, match="no ranking"):
        fit_rankings(rankings_from_places(["a"], [], [], []))


def test_one_who_is_first_in_every_ranking_is_named():
    made = rankings_from_places(["a", "b", "c"], [0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 2, 1], [1, 2, 3] * 2)
    with pytest.raises(NotIdentified, match="a never lost to any of the others"):
        fit_rankings(made)
