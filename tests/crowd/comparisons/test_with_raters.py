import numpy as np
import pytest

from tacit.crowd.comparisons import PairedComparisons, fit_comparisons, fit_with_raters
from tacit.errors import BadValue, NotIdentified

# Recovers planted truth


def test_a_coin_flipper_and_an_inverted_rater_are_found_and_cost_the_scores_nothing(drawn):
    comparisons, truth = drawn(1, 12, 6_000, precision=[1.3, 1.3, 1.3, 0.0, -1.3, 1.3])
    rated = fit_with_raters(comparisons)
    found = rated.rater_fit
    assert np.argsort(found.p_agree)[:2].tolist() == [4, 3]
    assert found.high[4] < 0.5
    assert found.low[3] < 0.5 < found.high[3] + 0.02
    assert found.low[[0, 1, 2, 5]].min() > found.high[3]
    assert rated.precision[4] < -0.5
    plain = fit_comparisons(comparisons)
    unit = np.polyfit(truth, rated.fit.score, 1)[0]  # raters have no unit of their own; compare shapes
    assert np.corrcoef(truth, rated.fit.score)[0, 1] > np.corrcoef(truth, plain.score)[0, 1]
    assert unit > np.polyfit(truth, plain.score, 1)[0]


def test_a_rater_who_calls_many_ties_is_told_from_one_who_calls_none():
    rng = np.random.default_rng(2)
    score = np.linspace(-1, 1, 8)
    left = rng.integers(0, 8, 6_000)
    right = (left + rng.integers(1, 8, 6_000)) % 8
    rater = rng.integers(0, 4, 6_000)
    ready = np.array([-3.0, -1.0, 0.0, 2.0])[rater]
    eta = score[left] - score[right]
    weight = np.stack([np.exp(eta / 2), np.exp(-eta / 2), np.exp(ready)])
    winner = np.minimum((rng.random(6_000) > np.cumsum(weight / weight.sum(axis=0), axis=0)).sum(axis=0), 2)
    comparisons = PairedComparisons([str(i) for i in range(8)], left, right, winner, rater, tuple("wxyz"))
    rated = fit_with_raters(comparisons)
    assert (rated.tie_offset + rated.fit.tie) == pytest.approx([-3, -1, 0, 2], abs=0.35)
    p_with = rated.predict(comparisons)[winner, np.arange(6_000)]
    p_without = fit_comparisons(comparisons).predict(left, right)[winner, np.arange(6_000)]
    assert -np.log(p_with).mean() < -np.log(p_without).mean() - 0.1


def test_raters_who_are_alike_change_the_scores_little(drawn):
    comparisons, truth = drawn(3, 10, 8_000, precision=[1.0] * 5)
    rated, plain = fit_with_raters(comparisons), fit_comparisons(comparisons)
    assert rated.fit.score == pytest.approx(plain.score, rel=0.1, abs=0.05)
    assert rated.fit.score == pytest.approx(truth, rel=0.1, abs=0.25)


def test_a_rater_is_not_certified_by_answers_that_made_the_consensus():
    # Everyone flips coins about items that two alone have compared: the in-sample agreement would be far above ½.
    rng = np.random.default_rng(4)
    left = np.tile(np.arange(40), 3)
    right = np.tile((np.arange(40) + 1) % 40, 3)
    comparisons = PairedComparisons(
        [str(i) for i in range(40)], left, right, rng.integers(0, 2, 120), np.repeat([0, 1, 2], 40), tuple("abc")
    )
    rated = fit_with_raters(comparisons, shrinkage=0.1)
    own = fit_comparisons(comparisons, shrinkage=0.1)
    ahead = (own.score[left] > own.score[right]) == (comparisons.winner == 0)
    assert ahead.mean() > 0.6
    assert (rated.rater_fit.low < 0.6).all()


def test_it_is_the_same_again_and_another_seed_differs_little(drawn):
    comparisons, _ = drawn(5, 8, 1_500, precision=[1.0, 0.5, 1.5])
    one, again, other = (fit_with_raters(comparisons, seed=seed) for seed in (0, 0, 1))
    assert one.precision.tolist() == again.precision.tolist()
    assert other.precision == pytest.approx(one.precision, abs=0.15)


# Refuses


def test_one_rater_alone_or_none_is_refused(drawn):
    alone, _ = drawn(6, 5, 100, precision=[1.0])
    with pytest.raises(NotIdentified, match="one rater alone"):
        fit_with_raters(alone)
    nobody, _ = drawn(6, 5, 100)
    with pytest.raises(BadValue, match="no raters"):
        fit_with_raters(nobody)
