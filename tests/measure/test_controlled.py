"""A win rate at equal length: what is won by length alone does not count."""

import numpy as np
import pytest

from tacit.errors import BadValue, NotFinite
from tacit.measure import controlled_win_rate, proportion

# worked by hand


def test_where_lengths_never_differ_it_is_the_plain_rate_with_a_draw_added():
    found = controlled_win_rate([1, 1, 1, 0], [0, 0, 0, 0])
    assert found.mean == pytest.approx(3.5 / 5)  # three wins and half a win of five
    assert found.n == 4


def test_wins_by_length_alone_are_no_wins():
    won, longer = np.repeat([1.0, 0.0], 40), np.repeat([10.0, -10.0], 40)
    assert controlled_win_rate(won, longer).mean == pytest.approx(0.5)
    # of 60 longer replies 50 win, of 20 shorter ones 10 do: plainly 75 %, at equal length less
    won, longer = np.repeat([1.0, 0, 1, 0], [50, 10, 10, 10]), np.repeat([5.0, -5.0], [60, 20])
    assert 0.5 < controlled_win_rate(won, longer).mean < proportion(60, 80).mean - 0.02


# recovers planted truth


def test_the_rate_at_equal_length_is_covered():
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(200):
        difference = rng.normal(3, 5, 150)
        scale = np.sqrt(np.mean(difference**2))
        p = 1 / (1 + np.exp(-(0.4 + 1.5 * np.tanh(difference / scale))))
        found = controlled_win_rate((rng.random(150) < p).astype(float), difference)
        hits += found.low <= 1 / (1 + np.exp(-0.4)) <= found.high
    assert hits >= 178  # 95 % of 200 is 190; below 178 has a chance of one in ten thousand


# invariant


def test_the_other_side_has_the_rest():
    rng = np.random.default_rng(5)
    won, longer = rng.integers(0, 3, 60) / 2, rng.normal(size=60)
    one, other = controlled_win_rate(won, longer), controlled_win_rate(1 - won, -longer)
    assert one.mean == pytest.approx(1 - other.mean)
    assert one.low == pytest.approx(1 - other.high)


def test_all_won_has_an_interval_inside_the_unit_interval():
    found = controlled_win_rate(np.ones(20), np.arange(20.0))
    assert 0 < found.low < 0.5 < found.mean < found.high < 1  # all of them were longer, too: length may explain it


# refuses bad input


def test_what_is_no_comparison_is_refused():
    with pytest.raises(BadValue, match="one of each"):
        controlled_win_rate([1, 0], [1])
    with pytest.raises(BadValue, match="0 to 1"):
        controlled_win_rate([2], [1])
    with pytest.raises(NotFinite):
        controlled_win_rate([1], [np.nan])
