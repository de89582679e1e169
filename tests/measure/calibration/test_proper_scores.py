from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.errors import BadValue
from tacit.measure.calibration import brier_parts, brier_score, log_loss, reliability_diagram
from tacit.measure.calibration.proper_scores import _parts

# ---- worked by hand


def test_briers_score_of_four_predictions():
    # (0.01 + 0.04 + 0.36 + 0.16)/4 = 0.1425
    got = brier_score([0.9, 0.2, 0.4, 0.9], [1, 0, 1, 0.5])
    assert got.mean == pytest.approx(0.1425)
    assert got.method == "Student's t"


def test_of_three_classes_the_squares_are_summed():
    # (0.3² + 0.2² + 0.1²) = 0.14 and (0.1² + 0.5² + 0.6²) = 0.62
    p = [[0.7, 0.2, 0.1], [0.1, 0.5, 0.4]]
    assert brier_score(p, [0, 2]).mean == pytest.approx((0.14 + 0.62) / 2)
    assert log_loss(p, [0, 2]).mean == pytest.approx(-(log(0.7) + log(0.4)) / 2)


def test_saying_a_half_costs_log_two_and_a_certain_error_much_but_not_everything():
    assert log_loss([0.5, 0.5], [1, 0]).mean == pytest.approx(log(2))
    assert log_loss([0.0], [1]).mean == pytest.approx(12 * log(10))
    assert log_loss([0.8], [0.5]).mean == pytest.approx(-(log(0.8) + log(0.2)) / 2)


def test_murphys_parts_of_six_predictions_by_hand():
    # bins (0.2, 0.2, 0.2 → 0, 0, 1) and (0.8, 0.8, 0.8 → 1, 1, 1): rate 4/6, reliability ½·(0.2 − ⅓)² + ½·(0.2)²,
    # resolution ½·(⅓)² + ½·(⅓)² = 1/9, uncertainty 2/9; predictions of a bin are equal, so nothing is left within
    pairs = np.array([[0.2, 0], [0.2, 0], [0.2, 1], [0.8, 1], [0.8, 1], [0.8, 1]])
    got = _parts(pairs, np.array([0, 0, 0, 1, 1, 1]), corrected=False)
    assert got == pytest.approx([(0.2 - 1 / 3) ** 2 / 2 + 0.02, 1 / 9, 2 / 9, 0], abs=1e-12)


def test_a_reliability_diagram_by_hand():
    low, high = reliability_diagram([0.9, 0.1, 0.3, 0.7], [1, 0, 1, 0.5], n_bins=2)
    assert (low.predicted, low.observed.mean, low.observed.n) == (pytest.approx(0.2), 0.5, 2)
    assert (high.predicted, high.observed.mean) == (pytest.approx(0.8), 0.75)


# ---- recovers the truth


def test_corrected_parts_are_unbiased_and_their_intervals_cover(rng):
    # p is 0.2 or 0.6 with truth 0.3 and 0.6: reliability ½·0.01 = 0.005, resolution 0.15² = 0.0225, uncertainty 0.2475
    truth = (0.005, 0.0225, 0.2475)
    means, covered = [], []
    for seed in range(25):
        p = np.repeat([0.2, 0.6], 150)
        y = (rng.random(300) < np.where(p < 0.4, 0.3, 0.6)).astype(float)
        parts = brier_parts(p, y, n_bins=2, seed=seed)
        three = (parts.reliability, parts.resolution, parts.uncertainty)
        means.append([one.mean for one in three])
        covered.append([one.low <= t <= one.high for one, t in zip(three, truth, strict=True)])
    assert np.mean(means, axis=0) == pytest.approx(truth, abs=0.003)
    assert np.mean(covered) > 0.85


# ---- invariants


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(1, 6), st.booleans())
def test_the_parts_add_up_to_the_score(seed, n_bins, corrected):
    rng = np.random.default_rng(seed)
    pairs = np.column_stack([np.sort(rng.random(40)), rng.integers(0, 2, 40)])
    reliability, resolution, uncertainty, within = _parts(
        pairs, np.sort(rng.integers(0, n_bins, 40)), corrected=corrected
    )
    score = float(((pairs[:, 0] - pairs[:, 1]) ** 2).mean())
    assert reliability - resolution + uncertainty + within == pytest.approx(score)


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=20))
def test_nobody_expects_to_gain_by_saying_other_than_what_they_believe(beliefs):
    p = np.array(beliefs)
    honest = p * (1 - p) ** 2 + (1 - p) * p**2
    lie = np.clip(p + 0.1, 0, 1)
    assert (p * (1 - lie) ** 2 + (1 - p) * lie**2 >= honest - 1e-12).all()
    expected = sum(brier_score([b], [1]).mean * b + brier_score([b], [0]).mean * (1 - b) for b in beliefs)
    assert expected == pytest.approx(honest.sum())


def test_clusters_widen_the_interval(rng):
    labeler = np.repeat(np.arange(20), 20)
    p = np.clip(0.5 + 0.4 * rng.normal(size=20)[labeler], 0, 1)
    y = rng.integers(0, 2, 400).astype(float)
    apart, together = brier_score(p, y), brier_score(p, y, clusters=labeler)
    assert together.n == 20
    assert together.method.endswith("clustered")
    assert apart.n == 400


# ---- refuses


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: brier_parts([0.5], [1], n_bins=3), "n_bins: got 3, expected 1 to 1"),
        (lambda: log_loss([0.5, 0.1], [1]), "2 predictions and 1 outcomes"),
        (lambda: brier_score([], []), "got no values"),
        (lambda: reliability_diagram([0.5], [1], n_bins=0), "n_bins: got 0"),
    ],
)
def test_what_cannot_be_scored_is_refused(call, message):
    with pytest.raises(BadValue, match=message):
        call()
