from __future__ import annotations

from math import atanh, tanh

import numpy as np
import pytest
from scipy.stats import pearsonr

from tacit.errors import BadFile
from tacit.report.diagnosis import correlation, read_diagnosis, reliability
from tacit.store.run_folder import RunFolder, write_json


def test_reliability_worked_by_hand() -> None:
    # One bin (fewer than 40 judgments). Mean prediction (0.2 + 0.4 + 0.9 + 0.9) / 4 = 0.6, observed (0 + 1 + 1 + ½) / 4
    # = 0.625; a gap of 0.025 is what chance makes of four. Brier: (0.04 + 0.36 + 0.01 + 0.16) / 4 = 0.1425.
    checked = reliability(np.array([0.9, 0.2, 0.4, 0.9]), np.array([1.0, 0.0, 1.0, 0.5]))
    assert checked is not None
    assert len(checked.bins) == 1
    assert checked.bins[0].predicted == pytest.approx(0.6)
    assert checked.bins[0].observed.mean == pytest.approx(0.625)
    assert checked.calibration_error.mean == 0
    assert checked.brier.mean == pytest.approx(0.1425)


def test_correlation_worked_by_hand() -> None:
    # r = ½ from 28 values: z = atanh ½ = 0.5493, its error 1/√25 = 0.2, so the ends are tanh(0.5493 ∓ 0.3920).
    rng = np.random.default_rng(0)
    x = rng.normal(size=28)
    x = (x - x.mean()) / x.std()
    e = rng.normal(size=28)
    e -= e.mean() + x * (e @ x) / 28
    e /= e.std()
    found = correlation(x, 0.5 * x + np.sqrt(0.75) * e)
    assert found is not None
    assert [found.mean, found.low, found.high] == pytest.approx(
        [0.5, tanh(atanh(0.5) - 0.391993), tanh(atanh(0.5) + 0.391993)], abs=1e-6
    )


def test_the_interval_of_a_correlation_is_scipys(rng_pairs: tuple[np.ndarray, np.ndarray]) -> None:
    found, published = correlation(*rng_pairs), pearsonr(*rng_pairs)
    assert found is not None
    ends = published.confidence_interval()
    assert (found.mean, found.low, found.high) == pytest.approx((published.statistic, ends.low, ends.high))


@pytest.fixture
def rng_pairs() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    x = rng.normal(size=60)
    return x, x + rng.normal(size=60)


def test_probabilities_that_come_true_are_found_reliable() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(4000)
    checked = reliability(p, (rng.random(4000) < p).astype(float))
    assert checked is not None
    assert len(checked.bins) == 10
    assert {one.observed.n for one in checked.bins} == {400}
    assert checked.calibration_error.mean < 0.03
    assert sum(one.observed.low <= one.predicted <= one.observed.high for one in checked.bins) >= 9


def test_overconfidence_is_found() -> None:
    rng = np.random.default_rng(2)
    p = rng.choice([0.02, 0.98], 400)
    checked = reliability(p, (rng.random(400) < np.where(p > 0.5, 0.7, 0.3)).astype(float))
    assert checked is not None
    assert checked.calibration_error.low > 0.2


def test_the_order_of_judgments_does_not_matter() -> None:
    rng = np.random.default_rng(4)
    p, preferred = rng.random(90), rng.integers(0, 2, 90).astype(float)
    shuffled = rng.permutation(90)
    first, second = reliability(p, preferred), reliability(p[shuffled], preferred[shuffled])
    assert first is not None
    assert second is not None
    assert first.bins == second.bins
    assert first.calibration_error == second.calibration_error


def test_a_correlation_is_undefined_where_one_side_never_varies() -> None:
    assert correlation(np.ones(9), np.arange(9.0)) is None
    assert correlation(np.arange(3.0), np.arange(3.0)) is None
    assert reliability(np.array([]), np.array([])) is None


@pytest.mark.parametrize(
    ("diagnostics", "complaint"),
    [
        ({"reliability": {"p": [0.5, 1.2], "preferred": [1, 0]}}, "expected numbers from 0 to 1"),
        ({"reliability": {"p": [0.5], "preferred": [1, 0]}}, "expected two equally long lists"),
        ({"reliability": {"p": ["½"], "preferred": [1]}}, "expected finite numbers"),
        ({"learned_against_true": {"learned": 3, "true": []}}, "expected a list"),
        ({"reliability": []}, "field 'reliability': got"),
    ],
)
def test_damaged_diagnostics_are_refused_by_name(recorded: RunFolder, diagnostics: dict, complaint: str) -> None:
    write_json(recorded.diagnostics_path, diagnostics)
    with pytest.raises(BadFile, match=complaint) as refused:
        read_diagnosis(recorded)
    assert "diagnostics.json" in str(refused.value)


def test_infinite_diagnostics_are_refused(recorded: RunFolder) -> None:
    recorded.diagnostics_path.write_text('{"reliability": {"p": [NaN], "preferred": [1]}}')
    with pytest.raises(BadFile, match="got NaN or infinity"):
        read_diagnosis(recorded)
