import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, logit

from tacit.errors import BadValue, NotIdentified
from tacit.measure.calibration import fit_isotonic, fit_platt, fit_temperature, log_loss


def warped(rng, n, slope=0.5, intercept=0.0):
    """Return predictions and outcomes whose true logit is slope · logit + intercept."""
    p = rng.beta(1, 1, n).clip(1e-6, 1 - 1e-6)
    return p, (rng.random(n) < expit(slope * logit(p) + intercept)).astype(float)


# ---- worked by hand


def test_the_temperature_that_makes_nine_tenths_into_three_quarters():
    # p = 0.9 is right in 3 of 4: logit(0.9)/T = logit(0.75), T = 2.19722/1.09861 = 2
    got = fit_temperature([0.9] * 4, [1, 1, 1, 0])
    assert got.temperature.mean == pytest.approx(2)
    assert got.apply([0.9, 0.5]) == pytest.approx([0.75, 0.5])


def test_two_classes_are_what_one_probability_is(rng):
    p, y = warped(rng, 300)
    one, two = fit_temperature(p, y), fit_temperature(np.column_stack([1 - p, p]), y)
    assert one.temperature.mean == pytest.approx(two.temperature.mean)
    assert two.apply(np.column_stack([1 - p, p]))[:, 1] == pytest.approx(one.apply(p))


def test_isotonic_steps_pool_what_falls():
    got = fit_isotonic([0.1, 0.2, 0.8, 0.9], [1, 0, 0, 1])
    assert got.apply([0.0, 0.1, 0.5, 0.8, 0.9, 1.0]) == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1 / 3, 1, 1])


# ---- published oracle: a general optimiser of the same likelihood


def test_the_temperature_is_the_likeliest_one(rng):
    p, y = warped(rng, 500, 0.7)

    def loss(log_t):
        return log_loss(expit(logit(p) / np.exp(log_t)), y).mean

    best = minimize_scalar(loss, bounds=(-2, 2), method="bounded", options={"xatol": 1e-10})
    assert fit_temperature(p, y).temperature.mean == pytest.approx(np.exp(best.x), rel=1e-5)


def test_platts_line_is_the_likeliest_one(rng):
    p, y = warped(rng, 500, 0.7, 0.4)
    n_yes, n_no = y.sum(), (1 - y).sum()
    target = y * (n_yes + 1) / (n_yes + 2) + (1 - y) / (n_no + 2)

    def loss(w):
        line = w[0] * logit(p) + w[1]
        return (np.logaddexp(0, line) - target * line).sum()

    best = minimize(loss, [1.0, 0.0], tol=1e-10)
    got = fit_platt(p, y)
    assert (got.slope.mean, got.intercept.mean) == pytest.approx(best.x, abs=1e-4)


# ---- recovers the truth


def test_what_bent_the_probabilities_is_found_within_its_interval(rng):
    covered = []
    for _ in range(60):
        p, y = warped(rng, 800, 0.5, 0.3)
        platt = fit_platt(p, y)
        covered += [platt.slope.low <= 0.5 <= platt.slope.high, platt.intercept.low <= 0.3 <= platt.intercept.high]
        p, y = warped(rng, 800, 0.5)
        t = fit_temperature(p, y).temperature
        covered.append(t.low <= 2 <= t.high)
    assert np.mean(covered) > 0.9


@pytest.mark.parametrize("fit", [fit_temperature, fit_platt, fit_isotonic])
def test_mended_probabilities_score_better_on_others(rng, fit):
    mended = fit(*warped(rng, 4_000, 0.4))
    p, y = warped(rng, 4_000, 0.4)
    assert log_loss(np.clip(mended.apply(p), 1e-4, 1 - 1e-4), y).mean < log_loss(p, y).mean - 0.05


# ---- invariants


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_no_mending_changes_the_order(seed):
    rng = np.random.default_rng(seed)
    p, y = warped(rng, 60, 1.0)
    rising = np.linspace(0, 1, 30)
    assert (np.diff(fit_isotonic(p, y).apply(rising)) >= 0).all()
    assert (np.diff(fit_platt(p, y).apply(rising)) * np.sign(fit_platt(p, y).slope.mean) >= -1e-12).all()


def test_a_set_that_is_separated_has_a_finite_line():
    got = fit_platt([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])
    assert np.isfinite([got.slope.mean, got.intercept.mean]).all()


# ---- refuses


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fit_temperature([0.9, 0.1], [1, 0]), NotIdentified, "got predictions that are never wrong"),
        (lambda: fit_temperature([0.9, 0.1], [0, 1]), NotIdentified, "no better than none, or the wrong way round"),
        (lambda: fit_platt([0.5, 0.5], [0, 1]), NotIdentified, "got predictions that are all the same"),
        (lambda: fit_isotonic([0.5], [1, 0]), BadValue, "1 predictions and 2 outcomes"),
        (lambda: fit_isotonic([0.5, 0.6], [1, 0]).apply([]), BadValue, "got no values"),
        (lambda: fit_platt([0.1, 0.9], [0, 1]).apply([1.5]), BadValue, "a value outside 0 to 1"),
    ],
)
def test_what_cannot_be_mended_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
