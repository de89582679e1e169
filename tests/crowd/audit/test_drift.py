import numpy as np
import pytest

from tacit.crowd.audit import drifts

# ---- worked by hand


def test_a_step_by_hand():
    # 20 zeros, then 20 ones: the walk is furthest from 0 after the zeros, 0 before and 1 after
    row = drifts(np.repeat([0.0, 1.0], 20), np.zeros(40, int))[0]
    assert (row.change_at, row.before, row.after) == (20, 0, 1)
    assert row.change_p_value < 1e-3


def test_a_straight_line_rises_by_its_length():
    row = drifts(np.linspace(0, 2, 50), np.zeros(50, int))[0]
    assert row.trend == pytest.approx(2)
    assert row.trend_p_value < 1e-6


def test_order_is_when_things_happened_not_where_they_stand():
    values = np.repeat([0.0, 1.0], 20)
    shuffled = np.random.default_rng(0).permutation(40)
    row = drifts(values[shuffled], np.zeros(40, int), shuffled.astype(float))[0]
    assert (row.change_at, row.before, row.after) == (20, 0, 1)


# ---- recovers the truth


def test_a_labeler_who_tires_is_found_and_steady_ones_are_not():
    found = false = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        series = np.repeat(np.arange(10), 200)
        steady = (rng.random(2_000) < 0.2).astype(float)
        false += min(min(r.change_p_value, r.trend_p_value) for r in drifts(steady, series)) < 0.05
        tired = steady.copy()
        tired[4 * 200 + 120 : 5 * 200] = rng.random(80) < 0.5
        row = drifts(tired, series)[0]
        found += row.series == 4 and row.change_p_value < 0.05 and abs(row.change_at - 120) < 40
    assert found >= 34
    assert false <= 8  # two families of tests at 0.05 each: 4 expected


# ---- refuses nothing, but looks at what is enough


def test_short_series_and_unknown_values_are_left_out():
    assert drifts(np.zeros(10), np.zeros(10, int)) == []
    assert drifts(np.full(40, np.nan), np.zeros(40, int)) == []
    assert drifts(np.ones(40), np.zeros(40, int))[0].change_p_value == 1
