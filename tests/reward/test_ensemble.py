from dataclasses import replace

import numpy as np
import pytest
import torch

from tacit.errors import BadValue
from tacit.reward import SegmentEnsemble, compare, constant_reward
from tacit.reward.fit import HeldOut

# Recovers planted truth


def test_what_was_compared_is_learned_and_held_out_agreement_says_how_well(world):
    made = world(200)
    fit = SegmentEnsemble().fit(made.comparisons, seed=0)
    accuracy = made.accuracy(fit)
    assert accuracy > 0.88
    agreement = fit.held_out.agreement()
    assert agreement.low - 0.03 < accuracy < agreement.high + 0.03
    fresh = made.features[400:]
    assert np.corrcoef(fit.score(fresh).ravel(), made.worth[400:].ravel())[0, 1] > 0.8


def test_answers_by_coin_flip_teach_nothing_and_the_fit_says_so(world, quick):
    made = world(200, precision=0, signs=(0.0,))
    fit = quick.fit(made.comparisons, seed=0)
    agreement = fit.held_out.agreement()
    assert agreement.low < 0.5 < agreement.high
    assert fit.p_agree["rater 0"].low < 0.5 + 0.03


@pytest.mark.parametrize(
    ("sure", "unsure", "foretells"),
    [
        ((0, 0), (0, 0), True),  # nothing held out: nothing speaks against it
        ((2, 2), (0, 0), False),  # 2 / √2 = 1.41
        ((3, 3), (0, 0), True),  # 3 / √3 = 1.73 > 1.645
        ((59, 100), (0, 0), True),  # 18 / √100 = 1.8
        ((58, 100), (0, 0), False),  # 16 / √100 = 1.6
        ((3, 3), (50, 100), False),  # a tenth as sure of a hundred that say nothing: 3 / √(3 + 100 · 0.1²) = 1.5
        ((4, 4), (50, 100), True),  # 4 / √(4 + 1) = 1.79
    ],
)
def test_a_fit_foretells_where_a_coin_would_hardly_have_agreed_as_often(sure, unsure, foretells):
    rights, counts = np.array([sure[0], unsure[0]]), np.array([sure[1], unsure[1]])
    right = np.concatenate([np.arange(n) < k for k, n in zip(rights, counts, strict=True)])
    p = 0.5 + np.repeat([0.4, 0.04], counts) * np.where(right, 1, -1)
    n = len(p)
    made = HeldOut(np.arange(n), p, p.astype(np.float32), np.ones(n, np.float32), np.zeros(n, np.intp))
    assert made.foretells is foretells


def test_draws_foretell_nothing():
    half = np.full(5, 0.5, np.float32)
    assert not HeldOut(np.arange(5), half, half + 0.1, half, np.zeros(5, np.intp)).foretells


def test_a_stated_probability_is_learned_as_such(quick):
    # Two items, asked about 60 times as different pairs of equal features: the first is better with 0.8.
    features = np.tile(np.array([[[1.0]], [[-1.0]]]), (60, 1, 1)) * np.ones((1, 4, 1))
    ids = tuple(map(str, range(120)))
    comparisons = compare(features, range(0, 120, 2), range(1, 120, 2), np.full(60, 0.8), item_ids=ids)
    fit = replace(quick, epochs=150, patience=150).fit(comparisons, seed=0)
    assert fit.preference(features[0], features[1]) == pytest.approx(0.8, abs=0.02)


# Invariants


def test_the_same_seed_gives_the_same_fit_bit_for_bit_and_another_another(world, quick):
    comparisons = world(40).comparisons
    one, again, other = (quick.fit(comparisons, seed=seed) for seed in (3, 3, 4))
    for name in ("weights", "biases"):
        assert all(np.array_equal(a, b) for a, b in zip(getattr(one, name), getattr(again, name), strict=True))
    assert not np.array_equal(one.weights[0], other.weights[0])


def test_the_number_of_threads_is_left_as_it_was_and_changes_nothing(world, quick):
    comparisons = world(40).comparisons
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        two = quick.fit(comparisons, seed=0)
        assert torch.get_num_threads() == 2
        torch.set_num_threads(1)
        assert np.array_equal(quick.fit(comparisons, seed=0).weights[0], two.weights[0])
    finally:
        torch.set_num_threads(before)


