import numpy as np
import pytest
from scipy.stats import linregress

from tacit.errors import BadValue, NotIdentified
from tacit.measure.word_errors import fit_perplexity_law

# ---- worked by hand


def test_three_points_on_a_law_leave_no_doubt():
    # 0.01 · 100^½ = 0.1, 0.01 · 400^½ = 0.2, 0.01 · 900^½ = 0.3
    law = fit_perplexity_law([100, 400, 900], [0.1, 0.2, 0.3])
    assert (law.exponent.mean, law.exponent.low, law.exponent.high) == pytest.approx((0.5, 0.5, 0.5))
    assert (law.factor.mean, law.factor.low) == pytest.approx((0.01, 0.01))
    assert law.predict(1600).mean == pytest.approx(0.4)


# ---- published oracle


def test_the_line_is_scipys(rng):
    perplexity, wer = rng.uniform(50, 500, 12), rng.uniform(0.05, 0.5, 12)
    law, published = fit_perplexity_law(perplexity, wer), linregress(np.log(perplexity), np.log(wer))
    assert law.exponent.mean == pytest.approx(published.slope)
    assert np.log(law.factor.mean) == pytest.approx(published.intercept)
    # t(0.975, 10 degrees) = 2.228139
    assert law.exponent.high - law.exponent.mean == pytest.approx(2.228139 * published.stderr, rel=1e-6)


# ---- recovers the truth


def test_ninety_five_of_a_hundred_intervals_cover(rng):
    covered = []
    for _ in range(400):
        perplexity = np.exp(rng.uniform(4, 6, 8))
        law = fit_perplexity_law(perplexity, 0.02 * perplexity**0.4 * np.exp(0.05 * rng.normal(size=8)))
        new = 0.02 * 300**0.4 * np.exp(0.05 * rng.normal())
        covered.append(
            [law.exponent.low <= 0.4 <= law.exponent.high, law.predict(300).low <= new <= law.predict(300).high]
        )
    assert np.abs(np.mean(covered, axis=0) - 0.95).max() < 0.03


# ---- refuses


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fit_perplexity_law([1, 2], [0.1, 0.2]), NotIdentified, "2 different perplexities of 2 models"),
        (lambda: fit_perplexity_law([9, 9, 9], [0.1, 0.2, 0.3]), NotIdentified, "1 different perplexities of 3"),
        (
            lambda: fit_perplexity_law([9, 0.5, 9], [0.1, 0.2, 0.3]),
            BadValue,
            "perplexity, value 2: got 0.5, expected 1 or",
        ),
        (lambda: fit_perplexity_law([9, 8, 7], [0.1, 0.2, 0]), BadValue, "wer, value 3: got 0, expected above 0"),
        (lambda: fit_perplexity_law([9, 8, 7], [0.1, 0.2]), BadValue, "expected two lists of one length"),
        (lambda: fit_perplexity_law([100, 400, 900], [1, 2, 3]).predict(0), BadValue, "perplexity: got 0"),
    ],
)
def test_what_has_no_law_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
