import numpy as np
import polars as pl
import pytest

from tacit.crowd.choices import numeric
from tacit.crowd.choices.numeric import fit_ratings, ratings_from_arrays, ratings_from_table
from tacit.errors import BadValue, NotIdentified


def crowd(seed, n_items=150, n_labelers=25, each=5):
    rng = np.random.default_rng(seed)
    value, bias = rng.normal(5, 1, n_items), rng.normal(0, 0.5, n_labelers)
    noise = np.exp(rng.normal(-0.5, 0.5, n_labelers))
    labeler = np.argsort(rng.random((n_items, n_labelers)), axis=1)[:, :each].ravel()
    item = np.repeat(np.arange(n_items), each)
    rating = value[item] + bias[labeler] + noise[labeler] * rng.normal(size=len(item))
    return ratings_from_arrays(item, labeler, rating), value, bias, noise


# Worked by hand


def test_two_labelers_a_constant_apart_differ_by_their_bias_alone():
    # v rates 1 above u on each of 40 items: the values are the means, and the biases −½ and ½, each shrunk a little.
    value = np.linspace(0, 10, 40)
    item, labeler = np.tile(np.arange(40), 2), np.repeat([0, 1], 40)
    fit = fit_ratings(ratings_from_arrays(item, labeler, np.concatenate([value, value + 1])))
    assert fit.bias[1] - fit.bias[0] == pytest.approx(1, abs=0.01)
    assert fit.mean - fit.mean.mean() == pytest.approx(value - value.mean(), abs=0.1)
    assert fit.noise.max() < 0.2


# Recovers planted truth


def test_values_are_nearer_to_the_truth_than_plain_means():
    gain = []
    for seed in range(8):
        ratings, value, _, _ = crowd(seed)
        plain = np.bincount(ratings.item, weights=ratings.value) / np.bincount(ratings.item)
        fit = fit_ratings(ratings)
        gain.append(np.sqrt(np.mean((fit.mean - value) ** 2)) / np.sqrt(np.mean((plain - value) ** 2)))
    assert max(gain) < 0.85


def test_biases_and_noise_follow_the_truth():
    ratings, _, bias, noise = crowd(0, n_items=600)
    fit = fit_ratings(ratings)
    order = ratings.labelers.cast(int).to_numpy()
    assert np.corrcoef(fit.bias, bias[order])[0, 1] > 0.97
    assert np.corrcoef(np.log(fit.noise), np.log(noise[order]))[0, 1] > 0.95


def test_intervals_of_values_hold_the_truth_about_as_often_as_they_say():
    held = []
    for seed in range(10):
        ratings, value, _, _ = crowd(seed)
        fit = fit_ratings(ratings)
        held.append(((fit.low <= value) & (value <= fit.high)).mean())
    assert 0.9 < np.mean(held) < 0.98


@pytest.mark.parametrize(("n_labelers", "n_items"), [(3, 40), (10, 60)])
def test_intervals_of_few_labelers_are_wide_enough(n_labelers, n_items):
    held = []
    for seed in range(25):
        ratings, value, bias, noise = crowd(seed, n_items, n_labelers, each=3)
        fit = fit_ratings(ratings)
        who, what = (names.cast(int).to_numpy() for names in (ratings.labelers, ratings.items))
        held.append(
            [
                np.mean((low <= truth) & (truth <= high))
                for truth, low, high in (
                    (value[what], fit.low, fit.high),
                    (bias[who], fit.bias_low, fit.bias_high),
                    (noise[who], fit.noise_low, fit.noise_high),
                )
            ]
        )
    # taking the crowd's parameters as known makes those of bias and noise far too narrow
    assert np.mean(held, axis=0) == pytest.approx([0.95, 0.92, 0.93], abs=0.09)


# Invariants


def test_the_bound_never_falls_and_the_fit_says_that_it_rests():
    for seed in range(4):
        fit = fit_ratings(crowd(seed)[0])
        assert fit.converged
        assert np.diff(fit.trace).min() >= -1e-9 * abs(fit.trace[-1])
    assert not fit_ratings(crowd(0)[0], most_iterations=2).converged


def test_another_unit_changes_nothing_but_the_unit():
    ratings, *_ = crowd(1)
    scaled = ratings_from_arrays(ratings.item, ratings.labeler, 1_000 * ratings.value - 7)
    one, other = fit_ratings(ratings), fit_ratings(scaled)
    assert other.mean == pytest.approx(1_000 * one.mean - 7, rel=1e-6)
    assert other.noise == pytest.approx(1_000 * one.noise, rel=1e-6)


def test_large_crowds_are_fitted_in_turn_and_come_to_much_the_same(monkeypatch):
    ratings, *_ = crowd(2)
    together = fit_ratings(ratings)
    monkeypatch.setattr(numeric, "MOST_TOGETHER", 0)
    in_turn = fit_ratings(ratings)
    assert in_turn.converged
    assert in_turn.mean == pytest.approx(together.mean, abs=0.15)
    assert (in_turn.bias_high - in_turn.bias_low < (together.bias_high - together.bias_low) * 1.01).all()


def test_a_labeler_who_shares_no_item_is_said():
    ratings = ratings_from_arrays([0, 0, 1, 1, 2], [0, 1, 0, 1, 2], [1.0, 1.2, 2.0, 2.1, 5.0])
    assert fit_ratings(ratings).warnings == (
        "1 labelers share no item with anyone (2); only the prior says how they rate.",
    )


# Refuses bad input


def test_what_is_no_number_is_named_with_its_row():
    table = pl.DataFrame({"item": ["a", "b"], "labeler": ["u", "v"], "label": ["1.5", "good"]})
    with pytest.raises(BadValue, match=r"ratings, row 2, column 'label': got 'good', expected a finite number"):
        ratings_from_table(table)
    with pytest.raises(BadValue, match="got no ratings"):
        ratings_from_table(table.clear())
    with pytest.raises(BadValue, match="got inf"):
        ratings_from_arrays([0, 1], [0, 1], [1.0, np.inf])


def test_one_labeler_alone_is_refused():
    with pytest.raises(NotIdentified, match="one labeler, '0'"):
        fit_ratings(ratings_from_arrays([0, 1], [0, 0], [1.0, 2.0]))