def test_scores_of_the_fitted_steps_have_mean_0_and_standard_deviation_1(world, quick):
    made = world(40)
    fit = quick.fit(made.comparisons, seed=0)
    fitted = made.features[:80]
    assert fit.score(fitted).mean() == pytest.approx(0, abs=1e-4)
    assert fit.score(fitted).std() == pytest.approx(1, abs=1e-4)
    assert fit.score_members(fitted).std(axis=(1, 2)) == pytest.approx(1, abs=1e-4)


def test_a_warm_fit_begins_where_the_last_one_ended_and_keeps_its_held_out_pairs(world, quick):
    made = world(80)
    full = made.comparisons
    half = replace(
        full, **{n: getattr(full, n)[:40] for n in ("first", "second", "target", "weight", "rater", "both_bad")}
    )
    first = quick.fit(half, seed=1)
    # A learning rate of nearly 0 leaves the function as it was, though the normalisation of the features moves.
    still = replace(quick, learning_rate=1e-9).fit(full, seed=99, warm=first)
    assert not np.array_equal(still.input_mean, first.input_mean)
    differences = (f.difference_members(made.features[:80:2], made.features[1:80:2]) for f in (first, still))
    assert np.allclose(*differences, atol=1e-3)
    assert set(first.held_out.pair) == set(still.held_out.pair[still.held_out.pair < 40])


def test_items_that_no_pair_names_change_nothing(world, quick):
    made = world(40)
    trimmed = replace(made.comparisons, features=made.comparisons.features[:80])
    assert np.array_equal(quick.fit(made.comparisons, seed=0).weights[0], quick.fit(trimmed, seed=0).weights[0])


def test_a_feature_that_never_varied_is_ignored_and_learned_once_it_does(world, quick):
    made = world(120)
    flat = made.features.copy()
    flat[..., 1] = 7
    comparisons = replace(made.comparisons, features=flat)
    fit = quick.fit(comparisons, seed=0)
    assert np.array_equal(fit.score(flat), fit.score(np.where([0, 1, 0], 1e3, flat).astype(np.float32)))
    patient = replace(quick, learning_rate=0.01, warm_epochs=30, patience=30)
    assert made.accuracy(patient.fit(made.comparisons, seed=0, warm=fit)) > made.accuracy(fit) + 0.05


def test_features_beyond_what_was_judged_score_as_the_furthest_that_was(world, quick):
    made = world(40)
    fit = quick.fit(made.comparisons, seed=0)
    highest = made.features[:80].max(axis=(0, 1))
    assert np.array_equal(fit.score(highest + 5), fit.score(highest))


def test_a_pair_without_weight_counts_as_little_as_one_that_is_not_there(world, quick):
    made = world(40)
    n = len(made.comparisons)
    weight = np.where(np.arange(n) < 30, 1, 0).astype(np.float32)
    lied = np.where(weight > 0, made.comparisons.target, 1 - made.comparisons.target).astype(np.float32)
    silent = quick.fit(replace(made.comparisons, weight=weight), seed=0)
    lying = quick.fit(replace(made.comparisons, weight=weight, target=lied), seed=0)
    assert np.array_equal(silent.weights[0], lying.weights[0])


@pytest.mark.parametrize("n", [1, 2, 3])
def test_very_few_pairs_are_enough_to_fit(world, quick, n):
    fit = quick.fit(world(n).comparisons, seed=0)
    assert np.isfinite(fit.score(np.zeros((5, 3)))).all()


# Refuses bad input


def test_no_comparisons_are_refused(world, quick):
    made = world(2)
    nothing = compare(made.features, [], [], [])
    with pytest.raises(BadValue, match="comparisons: got none, expected at least one answered pair"):
        quick.fit(nothing, seed=0)


def test_a_warm_start_of_another_shape_is_refused(world, quick):
    fit = quick.fit(world(5).comparisons, seed=0)
    with pytest.raises(BadValue, match="Fit without `warm`"):
        SegmentEnsemble().fit(world(5).comparisons, seed=0, warm=fit)


@pytest.mark.parametrize(
    "setting", [{"members": 0}, {"hidden": ()}, {"lapse": 1.0}, {"epochs": 0}, {"held_out_share": 1.0}]
)
def test_a_setting_outside_its_range_is_refused(setting):
    with pytest.raises(BadValue, match=rf"SegmentEnsemble\.{next(iter(setting))}"):
        SegmentEnsemble(**setting)


def test_a_constant_reward_teaches_nothing():
    reward = constant_reward(4)
    assert not reward.score(np.random.default_rng(0).normal(size=(7, 5, 4))).any()
    assert reward.preference(np.ones((3, 4)), np.zeros((3, 4))) == 0.5
    assert reward.held_out.agreement().n == 0
